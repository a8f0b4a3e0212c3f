internal import ArgumentParser
internal import Evidence

/// One call of the command line: parses, runs, and turns every error into a line and a status.
enum Invocation {
  static func run(_ arguments: [String]) -> ExitStatus {
    do {
      var command = try Bindrace.parseAsRoot(arguments)
      try command.run()
      return .pass
    } catch let status as ExitStatus {
      return status
    } catch let failure as Failure {
      StandardStreams.complain(failure.text)
      return failure.status
    } catch {
      switch Bindrace.exitCode(for: error) {
      case .success:
        return show(Bindrace.fullMessage(for: error))
      case .validationFailure:
        StandardStreams.complain(usageLine(of: error))
        return .usage
      default:
        StandardStreams.complain("\(error)")
        return .nothingRan
      }
    }
  }

  /// True where the status is for `git bisect run`: wherever --bisect stands, as arguments that
  /// cannot be parsed must not read as a bad kernel either.
  static func isBisecting(_ arguments: [String]) -> Bool {
    arguments.prefix { $0 != "--" }.contains("--bisect")
  }

  /// Help and version are asked for, so they are output.
  private static func show(_ text: String) -> ExitStatus {
    do {
      try StandardStreams.print(text.hasSuffix("\n") ? text : text + "\n")
      return .pass
    } catch {
      StandardStreams.complain(error.description)
      return .usage
    }
  }
}
