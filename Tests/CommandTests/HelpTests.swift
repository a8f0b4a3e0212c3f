import Testing

/// Help and version are asked for: on standard output, exit status 0.
@Suite struct HelpTests {
  @Test(
    "Every command explains itself in 80 columns",
    arguments: [
      "", "devices", "patterns", "doctor", "stress", "watch", "daemon", "report", "restore",
    ])
  func help(_ command: String) async throws {
    let arguments = command.isEmpty ? ["--help"] : [command, "--help"]
    let ended = try await Binary.run(arguments)
    #expect(ended.status == 0 && ended.error.isEmpty)
    #expect(ended.output.contains("USAGE: bindrace \(command.isEmpty ? "<subcommand>" : command)"))
    #expect(ended.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }

  @Test("The help of stress teaches by four command lines and shows the defaults")
  func teaches() async throws {
    let help = try await Binary.run(["stress", "--help"]).output
    let discussion = help.prefix { $0 != "U" }
    #expect(discussion.split(separator: "\n").filter { $0.hasPrefix("bindrace stress") }.count == 4)
    #expect(help.split(separator: "\n").filter { $0.contains("(default: ") }.count >= 5)
  }

  @Test("What is not built is not in the help")
  func unbuilt() async throws {
    let help = try await Binary.run(["--help"]).output
    let stress = try await Binary.run(["stress", "--help"]).output
    for word in ["__race", "__racer", "__write", "__signature"] {
      #expect(!help.contains("  \(word)"))
    }
    for word in ["ktap", "junit", "--html"] {
      #expect(!stress.contains(word))
    }
  }

  @Test("The shell can complete what is chosen from a list")
  func completion() async throws {
    let ended = try await Binary.run(["--generate-completion-script", "bash"])
    #expect(ended.status == 0 && ended.error.isEmpty)
    for word in ["defer-false-success", "attach-after-refusal", "saturate", "uevent"] {
      #expect(ended.output.contains(word))
    }
  }

  @Test("The version is one line")
  func version() async throws {
    let ended = try await Binary.run(["--version"])
    #expect(ended.status == 0 && ended.error.isEmpty)
    #expect(ended.output.hasPrefix("bindrace "))
    #expect(ended.output.filter { $0 == "\n" }.count == 1)
  }

  @Test("A reader that has gone is no error")
  func goneReader() async throws {
    let ended = try await Binary.shell("{ sleep 0.2; \"$0\" --help; echo $? >&2; } | true")
    #expect(ended.error == "0\n")
  }

  @Test("Help that cannot be written does not end with 0")
  func unwritable() async throws {
    for redirection in [">/dev/full", ">&-"] {
      let ended = try await Binary.shell("\"$0\" --help \(redirection)")
      #expect(ended.status == 2)
      #expect(ended.error.hasPrefix("bindrace: write standard output: "))
    }
  }
}
