internal import ArgumentParser
internal import DriverModel
internal import Evidence

/// What `stress` can be told. Everything is checked that needs no look at the host.
struct StressOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "What to race: BUS/NAME, a path of /sys or /dev, driver:BUS/DRIVER or provider:NAME.",
      discussion: """
        Several are separated by blanks or commas. A node of /dev and a device of a class mean the device of a \
        bus that carries them. Without one, bindrace makes scsi_debug devices and takes them away again.
        """,
      valueName: "TARGET"))
  private var targetNames: [String] = []

  /// The targets named. They are looked at late: while parsing, the value of a misspelt option
  /// would be taken for a wrong target and the option never be named.
  func targets() throws(Failure) -> [Target] {
    var targets: [Target] = []
    for name in targetNames.flatMap(CommaList.targets) {
      do {
        targets.append(try Target(name))
      } catch {
        throw Failure(.usage, "TARGET: '\(name)': \(error.problem) (bindrace stress --help)")
      }
    }
    return targets
  }

  @Option(
    name: .customLong("pattern"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Races by name or id, all or controls; may be repeated.", valueName: "NAME,..."),
    completion: PatternName.completion,
    transform: PatternName.known)
  private var patternNames: [[String]] = []

  var patterns: [String] { patternNames.flatMap(\.self) }

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Cycles per pattern and target.", valueName: "N"),
    transform: Int.positive)
  var cycles: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Time for the whole run: 60s, 5m, 500ms; each race has one cycle at least. 60s where --cycles is not given either.",
      valueName: "TIME"),
    transform: DurationArgument.init)
  var duration: DurationArgument?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Hits that a pass needs of each race, or all its cycles where these are fewer (default: 10).",
      discussion: "N clean hits exclude, at 95%, a rate of failures above 1 - 0.05^(1/N).",
      valueName: "N"),
    transform: Int.positive)
  var minHits: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How long to wait for a late attach where nothing else tells; with 0, controls wait for asynchronous work every 100 cycles only (default: 500ms).",
      valueName: "TIME"),
    transform: DurationArgument.orZero)
  var window: DurationArgument = .milliseconds(500)

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How long a verb may take before it counts as hung (default: 30s).", valueName: "TIME"),
    transform: DurationArgument.init)
  var deadline: DurationArgument = .seconds(30)

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("What lengthens the window (default: auto).", valueName: WidenChoice.words),
    completion: WidenChoice.completion,
    transform: WidenChoice.named)
  var widen: WidenChoice = .auto

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "What to prove the order with; a pass needs trace (default: auto).",
      valueName: EvidenceChoice.words),
    completion: EvidenceChoice.completion,
    transform: EvidenceChoice.named)
  var evidence: EvidenceChoice = .auto

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Makes the random delays those of an earlier run.", valueName: "N"),
    transform: UInt64.seed)
  var seed: UInt64?

  @Option(
    help: ArgumentHelp(
      "Repeats an earlier result in JSON: its seed, races, targets, wideners and delays.",
      discussion: """
        Of the races with findings, all cycles up to the last finding; where there are none, all. \
        TARGET and --pattern choose among them, --widen is taken instead of what is recorded.
        """,
      valueName: "RESULT.json"),
    completion: .file(extensions: ["json"]))
  var replay: String?

  @Flag(help: "Say what would be raced, how and with which delays, and change nothing.")
  var dryRun = false

  @OptionGroup var result: ResultOptions

  @Option(
    help: ArgumentHelp("Keep the evidence of each cycle as JSON files there.", valueName: "DIR"),
    completion: .directory)
  var saveEvidence: String?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Verdicts that fail this run, such as attach-after-refusal; may be repeated.",
      valueName: "V,..."),
    completion: .list(Columns.canFail.map(\.rawValue)),
    transform: VerdictList.failing)
  private var failOn: [[Verdict]] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Verdicts that do not fail it, such as late-attach; may be repeated.",
      discussion: "A pass still takes a hit of every race and whole evidence.", valueName: "V,..."),
    completion: .list(Columns.canBeNoted.map(\.rawValue)),
    transform: VerdictList.noted)
  private var note: [[Verdict]] = []

  /// What fails this run.
  var columns: Columns { Columns(failOn: failOn.flatMap(\.self), note: note.flatMap(\.self)) }

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Receive buffer of the uevent monitor in bytes (default: 128M).", valueName: "SIZE"),
    transform: SizeArgument.init)
  var ueventBuffer: SizeArgument = .mebibytes(128)

  @Option(
    name: .customLong("allow-in-use"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Race this one device although it is in use; may be repeated.", valueName: "TARGET,..."),
    transform: { try CommaList.readTargets($0, Target.oneDevice) })
  private var namedAllowInUse: [[Target]] = []

  var allowInUse: [Target] { namedAllowInUse.flatMap(\.self) }

  @Option(
    name: .customLong("allow"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Race nothing but this, and what the run makes itself; may be repeated.",
      valueName: "TARGET,..."),
    transform: { try CommaList.readTargets($0, Target.ofThisHost) })
  private var namedAllow: [[Target]] = []

  var allow: [Target] { namedAllow.flatMap(\.self) }

  @Option(
    name: .customLong("deny"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Leave this alone with all above and below it, now and when it comes; may be repeated.",
      discussion: "It wins over --allow, --allow-in-use and TARGET.", valueName: "TARGET,..."),
    transform: { try CommaList.readTargets($0, Target.ofThisHost) })
  private var namedDeny: [[Target]] = []

  var deny: [Target] { namedDeny.flatMap(\.self) }

  @Flag(
    help: """
      End as git bisect run wants it: 0 good, 1 bad, 125 inconclusive or nothing raced, 255 wrong \
      usage or not put back.
      """)
  var bisect = false

  @Flag(help: "No progress on standard error.")
  var quiet = false

  func validate() throws {
    if cycles != nil && duration != nil {
      throw ValidationError("--duration: --cycles is given as well, only one can be")
    }
    let recorded = [
      ("--cycles", cycles != nil), ("--duration", duration != nil), ("--seed", seed != nil),
    ]
    if replay != nil, let option = recorded.first(where: \.1)?.0 {
      throw ValidationError("\(option): --replay is given as well, which repeats what is recorded")
    }
    if let twice = failOn.flatMap(\.self).first(where: note.flatMap(\.self).contains) {
      throw ValidationError(
        "--note: '\(twice.rawValue)' is given to --fail-on as well, it can only be one")
    }
  }
}

extension Target {
  /// One device and no more.
  fileprivate static func oneDevice(_ text: String) throws -> Target {
    switch try? Target(text) {
    case .device(let bus, let name): return .device(bus: bus, name: name)
    case .path(let path): return .path(path)
    case .driver, .provider, nil:
      throw WrongValue("is not one device: BUS/NAME or a path of /sys or /dev")
    }
  }

  /// What is there without the run.
  fileprivate static func ofThisHost(_ text: String) throws -> Target {
    switch try? Target(text) {
    case .provider, nil:
      throw WrongValue("is not BUS/NAME, a path of /sys or /dev, or driver:BUS/DRIVER")
    case let target?:
      return target
    }
  }
}
