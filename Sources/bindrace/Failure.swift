/// Why a command ends without a result: one line for standard error, and the exit status.
struct Failure: Error {
  var status: ExitStatus
  var text: String

  init(_ status: ExitStatus, _ text: String) {
    self.status = status
    self.text = text
  }
}

extension Failure {
  /// A command whose work is not part of this build.
  static func notBuilt(_ command: String) -> Failure {
    Failure(.nothingRan, "\(command): not part of this build")
  }
}
