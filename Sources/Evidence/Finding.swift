/// One verdict that is not clean, with all its evidence (docs/driver-core.md, "Results").
public struct Finding: Sendable, Codable, Equatable {
  /// The unbind that the attach contradicts. User space's times: reported, not used for order.
  public struct Unbind: Sendable, Codable, Equatable {
    public var start: Time
    public var end: Time?
    /// 0 on success, the positive errno(3) otherwise.
    public var errno: Int32?
    /// Who wrote it, where the evidence tells.
    public var pid: Int32?
    /// Its command, where it is not bindrace itself.
    public var command: String?

    public init(start: Time, end: Time?, errno: Int32?, pid: Int32?, command: String? = nil) {
      self.start = start
      self.end = end
      self.errno = errno
      self.pid = pid
      self.command = command
    }
  }

  /// Who attached the driver, and how.
  public struct Attach: Sendable, Codable, Equatable {
    public var time: Time
    /// Nanoseconds from the detach to the attach; from the unbind's return where it was refused or
    /// detached nothing. Nil where the attach contradicts something else.
    public var after: Int64?
    /// The function that proves the path (docs/driver-core.md, "Who attaches a driver"); nil where
    /// the evidence cannot tell.
    public var function: String?
    public var command: String?
    public var pid: Int32?
    public var stack: [String]

    public init(
      time: Time, after: Int64?, function: String?, command: String?, pid: Int32?, stack: [String]
    ) {
      self.time = time
      self.after = after
      self.function = function
      self.command = command
      self.pid = pid
      self.stack = stack
    }
  }

  /// Whose verb did not return.
  public struct Writer: Sendable, Codable, Equatable {
    public var pid: Int32
    /// Nil where it had gone before anybody could look.
    public var sleep: KernelSleep?

    public init(pid: Int32, sleep: KernelSleep?) {
      self.pid = pid
      self.sleep = sleep
    }
  }

  /// SEQNUMs of the uevents that belong to the finding.
  public struct Seqnum: Sendable, Codable, Equatable {
    public var unbind: UInt64?
    public var bind: UInt64?

    public init(unbind: UInt64? = nil, bind: UInt64? = nil) {
      self.unbind = unbind
      self.bind = bind
    }
  }

  public var verdict: Verdict
  public var pattern: String
  public var cycle: Int
  public var evidence: EvidenceLevel
  /// BUS/NAME.
  public var device: String
  public var syspath: String
  public var driver: String
  /// As in `PatternResult`: without it, this may not be found.
  public var asynchronousBy: String?
  public var unbind: Unbind?
  public var attach: Attach?
  public var seqnum: Seqnum
  /// Of a hang.
  public var writer: Writer?
  /// One sentence.
  public var text: String
  /// What the kernel log has to say of it, line by line; empty for what does not rest on the log.
  public var log: [String]

  public init(
    verdict: Verdict, pattern: String, cycle: Int, evidence: EvidenceLevel, device: String,
    syspath: String, driver: String, unbind: Unbind? = nil, attach: Attach? = nil,
    seqnum: Seqnum = Seqnum(), writer: Writer? = nil, text: String, log: [String] = []
  ) {
    self.verdict = verdict
    self.pattern = pattern
    self.cycle = cycle
    self.evidence = evidence
    self.device = device
    self.syspath = syspath
    self.driver = driver
    self.unbind = unbind
    self.attach = attach
    self.seqnum = seqnum
    self.writer = writer
    self.text = text
    self.log = log
  }

  /// The same, of a driver that something else made probe asynchronously.
  public func asynchronous(by what: String?) -> Finding {
    var finding = self
    finding.asynchronousBy = what
    return finding
  }
}
