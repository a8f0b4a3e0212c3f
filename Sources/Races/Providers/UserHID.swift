internal import DriverModel
internal import Evidence
internal import Glibc
internal import HostSafety

/// The provider `uhid`: a HID device whose hardware is bindrace itself, so that a probe of a stock
/// driver takes as long as it is told to.
///
/// It is a touch screen that hid-multitouch asks for its number of contacts when it is probed
/// (mt_feature_mapping()). Of those the kernel knows as special (hid_have_special_driver), it is left
/// alone by hid-generic. It has no input report, so no input device comes of it that a desktop would
/// open.
final class UserHID: Provider {
  static let name = "uhid"
  static let bus = "hid"
  private static let module = "uhid"
  private static let driver = RacedDriver(
    bus: bus, name: "hid-multitouch", source: .module("hid_multitouch"))
  /// LG's Melfas panel (USB_DEVICE_ID_LG_MELFAS_MT).
  private static let vendor: UInt32 = 0x1fd2
  private static let product: UInt32 = 0x6007
  private static let descriptor: [UInt8] = [
    0x05, 0x0d,  // Usage Page (Digitizer)
    0x09, 0x04,  // Usage (Touch Screen)
    0xa1, 0x01,  // Collection (Application)
    0x85, 0x01,  //   Report ID (1)
    0x09, 0x55,  //   Usage (Contact Count Maximum)
    0x15, 0x00, 0x25, 0x0a,  //   Logical Minimum (0), Maximum (10)
    0x75, 0x08, 0x95, 0x01,  //   Report Size (8), Count (1)
    0xb1, 0x02,  //   Feature (Data, Variable, Absolute)
    0xc0,  // End Collection
  ]

  private let workshop: Workshop
  private var made: (device: Device, responder: HIDResponder)?

  init(_ workshop: Workshop) {
    self.workshop = workshop
  }

  static func obstacle(_ sysfs: Sysfs) -> String? {
    for module in [module, "hid_multitouch"] where Workshop.lacks(module) {
      return "there is no module \(module)"
    }
    return nil
  }

  static func obstacle(to pattern: Pattern) -> String? {
    let example = Device(bus: bus, name: "0003:1FD2:6007.0001", devpath: "/devices/uhid")
    return Subject(device: example, driver: driver, conditions: ReportDelay(nil))
      .obstacle(to: pattern, hasOverride: false)
  }

  func subject(for pattern: Pattern, _ widener: Widener) throws -> Subject {
    let made = try self.made ?? make()
    self.made = made
    var driver = Self.driver
    if try workshop.modules.isBuiltIn("hid_multitouch") {
      driver.source = .partOfKernel(driver.name)
    }
    return Subject(
      device: made.device, driver: driver, conditions: ReportDelay(made.responder),
      made: [made.device.devpath])
  }

  func remove() throws {
    guard let device = made?.device else { return }
    made = nil
    guard try workshop.wait({ !workshop.sysfs.root.exists(device.path) }) else {
      throw RunStop.skip("\(device.target) did not go")
    }
  }

  private func make() throws -> (device: Device, responder: HIDResponder) {
    // Before the device, or udevd would load it when that is announced.
    try workshop.load("hid_multitouch", maker: Self.module)
    try workshop.load(Self.module, maker: Self.module)
    let before = Set(try devices())
    let responder = try HIDResponder(
      name: "bindrace", vendor: Self.vendor, product: Self.product, descriptor: Self.descriptor)
    // The kernel adds it in a thread of its own (uhid_device_add_worker()).
    var added: Device?
    _ = try workshop.wait {
      added = try devices().first { !before.contains($0) }
      return added != nil
    }
    guard let added else { throw RunStop.skip("uhid made no device") }
    return (added, responder)
  }

  private func devices() throws -> [Device] {
    guard workshop.sysfs.root.exists("bus/hid") else { return [] }
    return try workshop.sysfs.devices(bus: "hid")
      .filter { $0.name.hasPrefix("0003:1FD2:6007.") && $0.devpath.contains("/uhid/") }
      .map {
        // As it is apart from its driver, which comes and goes.
        Device(bus: $0.bus, name: $0.name, devpath: $0.devpath, modalias: $0.modalias)
      }
  }
}

/// Makes the probe wait for the answer to its GET_REPORT.
struct ReportDelay: ConditionControl {
  private let responder: HIDResponder?

  /// - Parameter responder: nil to ask about conditions alone.
  init(_ responder: HIDResponder?) {
    self.responder = responder
  }

  /// In wait_event_interruptible_timeout() (uhid_hid_get_report()).
  var sleepsInterruptibly: Bool { true }

  func obstacle(to condition: Pattern.Condition) -> String? {
    if case .slowProbe(let milliseconds) = condition {
      return milliseconds < 5000 ? nil : "the kernel waits five seconds for a report, not longer"
    }
    return NoConditions().obstacle(to: condition)
  }

  func arm(_ conditions: [Pattern.Condition]) {
    for case .slowProbe(let milliseconds) in conditions { responder?.delay = milliseconds }
  }

  func relax() { responder?.delay = 0 }
  func arrange(_ conditions: [Pattern.Condition]) {}
  func set(_ mode: RacedDriver.Mode, of driver: RacedDriver) {}
}
