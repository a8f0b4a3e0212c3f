internal import CLinux
internal import DriverModel
internal import Evidence
internal import Glibc

typealias NetworkReader = @Sendable () throws(SystemError) -> Network

/// What the kernel says of the caller's own network namespace, all routing tables (rtnetlink(7)).
/// Names are as `FileName` decodes them.
struct Network: Sendable {
  struct Address: Sendable {
    var interface: String
    /// In network order.
    var bytes: [UInt8]
  }

  var addresses: [Address] = []
  /// Interfaces of a default route.
  var defaultRoutes: Set<String> = []
  /// Interfaces of a route by a gateway.
  var gatewayRoutes: Set<String> = []
  /// Interfaces whose packets a program sees first (XDP).
  var programs: Set<String> = []
  /// Interfaces with a queueing discipline that somebody gave them.
  var queueings: Set<String> = []

  /// As it is now. Throws what the kernel said, EAGAIN where it changed all the time.
  static func now() throws(SystemError) -> Network {
    var entries = [CLinux_network_entry](repeating: CLinux_network_entry(), count: 256)
    var count = unsafe CLinux_network(&entries, entries.count)
    while count > entries.count {
      entries = [CLinux_network_entry](repeating: CLinux_network_entry(), count: count + 256)
      count = unsafe CLinux_network(&entries, entries.count)
    }
    if count < 0 { throw SystemError("read", "the routes", Int32(-count)) }
    var network = Network()
    for entry in entries.prefix(count) {
      guard let interface = name(entry.interface) else { continue }
      switch entry.kind {
      case CLINUX_DEFAULT_ROUTE: network.defaultRoutes.insert(interface)
      case CLINUX_GATEWAY_ROUTE: network.gatewayRoutes.insert(interface)
      case CLINUX_PROGRAM: network.programs.insert(interface)
      case CLINUX_QUEUEING: network.queueings.insert(interface)
      default:
        let bytes = unsafe withUnsafeBytes(of: entry.address) {
          unsafe Array($0.prefix(Int(entry.length)))
        }
        network.addresses.append(Address(interface: interface, bytes: bytes))
      }
    }
    return network
  }

  /// Nil where it went away meanwhile.
  private static func name(_ number: UInt32) -> String? {
    var buffer = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
    guard unsafe if_indextoname(number, &buffer) != nil else { return nil }
    return FileName.decode(buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)))
  }
}
