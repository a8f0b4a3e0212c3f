internal import DriverModel
internal import Evidence

extension Look {
  /// All that an open VFIO node gives away: isolation ends at the IOMMU's group, so whoever has one
  /// device of it has them all.
  mutating func atGroup(ofOpen devpath: String, _ reason: String) {
    if devpath.hasPrefix("/devices/virtual/vfio/") {
      // A group is a device of its own; those that it gives away are elsewhere.
      addGroup(Self.name(devpath), reason)
    } else if let folder = Self.parent(devpath), Self.name(folder) == "vfio-dev",
      let device = Self.parent(folder)
    {
      // The newer node of one device.
      let link = link(sys, "\(device.dropFirst())/iommu_group")
      if let group = link { addGroup(Self.name(group), reason) }
    }
  }

  private mutating func addGroup(_ group: String, _ reason: String) {
    let devices = "kernel/iommu_groups/\(group)/devices"
    for device in names(devices) {
      if let member = devpath("\(devices)/\(device)") { inUse.add(member, reason) }
    }
  }
}
