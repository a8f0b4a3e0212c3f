import DriverModel
import TemporaryFolder
import Testing

@testable import Races

/// A driver that the administrator made asynchronous is no synchronous one, whatever it asks for.
@Suite struct AsynchronousByRequestTests {
  private func request(_ line: String, all: String? = nil) throws -> String? {
    let tree = TemporaryFolder()
    tree.make("sys")
    tree.file("proc/cmdline", "BOOT_IMAGE=/vmlinuz ro \(line) quiet\n")
    if let all { tree.file("sys/module/module/parameters/async_probe", all + "\n") }
    return AsynchronousByRequest.of(
      "pcspkr", module: "snd-x", sys: try tree.directory("sys"), proc: try tree.directory("proc"))
  }

  @Test(
    "drivers are listed, and with * all are but those that are listed",
    arguments: [
      ("driver_async_probe=pcspkr", true), ("driver_async_probe=a,pcspkr", true),
      ("driver_async_probe=*", true), ("driver_async_probe=*,pcspkr", false),
      ("driver_async_probe=pcspkr2", false), ("driver_async_probe=", false), ("", false),
    ])
  func drivers(example: (line: String, isAsynchronous: Bool)) throws {
    #expect((try request(example.line) != nil) == example.isAsynchronous)
  }

  @Test(
    "so is a module that is loaded with async_probe, whichever dashes it is written with",
    arguments: [
      ("snd_x.async_probe", true), ("snd-x.async_probe=1", true), ("snd_x.async_probe=0", false),
      ("snd_y.async_probe=1", false),
    ])
  func module(example: (line: String, isAsynchronous: Bool)) throws {
    #expect((try request(example.line) != nil) == example.isAsynchronous)
  }

  @Test("and every module, where their parameter says so")
  func all() throws {
    #expect(try request("", all: "Y") == "the parameter async_probe of all modules")
    #expect(try request("", all: "N") == nil)
  }

  @Test("it cannot be brought into the other mode, and that is why a control is skipped")
  func obstacle() {
    var driver = RacedDriver(bus: "platform", name: "pcspkr", source: .module("pcspkr"))
    #expect(driver.obstacle(to: .synchronous) == nil)
    driver.ownMode = .asynchronous
    driver.requested = "driver_async_probe= of the kernel's command line"
    #expect(
      driver.obstacle(to: .synchronous)
        == "the driver pcspkr probes asynchronously by driver_async_probe= of the kernel's command line"
    )
    #expect(driver.asynchronousBy(.asynchronous) == driver.requested)
  }
}
