import DriverModel
import Evidence
import Glibc
import TemporaryFolder

/// A made-up /sys in a temporary folder, gone at the end of its life.
///
///     let tree = SysfsTree()
///     tree.bus("scsi").driver("sd", module: "sd_mod").device("0:0:0:0", boundTo: "sd")
struct SysfsTree {
  private let folder = TemporaryFolder()
  var path: String { folder.path }

  init() {
    for name in ["bus", "class", "devices", "module", "kernel"] { make(name) }
  }

  var sysfs: Sysfs { get throws { try Sysfs(path) } }

  @discardableResult
  func bus(_ name: String) -> BusTree {
    make("bus/\(name)/devices")
    make("bus/\(name)/drivers")
    return BusTree(tree: self, name: name)
  }

  func module(
    _ name: String, state: String? = "live", holders: [String] = [],
    drivers: [String] = []
  ) {
    make("module/\(name)/holders")
    make("module/\(name)/drivers")
    if let state {
      file("module/\(name)/initstate", "\(state)\n")
    }
    for holder in holders { link("module/\(name)/holders/\(holder)", to: "module/\(holder)") }
    for driver in drivers {
      let parts = driver.split(separator: ":", maxSplits: 1)
      link("module/\(name)/drivers/\(driver)", to: "bus/\(parts[0])/drivers/\(parts[1])")
    }
  }

  func make(_ name: String) { folder.make(name) }

  func file(_ name: String, _ text: String, mode: mode_t = 0o644) {
    folder.file(name, text, mode: mode)
  }

  func link(_ name: String, to target: String) { folder.link(name, toOther: target) }

  func remove(_ name: String) { folder.remove(name) }

  func text(_ name: String) throws -> String { try Directory(path).text(name) }
}

/// A bus of a made-up /sys.
struct BusTree {
  let tree: SysfsTree
  let name: String

  @discardableResult
  func driver(_ driver: String, module: String? = nil, hasBindFiles: Bool = true) -> BusTree {
    let path = "bus/\(name)/drivers/\(driver)"
    tree.make(path)
    tree.file("\(path)/uevent", "")
    if hasBindFiles {
      tree.file("\(path)/bind", "")
      tree.file("\(path)/unbind", "")
    }
    if let module {
      tree.make("module/\(module)")
      tree.link("\(path)/module", to: "module/\(module)")
    }
    return self
  }

  /// A device below `parent`, a path relative to the root.
  @discardableResult
  func device(
    _ device: String, below parent: String = "devices/host0", boundTo driver: String? = nil,
    modalias: String? = nil, hasDriverOverride: Bool = false
  ) -> BusTree {
    let path = "\(parent)/\(device)"
    tree.make(path)
    tree.file("\(parent)/uevent", "")
    tree.file("\(path)/uevent", "")
    tree.link("\(path)/subsystem", to: "bus/\(name)")
    tree.link("bus/\(name)/devices/\(device)", to: path)
    if let driver {
      tree.link("\(path)/driver", to: "bus/\(name)/drivers/\(driver)")
      tree.link("bus/\(name)/drivers/\(driver)/\(device)", to: path)
    }
    if let modalias { tree.file("\(path)/modalias", "\(modalias)\n") }
    if hasDriverOverride { tree.file("\(path)/driver_override", "(null)\n") }
    return self
  }
}
