internal import CLinux
internal import DriverModel
public import Evidence
internal import Glibc
public import HostSafety
internal import KernelTrace
internal import Udev

/// One thing that was tried on this host, and what came of it.
public struct HostFact: Sendable, Equatable {
  public enum Status: Sendable {
    /// All of it works.
    case ok
    /// Runs are possible, with less.
    case degraded
    /// It does not work.
    case missing
  }

  public var name: String
  public var status: Status
  /// What was found, in a few words.
  public var found: String
  /// What that means for a run.
  public var means: String
}

/// Tries what a run needs of a host. What it changes is in a ledger first, and put back at once.
public struct HostCheck {
  private let sysfs: Sysfs
  private let host: Host
  private let deadline: Duration = .seconds(30)

  public init(host: Host) {
    self.host = host
    sysfs = Sysfs(root: host.sys)
  }

  /// Tries everything. The caller holds the host's lock.
  ///
  /// - Parameter run: names the ledger.
  /// - Throws: where no ledger can be written; then nothing was tried.
  public func run(_ run: String) throws(SystemError) -> [HostFact] {
    let ledger = try Ledger(run: run, proc: host.proc)
    ledger.holdByChildren(on: host)
    defer { host.actions.shareWithChildren(-1) }
    var facts = [root, tracing(ledger), uevents, kernelLog(ledger)]
    facts += [processors, workqueueMask, fifo, modules(ledger), provider, udevd, lockdown]
    let failures = ledger.restoreAll(on: host).filter(\.outcome.isFailure)
    for step in failures {
      facts.append(
        HostFact(
          name: "put back", status: .missing, found: "\(step.change): \(step.outcome)",
          means: "run bindrace restore"))
    }
    _ = try ledger.finish()
    return facts
  }

  /// What a user without the right to try anything can be told.
  public var withoutRoot: [HostFact] { [root, processors, provider, udevd, lockdown] }
}

extension HostCheck {
  private var root: HostFact {
    geteuid() == 0
      ? HostFact(name: "root", status: .ok, found: "yes", means: "")
      : HostFact(
        name: "root", status: .missing, found: "uid \(geteuid())",
        means: "nothing can be raced, and most of this cannot be tried")
  }

  /// tracefs and kprobes: the group and the instance of a run, made and removed.
  private func tracing(_ ledger: Ledger) -> HostFact {
    let less = "evidence is of the level uevent: a late attach is seen, but not who did it"
    do throws(SystemError) {
      let recorder = try TraceRecorder(host: host, ledger: ledger, bufferKilobytes: 64)
      defer { recorder.close(on: host) }
      if let obstacle = recorder.session.obstacle {
        return HostFact(
          name: "tracefs, kprobes", status: .degraded, found: obstacle, means: less)
      }
      return HostFact(
        name: "tracefs, kprobes", status: .ok, found: "probes are made, and fire", means: "")
    } catch {
      return HostFact(
        name: "tracefs, kprobes", status: .degraded, found: error.description, means: less)
    }
  }

  private var uevents: HostFact {
    do throws(SystemError) {
      let wanted = RunOptions().ueventBuffer
      let monitor = try UdevMonitor(try UdevContext(), .kernel, bufferSize: wanted)
      // The kernel doubles what it is asked for (socket(7)).
      let granted = monitor.bufferSize / 2
      return HostFact(
        name: "uevents", status: granted >= wanted ? .ok : .degraded,
        found: "receive buffer of \(granted >> 10) KiB",
        means: "a storm of events can be lost, which makes a run inconclusive")
    } catch {
      return HostFact(
        name: "uevents", status: .missing, found: error.description, means: "nothing can be raced")
    }
  }

  /// Read from its end, and opened for writing; its rate limit is lifted and put back.
  private func kernelLog(_ ledger: Ledger) -> HostFact {
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
      return HostFact(
        name: "kernel log", status: .ok, found: "can be read; \(marks)", means: "")
    } catch {
      return HostFact(
        name: "kernel log", status: .degraded, found: error.description,
        means: "whether the kernel warned is not known: no cycle is clean")
    }
  }

  private var processors: HostFact {
    var cpus = [Int32](repeating: 0, count: 1024)
    let count = unsafe CLinux_usable_cpus(&cpus, 1024)
    return HostFact(
      name: "usable CPUs", status: count > 1 ? .ok : .degraded, found: "\(count)",
      means: "the widener cpu needs two")
  }

  /// Writes what is there.
  private var workqueueMask: HostFact {
    let path = WorkqueueMask.path
    do throws(SystemError) {
      let requested = path + "_requested"
      let mask = try sysfs.root.text(sysfs.root.exists(requested) ? requested : path)
      try sysfs.root.write(path, mask)
      return HostFact(name: "workqueue mask", status: .ok, found: mask, means: "")
    } catch {
      return HostFact(
        name: "workqueue mask", status: .degraded, found: error.description,
        means: "the widener cpu is not to be had")
    }
  }

  /// SCHED_FIFO and an affinity, for a moment in which nothing is spun.
  private var fifo: HostFact {
    let error = CLinux_run_fifo(1) == 0 ? 0 : errno
    _ = CLinux_run_ordinary(0)
    if error == 0 {
      return HostFact(name: "real-time thread", status: .ok, found: "SCHED_FIFO", means: "")
    }
    return HostFact(
      name: "real-time thread", status: .degraded,
      found: SystemError("sched_setscheduler", "SCHED_FIFO", error).reason,
      means: "the widener cpu is not to be had")
  }

  private func modules(_ ledger: Ledger) -> HostFact {
    do throws(SystemError) {
      if try DrainBarrier(sysfs, ledger: ledger, deadline: deadline) != nil {
        return HostFact(
          name: "modules", status: .ok, found: "can be loaded and removed", means: "")
      }
      return HostFact(
        name: "modules", status: .degraded, found: "no module for the drain barrier",
        means: "nobody knows when asynchronous work has ended: no cycle is clean")
    } catch {
      return HostFact(
        name: "modules", status: .degraded, found: error.description, means: "no cycle is clean")
    }
  }

  private var provider: HostFact {
    if let obstacle = ScsiDebug.obstacle(sysfs) {
      return HostFact(
        name: "scsi_debug", status: .degraded, found: obstacle,
        means: "bindrace cannot make devices itself: name a target")
    }
    do throws(SystemError) {
      var child = try ChildProcess(["/sbin/modprobe", "-n", ScsiDebug.name])
      if try child.wait(deadline) == .exited(0) {
        return HostFact(name: "scsi_debug", status: .ok, found: "there", means: "")
      }
      return HostFact(
        name: "scsi_debug", status: .degraded, found: child.errors.oneLine,
        means: "bindrace cannot make devices itself: name a target")
    } catch {
      return HostFact(
        name: "scsi_debug", status: .degraded, found: error.description,
        means: "bindrace cannot make devices itself: name a target")
    }
  }

  /// Its control socket (systemd-udevd.service(8)).
  private var udevd: HostFact {
    let isThere = unsafe access("/run/udev/control", F_OK) == 0
    return HostFact(
      name: "udevd", status: .ok,
      found: isThere ? "runs; it opens new disks for a moment" : "does not run", means: "")
  }

  /// kernel_lockdown(7).
  private var lockdown: HostFact {
    guard let text = try? sysfs.root.text("kernel/security/lockdown") else {
      return HostFact(name: "lockdown", status: .ok, found: "not built in", means: "")
    }
    let isOff = text.contains("[none]")
    return HostFact(
      name: "lockdown", status: isOff ? .ok : .degraded, found: text,
      means: "kprobes and unsigned modules may be refused")
  }
}
