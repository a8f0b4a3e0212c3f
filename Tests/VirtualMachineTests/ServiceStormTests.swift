import Testing

extension VirtualMachine.Surroundings {
  /// As many disks at once as a storage system brings: each is seen, few are raced, all are accounted for.
  @Suite(.serialized, .enabled(if: Size.isFull, "it takes minutes"))
  struct ServiceStormTests {
    let guest = Guest(script: "service-storm", system: true, packaged: true, timeout: 2400)

    /// RaceQueue's bound.
    private static let queue = 64
    /// RacesPerMinute= as shipped.
    private static let perMinute = 6
    /// WatchdogSec= of the unit.
    private static let watchdog = 30

    /// What the daemon said and held at one instant.
    private struct Look {
      /// Seconds since its last sign of life.
      var silence: Int
      var kilobytes: Int
      var status: String
    }

    private func looks(_ report: Report) throws -> [Look] {
      try report.step("watched").lines.map { line in
        let words = line.split(separator: " ", maxSplits: 3).map(String.init)
        try #require(words.count == 4, "the daemon was not there: \(line)")
        return Look(
          silence: try #require(Int(words[0])), kilobytes: try #require(Int(words[1])),
          status: words[3])
      }
    }

    /// The number before some words of the daemon's own account; it leaves out what is 0.
    private func count(_ words: String, in text: String) throws -> Int {
      let number = text.firstMatch(
        of: try Regex("([0-9]+) \(words)", as: (Substring, Substring).self))
      return try number.map { try #require(Int($0.output.1)) } ?? 0
    }

    @Test("Every disk that comes is seen, and every event", arguments: Kernel.oneOfAll)
    func seen(_ kernel: Kernel) async throws {
      let report = try await guest.report(on: kernel)
      #expect(try report.step("came").status == 0)
      let stopped = try report.step("stopped").output
      print("\(kernel.rawValue) storm: \(stopped)")
      #expect(try count("devices? added", in: stopped) == Size.disks)
      let numbered =
        try report.step("over").number("seqnum") - report.step("calm").number("seqnum")
      #expect(try count("uevents", in: stopped) == numbered)
      #expect(try report.step("lost").output == "")
    }

    @Test("What waits and what is raced stay within their bounds", arguments: Kernel.oneOfAll)
    func bounds(_ kernel: Kernel) async throws {
      let report = try await guest.report(on: kernel)
      let most = try looks(report).map { try count("waiting", in: $0.status) }.max()
      print("\(kernel.rawValue) storm: at most \(most ?? 0) wait for a race")
      // The storm fills it, or the bound is not proved.
      #expect(most == Self.queue)
      let stopped = try report.step("stopped").output
      let seconds =
        try report.step("idle").number("centiseconds") - report.step("calm").number("centiseconds")
      let minutes = seconds / 6000 + 1
      let races = try count("races?", in: stopped)
      #expect((1...(Self.perMinute * minutes)).contains(races), "\(races) races")
      #expect(try !report.step("watched").output.contains("races nothing"))
    }

    @Test("What is left out is told, all of it in a few entries", arguments: Kernel.oneOfAll)
    func leftOut(_ kernel: Kernel) async throws {
      let report = try await guest.report(on: kernel)
      let entries = try report.step("left-out").lines
      let told = entries.reduce(0) { sum, line in
        let others = line.split(separator: "(and ").last.flatMap { Int($0.prefix { $0.isNumber }) }
        return sum + 1 + (line.contains("(and ") ? others ?? 0 : 0)
      }
      let leftOut = try count("left out", in: report.step("stopped").output)
      print("\(kernel.rawValue) storm: \(leftOut) left out, in \(entries.count) entries")
      #expect(leftOut >= Size.disks - Self.queue - Self.perMinute * 10)
      #expect(told == leftOut)
      #expect(entries.count <= Size.disks / 10)
    }

    @Test("It does not grow, and answers all the time", arguments: Kernel.oneOfAll)
    func alive(_ kernel: Kernel) async throws {
      let report = try await guest.report(on: kernel)
      let looks = try looks(report)
      let most = looks.map(\.kilobytes).max() ?? 0
      let silence = looks.map(\.silence).max() ?? 0
      let reload = try report.step("reload")
      print(
        "\(kernel.rawValue) storm: at most \(most) KiB, \(silence) s without a sign of life")
      #expect(most < 32 << 10)
      #expect(silence < Self.watchdog)
      #expect(try report.step("restarts").output == "0\n")
      #expect(reload.status == 0 && Set(looks.map(\.status)).count > 5, "\(reload.error)")
    }

    @Test("Afterwards it is idle, and the host as before", arguments: Kernel.oneOfAll)
    func over(_ kernel: Kernel) async throws {
      let report = try await guest.report(on: kernel)
      #expect(try report.step("alone").status == 0)
      let over = try report.step("over")
      let idle = try report.step("idle")
      let seconds = Double(try idle.number("centiseconds") - over.number("centiseconds")) / 100
      let busy = Double(try idle.number("microseconds") - over.number("microseconds")) / 1e6
      #expect(busy / seconds < 0.002)
      try report.expectSame("before", "after-storm")
      try report.expectSame("before", "end")
    }

    @Test("Without udevd it sees and races what comes", arguments: Kernel.oneOfAll)
    func alone(_ kernel: Kernel) async throws {
      let report = try await guest.report(on: kernel)
      #expect(try report.step("no-udevd").status == 0)
      #expect(try report.step("raced").status == 0)
      let stopped = try #require(report.step("stopped-alone").lines.last.map(String.init))
      #expect(try count("devices? added", in: stopped) == 1)
      #expect(try count("races?", in: stopped) == 1)
    }
  }
}
