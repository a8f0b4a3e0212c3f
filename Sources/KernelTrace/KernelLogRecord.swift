/// One record of /dev/kmsg (Documentation/ABI/testing/dev-kmsg):
/// `PRIORITY,SEQUENCE,MICROSECONDS,FLAGS[,…];TEXT`, and lines ` KEY=VALUE` about the device.
public struct KernelLogRecord: Sendable, Equatable {
  /// False for what user space wrote: it cannot write with the kernel's facility, which is 0
  /// (devkmsg_write()).
  public var isKernel: Bool
  public var sequence: UInt64
  /// The clock of the log (local_clock()), in microseconds.
  public var microseconds: UInt64
  /// Without the lines about the device.
  public var text: String

  /// Nil where it is damaged.
  public init?(_ bytes: ArraySlice<UInt8>) {
    guard let semicolon = bytes.firstIndex(of: UInt8(ascii: ";")) else { return nil }
    let prefix = bytes[..<semicolon].split(
      separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    guard prefix.count >= 4, let priority = UInt32(Self.string(prefix[0])),
      let sequence = UInt64(Self.string(prefix[1])), let time = UInt64(Self.string(prefix[2]))
    else { return nil }
    isKernel = priority >> 3 == 0
    self.sequence = sequence
    microseconds = time
    text = Self.unescaped(bytes[(semicolon + 1)...].prefix { $0 != 0x0a })
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
