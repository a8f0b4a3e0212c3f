internal import DriverModel
internal import Evidence

extension Host {
  /// Takes disks away that multipathd has made maps of, so that it lets go of them: as where one is pulled, it
  /// takes the path from the map, and ends a map without paths. It learns of that by udevd.
  ///
  /// - Parameter devpaths: of devices whose disks are to go anyway.
  func takeFromMultipath(below devpaths: [String]) throws(SystemError) {
    for disk in try disks(below: devpaths) {
      let folder = "class/block/\(disk.name)"
      let holders = sys.exists("\(folder)/holders") ? try sys.names("\(folder)/holders") : []
      let isPath = holders.contains {
        (try? sys.text("class/block/\($0)/dm/uuid"))?.hasPrefix("mpath-") ?? false
      }
      let file = "\(folder)/device/delete"
      if isPath, sys.exists(file) { try actions.writeWaiting(sys.object(file), "1") }
    }
  }
}
