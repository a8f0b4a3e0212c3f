import DriverModel
import Glibc
import Testing

@testable import Service

/// A temporary folder that stands for /; deleted at the end of its life.
final class ConfigurationFolder: Sendable {
  let path: String

  init() {
    var template = Array("/tmp/bindrace-service-XXXXXX".utf8CString)
    path = unsafe template.withUnsafeMutableBufferPointer {
      unsafe String(cString: mkdtemp($0.baseAddress!))
    }
  }

  deinit { Self.delete(path) }

  /// Writes a file, with the folders above it.
  @discardableResult
  func file(_ name: String, _ text: String) -> String { file(name, Array(text.utf8)) }

  @discardableResult
  func file(_ name: String, _ bytes: [UInt8]) -> String {
    makeFolder(above: name)
    let number = unsafe creat("\(path)/\(name)", 0o644)
    unsafe _ = write(number, bytes, bytes.count)
    close(number)
    return "\(path)/\(name)"
  }

  func link(_ name: String, to target: String) {
    makeFolder(above: name)
    unsafe symlink(target, "\(path)/\(name)")
  }

  func fifo(_ name: String) {
    makeFolder(above: name)
    unsafe mkfifo("\(path)/\(name)", 0o644)
  }

  func makeFolder(_ name: String) { makeFolder(above: "\(name)/.") }

  func load(file: String? = nil) throws(ConfigurationErrors) -> Configuration {
    guard let root = try? Directory(path) else { fatalError("there is no \(path)") }
    return try Configuration.load(root: root, file: file, patterns: Self.patterns)
  }

  /// What is wrong, a line each, without the folder's own path; nothing where all is right.
  func faults(file: String? = nil) -> [String] {
    do throws(ConfigurationErrors) {
      _ = try load(file: file)
      return []
    } catch {
      return error.errors.map { $0.description.replacing("\(path)/", with: "/") }
    }
  }

  static let patterns = ["hotplug-async", "A1", "driver-load-async", "A2", "all"]

  private func makeFolder(above name: String) {
    var path = self.path
    for part in name.split(separator: "/").dropLast() {
      path += "/\(part)"
      unsafe mkdir(path, 0o755)
    }
  }

  /// Links are not followed.
  private static func delete(_ path: String) {
    if unsafe unlink(path) == 0 { return }
    for name in (try? Directory(path).names()) ?? [] { delete("\(path)/\(name)") }
    unsafe rmdir(path)
  }
}

/// One text as the whole configuration.
func read(_ text: String) -> (configuration: Configuration, faults: [String]) {
  var check = ConfigurationCheck(patterns: ConfigurationFolder.patterns)
  check.read(ConfigurationText(Array(text.utf8), file: "f"))
  check.finish()
  var configuration = check.configuration
  configuration.files = []
  return (configuration, check.errors.errors.map(\.description))
}
