import DriverModel
import TemporaryFolder
import Testing

@testable import Service

extension TemporaryFolder {
  func load(file: String? = nil) throws(ConfigurationErrors) -> Configuration {
    guard let root = try? Directory(path) else { fatalError("there is no \(path)") }
    return try Configuration.load(root: root, file: file, patterns: knownPatterns)
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
}

/// Known names and ids of patterns.
private let knownPatterns = ["hotplug-async", "A1", "driver-load-async", "A2", "all"]

/// One text as the whole configuration.
func read(_ text: String) -> (configuration: Configuration, faults: [String]) {
  var check = ConfigurationCheck(patterns: knownPatterns)
  check.read(ConfigurationText(Array(text.utf8), file: "f"))
  check.finish()
  var configuration = check.configuration
  configuration.files = []
  return (configuration, check.errors.errors.map(\.description))
}
