/// One kernel uevent, as the "kernel" monitor received it (lib/kobject_uevent.c).
public struct Uevent: Sendable, Codable, Equatable {
  public enum Action: String, Sendable, Codable {
    case add, remove, change, move, online, offline, bind, unbind
  }

  /// Global and increasing; for one device the order of facts.
  public var seqnum: UInt64
  /// Nil for an action that this version does not know.
  public var action: Action?
  /// The path below /sys, beginning with "/devices/…" or "/bus/…".
  public var devpath: String
  public var subsystem: String
  /// BIND carries it; UNBIND does not.
  public var driver: String?
  /// True when somebody wrote it into a `uevent` file (SYNTH_UUID): not evidence.
  public var isSynthetic: Bool
  /// When it was read from the socket.
  public var received: Time

  public init(
    seqnum: UInt64, action: Action?, devpath: String, subsystem: String, driver: String? = nil,
    isSynthetic: Bool = false, received: Time
  ) {
    self.seqnum = seqnum
    self.action = action
    self.devpath = devpath
    self.subsystem = subsystem
    self.driver = driver
    self.isSynthetic = isSynthetic
    self.received = received
  }
}
