/// The name most like `name`, for a message; nil where none is alike.
///
/// One that ends in `name` comes first (a PCI address without its domain), then the one with the
/// fewest edits, up to a third of its length.
public func nearest(to name: String, among names: [String]) -> String? {
  if let longer = names.first(where: { $0.hasSuffix(name) }) { return longer }
  var best: (name: String, edits: Int)?
  for candidate in names {
    let edits = edits(Array(name.utf8), Array(candidate.utf8))
    if edits <= max(1, name.utf8.count / 3), edits < best?.edits ?? .max {
      best = (candidate, edits)
    }
  }
  return best?.name
}

/// Levenshtein's distance.
private func edits(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var row = Array(0...b.count)
  for i in a.indices {
    var diagonal = row[0]
    row[0] = i + 1
    for j in b.indices {
      let substituted = diagonal + (a[i] == b[j] ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(substituted, row[j] + 1, diagonal + 1)
    }
  }
  return row[b.count]
}
