internal import CLinux
internal import DriverModel
public import Evidence
internal import Glibc
public import HostSafety
internal import KernelTrace
internal import Udev

/// Tries what a run needs of a host. What it changes is in a ledger first, and put back at once; what could
/// not be put back exactly is only looked at.
public struct HostCheck {
  private let sysfs: Sysfs
  private let host: Host
  /// How long others' asynchronous work is waited for.
  private let patience: Duration
  /// True when the user wants it to end; what was tried is put back first.
  private let isInterrupted: @Sendable () -> Bool
  private let deadline: Duration = .seconds(30)

  public init(
    host: Host, patience: Duration = .seconds(5),
    isInterrupted: @escaping @Sendable () -> Bool = { false }
  ) {
    // A module whose load waits for others is waited for no longer either.
    self.host = Host(
      sys: host.sys, proc: host.proc, tracing: host.tracing, dev: host.dev, run: host.run,
      actions: host.actions, deviceGuard: host.deviceGuard, patience: host.patience,
      usePatience: host.usePatience, modulePatience: patience)
    self.patience = patience
    self.isInterrupted = isInterrupted
    sysfs = Sysfs(root: host.sys)
  }

  /// Tries everything. The caller holds the host's lock.
  ///
  /// - Parameters:
  ///   - run: names the ledger.
  ///   - tell: is told what is waited for, where that takes longer than a second.
  /// - Throws: where no ledger can be written; then nothing was tried.
  public func run(_ run: String, tell: @escaping @Sendable (String) -> Void)
    throws(SystemError) -> HostReport
  {
    let ledger = try Ledger(run: run, proc: host.proc)
    ledger.holdByChildren(on: host)
    defer { host.actions.shareWithChildren(-1) }
    let (trace, facts) = tracing(ledger)
    var trials = [root, trace, uevents, kernelLog(ledger), processors, workqueueMask, fifo]
    trials += [asynchronousWork(ledger, facts, tell: tell), provider, udevd]
    trials.append(HostSecurity(host: host).lockdown)
    let failures = ledger.restoreAll(on: host).filter(\.outcome.isFailure)
    for step in failures {
      trials.append(
        HostTrial(
          "put back", "\(step.change): \(step.outcome)", hinders: .run,
          means: "the next run puts it back, or bindrace restore"))
    }
    _ = try ledger.finish()
    return HostReport(trials: trials, facts: facts.map(FactTrial.init))
  }

  /// What a user without the right to try anything can be told.
  public var withoutRoot: HostReport {
    HostReport(trials: [root, processors, provider, udevd, HostSecurity(host: host).lockdown])
  }
}

extension HostCheck {
  private var root: HostTrial {
    geteuid() == 0
      ? HostTrial("root", "yes")
      : HostTrial(
        "root", "uid \(geteuid()), and not root", hinders: .run,
        means: "nothing can be raced, and most of this cannot be tried")
  }

  /// The group and the instance of a run, made and removed.
  private func tracing(_ ledger: Ledger) -> (HostTrial, [FactSource]) {
    let name = "trace"
    let less = "evidence is of the level uevent: a late attach is seen, but not who did it"
    do throws(SystemError) {
      let recorder = try TraceRecorder(host: host, ledger: ledger, bufferKilobytes: 64)
      defer { recorder.close(on: host) }
      let facts = recorder.session.facts
      guard let obstacle = recorder.session.obstacle else {
        return (HostTrial(name, "kprobes are made, and fire"), facts)
      }
      return (HostTrial(name, obstacle, hinders: .pass, means: less), facts)
    } catch {
      let (found, help) =
        HostSecurity(host: host).tracingObstacle ?? (error.description, nil)
      return (HostTrial(name, found, hinders: .pass, means: less, help: help), [])
    }
  }

  private var uevents: HostTrial {
    do throws(SystemError) {
      let wanted = RunOptions().ueventBuffer
      let monitor = try UdevMonitor(try UdevContext(), .kernel, bufferSize: wanted)
      // The kernel doubles what it is asked for (socket(7)).
      let granted = monitor.bufferSize / 2
      let found = "receive buffer of \(granted >> 10) KiB"
      if granted >= wanted { return HostTrial("uevents", found) }
      return HostTrial(
        "uevents", found, hinders: .little,
        means: "a storm of events can be lost, which makes a run inconclusive")
    } catch {
      return HostTrial(
        "uevents", error.description, hinders: .run, means: "nothing can be raced")
    }
  }

  /// Read from its end, and opened for writing; its rate limit is lifted and put back.
  private func kernelLog(_ ledger: Ledger) -> HostTrial {
    do throws(SystemError) {
      let dev = try Directory(host.dev)
      _ = try KernelLog(dev, mark: "bindrace: ")
      let isWritable = (try? dev.open("kmsg", O_WRONLY)) != nil
      let isFree = KernelWatch.liftRateLimit(host, ledger)
      let marks =
        isWritable && isFree
        ? "every cycle can be marked in it"
        : isWritable ? "its rate limit cannot be lifted" : "it cannot be written"
      // Nothing but a reader of the log misses the marks.
      return HostTrial("kernel log", "can be read; \(marks)")
    } catch {
      return HostTrial(
        "kernel log", error.description, hinders: .pass,
        means: "whether the kernel warned is not known: no cycle is clean")
    }
  }

  private var processors: HostTrial {
    var cpus = [Int32](repeating: 0, count: 1024)
    let count = unsafe CLinux_usable_cpus(&cpus, 1024)
    if count > 1 { return HostTrial("usable CPUs", "\(count)") }
    return HostTrial(
      "usable CPUs", "only one CPU can be used", hinders: .plainRun,
      means: "the widener cpu needs two, and without it hardly a race reaches its order")
  }

