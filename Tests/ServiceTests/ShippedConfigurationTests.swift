import DriverModel
import Testing

@testable import Service

/// systemd/bindrace.conf says of every key what is true.
@Suite struct ShippedConfigurationTests {
  private let shipped: String

  init() throws {
    let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    shipped = String(
      decoding: try Directory("/\(folder)/systemd").bytes("bindrace.conf"), as: UTF8.self)
  }

  /// "Key=Value" of each line that is one when its # is taken away; prose has a space behind it.
  private var assignments: [(line: Int, text: String)] {
    shipped.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap {
      $1.hasPrefix("#") && !$1.hasPrefix("# ") && $1.count > 1 ? ($0, String($1.dropFirst())) : nil
    }
  }

  @Test func `it names all keys with their defaults, in the order of the table`() {
    #expect(
      assignments.map(\.text) == ConfigurationKey.all.map { "\($0.name)=\($0.defaultText)" })
  }

  @Test func `as it is shipped it is the default`() {
    let (configuration, faults) = read(shipped)
    #expect(faults.isEmpty)
    #expect(configuration == Configuration())
  }

  @Test func `with every key it is the default too`() {
    var lines = shipped.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    for (line, text) in assignments { lines[line] = text }
    let (configuration, faults) = read(lines.joined(separator: "\n"))
    #expect(faults.isEmpty)
    #expect(configuration == Configuration())
  }

  @Test func `it explains each key by the words of the table`() {
    // Line breaks apart.
    let prose = shipped.split(separator: "\n").map { $0.hasPrefix("# ") ? $0.dropFirst(2) : $0 }
      .joined(separator: " ")
    for key in ConfigurationKey.all {
      #expect(prose.contains("\(key.help) #\(key.name)=\(key.defaultText)"), "\(key.name)")
    }
  }

  @Test func `each key stands once in the table, in a section that there is`() {
    let names = ConfigurationKey.all.map(\.name)
    #expect(Set(names).count == names.count)
    let sections = ConfigurationKey.all.map(\.section)
    #expect(
      ConfigurationKey.sections.flatMap { name in sections.filter { $0 == name } } == sections)
  }
}
