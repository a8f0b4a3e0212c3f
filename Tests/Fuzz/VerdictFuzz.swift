import Evidence
import Races
import Verdicts

/// Records in any order, also such as no kernel writes: never a pass that is not proven.
enum VerdictFuzz: FuzzTarget {
  static let name = "verdicts"

  private static let own: [Int32] = [10, 11]
  private static let orders = Set(Catalog.patterns.map(\.order)).sorted {
    "\($0)" < "\($1)"
  }

  static func run(_ input: [UInt8]) {
    var choices = Choices(input)
    let order = choices.one(of: orders)
    let evidence = evidence(&choices)
    let judgement = Judgement(evidence, order: order)
    must(judgement == Judgement(evidence, order: order), "two judgements of one evidence")
    if judgement.verdict == .clean {
      must(judgement.isHit, "clean without a hit")
      must(evidence.level == .trace, "clean without a trace")
      must(!evidence.loss.isTraceLost, "clean with a loss")
      must(evidence.isDrained, "clean while work was pending")
      must(evidence.verbs.allSatisfy { $0.end != nil }, "clean while a verb hung")
    }
    if evidence.verbs.contains(where: { $0.end == nil }) {
      must(judgement.verdict == .hang, "a hung verb is \(judgement.verdict)")
    }
    for finding in judgement.findings {
      must(!finding.text.isEmpty, "a finding without a sentence")
      must(finding.verdict != .clean && finding.verdict != .missed, "no finding is clean")
    }
  }

  private static func evidence(_ choices: inout Choices) -> CycleEvidence {
    let flags = choices.byte()
    var loss = EvidenceLoss()
    if flags & 1 != 0 { loss.traceLost = UInt64(choices.byte()) }
    if flags & 2 != 0 { loss.ueventsLost = UInt64(choices.byte()) }
    let verbs = (0..<(choices.byte() % 4)).map { _ in verb(&choices) }
    let uevents = (0..<(choices.byte() % 4)).map { uevent($0, &choices) }
    let driverAtEnd = choices.one(of: ["sd", "other", nil])
    let driverAtStart = choices.one(of: ["sd", "other", nil])
    var trace: [TraceRecord] = []
    while !choices.isEmpty { trace.append(record(at: trace.count, &choices)) }
    return CycleEvidence(
      level: flags & 4 == 0 ? .trace : .uevent, bus: "scsi", name: "a", driver: "sd",
      devpath: "/devices/a", ownProcesses: own, verbs: verbs, deadline: 1_000_000_000,
      trace: trace, uevents: uevents, loss: loss, isDrained: flags & 8 == 0,
      driverAtEnd: driverAtEnd, driverAtStart: driverAtStart,
      other: flags & 16 == 0 ? nil : "b", rival: flags & 32 == 0 ? nil : "other",
      untold: flags & 64 == 0 ? nil : [UntoldFact(.deferral, reason: "it is not there")])
  }

  private static func verb(_ choices: inout Choices) -> VerbRecord {
    let start = Time(nanoseconds: Int64(choices.byte()))
    let duration = choices.byte()
    return VerbRecord(
      verb: choices.one(of: Verb.allCases), object: choices.one(of: ["a", "b"]),
      pid: choices.one(of: own), start: start,
      end: duration == 0xff ? nil : Time(nanoseconds: start.nanoseconds + Int64(duration)),
      errno: choices.one(of: [0, 11, 16, 19]))
  }

  private static func uevent(_ number: UInt8, _ choices: inout Choices) -> Uevent {
    Uevent(
      seqnum: UInt64(number), action: choices.one(of: [.add, .remove, .bind, .unbind, nil]),
      devpath: choices.one(of: ["/devices/a", "/devices/b"]), subsystem: "scsi",
      driver: choices.one(of: ["sd", nil]), isSynthetic: choices.once(in: 4),
      received: Time(nanoseconds: Int64(number)))
  }

  private static func record(at position: Int, _ choices: inout Choices) -> TraceRecord {
    let helpers = ["__device_attach_async_helper", "__driver_attach_async_helper", "other"]
    let stacks = [
      [], ["driver_bound", "really_probe", "__device_attach_async_helper"],
      ["driver_bound", "really_probe", "__driver_attach_async_helper"],
      ["driver_bound", "really_probe", "deferred_probe_work_func"],
      ["driver_bound", "really_probe", "bind_store"], ["driver_bound", "device_add"],
    ]
    let point = choices.one(of: TracePoint.allCases)
    let who = choices.byte()
    let what = choices.byte()
    return TraceRecord(
      time: Time(nanoseconds: Int64(position) * 1000), pid: [10, 11, 20, 30][Int(who & 3)],
      command: who & 3 == 3 ? "kworker/u8:1" : "sh", point: point,
      device: [1, 2, nil, 1][Int(who >> 2 & 3)], name: ["a", "b", nil, "a"][Int(who >> 4 & 3)],
      driver: ["sd", "other", nil, "sd"][Int(who >> 6)], function: helpers[Int(what & 3) % 3],
      result: [0, 0, -19, -517][Int(what >> 2 & 3)],
      stack: stacks[Int(what >> 4) % stacks.count])
  }
}
