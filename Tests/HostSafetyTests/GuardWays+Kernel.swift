import Evidence
import TemporaryFolder

@testable import HostSafety

private let display: @Sendable (MockUse) -> Void = {
  for number in 0...1 { $0.addClass("drm", "card\(number)", parent: number == 0 ? "x" : "y") }
}
private let clock: @Sendable (MockUse) -> Void = {
  $0.addClass("rtc", "rtc1", parent: "x")
  $0.set("devices/pci0/x/rtc/rtc1/hctosys", "0")
  $0.set("devices/pci0/x/rtc/rtc1/wakealarm", "")
}
private let generator: @Sendable (MockUse) -> Void = {
  $0.addDevice("x", bus: "virtio", driver: "virtio_rng")
  $0.set("class/misc/hw_random/rng_current", "virtio_rng.0")
  $0.set("class/misc/hw_random/rng_selected", "0")
}
/// A zone that is watched by x, and a fan.
private let heat: @Sendable (MockUse) -> Void = {
  for (name, device) in [("thermal_zone0", "zone"), ("cooling_device3", "fan")] {
    $0.link("class/thermal/\(name)", to: "devices/virtual/thermal/\(name)")
    $0.link("devices/virtual/thermal/\(name)/device", to: "devices/pci0/\(device)")
  }
  $0.set("devices/virtual/thermal/thermal_zone0/cdev0_weight", "0")
  $0.set("devices/virtual/thermal/thermal_zone0/mode", "disabled")
}

extension MockUse {
  /// A class device of x with one attribute.
  func addState(_ kind: String, _ name: String, _ file: String, _ value: String) {
    addClass(kind, name, parent: "x")
    set("devices/pci0/x/\(kind)/\(name)/\(file)", value)
  }
}

