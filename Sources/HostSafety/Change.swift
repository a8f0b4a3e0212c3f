internal import DriverModel
internal import Evidence

/// One thing that a run changes, with all that is needed to put it back.
///
/// A new kind is a type that conforms to `Reversible`, and a line in each of the three lists here.
public enum Change: Sendable, Equatable, CustomStringConvertible {
  case attribute(AttributeChange)
  case autoprobe(AutoprobeChange)
  case sysctl(SysctlChange)
  case moduleLoaded(ModuleLoadedChange)
  case moduleReloaded(ModuleReloadedChange)
  case modules(ModulesChange)
  case binding(BindingChange)
  case deviceRemoved(DeviceRemovedChange)
  case traceInstance(TraceInstanceChange)
  case kprobeGroup(KprobeGroupChange)
  case udevQueue(UdevQueueChange)

  var reversible: any Reversible {
    switch self {
    case .attribute(let change): change
    case .autoprobe(let change): change
    case .sysctl(let change): change
    case .moduleLoaded(let change): change
    case .moduleReloaded(let change): change
    case .modules(let change): change
    case .binding(let change): change
    case .deviceRemoved(let change): change
    case .traceInstance(let change): change
    case .kprobeGroup(let change): change
    case .udevQueue(let change): change
    }
  }

  /// Reads what `fields` wrote; nil where it is damaged.
  init?(fields: [[String]]) {
    guard let kind = fields.first?.first else { return nil }
    let rest = Array(fields.dropFirst())
    let change: Change? =
      switch kind {
      case AttributeChange.kind: AttributeChange(fields: rest).map(Change.attribute)
      case AutoprobeChange.kind: AutoprobeChange(fields: rest).map(Change.autoprobe)
      case SysctlChange.kind: SysctlChange(fields: rest).map(Change.sysctl)
      case ModuleLoadedChange.kind: ModuleLoadedChange(fields: rest).map(Change.moduleLoaded)
      case ModuleReloadedChange.kind: ModuleReloadedChange(fields: rest).map(Change.moduleReloaded)
      case ModulesChange.kind: ModulesChange(fields: rest).map(Change.modules)
      case BindingChange.kind: BindingChange(fields: rest).map(Change.binding)
      case DeviceRemovedChange.kind: DeviceRemovedChange(fields: rest).map(Change.deviceRemoved)
      case TraceInstanceChange.kind: TraceInstanceChange(fields: rest).map(Change.traceInstance)
      case KprobeGroupChange.kind: KprobeGroupChange(fields: rest).map(Change.kprobeGroup)
      case UdevQueueChange.kind: UdevQueueChange(fields: rest).map(Change.udevQueue)
      default: nil
      }
    guard let change else { return nil }
    self = change
  }

  var fields: [[String]] { [[type(of: reversible).kind]] + reversible.fields }

  /// What it is a change of; a run has one open entry for each.
  public var thing: String { reversible.thing }

  /// One short phrase: what was changed, and what it was before.
  public var description: String { reversible.summary }

  /// The path below /sys of the device that it binds or brings back; nil where it is about no device.
  ///
  /// Such a change is looked at twice: whatever is put back besides can bring devices and probes.
  var devpath: String? {
    switch self {
    case .binding(let change): change.devpath
    case .deviceRemoved(let change): change.devpath
    default: nil
    }
  }

  /// True where the whole host feels it as long as it stands: a run that is killed may not leave it until
  /// somebody calls restore (`Survivor`). What is left of a device, a module or the trace can wait.
  var mustNotOutlive: Bool {
    switch self {
    case .udevQueue, .autoprobe, .sysctl: true
    // Of a driver_override the device alone knows.
    case .attribute(let change): change.format != .driverOverride
    default: false
    }
  }

  /// True where devices that the run made go when it is put back.
  var takesDevices: Bool {
    if case .moduleLoaded(let change) = self { change.maker != nil } else { false }
  }

  /// The module by which the run waited for all asynchronous probes; nil where it is something else.
  var drainModule: String? {
    guard case .moduleLoaded(let change) = self, DrainModule.candidates.contains(change.name) else {
      return nil
    }
    return change.name
  }

  /// True where it can only be told when all else is put back.
  var isAboutTheRest: Bool {
    if case .modules = self { true } else { false }
  }

  /// True where udevd goes on when it is put back.
  var isUdevd: Bool {
    if case .udevQueue = self { true } else { false }
  }

  /// This change without what others are about: what became of that they tell.
  func besides(_ others: [Change]) -> Change {
    guard case .modules(var change) = self else { return self }
    for case .moduleLoaded(let other) in others { change.loaded.append(Modules.name(other.name)) }
    return .modules(change)
  }

  /// This change with what a later one of the same thing adds to it: the oldest value stays.
  func adding(_ later: Change) -> Change {
    switch (self, later) {
    case (.attribute(let a), .attribute(let b)): .attribute(a.adding(b))
    case (.autoprobe(let a), .autoprobe(let b)): .autoprobe(a.adding(b))
    case (.binding(let a), .binding(let b)): .binding(a.adding(b))
    case (.moduleReloaded(let a), .moduleReloaded(let b)): .moduleReloaded(a.adding(b))
    default: self
    }
  }
}

/// A kind of change: how the ledger holds it, and how it is undone.
protocol Reversible: Sendable, Equatable {
  /// The word in the ledger.
  static var kind: String { get }
  var thing: String { get }
  var summary: String { get }
  /// What the ledger holds of it, and how it is read again; nil where that is damaged.
  var fields: [[String]] { get }
  init?(fields: [[String]])

  /// Puts it back. Doing it twice does no harm.
  func undo(on host: Host) throws(SystemError) -> Outcome
}
