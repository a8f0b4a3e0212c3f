internal import ArgumentParser
internal import Evidence
internal import Glibc
internal import HostSafety
internal import Reports
internal import Service

struct Watch: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract:
      "Shows device events as they come, who attached, and what comes back after an unbind.",
    discussion: """
      Changes nothing, races nothing: it looks at what others do. The columns are those of udevadm \
      monitor; TRACE lines say who added and removed a device, attached and detached its driver, and \
      by which function of the kernel, and what came of each write into bind and unbind. A FINDING is \
      a driver that came back after somebody's unbind, with the stack of who attached it. Ctrl-C ends \
      it.

      Without root there are uevents alone.
      """)

  @Flag(help: "Write JSON, a line for each event.")
  var json = false

  func run() throws {
    let text = WatchText(colour: Terminal.hasColour(STDOUT_FILENO))
    let isRoot = geteuid() == 0
    weak var session: WatchSession?
    let watch = try WatchSession(
      host: try Host(), run: isRoot ? RunResult.blank(seed: 0).run : nil
    ) { event in
      let line = json ? (try? WatchDocument(event).line()) ?? "" : text.line(event)
      if !StandardStreams.show(line) { session?.stop() }
    }
    session = watch
    let untraced = isRoot ? watch.untraced : "the trace needs root"
    if json {
      if let untraced { StandardStreams.complain("nobody who attaches is known: \(untraced)") }
    } else {
      _ = StandardStreams.show(text.heading(untraced: untraced))
    }
    try watch.run()
  }
}
