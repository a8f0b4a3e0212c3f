internal import CLinux
internal import CUdev
public import Evidence
internal import Glibc

/// A stream of uevents (udev_monitor_new_from_netlink(3)).
@safe public final class UdevMonitor {
  /// Where the events come from.
  public enum Source: String, Sendable {
    /// The kernel's own stream. Evidence comes from it.
    case kernel
    /// Sent again by udevd after its rules: later, and silent where udevd does not run.
    case udev
  }

  /// What one receive gave.
  public enum Received: Sendable, Equatable {
    case event(Uevent)
    /// Nothing to read now (EAGAIN).
    case empty
    /// The receive buffer was full and events were dropped (ENOBUFS). The kernel says so once, and
    /// **before** the events that it had kept: those that it dropped come after them.
    ///
    /// Also an event that libudev cannot read (EINVAL, EBADMSG), such as one with an action that its
    /// version does not know: it was for us, and is as lost as the others.
    case overflow
  }

  public let source: Source
  /// The size of the receive buffer as the kernel counts it, in bytes with its own overhead: twice
  /// what was asked for (SO_RCVBUF, socket(7)). Less where we lack the right to raise it.
  public let bufferSize: Int
  /// For poll(2). Do not read from it, and do not close it.
  public let descriptor: Int32

  private let context: UdevContext
  private let handle: OpaquePointer

  /// Begins to receive.
  ///
  /// `bufferSize` is asked for, in bytes, before the first event can arrive. `subsystems` lets only
  /// those through; a `SeqnumAccount` needs them all. Throws what libudev said, EINVAL or ENOMEM.
  public init(
    _ context: UdevContext, _ source: Source, bufferSize: Int = 128 << 20, subsystems: [String] = []
  ) throws(SystemError) {
    guard
      let handle = unsafe udev_monitor_new_from_netlink(context.handle, source.rawValue)
    else { throw SystemError("udev_monitor_new_from_netlink", source.rawValue, errno) }
    do throws(SystemError) {
      // A refusal is no error: what was granted is told.
      _ = unsafe udev_monitor_set_receive_buffer_size(handle, Int32(clamping: bufferSize))
      for subsystem in subsystems {
        let result = unsafe udev_monitor_filter_add_match_subsystem_devtype(handle, subsystem, nil)
        if result < 0 { throw SystemError("udev_monitor_filter_add_match", subsystem, result) }
      }
      let result = unsafe udev_monitor_enable_receiving(handle)
      if result < 0 { throw SystemError("udev_monitor_enable_receiving", source.rawValue, result) }
      descriptor = unsafe udev_monitor_get_fd(handle)
      self.bufferSize = try Self.receiveBufferSize(descriptor)
    } catch {
      unsafe udev_monitor_unref(handle)
      throw error
    }
    self.context = context
    self.source = source
    unsafe self.handle = handle
  }

  deinit { unsafe udev_monitor_unref(handle) }

  /// The next event, without waiting. Throws what else recvmsg(2) said.
  public func receive() throws(SystemError) -> Received {
    while true {
      guard let device = unsafe udev_monitor_receive_device(handle) else {
        let error = errno
        switch error {
        case EAGAIN: return .empty
        case ENOBUFS, EINVAL, EBADMSG: return .overflow
        case EINTR: continue
        default: throw SystemError("udev_monitor_receive_device", source.rawValue, error)
        }
      }
      defer { unsafe udev_device_unref(device) }
      return .event(unsafe Self.uevent(device))
    }
  }

  /// Only what the event itself carries; libudev looks nothing up for these.
  private static func uevent(_ device: OpaquePointer) -> Uevent {
    unsafe Uevent(
      seqnum: udev_device_get_seqnum(device),
      action: text(udev_device_get_action(device)).flatMap(Uevent.Action.init),
      devpath: text(udev_device_get_devpath(device)) ?? "",
      subsystem: text(udev_device_get_property_value(device, "SUBSYSTEM")) ?? "",
      driver: text(udev_device_get_property_value(device, "DRIVER")),
      isSynthetic: udev_device_get_property_value(device, "SYNTH_UUID") != nil,
      received: Time(nanoseconds: CLinux_monotonic_nanoseconds()))
  }

  private static func receiveBufferSize(_ descriptor: Int32) throws(SystemError) -> Int {
    var size: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    guard unsafe getsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, &length) == 0 else {
      throw SystemError("getsockopt", "SO_RCVBUF", errno)
    }
    return Int(size)
  }
}
