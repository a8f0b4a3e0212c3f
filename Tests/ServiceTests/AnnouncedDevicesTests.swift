import Evidence
import Testing
import Verdicts

@testable import Service

/// The trace knows a device's name: where it was, the kernel's announcement tells.
@Suite struct AnnouncedDevicesTests {
  private static let disk = "/devices/pseudo_0/host0/target0:0:0/0:0:0:0"

  private func uevent(
    _ action: Uevent.Action, _ devpath: String, _ subsystem: String, isSynthetic: Bool = false
  ) -> Uevent {
    Uevent(
      seqnum: 1, action: action, devpath: devpath, subsystem: subsystem, isSynthetic: isSynthetic,
      received: Time(nanoseconds: 0))
  }

  @Test("each of several devices of one name is told once, in the order of their removal")
  func order() {
    var announced = AnnouncedDevices()
    announced.note(uevent(.remove, Self.disk + "/scsi_disk/0:0:0:0", "scsi_disk"))
    announced.note(uevent(.remove, Self.disk, "scsi"))
    #expect(announced.take(.add, name: "0:0:0:0") == nil)
    #expect(announced.take(.remove, name: "0:0:0:0")?.bus == "scsi_disk")
    let place = announced.take(.remove, name: "0:0:0:0")
    #expect(place?.bus == "scsi" && place?.devpath == Self.disk)
    #expect(announced.take(.remove, name: "0:0:0:0") == nil)
  }

  @Test(
    "what nobody asked for is forgotten when the device comes again, and so is the oldest of too much"
  )
  func bounded() {
    var announced = AnnouncedDevices(most: 4)
    for _ in 1...6 { announced.note(uevent(.add, Self.disk, "scsi")) }
    #expect(announced.take(.add, name: "0:0:0:0") != nil)
    #expect(announced.take(.add, name: "0:0:0:0") == nil)
    for number in 1...5 { announced.note(uevent(.add, "/devices/d\(number)", "scsi")) }
    #expect(announced.take(.add, name: "d1") == nil)
    #expect(announced.take(.add, name: "d5") != nil)
  }

  @Test("what somebody wrote into a uevent file is no removal")
  func synthetic() {
    var announced = AnnouncedDevices()
    announced.note(uevent(.remove, Self.disk, "scsi", isSynthetic: true))
    #expect(announced.take(.remove, name: "0:0:0:0") == nil)
  }
}
