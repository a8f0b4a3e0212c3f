import Evidence
import Races
import Testing

@testable import Service

/// Each key means what it says, and a wrong value says what would be right.
@Suite struct ConfigurationTests {
  @Test func `every key is read`() {
    let text = """
      [Daemon]
      Mode=race
      Match=scsi/* "driver:mdio_bus/Generic PHY"
      Deny=/sys/devices/platform/serial8250
      [Race]
      Patterns=A1 driver-load-async
      Widen=cpu
      Cycles=10000
      OnAdd=off
      Interval=1h 30min
      Window=0
      Deadline=1.5s
      RacesPerMinute=1
      RacesPerDevice=3600
      BackOff=0
      BackOffMax=2d
      [Watch]
      Trace=FALSE
      TraceBuffer=64K
      UeventBuffer=1G
      """
    let (configuration, faults) = read(text)
    #expect(faults.isEmpty)
    let daemon = configuration.daemon
    #expect(daemon.mode == .race)
    #expect(daemon.match.map(\.description) == ["scsi/*", "driver:mdio_bus/Generic PHY"])
    #expect(daemon.deny.map(\.description) == ["/sys/devices/platform/serial8250"])
    let race = configuration.race
    #expect(race.patterns == ["A1", "driver-load-async"])
    #expect(race.widen == .cpu && race.cycles == 10_000 && !race.onAdd)
    #expect(race.interval == .seconds(5400) && race.window == .zero)
    #expect(race.deadline == .milliseconds(1500))
    #expect(race.racesPerMinute == 1 && race.racesPerDevice == 3600)
    #expect(race.backOff == .zero && race.backOffMax == .seconds(172_800))
    let watch = configuration.watch
    #expect(!watch.trace && watch.traceBuffer == 65536 && watch.ueventBuffer == 1 << 30)
    // None is forgotten above.
    for key in ConfigurationKey.all { #expect(text.contains("\n\(key.name)="), "\(key.name)") }
  }

  @Test(
    arguments: [
      ("[Daemon]\nMode=Race", "f:2: Mode='Race': not one of watch, race"),
      (
        "[Daemon]\nMatch=sda",
        "f:2: Match='sda': write BUS/NAME (scsi/*), driver:BUS/DRIVER or a path below /sys/devices"
      ),
      (
        "[Daemon]\nMatch=\"scsi/a",
        "f:2: Match='\"scsi/a': a quotation mark encloses a whole item, and has to be closed"
      ),
      (
        "[Race]\nPatterns=hotplug-asinc",
        "f:2: Patterns='hotplug-asinc': no pattern of that name; did you mean hotplug-async?"
      ),
      (
        "[Race]\nPatterns=A1 whatever",
        "f:2: Patterns='whatever': no pattern of that name; `bindrace patterns` lists them"
      ),
      ("[Race]\nWiden=auto", "f:2: Widen='auto': not one of none, cpu, saturate, lock, add"),
      ("[Race]\nCycles=0", "f:2: Cycles='0': not a whole number from 1 to 10000"),
      ("[Race]\nCycles=10001", "f:2: Cycles='10001': not a whole number from 1 to 10000"),
      ("[Race]\nCycles=+5", "f:2: Cycles='+5': not a whole number from 1 to 10000"),
      (
        "[Race]\nCycles=5 # few",
        "f:2: Cycles='5 # few': not a whole number from 1 to 10000; a comment takes a line of its own"
      ),
      ("[Race]\nOnAdd=maybe", "f:2: OnAdd='maybe': not yes or no (true, false, on, off, 1, 0)"),
      (
        "[Race]\nInterval=-1h",
        "f:2: Interval='-1h': not a time span from 1s to 365d, such as 500ms, 90s or 1h 30min, nor 0 or infinity for never"
      ),
      (
        "[Race]\nInterval=1ms",
        "f:2: Interval='1ms': not a time span from 1s to 365d, such as 500ms, 90s or 1h 30min, nor 0 or infinity for never"
      ),
      (
        "[Race]\nWindow=infinity",
        "f:2: Window='infinity': not a time span from 0 to 10min, such as 500ms, 90s or 1h 30min"
      ),
      (
        "[Race]\nDeadline=99ms",
        "f:2: Deadline='99ms': not a time span from 100ms to 1h, such as 500ms, 90s or 1h 30min"
      ),
      ("[Race]\nBackOff=2d", "f:2: BackOff='2d': BackOff=2d is longer than BackOffMax=1d"),
      (
        "[Race]\nBackOffMax=1min",
        "f:2: BackOffMax='1min': BackOff=10min is longer than BackOffMax=1min"
      ),
      (
        "[Watch]\nUeventBuffer=2G",
        "f:2: UeventBuffer='2G': not a size from 64K to 1G, such as 65536, 512K or 16M"
      ),
      (
        "[Watch]\nTraceBuffer=1m",
        "f:2: TraceBuffer='1m': not a size from 64K to 1G, such as 65536, 512K or 16M"
      ),
      ("[Race]\nCycels=5", "f:2: Cycels='5': no such key; did you mean Cycles?"),
      ("[Race]\nCYCLES=5", "f:2: CYCLES='5': no such key; did you mean Cycles?"),
      ("[Race]\nMach=a/b", "f:2: Mach='a/b': no such key; did you mean Match of [Daemon]?"),
      (
        "[Watch]\nWhatever=5",
        "f:2: Whatever='5': no such key; there are Trace, TraceBuffer, UeventBuffer"
      ),
      ("[Daemon]\nCycles=5", "f:2: Cycles='5': belongs into [Race], not [Daemon]"),
      (
        "Cycles=5", "f:1: Cycles='5': belongs into [Race], not the place before the first [section]"
      ),
      ("[Rase]\nCycles=x", "f:1: '[Rase]': no such section; did you mean [Race]?"),
      ("[Unit]", "f:1: '[Unit]': no such section; there are [Daemon], [Race], [Watch]"),
    ])
  func `what is wrong names itself and what would be right`(text: String, fault: String) {
    #expect(read(text).faults == [fault])
  }

  @Test func `all that is wrong is said at once`() {
    let faults = read("[Race]\nCycles=0\nnonsense\nMatch=\n[Daemon]\nMatch=a b/c d\nMode=x").faults
    #expect(faults.map { $0.prefix(4) } == ["f:2:", "f:3:", "f:4:", "f:6:", "f:6:", "f:7:"])
  }

  @Test func `a list grows, and an empty assignment empties it`() {
    let text = "[Daemon]\nMatch=a/1 a/2\nMatch=a/3 a/1\n"
    #expect(read(text).configuration.daemon.match.map(\.description) == ["a/1", "a/2", "a/3"])
    #expect(read(text + "Match=").configuration.daemon.match.isEmpty)
    #expect(
      read(text + "Match=\nMatch=a/9").configuration.daemon.match.map(\.description) == ["a/9"])
  }

