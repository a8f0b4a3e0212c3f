import DriverModel
import Evidence
import Glibc
import Testing

@testable import Service

/// The daemon's one loop, with pipes and short times.
@Suite struct EventLoopTests {
  /// A pipe whose reading end is never read by itself.
  private final class Pipe {
    let reading: Descriptor
    let writing: Descriptor

    init() throws {
      var ends: [Int32] = [-1, -1]
      let made = unsafe pipe(&ends)
      try #require(made == 0)
      reading = Descriptor(owning: ends[0])
      writing = Descriptor(owning: ends[1])
    }

    func fill() { unsafe _ = write(writing.number, "x", 1) }
    func empty() {
      var byte: UInt8 = 0
      unsafe _ = read(reading.number, &byte, 1)
    }
  }

  @Test("a handler is called while there is something to read, and not after it was removed")
  func readable() throws {
    let loop = try EventLoop()
    let pipe = try Pipe()
    var calls = 0
    try loop.add(pipe.reading.number) { calls += 1 }
    try loop.turn(atMost: .zero)
    #expect(calls == 0)
    pipe.fill()
    try loop.turn(atMost: .seconds(1))
    try loop.turn(atMost: .seconds(1))
    #expect(calls == 2)
    loop.remove(pipe.reading.number)
    try loop.turn(atMost: .zero)
    #expect(calls == 2)
  }

  @Test("a descriptor that is paused waits, and loses nothing")
  func paused() throws {
    let loop = try EventLoop()
    let pipe = try Pipe()
    var calls = 0
    try loop.add(pipe.reading.number) {
      calls += 1
      pipe.empty()
    }
    loop.pause(pipe.reading.number)
    pipe.fill()
    try loop.turn(atMost: .zero)
    #expect(calls == 0)
    loop.resume(pipe.reading.number)
    try loop.turn(atMost: .seconds(1))
    #expect(calls == 1)
  }

  @Test("a handler may remove another that is due in the same turn")
  func removedInTurn() throws {
    let loop = try EventLoop()
    let pipes = [try Pipe(), try Pipe()]
    var calls = 0
    for (pipe, other) in zip(pipes, pipes.reversed()) {
      try loop.add(pipe.reading.number) { [unowned loop] in
        calls += 1
        loop.remove(other.reading.number)
        pipe.empty()
      }
    }
    for pipe in pipes { pipe.fill() }
    try loop.turn(atMost: .seconds(1))
    #expect(calls == 1)
  }

  @Test("appointments come in the order of their times, and a cancelled one does not")
  func timers() throws {
    let loop = try EventLoop()
    var calls: [String] = []
    loop.after(.milliseconds(20)) {
      calls.append("last")
      loop.stop()
    }
    loop.after(.milliseconds(1)) { calls.append("first") }
    let cancelled = loop.after(.milliseconds(2)) { calls.append("cancelled") }
    loop.after(.milliseconds(1)) { loop.cancel(cancelled) }
    try loop.run()
    #expect(calls == ["first", "last"])
  }

  @Test("a handler may make an appointment for at once, which comes in a later turn")
  func again() throws {
    let loop = try EventLoop()
    var calls = 0
    var next: EventLoop.Timer?
    func appoint() {
      next = loop.after(.zero) {
        calls += 1
        appoint()
      }
    }
    appoint()
    try loop.turn(atMost: .seconds(1))
    #expect(calls == 1)
    try loop.turn(atMost: .seconds(1))
    #expect(calls == 2)
    // It holds the loop that it waits in.
    loop.cancel(next)
  }
}
