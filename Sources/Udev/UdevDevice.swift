internal import CUdev
public import Evidence
internal import Glibc

/// A device as libudev sees it in /sys and in udevd's database (udev_device_new_from_syspath(3)).
///
/// Unlike a `Uevent`, which carries its own properties, it reads files when asked.
@safe public final class UdevDevice {
  private let context: UdevContext
  private let handle: OpaquePointer

  /// The device at a path of /sys. Throws ENOENT or ENODEV where there is none.
  public init(_ context: UdevContext, syspath: String) throws(SystemError) {
    guard let handle = unsafe udev_device_new_from_syspath(context.handle, syspath) else {
      throw SystemError("udev_device_new_from_syspath", syspath, errno)
    }
    self.context = context
    unsafe self.handle = handle
  }

  private init(_ context: UdevContext, owning handle: OpaquePointer) {
    self.context = context
    unsafe self.handle = handle
  }

  deinit { unsafe udev_device_unref(handle) }

  /// "/sys/devices/…".
  public var syspath: String { unsafe text(udev_device_get_syspath(handle)) ?? "" }
  /// The bus or class; nil where it has none.
  public var subsystem: String? { unsafe text(udev_device_get_subsystem(handle)) }
  /// What the `driver` link named when it was first asked for; nil without a driver.
  public var driver: String? { unsafe text(udev_device_get_driver(handle)) }

  /// The device that this one hangs on; nil for a root.
  public var parent: UdevDevice? {
    guard let parent = unsafe udev_device_get_parent(handle) else { return nil }
    // Borrowed from its child: without a reference of our own it goes away with it.
    return unsafe UdevDevice(context, owning: udev_device_ref(parent))
  }

  /// All properties, the kernel's and those of udevd's rules.
  ///
  /// Reads the `uevent` file, which waits for the device's lock on kernels such as 6.1: not for a
  /// device that is being raced.
  public var properties: [String: String] {
    var properties: [String: String] = [:]
    for (name, value) in unsafe UdevList(udev_device_get_properties_list_entry(handle)) {
      properties[name] = value
    }
    return properties
  }

  /// One property; nil where it has none of that name. Waits as `properties` does.
  public func property(_ name: String) -> String? {
    unsafe text(udev_device_get_property_value(handle, name))
  }
}

/// A copy of a string that libudev owns.
func text(_ pointer: UnsafePointer<CChar>?) -> String? {
  unsafe pointer.map { unsafe String(cString: $0) }
}
