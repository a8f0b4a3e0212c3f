public import Evidence

/// The write that does a verb: where, relative to the root of sysfs, and which bytes.
///
/// The one place that knows them. The bytes end without a newline: the kernel takes both
/// (sysfs_streq()), and a line of its trace that shows them stays one line.
public struct VerbWrite: Sendable, Hashable {
  public let verb: Verb
  /// What a record of it names: the device as it is written, or the host scanned.
  public let object: String
  /// Relative to the root of sysfs.
  public let path: String
  public let bytes: [UInt8]

  private init(_ verb: Verb, _ object: String, _ path: String, _ text: String) {
    self.verb = verb
    self.object = object
    self.path = path
    bytes = Array(text.utf8)
  }

  /// Attaches `driver` to the device (bind_store()).
  public static func bind(_ device: Device, to driver: String) -> VerbWrite {
    VerbWrite(.bind, device.name, "bus/\(device.bus)/drivers/\(driver)/bind", device.name)
  }

  /// Detaches `driver` from the device (unbind_store()).
  public static func unbind(_ device: Device, from driver: String) -> VerbWrite {
    VerbWrite(.unbind, device.name, "bus/\(device.bus)/drivers/\(driver)/unbind", device.name)
  }

  /// Asks the bus to find a driver for the device (drivers_probe_store()). Its success does not say
  /// that one was found.
  public static func driversProbe(_ device: Device) -> VerbWrite {
    VerbWrite(.driversProbe, device.name, "bus/\(device.bus)/drivers_probe", device.name)
  }

  /// Asks the bus to find a driver for a device that it has not: changes nothing, and is answered by
  /// drivers_probe_store().
  public static func driversProbeOfNobody(bus: String) -> VerbWrite {
    VerbWrite(.driversProbe, "bindrace-nobody", "bus/\(bus)/drivers_probe", "bindrace-nobody")
  }

  /// Lets only `driver` match the device, nil to let all (driver_set_override()). Only some buses
  /// have it: `Sysfs.hasDriverOverride(_:)`.
  public static func driverOverride(_ device: Device, _ driver: String?) -> VerbWrite {
    // Sysfs never passes on a write of no bytes, so a newline alone is how to clear it.
    VerbWrite(.driverOverride, device.name, "\(device.path)/driver_override", driver ?? "\n")
  }

  /// Turns on or off that a bus finds drivers by itself, for devices that come and for drivers that
  /// come (drivers_autoprobe_store()).
  public static func driversAutoprobe(bus: String, _ isOn: Bool) -> VerbWrite {
    VerbWrite(.driversAutoprobe, bus, "bus/\(bus)/drivers_autoprobe", isOn ? "1" : "0")
  }

  /// A verb by an attribute of a test module; `path` is relative to the root of sysfs.
  public static func attribute(_ path: String, _ text: String, _ verb: Verb, _ object: String)
    -> VerbWrite
  {
    VerbWrite(verb, object, path, text)
  }

  /// Removes a PCI device (remove_store()).
  public static func remove(_ device: Device) -> VerbWrite {
    VerbWrite(.remove, device.name, "\(device.path)/remove", "1")
  }

  /// Looks for new devices on all PCI buses (rescan_store()).
  public static func rescan() -> VerbWrite {
    VerbWrite(.rescan, "pci", "bus/pci/rescan", "1")
  }

  /// Looks for new devices on the PCI bus of the device, and below it (dev_rescan_store()).
  public static func rescan(from device: Device) -> VerbWrite {
    VerbWrite(.rescan, device.name, "\(device.path)/rescan", "1")
  }

  /// Removes a SCSI device (sdev_store_delete()).
  public static func delete(_ device: Device) -> VerbWrite {
    VerbWrite(.delete, device.name, "\(device.path)/delete", "1")
  }

  /// Looks for SCSI devices of a host (store_scan()); nil stands for all.
  public static func scan(
    host: Int, channel: Int? = nil, target: Int? = nil, lun: UInt64? = nil
  ) -> VerbWrite {
    func word(_ number: (some BinaryInteger)?) -> String { number.map { "\($0)" } ?? "-" }
    return VerbWrite(
      .scan, "host\(host)", "class/scsi_host/host\(host)/scan",
      "\(word(channel)) \(word(target)) \(word(lun))")
  }
}
