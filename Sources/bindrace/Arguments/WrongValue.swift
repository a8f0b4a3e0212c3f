/// What a value of an option should have been; the message around it names both.
struct WrongValue: Error, CustomStringConvertible {
  let description: String

  /// `description` continues "--cycles: '-3' …", as in "is not a positive number".
  init(_ description: String) {
    self.description = description
  }
}
