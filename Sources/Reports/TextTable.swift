internal import Evidence

/// Rows of cells in aligned columns, two spaces apart.
struct TextTable {
  private let header: [String]
  private let numeric: Set<Int>
  private var rows: [[String]] = []

  /// `numeric` columns are aligned to the right. The last column is not padded.
  init(_ header: [String], numeric: Set<Int> = []) {
    self.header = header
    self.numeric = numeric
  }

  mutating func append(_ row: [String]) {
    rows.append(row.map(\.printable))
  }

  func lines(_ ink: Ink) -> [String] {
    let widths = header.indices.map { column in
      ([header] + rows).map { $0[column].count }.max() ?? 0
    }
    func line(_ row: [String]) -> String {
      var text = ""
      for (column, cell) in row.enumerated() {
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        if column > 0 { text += "  " }
        text += numeric.contains(column) ? padding + cell : cell + padding
      }
      while text.last == " " { text.removeLast() }
      return text
    }
    return [ink.bold(line(header))] + rows.map(line)
  }
}
