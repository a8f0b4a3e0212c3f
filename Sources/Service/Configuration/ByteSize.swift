/// Sizes as systemd writes them: bytes, or with K, M, G to the base 1024: "65536", "512K", "16M".
enum ByteSize {
  private static let units: [(size: Int, name: String)] = [
    (1 << 30, "G"), (1 << 20, "M"), (1 << 10, "K"), (1, ""),
  ]

  /// Nil where it is none.
  static func parse(_ text: String) -> Int? {
    let number = text.prefix { $0.isASCII && $0.isNumber }
    let name = text.dropFirst(number.count)
    guard let unit = units.first(where: { $0.name == name }), let count = Int(number) else {
      return nil
    }
    let product = count.multipliedReportingOverflow(by: unit.size)
    return product.overflow ? nil : product.partialValue
  }

  /// In the largest unit that it is a whole number of.
  static func text(_ bytes: Int) -> String {
    let unit = units.first { bytes >= $0.size && bytes.isMultiple(of: $0.size) } ?? (1, "")
    return "\(bytes / unit.size)\(unit.name)"
  }
}
