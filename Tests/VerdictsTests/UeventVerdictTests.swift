import Evidence
import Testing

@testable import Verdicts

/// Below `trace` a driver that came back may have been bound by a bystander, and fails nothing.
@Suite struct UeventVerdictTests {
  private func told(_ level: EvidenceLevel, _ tell: (inout Story) -> Void) -> Judgement {
    var story = Story()
    tell(&story)
    story.level = level
    story.trace = []
    return story.judged(.helperPendingAtDetach)
  }

  @Test("BIND after the UNBIND of a successful unbind: inconclusive, a bystander may have bound it")
  func lateAttach() throws {
    let judgement = told(.uevent) {
      $0.bind()
      $0.unbind()
      $0.helperAttaches()
    }
    #expect(judgement.verdict == .inconclusive)
    #expect(judgement.reason.hasPrefix("sd came back after a successful unbind of scsi/0:0:0:0"))
    #expect(!judgement.isHit)
    let attach = try #require(judgement.findings.first?.attach)
    #expect(attach.function == nil)
    #expect(attach.command == nil)
    #expect(attach.after == nil)
  }

  @Test("nothing seen is missed, never clean")
  func nothingSeen() {
    let judgement = told(.uevent) {
      $0.unbind()
      $0.bind()
    }
    #expect(judgement.verdict == .missed)
    #expect(!judgement.isHit)
  }

  @Test("the order is that of SEQNUMs, not that of arrival")
  func arrivalOrder() {
    let judgement = told(.uevent) {
      $0.bind()
      $0.unbind()
      $0.uevents.swapAt(0, 1)
    }
    #expect(judgement.verdict == .missed)
  }

  @Test("and the SEQNUMs reported are those of the last UNBIND and its BIND")
  func reportedSeqnums() throws {
    let judgement = told(.uevent) {
      $0.bind()
      $0.unbind()
      $0.helperAttaches()
      $0.uevents.reverse()
    }
    let seqnum = try #require(judgement.findings.first?.seqnum)
    #expect(seqnum.unbind == 102)
    #expect(seqnum.bind == 103)
  }

  @Test("synthetic events are no evidence")
  func syntheticBind() {
    let judgement = told(.uevent) {
      $0.bind()
      $0.unbind()
      $0.helperAttaches()
      $0.uevents[2].isSynthetic = true
    }
    #expect(judgement.verdict == .missed)
  }

  @Test("more UNBINDs than we wrote: somebody else's hand")
  func foreignUnbind() {
    let judgement = told(.uevent) {
      $0.bind()
      $0.unbind()
      $0.bind(pid: 99, command: "sh")
      $0.unbind(pid: 99, command: "sh")
      $0.helperAttaches()
    }
    #expect(judgement.verdict == .inconclusive)
    #expect(judgement.reason == "Somebody else detached the driver during the cycle.")
  }

  @Test("ENODEV, then BIND")
  func refused() {
    let judgement = told(.uevent) {
      $0.unbind(error: 19)
      $0.helperAttaches()
    }
    #expect(judgement.verdict == .attachAfterRefusal)
  }

  @Test("BIND after REMOVE without an ADD between")
  func boundAfterRemoval() {
    let removed = told(.uevent) {
      $0.unbind()
      $0.uevent(.remove)
      $0.helperAttaches()
    }
    #expect(removed.verdict == .attachAfterRemove)
    let added = told(.uevent) {
      $0.unbind()
      $0.uevent(.remove)
      $0.uevent(.add)
      $0.bind()
    }
    #expect(added.verdict == .missed)
  }

  @Test("our removal and our unload detach as well")
  func ownRemoval() {
    for verb in [Verb.remove, .unload] {
      let judgement = told(.uevent) {
        $0.begins(verb)
        $0.detached(pid: Story.racer)
        $0.returns(verb)
      }
      #expect(judgement.verdict == .missed)
    }
  }

