import DriverModel
import Evidence
import TemporaryFolder
import Testing

@testable import HostSafety

/// What a person or a program works with is never raced: terminals, displays, keyboards, watchdogs,
/// devices given away.
@Suite struct GuardUseTests {
  let use: MockUse

  init() throws {
    use = try MockUse()
  }

  // Terminals

  @Test func theTerminalOfAProcessCounts() throws {
    use.addClass("tty", "ttyS300", parent: "serial")
    use.tree.link("sys/dev/char/4:364", to: "../../devices/pci0/serial/tty/ttyS300")
    // Minor 364 is split: its low byte stands below the major, the rest above.
    use.addProcess(200, "sh", terminal: 1 << 20 | 4 << 8 | 108)
    #expect(try use.reason("/devices/pci0/serial") == "is the terminal of sh (pid 200)")
  }

  @Test func aProcessWithoutTerminalHasNone() throws {
    use.addClass("tty", "ttyS0", parent: "serial")
    use.tree.link("sys/dev/char/0:0", to: "../../devices/pci0/serial/tty/ttyS0")
    use.addProcess(200, "daemon")
    #expect(try use.reason("/devices/pci0/serial") == nil)
  }

  // Keyboards

  private func addInput(_ name: String, keys: String) {
    use.addClass("input", name, parent: "\(name)-device")
    use.tree.file("sys/devices/pci0/\(name)-device/input/\(name)/capabilities/key", "\(keys)\n")
  }

  @Test func keyboardsCountWhereSomebodyHasATerminal() throws {
    addInput("input0", keys: "402000000 3803078f800d001 feffffdfffefffff fffffffffffffffe")
    addInput("input1", keys: "0")
    addInput("input2", keys: "10000000000000 0")
    #expect(try use.reason("/devices/pci0/input0-device") == nil)
    use.addProcess(200, "agetty", terminal: 4 << 8 | 1)
    let look = try use.look
    #expect(look.reason("/devices/pci0/input0-device") == "is a keyboard of the terminal tty1")
    #expect(look.reason("/devices/pci0/input1-device") == nil)
    #expect(look.reason("/devices/pci0/input2-device") == nil)
    // One that the run made is for nobody to type on.
    #expect(look.reasonOfMade("/devices/pci0/input0-device") == nil)
  }

  @Test(arguments: [4 << 8, 4 << 8 | 64, 5 << 8 | 1])
  func otherTerminalsHaveNoKeyboard(_ terminal: Int) throws {
    addInput("input0", keys: "fffffffffffffffe")
    use.addProcess(200, "agetty", terminal: terminal)
    #expect(try use.reason("/devices/pci0/input0-device") == nil)
  }

  // Displays

  @Test func aDisplayThatShowsSomethingCounts() throws {
    for number in 0...1 { use.addClass("drm", "card\(number)", parent: "gpu\(number)") }
    for (name, state) in [("card0-HDMI-A-1", "disabled"), ("card1-eDP-1", "enabled")] {
      let path = "devices/pci0/gpu\(name.dropFirst(4).prefix(1))/drm/\(name)"
      use.tree.file("sys/\(path)/enabled", "\(state)\n")
      use.tree.link("sys/class/drm/\(name)", to: "../../\(path)")
    }
    let look = try use.look
    #expect(look.reason("/devices/pci0/gpu1") == "drives a display (card1-eDP-1)")
    #expect(look.reason("/devices/pci0/gpu0") == nil)
  }

  // Watchdogs

  @Test func aWatchdogOpenedByItsOldNodeCounts() throws {
    use.addClass("watchdog", "watchdog0", parent: "tco")
    use.tree.make("sys/devices/virtual/misc/watchdog")
    use.tree.link("sys/dev/char/10:130", to: "../../devices/virtual/misc/watchdog")
    #expect(try use.reason("/devices/pci0/tco") == nil)
    // A descriptor of 10:130 cannot be had here, a process that it controls can.
    use.addProcess(200, "feeder", terminal: 10 << 8 | 130)
    #expect(try use.reason("/devices/pci0/tco") == "is open: watchdog0 by /dev/watchdog")
  }

  @Test func aWatchdogThatNamesNoDeviceIsFoundByItsDriver() throws {
    let watchdog = "devices/virtual/watchdog/watchdog0"
    use.tree.file("sys/\(watchdog)/state", "active\n")
    use.tree.file("sys/\(watchdog)/identity", "i6300ESB timer\n")
    use.tree.link("sys/class/watchdog/watchdog0", to: "../../\(watchdog)")
    for (name, driver) in [("0:6", "i6300ESB timer"), ("0:7", "other")] {
      use.tree.link("sys/bus/pci/devices/\(name)", to: "../../../devices/pci0/\(name)")
      use.tree.link(
        "sys/bus/pci/drivers/\(driver)/\(name)", to: "../../../../devices/pci0/\(name)")
    }
    let look = try use.look
    #expect(look.reason("/devices/pci0/0:6") == "is an active watchdog (watchdog0)")
    #expect(look.reason("/devices/pci0/0:7") == nil)
  }

