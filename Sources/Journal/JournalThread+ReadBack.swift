internal import DriverModel
internal import Evidence
internal import Glibc

/// Whether the journal has what was sent.
extension JournalThread {
  /// What one look tells.
  private struct Look {
    /// For each finding that waits.
    var found: [Bool]
    /// True where journald has worked off all that was sent before, so that what is not there now is not kept;
    /// and what it has is on disk, from where a crash of the host does not take it away.
    var isSynced = false
    /// True where it cannot be asked: it syncs in its own time (SyncIntervalSec=).
    var cannotAsk = false
  }

  func look() {
    // What went from a full outbox is not waited for.
    pending.removeAll { pending in
      pending.item.kept.map { !(outbox?.has($0) ?? false) } ?? false
    }
    do throws(SystemError) {
      let look = try lookAtAll()
      for index in pending.indices {
        if look.found[index] {
          keeps = max(keeps, pending[index].level)
          if look.isSynced || look.cannotAsk { finish(at: index) }
        } else {
          let isOverdue = look.cannotAsk && isOverdue(pending[index], times: 2)
          lookAgain(at: index, isMissed: look.isSynced || isOverdue)
        }
      }
      if keeps >= keepsNot { keepsNot = .max }
    } catch {
      queue.note("the journal cannot be read: \(error)")
      // What nobody has sent yet need not be looked for.
      for index in pending.indices where sends(at: index) == 0 { send(at: index) }
    }
    pending.removeAll(where: \.isDone)
    step = min(step + 1, timing.backoff.count - 1)
    nextLook = pending.isEmpty ? nil : MonotonicClock.now() + timing.backoff[step]
  }

  private func lookAtAll() throws(SystemError) -> Look {
    let entries = pending.map(\.item.entry)
    var look = Look(found: try server.holds(entries))
    // Nobody asks for what was not sent.
    guard pending.indices.contains(where: { look.found[$0] || sends(at: $0) != 0 }) else {
      return look
    }
    do throws(SystemError) {
      // Answered when all that came before is worked off (vl_method_synchronize()).
      try server.synchronize()
      look.isSynced = true
    } catch {
      look.cannotAsk = error.errno == ENOENT
      return look
    }
    if look.found.contains(false) { look.found = try server.holds(entries) }
    return look
  }

  private func isOverdue(_ pending: Pending, times: Int64) -> Bool {
    let patience = timing.patience.nanoseconds * times
    return pending.sent.map { MonotonicClock.now() - $0 > patience } ?? true
  }

  /// How often a finding was sent in this boot; nil where that was in another one.
  private func sends(at index: Int) -> Int? {
    guard let kept = pending[index].item.kept, let outbox else { return pending[index].sends }
    return outbox.sends(kept)
  }

  /// Sends what was never sent, and what journald has taken and its journal does not show.
  private func lookAgain(at index: Int, isMissed: Bool) {
    guard let sends = sends(at: index), sends > 0 else { return send(at: index) }
    guard isMissed else { return }
    let level = pending[index].level
    let most = level <= keeps ? Self.mostLost : level >= keepsNot ? 1 : Self.mostSends
    if sends >= most { return giveUp(at: index) }
    // A journald that was killed has lost it; one that drops what is too much (RateLimitBurst=) needs time.
    if isEnding && level > keeps || isOverdue(pending[index], times: 1) { send(at: index) }
  }

  /// journald took it, and its journal does not have it: where it went, the configuration of journald says.
  private func giveUp(at index: Int) {
    let level = pending[index].level
    // It may have kept others before it was configured anew.
    keeps = min(keeps, level - 1)
    keepsNot = min(keepsNot, level)
    finish(at: index)
    if isGivenUp { return }
    isGivenUp = true
    tell(
      "journald takes findings that its journal does not hold afterwards (Storage= and MaxLevelStore= of journald.conf?): each is sent twice at most, and not kept in the outbox after that."
    )
  }

  private func finish(at index: Int) {
    pending[index].isDone = true
    guard let kept = pending[index].item.kept else { return }
    do throws(SystemError) {
      try outbox?.delete(kept)
    } catch {
      queue.note("\(error)")
    }
  }
}
