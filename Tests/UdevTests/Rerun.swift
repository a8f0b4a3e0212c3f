import DriverModel
import Glibc
import Testing

/// Runs tests of this test program in another environment, in a process of their own.
///
/// What a test needs of its process (a preloaded library, a network namespace) cannot be had later.
struct Rerun {
  /// A command that runs the command that follows it.
  let wrapper: [String]
  /// The suite that runs in there and nowhere else.
  let suite: String

  /// Fails where that suite fails, or where nothing was run.
  func pass() throws {
    let program = try #require(try Directory("/proc/self").link("exe"))
    var child = try ChildProcess(
      wrapper + [program, "--testing-library", "swift-testing", "--filter", suite],
      capturesOutput: true)
    let outcome = try child.wait(.seconds(120))
    let report = "\(child.output)\(child.errors)"
    #expect(outcome == .exited(0), "\(report)")
    #expect(report.contains("Suite \(suite) passed"), "\(report)")
  }
}

/// A variable of the environment; nil where it is not set.
func variable(_ name: String) -> String? {
  unsafe getenv(name).map { unsafe String(cString: $0) }
}
