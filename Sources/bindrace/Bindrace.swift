internal import ArgumentParser

/// The root command; by itself it does nothing.
struct Bindrace: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bindrace",
    abstract: "Races the Linux driver core on purpose, and proves what comes back after an unbind.",
    discussion: """
      A successful unbind does not end an asynchronous probe that is already queued: it can put \
      the driver back later, and nobody is told. bindrace provokes such orders on expendable \
      devices, reads them from the kernel's own trace, and puts the host back.

      Exit status: 0 pass, 1 a failing verdict, 2 wrong usage, 3 inconclusive, 4 nothing could \
      run, 5 the host could not be put back.
      """,
    version: "bindrace \(version)",
    subcommands: [
      Devices.self, Patterns.self, Doctor.self, Stress.self, Watch.self, DaemonCommand.self,
      Report.self, Restore.self,
    ])

  /// A script whose command is an empty variable must not read this as a pass, so no command is
  /// wrong usage.
  func run() throws {
    throw ValidationError("a command is missing: \(Self.commands)")
  }

  /// The names of the commands, for messages.
  static var commands: String {
    let names = configuration.subcommands.compactMap { $0.configuration.commandName }
    return names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
  }
}
