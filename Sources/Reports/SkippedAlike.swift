internal import Evidence

extension [PatternResult] {
  /// For a reader: what is skipped on one target for one reason comes once, where the first of it stands, with
  /// how many it stands for.
  var skippedAlike: [(row: PatternResult, count: Int)] {
    var rows: [(row: PatternResult, count: Int)] = []
    for pattern in self {
      let same = rows.firstIndex { row, _ in
        pattern.skipReason != nil && row.skipReason == pattern.skipReason
          && row.target == pattern.target && row.driver == pattern.driver
      }
      if let same { rows[same].count += 1 } else { rows.append((pattern, 1)) }
    }
    return rows
  }
}