  /// Looked at only, by the check that a run makes.
  var workqueueMask: HostTrial {
    let name = "workqueue mask"
    let path = WorkqueueMask.path
    let means = "the widener cpu is not to be had, and without it hardly a race reaches its order"
    do throws(SystemError) {
      let mask = try sysfs.root.text(path)
      if let reason = WorkqueueMask.keptAsItIs(sysfs) {
        return HostTrial(
          name, reason, hinders: .plainRun, means: means, help: "race without isolated partitions")
      }
      if unsafe faccessat(sysfs.root.number, path, W_OK, 0) == 0 {
        return HostTrial(name, "\(mask), and it can be written")
      }
      let error = SystemError("access", sysfs.root.object(path), errno)
      return HostTrial(name, error.description, hinders: .plainRun, means: means)
    } catch {
      return HostTrial(name, error.description, hinders: .plainRun, means: means)
    }
  }

  /// SCHED_FIFO and an affinity, for a moment in which nothing is spun.
  private var fifo: HostTrial {
    let error = CLinux_run_fifo(1) == 0 ? 0 : errno
    _ = CLinux_run_ordinary(0)
    if error == 0 { return HostTrial("real-time thread", "SCHED_FIFO") }
    return HostTrial(
      "real-time thread", SystemError("sched_setscheduler", "SCHED_FIFO", error).reason,
      hinders: .plainRun,
      means: "the widener cpu is not to be had, and without it hardly a race reaches its order")
  }

  var provider: HostTrial {
    let means = "bindrace cannot make devices itself: name a target"
    if let obstacle = Self.lacksModules(host) ?? ScsiDebug.obstacle(sysfs) {
      return HostTrial(ScsiDebug.name, obstacle, hinders: .plainRun, means: means)
    }
    return HostTrial(ScsiDebug.name, "there")
  }

  /// Its control socket (systemd-udevd.service(8)).
  private var udevd: HostTrial {
    let isThere = unsafe access("\(host.run)/udev/control", F_OK) == 0
    return HostTrial(
      "udevd", isThere ? "runs; it opens new disks for a moment" : "does not run")
  }
}

// MARK: - The end of asynchronous work

extension HostCheck {
  /// Whether a run can know when asynchronous work has ended: by a module that is loaded and removed as
  /// barrier, or by the trace.
  func asynchronousWork(
    _ ledger: Ledger, _ facts: [FactSource], tell: @escaping @Sendable (String) -> Void
  ) -> HostTrial {
    let name = "asynchronous work"
    let foreign = ForeignWork(proc: host.proc)
    // A module that is loaded behind it could not be taken away before it ends.
    let left = foreign.wait(patience, isInterrupted: isInterrupted) {
      tell("waiting for asynchronous work of others: \($0)")
    }
    // What is loaded now would be left behind by a user who does not wait.
    if isInterrupted() {
      return HostTrial(
        name, "not tried: interrupted", hinders: .pass, means: "whether a run can pass is not known"
      )
    }
    if !left.isEmpty { return stuck(left.joined(separator: ", ")) }
    if let reason = Self.lacksModules(host) { return withoutBarrier(reason, facts) }
    let proc = host.proc
    // What was queued and had not begun is not seen above.
    let watch = Task.detached {
      try await Task.sleep(for: .seconds(1))
      let workers = ForeignWork(proc: proc).workers
      let who = workers.isEmpty ? "" : ", behind \(workers.joined(separator: ", "))"
      tell("waiting for a small module to be loaded and removed\(who)")
    }
    defer { watch.cancel() }
    do throws(SystemError) {
      let limit = patience / Verb.moduleDeadlines
      guard let barrier = try DrainBarrier(sysfs, ledger: ledger, deadline: limit) else {
        return withoutBarrier("no small module can be loaded", facts)
      }
      guard barrier.isStuck else {
        return HostTrial(name, "a module (\(barrier.name)) tells when it has ended")
      }
      let now = foreign.workers
      return stuck(now.isEmpty ? "module \(barrier.name) waits" : now.joined(separator: ", "))
    } catch {
      return withoutBarrier(error.description, facts)
    }
  }

  private func stuck(_ who: String) -> HostTrial {
    HostTrial(
      "asynchronous work",
      "asynchronous work of others did not end in \(Int(patience.seconds)) s: \(who)",
      hinders: .pass, means: "a run waits for it first, and knows no end of a cycle before")
  }

  private func withoutBarrier(_ reason: String, _ facts: [FactSource]) -> HostTrial {
    let needed: Set<Fact> = [.schedule, .deviceHelper, .driverHelper, .addition, .probe]
    let told = Set(facts.filter { $0.state != .untold }.map(\.fact))
    if needed.isSubset(of: told) {
      // A device that was there before may have had a helper pending when the recording began.
      return HostTrial(
        "asynchronous work",
        "the trace tells when it has ended, of devices that a run adds; no module does: \(reason)")
    }
    return HostTrial(
      "asynchronous work", reason, hinders: .pass,
      means: "nobody knows when asynchronous work has ended: no cycle is clean",
      help: "a module such as \(DrainModule.candidates[0]) would do")
  }

  /// Why no module at all can be loaded; nil where nothing is known against it.
  private static func lacksModules(_ host: Host) -> String? {
    if !host.proc.exists("modules") { return "this kernel has no modules" }
    if (try? host.proc.text("sys/kernel/modules_disabled")) == "1" {
      return "no module can be loaded before the next boot (kernel.modules_disabled)"
    }
    return nil
  }
}
