import Evidence
import Testing

@testable import bindrace

/// A throwaway machine that is ended takes the result of a run along that would go on longer.
@Suite struct GuestTimeTests {
  @Test(
    "A run is told of an end that comes before its own",
    arguments: [
      (nil, 60, false), ("", 60, false), ("soon", 60, false), ("0", 60, false), ("600", 60, false),
      ("600", 499, false), ("600", 500, true), ("600", 900, true), ("50", 1, true),
    ])
  func warning(_ end: String?, _ seconds: Int, _ isTold: Bool) {
    // 100.5 s after the boot.
    let now = Time(nanoseconds: 100_500_000_000)
    let text = GuestTime.warning(.seconds(seconds), end: end, now: now)
    #expect((text != nil) == isTold)
    if end == "600" && isTold {
      #expect(
        text == "this run takes \(seconds) s and its end, and this machine is ended in 500 s:"
          + " there will be no result (--duration, or scripts/vm --timeout)")
    }
  }

  @Test("It is said in one line before anything else, of a time and not of cycles")
  func said() async throws {
    func errors(_ end: String, _ options: String) async throws -> String {
      let line = "BINDRACE_GUEST_ENDS=\(end) exec \"$0\" stress --dry-run --quiet \(options)"
      let ended = try await Binary.shell(line)
      #expect(ended.status == 0)
      return ended.error
    }
    let told = try await errors("1", "--duration 5m")
    #expect(told.hasPrefix("bindrace: this run takes 300 s and its end, and this machine is ended"))
    #expect(told.split(separator: "\n").count == 1)
    // Without an amount it is 60 s.
    #expect(try await errors("1", "").contains("takes 60 s"))
    #expect(try await errors("1", "--cycles 5").isEmpty)
    #expect(try await errors("99999999999", "--duration 5m").isEmpty)
  }
}
