internal import Evidence
internal import Verdicts

extension Pattern {
  /// The same race on a driver that probes in the thread that asks: no helper can be pending, so
  /// nothing may come back.
  ///
  /// What waits for the device to be announced waits for its own attach as well: until then device_add() is
  /// still to probe it, which is the race of `hotplugSync`.
  var onSynchronousDriver: Pattern {
    Pattern(
      id: id + "s", name: name + "-sync", kind: .control,
      spirit: "\(name) on a driver that probes synchronously: nothing can be pending.",
      raced: raced.filter { !$0.contains("async_helper") },
      expected: expected,
      finds: finds.map { [.lateAsyncAttach, .attachAfterRefusal].contains($0) ? .lateAttach : $0 },
      start: start,
      conditions: conditions.map { $0 == .asynchronous ? .synchronous : $0 },
      threads: threads.map { thread in
        var thread = thread
        thread.steps = thread.steps.flatMap {
          $0 == .await(.added) ? [$0, .await(.bound)] : [$0]
        }
        return thread
      }, order: .doneInTurn, wideners: [.none], share: 20)
  }
}
