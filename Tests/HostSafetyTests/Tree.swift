import DriverModel
import Evidence
import Glibc

/// A temporary folder that looks like some part of a host; deleted at the end of its life.
final class Tree: Sendable {
  let path: String

  init() {
    var template = Array("/tmp/hostsafety-XXXXXX".utf8CString)
    path = unsafe template.withUnsafeMutableBufferPointer {
      unsafe String(cString: mkdtemp($0.baseAddress!))
    }
  }

  deinit { Self.delete(path) }

  func directory(_ name: String = "") throws -> Directory {
    makeFolder(name)
    return try Directory(name.isEmpty ? path : "\(path)/\(name)")
  }

  func makeFolder(_ name: String) {
    var path = self.path
    for part in name.split(separator: "/") {
      path += "/\(part)"
      unsafe mkdir(path, 0o755)
    }
  }

  func file(_ name: String, _ text: String) {
    makeParent(name)
    let number = unsafe creat("\(path)/\(name)", 0o644)
    let bytes = Array(text.utf8)
    unsafe Glibc.write(number, bytes, bytes.count)
    close(number)
  }

  func link(_ name: String, to target: String) {
    makeParent(name)
    unsafe unlink("\(path)/\(name)")
    unsafe symlink(target, "\(path)/\(name)")
  }

  func remove(_ name: String) { Self.delete("\(path)/\(name)") }

  func text(_ name: String) -> String? {
    guard let directory = try? Directory(path) else { return nil }
    return (try? directory.bytes(name)).map { String(decoding: $0, as: UTF8.self) }
  }

  func exists(_ name: String) -> Bool { unsafe access("\(path)/\(name)", F_OK) == 0 }

  func names(_ name: String) -> [String] { (try? Directory("\(path)/\(name)").names()) ?? [] }

  private func makeParent(_ name: String) {
    makeFolder(name.split(separator: "/").dropLast().joined(separator: "/"))
  }

  /// Links are not followed.
  private static func delete(_ path: String) {
    if unsafe unlink(path) == 0 { return }
    for name in (try? Directory(path).names()) ?? [] { delete("\(path)/\(name)") }
    unsafe rmdir(path)
  }
}
