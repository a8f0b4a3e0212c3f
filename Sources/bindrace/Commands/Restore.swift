internal import ArgumentParser
internal import HostSafety

struct Restore: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Puts back what runs that did not end have left changed.",
    discussion: """
      Every run notes what it changes before it changes it, in \(Ledger.folder). \
      What a killed run left is put back from there, step by step; doing it twice \
      does no harm. A value that somebody else changed since is left alone, and so is \
      what somebody took into use since. Ctrl-C ends it after the step that it is in.

      Exit status: 0 nothing is left, 4 a run is alive, 5 something could not be put back.
      """)

  @Flag(help: "Only list what would be put back.")
  var list = false

  func run() throws {
    let restore = HostSafety.Restore(host: try Host())
    let status = list ? try RestoreRun.list(restore) : try RestoreRun.restore(restore)
    if status != .pass { throw status }
  }
}
