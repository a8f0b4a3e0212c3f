import Evidence
import TemporaryFolder

@testable import HostSafety

extension GuardWay {
  static let open: [GuardWay] = [
    GuardWay(
      id: "open", group: .open, what: "a device with a number that a process has open",
      knownBy: "`/proc/PID/fd`; udevd and what it runs do not count",
      reason: "is open: sound in user (pid 200)", guest: "guard",
      idle: { $0.addDevice("x", bus: "pci") }, use: { $0.opens("/devices/pci0/x/sound") }),
    GuardWay(
      id: "memory", group: .open, what: "a PCI device that is driven from outside of the kernel",
      knownBy: "its `resource*` is open", reason: "is open: resource0 in driver (pid 200)",
      guest: "guard-ties",
      idle: {
        $0.addDevice("x", bus: "pci")
        $0.tree.file("sys/devices/pci0/x/resource0", "", mode: 0o600)
      },
      use: {
        $0.addProcess(200, "driver", opens: ["\($0.tree.path)/sys/devices/pci0/x/resource0"])
      }),
    GuardWay(
      id: "unknown-node", group: .open, what: "a device whose open node sysfs does not know",
      knownBy: "the name in `/proc/devices`, and who has a driver of that name",
      reason: "is open: a node of nvidia-frontend in user (pid 200)",
      idle: {
        $0.addDevice("x", bus: "pci", driver: "nvidia")
        $0.tree.file(
          "proc/devices", "Character devices:\n  1 nvidia-frontend\n\nBlock devices:\n  1 ram\n")
      }, use: { $0.addProcess(200, "user", opens: ["/dev/full"]) }),
    GuardWay(
      id: "driver-node", group: .open, what: "a device whose node is called as its driver is",
      knownBy: "an open node of `misc`, and who has a driver of that name",
      reason: "is open: vboxguest in user (pid 200)",
      idle: { $0.addDevice("x", bus: "pci", driver: "vboxguest") },
      use: { $0.opens("/devices/virtual/misc/vboxguest") }),
    GuardWay(
      id: "camera", group: .open, what: "the sensors of a camera that is open",
      knownBy: "`v4l-subdev*`, where any video or media node is open",
      reason: "may be a part of video0, which is open: video0 in user (pid 200)",
      idle: { $0.addClass("video4linux", "v4l-subdev0", parent: "x") },
      use: { $0.opens("/devices/pci0/receiver/video4linux/video0") }),
    GuardWay(
      id: "terminal", group: .open, what: "the terminal of a process", knownBy: "`/proc/PID/stat`",
      reason: "is the terminal of sh (pid 200)",
      idle: {
        $0.addClass("tty", "ttyS1", parent: "x")
        $0.link("dev/char/4:65", to: "devices/pci0/x/tty/ttyS1")
      }, use: { $0.addProcess(200, "sh", terminal: 4 << 8 | 65) }),
    GuardWay(
      id: "given-away", group: .open, what: "what shares an IOMMU's group with an open VFIO group",
      knownBy: "`kernel/iommu_groups`", reason: "is open: 7 in user (pid 200)",
      idle: { $0.link("kernel/iommu_groups/7/devices/x", to: "devices/pci0/x") },
      use: { $0.opens("/devices/virtual/vfio/7") }),
    GuardWay(
      id: "given-away-device", group: .open, what: "the same of an open VFIO device",
      knownBy: "`iommu_group`", reason: "is open: vfio0 in user (pid 200)",
      idle: {
        for name in ["x", "y"] {
          $0.link("kernel/iommu_groups/7/devices/\(name)", to: "devices/pci0/\(name)")
          $0.link("devices/pci0/\(name)/iommu_group", to: "kernel/iommu_groups/7")
        }
      }, use: { $0.opens("/devices/pci0/y/vfio-dev/vfio0") }),
  ]

  static let made: [GuardWay] = [
    GuardWay(
      id: "functions", group: .made, what: "a PCI device that has virtual functions",
      knownBy: "`virtfn*`", reason: "has virtual functions (v0)", guest: "guard-ties",
      idle: { $0.addDevice("x", bus: "pci") },
      use: { $0.link("devices/pci0/x/virtfn0", to: "devices/pci0/v0") }),
    GuardWay(
      id: "mediated", group: .made, what: "a device of which parts were given away (mdev)",
      knownBy: "`bus/mdev`", reason: "has mediated devices (1-2)",
      idle: { $0.addDevice("x", bus: "pci") },
      use: { $0.addDevice("1-2", bus: "mdev", at: "/devices/pci0/x/1-2") }),
    GuardWay(
      id: "line", group: .made, what: "a GPIO chip with an exported line", knownBy: "`class/gpio`",
      reason: "has an exported line (gpio5)",
      idle: { $0.addClass("gpio", "gpiochip0", parent: "x") },
      use: { $0.addClass("gpio", "gpio5", parent: "x") }),
    GuardWay(
      id: "pulse", group: .made, what: "a PWM chip with an exported channel",
      knownBy: "`class/pwm`", reason: "has an exported channel (pwm1 of pwmchip0)",
      idle: { $0.addClass("pwm", "pwmchip0", parent: "x") },
      use: { $0.tree.make("sys/devices/pci0/x/pwm/pwmchip0/pwm1") }),
    GuardWay(
      id: "virtual-port", group: .made, what: "a Fibre Channel adapter with a virtual port",
      knownBy: "`class/fc_vports`", reason: "has a virtual port (vport-0:0-0)",
      idle: { $0.addClass("fc_host", "host0", parent: "x") },
      use: { $0.addClass("fc_vports", "vport-0:0-0", parent: "x") }),
    GuardWay(
      id: "thunderbolt", group: .made, what: "a Thunderbolt device that was let in",
      knownBy: "`authorized`", reason: "was let in (0-1)",
      idle: {
        $0.addDevice("0-1", bus: "thunderbolt", at: "/devices/pci0/x/0-1")
        $0.set("devices/pci0/x/0-1/authorized", "0")
      }, use: { $0.set("devices/pci0/x/0-1/authorized", "1") }),
  ]

