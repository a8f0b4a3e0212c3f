import Evidence
import Testing

@testable import Verdicts

/// Who did what, whoever looks on: each event names a command, a thread, and the function where one is told.
@Suite struct DeedsTests {
  private func deeds(_ story: Story) -> [WatchEvent.Deed] {
    var deeds = Deeds()
    return story.trace.compactMap { deeds.take($0) }
  }

  private func words(_ deed: WatchEvent.Deed) -> String {
    var words = "\(deed.kind) \(deed.device)"
    if !deed.driver.isEmpty { words += " \(deed.driver)" }
    words += " by \(deed.command) \(deed.pid)"
    if let function = deed.function { words += " in \(function)" }
    if let errno = deed.errno { words += ": \(errno)" }
    return words
  }

  private func told(_ story: Story) -> [String] { deeds(story).map(words) }

  @Test("a probe that adds a device and attaches its driver names its own driver at its end")
  func nested() {
    var story = Story()
    story.probeBegins(pid: Story.stranger, driver: "virtio-pci")
    story.add(.deviceAdd, pid: Story.stranger, device: Story.other, name: "0:0:0:1")
    story.attached(
      pid: Story.stranger, by: .deviceAdd, driver: "virtio_rng", device: Story.other)
    story.add(.deviceAddReturn, pid: Story.stranger, result: 0)
    story.probeSucceeds(pid: Story.stranger, by: .bind, driver: "virtio-pci")
    #expect(
      told(story) == [
        "attach 0:0:0:1 virtio_rng by sh 99 in device_add", "add 0:0:0:1 by sh 99 in device_add",
        "attach 0:0:0:0 virtio-pci by sh 99 in bind_store",
      ])
  }

  @Test("two threads that probe at once do not take each other's driver")
  func twoThreads() {
    var story = Story()
    story.probeBegins(pid: Story.helper, driver: "sd")
    story.probeBegins(pid: Story.worker, driver: "ses", device: Story.other)
    story.probeSucceeds(pid: Story.helper, by: .deviceHelper)
    story.probeSucceeds(pid: Story.worker, by: .worker, device: Story.other)
    #expect(deeds(story).map(\.driver) == ["sd", "ses"])
  }

  @Test(
    "a write into unbind is told with what the kernel answered, and the detach with its function")
  func unbind() {
    var story = Story()
    story.bind(pid: Story.stranger)
    story.unbind(pid: Story.stranger)
    #expect(
      told(story) == [
        "attach 0:0:0:0 sd by sh 99 in bind_store", "bind 0:0:0:0 sd by sh 99: 0",
        "detach 0:0:0:0 sd by sh 99 in unbind_store", "unbind 0:0:0:0 sd by sh 99: 0",
      ])
  }

  @Test("a write that was refused names what was written and why", arguments: ["", "none"])
  func refused(name: String) {
    var story = Story()
    story.add(.unbindStore, pid: Story.stranger, name: name, driver: "sd")
    story.add(.unbindStoreReturn, pid: Story.stranger, result: -19)
    #expect(told(story) == ["unbind \(name) sd by sh 99: 19"])
  }

  @Test("a write that does not return is told once, and again when it does")
  func hung() {
    var story = Story()
    story.begins(.unbind, pid: Story.stranger)
    var deeds = Deeds()
    for record in story.trace { #expect(deeds.take(record) == nil) }
    #expect(deeds.overdue(since: story.trace[0].time).isEmpty, "it has only begun")
    let late = deeds.overdue(since: story.tick())
    #expect(late.map(words) == ["unbind 0:0:0:0 sd by sh 99"])
    #expect(deeds.overdue(since: story.tick()).isEmpty)
    story.trace = []
    story.returns(.unbind, pid: Story.stranger, error: 19)
    #expect(story.trace.compactMap { deeds.take($0) }.map(\.errno) == [19])
  }

  @Test("what a device goes by is told, with who took it away")
  func removal() {
    var story = Story()
    story.bind(pid: Story.stranger)
    story.begins(.remove, pid: Story.stranger)
    story.detached(pid: Story.stranger)
    story.returns(.remove, pid: Story.stranger)
    #expect(
      told(story).suffix(2) == [
        "detach 0:0:0:0 sd by sh 99 in device_del", "remove 0:0:0:0 by sh 99 in device_del",
      ])
  }

  /// pci_stop_dev() releases the driver, and only then comes device_del().
  @Test("a detach before the removal begins has no function, and names who did it all the same")
  func stopped() {
    var story = Story()
    story.detached(pid: Story.stranger)
    story.begins(.remove, pid: Story.stranger)
    story.returns(.remove, pid: Story.stranger)
    #expect(
      told(story) == ["detach 0:0:0:0 by sh 99", "remove 0:0:0:0 by sh 99 in device_del"])
  }

  /// The frames of a rescan, where a compiler has put pci_bus_add_device() into its caller.
  @Test(
    "an attach by a way that no proof is known of names who asked the driver core",
    arguments: [
      (
        ["device_attach", "pci_bus_add_devices", "pci_rescan_bus", "rescan_store"],
        "pci_bus_add_devices"
      ),
      (["device_initial_probe", "pci_bus_add_device.part.0"], "pci_bus_add_device"),
      (["bus_probe_device.isra.0", "usb_new_thing"], "usb_new_thing"),
      ([], "drivers_probe_store"),
    ])
  func asker(frames: [String], function: String) {
    var story = Story()
    story.begins(.driversProbe, pid: Story.stranger)
    story.probeBegins(pid: Story.stranger)
    story.add(
      .bound, pid: Story.stranger, device: Story.device, name: "0:0:0:0",
      stack: ["driver_bound", "really_probe", "__driver_probe_device", "driver_probe_device"]
        + ["__device_attach_driver", "bus_for_each_drv", "__device_attach"] + frames)
    #expect(deeds(story).map(\.function) == [function])
  }

  @Test(
    "an attach of which no stack is known names the call it is in, while that goes on",
    arguments: [
      (TracePoint.bindStore, "bind_store"), (.unbindStore, "unbind_store"),
      (.driversProbeStore, "drivers_probe_store"), (.deviceAdd, "device_add"),
      (.deviceDelete, "device_del"), (.registerDriver, "bus_add_driver"),
      (.unregisterDriver, "bus_remove_driver"), (.deferredWork, "deferred_probe_work_func"),
      (.deviceHelper, "__device_attach_async_helper"),
      (.driverHelper, "__driver_attach_async_helper"),
    ])
  func call(point: TracePoint, function: String) throws {
    var story = Story()
    let exit = try #require(TracePoint(rawValue: point.rawValue + "_return"))
    story.add(point, pid: Story.stranger, device: Story.other, name: "0:0:0:1")
    story.add(.bound, pid: Story.stranger, device: Story.device, name: "0:0:0:0")
    story.add(exit, pid: Story.stranger, result: -1)
    story.add(.bound, pid: Story.stranger, device: Story.device, name: "0:0:0:0")
    let attaches = deeds(story).filter { $0.kind == .attach }
    #expect(attaches.map(\.function) == [function, nil])
  }

  @Test(
    "none of the driver core's own functions asks for an attach",
    arguments: [
      "driver_bound", "really_probe", "__driver_probe_device", "driver_probe_device",
      "__device_attach_driver", "bus_for_each_drv", "__device_attach", "device_attach",
      "device_initial_probe", "bus_probe_device", "device_driver_attach", "device_bind_driver",
      "kobject_uevent",
    ])
  func core(function: String) {
    var story = Story()
    story.add(
      .bound, pid: Story.stranger, device: Story.device, name: "0:0:0:0",
      stack: [function, "new_function"])
    #expect(deeds(story).map(\.function) == ["new_function"])
  }

  @Test("a driver is forgotten with the detach, and with the device")
  func forgotten() {
    for end in [Verb.unbind, .remove] {
      var story = Story()
      story.probeBegins(pid: Story.stranger)
      story.begins(end, pid: Story.stranger)
      if end == .unbind { story.detached(pid: Story.stranger) }
      story.returns(end, pid: Story.stranger)
      story.bound(pid: Story.stranger, by: .rescan)
      #expect(deeds(story).last?.kind == .attach)
      #expect(deeds(story).last?.driver == "")
    }
  }

  @Test("calls that have returned are not kept")
  func returned() {
    var story = Story()
    story.probeBegins(pid: Story.stranger)
    for pid in Int32(100)..<120 { story.unbind(pid: pid, error: 19) }
    story.bound(pid: Story.stranger, by: .rescan)
    var deeds = Deeds(most: 8)
    #expect(story.trace.compactMap { deeds.take($0) }.last?.driver == "sd")
  }

  @Test("what cleans up after a probe that failed is no detach")
  func failed() {
    var story = Story()
    story.releaseBegins(pid: Story.stranger)
    story.probeBegins(pid: Story.stranger)
    story.probeFails(pid: Story.stranger, by: .bind, error: 19)
    #expect(told(story).isEmpty)
  }

  @Test("after a loss no call goes on, and a device is not known by what was before")
  func loss() {
    var story = Story()
    story.begins(.unbind, pid: Story.stranger)
    story.releaseBegins(pid: Story.stranger)
    var deeds = Deeds()
    for record in story.trace { _ = deeds.take(record) }
    deeds.forgetAll()
    story.trace = []
    story.cleansUp(pid: Story.stranger)
    story.returns(.unbind, pid: Story.stranger)
    #expect(story.trace.allSatisfy { deeds.take($0) == nil })
  }

  @Test("what is kept is bounded, and a driver that was forgotten is not another's")
  func bounded() {
    var deeds = Deeds(most: 8)
    for device in 1...100 {
      var story = Story()
      story.add(
        .reallyProbe, pid: Int32(device), device: UInt64(device), name: "d\(device)",
        driver: "driver\(device)")
      story.add(.unbindStore, pid: Int32(device), name: "d\(device)", driver: "x")
      story.add(
        .bound, pid: Int32(device), device: UInt64(device), name: "d\(device)",
        stack: ["driver_bound"])
      let told = story.trace.compactMap { deeds.take($0) }
      #expect(told.allSatisfy { ["driver\(device)", ""].contains($0.driver) })
    }
    #expect(deeds.overdue(since: Time(nanoseconds: .max)).count <= 9)
  }
}
