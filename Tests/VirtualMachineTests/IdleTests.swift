import Testing

extension VirtualMachine.Surroundings {
  /// Where nothing happens, the daemon does nothing.
  @Suite(.serialized, .enabled(if: Size.isFull, "it takes minutes"))
  struct IdleTests {
    let guest = Guest(script: "idle", system: true, packaged: true, timeout: 1800)

    /// WatchdogSec= of the unit, of which a sign of life is sent each half.
    private static let watchdog = 30.0

    /// From a point of time to another one, of one run of the daemon.
    private struct Span {
      var seconds: Double
      var before: Step
      var after: Step

      func difference(_ name: String) throws -> Int {
        try after.number(name) - before.number(name)
      }
    }

    private func span(_ name: String, on kernel: Kernel) async throws -> Span {
      let report = try await guest.report(on: kernel)
      let start = try report.step("\(name)-start")
      try #require(start.status == 0, "\(start.error)")
      var span = Span(
        seconds: 0, before: try report.step("\(name)-before"),
        after: try report.step("\(name)-after"))
      span.seconds = Double(try span.difference("centiseconds")) / 100
      try #require(span.seconds >= Double(Size.idle))
      try #require(try span.difference("seqnum") == 0, "something happened")
      return span
    }

    private static let modes = ["watch", "race"]

    @Test(
      "It takes less than a thousandth of the CPU", arguments: Kernel.allCases, modes)
    func time(_ kernel: Kernel, _ mode: String) async throws {
      let span = try await span(mode, on: kernel)
      let share = Double(try span.difference("microseconds")) / 1e6 / span.seconds
      print("\(kernel.rawValue) idle, Mode=\(mode): \(share * 100) % CPU")
      #expect(share < 0.001)
    }

    @Test("It holds little memory, and locks none", arguments: Kernel.allCases, modes)
    func memory(_ kernel: Kernel, _ mode: String) async throws {
      let after = try await span(mode, on: kernel).after
      print("\(kernel.rawValue) idle, Mode=\(mode): VmRSS \(try after.number("VmRSS")) KiB")
      #expect(try after.number("VmRSS") < 16 << 10)
      #expect(try after.number("VmLck") == 0)
    }

    @Test("It wakes up for its signs of life alone", arguments: Kernel.allCases, modes)
    func wakeups(_ kernel: Kernel, _ mode: String) async throws {
      let span = try await span(mode, on: kernel)
      // Each comes with a look whether the trace records.
      let signs = Int((span.seconds / min(10, Self.watchdog / 2)).rounded(.up))
      let switches = try span.difference("switches")
      print("\(kernel.rawValue) idle, Mode=\(mode): \(switches) switches, \(signs) signs of life")
      #expect(switches <= signs + 5)
    }
  }
}
