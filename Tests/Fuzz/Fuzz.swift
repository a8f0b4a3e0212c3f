import Glibc

/// What is fuzzed: one parser or rule, and what must hold of it for any input.
protocol FuzzTarget {
  static var name: String { get }
  static func run(_ input: [UInt8]) throws
}

private var targets: [any FuzzTarget.Type] {
  [
    LedgerFuzz.self, TraceFuzz.self, UeventFuzz.self, VerdictFuzz.self, HostFuzz.self,
    ReplayFuzz.self, KernelLogFuzz.self, ConfigurationFuzz.self, ArgumentFuzz.self,
  ]
}

/// Their names.
public let fuzzTargets = targets.map { $0.name }

/// The target of that name with one input. What must hold and does not ends the program.
public func fuzz(_ name: String, _ input: [UInt8]) throws {
  guard let target = targets.first(where: { $0.name == name }) else {
    fatalError("'\(name)' is none of \(fuzzTargets)")
  }
  try target.run(input)
}

/// What BINDRACE_FUZZ names.
private let wanted = unsafe getenv("BINDRACE_FUZZ").map { unsafe String(cString: $0) } ?? ""

/// What libFuzzer calls for each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: data, count: size))
  do {
    try fuzz(wanted, input)
  } catch {
    fatalError("\(error)")
  }
  return 0
}

/// Ends the program, which libFuzzer takes for a finding.
func must(_ isRight: Bool, _ what: @autoclosure () -> String) {
  if !isRight { fatalError(what()) }
}

/// Choices taken from the input; zeros behind its end.
struct Choices {
  private var rest: ArraySlice<UInt8>

  init(_ input: [UInt8]) { rest = input[...] }

  var isEmpty: Bool { rest.isEmpty }

  mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

  mutating func one<Element>(of all: [Element]) -> Element { all[Int(byte()) % all.count] }

  /// True once in so many times.
  mutating func once(in count: UInt8) -> Bool { byte() % count == count - 1 }
}
