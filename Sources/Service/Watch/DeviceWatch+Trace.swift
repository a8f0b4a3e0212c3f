internal import DriverModel
internal import Evidence
internal import HostSafety
internal import KernelTrace
internal import Verdicts

/// What is read from the trace, and what of it was lost.
extension DeviceWatch {
  func noticeTrace() {
    guard let trace else { return }
    loop.pause(trace.session.descriptor)
    loop.after(Self.burst) { [weak self] in
      guard let self, let trace = self.trace, !isPaused else { return }
      loop.resume(trace.session.descriptor)
      do throws(SystemError) {
        try readTrace(isDone: false)
      } catch {
        handler(.loss(EvidenceLoss(), "the trace cannot be read: \(error)"))
      }
      settleLater()
    }
  }

  func readTrace(isDone: Bool) throws(SystemError) {
    guard let trace else { return }
    let records = try trace.session.takeOn(isDone: isDone)
    judge.take(records)
    guard tellsAll || judge.isAsked else { return }
    // A device may have gone already: where it was, its uevents tell. Only then, as thousands may wait.
    readUevents()
    if tellsAll { for record in records { say(record) } }
    let found = judge.findings(place: place)
    if found.isEmpty { return }
    // A request that was lost would make it the answer to that.
    let loss = try traceLoss()
    readUevents()
    for finding in found { say(finding, loss) }
    sayTraceLoss(loss)
  }

  /// Lost since the last call.
  func traceLoss() throws(SystemError) -> EvidenceLoss {
    guard let trace else { return EvidenceLoss() }
    var loss = try trace.session.lossSince()
    loss.traceLost += trace.session.unreadable - unreadable
    unreadable = trace.session.unreadable
    return loss
  }

  func sayTraceLoss(_ loss: EvidenceLoss) {
    guard loss.isTraceLost else { return }
    forgetTrace()
    handler(.loss(loss, loss.traceText))
  }

  /// What was recorded is not joined with what comes next: something between them was lost.
  func forgetTrace() {
    judge.forgetAll()
    deeds.forgetAll()
  }

  private func say(_ finding: Finding, _ loss: EvidenceLoss) {
    var finding = finding
    let devpath = String(finding.syspath.dropFirst("/sys".utf8.count))
    finding.seqnum = unbound.seqnums(of: devpath)
    if loss.isTraceLost {
      finding.text +=
        " Trace records were lost meanwhile: somebody may have asked for it."
      finding.verdict = .inconclusive
    }
    handler(.finding(finding))
  }
}
