public import DriverModel
public import Glibc

/// A folder that stands for some part of a host in a test; deleted at the end of its life. Names are
/// below it, and the folders above them are made.
public final class TemporaryFolder: Sendable {
  public let path: String

  public init() {
    // Who kills the tests, as scripts/mutations does, gives them a folder that it deletes.
    let parent = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/bindrace-test-XXXXXX".utf8CString)
    path = unsafe template.withUnsafeMutableBufferPointer {
      unsafe String(cString: mkdtemp($0.baseAddress!))
    }
  }

  deinit { Self.delete(path) }

  public func make(_ folder: String) {
    var path = self.path
    for part in folder.split(separator: "/") {
      path += "/\(part)"
      unsafe mkdir(Self.bytes(path), 0o755)
    }
  }

  public func file(_ name: String, _ text: String, mode: mode_t = 0o644) {
    file(name, Array(text.utf8), mode: mode)
  }

  public func file(_ name: String, _ bytes: [UInt8], mode: mode_t = 0o644) {
    makeParent(name)
    let number = unsafe creat(Self.bytes("\(path)/\(name)"), 0o644)
    unsafe _ = write(number, bytes, bytes.count)
    close(number)
    unsafe chmod(Self.bytes("\(path)/\(name)"), mode)
  }

  /// A /proc in which PID 1 has nothing open, and nothing is mounted but that.
  public func makeFirstProcess() {
    file("proc/1/mountinfo", "22 1 0:21 / /proc rw - proc proc rw\n")
    link("proc/1/ns/mnt", to: "mnt:[1]")
    link("proc/1/root", to: "/")
    make("proc/1/fd")
  }

  /// - Parameter target: as it is written in the link.
  public func link(_ name: String, to target: String) {
    makeParent(name)
    unsafe unlink(Self.bytes("\(path)/\(name)"))
    unsafe symlink(Self.bytes(target), Self.bytes("\(path)/\(name)"))
  }

  /// A relative link, as sysfs makes them.
  /// - Parameter target: below this folder, like the name.
  public func link(_ name: String, toOther target: String) {
    let up = name.split(separator: "/").dropLast().map { _ in "../" }.joined()
    link(name, to: up + target)
  }

  public func fifo(_ name: String) {
    makeParent(name)
    unsafe mkfifo("\(path)/\(name)", 0o644)
  }

  public func remove(_ name: String) { Self.delete("\(path)/\(name)") }

  /// The folder itself without a name. Another one is made where it is missing.
  public func directory(_ name: String = "") throws -> Directory {
    make(name)
    return try Directory(name.isEmpty ? path : "\(path)/\(name)")
  }

  /// Nil where there is none.
  public func text(_ name: String) -> String? {
    (try? Directory(path).bytes(name)).map { String(decoding: $0, as: UTF8.self) }
  }

  public func exists(_ name: String) -> Bool { unsafe access("\(path)/\(name)", F_OK) == 0 }

  public func names(_ name: String = ".") -> [String] {
    (try? Directory("\(path)/\(name)").names()) ?? []
  }

  /// A path as C has it: names need not be text.
  private static func bytes(_ path: String) -> [CChar] {
    FileName.encode(path).map(CChar.init(bitPattern:)) + [0]
  }

  private func makeParent(_ name: String) {
    make(name.split(separator: "/").dropLast().joined(separator: "/"))
  }

  /// A link ends too: unlink(2) does not follow it.
  /// With all that is in it.
  public static func delete(_ path: String) {
    if unsafe unlink(bytes(path)) == 0 { return }
    for name in (try? Directory(path).names()) ?? [] { delete("\(path)/\(name)") }
    unsafe rmdir(bytes(path))
  }
}
