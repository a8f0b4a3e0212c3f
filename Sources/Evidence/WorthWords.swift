internal import Glibc

extension PatternResult.Shortfall {
  /// What the row lacks, in a few words.
  public var words: String {
    switch self {
    case .hits(0, _): "no hit"
    case .hits(let hits, let needed):
      "\(counted(hits, "hit")) of the \(needed) that a pass needs"
    case .misses(let misses, let cycles):
      "\(misses) of \(counted(cycles, "cycle")) missed, and a control may miss a tenth"
    case .endedEarly(let reason): "ended early: \(reason)"
    case .inconclusive(let cycles): "\(counted(cycles, "inconclusive cycle"))"
    case .hangs: "a verb hung, and what it did is not known"
    }
  }
}

extension PatternResult {
  /// What its clean hits exclude, for a column of a table; empty where they exclude nothing.
  public func excludedWords(_ columns: Columns) -> String {
    excludedRate(columns).map { ">\($0.percentage)" } ?? ""
  }
}

extension RunResult {
  /// What the pass is worth, as it continues the conclusion.
  public var worth: String {
    let ran = patterns.filter { $0.cycles > 0 && $0.isDecisive }
    let rates = ran.compactMap { $0.excludedRate(columns) }
    let searched = ran.filter { $0.excludedRate(columns) == nil }.map(\.id).uniqued()
    var parts: [String] = []
    if let worst = rates.max() {
      let whose = rates.count > 1 ? " of each race" : ""
      parts.append("at 95%, a rate of failures above \(worst.percentage)\(whose) is excluded")
    }
    if !searched.isEmpty { parts.append("no rate of \(searched.joined(separator: ", "))") }
    return parts.joined(separator: "; ")
  }
}

extension Double {
  /// A rate in percent, with two digits that count.
  public var percentage: String {
    let percent = self * 100
    guard percent > 0 else { return "0%" }
    // Rounded up: what is excluded must not be said to be more.
    var exponent = Int(floor(log10(percent)))
    let unit = pow(10, Double(exponent - 1))
    let rounded = (percent / unit - 1e-9).rounded(.up) * unit
    if rounded / unit > 99.5 { exponent += 1 }
    return fixed(rounded, max(0, 1 - exponent)) + "%"
  }

  private func fixed(_ number: Double, _ digits: Int) -> String {
    let scale = pow(10, Double(digits))
    let whole = Int((number * scale).rounded())
    guard digits > 0 else { return "\(whole)" }
    let fraction = String(whole % Int(scale))
    let zeros = String(repeating: "0", count: digits - fraction.count)
    return "\(whole / Int(scale)).\(zeros)\(fraction)"
  }
}
