import Evidence
import Testing

@testable import Verdicts

/// A stream of records without an intention: only what comes back after somebody's unbind is told.
@Suite struct WatchJudgeTests {
  private static let place = WatchJudge.Place(bus: "scsi", devpath: "/devices/x/0:0:0:0")

  private func watch(_ trace: [TraceRecord], by size: Int = .max) -> [Finding] {
    var judge = WatchJudge()
    var found: [Finding] = []
    var rest = trace[...]
    while !rest.isEmpty {
      found += judge.take(Array(rest.prefix(size)), in: Self.place)
      rest = rest.dropFirst(size)
    }
    return found
  }

  @Test(
    "what stock kernels attached after an unbind is found, however the stream is cut",
    arguments: [
      "hotplug-async", "driver-load-async", "driver-load-async-pcspkr", "double-pending",
    ].flatMap { name in Recording.kernels.map { "\($0)-\(name)" } }, [1, 3, Int.max])
  func found(recording: String, size: Int) throws {
    let trace = try Recording.evidence(recording).trace
    let found = watch(trace, by: size)
    #expect(found.map(\.verdict) == [.lateAsyncAttach])
    #expect(found.first?.unbind?.command == "bindrace-race")
    #expect(found.first?.attach?.command?.hasPrefix("kworker") == true)
    #expect((found.first?.attach?.after ?? 0) > 0)
  }

  @Test(
    "what was asked for, or refused, is no finding",
    arguments: [
      "unbind-rebind-virtio", "unbind-rebind-foreign", "refused-unbind", "link-autoprobe",
      "helper-finds-bound",
    ].flatMap { name in Recording.kernels.map { "\($0)-\(name)" } })
  func nothing(recording: String) throws {
    #expect(watch(try Recording.evidence(recording).trace).isEmpty)
  }

  @Test("who unbound and who attached are named, whoever they are")
  func stranger() throws {
    var story = Story()
    story.scheduled(pid: Story.stranger)
    story.bind(pid: Story.stranger)
    story.unbind(pid: Story.stranger)
    story.helperRuns()
    let finding = try #require(watch(story.trace).first)
    #expect(finding.unbind?.pid == Story.stranger)
    #expect(finding.unbind?.command == "sh")
    #expect(finding.attach?.command == "kworker/u8:1")
    #expect(finding.device == "scsi/0:0:0:0")
    #expect(finding.syspath == "/sys/devices/x/0:0:0:0")
    #expect(finding.text.contains("scsi/0:0:0:0"))
  }

  /// An unbind that has detached, and a helper that attaches before it returns.
  private func attachedInUnbind() -> Story {
    var story = Story()
    story.scheduled()
    story.bind()
    story.begins(.unbind)
    story.detached(pid: Story.racer)
    story.helperRuns()
    return story
  }

  @Test("an attach that comes while the unbind returns waits for how it ended")
  func unreturned() {
    var story = attachedInUnbind()
    #expect(watch(story.trace).isEmpty)
    story.returns(.unbind)
    #expect(watch(story.trace, by: 1).map(\.verdict) == [.lateAsyncAttach])
  }

  @Test("whoever asked after the unbind gets what he asked for")
  func asked() {
    var story = Story()
    story.scheduled()
    story.bind()
    story.unbind()
    story.begins(.driversProbe, pid: Story.stranger)
    story.returns(.driversProbe, pid: Story.stranger)
    story.helperRuns()
    #expect(watch(story.trace).isEmpty)
  }

  @Test("a scan or a rescan has no record: an attach in its own thread is no finding")
  func rescan() {
    var story = Story()
    story.bind()
    story.unbind()
    story.add(
      .reallyProbe, pid: Story.stranger, device: Story.device, name: "0:0:0:0", driver: "sd")
    story.add(
      .bound, pid: Story.stranger, device: Story.device, name: "0:0:0:0",
      stack: ["driver_bound", "really_probe", "device_attach", "bus_rescan_devices_helper"])
    #expect(watch(story.trace).isEmpty)
  }

  @Test("what bindrace's own races unbind is judged by them")
  func leftOut() {
    var judge = WatchJudge(leavingOut: ["bindrace-race"])
    #expect(judge.take(Story.lateAttach.trace, in: Self.place).isEmpty)
  }

  @Test("after a loss nothing is joined with what was before it")
  func loss() throws {
    var judge = WatchJudge()
    let trace = Story.lateAttach.trace
    let attach = try #require(trace.lastIndex { $0.point == .bound })
    #expect(judge.take(Array(trace[..<attach]), in: Self.place).isEmpty)
    judge.forgetAll()
    #expect(judge.take(Array(trace[attach...]), in: Self.place).isEmpty)
  }

