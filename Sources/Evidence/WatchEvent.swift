/// What a watch saw.
public enum WatchEvent: Sendable, Equatable {
  /// What the kernel announced.
  case uevent(Uevent)
  /// A driver was attached.
  case attach(Deed)
  /// A driver was to be detached, by a write into `unbind`.
  case unbind(Deed)
  /// A driver came back after an unbind.
  case finding(Finding)
  /// What could not be seen, a sentence.
  case loss(EvidenceLoss, String)

  /// Who did something to a device.
  public struct Deed: Sendable, Codable, Equatable {
    public var time: Time
    /// BUS/NAME; the name alone where it has gone again.
    public var device: String
    /// Below /sys; empty where it has gone again.
    public var devpath: String
    public var driver: String
    public var command: String
    public var pid: Int32
    /// The function that proves the way of an attach; nil where none does.
    public var function: String?

    public init(
      time: Time, device: String, devpath: String, driver: String, command: String, pid: Int32,
      function: String? = nil
    ) {
      self.time = time
      self.device = device
      self.devpath = devpath
      self.driver = driver
      self.command = command
      self.pid = pid
      self.function = function
    }
  }
}
