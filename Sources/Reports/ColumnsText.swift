internal import Evidence

extension Columns {
  /// What was moved for the run, in words; nil where nothing was.
  var moved: String? {
    let lists = [("failing", failOn), ("only noted", note)].filter { !$0.1.isEmpty }
    if lists.isEmpty { return nil }
    return lists.map { "\($0): \($1.map(\.rawValue).joined(separator: ", "))" }
      .joined(separator: "; ")
  }
}
