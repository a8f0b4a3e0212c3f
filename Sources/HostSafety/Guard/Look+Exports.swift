internal import DriverModel
internal import Evidence

/// What this host gives to others.
extension Look {
  /// USB devices that are offered to other hosts.
  mutating func atOfferedUSB() {
    for (name, found) in bound("bus/usb/drivers/usbip-host") {
      inUse.add(found, "is offered to other hosts (\(name))")
    }
  }

  /// Disks behind a USB gadget: their file is opened by the kernel, for no process.
  mutating func atGadgetDisks() {
    let gadgets = "kernel/config/usb_gadget"
    for gadget in names(gadgets) {
      for function in names("\(gadgets)/\(gadget)/functions") {
        let folder = "\(gadgets)/\(gadget)/functions/\(function)"
        for lun in names(folder) where lun.hasPrefix("lun.") {
          addServed("\(folder)/\(lun)/file", "backs the USB device \(gadget)")
        }
      }
    }
  }

  /// Disks that are targets for SCSI's initiators (LIO).
  mutating func atTargets() {
    let core = "kernel/config/target/core"
    for adapter in names(core) {
      for name in names("\(core)/\(adapter)") {
        addServed("\(core)/\(adapter)/\(name)/udev_path", "is served as a target (\(name))")
      }
    }
  }

  /// Disks that are namespaces for other hosts (nvmet).
  mutating func atServedNamespaces() {
    let subsystems = "kernel/config/nvmet/subsystems"
    for subsystem in names(subsystems) {
      let folder = "\(subsystems)/\(subsystem)/namespaces"
      for name in names(folder) {
        addServed("\(folder)/\(name)/device_path", "is served by NVMe (\(subsystem))")
      }
    }
  }

  /// - Parameter file: holds the path of a node, or of another file.
  private mutating func addServed(_ file: String, _ reason: String) {
    guard let node = attribute(file), node.hasPrefix("/dev/"), let found = blockDevpath(node: node)
    else { return }
    inUse.add(found, reason)
  }
}
