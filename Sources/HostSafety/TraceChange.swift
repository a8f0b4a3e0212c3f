internal import DriverModel
internal import Evidence
internal import Glibc

/// A tracefs instance that the run makes. Record it after the groups whose events it enables: the
/// kernel removes no probe that is enabled somewhere.
public struct TraceInstanceChange: Sendable, Equatable {
  public var name: String

  public init(_ name: String) {
    self.name = name
  }
}

/// A group of kprobe events that the run makes.
public struct KprobeGroupChange: Sendable, Equatable {
  public var name: String

  public init(_ name: String) {
    self.name = name
  }
}

extension TraceInstanceChange: Reversible {
  static let kind = "trace-instance"

  var thing: String { "trace instance \(name)" }
  var summary: String { "trace instance \(name) was not there" }
  var fields: [[String]] { [[name]] }

  init?(fields: [[String]]) {
    guard fields.count == 1, let name = fields[0].first else { return nil }
    self.init(name)
  }

  func undo(on host: Host) throws(SystemError) -> Outcome {
    let tracing = try Directory(host.tracing)
    // Without tracefs nobody knows whether it is gone.
    guard tracing.exists("instances") else {
      throw SystemError("open", tracing.object("instances"), ENOENT)
    }
    let path = "instances/\(name)"
    guard tracing.exists(path) else { return .alreadyRight }
    try host.actions.write(tracing.object("\(path)/tracing_on"), "0")
    try host.actions.write(tracing.object("\(path)/events/enable"), "0")
    try host.actions.removeDirectory(tracing.object(path))
    return .restored
  }
}

extension KprobeGroupChange: Reversible {
  static let kind = "kprobe-group"

  var thing: String { "kprobe group \(name)" }
  var summary: String { "kprobe group \(name) was not there" }
  var fields: [[String]] { [[name]] }

  init?(fields: [[String]]) {
    guard fields.count == 1, let name = fields[0].first else { return nil }
    self.init(name)
  }

  func undo(on host: Host) throws(SystemError) -> Outcome {
    let tracing = try Directory(host.tracing)
    let events = try events(in: tracing)
    if events.isEmpty { return .alreadyRight }
    let instances = try tracing.names("instances").map { "instances/\($0)/" }
    for root in [""] + instances where tracing.exists("\(root)events/\(name)/enable") {
      try host.actions.write(tracing.object("\(root)events/\(name)/enable"), "0")
    }
    var failure: SystemError?
    for event in events {
      do throws(SystemError) {
        try host.actions.append(tracing.object("kprobe_events"), "-:\(name)/\(event)\n")
      } catch {
        failure = failure ?? error
      }
    }
    if let failure, try !self.events(in: tracing).isEmpty { throw failure }
    return .restored
  }

  /// The names of its events: lines are "p:GROUP/EVENT …", "r16:GROUP/EVENT …".
  private func events(in tracing: Directory) throws(SystemError) -> [String] {
    try tracing.text("kprobe_events").split(separator: "\n").compactMap { line in
      guard let colon = line.firstIndex(of: ":") else { return nil }
      let event = line[line.index(after: colon)...].prefix { $0 != " " }
      return event.hasPrefix("\(name)/") ? String(event.dropFirst(name.utf8.count + 1)) : nil
    }
  }
}
