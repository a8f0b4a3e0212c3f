import CLinux
import DriverModel
import Evidence
import Glibc
import Journal
import TemporaryFolder
import Testing

/// What the service manager is told, on a socket of the test's own. It is the environment that names the
/// socket, which other threads read meanwhile: so these run in a process of their own.
///
/// Not as exit tests: those wait for any child (waitid(2) with P_ALL), and another test's that nobody reaps
/// keeps them at it for ever.
@Suite struct ServiceManagerTests {
  private static let isAlone = unsafe getenv("BINDRACE_ALONE") != nil

  @Test(.enabled(if: !isAlone))
  func `the service manager is told what it has to know`() throws {
    var child = try ChildProcess(
      [
        "env", "BINDRACE_ALONE=1", "/proc/\(getpid())/exe", "--testing-library", "swift-testing",
        "--filter", "ServiceManagerTests", "--no-parallel",
      ], capturesOutput: true)
    #expect(try child.wait(.seconds(60)) == .exited(0), "\(child.output)\(child.errors)")
    let said = child.output + child.errors
    #expect(said.contains("hears of each state\" passed"), "\(said)")
  }

  @Test(.enabled(if: isAlone))
  func `the service manager hears of each state`() throws {
    let socket = try NotifySocket()
    ServiceManager.ready("racing 3 devices")
    #expect(socket.next() == "READY=1\nSTATUS=racing 3 devices")
    ServiceManager.status("two\nlines")
    #expect(socket.next() == #"STATUS=two\nlines"#)
    ServiceManager.reloading(at: Time(nanoseconds: 5_000_001_999))
    #expect(socket.next() == "RELOADING=1\nMONOTONIC_USEC=5000001")
    ServiceManager.watchdog()
    #expect(socket.next() == "WATCHDOG=1")
    ServiceManager.stopping()
    #expect(socket.next() == "STOPPING=1")
  }

  @Test(.enabled(if: isAlone))
  func `without a service manager nothing happens`() {
    unsafe unsetenv("NOTIFY_SOCKET")
    unsafe unsetenv("WATCHDOG_USEC")
    ServiceManager.ready()
    #expect(ServiceManager.watchdogInterval == nil)
  }

  @Test(.enabled(if: isAlone))
  func `the watchdog's interval is the manager's`() {
    unsafe setenv("WATCHDOG_USEC", "30000000", 1)
    unsafe setenv("WATCHDOG_PID", "\(getpid())", 1)
    #expect(ServiceManager.watchdogInterval == .seconds(30))
    unsafe setenv("WATCHDOG_PID", "1", 1)
    #expect(ServiceManager.watchdogInterval == nil)
  }
}

/// A datagram socket that NOTIFY_SOCKET names.
private final class NotifySocket {
  private let folder = TemporaryFolder()
  private let number: Int32

  init() throws {
    number = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let path = "\(folder.path)/notify"
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { bytes in
      unsafe bytes.copyBytes(from: path.utf8)
    }
    let result = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(result == 0)
    unsafe setenv("NOTIFY_SOCKET", path, 1)
  }

  deinit { close(number) }

  func next() -> String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = unsafe recv(number, &buffer, buffer.count, Int32(MSG_DONTWAIT))
    return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
  }
}
