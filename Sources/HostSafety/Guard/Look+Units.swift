internal import DriverModel
internal import Evidence

/// Asks the service manager which units that run need one of these .device units; nothing where it is
/// another than systemd.
typealias UnitReader = @Sendable (_ names: Set<String>) throws(SystemError) -> [DependentUnit]

/// A unit that runs, and the .device unit that it is bound to or requires.
struct DependentUnit: Sendable, Equatable {
  var name: String
  var device: String
}

extension Look {
  /// The unit that would be stopped with the device, or with one below it; nil where there is none.
  mutating func reasonOfUnits(_ device: String, _ read: UnitReader) -> String? {
    do throws(SystemError) {
      guard let unit = try read(unitNames(device)).first else { return nil }
      return "is needed by \(unit.name) (\(unit.device))"
    } catch {
      return "may be in use: cannot read \(error.object): \(error.reason)"
    }
  }

  /// What systemd calls the device and those below it (systemd.device(5)): by their path, their nodes
  /// and links, and what rules of udev name besides.
  private mutating func unitNames(_ device: String) -> Set<String> {
    var names: Set<String> = []
    for (found, record, isNode) in tagged(device) {
      names.insert(UnitName.device("/sys\(found)"))
      // Not by its uevent, which waits for the device's lock.
      let node = Self.name(found).replacing("!", with: "/")
      if isNode { names.insert(UnitName.device("/dev/\(node)")) }
      guard let udev else { continue }
      for words in lines(udev, record) {
        guard let word = words.first else { continue }
        if word.hasPrefix("S:") { names.insert(UnitName.device("/dev/\(word.dropFirst(2))")) }
        guard word.hasPrefix("E:SYSTEMD_ALIAS=") else { continue }
        // Several are separated by blanks.
        for alias in [word.dropFirst("E:SYSTEMD_ALIAS=".utf8.count)] + words.dropFirst() {
          names.insert(UnitName.device(String(alias)))
        }
      }
    }
    return names
  }

  /// The device and all below it that have a number or an interface, or are on a bus, by what udevd's
  /// records are called.
  private mutating func tagged(_ device: String) -> [(
    devpath: String, record: String, isNode: Bool
  )] {
    var found: [(String, String, Bool)] = []
    var left = [device]
    while let next = left.popLast() {
      let folder = String(next.dropFirst())
      let subsystem = link(sys, "\(folder)/subsystem").map { Self.name($0) }
      if let subsystem {
        var record = "+\(subsystem):\(Self.name(next))"
        if let number = attribute("\(folder)/ifindex"), subsystem == "net" { record = "n\(number)" }
        let number = attribute("\(folder)/dev")
        if let number { record = "\(subsystem == "block" ? "b" : "c")\(number)" }
        found.append((next, record, number != nil))
      }
      left += ((try? sys.folderNames(folder)) ?? []).map { "\(next)/\($0)" }
    }
    return found
  }
}

/// Names of units (systemd.unit(5), "String escaping for inclusion in unit names").
enum UnitName {
  static func device(_ path: String) -> String {
    let parts = FileName.encode(path).split(separator: UInt8(ascii: "/"))
    var name = ""
    for (index, part) in parts.enumerated() {
      if index > 0 { name += "-" }
      for (place, byte) in part.enumerated() {
        let isFirst = index == 0 && place == 0
        if isPlain(byte) && !(byte == UInt8(ascii: ".") && isFirst) {
          name.unicodeScalars.append(Unicode.Scalar(byte))
        } else {
          let digits = String(byte, radix: 16)
          name += "\\x" + (digits.utf8.count < 2 ? "0" : "") + digits
        }
      }
    }
    return name + ".device"
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ":"), UInt8(ascii: "_"),
      UInt8(ascii: "."):
      true
    default: false
    }
  }
}
