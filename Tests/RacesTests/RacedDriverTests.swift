import Testing

@testable import Races

/// What bindrace does to a driver so that it can be raced is told with what comes of it.
@Suite struct RacedDriverTests {
  private func driver(_ source: RacedDriver.Source, _ own: RacedDriver.Mode?) -> RacedDriver {
    RacedDriver(bus: "platform", name: "pcspkr", source: source, ownMode: own)
  }

  @Test("a driver that async_probe=1 alone makes asynchronous is known as such")
  func byParameter() {
    let module = RacedDriver.Source.module("pcspkr")
    for own in [nil, RacedDriver.Mode.synchronous] {
      #expect(
        driver(module, own).asynchronousBy(.asynchronous) == "module parameter async_probe=1")
    }
    #expect(driver(module, .asynchronous).asynchronousBy(.asynchronous) == nil)
    #expect(driver(module, nil).asynchronousBy(.synchronous) == nil)
    #expect(driver(module, nil).asynchronousBy(nil) == nil)
  }

  @Test("what is no module is loaded without it")
  func others() {
    #expect(driver(.partOfKernel("pcspkr"), nil).asynchronousBy(.asynchronous) == nil)
    #expect(driver(.fixture(folder: "x"), .synchronous).asynchronousBy(.asynchronous) == nil)
  }
}
