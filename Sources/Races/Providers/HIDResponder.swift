internal import CLinux
internal import DriverModel
internal import Evidence
internal import Glibc
internal import Synchronization

/// A HID device that lives in a thread of this process and answers the kernel's requests when it is
/// told to. It goes with the last reference to this, and with the process.
final class HIDResponder: Sendable {
  /// How long a GET_REPORT waits for its answer, in milliseconds; the kernel gives up after 5000.
  var delay: Int {
    get { pace.milliseconds.load(ordering: .relaxed) }
    set { pace.milliseconds.store(newValue, ordering: .relaxed) }
  }

  private final class Pace: Sendable {
    let milliseconds = Atomic(0)
  }

  private let pace: Pace
  /// Its closing ends the thread, which closes the device.
  private let life: Descriptor

  init(name: String, vendor: UInt32, product: UInt32, descriptor: [UInt8]) throws(SystemError) {
    let device = try Directory("/dev").open("uhid", O_RDWR)
    var ends: [Int32] = [0, 0]
    guard unsafe CLinux_output_pipe(&ends) == 0 else { throw SystemError("pipe2", "uhid", errno) }
    life = Descriptor(owning: ends[1])
    let read = Descriptor(owning: ends[0])
    pace = Pace()
    let created = unsafe CLinux_uhid_create(
      device.number, name, vendor, product, descriptor, descriptor.count)
    guard created == 0 else { throw SystemError("write", "/dev/uhid", errno) }

    let thread = Thread(pace: pace, device: device.release(), life: read.release())
    try BackgroundThread.start("bindrace-hid") { thread.serve() }
  }

  /// What the thread has.
  private final class Thread: Sendable {
    private let pace: Pace
    private let device: Descriptor
    private let life: Descriptor

    init(pace: Pace, device: Int32, life: Int32) {
      self.pace = pace
      self.device = Descriptor(owning: device)
      self.life = Descriptor(owning: life)
    }

    func serve() {
      var request = CLinux_uhid_request()
      while wait(orFor: device.number, milliseconds: -1) {
        guard unsafe CLinux_uhid_next(device.number, &request) == 0 else { return }
        if request.kind == CLINUX_UHID_GET_REPORT {
          // Cut short by the end, so that nobody waits for a device that goes.
          _ = wait(orFor: -1, milliseconds: Int32(pace.milliseconds.load(ordering: .relaxed)))
        }
        // ENOENT and the like: the device went meanwhile.
        unsafe _ = CLinux_uhid_answer(device.number, &request)
      }
    }

    /// False when it is to end.
    private func wait(orFor descriptor: Int32, milliseconds: Int32) -> Bool {
      var polled = [
        pollfd(fd: life.number, events: Int16(POLLIN), revents: 0),
        pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
      ]
      let (count, _) = retryingInterrupts { unsafe Int(poll(&polled, 2, milliseconds)) }
      return count >= 0 && polled[0].revents == 0
    }
  }
}
