/// What the kernel log and the taint have to say of one cycle.
public struct KernelEvidence: Sendable, Codable, Equatable {
  /// In the order of the log.
  public var reports: [KernelReport] = []
  /// Reports beyond those that were kept.
  public var moreReports = 0
  /// Nil where it could not be read.
  public var taintBefore: Taint?
  public var taintAfter: Taint?
  /// The CPU that was held in this cycle: a stall of it is of our making. Nil where none was.
  public var spunCPU: Int32?
  /// Why the log could not be read; nil where it was.
  public var unread: String?

  public init(
    reports: [KernelReport] = [], moreReports: Int = 0, taintBefore: Taint? = nil,
    taintAfter: Taint? = nil, spunCPU: Int32? = nil, unread: String? = nil
  ) {
    self.reports = reports
    self.moreReports = moreReports
    self.taintBefore = taintBefore
    self.taintAfter = taintAfter
    self.spunCPU = spunCPU
    self.unread = unread
  }

  /// Flags that were set meanwhile.
  public var newTaint: Taint {
    guard let taintBefore, let taintAfter else { return [] }
    return taintAfter.subtracting(taintBefore)
  }
}

/// One report of the kernel log that something went wrong: a warning, an oops, a stall.
public struct KernelReport: Sendable, Codable, Equatable {
  public enum Kind: String, Sendable, Codable {
    case warning
    /// The kernel or a checker of it found it damaged: an oops, a BUG, KASAN and the like.
    case bug
    /// Something did not get on: an RCU stall, a lockup of a CPU or a workqueue, a hung task.
    case stall
  }

  /// When it came, by the order of reading: all of the log is read before a race and after it.
  public enum Phase: String, Sendable, Codable {
    /// Since the end of the last cycle, before the race.
    case preparation
    case race
    /// After the last cycle of its pattern, while things were put back.
    case afterwards
  }

  public var kind: Kind
  public var phase: Phase
  /// What went wrong and where, from its first lines.
  public var title: String
  /// From its first line to its end, as far as they were kept.
  public var lines: [String]
  /// CPUs that a stall names; empty for what names none.
  public var cpus: [Int32]

  public init(kind: Kind, phase: Phase, title: String, lines: [String], cpus: [Int32] = []) {
    self.kind = kind
    self.phase = phase
    self.title = title
    self.lines = lines
    self.cpus = cpus
  }
}
