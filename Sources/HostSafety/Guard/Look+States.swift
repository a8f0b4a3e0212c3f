internal import DriverModel
internal import Evidence

extension Look {
  /// Devices of which an attribute of their class says that they are at work.
  mutating func atStates() {
    for state in Self.states {
      for name in names("class/\(state.kind)") {
        let home = "class/\(state.kind)/\(name)"
        guard let value = attribute("\(home)/\(state.file)"), state.isUse(value),
          let found = devpath(home)
        else { continue }
        inUse.add(found, "\(state.words) (\(name))")
      }
    }
  }

  private struct State: Sendable {
    var kind: String
    var file: String
    var isUse: @Sendable (String) -> Bool
    var words: String
  }

  private static let states = [
    // The clock was set from it at the boot, and is written to it (rtc_hctosys(), sync_hw_clock()).
    State(kind: "rtc", file: "hctosys", isUse: { $0 == "1" }, words: "keeps the host's time"),
    // Empty where none is set (wakealarm_show()).
    State(kind: "rtc", file: "wakealarm", isUse: { !$0.isEmpty }, words: "has an alarm set"),
    State(kind: "dma", file: "in_use", isUse: { $0 != "0" }, words: "has a DMA channel in use"),
    State(
      kind: "regulator", file: "num_users", isUse: { $0 != "0" }, words: "supplies power"),
    State(
      kind: "remoteproc", file: "state", isUse: { ["running", "attached"].contains($0) },
      words: "runs a processor"),
    State(
      kind: "scsi_host", file: "active_mode", isUse: { $0.contains("Target") },
      words: "serves disks to others"),
  ]

  /// Devices that give what another device of their class is made of.
  mutating func atIOMMUs() {
    for name in names("class/iommu") {
      let devices = names("class/iommu/\(name)/devices")
      guard !devices.isEmpty, let found = devpath("class/iommu/\(name)") else { continue }
      inUse.add(found, "translates for \(devices[0]) (\(name))")
    }
  }

  /// Connections of Bluetooth are devices of their own below the adapter (hci_conn_init_sysfs()).
  mutating func atBluetooth() {
    for name in names("class/bluetooth") where name.contains(":") {
      if let found = devpath("class/bluetooth/\(name)") {
        inUse.add(found, "has a connection by Bluetooth (\(name))")
      }
    }
  }

  /// Sensors that fill a buffer, whether somebody reads it or not.
  mutating func atSensors() {
    for name in names("bus/iio/devices") {
      let home = "bus/iio/devices/\(name)"
      guard attribute("\(home)/buffer/enable") == "1", let found = devpath(home) else { continue }
      inUse.add(found, "fills a buffer (\(name))")
    }
  }

  /// Controllers that make this host a USB device. By nature: bindrace makes one itself.
  mutating func atGadgets() {
    for name in names("class/udc") {
      guard let gadget = attribute("class/udc/\(name)/function"), !gadget.isEmpty,
        let found = devpath("class/udc/\(name)")
      else { continue }
      inUse.addNature(found, "is the USB device \(gadget) (\(name))")
    }
  }

  /// The controller by which the firmware reaches what it manages, for its whole life.
  mutating func atEmbeddedController() {
    // On a bus of its own before it became a platform device.
    for driver in ["ec", "acpi-ec"] {
      for found in devices(ofDriver: driver) {
        inUse.add(found, "serves the firmware (\(Self.name(found)))")
      }
    }
  }
}