  @Test("a request that may have been answered after the unbind explains a BIND")
  func overlappingRequest() {
    let bind = told(.uevent) {
      $0.begins(.bind, pid: Story.second)
      $0.unbind()
      $0.attached(pid: Story.second, by: .bind)
      $0.returns(.bind, pid: Story.second)
    }
    #expect(bind.verdict == .missed)
    let rescan = told(.uevent) {
      $0.unbind()
      $0.begins(.rescan)
      $0.attached(pid: Story.racer, by: .rescan)
      $0.returns(.rescan)
    }
    #expect(rescan.verdict == .missed)
    // One that began before and is no write to the device is the stimulus.
    let scan = told(.uevent) {
      $0.begins(.scan, pid: Story.second)
      $0.bind()
      $0.unbind()
      $0.attached(pid: Story.second, by: .deviceAdd)
      $0.returns(.scan, pid: Story.second)
    }
    #expect(scan.reason.contains("came back"))
  }

  @Test("verbs on another device are no word about this one, but its bind can explain a BIND")
  func otherDevice() {
    let unbound = told(.uevent) {
      $0.bind()
      $0.unbind()
      $0.helperAttaches()
      $0.unbind(device: Story.other)
    }
    #expect(unbound.reason.contains("came back"))
    let refused = told(.uevent) {
      $0.bind()
      $0.unbind()
      $0.helperAttaches()
      $0.unbind(error: 19, device: Story.other)
    }
    #expect(refused.reason.contains("came back"))
    let bound = told(.uevent) {
      $0.unbind()
      $0.bind(device: Story.other)
      $0.workerAttaches()
    }
    #expect(bound.verdict == .inconclusive)
    let refusedAndBound = told(.uevent) {
      $0.unbind(error: 19)
      $0.bind(device: Story.other)
      $0.workerAttaches()
    }
    #expect(
      refusedAndBound.reason
        == "A device link can be why sd attached after unbind was refused with ENODEV.")
  }

  @Test("ENODEV after a bind of ours is no word from before the driver was there")
  func refusedAfterBind() {
    let judgement = told(.uevent) {
      $0.bind()
      $0.unbind(error: 19)
      $0.helperAttaches()
    }
    #expect(judgement.verdict == .missed)
  }

  @Test("a write to something else of the device attaches nothing, nor does another's unbind")
  func refusedAfterOther() {
    let override = told(.uevent) {
      $0.writes(.driverOverride)
      $0.unbind(error: 19)
      $0.helperAttaches()
    }
    #expect(override.verdict == .attachAfterRefusal)
    let unbind = told(.uevent) {
      $0.unbind(error: 19)
      $0.unbind(device: Story.other)
      $0.helperAttaches()
    }
    #expect(unbind.verdict == .attachAfterRefusal)
    let before = told(.uevent) {
      $0.bind(device: Story.other)
      $0.unbind(error: 19)
      $0.helperAttaches()
    }
    #expect(before.verdict == .attachAfterRefusal)
  }

  @Test("another error than ENODEV says nothing of a driver")
  func refusedOtherwise() {
    let judgement = told(.uevent) {
      $0.unbind(error: 1)
      $0.helperAttaches()
    }
    #expect(judgement.verdict == .missed)
  }

  @Test("somebody else's bind after our unbind fails nothing, at no level below trace")
  func bystander() {
    for level in [EvidenceLevel.uevent, .log, .sysfs] {
      let judgement = told(level) {
        $0.bind()
        $0.unbind()
        $0.bind(pid: Story.stranger, command: "sh")
      }
      #expect(judgement.verdict == .inconclusive, "\(level)")
    }
  }

  @Test("by the link alone, only a driver that is there at the end says anything")
  func linkAlone() {
    let late = told(.sysfs) {
      $0.bind()
      $0.unbind()
      $0.helperAttaches()
      $0.uevents = []
    }
    #expect(late.verdict == .inconclusive)
    #expect(late.reason.contains("after a successful unbind"))
    let nothing = told(.sysfs) {
      $0.bind()
      $0.unbind()
      $0.uevents = []
    }
    #expect(nothing.verdict == .missed)
    let refused = told(.sysfs) {
      $0.unbind(error: 19)
      $0.driverAtEnd = "sd"
    }
    #expect(refused.verdict == .missed)
  }
}
