import Evidence

@testable import Verdicts

/// What a hit of each pattern is where what is expected holds, and what it is where that does not: each pattern
/// has something to find, and finds it.
enum Outcomes {
  struct Outcome: Sendable {
    /// A hit, and all is as expected.
    var upheld: Story
    /// The same with what the pattern is to find.
    var breached: Story

    /// - Parameters:
    ///   - common: what is told of both.
    ///   - breach: what comes after that where what is expected does not hold.
    ///   - end: what comes where it does.
    init(
      _ common: (inout Story) -> Void, breach: (inout Story) -> Void,
      end: (inout Story) -> Void = { _ in }
    ) {
      var (upheld, breached) = (Story(), Story())
      common(&upheld)
      end(&upheld)
      common(&breached)
      breach(&breached)
      self.upheld = upheld
      self.breached = breached
    }
  }

  /// By the pattern's id.
  static let all: [String: Outcome] = asynchronous.merging(synchronous) { $1 }
    .merging(deferred) { $1 }.merging(locked) { $1 }.merging(contended) { $1 }
    .merging(controls) { $1 }

  // MARK: A1 to A7: an asynchronous probe is pending

  private static let asynchronous: [String: Outcome] = [
    "A1": Outcome(
      {
        $0.scheduled()
        $0.bind()
        $0.unbind()
      }, breach: { $0.helperRuns() }, end: { $0.helperFindsNothing() }),
    "A2": Outcome(
      {
        $0.scheduledByLoad()
        $0.bind()
        $0.unbind()
      }, breach: { $0.driverHelperRuns() }, end: { $0.helperFindsNothing(.driverHelper) }),
    "A3": Outcome(
      {
        $0.scheduled()
        $0.scheduledByLoad()
        $0.helperRuns()
        $0.unbind()
      }, breach: { $0.driverHelperRuns() }, end: { $0.helperFindsNothing(.driverHelper) }),
    "A4": Outcome(
      {
        $0.scheduled()
        $0.unbind(error: 19)
      }, breach: { $0.helperRuns() }, end: { $0.helperFindsNothing() }),
    "A5": Outcome(
      {
        $0.scheduledByLoad()
        $0.writes(.driverOverride, value: "none")
      }, breach: { $0.driverHelperRuns() }, end: { $0.helperFindsNothing(.driverHelper) }),
    "A6": Outcome(
      {
        $0.scheduled()
        $0.writes(.driversAutoprobe, value: "0")
      }, breach: { $0.helperRuns() }, end: { $0.helperFindsNothing() }),
    "A7": Outcome(
      {
        $0.begins(.scan, pid: Story.second)
        $0.bind()
        $0.unbind()
      },
      breach: {
        $0.attached(pid: Story.second, by: .deviceAdd)
        $0.returns(.scan, pid: Story.second)
      }, end: { $0.returns(.scan, pid: Story.second) }),
  ]

  // MARK: The same on a synchronous driver

  private static let synchronous: [String: Outcome] = [
    "A1s": Outcome(
      {
        $0.addedInTurn()
        $0.bind(pid: Story.second, error: 16)
        $0.unbind(pid: Story.second)
      }, breach: { $0.comesBack() }),
    "A2s": Outcome(
      {
        $0.loadedInTurn()
        $0.bind(error: 16)
        $0.unbind()
      }, breach: { $0.comesBack() }),
    "A4s": Outcome(
      {
        $0.addedInTurn()
        $0.unbind(pid: Story.second)
      }, breach: { $0.comesBack() }),
    "A5s": Outcome(
      { _ in },
      breach: {
        $0.begins(.load, pid: Story.child)
        $0.writes(.driverOverride, value: "none")
        $0.attached(pid: Story.child, by: .registration)
        $0.returns(.load, pid: Story.child)
      },
      end: {
        $0.loadedInTurn()
        $0.writes(.driverOverride, value: "none")
      }),
    "A6s": Outcome(
      { _ in },
      breach: {
        $0.writes(.driversAutoprobe, pid: Story.second, value: "0")
        $0.addedInTurn()
      },
      end: {
        $0.addedInTurn()
        $0.writes(.driversAutoprobe, pid: Story.second, value: "0")
      }),
  ]

  // MARK: D1 to D5, L1: the deferred list

