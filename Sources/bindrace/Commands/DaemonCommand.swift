internal import ArgumentParser
internal import DriverModel
internal import Evidence
internal import FoundationEssentials
internal import Glibc
internal import HostSafety
internal import Journal
internal import Races
internal import Service

struct DaemonCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "daemon",
    abstract: "Watches the host, races what its configuration names, and tells the journal.",
    discussion: """
      Run by bindrace.service. As shipped it only watches: it races nothing before \
      /etc/bindrace/bindrace.conf says Mode=race and names devices in Match=. Drop-ins are read \
      from bindrace.conf.d/*.conf below /usr/lib/bindrace, /run/bindrace and /etc/bindrace.

      bindrace daemon --check
        Says what is wrong in the configuration, with file, line and what would be right; and of \
      what is right what will not happen, such as races of a driver that is not here: a warning each.

      SIGHUP reads the configuration again, and keeps the old one where the new one is wrong. \
      SIGTERM ends the race that runs, puts the host back, and ends.

      Exit status: 0 ended by a signal or nothing wrong, 2 a wrong configuration, 4 not root, or \
      this host cannot be watched.
      """)

  @Option(
    help: ArgumentHelp("Read this file alone, and no drop-ins.", valueName: "FILE"),
    completion: .file(extensions: ["conf"]))
  var config: String?

  @Flag(help: "Only check the configuration.")
  var check = false

  func run() throws {
    let root = try Directory("/")
    let load = { () throws(ConfigurationErrors) -> Configuration in try self.load(root: root) }
    if check { return try sayChecked(load) }
    guard geteuid() == 0 else {
      throw Failure(.nothingRan, "the daemon needs root: it traces, and writes to sysfs")
    }
    let run = UUID().uuidString.lowercased()
    let setup = Daemon.Setup(
      host: try Host(), program: try program, version: version, run: run,
      journal: try JournalWriter(
        run: run, outbox: Outbox(run: run), say: { StandardStreams.complain($0) }),
      load: load, complain: { StandardStreams.complain($0) })
    do {
      try Daemon(setup).run()
    } catch let errors as ConfigurationErrors {
      throw failure(errors)
    }
  }

  private func sayChecked(
    _ load: () throws(ConfigurationErrors) -> Configuration
  ) throws {
    let configuration: Configuration
    do throws(ConfigurationErrors) {
      configuration = try load()
    } catch {
      throw failure(error)
    }
    let unmatched = (try? Sysfs()).map { configuration.unmatched(in: $0) } ?? []
    for line in configuration.warnings.map(\.description) + unmatched {
      StandardStreams.complain("warning: \(line)")
    }
    let files = configuration.files
    if files.isEmpty { return try StandardStreams.print("no file: the defaults\n") }
    try StandardStreams.print(files.map { "\($0): ok\n" }.joined())
  }

  private func load(root: Directory) throws(ConfigurationErrors) -> Configuration {
    let names = Catalog.patterns.flatMap { [$0.name, $0.id] } + Catalog.groups
    return try Configuration.load(root: root, file: config, patterns: names)
  }

  /// All that is wrong, a line each; the last one is the failure's.
  private func failure(_ errors: ConfigurationErrors) -> Failure {
    var lines = errors.description.split(separator: "\n").map(String.init)
    let last = lines.removeLast()
    for line in lines { StandardStreams.complain(line) }
    return Failure(.usage, last)
  }

  /// What races are started with: also after the file was replaced by a newer one.
  private var program: String {
    get throws {
      let path = try Directory("/proc/self").link("exe") ?? ""
      return path.hasPrefix("/") && !path.hasSuffix(" (deleted)") ? path : "/proc/self/exe"
    }
  }
}
