internal import Verdicts

extension Pattern {
  /// The same race on a driver that probes in the thread that asks: no helper can be pending, so
  /// nothing may come back.
  var onSynchronousDriver: Pattern {
    Pattern(
      id: id + "s", name: name + "-sync", kind: .control,
      spirit: "\(name) on a driver that probes synchronously: nothing can be pending.",
      raced: raced.filter { !$0.contains("async_helper") },
      expected: expected, start: start,
      conditions: conditions.map { $0 == .asynchronous ? .synchronous : $0 },
      threads: threads, order: .verbsAnswered, wideners: [.none], share: 20)
  }
}
