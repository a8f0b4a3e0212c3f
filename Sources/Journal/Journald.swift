internal import CSystemd
internal import DriverModel
public import Evidence
internal import Glibc

/// The journald of this host, by libsystemd.
public struct Journald: JournalServer {
  /// Where it takes entries.
  public static let socket = "/run/systemd/journal/socket"
  /// Where it takes requests (varlink), those of journalctl(1) `--sync` among them.
  public static let requests = "/run/systemd/journal/io.systemd.journal"

  private let socket: String
  private let booted: String

  /// - Parameters:
  ///   - socket: what tells whether it listens; libsystemd always sends to the one of the host.
  ///   - booted: what tells whether the host has one (sd_booted(3)).
  public init(socket: String = Journald.socket, booted: String = "/run/systemd/system") {
    self.socket = socket
    self.booted = booted
  }

  public var isListening: Bool { unsafe access(socket, W_OK) == 0 }

  public var isExpected: Bool {
    let isBooted = unsafe access(booted, F_OK) == 0
    return isBooted || isListening
  }

  /// sd_journal_sendv(3). Blocks as long as journald's queue is full.
  public func send(_ entry: JournalEntry) throws(SystemError) {
    var bytes: [UInt8] = []
    var ends: [Int] = []
    for value in entry.allValues {
      bytes += Array("\(value.field.rawValue)=\(value.text)".utf8)
      ends.append(bytes.count)
    }
    let result = unsafe bytes.withUnsafeMutableBytes { buffer in
      var begin = 0
      var vectors: [iovec] = unsafe []
      for end in ends {
        unsafe vectors.append(
          iovec(iov_base: buffer.baseAddress! + begin, iov_len: end - begin))
        begin = end
      }
      return unsafe sd_journal_sendv(vectors, Int32(vectors.count))
    }
    if result < 0 { throw SystemError("sd_journal_sendv", socket, -result) }
  }

  public func holds(_ findings: [JournalEntry]) throws(SystemError) -> [Bool] {
    let reader = try JournalReader()
    var found: [Bool] = []
    for finding in findings {
      found.append(try reader.holds(finding, writtenBy: geteuid()))
    }
    return found
  }

  public func synchronize() throws(SystemError) {
    try VarlinkCall(Self.requests).call("io.systemd.Journal.Synchronize", limit: .seconds(1))
  }
}