  /// An interface that carries something, below "/devices/pci0/y".
  private static let busy: @Sendable (MockUse) -> Void = { $0.addRoute("eth0", gateway: false) }
  private static let carries = "carries the default route (eth0)"

  static let ties: [GuardWay] = [
    GuardWay(
      id: "function-used", group: .ties, what: "a PCI device of which a virtual function is in use",
      knownBy: "`virtfn*`", reason: "has the virtual function y, which \(carries)",
      guest: "guard-ties",
      use: {
        $0.addDevice("x", bus: "pci")
        $0.addClass("net", "eth0", parent: "y")
        $0.link("devices/pci0/x/virtfn0", to: "devices/pci0/v0")
        $0.link("devices/pci0/x/virtfn1", to: "devices/pci0/y")
        busy($0)
      }),
    GuardWay(
      id: "supplier", group: .ties, what: "a supplier of what is in use (power, clocks, PHYs)",
      knownBy: "`class/devlink`", reason: "supplies y, which \(carries)",
      idle: {
        $0.addClass("net", "eth0", parent: "y")
        $0.link("class/devlink/1", to: "devices/virtual/devlink/1")
        $0.link("devices/virtual/devlink/1/supplier", to: "devices/pci0/x")
        $0.link("devices/virtual/devlink/1/consumer", to: "devices/pci0/y")
      }, use: busy),
    GuardWay(
      id: "phy", group: .ties, what: "the PHY of an interface that is in use", knownBy: "`phydev`",
      reason: "is the PHY of eth0, which \(carries)",
      idle: {
        $0.addClass("net", "eth0", parent: "y")
        $0.link("devices/pci0/y/net/eth0/phydev", to: "devices/pci0/x")
      }, use: busy),
    GuardWay(
      id: "controller", group: .ties, what: "an NVMe controller by which a disk can be reached",
      knownBy: "`class/nvme-subsystem`", reason: "holds / (nvme0n1 mounted)", guest: "guard",
      idle: {
        $0.addClass("nvme", "nvme0", parent: "x")
        $0.addBlock("nvme0n1", "devices/virtual/nvme-subsystem/s0/nvme0n1", "259:0")
        $0.link("class/nvme-subsystem/s0", to: "devices/virtual/nvme-subsystem/s0")
        $0.link("devices/virtual/nvme-subsystem/s0/nvme0", to: "devices/pci0/x/nvme/nvme0")
      }, use: { $0.mount("259:0", on: "/", from: "/dev/nvme0n1") }),
    GuardWay(
      id: "claimed-interface", group: .ties,
      what: "a USB interface that its driver has together with one in use",
      knownBy: "the same driver for several interfaces of a device",
      reason: "shares its driver with 1-1:1.1, which is open: ttyACM0 in user (pid 200)",
      device: "/devices/usb1/1-1/1-1:1.0",
      idle: {
        for name in ["1-1:1.0", "1-1:1.1"] {
          $0.addDevice(name, bus: "usb", driver: "cdc_acm", at: "/devices/usb1/1-1/\(name)")
        }
      }, use: { $0.opens("/devices/usb1/1-1/1-1:1.1/tty/ttyACM0") }),
    GuardWay(
      id: "enclosure", group: .ties, what: "an enclosure with a disk that is in use",
      knownBy: "`class/enclosure/*/*/device`",
      reason: "has sda in a slot, which holds swap (sda1)",
      idle: {
        $0.addDisk("sda")
        $0.addClass("enclosure", "e0", parent: "x")
        $0.link("devices/pci0/x/enclosure/e0/slot1/device", to: "devices/pci0/sda0/block/sda")
      }, use: { $0.tree.file("proc/swaps", "Filename Type\n/dev/sda1 partition 100\n") }),
    GuardWay(
      id: "memory-module", group: .ties, what: "a module of memory whose region is in use",
      knownBy: "`mapping*` of the region", reason: "holds region0, which holds swap (pmem0)",
      idle: {
        $0.addDevice("region0", bus: "nd", at: "/devices/bus/region0")
        $0.addDevice("nmem0", bus: "nd", at: "/devices/pci0/x")
        $0.set("devices/bus/region0/mapping0", "nmem0,0,1073741824,0")
        $0.addBlock("pmem0", "devices/bus/region0/block/pmem0", "259:0")
      }, use: { $0.tree.file("proc/swaps", "Filename Type\n/dev/pmem0 partition 100\n") }),
    GuardWay(
      id: "cxl-memory", group: .ties, what: "a CXL memory whose region is set up",
      knownBy: "`target*` of the region, and `uport` of its endpoint",
      reason: "holds region0, which is a region of memory that is set up (region0)",
      device: "/devices/pci0/x",
      idle: {
        $0.addDevice("region0", bus: "cxl", at: "/devices/root0/region0")
        $0.addDevice("decoder3.0", bus: "cxl", at: "/devices/root0/endpoint3/decoder3.0")
        $0.set("devices/root0/region0/target0", "decoder3.0")
        $0.link("devices/root0/endpoint3/uport", to: "devices/pci0/x/mem0")
        $0.addClass("cxl", "other", parent: "y")
      }, use: { $0.set("devices/root0/region0/commit", "1") }),
  ]
}