  private static let deferred: [String: Outcome] = [
    "D1": Outcome(
      {
        $0.begins(.driversProbe)
        $0.probeBegins(pid: Story.racer)
        $0.begins(.unbind, pid: Story.second)
        $0.releaseBegins(pid: Story.second)
        $0.probeFails(pid: Story.racer, by: .driversProbe)
        $0.returns(.driversProbe, error: 22)
      }, breach: { $0.returns(.unbind, pid: Story.second) },
      end: {
        $0.add(
          .deferredDelete, pid: Story.second, device: Story.device,
          name: Story.name(Story.device))
        $0.returns(.unbind, pid: Story.second)
      }),
    "D2": Outcome(
      {
        $0.begins(.scan)
        $0.probeBegins(pid: Story.racer)
        $0.probeFails(pid: Story.racer, by: .deviceAdd)
        $0.returns(.scan)
        $0.unbind(error: 19)
        $0.bind(device: Story.other)
      }, breach: { $0.workerRuns() }, end: { $0.workerFindsNothing() }),
    "D3": Outcome(
      {
        $0.driversProbeDefers()
        $0.workerBegins()
        $0.bind()
        $0.unbind()
      },
      breach: {
        $0.workerAttaches()
        $0.workerEnds()
      }, end: { $0.workerEnds() }),
    "D4": Outcome(
      {
        $0.driversProbeDefers()
        $0.workerBegins()
        $0.scheduled(pid: Story.worker)
        $0.workerEnds()
        $0.bind()
        $0.unbind()
      }, breach: { $0.helperRuns() }, end: { $0.helperFindsNothing() }),
    "D5": Outcome(
      {
        $0.driversProbeDefers()
        $0.unbind(error: 19)
        $0.bind(device: Story.other)
      }, breach: { $0.workerRuns() }, end: { $0.workerFindsNothing() }),
    "L1": Outcome(
      {
        $0.driverAtStart = "sd"
        $0.unbind()
        $0.unbind(device: Story.other)
      },
      breach: {
        $0.begins(.bind, device: Story.other)
        $0.probeBegins(pid: Story.racer, device: Story.other)
        $0.bound(pid: Story.racer, by: .bind, device: Story.other)
        $0.deferred(pid: Story.racer, by: .link)
        $0.endsBound(pid: Story.racer, device: Story.other)
        $0.returns(.bind, device: Story.other)
        $0.workerRuns()
      }, end: { $0.bind(device: Story.other) }),
  ]

  // MARK: T1, L2, X1: who has the lock

  private static let locked: [String: Outcome] = [
    "T1": Outcome(
      {
        $0.rival = "rival"
        $0.begins(.bind)
        $0.probeBegins(pid: Story.racer)
        $0.begins(.unbind, pid: Story.second)
        $0.releaseBegins(pid: Story.second)
        $0.begins(.load, pid: Story.child, value: "rival")
        $0.probeSucceeds(pid: Story.racer, by: .bind)
        $0.returns(.bind)
        $0.cleansUp(pid: Story.second)
        $0.returns(.unbind, pid: Story.second)
      },
      breach: {
        $0.attached(pid: Story.child, by: .registration, driver: "rival")
        $0.returns(.load, pid: Story.child)
      }, end: { $0.returns(.load, pid: Story.child) }),
    "L2": Outcome(
      {
        $0.rival = "rival"
        $0.driverAtStart = "sd"
        $0.begins(.unbind)
        $0.releaseBegins(pid: Story.racer)
        $0.releaseBegins(pid: Story.racer, device: Story.other)
        $0.unbind(pid: Story.second)
        $0.bind(pid: Story.second, driver: "rival")
        $0.cleansUp(pid: Story.racer, device: Story.other)
      }, breach: { $0.returns(.unbind) }, end: { $0.returns(.unbind, error: 19) }),
    "X1": Outcome(
      {
        $0.rival = "rival"
        $0.driverAtStart = "sd"
        $0.begins(.unbind)
        $0.releaseBegins(pid: Story.racer)
        $0.begins(.bind, pid: Story.second, value: "rival")
        $0.begins(.unbind, pid: Story.third)
        $0.releaseBegins(pid: Story.third)
        $0.cleansUp(pid: Story.racer)
        $0.returns(.unbind)
        $0.attached(pid: Story.second, by: .bind, driver: "rival")
        $0.returns(.bind, pid: Story.second)
      },
      breach: {
        $0.cleansUp(pid: Story.third)
        $0.returns(.unbind, pid: Story.third)
      }, end: { $0.returns(.unbind, pid: Story.third, error: 19) }),
  ]

  // MARK: R1, R2, B1 to B5: verbs that overlap, or follow each other

