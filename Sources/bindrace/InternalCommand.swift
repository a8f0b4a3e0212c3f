internal import DriverModel
internal import Evidence
internal import HostSafety
internal import Races
internal import Service

/// Children of bindrace: the executable itself, started again under a name that no user types.
///
/// They come before any parsing, as they may neither allocate much nor print a usage text.
enum InternalCommand {
  /// Runs the child that the first argument names and returns its exit status; nil where the
  /// arguments are a user's.
  static func run(_ arguments: [String]) -> Int32? {
    if WaitingChild.isMeant(by: arguments) { return WaitingChild.run(arguments) }
    if arguments.first == SignatureChild.command {
      return SignatureChild.run(Array(arguments.dropFirst()))
    }
    if arguments.first == RacerMain.command { return RacerMain.run(Array(arguments.dropFirst())) }
    if arguments.first == SurvivorMain.command {
      return SurvivorMain.run(Array(arguments.dropFirst()))
    }
    if arguments.first == Daemon.raceCommand { return race(Array(arguments.dropFirst())) }
    if arguments.first == Daemon.firstAttemptCommand {
      return attempt(Array(arguments.dropFirst()))
    }
    return nil
  }

  /// A race of the daemon: a command line as a user would write it, but not while the system shuts down.
  private static func race(_ arguments: [String]) -> Int32 {
    StandardStreams.prepare()
    if SystemState.isStopping {
      StandardStreams.complain("nothing is raced: the system shuts down")
      return ExitStatus.nothingRan.rawValue
    }
    return Invocation.run(arguments).rawValue
  }

  /// The first attempt on a device that came: BUS, NAME, what is denied as --deny TARGET, and drivers. There is
  /// no time for more.
  private static func attempt(_ words: [String]) -> Int32 {
    StandardStreams.prepare()
    do {
      guard words.count > 2 else { return ExitStatus.usage.rawValue }
      var drivers = words[2...]
      var lists = DeviceLists()
      while drivers.first == "--deny" {
        guard let target = drivers.dropFirst().first else { return ExitStatus.usage.rawValue }
        lists.deny.append(try Target(target))
        drivers = drivers.dropFirst(2)
      }
      let lock = try HostLock.orFailure()
      try withExtendedLifetime(lock) {
        let run = RunResult.blank(seed: 0).run
        try FirstAttempt(host: try Host(), run: run).make(
          bus: words[0], name: words[1], drivers: Array(drivers), lists: lists,
          deadline: .seconds(30))
      }
      return ExitStatus.pass.rawValue
    } catch {
      let text = (error as? Failure)?.text ?? "\(error)"
      StandardStreams.complain("no first attempt: \(text)")
      return ExitStatus.nothingRan.rawValue
    }
  }
}
