internal import CLinux
internal import Evidence
internal import Glibc

/// A pipe that a child writes, of which the first bytes are kept and the rest is read and dropped.
struct BoundedPipe: ~Copyable {
  private(set) var bytes: [UInt8] = []
  private let bound: Int
  private var readEnd: Descriptor?
  private var writeEnd: Descriptor?

  /// A bound of 0 makes no pipe: what the child writes is discarded at its source.
  init(bound: Int) throws(SystemError) {
    guard bound > 0 else {
      self.bound = 0
      return
    }
    var ends: [Int32] = [-1, -1]
    guard unsafe CLinux_output_pipe(&ends) == 0 else { throw SystemError("pipe2", "pipe", errno) }
    self.bound = bound
    readEnd = Descriptor(owning: ends[0])
    writeEnd = Descriptor(owning: ends[1])
  }

  /// The end to poll; -1 (which poll(2) passes over) where there is none, or at the end of the file.
  var number: Int32 {
    switch readEnd {
    case .some(let end): end.number
    case .none: -1
    }
  }

  /// The end that the child gets; -1 where there is none.
  var written: Int32 {
    switch writeEnd {
    case .some(let end): end.number
    case .none: -1
    }
  }

  /// Drops our copy of the child's end, so that the child's end is the last.
  mutating func closeWritten() { writeEnd = nil }

  /// Reads what is there, without waiting.
  mutating func drain() {
    let number = number
    guard number >= 0 else { return }
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let (count, error) = unsafe chunk.withUnsafeMutableBytes { buffer in
        retryingInterrupts { unsafe read(number, buffer.baseAddress, buffer.count) }
      }
      if count > 0 {
        bytes.append(contentsOf: chunk[..<min(count, bound - bytes.count)])
        continue
      }
      if count == 0 || error != EAGAIN { readEnd = nil }
      return
    }
  }
}
