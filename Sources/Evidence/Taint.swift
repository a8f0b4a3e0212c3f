/// The kernel's taint: what has happened to it since it booted (/proc/sys/kernel/tainted,
/// Documentation/admin-guide/tainted-kernels.rst). A flag that is set stays set.
public struct Taint: OptionSet, Sendable, Codable, Hashable {
  public let rawValue: UInt64

  public init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  /// Reads the decimal number of the file; nil where it is none.
  public init?(_ text: String) {
    guard let value = UInt64(text) else { return nil }
    self.init(rawValue: value)
  }

  public static let machineCheck = Taint(rawValue: 1 << 4)
  public static let badPage = Taint(rawValue: 1 << 5)
  public static let died = Taint(rawValue: 1 << 7)
  public static let warned = Taint(rawValue: 1 << 9)
  public static let softLockup = Taint(rawValue: 1 << 14)

  /// Flags that are set where something went wrong. All others come with what is loaded or allowed.
  public static let failures: Taint = [.machineCheck, .badPage, .died, .warned, .softLockup]

  /// The kernel's letters, in the order of the flags.
  private static let letters = Array("PFSRMBUDAWCIOELKXTNJ")

  /// The letters of the flags that are set, parted by commas; numbers where the kernel is newer.
  public var text: String {
    (0..<64).filter { rawValue & (1 << $0) != 0 }
      .map { Self.letters.indices.contains($0) ? String(Self.letters[$0]) : "\($0)" }
      .joined(separator: ", ")
  }
}
