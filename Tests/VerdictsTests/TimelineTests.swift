import Evidence
import Testing

@testable import Verdicts

/// Which device a cycle is about, where several had its name, and what became of it.
@Suite struct TimelineTests {
  struct Known: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let tell: @Sendable (inout Story) -> Void
  }

  /// From what tells most to what tells least.
  static let ways = [
    Known(testDescription: "our bind attached it") {
      $0.begins(.bind)
      $0.bound(pid: Story.racer, by: .bind)
      $0.returns(.bind)
    },
    Known(testDescription: "our unbind reached it") {
      $0.begins(.unbind)
      $0.releaseBegins(pid: Story.racer)
      $0.returns(.unbind)
    },
    Known(testDescription: "the driver was tried on it") {
      $0.probeBegins(pid: Story.stranger)
    },
    Known(testDescription: "a device-side helper ran for it") { $0.helperStarts() },
    Known(testDescription: "a driver-side helper ran for it") { $0.helperStarts(.driverHelper) },
    Known(testDescription: "we gave it an override") { $0.begins(.driverOverride) },
    Known(testDescription: "another driver was tried on it") {
      $0.probeBegins(pid: Story.stranger, driver: "other")
    },
    Known(testDescription: "somebody released it") { $0.releaseBegins(pid: Story.stranger) },
  ]

  private func device(_ story: Story) -> UInt64? { Timeline(story.evidence).device }

  @Test("one thing alone tells which it is", arguments: ways)
  func identified(_ way: Known) {
    var story = Story()
    way.tell(&story)
    #expect(device(story) == Story.device)
    // Under another name it is another device.
    for index in story.trace.indices where story.trace[index].device != nil {
      story.trace[index].name = "9:0:0:0"
    }
    #expect(device(story) == nil)
  }

  @Test("what tells more wins, whatever came later", arguments: ways.dropLast())
  func better(_ way: Known) {
    var story = Story()
    way.tell(&story)
    story.add(.release, pid: Story.stranger, device: 0xbad, name: "0:0:0:0")
    #expect(device(story) == (way.testDescription.hasPrefix("another") ? 0xbad : Story.device))
  }

  @Test("a detach is the first clean-up after a release, with no probe between")
  func detaches() {
    var story = Story()
    story.releaseBegins(pid: Story.racer)
    story.probeBegins(pid: Story.racer)
    story.probeFails(pid: Story.racer, by: .bind)
    #expect(Timeline(story.evidence).detaches.isEmpty)
    story = Story()
    story.detached(pid: Story.racer)
    story.cleansUp(pid: Story.racer)
    #expect(Timeline(story.evidence).detaches.count == 1)
  }

  @Test("a detach within an unload is that unload's")
  func unload() {
    var story = Story()
    story.begins(.unload, pid: Story.child)
    story.detached(pid: Story.child)
    story.returns(.unload, pid: Story.child)
    guard case .unload(let call) = Timeline(story.evidence).detaches.first?.cause else {
      Issue.record("another cause")
      return
    }
    #expect(call.pid == Story.child)
  }

  @Test("where nothing was recorded, the device is as it began")
  func asItBegan() {
    var story = Story()
    #expect(!Timeline(story.evidence).isBound())
    story.driverAtStart = "sd"
    #expect(Timeline(story.evidence).isBound())
    story.detached(pid: Story.racer)
    #expect(!Timeline(story.evidence).isBound())
  }

  @Test("a stranger's override tells nothing, and an empty trace neither")
  func unknown() {
    var story = Story()
    #expect(device(story) == nil)
    story.begins(.driverOverride, pid: Story.stranger)
    #expect(device(story) == nil)
  }

  @Test("of two that are known the same way it is the later one")
  func later() {
    var story = Story()
    story.add(.reallyProbe, pid: Story.racer, device: 0xbad, name: "0:0:0:0", driver: "sd")
    story.probeBegins(pid: Story.racer)
    #expect(device(story) == Story.device)
    // A watch knows it by its address.
    #expect(Timeline(story.evidence, device: 0xbad).device == 0xbad)
  }
}
