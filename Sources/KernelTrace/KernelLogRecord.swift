/// One record of /dev/kmsg (Documentation/ABI/testing/dev-kmsg):
/// `PRIORITY,SEQUENCE,MICROSECONDS,FLAGS[,…];TEXT`, and lines ` KEY=VALUE` about the device.
public struct KernelLogRecord: Sendable, Equatable {
  /// False for what user space wrote: it cannot write with the kernel's facility, which is 0
  /// (devkmsg_write()).
  public var isKernel: Bool
  public var sequence: UInt64
  /// The clock of the log (local_clock()), in microseconds.
  public var microseconds: UInt64
  /// As the log has it, without the lines about the device. Nearly all records are only looked at.
  let escaped: ArraySlice<UInt8>

  public var text: String { Self.unescaped(escaped) }

  /// Nil where it is damaged.
  public init?(_ bytes: ArraySlice<UInt8>) {
    var rest = bytes
    guard let priority = Self.number(&rest).flatMap(UInt32.init(exactly:)),
      let sequence = Self.number(&rest), let time = Self.number(&rest),
      let semicolon = rest.firstIndex(of: UInt8(ascii: ";"))
    else { return nil }
    isKernel = priority >> 3 == 0
    self.sequence = sequence
    microseconds = time
    let text = rest[(semicolon + 1)...]
    escaped = text[..<(text.firstIndex(of: 0x0a) ?? text.endIndex)]
  }

  /// Takes a number and the comma behind it; nil where there is none, or it is too large.
  private static func number(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    var hasDigit = false
    while let byte = bytes.popFirst() {
      if byte == UInt8(ascii: ",") { return hasDigit ? value : nil }
      guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte else { return nil }
      let (tens, isTooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, isOver) = tens.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
      if isTooLarge || isOver { return nil }
      (value, hasDigit) = (sum, true)
    }
    return nil
  }

  private static func string(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes, as: UTF8.self)
  }

  /// A byte that is not printable is written as \xNN, and so is the backslash (append_char()).
  private static func unescaped(_ bytes: ArraySlice<UInt8>) -> String {
    guard bytes.contains(UInt8(ascii: "\\")) else { return string(bytes) }
    var result: [UInt8] = []
    var rest = bytes
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\\"), rest.first == UInt8(ascii: "x"), rest.count >= 3,
        let value = UInt8(string(rest.dropFirst().prefix(2)), radix: 16)
      {
        result.append(value)
        rest = rest.dropFirst(3)
      } else {
        result.append(byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
