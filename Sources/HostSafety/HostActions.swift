public import Evidence

/// What restoring does to a host. Paths are absolute.
///
/// Writes that wait for a device's lock stand apart: they can sleep for ever where no signal ends
/// them, so they are done by a child that can be left behind.
public protocol HostActions: Sendable {
  /// Writes to a file that takes no device's lock, in one write(2).
  func write(_ path: String, _ text: String) throws(SystemError)
  /// Writes at the end of a file opened with O_APPEND; never truncates.
  func append(_ path: String, _ text: String) throws(SystemError)
  func removeDirectory(_ path: String) throws(SystemError)
  /// Writes to a file that waits for a device's lock. Throws ETIMEDOUT past the deadline; the write
  /// can still come about later.
  func writeWaiting(_ path: String, _ text: String) throws(SystemError)
  /// Reads a file that waits for a device's lock, without trailing white space.
  func readWaiting(_ path: String) throws(SystemError) -> String
  /// modprobe(8).
  func load(_ module: String, _ options: [String]) throws(SystemError)
  /// rmmod(8).
  func unload(_ module: String) throws(SystemError)
  /// Lets udevd begin events again, or no more. One that did not answer in time may do so later: it
  /// answers what it is asked in turn, but only when it has read all uevents that are there.
  func runUdevQueue(_ runs: Bool, within limit: Duration) throws(SystemError)
  /// Lets every child from now on inherit this descriptor, and its children in turn; -1 for none.
  func shareWithChildren(_ descriptor: Int32)
}
