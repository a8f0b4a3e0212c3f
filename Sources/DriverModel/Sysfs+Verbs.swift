internal import CLinux
public import Evidence
internal import Glibc

extension Sysfs {
  /// Does a verb in this thread, and says when and with which errno.
  ///
  /// For use where it may block: the kernel waits for the device's lock, in a sleep that no signal
  /// ends. The times are those of write(2) alone; where the file cannot be opened, the errno is that
  /// of openat(2): ENOENT where the device, the driver or its bind files are gone.
  public func perform(_ write: VerbWrite) -> VerbRecord {
    var start = MonotonicClock.now()
    var code: Int32 = 0
    do throws(SystemError) {
      let file = try root.open(write.path, O_WRONLY)
      start = MonotonicClock.now()
      try file.write(write.bytes, object: root.object(write.path))
    } catch {
      code = error.errno
    }
    return VerbRecord(
      verb: write.verb, object: write.object, pid: CLinux_gettid(), start: start,
      end: MonotonicClock.now(), errno: code)
  }

  /// True where the device's bus offers `driver_override`.
  public func hasDriverOverride(_ device: Device) -> Bool {
    root.exists("\(device.path)/driver_override")
  }
}
