internal import CLinux
internal import Evidence

extension SystemError {
  /// The error of a call of libudev that just failed with `errno`, given positive or negative.
  init(_ call: String, _ object: String, _ errno: Int32) {
    let code = errno < 0 ? -errno : errno
    self.init(
      call: call, object: object, errno: code,
      reason: unsafe String(cString: CLinux_errno_text(code)))
  }
}
