/// What a watch saw.
public enum WatchEvent: Sendable, Equatable {
  /// What the kernel announced.
  case uevent(Uevent)
  /// Who did something to a device.
  case deed(Deed)
  /// A driver came back after an unbind.
  case finding(Finding)
  /// What could not be seen, a sentence.
  case loss(EvidenceLoss, String)
  /// The trace records again after it did not, a sentence.
  case sight(String)

  /// What somebody did to a device, as the trace tells it.
  public struct Deed: Sendable, Equatable {
    public enum Kind: String, Sendable {
      /// A device was added, or removed.
      case add, remove
      /// A driver was attached to it, or detached.
      case attach, detach
      /// Somebody wrote it into `bind` or `unbind`, whatever came of that.
      case bind, unbind
    }

    public var kind: Kind
    public var time: Time
    /// BUS/NAME; the name alone where its bus is not known. Of a write the name that was written, which may
    /// be of no device, or empty.
    public var device: String
    /// Below /sys; empty where there is none of that name.
    public var devpath = ""
    /// Empty where it is not known, and of a device that comes or goes.
    public var driver: String
    public var command: String
    public var pid: Int32
    /// The function that it was done in; nil where the trace tells none.
    public var function: String?
    /// Of a write, what the kernel answered: 0, or the positive errno(3). Nil while it has not returned.
    public var errno: Int32?
    /// The same in words.
    public var answer: String?

    public init(
      _ kind: Kind, time: Time, device: String, driver: String = "", command: String, pid: Int32,
      function: String? = nil, errno: Int32? = nil
    ) {
      self.kind = kind
      self.time = time
      self.device = device
      self.driver = driver
      self.command = command
      self.pid = pid
      self.function = function
      self.errno = errno
    }
  }
}
