import Testing

/// The verdicts that a user moves reach the run.
@Suite struct ColumnsTests {
  @Test("Lists and repetitions come together, in text and JSON")
  func moved() async throws {
    let arguments = [
      "stress", "--dry-run", "--pattern", "B1", "--fail-on", "foreign-attach,inconclusive",
      "--note", "late-attach", "--fail-on", "attach-after-refusal", "--note=hang",
    ]
    let text = try await Binary.run(arguments)
    #expect(text.status == 0)
    #expect(
      text.output.contains(
        "columns   failing: inconclusive, attach-after-refusal, foreign-attach;"
          + " only noted: hang, late-attach\n"))
    let json = try await Binary.run(arguments + ["--format", "json"]).output
    let words = json.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(
      words.contains(
        #""columns" : { "fail_on" : [ "inconclusive", "attach-after-refusal", "foreign-attach" ],"#
          + #" "note" : [ "hang", "late-attach" ] }"#))
    let plain = try await Binary.run(Array(arguments.prefix(4))).output
    #expect(!plain.contains("columns"))
  }
}
