/// Drivers of stock kernels that ask for asynchronous probes by themselves (probe_type
/// PROBE_PREFER_ASYNCHRONOUS), as far as that was measured. The kernel shows it nowhere; any other
/// driver can be made to by its module's parameter `async_probe`.
public enum AsynchronousDrivers {
  private static let names: Set<String> = ["sd", "nvme"]

  /// True for a driver that is known to; nil where nobody can tell.
  public static func isKnown(_ driver: String) -> Bool? {
    names.contains(driver) ? true : nil
  }
}
