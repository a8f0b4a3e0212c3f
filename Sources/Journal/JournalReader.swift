internal import CSystemd
internal import DriverModel
public import Evidence
internal import Glibc

/// Reads the journal of this host, or one in a folder (sd-journal(3)). It belongs to one thread.
@safe public final class JournalReader {
  private let handle: OpaquePointer
  private let place: String
  /// Why an entry could not be read that was skipped; the last one.
  public private(set) var skipped: SystemError?
  /// Failed steps without an entry in between; then there is no way on.
  private static let mostSkipped = 64

  /// Opens the journal.
  ///
  /// - Parameter directory: nil reads this host's, with all namespaces: a service with LogNamespace= writes into
  ///   one of its own. Folders below it are read too where machine ids name them, as in /var/log/journal.
  /// - Throws: what sd_journal_open(3) said. A journal without a file is empty.
  public init(directory: String? = nil) throws(SystemError) {
    var opened: OpaquePointer?
    let result =
      if let directory {
        unsafe sd_journal_open_directory(&opened, directory, 0)
      } else {
        unsafe sd_journal_open_namespace(
          &opened, nil, Int32(SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_ALL_NAMESPACES))
      }
    place = directory ?? "journal"
    guard result >= 0, let opened = unsafe opened else {
      throw SystemError("sd_journal_open", place, -result)
    }
    unsafe handle = opened
    // Stacks and logs are wanted in whole.
    unsafe sd_journal_set_data_threshold(handle, 0)
    // From now on it is known which files go (sd_journal_process(3)). Without it they are found to be gone.
    _ = unsafe sd_journal_get_fd(handle)
  }

  /// Opens one file of a journal.
  init(file: String) throws(SystemError) {
    place = file
    let (result, opened) = unsafe file.withCString { path in
      var opened: OpaquePointer?
      var paths: [UnsafePointer<CChar>?] = unsafe [path, nil]
      let result = unsafe sd_journal_open_files(&opened, &paths, 0)
      return unsafe (result, opened)
    }
    guard result >= 0, let opened = unsafe opened else {
      throw SystemError("sd_journal_open_files", place, -result)
    }
    unsafe handle = opened
    unsafe sd_journal_set_data_threshold(handle, 0)
  }

  /// True where there is any entry, whatever is matched. libsystemd lets go of a file that it cannot go on in.
  var hasEntries: Bool {
    var (from, to): (UInt64, UInt64) = (0, 0)
    return unsafe sd_journal_get_cutoff_realtime_usec(handle, &from, &to) > 0
  }

  deinit { unsafe sd_journal_close(handle) }

  /// Only entries with one of these values of a field; matches of several fields all have to hold.
  public func match(_ field: JournalField, _ values: [String]) throws(SystemError) {
    for value in values { try match("\(field.rawValue)=\(value)") }
  }

  private func match(_ text: String) throws(SystemError) {
    let bytes = Array(text.utf8)
    try check("sd_journal_add_match", unsafe sd_journal_add_match(handle, bytes, bytes.count))
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

  /// The next entry that matches; nil where there is none yet. One that cannot be read is skipped, see `skipped`:
  /// its file is damaged, or was vacuumed away.
  public func next() throws(SystemError) -> JournalRecord? {
    for _ in 0..<Self.mostSkipped {
      do throws(SystemError) {
        guard try check("sd_journal_next", unsafe sd_journal_next(handle)) > 0 else { return nil }
        return try record()
      } catch {
        skipped = error
        // Lets go of files that are not there any more.
        _ = unsafe sd_journal_process(handle)
      }
    }
    throw skipped ?? SystemError("sd_journal_next", place, EIO)
  }

  /// Waits until something is added to the journal, at most so long; nil waits for ever.
  public func wait(_ limit: Duration?) throws(SystemError) {
    let limit = limit.map { UInt64(max(0, $0.nanoseconds / 1000)) } ?? UInt64.max
    try check("sd_journal_wait", unsafe sd_journal_wait(handle, limit))
  }

  /// True where the journal has this finding. Only what this user wrote counts: with what others can write they
  /// could have it deleted elsewhere.
  func holds(_ finding: JournalEntry, writtenBy user: uid_t) throws(SystemError) -> Bool {
    removeMatches()
    try match("_UID=\(user)")
    try match(.messageID, [finding.message.id])
    for field in [JournalField.run, .finding, .pattern, .cycle, .verdict, .device] {
      if let value = finding[field] { try match(field, [value]) }
    }
    try seekHead()
    // A file that is damaged or goes hides nothing in the others.
    for _ in 0..<Self.mostSkipped {
      let result = unsafe sd_journal_next(handle)
      if result >= 0 { return result > 0 }
      skipped = SystemError("sd_journal_next", place, -result)
      _ = unsafe sd_journal_process(handle)
    }
    return false
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
