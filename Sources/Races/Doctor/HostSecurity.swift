internal import DriverModel
internal import Evidence
internal import Glibc
internal import HostSafety

/// What the kernel keeps even root from (kernel_lockdown(7)), and why there is no tracing, as far as files
/// show it.
struct HostSecurity {
  let host: Host

  enum Lockdown: String {
    case none, integrity, confidentiality
  }

  /// A file system of that type is mounted; at `place`, where one is given.
  private func isMounted(_ type: String, at place: String? = nil) -> Bool {
    let mounts = (try? host.proc.text("self/mounts")) ?? ""
    return mounts.split(separator: "\n").contains { line in
      let words = line.split(separator: " ")
      return words.count > 2 && words[2] == type && place.map { words[1] == $0 } ?? true
    }
  }

  /// The lockdown as securityfs tells it: "none [integrity] confidentiality".
  private var told: Lockdown? {
    guard let text = try? host.sys.text("kernel/security/lockdown"),
      let start = text.firstIndex(of: "["), let end = text.firstIndex(of: "]"), start < end
    else { return nil }
    return Lockdown(rawValue: String(text[text.index(after: start)..<end]))
  }

  /// The lockdown that the kernel was booted with, as its command line tells it.
  private var booted: Lockdown? {
    let line = (try? host.proc.text("cmdline")) ?? ""
    let words = line.split(separator: " ").filter { $0.hasPrefix("lockdown=") }
    return words.last.flatMap { Lockdown(rawValue: String($0.dropFirst("lockdown=".count))) }
  }

  /// True where tracefs is mounted and the kernel keeps root out of it: booted so it makes no files in it,
  /// locked down later it refuses to open them.
  private var isTracingLocked: Bool {
    guard isMounted("tracefs", at: host.tracing), let tracing = try? Directory(host.tracing) else {
      return false
    }
    do throws(SystemError) {
      if try tracing.names().isEmpty { return true }
      _ = try tracing.open("kprobe_events", O_WRONLY | O_APPEND)
      return false
    } catch {
      return error.errno == EPERM
    }
  }

  var lockdown: HostTrial {
    let name = "lockdown"
    let unseen = "securityfs is not mounted"
    if let told { return lockdown(told, "") }
    if isMounted("securityfs") { return HostTrial(name, "this kernel has none") }
    if isTracingLocked { return lockdown(.confidentiality, ", as tracefs is closed (\(unseen))") }
    if isMounted("tracefs", at: host.tracing) && geteuid() == 0 {
      return HostTrial(name, "not confidentiality, as tracefs is open (\(unseen))")
    }
    if let booted { return lockdown(booted, " by the kernel's command line (\(unseen))") }
    return HostTrial(name, "not known: \(unseen)")
  }

  private func lockdown(_ mode: Lockdown, _ source: String) -> HostTrial {
    switch mode {
    case .none: HostTrial("lockdown", "none\(source)")
    case .integrity:
      HostTrial("lockdown", "integrity\(source): it forbids nothing that bindrace needs")
    case .confidentiality:
      // That nothing can be traced is said of the trace, and hinders a pass there.
      HostTrial(
        "lockdown", "confidentiality\(source)", hinders: .little,
        means: "nobody may trace the kernel: evidence is of the level uevent",
        help: Self.unlocking)
    }
  }

  private static let unlocking = "it takes a boot without lockdown=confidentiality"

  /// Why nothing can be traced here, and what would help; nil where the files do not show it.
  var tracingObstacle: (found: String, help: String?)? {
    let needed = "this kernel needs CONFIG_KPROBE_EVENTS"
    if let known = try? host.proc.text("filesystems"),
      !known.split(separator: "\n").contains(where: { $0.hasSuffix("\ttracefs") })
    {
      return ("this kernel has no tracefs", needed)
    }
    guard isMounted("tracefs", at: host.tracing) else {
      return (
        "tracefs is not mounted on \(host.tracing)",
        "mount -t tracefs tracefs \(host.tracing)"
      )
    }
    if isTracingLocked {
      return ("the kernel is locked down (confidentiality)", Self.unlocking)
    }
    if let tracing = try? Directory(host.tracing), !tracing.exists("kprobe_events") {
      return ("tracefs has no kprobe_events", needed)
    }
    if !host.proc.exists("kallsyms") {
      return ("there is no list of the kernel's functions", "this kernel needs CONFIG_KALLSYMS")
    }
    return nil
  }
}
