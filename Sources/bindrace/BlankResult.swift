internal import Evidence
internal import FoundationEssentials
internal import Glibc

extension RunResult {
  /// The result of a run that is about to begin on this kernel: a new id, nothing found.
  static func blank(seed: UInt64?) -> RunResult {
    var names = utsname()
    unsafe uname(&names)
    return RunResult(
      run: UUID().uuidString.lowercased(), seed: seed ?? UInt64(UInt32.random(in: .min ... .max)),
      kernelRelease: unsafe withUnsafeBytes(of: names.release) { unsafe text($0) },
      kernelVersion: unsafe withUnsafeBytes(of: names.version) { unsafe text($0) }, level: .sysfs)
  }

  private static func text(_ bytes: UnsafeRawBufferPointer) -> String {
    unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}
