import Testing

extension VirtualMachine.Surroundings {
  /// The package on a Debian with systemd: what it brings, what its services may do, and that
  /// nothing of it stays.
  @Suite(.serialized) struct PackageTests {
    let package = Guest.system("package")

    @Test("It installs, and neither starts nor enables anything", arguments: Kernel.oneOfAll)
    func installed(_ kernel: Kernel) async throws {
      let report = try await package.report(on: kernel)
      let install = try report.step("install")
      #expect(install.status == 0, "\(install.output)\(install.error)")
      #expect(try report.step("enabled").output == "disabled\n")
      #expect(try report.step("active").output == "inactive\n")
    }

    @Test("systemd has nothing to say about its units", arguments: Kernel.oneOfAll)
    func units(_ kernel: Kernel) async throws {
      let report = try await package.report(on: kernel)
      let verify = try report.step("verify")
      #expect(verify.status == 0)
      #expect(verify.output + verify.error == "")
      let security = try report.step("security")
      #expect(security.status == 0, "\(security.output.suffix(200))")
      let exposure = #/Overall exposure level for bindrace.service: (\d+\.\d+)/#
      let level = try #require(security.output.firstMatch(of: exposure)?.1)
      #expect(try #require(Double(level)) <= 4.5)
    }

    /// The kinds of entries, in the words of the catalog's subjects.
    static let kinds = [
      "fe76d69493ec4e22b90864e66b5514ea", "1f723e162d4d463f9d9fca0539ac8190",
      "03fdb1438c7440fd938d7d20a6faf566", "9e8ed2c8c7874903a27fce0d7add59d6",
      "2c4f95e761544abdbc145d9d25a62773", "185b336382cc46259d52c35e8c201026",
      "328af8e60c6d48d59f80ab2d3f99cdde", "4dbb89d5afd84af594cddbed7208f0fe",
      "fd77a8728d8e4ef1bcfc1e7bcfba79f6", "e213ebbb0cc54634a89394742bf05f24",
      "cb94969a8552499baa45b99abb5fc0b8", "0b03abf23f99400e9313229ec23e1978",
      "09f2893d6dd948d0b07ccf53c56bbee1", "006ce0c164fc4128956122992a1d58e7",
    ]

    @Test("journald explains each kind of its entries", arguments: Kernel.oneOfAll)
    func catalog(_ kernel: Kernel) async throws {
      let lines = try await package.report(on: kernel).step("catalog").lines
      let ours = lines.filter { $0.contains(" bindrace: ") }.compactMap {
        $0.split(separator: " ").first.map(String.init)
      }
      #expect(ours.sorted() == Self.kinds.sorted())
    }

    @Test("As it is shipped the daemon starts, and only looks on", arguments: Kernel.oneOfAll)
    func daemon(_ kernel: Kernel) async throws {
      let report = try await package.report(on: kernel)
      let start = try report.step("daemon")
      #expect(start.status == 0, "\(start.error)")
      let state = try report.step("daemon-state").lines
      #expect(state == ["success", "0", "active"])
      // What it says when it is ready.
      #expect(try report.step("daemon-status").output.hasPrefix("watch; "))
      let changes = try report.changes(from: "before", to: "daemon-runs")
      let own = #/\+ (trace instance .*/bindrace_\d+|kprobe [pr][0-9]*:bindrace_\d+/.*|ledger .*)/#
      let strange = changes.filter {
        $0.wholeMatch(of: own) == nil && !$0.contains("comm:bindrace")
      }
      #expect(strange == [])
      #expect(changes.contains { $0.hasPrefix("+ kprobe ") }, "or it looks at nothing")
    }

    @Test(
      "Killed it is started again, and its probes are taken away before", arguments: Kernel.oneOfAll
    )
    func daemonKilled(_ kernel: Kernel) async throws {
      let report = try await package.report(on: kernel)
      #expect(try report.step("daemon-restarted").status == 0)
      #expect(try report.step("daemon-stopped").status == 0)
      let state = try report.step("daemon-ended").lines
      #expect(state == ["success", "0", "inactive"])
      let changes = try report.changes(from: "before", to: "daemon-after")
      #expect(changes == [])
      let told = try report.step("daemon-told").lines
      let kinds = told.map { $0.prefix { $0 != "," && $0 != ":" } }
      #expect(
        kinds.filter { $0.hasPrefix("bindrace ") || $0.hasPrefix("The host was put back") }.map {
          $0.split(separator: " ").last
        } == ["started", "back", "started", "stopped"], "\(told)")
    }