  @Test func `a list replaces its default, and an empty assignment brings it back`() {
    #expect(read("[Race]\nPatterns=A2\nPatterns=A1").configuration.race.patterns == ["A2", "A1"])
    let emptied = read("[Race]\nPatterns=A2\nPatterns=").configuration
    #expect(emptied.race.patterns == ["hotplug-async"])
    #expect(
      read("[Race]\nPatterns=A2\nPatterns=\nPatterns=A1").configuration.race.patterns == ["A1"])
  }

  @Test func `the last of several values holds, an empty one is the default`() {
    #expect(read("[Race]\nCycles=1\nCycles=2").configuration.race.cycles == 2)
    #expect(read("[Race]\nCycles=1\nCycles=").configuration.race.cycles == 20)
    #expect(read("[Race]\nBackOff=2d\nBackOff=").faults.isEmpty)
  }

  @Test func `a value that is replaced later is wrong all the same`() {
    #expect(read("[Race]\nCycles=0\nCycles=2").faults.count == 1)
  }

  @Test(arguments: ["0", "infinity", "0s"]) func `an interval can be never`(value: String) {
    #expect(read("[Race]\nInterval=\(value)").configuration.race.interval == nil)
  }

  @Test func `wideners and the default races are those of the catalog`() {
    #expect(Configuration.Widen.allCases.map(\.rawValue) == Widener.allCases.map(\.rawValue))
    for name in Configuration().race.patterns { #expect(Catalog.patterns(named: name) != nil) }
  }
}
