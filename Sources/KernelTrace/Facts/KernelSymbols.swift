internal import DriverModel
internal import Evidence
internal import Glibc

/// Which of the functions asked for this kernel has: a look through /proc/kallsyms.
///
/// A compiler splits functions and makes others of them: NAME.part.N, NAME.isra.N, NAME.constprop.N,
/// NAME.llvm.N. What is never called as a function of its own (NAME.cold) is left out, and so are modules:
/// the driver core is none.
struct KernelSymbols: Sendable {
  struct Symbol: Sendable, Equatable {
    let name: String
    /// 0 where the kernel hides it (kernel.kptr_restrict).
    let address: UInt64
  }

  /// By the function's name in the source.
  private(set) var found: [String: [Symbol]] = [:]
  /// Symbols of modules by the same whole name as one above: a name alone is ambiguous then.
  private var alsoInModules: Set<String> = []

  /// - Throws: where the list cannot be read.
  init(_ functions: Set<String>, proc: Directory) throws(SystemError) {
    var reader = LineReader(functions)
    try unsafe proc.open("kallsyms", O_RDONLY).readOn(object: proc.object("kallsyms")) {
      unsafe reader.take($0)
      return true
    }
    self = reader.symbols
  }

  /// From text, for tests.
  init(_ functions: Set<String>, text: String) {
    var reader = LineReader(functions)
    let bytes = Array(text.utf8)
    unsafe bytes.withUnsafeBytes { unsafe reader.take($0) }
    self = reader.symbols
  }

  private init() {}

  /// Where the kernel's text begins, on every architecture.
  private static let start = "_stext"

  /// Where to put a probe for a symbol: by its name where that is the only one, else by its distance from
  /// the begin of the kernel; nil where addresses are hidden.
  ///
  /// By a bare address the kernel gives no arguments: it does not look whether a function begins there
  /// (trace_kprobe_create()).
  func location(_ symbol: Symbol) -> String? {
    let same = found.values.joined().count { $0.name == symbol.name }
    if same == 1 && !alsoInModules.contains(symbol.name) { return symbol.name }
    guard let start = found[Self.start]?.first?.address, start > 0, symbol.address > start
    else { return nil }
    return "\(Self.start)+0x" + String(symbol.address - start, radix: 16)
  }

  /// Lines of kallsyms, as they come: "ffffffff81000000 t name" and, of a module, "\t[module]".
  private struct LineReader {
    var symbols = KernelSymbols()
    private var rest: [UInt8] = []
    private let wanted: Set<String>
    /// True at the lengths that a wanted name has: nearly every line is passed over by that.
    private var lengths = [Bool](repeating: false, count: 64)
    private var initials = [Bool](repeating: false, count: 256)

    init(_ functions: Set<String>) {
      wanted = functions.union([KernelSymbols.start])
      for name in wanted where name.utf8.count < 64 {
        lengths[name.utf8.count] = true
        initials[Int(name.utf8.first!)] = true
      }
    }

    mutating func take(_ bytes: UnsafeRawBufferPointer) {
      var start = 0
      let count = bytes.count
      for position in 0..<count where unsafe bytes[position] == 0x0a {
        if rest.isEmpty {
          unsafe line(UnsafeRawBufferPointer(rebasing: bytes[start..<position]))
        } else {
          unsafe rest.append(contentsOf: bytes[start..<position])
          let whole = rest
          rest = []
          unsafe whole.withUnsafeBytes { unsafe line($0) }
        }
        start = position + 1
      }
      unsafe rest.append(contentsOf: bytes[start..<count])
    }

    private mutating func line(_ line: UnsafeRawBufferPointer) {
      let begin = 19
      guard line.count > begin, unsafe initials[Int(line[begin])] else { return }
      var end = begin
      while end < line.count, unsafe line[end] != 0x2e && line[end] != 0x09 { end += 1 }
      guard end - begin < 64, lengths[end - begin] else { return }
      let base = unsafe String(decoding: line[begin..<end], as: UTF8.self)
      guard wanted.contains(base) else { return }
      while end < line.count, unsafe line[end] != 0x09 { end += 1 }
      let name = unsafe String(decoding: line[begin..<end], as: UTF8.self)
      if end < line.count {
        symbols.alsoInModules.insert(name)
        return
      }
      guard Self.isWhole(name.dropFirst(base.count)) else { return }
      let digits = unsafe String(decoding: line[..<16], as: UTF8.self)
      symbols.found[base, default: []].append(
        Symbol(name: name, address: UInt64(digits, radix: 16) ?? 0))
    }

    /// True for what a compiler calls as a function: ".part.0", ".isra.0.constprop.1"; not ".cold".
    private static func isWhole(_ suffix: Substring) -> Bool {
      let parts = suffix.split(separator: ".")
      return parts.allSatisfy {
        ["part", "isra", "constprop", "llvm"].contains($0) || $0.allSatisfy(\.isNumber)
      }
    }
  }
}
