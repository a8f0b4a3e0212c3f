import Testing

@testable import Service

/// A text is read as systemd.syntax(7) has it, and a wrong line does not hide another.
@Suite struct ConfigurationTextTests {
  private func entries(_ text: String) -> [String] { entries(Array(text.utf8)) }

  /// "line [Section] Key=Value" each.
  private func entries(_ bytes: [UInt8]) -> [String] {
    ConfigurationText(bytes, file: "f").sections.flatMap { section in
      section.entries.map { "\($0.line) [\(section.name ?? "-")] \($0.key)=\($0.value)" }
    }
  }

  private func faults(_ text: String) -> [String] { faults(Array(text.utf8)) }

  private func faults(_ bytes: [UInt8]) -> [String] {
    ConfigurationText(bytes, file: "f").errors.errors.map(\.description)
  }

  @Test func `sections hold keys, comments and blank lines are passed over`() {
    let text = """
      # a comment
      [A]
      One=1

        ; another
        Two =  a = b
      [B]
      Three=
      """
    #expect(entries(text) == ["3 [A] One=1", "6 [A] Two=a = b", "8 [B] Three="])
    #expect(faults(text).isEmpty)
  }

  @Test func `a backslash joins a line with the next, beyond comments`() {
    let text = "[A]\nOne=1 \\\n  2\\\n# no\n ; neither\n3\nTwo=4"
    #expect(entries(text) == ["2 [A] One=1    2 3", "7 [A] Two=4"])
  }

  @Test func `an escaped backslash at the end joins nothing`() {
    #expect(entries("[A]\nOne=1\\\\\nTwo=2") == [#"2 [A] One=1\\"#, "3 [A] Two=2"])
  }

  @Test func `a backslash ends the file`() {
    #expect(entries("[A]\nOne=1\\") == ["2 [A] One=1"])
    #expect(entries("[A]\nOne=1\\\n") == ["2 [A] One=1"])
  }

  @Test func `what an editor of another system wrote is read the same`() {
    #expect(
      entries([0xef, 0xbb, 0xbf] + Array("[A]\r\nOne=1\\\r\n2\r\nTwo=ä\r\n".utf8))
        == ["2 [A] One=1 2", "4 [A] Two=ä"])
  }

  @Test func `what comes before the first section is kept apart`() {
    #expect(entries("One=1\n[A]\nTwo=2") == ["1 [-] One=1", "3 [A] Two=2"])
  }

  @Test func `every wrong line is named, and the others are read`() {
    let bytes =
      Array("[A\nOne=1\nnothing\n=2\nTwo=\0\n#\0\nThree=".utf8) + [0xff]
      + Array("\n[B]x\nFour=4".utf8)
    #expect(
      faults(bytes) == [
        "f:1: '[A': a section's header is [Name], alone on its line",
        "f:3: 'nothing': neither Key=Value, a [Section], nor a comment, which begins with #",
        "f:4: '=2': there is no key before the =",
        "f:5: holds a NUL byte", "f:6: holds a NUL byte", "f:7: is not UTF-8",
        "f:8: '[B]x': a section's header is [Name], alone on its line",
      ])
    #expect(entries(bytes) == ["2 [-] One=1", "9 [-] Four=4"])
  }

  @Test func `a line has a limit, with all that is joined to it`() {
    let half = String(repeating: "x", count: ConfigurationText.lineLimit / 2)
    #expect(faults("[A]\nOne=\(half)").isEmpty)
    #expect(faults("[A]\nOne=\(half)\(half)\nTwo=2") == ["f:2: longer than 64 KiB"])
    #expect(faults("[A]\nOne=\(half)\\\n\(half)\\\n\(half)\nx").count == 2)
    #expect(entries("[A]\nOne=\(half)\\\n\(half)\\\n\(half)\nTwo=2") == ["5 [A] Two=2"])
  }

  @Test func `a file has a limit`() {
    let line = Array("# 789abcdef0123\n".utf8)
    let most = (0..<ConfigurationText.limit / line.count).flatMap { _ in line }
    #expect(faults(most).isEmpty)
    #expect(faults(most + [0x0a]) == ["f: larger than 1 MiB, so not read"])
  }

  @Test func `what is no configuration at all gets so many faults and no more`() {
    let errors = ConfigurationText(Array(String(repeating: "x\n", count: 1000).utf8), file: "f")
      .errors
    #expect(errors.errors.count == 100)
    #expect(errors.more == 900)
    #expect(errors.description.hasSuffix("\nand 900 more"))
  }

  @Test func `a message is one line that moves no cursor`() {
    #expect(
      faults("\u{1b}[2J\u{202e}\u{85}")
        == [
          #"f:1: '\u{1B}[2J\u{202E}\u{0085}': neither Key=Value, a [Section], nor a comment, which begins with #"#
        ])
    #expect(
      faults(String(repeating: "x", count: 200))[0].hasPrefix(
        "f:1: '\(String(repeating: "x", count: 100))…': "))
  }
}
