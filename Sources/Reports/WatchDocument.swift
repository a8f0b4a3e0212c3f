public import Evidence
internal import FoundationEssentials

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
  private let finding: FindingDocument?
  private let text: String?

  private enum CodingKeys: String, CodingKey {
    case time = "time_ns"
    case event, action, seqnum, device, devpath, subsystem, driver, command, pid, function, finding
    case text
  }

  public init(_ event: WatchEvent) {
    var (uevent, deed, finding, text): (Uevent?, WatchEvent.Deed?, Finding?, String?)
    switch event {
    case .uevent(let this): (self.event, uevent) = ("uevent", this)
    case .attach(let this): (self.event, deed) = ("attach", this)
    case .unbind(let this): (self.event, deed) = ("unbind", this)
    case .finding(let this): (self.event, finding) = ("finding", this)
    case .loss(_, let this): (self.event, text) = ("loss", this)
    }
    time = (uevent?.received ?? deed?.time ?? finding?.attach?.time)?.nanoseconds
    action = uevent?.action?.rawValue
    seqnum = uevent?.seqnum
    device = deed?.device ?? finding?.device
    devpath = uevent?.devpath ?? deed?.devpath
    subsystem = uevent?.subsystem
    driver = uevent?.driver ?? deed?.driver
    command = deed?.command
    pid = deed?.pid
    function = deed?.function
    self.finding = finding.map(FindingDocument.init)
    self.text = text
  }

  /// With a newline at its end.
  public func line() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
  }
}
