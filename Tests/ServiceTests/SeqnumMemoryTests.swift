import Evidence
import Testing

@testable import Service

@Suite struct SeqnumMemoryTests {
  private func event(_ seqnum: UInt64, _ action: Uevent.Action, _ devpath: String) -> Uevent {
    Uevent(
      seqnum: seqnum, action: action, devpath: devpath, subsystem: "scsi",
      received: Time(nanoseconds: 0))
  }

  @Test("a bind belongs to the unbind before it, and the oldest device is forgotten")
  func memory() {
    var memory = SeqnumMemory(most: 2)
    memory.note(event(1, .bind, "/a"))
    #expect(memory.seqnums(of: "/a") == Finding.Seqnum())
    memory.note(event(2, .unbind, "/a"))
    memory.note(event(3, .bind, "/a"))
    #expect(memory.seqnums(of: "/a") == Finding.Seqnum(unbind: 2, bind: 3))
    memory.note(event(4, .unbind, "/a"))
    #expect(memory.seqnums(of: "/a") == Finding.Seqnum(unbind: 4))
    memory.note(event(5, .unbind, "/b"))
    memory.note(event(6, .unbind, "/c"))
    #expect(memory.seqnums(of: "/a") == Finding.Seqnum())
    #expect(memory.seqnums(of: "/c") == Finding.Seqnum(unbind: 6))
  }
}
