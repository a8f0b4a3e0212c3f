public import Evidence
internal import Glibc

/// A verb that modprobe(8) or rmmod(8) does in a child process: `load` or `unload`.
public struct ModuleVerb: Sendable, Hashable {
  public let verb: Verb
  public let module: String
  /// The command, as ChildProcess takes it.
  public let arguments: [String]

  /// Where the kernel itself looks for it (CONFIG_MODPROBE_PATH).
  private static let modprobe = "/sbin/modprobe"
  private static let rmmod = "/sbin/rmmod"

  private init(_ verb: Verb, _ module: String, _ arguments: [String]) {
    self.verb = verb
    self.module = module
    self.arguments = arguments
  }

  /// Loads the module and what it needs; `parameters` are NAME=VALUE. That it is loaded already is no
  /// error for modprobe(8), and the parameters are then without effect.
  public static func load(_ module: String, _ parameters: [String] = []) -> ModuleVerb {
    ModuleVerb(.load, module, [modprobe, module] + parameters)
  }

  /// Unloads the module alone. modprobe(8) -r would also take away what it needed, be it that
  /// somebody else had loaded that.
  public static func unload(_ module: String) -> ModuleVerb {
    ModuleVerb(.unload, module, [rmmod, module])
  }

  /// What came of it.
  public struct Result: Sendable, Equatable {
    public var record: VerbRecord
    /// What the command wrote to its standard error.
    public var errors: String

    public init(record: VerbRecord, errors: String) {
      self.record = record
      self.errors = errors
    }
  }

  /// Runs it, at most for `limit`.
  ///
  /// In its record, errno is 0 for an exit with 0 and EIO for any other end, as the command tells the
  /// kernel's errno in words only; nil, like the end, where it still ran at the limit. Throws where no
  /// child could be started.
  public func perform(limit: Duration) throws(SystemError) -> Result {
    var child = try ChildProcess(arguments)
    let outcome = try child.wait(limit)
    var record = VerbRecord(
      verb: verb, object: module, pid: child.pid, start: child.start, end: nil, errno: nil)
    if outcome != .deadline {
      record.end = MonotonicClock.now()
      record.errno = outcome == .exited(0) ? 0 : EIO
    }
    return Result(record: record, errors: child.errors)
  }
}
