public import Evidence
internal import Glibc
public import HostSafety

/// A watch of the host for whoever looks on, until a signal ends it.
public final class WatchSession {
  private let host: Host
  private let ledger: Ledger?
  private let loop: EventLoop
  private let watch: DeviceWatch

  /// Begins to watch.
  ///
  /// - Parameters:
  ///   - run: names the ledger of the trace probes; nil where nothing shall be traced.
  ///   - tell: called for all that is seen.
  /// - Throws: what keeps uevents from being received, or the ledger from being written.
  public init(
    host: Host, run: String?, ueventBuffer: Int = 128 << 20, tell: @escaping (WatchEvent) -> Void
  ) throws {
    self.host = host
    ledger = try run.map { run throws(SystemError) in try Ledger(run: run, proc: host.proc) }
    loop = try EventLoop()
    watch = try DeviceWatch(
      loop, host: host, ledger: ledger, bufferKilobytes: TraceRecorder.defaultBuffer,
      ueventBuffer: ueventBuffer)
    watch.tellsAll = true
    watch.handler = tell
  }

  /// Why nothing is traced; nil where it is.
  public var untraced: String? { watch.health.blindness }

  /// Runs until SIGINT, SIGTERM or SIGHUP, or until `stop`, and takes the probes away.
  public func run() throws {
    let signals = try Signals([SIGINT, SIGTERM, SIGHUP])
    try loop.add(signals.descriptor) { [unowned self] in
      while signals.next() != nil { loop.stop() }
    }
    check()
    try loop.run()
    watch.close()
    _ = try? ledger?.finish()
  }

  private func check() {
    watch.check()
    loop.after(DeviceWatch.checkInterval) { [unowned self] in check() }
  }

  /// Ends it after what is being told.
  public func stop() { loop.stop() }
}
