public import Evidence

/// What a watch saw, as a line of JSON each (JSON Lines).
public struct WatchDocument: Encodable {
  private let event: String
  /// CLOCK_MONOTONIC: of a uevent when it was received, of the others when it happened.
  private let time: Int64?
  private let action: String?
  private let seqnum: UInt64?
  private let device: String?
  private let devpath: String?
  private let subsystem: String?
  private let driver: String?
  private let command: String?
  private let pid: Int32?
  private let function: String?
  /// Of a write: 0, or what it was refused with; not there while it has not returned.
  private let errno: Int32?
  private let answer: String?
  private let finding: FindingDocument?
  private let text: String?

  private enum CodingKeys: String, CodingKey {
    case time = "time_ns"
    case event, action, seqnum, device, devpath, subsystem, driver, command, pid, function, errno
    case answer, finding, text
  }

  public init(_ event: WatchEvent) {
    var (uevent, deed, finding, text): (Uevent?, WatchEvent.Deed?, Finding?, String?)
    switch event {
    case .uevent(let this): (self.event, uevent) = ("uevent", this)
    case .deed(let this): (self.event, deed) = (this.kind.rawValue, this)
    case .finding(let this): (self.event, finding) = ("finding", this)
    case .loss(_, let this): (self.event, text) = ("loss", this)
    case .sight(let this): (self.event, text) = ("sight", this)
    }
    time = (uevent?.received ?? deed?.time ?? finding?.attach?.time)?.nanoseconds
    action = uevent?.action?.rawValue
    seqnum = uevent?.seqnum
    device = deed?.device ?? finding?.device
    devpath = uevent?.devpath ?? deed?.devpath
    subsystem = uevent?.subsystem
    driver = uevent?.driver ?? deed.flatMap { $0.driver.isEmpty ? nil : $0.driver }
    command = deed?.command
    pid = deed?.pid
    function = deed?.function
    errno = deed?.errno
    answer = deed?.answer
    self.finding = finding.map(FindingDocument.init)
    self.text = text
  }

  /// With a newline at its end.
  public func line() throws -> String { try jsonTextLine(self) }
}
