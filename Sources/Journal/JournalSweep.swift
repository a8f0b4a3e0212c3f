public import Evidence
internal import Glibc

/// All that a journal has of bindrace, read once from its begin to its end.
///
/// Each file is read by itself: journald rotates and vacuums while it is read, which renames files, deletes them
/// and takes their blocks away under whoever has them open (unlinkat_deallocate()). What that does to one file
/// is then no matter of the others.
public struct JournalSweep: Sendable {
  /// In the order of their times. Those alone that bindrace wrote itself.
  public private(set) var records: [JournalRecord] = []
  /// What could not be read, a sentence each.
  public private(set) var unread: [String] = []
  /// Entries that look like bindrace's and are not by it.
  public private(set) var untrusted = 0

  private let directory: String?
  private let since: Int64?
  /// Files that were read to their end, or as far as they can be.
  private var done: Set<JournalFiles.File> = []

  /// Reads it.
  ///
  /// - Parameters:
  ///   - directory: nil reads this host's journal, with all namespaces.
  ///   - since: microseconds since 1970; only entries that journald took then or later.
  /// - Throws: where there is no journal to be read at all.
  public init(directory: String? = nil, since: Int64? = nil) throws(SystemError) {
    try self.init(directory: directory, since: since) { _ in }
  }

  /// - Parameter reading: called with the path of each file before it is read, and after its first entry.
  init(directory: String?, since: Int64?, reading: (String) -> Void) throws(SystemError) {
    self.directory = directory
    self.since = since
    try JournalReader.check(directory: directory)
    // It says what is wrong with the folder itself.
    _ = try JournalReader(directory: directory)
    var failed: [JournalFiles.File: String] = [:]
    var gone: [JournalFiles.File: String] = [:]
    var isChanging = true
    while isChanging {
      isChanging = false
      for (file, path) in JournalFiles(directory: directory).paths.sorted(by: {
        $0.value < $1.value
      })
      where !done.contains(file) && failed[file] == nil {
        isChanging = true
        reading(path)
        read(file, path, &failed, &gone, reading)
      }
    }
    let left = JournalFiles(directory: directory).paths
    // One that was being made when it was looked at is whole now.
    for (file, path) in left where failed[file] != nil {
      failed[file] = nil
      read(file, path, &failed, &gone, reading)
    }
    for (file, error) in failed where left[file] != nil { unread.append(error) }
    for (file, path) in gone where left[file] == nil {
      unread.append("\(path) was deleted while it was read")
    }
    unread.sort()
    records.sort { $0.realtime < $1.realtime }
  }

  /// Reads a file, and notes where it could not be opened or was not at its place any more afterwards.
  private mutating func read(
    _ file: JournalFiles.File, _ path: String, _ failed: inout [JournalFiles.File: String],
    _ gone: inout [JournalFiles.File: String], _ reading: (String) -> Void
  ) {
    do throws(SystemError) {
      let reader = try JournalReader(file: path)
      // Another one has come to its place.
      guard JournalFiles.file(path) == file else { return }
      done.insert(file)
      read(reader, path, reading)
      if JournalFiles.file(path) != file { gone[file] = path }
    } catch {
      failed[file] = "\(path) cannot be read: \(error.reason)"
    }
  }

  private mutating func read(_ reader: JournalReader, _ path: String, _ reading: (String) -> Void) {
    let hadEntries = reader.hasEntries
    var trouble: SystemError?
    var isFirst = true
    do throws(SystemError) {
      try reader.match(.messageID, JournalMessage.allCases.map(\.id))
      if let since { try reader.seek(to: since) } else { try reader.seekHead() }
      while let record = try reader.next() {
        if record.isTrusted { records.append(record) } else { untrusted += 1 }
        if isFirst { reading(path) }
        isFirst = false
      }
    } catch {
      trouble = error
    }
    if let trouble = trouble ?? reader.skipped {
      unread.append("\(path) was read in part: \(trouble.reason)")
    } else if hadEntries, !reader.hasEntries {
      // libsystemd lets go of a file in which it finds no way on, and says nothing.
      unread.append("\(path) was read in part: it is damaged, or was deleted")
    }
  }
}
