internal import CSystemd
internal import DriverModel
internal import Evidence
internal import Glibc

/// Units of systemd, by PID 1's own socket, which needs no D-Bus daemon and is for root alone (as
/// systemctl(1) does it).
enum ServiceUnits {
  /// How long PID 1 may take for all of it: it can be busy reading its units anew.
  private static let patience: UInt64 = 5_000_000

  /// This host's.
  static let now: UnitReader = { (names) throws(SystemError) in
    guard !names.isEmpty, sd_booted() > 0 else { return [] }
    return try read(names, address: "unix:path=/run/systemd/private")
  }

  static func read(_ names: Set<String>, address: String) throws(SystemError) -> [DependentUnit] {
    let bus = unsafe try connect(address)
    defer { unsafe sd_bus_close_unref(bus) }
    let units = unsafe try list(bus)
    var found: [DependentUnit] = []
    for name in names.sorted() {
      guard let unit = units[name] else { continue }
      for property in ["BoundBy", "RequiredBy", "RequisiteOf"] {
        for other in unsafe try strings(bus, unit.path, property) where units[other]?.runs == true {
          found.append(DependentUnit(name: other, device: name))
        }
      }
    }
    return found
  }

  private struct Unit {
    var state: String
    var path: String

    var runs: Bool { state != "inactive" && state != "failed" && state != "maintenance" }
  }

  private static func connect(_ address: String) throws(SystemError) -> OpaquePointer {
    var bus: OpaquePointer?
    try check(unsafe sd_bus_new(&bus))
    guard let bus = unsafe bus else { throw SystemError("connect", object, ENOMEM) }
    do throws(SystemError) {
      try check(unsafe sd_bus_set_address(bus, address))
      try check(unsafe sd_bus_set_method_call_timeout(bus, patience))
      try check(unsafe sd_bus_start(bus))
      // Its first words have a patience of their own, which is long.
      let end = MonotonicClock.now() + .microseconds(Int64(patience))
      while try check(unsafe sd_bus_is_ready(bus)) == 0 {
        if try check(unsafe sd_bus_process(bus, nil)) > 0 { continue }
        guard MonotonicClock.now() < end else { throw SystemError("read", object, ETIMEDOUT) }
        try check(unsafe sd_bus_wait(bus, patience))
      }
      return unsafe bus
    } catch {
      unsafe sd_bus_close_unref(bus)
      throw error
    }
  }

  /// All units that are loaded, by name.
  private static func list(_ bus: OpaquePointer) throws(SystemError) -> [String: Unit] {
    var request: OpaquePointer?
    try check(
      unsafe sd_bus_message_new_method_call(
        bus, &request, destination, root, "\(destination).Manager", "ListUnits"))
    defer { unsafe sd_bus_message_unref(request) }
    var reply: OpaquePointer?
    try check(unsafe sd_bus_call(bus, request, 0, nil, &reply))
    defer { unsafe sd_bus_message_unref(reply) }
    guard let reply = unsafe reply else { return [:] }
    var units: [String: Unit] = [:]
    // Name, description, load, active and sub state, whom it follows, its path, and its job.
    let fields = "ssssssouso"
    try check(unsafe sd_bus_message_enter_container(reply, array, "(\(fields))"))
    while try check(unsafe sd_bus_message_enter_container(reply, structure, fields)) > 0 {
      let words = try (0..<6).map { _ throws(SystemError) in unsafe try text(reply, "s") }
      let path = unsafe try text(reply, "o")
      units[words[0]] = Unit(state: words[3], path: path)
      try check(unsafe sd_bus_message_skip(reply, "uso"))
      try check(unsafe sd_bus_message_exit_container(reply))
    }
    return units
  }

  /// The next field, of type s or o.
  private static func text(_ message: OpaquePointer, _ type: Character) throws(SystemError)
    -> String
  {
    var text: UnsafePointer<CChar>?
    let kind = CChar(type.asciiValue ?? 0)
    try check(unsafe sd_bus_message_read_basic(message, kind, &text))
    return unsafe text.map { unsafe String(cString: $0) } ?? ""
  }

  private static let array = CChar(UInt8(ascii: "a"))
  private static let structure = CChar(UInt8(ascii: "r"))

  private static func strings(
    _ bus: OpaquePointer, _ path: String, _ property: String
  ) throws(SystemError) -> [String] {
    var values: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
    try check(
      unsafe sd_bus_get_property_strv(
        bus, destination, path, "\(destination).Unit", property, nil, &values))
    guard let values = unsafe values else { return [] }
    var found: [String] = []
    var index = 0
    while let text = unsafe values[index] {
      found.append(unsafe String(cString: text))
      unsafe free(text)
      index += 1
    }
    unsafe free(values)
    return found
  }

  private static let destination = "org.freedesktop.systemd1"
  private static let root = "/org/freedesktop/systemd1"
  private static let object = "the units of systemd"

  @discardableResult
  private static func check(_ result: Int32) throws(SystemError) -> Int32 {
    guard result >= 0 else { throw SystemError("read", object, -result) }
    return result
  }
}
