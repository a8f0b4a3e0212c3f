import DriverModel

@testable import Service

/// Configuration files, parted by the byte 0xff: an administrator's typing errors, or no text at all.
enum ConfigurationFuzz: FuzzTarget {
  static let name = "configuration"

  private static let devices = [
    (bus: "scsi", name: "0:0:0:0", driver: "sd", devpath: "/devices/pci0/0:4/host0/0:0:0:0"),
    (bus: "pci", name: "0:4", driver: nil, devpath: "/devices/pci0/0:4"),
  ]

  static func run(_ input: [UInt8]) {
    var check = ConfigurationCheck(patterns: ["hotplug-async", "A1"])
    for part in input.split(separator: 0xff, omittingEmptySubsequences: false) {
      let text = ConfigurationText(Array(part), file: "f")
      must(text.sections.dropFirst().allSatisfy { $0.name != nil }, "a section without a name")
      check.read(text)
    }
    check.finish()
    for error in check.errors.errors {
      must(!error.problem.isEmpty, "a problem without a word")
      must(!"\(error)".contains(where: \.isNewline), "a problem of several lines")
    }
    must(check.errors.more == 0 || !check.errors.isEmpty, "more errors than there are")
    hold(check.configuration)
    if check.errors.isEmpty {
      let race = check.configuration.race
      must(!race.patterns.isEmpty, "no pattern")
      must(race.backOff <= race.backOffMax, "a back-off that shrinks")
    }
    for (bus, name, driver, devpath) in devices {
      let devices = check.configuration.daemon.devices
      let answer = devices.answer(bus: bus, name: name, driver: driver, devpath: devpath)
      must(answer == .no || !devices.match.isEmpty, "raced without being named")
    }
  }

  /// What was taken is within its limits, whatever else is wrong, and is what is written of it.
  private static func hold(_ configuration: Configuration) {
    let race = configuration.race
    must((1...10_000).contains(race.cycles), "\(race.cycles) cycles")
    must(race.interval.map { $0 >= .seconds(1) } ?? true, "races without a pause")
    must(race.deadline >= .milliseconds(100), "a deadline that nothing meets")
    for span in [race.window, race.deadline, race.backOff, race.backOffMax] {
      let text = TimeSpan.text(span)
      guard let again = TimeSpan.parse(text) else { fatalError("'\(text)' is no time span") }
      // Microseconds are the smallest that is written.
      must(span - again >= .zero && span - again < .microseconds(1), "\(span) is written \(text)")
    }
    for bytes in [configuration.watch.traceBuffer, configuration.watch.ueventBuffer] {
      must((65536...1 << 30).contains(bytes), "a buffer of \(bytes)")
      must(ByteSize.parse(ByteSize.text(bytes)) == bytes, "\(bytes) is written as something else")
    }
    must((1...600).contains(race.racesPerMinute), "\(race.racesPerMinute) races in a minute")
    must((1...3600).contains(race.racesPerDevice), "\(race.racesPerDevice) races in an hour")
    for glob in configuration.daemon.match + configuration.daemon.deny {
      must((try? DeviceGlob(glob.description)) == glob, "\(glob) is read as something else")
      if let target = glob.target { must(!target.description.isEmpty, "a target without a name") }
    }
  }
}
