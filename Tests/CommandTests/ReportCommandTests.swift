import Glibc
import Testing

/// `report` on a journal in a folder, as a user calls it.
@Suite struct ReportCommandTests {
  static let program = "/lib/systemd/systemd-journal-remote"

  /// A note and the end of its run, at 2026-11-27 12:00:00 UTC.
  static let export = """
    __REALTIME_TIMESTAMP=1795780800000000
    __MONOTONIC_TIMESTAMP=5000000
    _BOOT_ID=0123456789abcdef0123456789abcdef
    _UID=0
    MESSAGE=udevd attached sd.
    MESSAGE_ID=1f723e162d4d463f9d9fca0539ac8190
    PRIORITY=5
    BINDRACE_RUN=04273c9e-2766-4731-820a-e04e5bc212a8
    BINDRACE_VERDICT=foreign-attach
    BINDRACE_PATTERN=hotplug-async
    BINDRACE_CYCLE=2
    BINDRACE_DEVICE=scsi/0:0:0:0
    BINDRACE_DRIVER=sd
    BINDRACE_EVIDENCE=trace

    __REALTIME_TIMESTAMP=1795780860000000
    __MONOTONIC_TIMESTAMP=65000000
    _BOOT_ID=0123456789abcdef0123456789abcdef
    _UID=0
    MESSAGE=Run ended
    MESSAGE_ID=2c4f95e761544abdbc145d9d25a62773
    BINDRACE_RUN=04273c9e-2766-4731-820a-e04e5bc212a8
    BINDRACE_CONCLUSION=pass
    BINDRACE_CYCLES=5
    BINDRACE_HITS=4


    """

  /// In a folder $J with that journal, and an empty one in $J/none.
  private func shell(_ line: String) async throws -> Ended {
    try await Binary.shell(
      """
      J=$(mktemp -d) && trap 'rm -rf "$J"' EXIT && mkdir "$J/none"
      printf %s "$1" >"$J/export" && \(Self.program) -o "$J/a.journal" "$J/export" >/dev/null 2>&1
      \(line)
      """, [Self.export])
  }

  private static var isPossible: Bool {
    unsafe access(program, X_OK) == 0 || getenv("BINDRACE_JOURNAL") != nil
  }

  @Test("The text and the JSON tell the run and what it found", .enabled(if: isPossible))
  func told() async throws {
    let text = try await shell("TZ=UTC \"$0\" report --directory \"$J\" --run 0427")
    #expect(text.status == 0 && text.error.isEmpty, "\(text)")
    #expect(text.output.contains("04273c9e  -      2026-11-27 12:01:00  pass             5     4"))
    #expect(text.output.contains("foreign-attach: 1 finding of hotplug-async on scsi/0:0:0:0"))
    let json = try await shell("\"$0\" report --directory \"$J\" --format json")
    #expect(json.status == 0 && json.output.contains("\"verdict\" : \"foreign-attach\""))
  }

  @Test("Time, device and verdict choose", .enabled(if: isPossible))
  func chosen() async throws {
    for choice in ["--until '2026-11-20'", "--run ffff", "--since now", "--device scsi/1:0:0:0"] {
      let ended = try await shell("\"$0\" report --directory \"$J\" \(choice)")
      #expect(ended.status == 0)
      #expect(
        ended.output == "nothing of bindrace is in the journal that is asked for\n", "\(choice)")
    }
    let ended = try await shell(
      "\"$0\" report --directory \"$J\" --verdict late-attach,foreign-attach --since @1795780800")
    #expect(ended.output.contains("foreign-attach: 1 finding"))
  }

  @Test(
    "What is damaged is said, and the rest is shown", .enabled(if: isPossible),
    arguments: ["text", "json"])
  func damaged(format: String) async throws {
    let ended = try await shell(
      """
      cp "$J/a.journal" "$J/b.journal" && dd if=/dev/zero of="$J/b.journal" bs=1 count=256 conv=notrunc 2>/dev/null
      "$0" report --directory "$J" --format \(format)
      """)
    #expect(ended.status == 0, "\(ended)")
    #expect(ended.output.contains("foreign-attach"))
    #expect(ended.error.hasPrefix("bindrace: not all of the journal could be read: "), "\(ended)")
    #expect(ended.error.contains("b.journal"))
    if format == "json" {
      #expect(ended.output.contains("b.journal") && !ended.output.contains("\"unread\" : [\n\n"))
    }
  }

  @Test("Entries that others wrote are counted and left out", .enabled(if: isPossible))
  func forged() async throws {
    let forge = """
      sed -i '0,/^_UID=0/s//_UID=1000/' "$J/export" && rm "$J/a.journal" &&
        \(Self.program) -o "$J/a.journal" "$J/export" >/dev/null 2>&1

      """
    let text = try await shell(forge + "TZ=UTC \"$0\" report --directory \"$J\"")
    #expect(text.status == 0 && !text.output.contains("foreign-attach"), "\(text)")
    #expect(text.output.contains("pass"))
    #expect(
      text.error
        == "bindrace: 1 entry that looks like bindrace's and not by root's bindrace: left out\n")
    let json = try await shell(forge + "\"$0\" report --directory \"$J\" --format json 2>&1")
    #expect(json.output.contains("\"untrusted\" : 1"), "\(json)")
    let follow = try await shell(
      forge + "\"$0\" report --follow --since @1795780800 --directory \"$J\" | head -n 1")
    #expect(follow.output.contains("Run ended"), "\(follow)")
    #expect(follow.error.contains("left out"))
  }

  @Test("An empty journal is no error")
  func empty() async throws {
    let ended = try await shell("\"$0\" report --directory \"$J/none\"")
    #expect(ended == Ended(status: 0, output: "nothing of bindrace is in the journal\n", error: ""))
  }

  @Test("A folder that is not there is wrong usage")
  func missing() async throws {
    let ended = try await Binary.run(["report", "--directory", "/nowhere"])
    #expect(
      ended
        == Ended(
          status: 2, output: "",
          error: "bindrace: --directory: '/nowhere': No such file or directory\n"))
  }

  @Test("The end of the reader ends who follows", .enabled(if: isPossible))
  func following() async throws {
    let ended = try await shell(
      """
      { "$0" report --follow --since @1795780800 --directory "$J"; echo $? >&2; } | head -n 1
      """)
    #expect(ended.output.contains("foreign-attach"), "\(ended)")
    #expect(ended.error == "0\n")
  }
}
