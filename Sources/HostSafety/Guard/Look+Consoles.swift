internal import DriverModel
internal import Evidence

extension Look {
  /// Where the kernel's messages go (proc_consoles(5)).
  mutating func atConsoles() {
    let active = lines(sys, "class/tty/console/active").flatMap { $0 }
    let registered = lines(proc, "consoles").compactMap { $0.first }
    for name in Set(active + registered).sorted() {
      let reason = "is the console (\(name))"
      if let found = devpath("class/tty/\(name)") { inUse.add(found, reason) }
      // Nothing links a hvc terminal to its virtio device.
      if name.hasPrefix("hvc") {
        let driver = "bus/virtio/drivers/virtio_console"
        for device in names(driver) where device.hasPrefix("virtio") {
          if let found = devpath("\(driver)/\(device)") { inUse.add(found, reason) }
        }
      }
    }
  }

  /// Watchdogs that run: what stops feeding one resets the host.
  mutating func atWatchdogs() {
    for name in names("class/watchdog") {
      if text(sys, "class/watchdog/\(name)/state") == "active" {
        addWatchdog(name, "is an active watchdog (\(name))")
      }
    }
    // The node of old, 10:130, is that of the first one (watchdog_cdev_register()).
    if opened.contains("dev/char/10:130") {
      addWatchdog("watchdog0", "is open: watchdog0 by /dev/watchdog")
    }
  }

  private mutating func addWatchdog(_ name: String, _ reason: String) {
    guard let found = devpath("class/watchdog/\(name)") else { return }
    inUse.add(found, reason)
    // Some drivers do not say which device is theirs, and call the watchdog as they call themselves.
    guard found.hasPrefix("/devices/virtual/"),
      let driver = text(sys, "class/watchdog/\(name)/identity")
    else { return }
    for bus in names("bus") where sys.exists("bus/\(bus)/drivers/\(driver)") {
      for device in names("bus/\(bus)/drivers/\(driver)") {
        if let found = devpath("bus/\(bus)/devices/\(device)") { inUse.add(found, reason) }
      }
    }
  }

  /// The display of the firmware, that of the console, those that show something, and the only one.
  mutating func atDisplays() {
    let devices = "bus/pci/devices"
    for name in names(devices) where sys.exists("\(devices)/\(name)/boot_vga") {
      let file = "\(devices)/\(name)/boot_vga"
      if text(sys, file) == "1",
        let found = devpath("\(devices)/\(name)")
      {
        inUse.add(found, "is the boot display")
      }
    }
    if let found = devpath("class/graphics/fb0") {
      inUse.add(found, "is the console's frame buffer (fb0)")
    }
    // A connector is cardN-TYPE-M.
    let entries = names("class/drm").filter { $0.hasPrefix("card") }
    for connector in entries where connector.contains("-") {
      let card = connector.prefix { $0 != "-" }
      if text(sys, "class/drm/\(connector)/enabled") == "enabled",
        let found = devpath("class/drm/\(card)")
      {
        inUse.add(found, "drives a display (\(connector))")
      }
    }
    let cards = entries.filter { !$0.contains("-") }
    if cards.count == 1, let found = devpath("class/drm/\(cards[0])") {
      inUse.add(found, "is the only display (\(cards[0]))")
    }
  }
}