  @Test("nor does a device that was unbound before, or an attach that waited, count any more")
  func lossOfEach() throws {
    let trace = Story.lateAttach.trace
    let attach = try #require(trace.lastIndex { $0.point == .bound })
    var judge = WatchJudge()
    judge.take(Array(trace[..<attach]))
    judge.forgetAll()
    judge.take(Array(trace[attach...]))
    #expect(!judge.isAsked)

    var story = Story()
    story.begins(.unbind)
    story.detached(pid: Story.racer)
    story.helperRuns()
    judge = WatchJudge()
    judge.take(story.trace)
    #expect(judge.isAsked)
    judge.forgetAll()
    #expect(!judge.isAsked)
    #expect(judge.take([], in: Self.place).isEmpty)

    // What was scheduled before is not known to have been.
    let unbind = try #require(trace.firstIndex { $0.point == .unbindStore })
    judge = WatchJudge()
    judge.take(Array(trace[..<unbind]))
    judge.forgetAll()
    #expect(judge.take(Array(trace[unbind...]), in: Self.place).map(\.verdict) == [.lateAttach])
  }

  @Test("only so many records are looked back at")
  func bounded() throws {
    let trace = Story.lateAttach.trace
    let attach = try #require(trace.lastIndex { $0.point == .bound })
    var others = Story()
    for _ in 0..<50 { others.bind(pid: Story.stranger, device: Story.other) }
    for (most, count) in [(64, 0), (1000, 1)] {
      var judge = WatchJudge(lookingBack: most)
      for record in trace[..<attach] + others.trace + trace[attach...] { judge.take([record]) }
      #expect(judge.isAsked == (count > 0))
      #expect(judge.take([], in: Self.place).count == count)
    }
  }

  @Test("and what is looked back at stays in its place")
  func shifted() {
    var others = Story()
    for _ in 0..<10 { others.bind(pid: Story.stranger, device: Story.other) }
    var story = attachedInUnbind()
    story.returns(.unbind)
    let trace = others.trace + story.trace
    // The others are forgotten at each place in turn.
    for most in others.trace.count..<trace.count {
      var judge = WatchJudge(lookingBack: most)
      var found: [Finding] = []
      for record in trace { found += judge.take([record], in: Self.place) }
      #expect(found.map(\.verdict) == [.lateAsyncAttach], "\(most)")
    }
  }

  /// Where the device is would be asked for a judgement, which costs a look at the whole trace.
  private func isJudged(_ story: Story) -> Bool {
    var judge = WatchJudge()
    judge.take(story.trace)
    return judge.isAsked
  }

  @Test("a device that comes is not judged, whatever drivers were tried before")
  func coming() {
    var story = Story()
    story.probeBegins(pid: Story.helper, driver: "ses")
    story.probeFails(pid: Story.helper, by: .deviceHelper, error: 19)
    story.attached(pid: Story.helper, by: .deviceHelper)
    #expect(!isJudged(story))
  }

  @Test("what the kernel takes away, and another device in its place, are not judged")
  func replaced() {
    var story = Story()
    story.bind(pid: Story.stranger)
    story.unbind(pid: Story.stranger)
    story.begins(.remove, pid: Story.stranger)
    story.returns(.remove, pid: Story.stranger)
    story.add(.deviceAdd, pid: Story.worker, device: Story.device, name: "0:0:0:0")
    story.attached(pid: Story.helper, by: .deviceHelper)
    #expect(!isJudged(story))
    #expect(isJudged(Story.lateAttach), "or it proves nothing")
  }

  @Test("an unbind that has returned is none of what its thread does later")
  func returned() {
    var story = Story()
    story.unbind(pid: Story.stranger, device: Story.other)
    story.begins(.remove, pid: Story.stranger)
    story.detached(pid: Story.stranger)
    story.attached(pid: Story.helper, by: .deviceHelper)
    #expect(!isJudged(story))
  }

  @Test("what is forgotten hides a finding and makes none")
  func forgotten() {
    let trace = Story.lateAttach.trace
    for most in 2...(trace.count + 2) {
      var judge = WatchJudge(lookingBack: most)
      var found: [Finding] = []
      for record in trace { found += judge.take([record], in: Self.place) }
      #expect(found.allSatisfy { $0.verdict == .lateAsyncAttach || $0.verdict == .lateAttach })
      if most > trace.count { #expect(found.count == 1) }
    }
  }
}

extension WatchJudge {
  fileprivate mutating func take(_ records: [TraceRecord], in place: Place) -> [Finding] {
    take(records)
    return findings { _, _ in place }
  }
}