  // Devices given away

  @Test func whatSharesAGroupWithAnOpenVFIOGroupCounts() throws {
    use.opens("/devices/virtual/vfio/7")
    for name in ["a", "b"] {
      use.tree.link(
        "sys/kernel/iommu_groups/7/devices/\(name)", to: "../../../../devices/pci0/\(name)")
    }
    let look = try use.look
    for name in ["a", "b"] {
      #expect(look.reason("/devices/pci0/\(name)") == "is open: 7 in user (pid 200)")
    }
  }

  @Test func whatSharesAGroupWithAnOpenVFIODeviceCounts() throws {
    use.opens("/devices/pci0/a/vfio-dev/vfio0")
    use.tree.link("sys/devices/pci0/a/iommu_group", to: "../../../kernel/iommu_groups/7")
    for name in ["a", "b"] {
      use.tree.link(
        "sys/kernel/iommu_groups/7/devices/\(name)", to: "../../../../devices/pci0/\(name)")
    }
    let look = try use.look
    #expect(look.reason("/devices/pci0/b") == "is open: vfio0 in user (pid 200)")
    #expect(look.reason("/devices/pci0/c") == nil)
  }

  // Random numbers and ciphers

  private func choose(_ generator: String) {
    use.set("class/misc/hw_random/rng_current", generator)
    use.set("class/misc/hw_random/rng_selected", "1")
  }

  @Test func theGeneratorOfATPMIsThatTPM() throws {
    use.addClass("tpm", "tpm0", parent: "x")
    use.addClass("tpm", "tpm1", parent: "y")
    choose("tpm-rng-0")
    let look = try use.look
    #expect(look.reason("/devices/pci0/x") == "was chosen to give random numbers (tpm-rng-0)")
    #expect(look.reason("/devices/pci0/y") == "is a TPM (tpm1)")
  }

  @Test func aGeneratorThatIsCalledAsItsDeviceIsThatDevice() throws {
    use.addDevice("rng.1", bus: "platform", driver: "some", at: "/devices/pci0/x")
    use.addDevice("y", bus: "platform", driver: "rng")
    choose("rng.1")
    let look = try use.look
    #expect(look.reason("/devices/pci0/x") == "was chosen to give random numbers (rng.1)")
    #expect(look.reason("/devices/pci0/y") == nil)
  }

  @Test func aCipherHasNothingOfTheOneBefore() throws {
    use.addDevice("x", bus: "virtio", driver: "virtio_crypto")
    use.link("module/virtio_crypto/drivers/virtio:d", to: "bus/virtio/drivers/virtio_crypto")
    use.tree.file(
      "proc/crypto", "name : a\nmodule : virtio_crypto\nrefcnt : 1\n\nname : b\nrefcnt : 2\n")
    #expect(try use.reason("/devices/pci0/x") == nil)
  }

  @Test(arguments: [("running", true), ("attached", true), ("offline", false)])
  func aProcessorThatRunsCounts(_ state: String, _ isUsed: Bool) throws {
    use.addState("remoteproc", "remoteproc0", "state", state)
    #expect(
      try use.reason("/devices/pci0/x") == (isUsed ? "runs a processor (remoteproc0)" : nil))
  }

  // The embedded controller

  @Test(arguments: [("acpi", "ec"), ("platform", "acpi-ec")])
  func theEmbeddedControllerCounts(_ bus: String, _ driver: String) throws {
    use.addDevice("x", bus: bus, driver: driver)
    #expect(try use.reason("/devices/pci0/x") == "serves the firmware (x)")
  }

  // USB

  @Test func interfacesThatShareADriverGoTogether() throws {
    use.opens("/devices/usb1/1-1/1-1:1.1/tty/ttyACM0")
    for (name, driver) in [
      ("1-1/1-1:1.0", "cdc_acm"), ("1-1/1-1:1.1", "cdc_acm"), ("1-1/1-1:1.2", "usbhid"),
      ("1-2/1-2:1.0", "cdc_acm"),
    ] {
      use.tree.link("sys/devices/usb1/\(name)/driver", to: "../../../../bus/usb/drivers/\(driver)")
      use.tree.link(
        "sys/bus/usb/devices/\(Look.name(name))", to: "../../../devices/usb1/\(name)")
    }
    let look = try use.look
    #expect(
      look.reason("/devices/usb1/1-1/1-1:1.0")
        == "shares its driver with 1-1:1.1, which is open: ttyACM0 in user (pid 200)")
    #expect(look.reason("/devices/usb1/1-1/1-1:1.2") == nil)
    #expect(look.reason("/devices/usb1/1-2/1-2:1.0") == nil)
  }
}
