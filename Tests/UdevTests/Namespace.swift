import DriverModel
import Glibc
import Testing

/// A network namespace of the test's own: its loopback device is nobody's, and each new name of it
/// makes the kernel send one real uevent, to that namespace alone.
final class Namespace {
  /// The namespace of the process that started this one; set by the launcher.
  static let variableName = "BINDRACE_OUTER_NETNS"
  static var current: String { (try? Directory("/proc/self/ns").link("net")) ?? nil ?? "" }
  static var isOwn: Bool {
    guard let outer = variable(variableName) else { return false }
    return !outer.isEmpty && !current.isEmpty && outer != current
  }

  /// The command that makes one; without being root, a user namespace gives the right to.
  static var wrapper: [String] {
    ["/usr/bin/env", "\(variableName)=\(current)", "/usr/bin/unshare", "--net"]
      + (geteuid() == 0 ? [] : ["--user", "--map-root-user"])
  }

  static var isAllowed: Bool {
    guard var child = try? ChildProcess(wrapper + ["/bin/true"]) else { return false }
    return (try? child.wait(.seconds(10))) == .exited(0)
  }

  private let socket: Int32
  private var sent: UInt32 = 0

  init() throws {
    try #require(Self.isOwn, "the loopback device here belongs to somebody else")
    socket = Glibc.socket(AF_NETLINK, Int32(SOCK_RAW.rawValue), 0)
    try #require(socket >= 0)
    // A name that it has already makes no event.
    try rename(to: "race0")
  }

  deinit { close(socket) }

  /// Renames the loopback device `count` times: as many events.
  func sendEvents(_ count: Int) throws {
    for _ in 0..<count {
      sent += 1
      try rename(to: "race\(sent % 2)")
    }
  }

  /// RTM_NEWLINK, rtnetlink(7).
  private func rename(to name: String) throws {
    let attribute = Array(name.utf8) + [0, 0, 0]
    let length = UInt32(16 + 16 + 4 + attribute.count)
    let header: [UInt32] = [length, 16 | 0x5 << 16, sent, 0]
    let interface: [UInt32] = [0, 1, 0, 0]
    let attributeHeader: [UInt32] = [UInt32(4 + name.utf8.count + 1) | 3 << 16]
    var message: [UInt8] = []
    for word in header + interface + attributeHeader {
      for shift in [0, 8, 16, 24] as [UInt32] {
        message.append(UInt8(truncatingIfNeeded: word >> shift))
      }
    }
    message += attribute
    try #require(unsafe send(socket, message, message.count, 0) == message.count)
    var answer = [Int32](repeating: 0, count: 256)
    try #require(unsafe recv(socket, &answer, answer.count * 4, 0) >= 20)
    try #require(answer[4] == 0, "rtnetlink refused the name \(name) with \(answer[4])")
  }
}