extension GuardWay {
  static let kernels: [GuardWay] = [
    GuardWay(
      id: "console", group: .kernel, what: "a console of the kernel",
      knownBy: "`/proc/consoles`, `class/tty/console/active`", reason: "is the console (ttyS0)",
      guest: "guard", idle: { $0.addClass("tty", "ttyS0", parent: "x") },
      use: { $0.tree.file("proc/consoles", "ttyS0 -W- (EC p a) 4:64\n") }),
    GuardWay(
      id: "console-virtio", group: .kernel, what: "a virtio console of the kernel",
      knownBy: "the same, and who has the driver", reason: "is the console (hvc0)",
      device: "/devices/pci0/virtio3",
      idle: { $0.addDevice("virtio3", bus: "virtio", driver: "virtio_console") },
      use: { $0.tree.file("proc/consoles", "hvc0 -W- (EC) 229:0\n") }),
    GuardWay(
      id: "debugger", group: .kernel, what: "the line of the kernel's debugger",
      knownBy: "kgdboc's parameter", reason: "is the kernel debugger's line (ttyS1)",
      idle: { $0.addClass("tty", "ttyS1", parent: "x") },
      use: { $0.set("module/kgdboc/parameters/kgdboc", "kms,ttyS1,115200") }),
    GuardWay(
      id: "watchdog", group: .kernel, what: "a watchdog that runs", knownBy: "`state`",
      reason: "is an active watchdog (watchdog0)",
      idle: { $0.addState("watchdog", "watchdog0", "state", "inactive") },
      use: { $0.set("devices/pci0/x/watchdog/watchdog0/state", "active") }),
    GuardWay(
      id: "watchdog-node", group: .kernel, what: "a watchdog that is open by its old node",
      knownBy: "10:130", reason: "is open: watchdog0 by /dev/watchdog", guest: "guard",
      idle: {
        $0.addClass("watchdog", "watchdog0", parent: "x")
        $0.link("dev/char/10:130", to: "devices/virtual/misc/watchdog")
        $0.tree.make("sys/devices/virtual/misc/watchdog")
      }, use: { $0.addProcess(200, "feeder", terminal: 10 << 8 | 130) }),
    GuardWay(
      id: "boot-display", group: .kernel, what: "the display of the firmware",
      knownBy: "`boot_vga`", reason: "is the boot display",
      idle: {
        $0.addDevice("x", bus: "pci")
        $0.set("devices/pci0/x/boot_vga", "0")
      }, use: { $0.set("devices/pci0/x/boot_vga", "1") }),
    GuardWay(
      id: "frame-buffer", group: .kernel, what: "the console's frame buffer", knownBy: "`fb0`",
      reason: "is the console's frame buffer (fb0)", idle: display,
      use: { $0.addClass("graphics", "fb0", parent: "x") }),
    GuardWay(
      id: "lit-display", group: .kernel, what: "a display that shows something",
      knownBy: "`enabled` of its connectors", reason: "drives a display (card0-eDP-1)",
      idle: {
        display($0)
        $0.addState("drm", "card0-eDP-1", "enabled", "disabled")
      }, use: { $0.set("devices/pci0/x/drm/card0-eDP-1/enabled", "enabled") }),
    GuardWay(
      id: "only-display", group: .kernel, what: "the only display", knownBy: "`class/drm`",
      reason: "is the only display (card0)", idle: display,
      use: { $0.tree.remove("sys/class/drm/card1") }),
    GuardWay(
      id: "keyboard", group: .kernel, what: "a keyboard, while somebody has a virtual terminal",
      knownBy: "`capabilities/key`, and who has a terminal",
      reason: "is a keyboard of the terminal tty1", isNature: true, guest: "guard",
      idle: { $0.addState("input", "input0", "capabilities/key", "fffffffffffffffe") },
      use: { $0.addProcess(200, "agetty", terminal: 4 << 8 | 1) }),
    GuardWay(
      id: "clock-source", group: .kernel, what: "what the kernel tells the time by",
      knownBy: "`current_clocksource`", reason: "is the clock source (hpet)",
      idle: {
        $0.addDevice("x", bus: "platform", driver: "hpet_acpi")
        $0.set("devices/system/clocksource/clocksource0/current_clocksource", "tsc")
      },
      use: { $0.set("devices/system/clocksource/clocksource0/current_clocksource", "hpet") }),
    GuardWay(
      id: "tick", group: .kernel, what: "a timer of the CPUs", knownBy: "`current_device`",
      reason: "is a timer of the CPUs (x)",
      idle: {
        $0.addDevice("x", bus: "platform", driver: "timer")
        $0.set("devices/system/clockevents/broadcast/current_device", "lapic")
      },
      use: { $0.set("devices/system/clockevents/broadcast/current_device", "x") }),
    GuardWay(
      id: "cpu", group: .kernel, what: "the CPUs", knownBy: "`online`",
      reason: "has the CPUs that are online (0-1)", device: "/devices/system/cpu",
      guest: "guard-ties", use: { $0.set("devices/system/cpu/online", "0-1") }),
    GuardWay(
      id: "frequency", group: .kernel, what: "what sets the frequency of the CPUs",
      knownBy: "`scaling_driver`", reason: "sets the frequency of the CPUs (acpi_cpufreq)",
      idle: { $0.addDevice("x", bus: "platform", driver: "acpi-cpufreq") },
      use: { $0.set("devices/system/cpu/cpufreq/policy0/scaling_driver", "acpi_cpufreq") }),
    GuardWay(
      id: "sleep", group: .kernel, what: "what lets the CPUs sleep",
      knownBy: "`cpuidle/current_driver`", reason: "lets the CPUs sleep (x)",
      idle: {
        $0.addDevice("x", bus: "platform")
        $0.set("devices/system/cpu/cpuidle/current_driver", "none")
      }, use: { $0.set("devices/system/cpu/cpuidle/current_driver", "x") }),
    GuardWay(
      id: "heat", group: .kernel, what: "a device whose heat is watched",
      knownBy: "`class/thermal/thermal_zone*`, its `mode` and `device`",
      reason: "is watched for its heat (thermal_zone0)", device: "/devices/pci0/zone",
      idle: heat, use: { $0.set("devices/virtual/thermal/thermal_zone0/mode", "enabled") }),
    GuardWay(
      id: "cooling", group: .kernel, what: "what cools a thermal zone",
      knownBy: "`cdev*` of the zone", reason: "cools thermal_zone0 (cooling_device3)",
      device: "/devices/pci0/fan", idle: heat,
      use: {
        $0.tree.link(
          "sys/devices/virtual/thermal/thermal_zone0/cdev0", to: "../cooling_device3")
      }),
    GuardWay(
      id: "random-chosen", group: .kernel, what: "the generator of random numbers somebody chose",
      knownBy: "`rng_selected`, `rng_current`",
      reason: "was chosen to give random numbers (virtio_rng.0)", guest: "guard-ties",
      idle: generator, use: { $0.set("class/misc/hw_random/rng_selected", "1") }),
    GuardWay(
      id: "random-open", group: .kernel, what: "the one that somebody reads",
      knownBy: "10:183 is open", reason: "is open by /dev/hwrng (virtio_rng.0)",
      guest: "guard-ties",
      idle: {
        generator($0)
        $0.link("dev/char/10:183", to: "devices/virtual/misc/hw_random")
        $0.tree.make("sys/devices/virtual/misc/hw_random")
      }, use: { $0.addProcess(200, "rngd", terminal: 10 << 8 | 183) }),
    GuardWay(
      id: "tpm", group: .kernel, what: "a TPM", knownBy: "`class/tpm`", reason: "is a TPM (tpm0)",
      isNature: true, idle: { $0.addDevice("x", bus: "pnp") },
      use: { $0.addClass("tpm", "tpm0", parent: "x") }),
    GuardWay(
      id: "cipher", group: .kernel, what: "a device that computes a cipher for somebody",
      knownBy: "`refcnt` in `/proc/crypto`, and whose module it is",
      reason: "computes a cipher that is in use (cbc(aes))", guest: "guard-ties",
      idle: {
        $0.addDevice("x", bus: "virtio", driver: "virtio_crypto")
        $0.link("module/virtio_crypto/drivers/virtio:d", to: "bus/virtio/drivers/virtio_crypto")
        $0.tree.file("proc/crypto", cipher(references: 1))
      }, use: { $0.tree.file("proc/crypto", cipher(references: 2)) }),
    GuardWay(
      id: "clock", group: .kernel, what: "the clock that the time comes from",
      knownBy: "`hctosys`", reason: "keeps the host's time (rtc1)", guest: "guard-ties",
      idle: clock, use: { $0.set("devices/pci0/x/rtc/rtc1/hctosys", "1") }),
    GuardWay(
      id: "alarm", group: .kernel, what: "a clock with an alarm set", knownBy: "`wakealarm`",
      reason: "has an alarm set (rtc1)", idle: clock,
      use: { $0.set("devices/pci0/x/rtc/rtc1/wakealarm", "1893456000") }),
    GuardWay(
      id: "last-messages", group: .kernel, what: "where the kernel's last messages are kept",
      knownBy: "pstore's `backend`", reason: "keeps the last messages (ramoops)",
      idle: {
        $0.addDevice("x", bus: "platform", driver: "ramoops")
        $0.set("module/pstore/parameters/backend", "efi_pstore")
      }, use: { $0.set("module/pstore/parameters/backend", "ramoops") }),
    GuardWay(
      id: "last-messages-disk", group: .kernel, what: "the same on a disk",
      knownBy: "pstore_blk's `blkdev`", reason: "keeps the last messages (sda1)",
      device: "/devices/pci0/sda0", idle: { $0.addDisk("sda") },
      use: { $0.set("module/pstore_blk/parameters/blkdev", "/dev/sda1") }),
    GuardWay(
      id: "resume", group: .kernel, what: "a disk that the host resumes from",
      knownBy: "`/sys/power/resume`", reason: "is where the host resumes from (sda1)",
      device: "/devices/pci0/sda0", guest: "guard-ties",
      idle: {
        $0.addDisk("sda")
        $0.set("power/resume", "0:0")
      }, use: { $0.set("power/resume", "8:1") }),
    GuardWay(
      id: "iommu", group: .kernel, what: "an IOMMU that translates for others",
      knownBy: "`class/iommu/*/devices`", reason: "translates for 0000:00:02.0 (iommu0)",
      idle: { $0.addClass("iommu", "iommu0", parent: "x") },
      use: {
        $0.tree.link("sys/devices/pci0/x/iommu/iommu0/devices/0000:00:02.0", to: "../x")
      }),
    GuardWay(
      id: "dma", group: .kernel, what: "a DMA engine with a channel in use", knownBy: "`in_use`",
      reason: "has a DMA channel in use (dma0chan0)",
      idle: { $0.addState("dma", "dma0chan0", "in_use", "0") },
      use: { $0.set("devices/pci0/x/dma/dma0chan0/in_use", "1") }),
    GuardWay(
      id: "regulator", group: .kernel, what: "a regulator that supplies somebody",
      knownBy: "`num_users`", reason: "supplies power (regulator.1)", guest: "guard-ties",
      idle: { $0.addState("regulator", "regulator.1", "num_users", "0") },
      use: { $0.set("devices/pci0/x/regulator/regulator.1/num_users", "2") }),
    GuardWay(
      id: "processor", group: .kernel, what: "a processor besides the CPUs that runs",
      knownBy: "`class/remoteproc/*/state`", reason: "runs a processor (remoteproc0)",
      idle: { $0.addState("remoteproc", "remoteproc0", "state", "offline") },
      use: { $0.set("devices/pci0/x/remoteproc/remoteproc0/state", "running") }),
    GuardWay(
      id: "target-host", group: .kernel, what: "an adapter that serves disks to others",
      knownBy: "`active_mode`", reason: "serves disks to others (host0)",
      idle: { $0.addState("scsi_host", "host0", "active_mode", "Initiator") },
      use: { $0.set("devices/pci0/x/scsi_host/host0/active_mode", "Initiator, Target") }),
    GuardWay(
      id: "bluetooth", group: .kernel, what: "a Bluetooth adapter with a connection",
      knownBy: "`class/bluetooth/hci*:*`", reason: "has a connection by Bluetooth (hci0:256)",
      idle: { $0.addClass("bluetooth", "hci0", parent: "x") },
      use: { $0.addClass("bluetooth", "hci0:256", parent: "x") }),
    GuardWay(
      id: "sensor", group: .kernel, what: "a sensor that fills a buffer",
      knownBy: "`buffer/enable`", reason: "fills a buffer (iio:device0)",
      idle: {
        $0.addDevice("iio:device0", bus: "iio", at: "/devices/pci0/x/iio:device0")
        $0.set("devices/pci0/x/iio:device0/buffer/enable", "0")
      }, use: { $0.set("devices/pci0/x/iio:device0/buffer/enable", "1") }),
    GuardWay(
      id: "gadget", group: .kernel, what: "a controller by which this host is a USB device",
      knownBy: "`class/udc/*/function`", reason: "is the USB device g_serial (udc0)",
      isNature: true, guest: "guard-ties",
      idle: { $0.addState("udc", "udc0", "function", "") },
      use: { $0.set("devices/pci0/x/udc/udc0/function", "g_serial") }),
    GuardWay(
      id: "firmware", group: .kernel, what: "the embedded controller of a laptop",
      knownBy: "the driver `ec`, of new kernels `acpi-ec`", reason: "serves the firmware (x)",
      idle: { $0.addDevice("y", bus: "acpi") },
      use: { $0.addDevice("x", bus: "acpi", driver: "ec") }),
    GuardWay(
      id: "usb-offered", group: .kernel, what: "a USB device that is offered to other hosts",
      knownBy: "the driver `usbip-host`", reason: "is offered to other hosts (x)",
      idle: { $0.addDevice("x", bus: "usb") },
      use: { $0.addDevice("x", bus: "usb", driver: "usbip-host") }),
  ]

  private static func cipher(references: Int) -> String {
    "name         : cbc(aes)\ndriver       : virtio_crypto_aes_cbc\nmodule       : virtio_crypto\n"
      + "priority     : 150\nrefcnt       : \(references)\nselftest     : passed\n\n"
      + "name         : sha1\ndriver       : sha1-generic\nmodule       : kernel\nrefcnt       : 9\n"
  }
}
