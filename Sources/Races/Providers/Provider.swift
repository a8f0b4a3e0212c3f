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

/// What can make devices on this host, asked once.
struct ProviderChoice {
  private let obstacles: [(provider: any Provider.Type, obstacle: String?)]

  init(_ sysfs: Sysfs) {
    obstacles = Providers.all.map { ($0, $0.obstacle(sysfs)) }
  }

  /// The first that can run the pattern here.
  func provider(for pattern: Pattern) -> (any Provider.Type)? {
    obstacles.first { $0.obstacle == nil && $0.provider.obstacle(to: pattern) == nil }?.provider
  }

  /// Why none can; nil where one can.
  func obstacle(to pattern: Pattern) -> String? {
    if provider(for: pattern) != nil { return nil }
    // What stands against the one that could is the reason to tell.
    let suited = obstacles.first { $0.provider.obstacle(to: pattern) == nil }
    if let obstacle = suited?.obstacle { return obstacle }
    return obstacles.last.flatMap { $0.provider.obstacle(to: pattern) }
  }
}
