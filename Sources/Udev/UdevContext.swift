internal import CUdev
public import Evidence
internal import Glibc

/// The library context of libudev (udev_new(3)).
///
/// It and all that is made from it belong to one thread.
@safe public final class UdevContext {
  let handle: OpaquePointer

  /// Throws what udev_new(3) said: ENOMEM.
  public init() throws(SystemError) {
    guard let handle = unsafe udev_new() else { throw SystemError("udev_new", "libudev", errno) }
    unsafe self.handle = handle
  }

  deinit { unsafe udev_unref(handle) }
}
