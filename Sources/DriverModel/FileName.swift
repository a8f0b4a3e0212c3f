/// Names of files and interfaces are bytes to the kernel, and need not be text: each is decoded to one
/// string, and that encoded to the same bytes again.
public enum FileName {
  /// Stands for a byte that is no part of any text: of the end of a private area, where no text
  /// should have anything.
  private static let escapes: ClosedRange<UInt32> = 0x10_ff80...0x10_ffff
  private static let base: UInt32 = 0x10_ff00

  /// What is no UTF-8 is escaped byte by byte. So is what does not stand by itself (an accent), which
  /// a string would join with the slash before it; and what looks like an escape.
  public static func decode(_ bytes: some Collection<UInt8>) -> String {
    if bytes.allSatisfy({ $0 < 0x80 }) { return String(decoding: bytes, as: UTF8.self) }
    var text = String.UnicodeScalarView()
    var parser = Unicode.UTF8.ForwardParser()
    var rest = bytes.makeIterator()
    // The parser reads ahead of an error, so the bytes are taken from the collection itself.
    var position = bytes.startIndex
    while true {
      switch parser.parseScalar(from: &rest) {
      case .valid(let encoded):
        let scalar = Unicode.UTF8.decode(encoded)
        position = bytes.index(position, offsetBy: encoded.count)
        if isPlain(scalar) {
          text.append(scalar)
        } else {
          for byte in encoded { escape(byte, &text) }
        }
      case .error(let length):
        for _ in 0..<length {
          escape(bytes[position], &text)
          position = bytes.index(after: position)
        }
      case .emptyInput:
        return String(text)
      }
    }
  }

  /// The bytes of a name.
  public static func encode(_ name: String) -> [UInt8] {
    // Every escape begins with this byte.
    guard name.utf8.contains(0xf4) else { return Array(name.utf8) }
    var bytes: [UInt8] = []
    for scalar in name.unicodeScalars {
      if escapes ~= scalar.value {
        bytes.append(UInt8(truncatingIfNeeded: scalar.value))
      } else {
        bytes += Array(String(scalar).utf8)
      }
    }
    return bytes
  }

  /// Calls `body` with the name as C has it.
  static func withCString<Value>(_ name: String, _ body: (UnsafePointer<CChar>) -> Value) -> Value {
    if !name.utf8.contains(0xf4) { return unsafe name.withCString(body) }
    return unsafe (encode(name).map(CChar.init(bitPattern:)) + [0]).withUnsafeBufferPointer {
      unsafe body($0.baseAddress!)
    }
  }

  /// The name for people: a byte that is no text as \xff.
  public static func shown(_ name: String) -> String {
    guard name.utf8.contains(0xf4) else { return name }
    var text = ""
    var rest = encode(name)[...]
    while !rest.isEmpty {
      var parser = Unicode.UTF8.ForwardParser()
      var iterator = rest.makeIterator()
      switch parser.parseScalar(from: &iterator) {
      case .valid(let encoded):
        text.unicodeScalars.append(Unicode.UTF8.decode(encoded))
        rest = rest.dropFirst(encoded.count)
      default:
        text += "\\x" + String(rest.removeFirst(), radix: 16)
      }
    }
    return text
  }

  private static func escape(_ byte: UInt8, _ text: inout String.UnicodeScalarView) {
    // The bytes of UTF-8 are above 0x7f, but for those that are valid by themselves.
    text.append(Unicode.Scalar(base + UInt32(byte)) ?? "\u{fffd}")
  }

  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return true }
    return !(escapes ~= scalar.value) && !scalar.properties.isGraphemeExtend
      && scalar.properties.canonicalCombiningClass == .notReordered
  }
}
