internal import ArgumentParser

/// How and where a command writes what it found.
struct ResultOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How the result is written (default: text).", valueName: ResultFormat.words),
    completion: ResultFormat.completion,
    transform: ResultFormat.named)
  var format: ResultFormat = .text

  @Option(
    help: ArgumentHelp(
      "Where to, instead of standard output.",
      discussion: """
        A link is followed only in a folder that nobody but root and you can write, such as /dev.
        """, valueName: "FILE"),
    completion: .file())
  var output: String?
}
