internal import ArgumentParser

struct Stress: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stress",
    abstract: "Races bind and unbind against asynchronous probes, and says what came back.",
    discussion: """
      bindrace stress
        Makes scsi_debug devices, races what needs nothing else for 60 s, takes them away.

      bindrace stress scsi/0:0:0:0 --pattern hotplug-async --cycles 200
        Races one disk that is not in use, 200 times, in one pattern.

      bindrace stress --duration 5m --format json --output result.json
        Races for five minutes and leaves a result for other programs; progress stays on \
      standard error.

      Devices in use are refused. Ctrl-C ends the cycle, puts the host back and prints the result \
      so far.
      """)

  @OptionGroup var options: StressOptions

  func run() throws {
    let status = try StressRun(options).run()
    if status != .pass { throw status }
  }
}
