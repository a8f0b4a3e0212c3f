/// Why a command ends without a result: one line for standard error, and the exit status.
struct Failure: Error {
  var status: ExitStatus
  var text: String

  init(_ status: ExitStatus, _ text: String) {
    self.status = status
    self.text = text
  }
}
