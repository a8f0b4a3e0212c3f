internal import CLinux
public import Evidence
internal import Glibc

/// A thread that works beside the others, and leaves signals to them.
public enum BackgroundThread {
  private final class Work {
    let name: String
    let body: @Sendable () -> Void

    init(_ name: String, _ body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }

  /// Starts one that ends with `body`; nobody waits for it. Throws what pthread_create(3) said.
  ///
  /// - Parameter name: as ps(1) shows it, of at most 15 bytes.
  public static func start(
    _ name: String, stack: Int = 256 << 10, _ body: @escaping @Sendable () -> Void
  ) throws(SystemError) {
    let work = unsafe Unmanaged.passRetained(Work(name, body))
    var all = sigset_t()
    var old = sigset_t()
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_SETMASK, &all, &old)
    var thread: UInt64 = 0
    let error = unsafe CLinux_start_thread(Self.run, work.toOpaque(), stack, &thread)
    unsafe pthread_sigmask(SIG_SETMASK, &old, nil)
    guard error == 0 else {
      unsafe work.release()
      throw SystemError("pthread_create", name, error)
    }
    CLinux_detach_thread(thread)
  }

  private static let run: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
    let work = unsafe Unmanaged<Work>.fromOpaque($0!).takeRetainedValue()
    unsafe CLinux_name_thread(work.name)
    work.body()
    return nil
  }
}
