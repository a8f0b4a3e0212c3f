internal import DriverModel
internal import Evidence
internal import Glibc

/// One look of the guard: gathers what is in use, each source in a file of its own.
struct Look {
  let sys: Directory
  let proc: Directory
  let dev: Directory?
  let etc: Directory?
  let udev: Directory?
  let readNetwork: NetworkReader
  /// Of our own namespace; `atNetwork()` reads it.
  var network = Network()
  /// Of the interfaces of PID 1's namespace and ours.
  var addresses: [Network.Address] = []
  /// The sysctls of a new interface; read when the first is asked for.
  var firstSysctls: [(family: String, file: String, value: String)]?
  /// Buses that have drivers.
  private(set) var buses: [String] = []
  /// Numbers of processes, that of PID 1 first.
  let processes: [String]
  /// Devices that somebody has open or that control a process, by their link ("dev/char/4:1").
  var opened: Set<String> = []
  /// Open devices by their devpath, and who has them open.
  var openDevices: [(devpath: String, reason: String)] = []
  var inUse = InUse()

  init(_ host: Guard) {
    sys = host.sys
    proc = host.proc
    dev = host.dev
    etc = host.etc
    udev = host.udev
    readNetwork = host.readNetwork
    do throws(SystemError) {
      let names = try host.proc.names().filter { $0.utf8.allSatisfy { 0x30...0x39 ~= $0 } }
      processes = ["1"] + names.filter { $0 != "1" }
    } catch {
      processes = []
      cannotRead(error)
    }
    buses = names("bus").filter { !names("bus/\($0)/drivers").isEmpty }
  }

  mutating func cannotRead(_ error: SystemError) {
    if inUse.unread == nil { inUse.unread = "cannot read \(error.object): \(error.reason)" }
  }

  /// Reads something; nil where it is not there or went away meanwhile. Anything else that stops it
  /// makes everything count as in use.
  mutating func read<Value>(
    _ directory: Directory, _ body: (Directory) throws(SystemError) -> Value?
  ) -> Value? {
    do throws(SystemError) {
      return try body(directory)
    } catch {
      switch error.errno {
      case ENOENT, ESRCH, ENODEV, ENOTDIR: break
      default: cannotRead(error)
      }
      return nil
    }
  }

  mutating func text(_ directory: Directory, _ name: String) -> String? {
    read(directory) { directory throws(SystemError) in try directory.text(name) }
  }

  mutating func link(_ directory: Directory, _ name: String) -> String? {
    read(directory) { directory throws(SystemError) in try directory.link(name) }
  }

  mutating func stat(_ pid: String) -> Stat? {
    read(proc) { proc throws(SystemError) in try Stat.read(pid, proc: proc) }
  }

  /// The words of each line of a file; no lines where there is none.
  mutating func lines(_ directory: Directory, _ name: String) -> [[Substring]] {
    let bytes = read(directory) { directory throws(SystemError) in try directory.bytes(name) } ?? []
    return FileName.decode(bytes).utf8
      .split(separator: 0x0a)
      .map { $0.split { $0 == 0x20 || $0 == 0x09 }.map(Substring.init) }
  }

  /// Names in a folder of sysfs; none where there is no such folder.
  mutating func names(_ folder: String) -> [String] {
    read(sys) { sys throws(SystemError) in try sys.names(folder) } ?? []
  }

  /// The devpath that a link of sysfs leads to, such as "class/net/eth0"; nil where there is none.
  mutating func devpath(_ link: String) -> String? {
    self.link(sys, link).map { Self.devpath(ofLink: $0) }
  }

  /// The devpath of a block device by the path of its node; links in /dev are followed.
  mutating func blockDevpath(node: String) -> String? {
    let start = "/dev/"
    // In a change of root the node is elsewhere, but has its name.
    guard node.hasPrefix(start) else { return blockDevpath(node: start + Self.name(node)) }
    var path = String(node.dropFirst(start.utf8.count))
    for _ in 0..<8 {
      // A name that leads nowhere is no device: whoever mounts says what he likes.
      guard let dev, let link = (try? dev.link(path)) ?? nil else { break }
      if link.hasPrefix(start) {
        path = String(link.dropFirst(start.utf8.count))
      } else {
        let folder = Self.parent("/" + path) ?? ""
        path = String(Self.resolve(link, from: folder).dropFirst())
      }
    }
    let link = (try? sys.link("class/block/" + path.replacing("/", with: "!"))) ?? nil
    return link.map { Self.devpath(ofLink: $0) }
  }

  /// What is left of a link that climbs to the root of sysfs and comes down again.
  static func devpath(ofLink link: String) -> String {
    "/" + link.split(separator: "/").drop { $0 == ".." }.joined(separator: "/")
  }

  /// The path that a relative link in the directory `folder` leads to.
  static func resolve(_ link: String, from folder: String) -> String {
    var parts = folder.split(separator: "/")
    for part in link.split(separator: "/") {
      if part == ".." { _ = parts.popLast() } else if part != "." { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }

  /// The path above; nil above the first.
  static func parent(_ path: String) -> String? {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), slash != path.startIndex else {
      return nil
    }
    return String(path[..<slash])
  }

  static func name(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
}
