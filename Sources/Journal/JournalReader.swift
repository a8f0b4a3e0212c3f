internal import CSystemd
internal import DriverModel
public import Evidence
internal import Glibc

/// Reads the journal of this host, or one in a folder (sd-journal(3)). It belongs to one thread.
@safe public final class JournalReader {
  private let handle: OpaquePointer
  private let place: String

  /// Opens the journal.
  ///
  /// - Parameter directory: nil reads this host's. Folders below it are read too where machine ids
  ///   name them, as in /var/log/journal.
  /// - Throws: what sd_journal_open(3) said. A journal without a file is empty.
  public init(directory: String? = nil) throws(SystemError) {
    var opened: OpaquePointer?
    let result =
      if let directory {
        unsafe sd_journal_open_directory(&opened, directory, 0)
      } else {
        unsafe sd_journal_open(&opened, Int32(SD_JOURNAL_LOCAL_ONLY))
      }
    place = directory ?? "journal"
    guard result >= 0, let opened = unsafe opened else {
      throw SystemError("sd_journal_open", place, -result)
    }
    unsafe handle = opened
    // Stacks and logs are wanted in whole.
    unsafe sd_journal_set_data_threshold(handle, 0)
  }

  deinit { unsafe sd_journal_close(handle) }

  /// Only entries with one of these values of a field; matches of several fields all have to hold.
  public func match(_ field: JournalField, _ values: [String]) throws(SystemError) {
    for value in values {
      let bytes = Array("\(field.rawValue)=\(value)".utf8)
      try check("sd_journal_add_match", unsafe sd_journal_add_match(handle, bytes, bytes.count))
    }
  }

  public func removeMatches() { unsafe sd_journal_flush_matches(handle) }

  /// The next entry read is the first one.
  public func seekHead() throws(SystemError) {
    try check("sd_journal_seek_head", unsafe sd_journal_seek_head(handle))
  }

  /// The next entry read is the first one that is added from now on.
  public func seekTail() throws(SystemError) {
    try check("sd_journal_seek_tail", unsafe sd_journal_seek_tail(handle))
    // Else the next one would be the last that is there (sd_journal_seek_tail(3)).
    if try check("sd_journal_previous", unsafe sd_journal_previous(handle)) == 0 { try seekHead() }
  }

  /// The next entry read is the first that journald took at that time or later.
  ///
  /// - Parameter realtime: microseconds since 1970.
  public func seek(to realtime: Int64) throws(SystemError) {
    try check(
      "sd_journal_seek_realtime_usec",
      unsafe sd_journal_seek_realtime_usec(handle, UInt64(max(0, realtime))))
  }

  /// Throws EACCES where there is a journal that this process may not read: it would seem empty.
  public static func check(directory: String? = nil) throws(SystemError) {
    let roots = directory.map { [$0] } ?? ["/var/log/journal", "/run/log/journal"]
    for root in roots {
      let names = [root] + ((try? Directory(root).names()) ?? []).map { "\(root)/\($0)" }
      for path in names.flatMap({ [$0, "\($0)/system.journal"] }) {
        if unsafe access(path, R_OK) < 0 && errno == EACCES {
          throw SystemError("open", path, EACCES)
        }
      }
    }
  }

  /// The next entry that matches; nil where there is none yet.
  public func next() throws(SystemError) -> JournalRecord? {
    guard try check("sd_journal_next", unsafe sd_journal_next(handle)) > 0 else { return nil }
    return try record()
  }

  /// Waits until something is added to the journal, at most so long; nil waits for ever.
  public func wait(_ limit: Duration?) throws(SystemError) {
    let limit = limit.map { UInt64(max(0, $0.nanoseconds / 1000)) } ?? UInt64.max
    try check("sd_journal_wait", unsafe sd_journal_wait(handle, limit))
  }

  /// True where the journal has this finding.
  func holds(_ finding: JournalEntry) throws(SystemError) -> Bool {
    removeMatches()
    try match(.messageID, [finding.message.id])
    for field in [JournalField.run, .finding, .pattern, .cycle, .verdict, .device] {
      if let value = finding[field] { try match(field, [value]) }
    }
    try seekHead()
    return try check("sd_journal_next", unsafe sd_journal_next(handle)) > 0
  }

  private func record() throws(SystemError) -> JournalRecord {
    var realtime: UInt64 = 0
    var monotonic: UInt64 = 0
    var boot = sd_id128_t()
    try check(
      "sd_journal_get_realtime_usec", unsafe sd_journal_get_realtime_usec(handle, &realtime))
    try check(
      "sd_journal_get_monotonic_usec",
      unsafe sd_journal_get_monotonic_usec(handle, &monotonic, &boot))
    return JournalRecord(
      fields: try fields(), realtime: Int64(clamping: realtime),
      monotonic: Time(nanoseconds: Int64(clamping: monotonic) &* 1000), boot: boot.text)
  }

  private func fields() throws(SystemError) -> [String: String] {
    var fields: [String: String] = [:]
    unsafe sd_journal_restart_data(handle)
    while true {
      var data: UnsafeRawPointer?
      var length = 0
      let result = unsafe sd_journal_enumerate_available_data(handle, &data, &length)
      guard try check("sd_journal_enumerate_data", result) > 0, let data = unsafe data else {
        return fields
      }
      let bytes = unsafe UnsafeRawBufferPointer(start: data, count: length)
      guard let mark = unsafe bytes.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let name = unsafe String(decoding: bytes[..<mark], as: UTF8.self)
      fields[name] = unsafe String(decoding: bytes[(mark + 1)...], as: UTF8.self)
    }
  }

  @discardableResult
  private func check(_ call: String, _ result: Int32) throws(SystemError) -> Int32 {
    if result < 0 { throw SystemError(call, place, -result) }
    return result
  }
}

extension sd_id128_t {
  /// 32 hexadecimal digits.
  fileprivate var text: String {
    unsafe withUnsafeBytes(of: self) { bytes in
      unsafe bytes.map { byte in
        let digits = String(byte, radix: 16)
        return byte < 16 ? "0" + digits : digits
      }.joined()
    }
  }
}
