/// The errno(3) values that verdicts tell apart (the same on every Linux architecture).
enum Errno {
  static let busy: Int32 = 16
  static let noDevice: Int32 = 19
  static let invalid: Int32 = 22
}
