import Testing

extension VirtualMachine.Surroundings {
  /// What is in use is never touched, however it is named; what is spare is raced in its midst.
  @Suite(.serialized) struct GuardTests {
    /// Ten disks on one adapter, an NVMe disk with two controllers, two network cards (the second
    /// reaches a server), a watchdog that does nothing.
    private static let machine: [String] = {
      func disk(_ name: String) -> [String] {
        // Zeroes, and what was written over them.
        [
          "-drive",
          "driver=null-co,read-zeroes=on,size=192M,snapshot=on,if=none,id=\(name)",
        ]
      }
      var words = ["-device", "virtio-scsi-pci,id=scsi"]
      for number in 0...9 {
        words += disk("d\(number)")
        words += ["-device", "scsi-hd,bus=scsi.0,scsi-id=\(number),drive=d\(number)"]
      }
      words += disk("n0") + ["-device", "nvme-subsys,id=subsystem"]
      for name in ["c0", "c1"] {
        words += ["-device", "nvme,id=\(name),serial=1,subsys=subsystem"]
      }
      words += ["-device", "nvme-ns,drive=n0,bus=c0,nsid=1,shared=on"]
      words += [
        "-netdev", "user,id=u1", "-device", "virtio-net-pci,netdev=u1,mac=52:54:00:00:00:01",
      ]
      words += [
        "-netdev", "user,id=u2,ipv6=off,net=10.0.3.0/24,guestfwd=tcp:10.0.3.100:7-cmd:cat",
        "-device", "virtio-net-pci,netdev=u2,mac=52:54:00:00:00:02",
      ]
      return words + ["-device", "i6300esb", "-action", "watchdog=none"]
    }()

    let guests = Guest(
      script: "guard", machine: machine,
      packages: ["lvm2", "mdadm", "libdevmapper1.02.1", "libdevmapper-event1.02.1", "libaio1"],
      timeout: 1200)

    static let byName = [
      "by-name", "scsi-targets", "by-path", "by-driver-virtio_scsi", "by-driver-virtio_net",
      "by-driver-virtio-pci", "by-driver-nvme",
    ]

    @Test(
      "By name, by path, by driver, by parent, whatever the pattern: every attempt is refused",
      arguments: Kernel.oneOfAll)
    func refused(_ kernel: Kernel) async throws {
      let report = try await guests.report(on: kernel)
      let inUse = try report.step("in-use")
      #expect(inUse.status == 0, "\(inUse.error)")
      var (refused, attempts) = (0, 0)
      for name in Self.byName {
        let step = try report.step(name)
        #expect(step.status == 4, "\(name): \(step.error)")
        for row in try step.result.patterns {
          attempts += 1
          let isInUse = row.skipReason?.hasPrefix("in use: ") == true
          let isRefused = row.cycles == 0 && row.status == "skip" && isInUse
          #expect(isRefused, "\(row.name) on \(row.target): \(row.skipReason ?? "was raced")")
          refused += isRefused ? 1 : 0
        }
      }
      let touched = try report.step("touched").lines
      print(
        "\(kernel.rawValue) guard: \(refused) of \(attempts) attempts refused, \(touched.count) touched"
      )
      #expect(touched == [])
      #expect(try !report.step("heard").lines.isEmpty, "or nobody listened to the kernel")
      #expect(attempts > (Size.isFull ? 500 : 60))
    }

    @Test("Nothing changed, and all of it works", arguments: Kernel.oneOfAll)
    func untouched(_ kernel: Kernel) async throws {
      let report = try await guests.report(on: kernel)
      let changes = try report.changes(from: "before", to: "after")
      #expect(changes == [])
      let healthy = try report.step("health-before").lines
      // Six files, five mounts, md, LVM, swap, ping, the connection.
      #expect(healthy.count == 16, "\(healthy)")
      try report.expectSame("health-before", "health-after")
      #expect(
        try report.changes(from: "health-before", to: "health-end") == ["+  /mnt/late "])
    }

