import Glibc
import TemporaryFolder
import Testing

@testable import Journal

/// A journal in a folder, as journald writes them, made of entries by systemd-journal-remote(8), which
/// runs as a plain program.
struct JournalFolder {
  static let program = "/lib/systemd/systemd-journal-remote"

  /// BINDRACE_JOURNAL=1 makes a host without that program a failure.
  static var isPossible: Bool {
    unsafe access(program, X_OK) == 0 || getenv("BINDRACE_JOURNAL") != nil
  }

  /// 2026-11-27 12:00:00 UTC.
  static let begin: Int64 = 1_795_780_800_000_000

  private let folder = TemporaryFolder()
  var path: String { folder.path }

  /// An entry each second.
  init(_ entries: [JournalEntry]) throws {
    try append(entries, file: "system.journal", after: 0)
  }

  /// An empty one.
  init() {}

  /// - Parameter trusted: what journald itself says of who wrote them.
  func append(
    _ entries: [JournalEntry], file: String, after seconds: Int64,
    trusted: [String: String] = ["_UID": "0", "_EXE": "/usr/bin/bindrace"]
  ) throws {
    var bytes: [UInt8] = []
    for (index, entry) in entries.enumerated() {
      let second = seconds + Int64(index)
      bytes += Array(
        """
        __REALTIME_TIMESTAMP=\(Self.begin + second * 1_000_000)
        __MONOTONIC_TIMESTAMP=\(5_000_000 + second * 1_000_000)
        _BOOT_ID=0123456789abcdef0123456789abcdef
        _HOSTNAME=host

        """.utf8)
      bytes += trusted.sorted { $0.key < $1.key }.flatMap { Array("\($0.key)=\($0.value)\n".utf8) }
      bytes += JournalExport.encode(entry)
    }
    folder.file("export", bytes)
    defer { unsafe unlink("\(path)/export") }
    let command = "\(Self.program) -o \(path)/\(file) \(path)/export >/dev/null 2>&1"
    try #require(unsafe system(command) == 0, "\(Self.program) failed")
  }
}
