import Evidence
import Testing
import Verdicts

@testable import Service

@Suite struct UnboundDevicesTests {
  private func event(_ seqnum: UInt64, _ action: Uevent.Action, _ devpath: String) -> Uevent {
    Uevent(
      seqnum: seqnum, action: action, devpath: devpath, subsystem: "scsi",
      received: Time(nanoseconds: 0))
  }

  @Test("a bind belongs to the unbind before it, and the oldest device is forgotten")
  func memory() {
    var devices = UnboundDevices(most: 2)
    devices.note(event(1, .bind, "/x/a"))
    #expect(devices.seqnums(of: "/x/a") == Finding.Seqnum())
    devices.note(event(2, .unbind, "/x/a"))
    devices.note(event(3, .bind, "/x/a"))
    #expect(devices.seqnums(of: "/x/a") == Finding.Seqnum(unbind: 2, bind: 3))
    devices.note(event(4, .unbind, "/x/a"))
    #expect(devices.seqnums(of: "/x/a") == Finding.Seqnum(unbind: 4))
    devices.note(event(5, .unbind, "/x/b"))
    devices.note(event(6, .unbind, "/x/c"))
    #expect(devices.seqnums(of: "/x/a") == Finding.Seqnum())
    #expect(devices.seqnums(of: "/x/c") == Finding.Seqnum(unbind: 6))
  }

  @Test("a device that has gone is where it was, unless two had its name")
  func place() {
    var devices = UnboundDevices()
    devices.note(event(1, .unbind, "/x/a"))
    devices.note(event(2, .unbind, "/x/ba"))
    #expect(devices.place(of: "a") == WatchJudge.Place(bus: "scsi", devpath: "/x/a"))
    #expect(devices.place(of: "c") == nil)
    devices.note(event(3, .unbind, "/y/a"))
    #expect(devices.place(of: "a") == nil)
  }
}
