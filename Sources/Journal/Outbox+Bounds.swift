internal import DriverModel
internal import Evidence
internal import Glibc

/// How much there may be in an outbox.
extension Outbox {
  /// Lets the oldest findings of this process go until there is room for one more.
  func makeRoom(for size: Int, _ state: inout State) throws(SystemError) -> [Kept] {
    func isRoom(_ state: State) -> Bool {
      let others = state.others ?? (0, 0)
      return state.files.count + others.findings < limits.findings
        && state.bytes + others.bytes + size <= limits.bytes
    }
    // Others deliver theirs meanwhile, so it is looked again before anything goes.
    if state.others == nil || !isRoom(state) { state.others = try countOthers(state) }
    let others = state.others ?? (0, 0)
    guard others.findings < limits.findings, others.bytes + size <= limits.bytes else {
      var error = SystemError("write", path, ENOSPC)
      error.reason =
        "the outbox is full with \(others.findings) findings, \(others.bytes) bytes, of others"
      throw error
    }
    var dropped: [Kept] = []
    while !isRoom(state),
      let oldest = state.files.min(by: { ($0.value.time, $0.key) < ($1.value.time, $1.key) })
    {
      let entry = try? JournalExport.decode(oldest.value.folder.bytes(oldest.value.name.text))
      _ = try remove(oldest.key, &state)
      if let entry { dropped.append(Kept(entry: entry, id: oldest.key)) }
    }
    return dropped
  }

  /// Files in the folders of other processes, and those that were kept aside. What goes meanwhile is not counted.
  private func countOthers(_ state: State) throws(SystemError) -> (findings: Int, bytes: Int) {
    let parent = try Directory(path)
    let ours = Set(state.files.values.map { "\($0.folder.name)/\($0.name.text)" })
    var (findings, bytes) = (0, 0)
    for name in try parent.names() {
      let files = ((try? parent.names(name)) ?? []).map { "\(name)/\($0)" }
      for file in name.contains(Self.damaged) ? [name] : files where !ours.contains(file) {
        guard let size = parent.size(file) else { continue }
        findings += 1
        bytes += size
      }
    }
    return (findings, bytes)
  }
}

extension Directory {
  /// Bytes of a file; nil where there is none.
  fileprivate func size(_ name: String) -> Int? {
    var status = stat()
    guard unsafe fstatat(number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
    return Int(status.st_size)
  }
}
