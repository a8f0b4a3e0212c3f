internal import DriverModel
internal import Evidence
internal import Glibc

/// Undoes the changes of one run, the last one first.
///
/// What fails is tried again after all others, as they can be what it waits for (a module that another
/// uses), as long as that gets anywhere, and then for a while, as what is in use may be so for a moment;
/// not where it timed out. Bindings and removed devices are
/// looked at once more at the end, from the root of the tree on: what was put back after them can
/// have brought devices, or probes.
struct Undo {
  let run: String
  let host: Host
  /// What keeps udevd from devices while they are taken away; nil where it cannot be told.
  let pause: UdevPause?
  var observer = RestoreObserver()
  /// Called for each change that is done with.
  let close: (Change) throws(SystemError) -> Void

  private var steps: [RestoreStep] = []
  private var drainModule: String?
  /// True when asynchronous probes may be under way, and what is bound now says little.
  private var mayProbe = true

  init(
    run: String, host: Host, pause: UdevPause?, observer: RestoreObserver,
    close: @escaping (Change) throws(SystemError) -> Void
  ) {
    self.run = run
    self.host = host
    self.pause = pause
    self.observer = observer
    self.close = close
  }

  /// - Parameter changes: in order of recording.
  /// - Returns: what became of each, the last one first.
  static func all(
    _ changes: [Change], run: String, on host: Host, pause: UdevPause?,
    observer: RestoreObserver = RestoreObserver(),
    close: @escaping (Change) throws(SystemError) -> Void
  ) -> [RestoreStep] {
    var undo = Undo(run: run, host: host, pause: pause, observer: observer, close: close)
    return undo.all(changes)
  }

  private mutating func all(_ changes: [Change]) -> [RestoreStep] {
    let drain = changes.first { $0.drainModule != nil }
    drainModule = drain?.drainModule
    let last = changes.filter { $0 == drain || $0.isAboutTheRest }
    for change in changes.reversed() where !last.contains(change) && !change.isUdevd {
      steps.append(RestoreStep(run: run, change: change, outcome: tried(change)))
      if change.devpath == nil, !steps[steps.count - 1].outcome.isFailure {
        finish(steps.count - 1)
      }
    }
    retryFailed()
    // It opens whatever comes or changes, so that is late. Who had a disk may let go of it when udevd tells
    // that it went.
    for change in changes where change.isUdevd {
      steps.append(RestoreStep(run: run, change: change, outcome: tried(change)))
      finish(steps.count - 1)
      retryFailed()
    }
    lookAgainAtDevices()
    for index in steps.indices
    where steps[index].outcome.isFailure && steps[index].change.devpath == nil
      && !steps[index].change.isUdevd
    {
      finish(index)
    }
    for change in last.reversed() {
      let outcome = tried(change.besides(changes))
      steps.append(RestoreStep(run: run, change: change, outcome: outcome))
      finish(steps.count - 1)
    }
    return steps
  }

  private mutating func retryFailed() {
    let end = MonotonicClock.now() + host.usePatience
    while steps.contains(where: { canBeTriedAgain($0.outcome) }) {
      var isMoving = false
      for index in steps.indices where canBeTriedAgain(steps[index].outcome) {
        steps[index].outcome = tried(steps[index].change)
        if !steps[index].outcome.isFailure {
          isMoving = true
          if steps[index].change.devpath == nil { finish(index) }
        }
      }
      if isMoving { continue }
      if MonotonicClock.now() >= end || observer.isInterrupted() { return }
      Pause.milliseconds(200)
    }
  }

  private func canBeTriedAgain(_ outcome: Outcome) -> Bool {
    guard case .failed(let error) = outcome else { return false }
    return error.errno != ETIMEDOUT && error.errno != EINTR
  }

  private mutating func lookAgainAtDevices() {
    // Parents have shorter paths; a device is found before it is bound, as in the first turn.
    let devices = steps.indices.compactMap { index in
      steps[index].change.devpath.map { (depth: $0.utf8.count, index: index) }
    }
    for (_, index) in devices.sorted(by: <) {
      let before = steps[index].outcome
      if !before.isFailure || canBeTriedAgain(before) {
        let now = tried(steps[index].change)
        steps[index].outcome = now == .alreadyRight && before == .restored ? before : now
      }
      finish(index)
    }
  }

  private func finish(_ index: Int) {
    // An entry that cannot be closed is undone again by the next restore, which does no harm.
    if !steps[index].outcome.isFailure { try? close(steps[index].change) }
    observer.step(steps[index])
  }

  private mutating func tried(_ change: Change) -> Outcome {
    do throws(SystemError) {
      if observer.isInterrupted() {
        var error = SystemError("put back", change.thing, EINTR)
        error.reason = "interrupted before its turn"
        throw error
      }
      if change.devpath != nil && mayProbe {
        drain()
        mayProbe = false
      }
      let outcome = try undo(change)
      if outcome == .restored { mayProbe = true }
      return outcome
    } catch {
      return .failed(error)
    }
  }

  private func undo(_ change: Change) throws(SystemError) -> Outcome {
    guard change.takesDevices, let pause else { return try change.reversible.undo(on: host) }
    return try pause.standing { () throws(SystemError) in try change.reversible.undo(on: host) }
  }

  /// Waits until all asynchronous probes have ended; where nothing tells, for a while.
  private mutating func drain() {
    if let module = drainModule {
      do throws(SystemError) {
        if try !Modules(Sysfs(root: host.sys)).isLoaded(module) {
          try host.actions.load(module, [])
        }
        try host.actions.unload(module)
        return
      } catch {
        // One that hangs is not tried again.
        drainModule = nil
      }
    }
    Pause.milliseconds(Int(host.patience / 4 / .milliseconds(1)))
  }
}
