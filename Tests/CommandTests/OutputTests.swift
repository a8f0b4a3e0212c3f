import Glibc
import Testing

/// A result that could not be written is found out before anything is changed.
@Suite struct OutputTests {
  @Test("An output that cannot be written is wrong usage")
  func unwritable() async throws {
    let absent = try await Binary.run(["stress", "--dry-run", "--output", "/nonexistent/result"])
    #expect(
      absent
        == Ended(
          status: 2, output: "",
          error: "bindrace: --output: open /nonexistent/result: No such file or directory\n"))
    let folder = try await Binary.run(["stress", "--dry-run", "--output", "/proc"])
    #expect(
      folder
        == Ended(
          status: 2, output: "", error: "bindrace: --output: open /proc: Is a directory\n"))
  }

  @Test("A folder for evidence that cannot be made is wrong usage")
  func unwritableFolder() async throws {
    let ended = try await Binary.run(
      ["stress", "--dry-run", "--save-evidence", "/nonexistent/folder/evidence"])
    #expect(
      ended
        == Ended(
          status: 2, output: "",
          error: "bindrace: --save-evidence: open /nonexistent/folder/evidence:"
            + " No such file or directory\n"))
  }

  @Test("Wrong usage leaves no new file and no old one changed")
  func untouched() async throws {
    let ended = try await Binary.shell(
      """
      folder=$(mktemp -d) && cd "$folder" && echo precious >old
      "$0" stress --dry-run --output new --save-evidence /nonexistent/a/b
      "$0" stress --dry-run --output old --save-evidence /nonexistent/a/b
      "$0" stress --dry-run --output new --cycles 0
      ls; cat old; rm -r "$folder"
      """)
    #expect(ended.output == "old\nprecious\n")
  }
}
