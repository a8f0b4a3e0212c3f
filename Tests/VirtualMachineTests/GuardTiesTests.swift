import Foundation
import Testing

extension VirtualMachine.Surroundings {
  /// The ways of docs/guard.md that the tree of devices does not show, for real: what is in use so is
  /// never touched, and says why; what is close to it and spare is raced.
  @Suite(.serialized) struct GuardTiesTests {
    /// Eleven disks on one adapter, twenty network cards, three that can have virtual functions, and
    /// one of each of what QEMU has besides.
    private static let machine: [String] = {
      var words = ["-device", "virtio-scsi-pci,id=scsi"]
      for number in 0...10 {
        words += [
          "-drive",
          "driver=null-co,read-zeroes=on,size=64M,snapshot=on,if=none,id=d\(number)",
          "-device", "scsi-hd,bus=scsi.0,scsi-id=\(number),drive=d\(number)",
        ]
      }
      for number in 0..<20 {
        // Eight functions of a PCI device, at 10, 11 and 12.
        let address = "addr=\(String(16 + number / 8, radix: 16)).\(number % 8),multifunction=on"
        let mac = "mac=52:54:00:00:01:\(String(16 + number, radix: 16))"
        words += ["-device", "virtio-net-pci,romfile=,\(mac),\(address)"]
      }
      for number in 1...3 {
        words += ["-device", "pcie-root-port,id=port\(number),chassis=\(number)"]
        words += ["-device", "igb,bus=port\(number),romfile=,mac=52:54:00:00:02:0\(number)"]
      }
      words += ["-drive", "driver=null-co,read-zeroes=on,size=64M,if=none,id=n0"]
      words += ["-device", "nvme,drive=n0,serial=1"]
      for name in ["virtio-rng-pci", "virtio-balloon-pci", "sdhci-pci", "sdhci-pci"] {
        words += ["-device", name]
      }
      words += ["-object", "cryptodev-backend-builtin,id=c0"]
      words += ["-device", "virtio-crypto-pci,cryptodev=c0"]
      words += ["-m", "size=2048M,slots=2,maxmem=6G"]
      words += ["-object", "memory-backend-ram,id=m0,size=1G"]
      // 5.10 knows no other way.
      let memory = "virtio-mem-pci,memdev=m0,requested-size=256M,unplugged-inaccessible=off"
      return words + ["-device", memory]
    }()

    let guests = Guest(
      script: "guard-ties", machine: machine,
      packages: ["iproute2", "bindfs", "libfuse2", "fuse3", "libfuse3-3", "gosu"], timeout: 1200)

    @Test("All of it is set up", arguments: Kernel.oneOfAll)
    func setUp(_ kernel: Kernel) async throws {
      let report = try await guests.report(on: kernel)
      for part in ["use-disks", "use-cards", "use-others"] {
        let step = try report.step(part)
        #expect(step.output == "0 \n", "\(part): \(step.output)")
      }
      let page = try GuardPage.ways(in: "guard-ties")
      let used = Set(try report.step("used").lines.map { $0.prefix { $0 != " " } })
      #expect(page.keys.filter { !used.contains($0[...]) } == ["random-open"])
      let user = try report.step("user")
      #expect(user.lines.contains("1"), "a process has a file open there: \(user.output)")
      #expect(user.status != 0 && user.error.contains("ermission denied"), "\(user.error)")
    }

    @Test(
      "By name, by driver, by parent, whatever the pattern: every attempt is refused",
      arguments: Kernel.oneOfAll)
    func refused(_ kernel: Kernel) async throws {
      let report = try await guests.report(on: kernel)
      let drivers = ["virtio_scsi", "virtio_crypto", "virtio_mem", "virtio_rng", "dummy_udc"]
      var attempts = 0
      for name in ["by-name", "by-parent"] + drivers.map({ "by-driver-\($0)" }) {
        let step = try report.step(name)
        #expect(step.status == 4, "\(name): \(step.error)")
        for row in try step.result.patterns {
          attempts += 1
          let isRefused = row.cycles == 0 && row.skipReason?.hasPrefix("in use: ") == true
          #expect(isRefused, "\(row.name) on \(row.target): \(row.skipReason ?? "was raced")")
        }
      }
      let touched = try report.step("touched").lines
      print("\(kernel.rawValue) guard-ties: \(attempts) attempts, \(touched.count) touched")
      #expect(touched == [])
      #expect(attempts > 150)
      try report.expectSame("state-before", "state-after")
    }

