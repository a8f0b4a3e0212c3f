internal import DriverModel

/// What was in use when the guard looked.
public struct InUse: Sendable, Equatable {
  /// What somebody uses.
  private var uses = Reasons()
  /// What shows by itself what it is for: a disk with a signature, a keyboard.
  private var natures = Reasons()
  /// What could not be read; then everything is in use.
  public internal(set) var unread: String?

  init() {}

  /// Why the device must not be raced, in a short phrase ("holds /var (sda2 mounted)"); nil where
  /// nothing speaks against it.
  public func reason(_ devpath: String) -> String? {
    (uses.reason(devpath) ?? natures.reason(devpath) ?? reasonUnread).map(FileName.shown)
  }

  /// The same of a device that the run made itself: what is above it does not count, as the run can
  /// have that open (/dev/uhid), nor what it is by its nature.
  public func reasonOfMade(_ devpath: String) -> String? {
    (uses.reasonAtOrBelow(devpath) ?? reasonUnread).map(FileName.shown)
  }

  private var reasonUnread: String? { unread.map { "may be in use: \($0)" } }

  /// What is below a device, or is it itself, and in use.
  func reasonAtOrBelow(_ devpath: String) -> String? {
    uses.reasonAtOrBelow(devpath) ?? natures.reasonAtOrBelow(devpath)
  }

  mutating func add(_ devpath: String, _ reason: String) { uses.add(devpath, reason) }

  /// Adds what counts for devices alone that the run did not make.
  mutating func addNature(_ devpath: String, _ reason: String) { natures.add(devpath, reason) }

  /// Adds the one end of a tie where the other is in use; true where that is news.
  mutating func follow(_ tie: Tie) -> Bool {
    guard reasonAtOrBelow(tie.used) == nil else { return false }
    func words(_ reason: String) -> String { tie.words.map { "\($0), which \(reason)" } ?? reason }
    if let reason = uses.reasonAtOrBelow(tie.user) {
      uses.add(tie.used, words(reason))
    } else if let reason = natures.reasonAtOrBelow(tie.user) {
      natures.add(tie.used, words(reason))
    } else {
      return false
    }
    return true
  }
}
