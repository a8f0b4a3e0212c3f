/// What the daemon is told in /etc/bindrace/bindrace.conf; every setting has a default.
///
/// `ConfigurationKey` says how each is written.
public struct Configuration: Sendable, Equatable {
  public var daemon = Daemon()
  public var race = Race()
  public var watch = Watch()
  /// The files that it was read from, in that order.
  public var files: [String] = []
  /// What is right as it is written, and does not do what it seems to.
  public var warnings: [ConfigurationError] = []

  /// Without any file.
  public init() {}

  /// [Daemon]: what is done at all, and to which devices.
  public struct Daemon: Sendable, Equatable {
    public var mode = Mode.watch
    /// None means that nothing is raced.
    public var match: [DeviceGlob] = []
    /// Wins over `match`.
    public var deny: [DeviceGlob] = []

    /// Which devices are raced.
    public var devices: DeviceMatch { DeviceMatch(match: match, deny: deny) }
  }

  public enum Mode: String, CaseIterable, Sendable {
    /// Only look at what others bind and unbind.
    case watch
    /// Race the devices that match, and look between the races.
    case race
  }

  /// [Race]: how, and how often.
  public struct Race: Sendable, Equatable {
    /// Names or ids of the catalog, or its words for several.
    public var patterns = ["hotplug-async"]
    public var widen = Widen.none
    /// Of each pattern in a race.
    public var cycles = 20
    /// A device that comes is raced.
    public var onAdd = true
    /// From one race of a device that stays to its next; nil for never.
    public var interval: Duration? = .seconds(3600)
    public var window = Duration.milliseconds(500)
    public var deadline = Duration.seconds(30)
    /// On this host.
    public var racesPerMinute = 6
    /// Of one device in an hour.
    public var racesPerDevice = 4
    /// How long a device is left alone after a finding on it; twice as long after the next.
    public var backOff = Duration.seconds(600)
    /// The longest of it, never shorter than `backOff`.
    public var backOffMax = Duration.seconds(86_400)
  }

  /// What lengthens a window, by the names of `bindrace stress --widen`.
  public enum Widen: String, CaseIterable, Sendable {
    case none, cpu, saturate, lock, add
  }

  /// [Watch]: what is looked at.
  public struct Watch: Sendable, Equatable {
    /// Hold kprobes; without them nothing that comes back can be told.
    public var trace = true
    /// The trace ring of each CPU, in bytes.
    public var traceBuffer = 1 << 20
    /// The receive buffer of the uevent monitor, in bytes.
    public var ueventBuffer = 128 << 20
  }
}
