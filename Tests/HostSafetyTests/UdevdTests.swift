import DriverModel
import TemporaryFolder
import Testing

@testable import HostSafety

/// Whether udevd is at an event, by what its processes do.
@Suite struct UdevdTests {
  private let folder = TemporaryFolder()

  private func process(
    _ pid: Int, _ command: String, below parent: Int, state: String = "S",
    in function: String = "0",
    user: Int = 0
  ) {
    let rest = String(repeating: " 0", count: 17)
    folder.file("proc/\(pid)/stat", "\(pid) (\(command)) \(state) \(parent)\(rest) 5000 0\n")
    folder.file("proc/\(pid)/status", "Name:\tx\nUid:\t\(user)\t\(user)\t\(user)\t\(user)\n")
    folder.file("proc/\(pid)/wchan", function)
  }

  private func isAtWork() throws -> Bool {
    process(1, "systemd", below: 0, in: "do_epoll_wait")
    process(90, "systemd-udevd", below: 1, in: "do_epoll_wait")
    // Not of udevd, whatever it does.
    process(95, "sh", below: 1, state: "D", in: "blkdev_get_by_dev")
    return try Host(
      sys: try folder.directory("sys"), proc: try folder.directory("proc"),
      actions: KernelActions()
    ).udevdWork() != nil
  }

  @Test func withoutWorkersItIsNot() throws {
    #expect(try !isAtWork())
  }

  @Test(arguments: [
    (state: "S", function: "do_epoll_wait", isAtWork: false), ("S", "ep_poll", false),
    ("S", "0", false), ("Z", "0", false), ("R", "0", true), ("D", "uevent_show", true),
    ("S", "do_wait", true),
  ])
  func aWorkerIsUnlessItWaitsForTheNextEvent(state: String, function: String, isAtWork: Bool) throws
  {
    process(91, "(udev-worker)", below: 90, in: "do_epoll_wait")
    process(92, "(udev-worker)", below: 90, state: state, in: function)
    #expect(try self.isAtWork() == isAtWork)
  }

  @Test func aProgramThatAWorkerRunsIsAtWork() throws {
    process(92, "systemd-udevd", below: 90, in: "do_epoll_wait")
    process(93, "ata_id", below: 92, in: "do_epoll_wait")
    #expect(try isAtWork())
  }

  @Test func whatSomebodyElseCallsSoIsNotUdevd() throws {
    process(96, "systemd-udevd", below: 1, user: 1000)
    process(97, "(udev-worker)", below: 96, state: "R", user: 1000)
    process(98, "sleep", below: 96, user: 1000)
    #expect(try !isAtWork())
  }

  @Test func aProcessThatGoesMeanwhileIsNotAtWork() throws {
    folder.make("proc/93")
    #expect(try !isAtWork())
  }
}
