internal import ArgumentParser
internal import DriverModel
internal import Evidence
internal import Reports

struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "What the journal says: which devices came back, after how long, and who did it.",
    usage: "bindrace report [<options>]",
    discussion: """
      bindrace report
        All runs in the journal, and what they found: alike findings as one in \
      full, with its stack, and the range of their delays.

      bindrace report --since yesterday --verdict late-async-attach
        Who came back since then by an asynchronous probe.

      bindrace report --device scsi/0:0:0:0 --format json --output found.json
        The findings of one device, for other programs.

      bindrace report --follow
        Each entry from now on, until Ctrl-C.

      Times are those of journalctl: "2026-11-27 12:00:00", 12:00, -5min, -1h, today, yesterday, \
      now, @1795774405. The journal has the same in fields of its own: journalctl -t bindrace -o \
      verbose.

      Only what root's bindrace wrote is told, by what journald says of its writer. Entries that others \
      wrote in its name are counted on standard error (untrusted in the JSON). So are files that \
      cannot be read, or were vacuumed meanwhile (unread); the others are told all the same. With a \
      service in a journal of its own (LogNamespace=) that is read too.

      Exit status: 0 also where nothing is found, 2 wrong usage, 4 the journal cannot be read.
      """)

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Only from then on.", valueName: "TIME"),
    transform: InstantArgument.init)
  var since: InstantArgument?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Only until then.", valueName: "TIME"),
    transform: InstantArgument.init)
  var until: InstantArgument?

  @Option(
    name: .customLong("run"),
    help: ArgumentHelp("Only this run; the beginning of its id is enough.", valueName: "ID"),
    transform: Self.identity)
  var runID: String?

  @Option(
    help: ArgumentHelp("Only findings of this device.", valueName: "BUS/NAME"),
    transform: Self.device)
  var device: String?

  @Option(
    name: .customLong("verdict"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Only findings of these verdicts, separated by commas; may be repeated.", valueName: "V"),
    completion: .list(Columns.canFail.map(\.rawValue)), transform: VerdictList.reported)
  var verdictLists: [[Verdict]] = []

  @Flag(help: "Show new entries as they come, and none before.")
  var follow = false

  @Option(
    help: ArgumentHelp(
      "Read the journal in this folder, such as one of another host.", valueName: "DIR"),
    completion: .directory)
  var directory: String?

  @OptionGroup var result: ResultOptions

  func validate() throws {
    if let since, let until, until.realtime < since.realtime {
      throw ValidationError("--until: it is before --since")
    }
    if follow && result.output != nil {
      throw ValidationError("--output: --follow is given as well, which has no end")
    }
    if follow && until != nil {
      throw ValidationError("--until: --follow is given as well, which has no end")
    }
  }

  func run() throws {
    var filter = JournalFilter()
    filter.since = since?.realtime
    filter.until = until?.realtime
    filter.run = runID
    filter.device = device
    filter.verdicts = verdictLists.flatMap { $0 }
    let report = ReportRun(directory: directory, filter: filter, format: result.format)
    if follow {
      try report.follow()
    } else {
      var output = try Output(path: result.output)
      try report.write(to: &output)
    }
  }

  private static func identity(_ text: String) throws -> String {
    let isID = !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isHexDigit || $0 == "-") }
    guard isID else { throw WrongValue("is not the beginning of a run's id, such as 04273c9e") }
    return text.lowercased()
  }

  private static func device(_ text: String) throws -> String {
    guard case .device = try? Target(text) else {
      throw WrongValue("is not BUS/NAME, such as scsi/0:0:0:0")
    }
    return text
  }
}
