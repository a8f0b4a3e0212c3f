import DriverModel
import Evidence
import Glibc
import HostSafety
import Synchronization
import TemporaryFolder
import Testing

@testable import Races

/// Disks that a run made are not raced while somebody else takes them, and who that is is said.
@Suite struct ClaimantsTests {
  private let folder = TemporaryFolder()
  private let host: HostSafety.Host
  private let made: Set<String> = ["/devices/a/0:0:0:0"]
  private let disk = "devices/a/0:0:0:0/block/sda"

  init() throws {
    for (name, path) in [("sda", disk), ("sdb", "devices/b/block/sdb")] {
      folder.make("sys/\(path)/holders")
      folder.file("sys/\(path)/dev", name == "sda" ? "8:16\n" : "8:32\n")
      folder.link("sys/class/block/\(name)", to: "../../\(path)")
    }
    folder.make("proc")
    host = HostSafety.Host(
      sys: try folder.directory("sys"), proc: try folder.directory("proc"),
      run: "\(folder.path)/run", actions: KernelActions())
  }

  /// Why they are not raced; nil where they are. `meanwhile` is asked each time that somebody is waited for.
  private func reason(
    _ claimants: Claimants? = nil, patience: Duration = .zero,
    meanwhile: @escaping () -> Bool = { false }
  ) throws -> String? {
    let claimants =
      claimants ?? Claimants(host, patience: patience, isInterrupted: meanwhile)
    do {
      try claimants.wait(made)
      return nil
    } catch RunStop.skip(let reason) {
      return reason
    }
  }

  private func process(_ pid: Int, _ command: String, opens node: String? = nil) {
    let rest = String(repeating: " 0", count: 17)
    folder.file("proc/\(pid)/stat", "\(pid) (\(command)) S 1\(rest) 5000 0\n")
    folder.file("proc/\(pid)/comm", "\(command)\n")
    folder.make("proc/\(pid)/fd")
    if let node { folder.link("proc/\(pid)/fd/3", to: node) }
  }

  /// A node that nobody opens.
  private func node(_ minor: dev_t) -> String {
    unsafe mknod("\(folder.path)/node", S_IFBLK | 0o600, 8 << 8 | minor)
    return "\(folder.path)/node"
  }

  private func hold(_ disk: String, by holder: String) {
    folder.make("sys/\(disk)/holders/\(holder)")
  }

  @Test("nobody takes them, or only others' disks")
  func nobody() throws {
    #expect(try reason() == nil)
    hold("devices/b/block/sdb", by: "dm-0")
    #expect(try reason() == nil)
  }

  @Test("what is made of one is named, with the name of its map")
  func holder() throws {
    hold(disk, by: "md0")
    #expect(try reason() == "in use: sda is held by md0")
    folder.remove("sys/\(disk)/holders/md0")
    hold(disk, by: "dm-0")
    folder.file("sys/class/block/dm-0/dm/name", "mpatha\n")
    folder.file("sys/class/block/dm-0/dm/uuid", "mpath-3600\n")
    #expect(try reason() == "in use: sda is held by dm-0 (mpatha)")
    process(99, "multipathd")
    #expect(
      try reason() == "in use: sda is held by dm-0 (mpatha), of multipathd (pid 99)")
  }

  @Test("who has one open is named", .enabled(if: geteuid() == 0))
  func opener() throws {
    process(50, "sleep", opens: node(16))
    #expect(try reason() == "in use: sda is open in sleep (pid 50)")
  }

  @Test("who lets go in time is waited for")
  func inTime() throws {
    hold(disk, by: "dm-0")
    var looks = 0
    let reason = try reason(patience: .seconds(60)) {
      looks += 1
      if looks == 2 { folder.remove("sys/\(disk)/holders/dm-0") }
      return false
    }
    #expect(reason == nil)
    #expect(looks == 2)
  }

  @Test("who does not is waited for once, and another one anew")
  func once() throws {
    hold(disk, by: "dm-0")
    let looks = Mutex(0)
    let claimants = Claimants(host, patience: .milliseconds(150)) {
      looks.withLock { $0 += 1 }
      return false
    }
    #expect(try reason(claimants) != nil)
    let before = looks.withLock { $0 }
    #expect(before > 0)
    #expect(try reason(claimants) != nil)
    #expect(looks.withLock { $0 } == before)
    folder.remove("sys/\(disk)/holders/dm-0")
    #expect(try reason(claimants) == nil)
    hold(disk, by: "dm-1")
    #expect(try reason(claimants) != nil)
    #expect(looks.withLock { $0 } > before)
  }

  @Test("multipathd takes what its rule says, and may take what udevd has not come to")
  func multipathd() throws {
    process(99, "multipathd")
    #expect(
      try reason() == "in use: multipathd (pid 99) may take sda, and udevd has not told")
    folder.file("run/udev/data/b8:16", "S:disk/by-id/x\nE:DM_MULTIPATH_DEVICE_PATH=1\n")
    #expect(try reason() == "in use: multipathd (pid 99) takes sda")
    folder.file("run/udev/data/b8:16", "E:DM_MULTIPATH_DEVICE_PATH=0\n")
    #expect(try reason() == nil)
  }

  @Test("udevd is given the time to tell of them, and not more")
  func told() throws {
    folder.file("run/udev/control", "")
    var looks = 0
    // Whoever is told by udevd takes it then.
    let reason = try reason(patience: .seconds(1)) {
      looks += 1
      if looks == 2 {
        folder.file("run/udev/data/b8:16", "I:1\n")
        hold(disk, by: "dm-0")
      }
      return false
    }
    #expect(reason == "in use: sda is held by dm-0")
    folder.remove("sys/\(disk)/holders/dm-0")
    folder.remove("run/udev/data/b8:16")
    #expect(try self.reason(patience: .milliseconds(50)) == nil)
  }

  @Test("Ctrl-C ends the wait")
  func interrupted() throws {
    hold(disk, by: "dm-0")
    let claimants = Claimants(host, patience: .seconds(60)) { true }
    #expect {
      try claimants.wait(made)
    } throws: {
      if case RunStop.interrupted = $0 { true } else { false }
    }
  }
}
