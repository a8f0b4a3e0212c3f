internal import ArgumentParser

struct Stress: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stress",
    abstract: "Races bind and unbind against asynchronous probes, and says what came back.",
    discussion: """
      bindrace stress
        Makes scsi_debug devices, races for 60 s what needs nothing else, and
        takes the devices away again.

      bindrace stress scsi/0:0:0:0 --pattern hotplug-async --cycles 200
        Races one disk that is not in use, 200 times, in one pattern.

      bindrace stress --duration 5m --format json --output result.json
        Races for five minutes and leaves a result that other programs read.

      bindrace stress --replay result.json
        Races what was found there again, with the delays that found it.

      Devices in use are refused, and so is a disk that has anything on it. Ctrl-C ends the cycle, puts the host back and \
      prints the result so far.

      A script for git bisect run builds the kernel into DIR and ends with

        scripts/vm --kernel DIR -- bindrace stress --bisect --pattern RACE --cycles 50
        case $? in [01]) exit $?;; 2|255) exit 255;; *) exit 125;; esac

      where RACE is the one that the patch is about, such as hotplug-async: without \
      --pattern others fail too, on every kernel. A kernel that scripts/vm could not boot (121), that panicked (120) \
      or was too slow (124) is skipped so: git takes every status below 125 but 0 as bad.
      """)

  @OptionGroup var options: StressOptions

  func run() throws {
    let status = try StressRun(options).run()
    if status != .pass { throw status }
  }
}
