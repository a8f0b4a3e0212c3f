/// How strong the evidence of a run or finding is, weakest first.
public enum EvidenceLevel: String, Sendable, Codable, CaseIterable, Comparable {
  /// The driver link alone.
  case sysfs
  /// The order of SEQNUMs.
  case uevent
  /// Dynamic debug of drivers/base/dd.c in the kernel log.
  case log
  /// Kprobes with stacks.
  case trace

  private var strength: Int {
    switch self {
    case .sysfs: 0
    case .uevent: 1
    case .log: 2
    case .trace: 3
    }
  }

  public static func < (a: EvidenceLevel, b: EvidenceLevel) -> Bool { a.strength < b.strength }
}

/// What was lost or not seen. Each kind is counted apart, as each touches other verdicts.
public struct EvidenceLoss: Sendable, Codable, Equatable {
  /// Kernel uevents received.
  public var ueventsReceived: UInt64 = 0
  /// Uevents dropped by a full receive buffer (ENOBUFS), by the gap in SEQNUM.
  public var ueventsLost: UInt64 = 0
  /// Gaps in SEQNUM without ENOBUFS: events of other network namespaces.
  public var ueventsUnseen: UInt64 = 0
  /// Trace records overwritten or dropped by the ring buffer.
  public var traceLost: UInt64 = 0
  /// Kprobe hits that were missed (kprobe_profile).
  public var probesMissed: UInt64 = 0
  /// How often the recording was found standing still: switched off, taken away, or without the record of
  /// what was sure to have one.
  public var traceStopped: UInt64 = 0
  /// Records of the kernel log that were overwritten before they were read.
  public var kmsgLost: UInt64 = 0

  public init(
    ueventsReceived: UInt64 = 0, ueventsLost: UInt64 = 0, ueventsUnseen: UInt64 = 0,
    traceLost: UInt64 = 0, probesMissed: UInt64 = 0, traceStopped: UInt64 = 0,
    kmsgLost: UInt64 = 0
  ) {
    self.ueventsReceived = ueventsReceived
    self.ueventsLost = ueventsLost
    self.ueventsUnseen = ueventsUnseen
    self.traceLost = traceLost
    self.probesMissed = probesMissed
    self.traceStopped = traceStopped
    self.kmsgLost = kmsgLost
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    ueventsReceived = try values.decode(UInt64.self, forKey: .ueventsReceived)
    ueventsLost = try values.decode(UInt64.self, forKey: .ueventsLost)
    ueventsUnseen = try values.decode(UInt64.self, forKey: .ueventsUnseen)
    traceLost = try values.decode(UInt64.self, forKey: .traceLost)
    probesMissed = try values.decode(UInt64.self, forKey: .probesMissed)
    // Cycles were recorded before these were looked at.
    traceStopped = try values.decodeIfPresent(UInt64.self, forKey: .traceStopped) ?? 0
    kmsgLost = try values.decodeIfPresent(UInt64.self, forKey: .kmsgLost) ?? 0
  }

  /// Counts the uevents as `total` does, which was settled later.
  public mutating func recountUevents(_ total: EvidenceLoss) {
    ueventsReceived = total.ueventsReceived
    ueventsLost = total.ueventsLost
    ueventsUnseen = total.ueventsUnseen
  }

  public static func += (a: inout EvidenceLoss, b: EvidenceLoss) {
    a.ueventsReceived += b.ueventsReceived
    a.ueventsLost += b.ueventsLost
    a.ueventsUnseen += b.ueventsUnseen
    a.traceLost += b.traceLost
    a.probesMissed += b.probesMissed
    a.traceStopped += b.traceStopped
    a.kmsgLost += b.kmsgLost
  }

  public static func + (a: EvidenceLoss, b: EvidenceLoss) -> EvidenceLoss {
    var sum = a
    sum += b
    return sum
  }

  /// True when the trace is not whole.
  public var isTraceLost: Bool { traceLost > 0 || probesMissed > 0 || traceStopped > 0 }
  /// True when anything was dropped on the way to us; unseen events were never ours.
  public var isAnythingLost: Bool { isTraceLost || ueventsLost > 0 || kmsgLost > 0 }

  /// What of the trace was lost, as a sentence about a cycle.
  public var traceText: String {
    if traceStopped > 0 { return "The trace stood still during the cycle." }
    return "\(traceLost) trace records and \(probesMissed) probe hits were lost during the cycle."
  }

  /// What was lost or not seen, with its numbers; nil where nothing was.
  public var text: String? {
    let kinds: [(UInt64, String)] = [
      (ueventsLost, "uevents lost"), (ueventsUnseen, "uevents unseen"),
      (traceLost, "trace records lost"), (probesMissed, "probe hits missed"),
      (kmsgLost, "kernel log records lost"),
    ]
    var parts = kinds.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    if traceStopped > 0 { parts.append("the trace stood still") }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }
}
