internal import Glibc

/// Drivers of stock kernels that ask for asynchronous probes by themselves (probe_type
/// PROBE_PREFER_ASYNCHRONOUS), as far as that was measured. The kernel shows it nowhere; any other
/// driver can be made to by its module's parameter `async_probe`.
public enum AsynchronousDrivers {
  /// By the first series that it was measured on. What nvme and sdhci-pci schedule on 6.1
  /// is no probe of theirs.
  private static let drivers: [String: Series] = [
    "sd": Series(5, 10), "i801_smbus": Series(6, 1),
    "nvme": Series(6, 12), "sdhci-pci": Series(6, 12),
  ]

  /// True for a driver that is known to on this kernel; nil where nobody can tell.
  public static func isKnown(_ driver: String) -> Bool? {
    var names = utsname()
    guard unsafe uname(&names) == 0 else { return nil }
    let release = unsafe withUnsafeBytes(of: names.release) {
      unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    return isKnown(driver, release: release)
  }

  static func isKnown(_ driver: String, release: String) -> Bool? {
    guard let first = drivers[driver], let now = Series(release) else { return nil }
    return now >= first ? true : nil
  }

  private struct Series: Comparable {
    let major: Int
    let minor: Int

    init(_ major: Int, _ minor: Int) {
      self.major = major
      self.minor = minor
    }

    /// "6.12.117+deb12-amd64", "6.13-rc1".
    init?(_ release: String) {
      let numbers = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
      guard numbers.count == 2 else { return nil }
      self.init(numbers[0], numbers[1])
    }

    static func < (a: Series, b: Series) -> Bool { (a.major, a.minor) < (b.major, b.minor) }
  }
}