    @Test("Each says why in one line", arguments: Kernel.oneOfAll)
    func reasons(_ kernel: Kernel) async throws {
      let report = try await guests.report(on: kernel)
      let rows = try report.step("by-name").result.patterns
      let reasons = Dictionary(grouping: rows, by: \.target)
        .mapValues { Set($0.map { $0.skipReason ?? "none" }) }
      /// That every pattern gave a device this reason.
      func expect(_ target: String, _ words: String...) {
        let found = reasons.first { $0.key.hasSuffix(target) }?.value ?? []
        #expect(found.count == 1, "\(target): \(found)")
        for word in words {
          #expect(found.allSatisfy { $0.contains(word) }, "\(target): \(found), not \(word)")
        }
      }
      expect(":0:0:0", "holds / (sd", " mounted in the mount namespace of process ")
      expect(":0:1:0", "holds swap (sd")
      expect(":0:2:0", "has a holder: sd", " is held by dm-0")
      expect(":0:3:0", "has a holder: sd", " is held by md0")
      expect(":0:4:0", "has a holder: sd", " is held by md0")
      expect(":0:5:0", "holds /mnt/data (sd")
      expect(":0:6:0", "has a signature (ext2 on sd")
      expect(":0:7:0", "has partitions (sd")
      expect("serio0", "is a keyboard of the terminal tty1")
      let all = Set(reasons.values.joined())
      for words in [
        "holds /mnt/nvme (nvme", "carries the default route (", "carries a connection (",
        "is the console (ttyS0)", "watchdog0",
      ] {
        #expect(all.contains { $0.contains(words) }, "\(words): \(all)")
      }
      let devices = try report.step("devices").lines
      // No udevd tells there what is on a disk, and to list devices reads none.
      let used = try report.step("used").lines.filter {
        !$0.hasSuffix(":6:0") && !$0.hasSuffix(":0:6")
      }
      for target in used {
        let line = devices.first { $0.split(separator: " ").first == target }
        #expect(line?.contains(" in use: ") == true, "\(line ?? target)")
      }
    }

    @Test("A path that is no device of a bus is wrong usage", arguments: Kernel.oneOfAll)
    func noDevice(_ kernel: Kernel) async throws {
      let step = try await guests.report(on: kernel).step("no-device")
      #expect(step.status == 2)
      #expect(step.error.contains("/sys/class/net/lo"), "\(step.error)")
    }

    @Test(
      "What is denied is refused, also where --allow-in-use names it", arguments: Kernel.oneOfAll)
    func denied(_ kernel: Kernel) async throws {
      let report = try await guests.report(on: kernel)
      for (name, words) in [
        ("denied", "is on the deny list ("),
        ("denied-above", "which is on the deny list (driver:virtio/virtio_scsi)"),
        ("not-allowed", "is not on the allow list"),
      ] {
        let step = try report.step(name)
        #expect(step.status == 4)
        for row in try step.result.patterns {
          #expect(row.cycles == 0 && row.skipReason?.contains(words) == true, "\(row)")
        }
      }
    }

    @Test("A spare disk among them is raced", arguments: Kernel.oneOfAll)
    func spare(_ kernel: Kernel) async throws {
      let report = try await guests.report(on: kernel)
      #expect(try report.step("spare").result.verdicts == ["clean": 3])
      #expect(try report.step("spare-late").result.patterns.map(\.cycles) == [3])
      let rows = try report.step("by-driver-sd").result.patterns
      #expect(rows.count == 10)
      let raced = rows.filter { $0.cycles > 0 }.map { $0.target.split(separator: ":")[2] }
      #expect(raced.sorted() == ["8", "9"])
    }

    @Test("--allow-in-use opens the one device that it names", arguments: Kernel.oneOfAll)
    func allowed(_ kernel: Kernel) async throws {
      let report = try await guests.report(on: kernel)
      let open = try report.step("open")
      #expect(open.status == 4)
      #expect(
        try open.result.patterns.allSatisfy { $0.skipReason?.contains("is open: sg") == true })
      let rows = try report.step("allowed").result.patterns
      #expect(rows.map(\.cycles) == [2, 0])
      #expect(rows.last?.skipReason?.contains("is open: sg") == true)
    }

    @Test("A mount that appears between two cycles stops the third", arguments: Kernel.oneOfAll)
    func mountBetween(_ kernel: Kernel) async throws {
      let report = try await guests.report(on: kernel)
      let step = try report.step("mount-between")
      let result = try step.result
      let cycles = try #require(result.patterns.map(\.cycles).first)
      // It was stopped behind the second; one that had begun by then goes on to its end.
      #expect((2...3).contains(cycles))
      #expect(
        step.error.contains("ended after \(cycles) cycles: in use: holds /mnt/late (sd"),
        "\(step.error)")
      #expect(try report.step("evidence").lines.count == cycles)
      #expect(result.host.restored)
    }
  }
}