  private static let contended: [String: Outcome] = [
    "R1": Outcome(
      {
        $0.driverAtStart = "sd"
        $0.unbind()
      }, breach: { $0.comesBack() },
      end: {
        $0.begins(.rescan)
        $0.attached(pid: Story.racer, by: .rescan)
        $0.returns(.rescan)
      }),
    "R2": Outcome(
      {
        $0.driverAtStart = "sd"
        $0.detached(pid: Story.racer)
        $0.bind(pid: Story.second)
        $0.begins(.remove)
      }, breach: { $0.returns(.remove) },
      end: {
        $0.detached(pid: Story.racer)
        $0.returns(.remove)
      }),
    "B1": Outcome(
      {
        $0.driverAtStart = "sd"
        $0.unbind()
      },
      breach: {
        $0.comesBack()
        $0.bind(error: 16)
      }, end: { $0.bind() }),
    "B2": Outcome(
      {
        $0.driverAtStart = "sd"
        $0.begins(.unbind)
        $0.begins(.bind, pid: Story.second)
        $0.detached(pid: Story.racer)
        $0.returns(.unbind)
        $0.attached(pid: Story.second, by: .bind)
        $0.returns(.bind, pid: Story.second)
        $0.unbind()
      }, breach: { $0.comesBack() }),
    "B3": Outcome(
      {
        $0.driverAtStart = "sd"
        $0.begins(.unbind)
        $0.begins(.driversProbe, pid: Story.second)
        $0.detached(pid: Story.racer)
        $0.returns(.unbind)
        $0.attached(pid: Story.second, by: .driversProbe)
        $0.returns(.driversProbe, pid: Story.second)
        $0.unbind()
      }, breach: { $0.comesBack() }),
    "B4": Outcome(
      {
        $0.rival = "rival"
        $0.writes(.driverOverride)
        $0.writes(.driverOverride, pid: Story.second, value: "rival")
        $0.begins(.driversProbe, pid: Story.second)
      },
      breach: {
        $0.attached(pid: Story.second, by: .driversProbe)
        $0.returns(.driversProbe, pid: Story.second)
      },
      end: {
        $0.attached(pid: Story.second, by: .driversProbe, driver: "rival")
        $0.returns(.driversProbe, pid: Story.second)
      }),
    "B5": Outcome({ $0 = .unbindDuringRemoval }, breach: { $0.comesBack() }),
  ]

  // MARK: C1 to C6

  private static let controls: [String: Outcome] = [
    "C1": Outcome(
      {
        $0.begins(.load, pid: Story.child)
        $0.scheduledByLoad()
        $0.returns(.load, pid: Story.child)
        $0.begins(.unload, pid: Story.child)
        $0.helperStarts(.driverHelper)
      },
      breach: {
        $0.returns(.unload, pid: Story.child)
        $0.attached(pid: Story.helper, by: .driverHelper)
        $0.helperEnds(.driverHelperReturn)
      },
      end: {
        $0.attached(pid: Story.helper, by: .driverHelper)
        $0.helperEnds(.driverHelperReturn)
        $0.detached(pid: Story.child)
        $0.returns(.unload, pid: Story.child)
      }),
    "C2": Outcome(
      {
        $0.begins(.scan)
        $0.scheduled(pid: Story.racer)
        $0.returns(.scan)
        $0.writes(.remove, pid: Story.second)
      }, breach: { $0.helperRuns() }, end: { $0.helperFindsNothing() }),
    "C3": Outcome(
      {
        $0.driversProbeDefers()
        $0.bind()
        $0.unbind()
      }, breach: { $0.workerRuns() }),
    "C4": Outcome(
      {
        $0.begins(.bind)
        $0.probeBegins(pid: Story.racer)
        $0.begins(.unbind, pid: Story.second)
        $0.releaseBegins(pid: Story.second)
        $0.probeSucceeds(pid: Story.racer, by: .bind)
        $0.returns(.bind)
      }, breach: { $0.returns(.unbind, pid: Story.second) },
      end: {
        $0.cleansUp(pid: Story.second)
        $0.returns(.unbind, pid: Story.second)
      }),
    "C5": Outcome(
      {
        $0.begins(.scan)
        $0.scheduled(pid: Story.racer)
        $0.returns(.scan)
        $0.bind(pid: Story.second)
        $0.helperStarts()
      },
      breach: {
        $0.detached(pid: Story.helper)
        $0.helperEnds()
      }, end: { $0.helperEnds() }),
    "C6": Outcome(
      {
        $0.driverAtStart = "sd"
        $0.unbind()
      },
      breach: {
        $0.begins(.rescan)
        $0.attached(pid: Story.racer, by: .deviceAdd)
        $0.returns(.rescan)
      }, end: { $0.writes(.rescan) }),
  ]
}

extension Story {
  /// A helper that attaches nothing.
  fileprivate mutating func helperFindsNothing(_ point: TracePoint = .deviceHelper) {
    helperStarts(point)
    helperEnds(point == .deviceHelper ? .deviceHelperReturn : .driverHelperReturn)
  }

  /// A retry whose probe fails for good.
  fileprivate mutating func workerFindsNothing() {
    workerBegins()
    probeBegins(pid: Story.worker)
    probeFails(pid: Story.worker, by: .worker, error: 6)
    workerEnds()
  }

  /// The driver is there again, by a way that nobody knows and nobody asked for.
  fileprivate mutating func comesBack() { attached(pid: Story.worker, by: .unknownThread) }

  /// A device is added, and its synchronous driver attached by that.
  mutating func addedInTurn() {
    begins(.scan)
    attached(pid: Story.racer, by: .deviceAdd)
    returns(.scan)
  }

  /// A synchronous driver is loaded, and attached by that.
  mutating func loadedInTurn() {
    begins(.load, pid: Story.child)
    attached(pid: Story.child, by: .registration)
    returns(.load, pid: Story.child)
  }
}