    @Test("Its sandbox takes nothing that bindrace needs", arguments: Kernel.oneOfAll)
    func sandbox(_ kernel: Kernel) async throws {
      let report = try await package.report(on: kernel)
      let shell = try report.step("doctor").lines
      #expect(shell.count > 10)
      // The last line is restore's.
      let sandbox = try report.step("doctor-in-sandbox").lines
      #expect(sandbox == shell + ["nothing to put back"])
    }

    @Test(
      "A profile's race ends with its verdict, in the journal and in the unit's status",
      arguments: Kernel.oneOfAll)
    func race(_ kernel: Kernel) async throws {
      let report = try await package.report(on: kernel)
      // Of systemctl: the job failed.
      #expect(try report.step("race").status == 1)
      let state = try report.step("race-state").lines
      let told = try report.step("race-told").lines
      #expect(state == ["exit-code", "1", "failed"], "\(told)")
      let wrote = try report.step("race-wrote").output
      #expect(wrote.contains("late-async-attach"), "\(wrote)")
      #expect(told.contains { $0.hasPrefix("Run ") && $0.contains(" ended: fail, ") }, "\(told)")
      #expect(told.contains { $0.hasPrefix("The host was put back, ") })
      let changes = try report.changes(from: "before", to: "race-after")
      #expect(changes == [])
    }

    @Test(
      "Stopped in the midst of a race it ends its cycle, and says what it has",
      arguments: Kernel.oneOfAll)
    func stopped(_ kernel: Kernel) async throws {
      let report = try await package.report(on: kernel)
      let stopped = try report.step("stopped")
      #expect(
        stopped.status == 0 && stopped.lines == ["exit-code", "1", "failed"], "\(stopped.output)")
      let wrote = try report.step("stopped-wrote").output
      #expect(wrote.contains("interrupted: ending the cycle"), "\(wrote)")
      #expect(wrote.contains("nothing to put back"), "\(wrote)")
      #expect(try report.step("stopped-settled").status == 0, "udevd still waits")
      let changes = try report.changes(from: "before", to: "stopped-after")
      #expect(changes == [])
    }

    @Test(
      "Killed in the midst of a race, what it left is put back, and found",
      arguments: Kernel.oneOfAll
    )
    func killed(_ kernel: Kernel) async throws {
      let report = try await package.report(on: kernel)
      let killed = try report.step("killed")
      #expect(killed.status == 0 && killed.lines == ["signal", "9", "failed"], "\(killed.output)")
      let wrote = try report.step("killed-wrote").output
      #expect(wrote.contains("udevd began events: restored\n"), "\(wrote)")
      let told = try report.step("killed-told").lines
      #expect(told.last?.hasPrefix("The host was put back, ") == true, "\(told)")
      #expect(try report.step("killed-settled").status == 0, "udevd still waits")
      #expect(try report.step("killed-outbox").output == "")
      let changes = try report.changes(from: "before", to: "killed-after")
      #expect(changes == [])
    }

    @Test("The timer waits for the night, and races when it comes", arguments: Kernel.oneOfAll)
    func timer(_ kernel: Kernel) async throws {
      let report = try await package.report(on: kernel)
      #expect(try report.step("timer").status == 0)
      let line = try report.step("timers").lines.first { $0.contains("scsi_debug.timer") }
      #expect(line?.contains(" left ") == true, "\(line ?? "none")")
      let night = try report.step("night")
      #expect(
        night.status == 0 && night.lines.suffix(3) == ["exit-code", "1", "failed"],
        "\(night.output)\(night.error)")
      let told = try report.step("night-told").lines
      #expect(told.contains { $0.contains(" ended: fail, 3 cycles") }, "\(told)")
      let changes = try report.changes(from: "before", to: "night-after")
      #expect(changes == [])
    }

    @Test(
      "An upgrade starts an active daemon again, and keeps what was changed by hand",
      arguments: Kernel.oneOfAll)
    func upgrade(_ kernel: Kernel) async throws {
      let report = try await package.report(on: kernel)
      let upgrade = try report.step("upgrade")
      #expect(upgrade.status == 0, "\(upgrade.output)\(upgrade.error)")
      #expect(try report.step("upgraded").status == 0)
      #expect(try report.step("version").output.contains(#/\nVersion: .*\+1\n/#))
      #expect(try report.step("kept").output.hasSuffix(" --cycles 3\"\n"))
    }

    @Test("Purged, nothing of it is left", arguments: Kernel.oneOfAll)
    func purged(_ kernel: Kernel) async throws {
      let report = try await package.report(on: kernel)
      let purge = try report.step("purge")
      #expect(purge.status == 0, "\(purge.output)\(purge.error)")
      #expect(try report.step("units").output == "")
      let files = try report.changes(from: "files-before", to: "files-after")
      #expect(files == [])
      let changes = try report.changes(from: "before", to: "after")
      #expect(changes == [])
    }
  }
}
