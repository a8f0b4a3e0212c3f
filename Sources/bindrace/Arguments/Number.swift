extension Int {
  /// A whole number above zero.
  static func positive(_ text: String) throws -> Int {
    guard let number = Int(text), number > 0, text.first != "+" else {
      throw WrongValue("is not a positive number")
    }
    return number
  }
}

extension UInt64 {
  /// A seed.
  static func seed(_ text: String) throws -> UInt64 {
    guard let number = UInt64(text), text.first != "+" else {
      throw WrongValue("is not a number from 0 to \(UInt64.max)")
    }
    return number
  }
}
