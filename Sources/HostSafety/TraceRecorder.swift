internal import DriverModel
public import Evidence
internal import Glibc
public import KernelTrace

/// A trace session whose probes and instance stand in the ledger before they are made.
public final class TraceRecorder {
  public let session: TraceSession
  private let ledger: Ledger
  private let changes: [Change]

  /// Starts recording.
  ///
  /// - Throws: where there is no tracefs, or it cannot be written; nothing is left behind then.
  public init(host: Host, ledger: Ledger, bufferKilobytes: Int = defaultBuffer)
    throws(SystemError)
  {
    let tracefs = try Directory(host.tracing)
    // Before the ledger: without kprobes there is nothing to put back, and nobody could.
    _ = try tracefs.open("kprobe_events", O_WRONLY | O_APPEND)
    let name = TraceSession.name(pid: getpid())
    // Undone in reverse: no probe can be removed while an instance has it enabled.
    changes = [.kprobeGroup(KprobeGroupChange(name)), .traceInstance(TraceInstanceChange(name))]
    for change in changes { try ledger.record(change) }
    self.ledger = ledger
    session = try TraceSession(
      tracefs: tracefs, sys: host.sys, proc: host.proc, name: name,
      bufferKilobytes: bufferKilobytes)
  }

  /// Of each CPU's ring, in KiB: 64 MiB in all, as far as that is sensible.
  public static var defaultBuffer: Int {
    max(1024, min(8192, 65536 / max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
  }

  /// Stops recording. What it made is removed by the ledger, which looks at what is really there.
  public func close(on host: Host) {
    session.close()
    ledger.restore(changes, on: host)
  }
}