    @Test("Each says what docs/guard.md says of its way", arguments: Kernel.oneOfAll)
    func reasons(_ kernel: Kernel) async throws {
      let report = try await guests.report(on: kernel)
      // One of them is set up in the other guest as well.
      var page = try GuardPage.ways(in: "guard-ties")
      page["default-route"] = try GuardPage.ways(in: "guard")["default-route"]
      let rows = try report.step("by-name").result.patterns
      for line in try report.step("used").lines {
        let words = line.split(separator: " ").map(String.init)
        let said = Set(rows.filter { $0.target == words[1] }.map { $0.skipReason ?? "none" })
        let want = try #require(page[words[0]], "\(words[0]) is no way")
        #expect(
          !said.isEmpty && said.allSatisfy { GuardPage.shape($0) == GuardPage.shape(want) },
          "\(line): \(said), not \(want)")
      }
      // A name that is no text.
      #expect(rows.contains { $0.skipReason == "in use: carries the default route (e\\xe9\\xff)" })
      let generator = "virtio/\(try report.step("rng").lines[0]) "
      func said(_ name: String) throws -> String {
        let step = try report.step(name)
        let line = step.lines.first { $0.hasPrefix(generator) } ?? ""
        return line.firstRange(of: "in use:").map { String(line[$0.lowerBound...]) }
          ?? String(line.suffix(5))
      }
      #expect(try said("devices-random") == "spare")
      #expect(try said("random-again") == "spare")
      #expect(
        GuardPage.shape(try said("random-open")) == GuardPage.shape(page["random-open"] ?? ""))
    }

    @Test("What is spare among them is raced, whatever an ordinary user does")
    func spare() async throws {
      for kernel in Kernel.oneOfAll {
        let report = try await guests.report(on: kernel)
        let spare = try report.step("spare-ones").lines.map { $0.split(separator: " ") }
        let listed = Set(spare.map { String($0[0]) })
        #expect(try GuardPage.spare(in: "guard-ties").subtracting(listed) == ["random"])
        let devices = try report.step("devices").lines
        for words in spare {
          let line = devices.first { $0.hasPrefix("\(words[1]) ") } ?? "\(words) is not there"
          #expect(!line.contains("in use"), "\(line)")
        }
        let rows = try report.step("spare").result.patterns
        #expect(rows.map(\.target) == spare.prefix(Size.spare).map { String($0[1]) })
        #expect(rows.allSatisfy { $0.cycles == 1 }, "\(rows)")
      }
    }
  }
}

/// docs/guard.md, as a scenario reads it.
enum GuardPage {
  /// By the way: what it is refused as, in that guest.
  static func ways(in guest: String) throws -> [String: String] {
    var ways: [String: String] = [:]
    for cells in try rows() where cells.count == 5 && cells[4] == guest {
      ways[cells[0].replacingOccurrences(of: " *", with: "")] = cells[3]
    }
    return ways
  }

  static func spare(in guest: String) throws -> Set<String> {
    Set(try rows().filter { $0.count == 3 && $0[2] == guest }.map { $0[0] })
  }

  /// The first words of a reason without the names in it.
  static func shape(_ reason: String) -> [Substring] {
    let own = reason.replacing(#/below \S+, which /#, with: "")
    let words = own.split(separator: " ").filter { word in
      !word.contains { $0.isNumber || "()".contains($0) }
    }
    return Array(words.prefix(5))
  }

  private static func rows() throws -> [[String]] {
    let page = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../docs/guard.md")
    return try String(contentsOf: page, encoding: .utf8).split(separator: "\n")
      .filter { $0.hasPrefix("| ") && !$0.hasPrefix("| |") }
      .map { line in
        line.dropFirst(2).dropLast(2).components(separatedBy: " | ")
          .map { $0.trimmingCharacters(in: .whitespaces) }
      }
  }
}
