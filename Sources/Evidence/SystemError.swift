/// A failed system call or kernel interface: what was called, on what, with which errno.
public struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
  public var call: String
  public var object: String
  /// The positive errno(3).
  public var errno: Int32
  /// The text of `errno`, taken where it happened.
  public var reason: String

  public init(call: String, object: String, errno: Int32, reason: String) {
    self.call = call
    self.object = object
    self.errno = errno
    self.reason = reason
  }

  public var description: String { "\(call) \(object): \(reason)" }
}
