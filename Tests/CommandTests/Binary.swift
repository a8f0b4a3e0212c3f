import Glibc
import Subprocess

/// How a process ended and what it wrote.
struct Ended: Equatable, Sendable {
  var status: Int32
  var output: String
  var error: String
}

/// The built executable, run as a user or a script runs it.
///
/// These tests run on a developer's machine: no call may race anything, also where the check that
/// is tested has gone. So every `stress` is a dry run.
enum Binary {
  static func run(_ arguments: [String]) async throws -> Ended {
    try await shell("exec \"$0\" \"$@\"", arguments)
  }

  /// Runs a shell's line in which $0 is the executable and $1, … are `arguments`.
  static func shell(_ line: String, _ arguments: [String] = []) async throws -> Ended {
    let result = try await Subprocess.run(
      .name("sh"), arguments: Arguments(["-c", line, path] + arguments),
      output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
    guard case .exited(let status) = result.terminationStatus else {
      throw Killed(arguments: arguments)
    }
    return Ended(status: status, output: result.standardOutput, error: result.standardError)
  }

  /// A process that a signal ended.
  struct Killed: Error {
    var arguments: [String]
  }

  /// The executable is beside the test bundle, wherever that was built. Absolute, as some lines change
  /// the folder.
  static let path: String = {
    let bundle = unsafe realpath(CommandLine.arguments[0], nil)
    defer { unsafe free(bundle) }
    var folder = unsafe bundle.map { unsafe String(cString: $0) } ?? ""
    while let slash = folder.lastIndex(of: "/") {
      folder = String(folder[..<slash])
      if isFile(folder + "/bindrace") { return folder + "/bindrace" }
    }
    fatalError("no bindrace beside \(CommandLine.arguments[0])")
  }()

  private static func isFile(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }
}
