internal import Evidence

/// The shape of one finding in the JSON result.
struct FindingDocument: Encodable {
  let verdict: String
  let pattern: String
  let cycle: Int
  let evidence: String
  let device: String
  let syspath: String
  let driver: String
  let asynchronousBy: OrNull<String>
  let unbind: OrNull<Unbind>
  let attach: OrNull<Attach>
  let seqnum: Seqnum
  let writer: OrNull<Writer>
  let text: String
  /// Left out where it is empty.
  let log: [String]?

  init(_ finding: Finding) {
    verdict = finding.verdict.rawValue
    pattern = finding.pattern
    cycle = finding.cycle
    evidence = finding.evidence.rawValue
    device = finding.device
    syspath = finding.syspath
    driver = finding.driver
    asynchronousBy = OrNull(finding.asynchronousBy)
    unbind = OrNull(finding.unbind.map(Unbind.init))
    attach = OrNull(finding.attach.map(Attach.init))
    seqnum = Seqnum(finding.seqnum)
    writer = OrNull(finding.writer.map(Writer.init))
    text = finding.text
    log = finding.log.isEmpty ? nil : finding.log
  }

  enum CodingKeys: String, CodingKey {
    case verdict, pattern, cycle, evidence, device, syspath, driver
    case asynchronousBy = "asynchronous_by"
    case unbind, attach, seqnum, writer, text, log
  }

  struct Unbind: Encodable {
    let start: Int64
    let end: OrNull<Int64>
    let errno: OrNull<Int32>
    let pid: OrNull<Int32>
    let command: OrNull<String>

    init(_ unbind: Finding.Unbind) {
      start = unbind.start.nanoseconds
      end = OrNull(unbind.end?.nanoseconds)
      errno = OrNull(unbind.errno)
      pid = OrNull(unbind.pid)
      command = OrNull(unbind.command)
    }

    enum CodingKeys: String, CodingKey {
      case start = "start_ns"
      case end = "end_ns"
      case errno, pid, command
    }
  }

  struct Attach: Encodable {
    let time: Int64
    let after: OrNull<Int64>
    let function: OrNull<String>
    let command: OrNull<String>
    let pid: OrNull<Int32>
    let stack: [String]

    init(_ attach: Finding.Attach) {
      time = attach.time.nanoseconds
      after = OrNull(attach.after)
      function = OrNull(attach.function)
      command = OrNull(attach.command)
      pid = OrNull(attach.pid)
      stack = attach.stack
    }

    enum CodingKeys: String, CodingKey {
      case time = "time_ns"
      case after = "after_ns"
      case function, command, pid, stack
    }
  }

  struct Writer: Encodable {
    let pid: Int32
    let command: OrNull<String>
    let function: OrNull<String>
    let stack: [String]

    init(_ writer: Finding.Writer) {
      pid = writer.pid
      command = OrNull(writer.sleep?.command)
      function = OrNull(writer.sleep?.function)
      stack = writer.sleep?.stack ?? []
    }
  }

  struct Seqnum: Encodable {
    let unbind: OrNull<UInt64>
    let bind: OrNull<UInt64>

    init(_ seqnum: Finding.Seqnum) {
      unbind = OrNull(seqnum.unbind)
      bind = OrNull(seqnum.bind)
    }
  }
}
