import TemporaryFolder

@testable import HostSafety

extension SpareDevice {
  static let all: [SpareDevice] = [
    SpareDevice(
      id: "disk", what: "a disk without anything on it", device: "/devices/pci0/sda0",
      guest: "guard"
    ) { use in
      use.addBlock("sda", "devices/pci0/sda0/block/sda", "8:0")
      use.set("devices/pci0/sda0/block/sda/dev", "8:0")
      use.addDisk("sdb", number: 16)
      use.mount("8:17", on: "/", from: "/dev/sdb1")
    },
    SpareDevice(id: "nvme", what: "an NVMe disk without anything on it", guest: "guard-ties") {
      $0.addClass("nvme", "nvme0", parent: "x")
      $0.addBlock("nvme0n1", "devices/pci0/x/nvme/nvme0/nvme0n1", "259:0")
    },
    SpareDevice(id: "adapter", what: "an adapter without disks") {
      $0.addState("scsi_host", "host0", "active_mode", "Initiator")
    },
    SpareDevice(
      id: "nic", what: "a network card that is down and belongs to nothing", guest: "guard-ties"
    ) {
      $0.addNIC()
      $0.tree.file("proc/1/net/packet", "sk ...\n0 3 3 0003 8 1 0 0 9\n0 3 3 0003 0 1 0 0 9\n")
    },
    SpareDevice(id: "nic-renamed", what: "one that udevd gave its name, as it would again") {
      $0.addNIC()
      $0.set("devices/pci0/x/net/eth1/name_assign_type", "4")
      $0.tree.file("udev/n7", "I:1\nE:ID_NET_NAME=eth1\n")
    },
    SpareDevice(id: "nic-beside", what: "one beside another that carries everything") {
      $0.addNIC()
      $0.addClass("net", "eth0", parent: "y")
      $0.addRoute("eth0", gateway: false)
    },
    SpareDevice(
      id: "function", what: "a virtual function that nobody uses", guest: "guard-ties"
    ) {
      $0.addDevice("x", bus: "pci", driver: "igbvf")
      $0.addDevice("pf", bus: "pci", driver: "igb", at: "/devices/pci0/pf")
      $0.link("devices/pci0/pf/virtfn0", to: "devices/pci0/x")
      $0.link("devices/pci0/x/physfn", to: "devices/pci0/pf")
      $0.addClass("net", "eth0", parent: "pf")
      $0.addRoute("eth0", gateway: false)
    },
    SpareDevice(
      id: "physical", what: "a PCI device that could have virtual functions and has none",
      guest: "guard-ties"
    ) {
      $0.addDevice("x", bus: "pci", driver: "igb")
      $0.set("devices/pci0/x/sriov_numvfs", "0")
    },
    SpareDevice(
      id: "random", what: "a generator of random numbers that the kernel took by itself",
      guest: "guard-ties"
    ) {
      $0.addDevice("x", bus: "virtio", driver: "virtio_rng")
      $0.set("class/misc/hw_random/rng_current", "virtio_rng.0")
      $0.set("class/misc/hw_random/rng_selected", "0")
    },
    SpareDevice(id: "speaker", what: "the speaker", guest: "guard-ties") {
      $0.addDevice("x", bus: "platform", driver: "pcspkr")
      $0.addState("input", "input3", "capabilities/key", "0")
      $0.addProcess(200, "agetty", terminal: 4 << 8 | 1)
    },
    SpareDevice(id: "chip", what: "a chip on an I2C bus that nobody reads", guest: "guard-ties") {
      $0.addDevice("0-0048", bus: "i2c", driver: "lm75", at: "/devices/pci0/x/i2c-0/0-0048")
      $0.addClass("hwmon", "hwmon0", parent: "x")
    },
    SpareDevice(id: "adapter-i2c", what: "an I2C adapter", guest: "guard-ties") {
      $0.addDevice("x", bus: "pci", driver: "i801_smbus")
    },
    SpareDevice(id: "sd", what: "an SD host without a card", guest: "guard-ties") {
      $0.addDevice("x", bus: "pci", driver: "sdhci-pci")
      $0.addClass("mmc_host", "mmc0", parent: "x")
    },
    SpareDevice(id: "watchdog", what: "a watchdog that does not run") {
      $0.addState("watchdog", "watchdog0", "state", "inactive")
    },
    SpareDevice(id: "display", what: "one of two displays that shows nothing") {
      $0.addClass("drm", "card0", parent: "x")
      $0.addClass("drm", "card1", parent: "y")
      $0.addState("drm", "card0-HDMI-A-1", "enabled", "disabled")
    },
    SpareDevice(id: "serial", what: "a serial line that nobody has") {
      $0.addClass("tty", "ttyS1", parent: "x")
      $0.tree.file("proc/consoles", "ttyS0 -W- (EC p a) 4:64\n")
    },
    SpareDevice(id: "clock", what: "a second clock, without an alarm") {
      $0.addState("rtc", "rtc1", "hctosys", "0")
      $0.set("devices/pci0/x/rtc/rtc1/wakealarm", "")
    },
    SpareDevice(
      id: "memory", what: "a virtio-mem that gives no RAM", device: "/devices/pci0/virtio3"
    ) {
      $0.addDevice("virtio3", bus: "virtio", driver: "virtio_mem")
      $0.tree.file("proc/iomem", "1000-1fff : System RAM\n140000000-1bfffffff : virtio3\n")
    },
    SpareDevice(
      id: "balloon", what: "a balloon that holds nothing", guest: "guard-ties"
    ) {
      $0.addDevice("x", bus: "virtio", driver: "virtio_balloon")
      $0.tree.file("proc/vmstat", "balloon_inflate 9\nballoon_deflate 9\n")
    },
    SpareDevice(
      id: "cipher", what: "a device whose ciphers nobody uses"
    ) {
      $0.addDevice("x", bus: "virtio", driver: "virtio_crypto")
      $0.link("module/virtio_crypto/drivers/virtio:d", to: "bus/virtio/drivers/virtio_crypto")
      $0.tree.file("proc/crypto", "name : cbc(aes)\nmodule : virtio_crypto\nrefcnt : 1\n")
    },
    SpareDevice(id: "dma", what: "a DMA engine whose channels nobody has") {
      $0.addState("dma", "dma0chan0", "in_use", "0")
    },
    SpareDevice(id: "gpio", what: "a GPIO chip") {
      $0.addClass("gpio", "gpiochip0", parent: "x")
    },
    SpareDevice(
      id: "gadget", what: "the USB device that bindrace makes itself", device: "/devices/usb1/1-1"
    ) {
      $0.addDevice("1-1", bus: "usb", at: "/devices/usb1/1-1")
      $0.addState("udc", "udc0", "function", "g_serial")
    },
    SpareDevice(
      id: "unit", what: "a device whose unit is only wanted by others", guest: "guard-system"
    ) { $0.addDevice("x", bus: "pci") },
  ]
}
