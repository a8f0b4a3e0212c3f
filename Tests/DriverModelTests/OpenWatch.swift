import Glibc

/// Notices that a file is opened (inotify(7)); a mere look for its existence does not count.
final class OpenWatch {
  private let descriptor = inotify_init1(Int32(IN_NONBLOCK))

  init(_ path: String) {
    unsafe inotify_add_watch(descriptor, path, UInt32(IN_OPEN))
  }

  deinit { close(descriptor) }

  var wasOpened: Bool {
    var buffer = [UInt8](repeating: 0, count: 4096)
    return unsafe read(descriptor, &buffer, buffer.count) > 0
  }
}
