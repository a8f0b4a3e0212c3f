internal import CUdev
public import Evidence
internal import Glibc

/// A search for devices (udev_enumerate_new(3)).
@safe public final class UdevEnumerator {
  private let context: UdevContext
  private let handle: OpaquePointer

  /// Throws ENOMEM.
  public init(_ context: UdevContext) throws(SystemError) {
    guard let handle = unsafe udev_enumerate_new(context.handle) else {
      throw SystemError("udev_enumerate_new", "libudev", errno)
    }
    self.context = context
    unsafe self.handle = handle
  }

  deinit { unsafe udev_enumerate_unref(handle) }

  /// Lets only devices of this bus or class through; of several, any.
  public func match(subsystem: String) throws(SystemError) {
    let result = unsafe udev_enumerate_add_match_subsystem(handle, subsystem)
    if result < 0 { throw SystemError("udev_enumerate_add_match_subsystem", subsystem, result) }
  }

  /// Lets only devices with this property through, `value` being a pattern of glob(7); of several,
  /// any. Reads `uevent` files: `UdevDevice.properties` says when that waits.
  public func match(property: String, value: String) throws(SystemError) {
    let result = unsafe udev_enumerate_add_match_property(handle, property, value)
    if result < 0 { throw SystemError("udev_enumerate_add_match_property", property, result) }
  }

  /// The paths of /sys of the devices that match now, parents first.
  public func syspaths() throws(SystemError) -> [String] {
    let result = unsafe udev_enumerate_scan_devices(handle)
    if result < 0 { throw SystemError("udev_enumerate_scan_devices", "/sys", result) }
    return unsafe UdevList(udev_enumerate_get_list_entry(handle)).map { $0.name }
  }

  /// The devices that match now, parents first. One that goes away meanwhile is left out.
  public func devices() throws(SystemError) -> [UdevDevice] {
    try syspaths().compactMap { try? UdevDevice(context, syspath: $0) }
  }
}
