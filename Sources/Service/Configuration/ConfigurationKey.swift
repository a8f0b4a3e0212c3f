/// A key of the configuration. All there is to be told about keys is in this one table: reading,
/// the check, the shipped file and the manual page follow it.
public struct ConfigurationKey: Sendable {
  /// Its section's name, without brackets.
  public let section: String
  /// As it is written before the =.
  public let name: String
  /// The default, as it is written behind the =.
  public let defaultText: String
  /// What it means, in a sentence or two.
  public let help: String
  let setting: Setting

  private init(
    _ section: String, _ name: String, _ defaultText: String, _ setting: Setting, _ help: String
  ) {
    self.section = section
    self.name = name
    self.defaultText = defaultText
    self.setting = setting
    self.help = help
  }

  /// True where several assignments add up.
  public var isList: Bool { setting.isList }

  /// The names of sections, in the order of the shipped file.
  public static let sections = ["Daemon", "Race", "Watch"]

  /// All keys, section by section.
  public static let all: [ConfigurationKey] = daemon + race + watch

  private static let daemon: [ConfigurationKey] = [
    ConfigurationKey(
      "Daemon", "Mode", "watch", .choice(\.daemon.mode),
      """
      watch only looks at what others bind and unbind. race also races the devices of Match=, \
      and looks between the races.
      """),
    ConfigurationKey(
      "Daemon", "Match", "", .globs(\.daemon.match),
      """
      The devices to race, a list: BUS/NAME, driver:BUS/DRIVER or a path below /sys/devices, with \
      * ? and [...] as in fnmatch(3). Empty: nothing is raced. Quote what holds a space.
      """),
    ConfigurationKey(
      "Daemon", "Deny", "", .globs(\.daemon.deny),
      """
      The devices never to race, written as in Match=, over which it wins. A path also denies all \
      above and below it.
      """),
  ]

  private static let race: [ConfigurationKey] = [
    ConfigurationKey(
      "Race", "Patterns", "hotplug-async", .patterns(\.race.patterns),
      "Which races, a list of names or ids out of `bindrace patterns`."),
    ConfigurationKey(
      "Race", "Widen", "none", .choice(\.race.widen),
      """
      What makes the window longer: none, cpu, saturate, lock or add, as bindrace stress --widen. \
      With cpu or saturate others' asynchronous probes wait too while a race lasts.
      """),
    ConfigurationKey(
      "Race", "Cycles", "20", .number(\.race.cycles, 1...10_000),
      "How often each pattern is tried in one race of a device, 1 to 10000."),
    ConfigurationKey(
      "Race", "OnAdd", "yes", .boolean(\.race.onAdd),
      "Whether a device that matches is raced when it comes, or gets its driver."),
    ConfigurationKey(
      "Race", "Interval", "1h", .timeSpanOrNever(\.race.interval, .seconds(1) ... .days(365)),
      "How long from one race of a device that stays to its next. 0 or infinity: never again."),
    ConfigurationKey(
      "Race", "Window", "500ms", .timeSpan(\.race.window, .zero ... .seconds(600)),
      """
      How long to wait for a late attach where nothing else tells when asynchronous work is done, \
      up to 10min.
      """),
    ConfigurationKey(
      "Race", "Deadline", "30s", .timeSpan(\.race.deadline, .milliseconds(100) ... .seconds(3600)),
      "How long one bind or unbind may take before it counts as hung, 100ms to 1h."),
    ConfigurationKey(
      "Race", "RacesPerMinute", "6", .number(\.race.racesPerMinute, 1...600),
      "How many races begin in a minute on this host at most, 1 to 600."),
    ConfigurationKey(
      "Race", "RacesPerDevice", "4", .number(\.race.racesPerDevice, 1...3600),
      "How many races of one device begin in an hour at most, 1 to 3600."),
    ConfigurationKey(
      "Race", "BackOff", "10min", .timeSpan(\.race.backOff, .zero ... .days(365)),
      """
      How long a device is left alone after a race that found something on it; each further one \
      doubles it. 0: not at all.
      """),
    ConfigurationKey(
      "Race", "BackOffMax", "1day", .timeSpan(\.race.backOffMax, .zero ... .days(365)),
      "The longest that BackOff= becomes by doubling."),
  ]

  private static let watch: [ConfigurationKey] = [
    ConfigurationKey(
      "Watch", "Trace", "yes", .boolean(\.watch.trace),
      """
      Whether kprobes are held, by which alone it can be told what came back after an unbind, and \
      by whom. no: the daemon only races.
      """),
    ConfigurationKey(
      "Watch", "TraceBuffer", "1M", .size(\.watch.traceBuffer, (64 << 10)...(1 << 30)),
      "The size of the trace ring of each CPU, 64K to 1G."),
    ConfigurationKey(
      "Watch", "UeventBuffer", "128M", .size(\.watch.ueventBuffer, (64 << 10)...(1 << 30)),
      "The receive buffer of the uevent monitor, 64K to 1G. What does not fit is lost, and counted."
    ),
  ]
}

extension Duration {
  fileprivate static func days(_ count: Int) -> Duration { .seconds(86_400 * count) }
}
