internal import DriverModel

/// What makes devices for a run, and takes them away again.
protocol Provider: AnyObject {
  init(_ workshop: Workshop)

  /// As in `provider:NAME`.
  static var name: String { get }

  /// The bus of what it makes.
  static var bus: String { get }

  /// Why it can make nothing on this host now; nil where it can. Changes nothing.
  static func obstacle(_ sysfs: Sysfs) -> String?

  /// Why the pattern cannot run on what it makes; nil where it can.
  static func obstacle(to pattern: Pattern) -> String?

  /// Makes what the pattern needs, where it is not there yet.
  ///
  /// - Throws: `RunStop.skip` where that fails.
  func subject(for pattern: Pattern, _ widener: Widener) throws -> Subject

  /// Takes everything away.
  func remove() throws
}

/// All providers there are, in the order in which a pattern tries them.
enum Providers {
  static var all: [any Provider.Type] {
    [ScsiDebug.self, Fixture.self, I2CStub.self, UserHID.self, DummyHCD.self]
  }

  static func named(_ name: String) -> (any Provider.Type)? { all.first { $0.name == name } }

  static var names: String { all.map { $0.name }.joined(separator: ", ") }
}

/// What can make devices on this host. Each is asked once, and only where a pattern could use it: that takes
/// processes.
final class ProviderChoice {
  private let sysfs: Sysfs
  /// Why it can make nothing, by its name.
  private var asked: [String: String?] = [:]

  init(_ sysfs: Sysfs) { self.sysfs = sysfs }

  /// The first that can run the pattern here.
  func provider(for pattern: Pattern) -> (any Provider.Type)? {
    Providers.all.first { $0.obstacle(to: pattern) == nil && obstacle(of: $0) == nil }
  }

  /// Why none can; nil where one can.
  func obstacle(to pattern: Pattern) -> String? {
    if provider(for: pattern) != nil { return nil }
    // What stands against the one that could is the reason to tell.
    let suited = Providers.all.first { $0.obstacle(to: pattern) == nil }
    if let suited { return obstacle(of: suited) }
    return Providers.all.last.flatMap { $0.obstacle(to: pattern) }
  }

  private func obstacle(of provider: any Provider.Type) -> String? {
    if let known = asked[provider.name] { return known }
    let obstacle = provider.obstacle(sysfs)
    asked.updateValue(obstacle, forKey: provider.name)
    return obstacle
  }
}
