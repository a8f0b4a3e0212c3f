import DriverModel
import Evidence
import Glibc

/// A made-up /sys in a temporary folder, gone at the end of its life.
///
///     let tree = SysfsTree()
///     tree.bus("scsi").driver("sd", module: "sd_mod").device("0:0:0:0", boundTo: "sd")
final class SysfsTree {
  let path: String

  init() {
    var template = Array("/tmp/bindrace-sysfs-XXXXXX".utf8CString)
    path = unsafe String(cString: mkdtemp(&template))
    for folder in ["bus", "class", "devices", "module", "kernel"] { make(folder) }
  }

  deinit {
    let path = self.path
    removeTree(path)
  }

  var sysfs: Sysfs { get throws { try Sysfs(path) } }

  @discardableResult
  func bus(_ name: String) -> BusTree {
    make("bus/\(name)/devices")
    make("bus/\(name)/drivers")
    return BusTree(tree: self, name: name)
  }

  func module(
    _ name: String, state: String? = "live", references: Int = 0, holders: [String] = [],
    drivers: [String] = []
  ) {
    make("module/\(name)/holders")
    make("module/\(name)/drivers")
    if let state {
      file("module/\(name)/initstate", "\(state)\n")
      file("module/\(name)/refcnt", "\(references)\n")
    }
    for holder in holders { link("module/\(name)/holders/\(holder)", to: "module/\(holder)") }
    for driver in drivers {
      let parts = driver.split(separator: ":", maxSplits: 1)
      link("module/\(name)/drivers/\(driver)", to: "bus/\(parts[0])/drivers/\(parts[1])")
    }
  }

  func make(_ folder: String) {
    var path = self.path
    for part in folder.split(separator: "/") {
      path += "/\(part)"
      unsafe mkdir(path, 0o755)
    }
  }

  func file(_ name: String, _ text: String, mode: mode_t = 0o644) {
    let file = unsafe fopen("\(path)/\(name)", "w")!
    unsafe fputs(text, file)
    unsafe fclose(file)
    unsafe chmod("\(path)/\(name)", mode)
  }

  /// A relative link, as sysfs makes them. Both paths are relative to the root.
  func link(_ name: String, to target: String) {
    let up = name.split(separator: "/").dropLast().map { _ in "../" }.joined()
    unsafe symlink(up + target, "\(path)/\(name)")
  }

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

private func removeTree(_ path: String) {
  // A link to a folder ends here too: unlink(2) does not follow it.
  if unsafe unlink(path) == 0 { return }
  for name in (try? Directory(path).names()) ?? [] { removeTree("\(path)/\(name)") }
  unsafe rmdir(path)
}
