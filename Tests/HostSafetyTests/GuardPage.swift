/// docs/guard.md, made of the tables that the tests run over.
enum GuardPage {
  static var text: String {
    let ways = GuardWay.all
    let real = ways.count { $0.guest != nil }
    var text = """
      # What the guard takes for in use, and what not

      Made by `BINDRACE_WRITE=1 swift test --disable-xctest --filter GuardWayTests` from the tables that the tests run over (`Tests/HostSafetyTests/GuardWays*.swift`); a test fails where it differs.

      A device is in use where one of these \(ways.count) holds of it, of one below it, or of one above it. Each is set up on a host of files, alone, and the device and the one above it must be refused for this reason and no other. \(real) of them are set up besides in throwaway machines (`Tests/VirtualMachineTests/Guest`), and everything is attempted there: by name, by path, by driver, by what is above, with every pattern; nothing may be touched. The last column names that machine's script; the words in brackets are of the example.

      What is marked with * counts by its nature: not for devices that a run made itself.

      """
    for group in GuardWay.Group.allCases {
      text += "\n## \(group.rawValue)\n\n| | a device that is | known by | refused as | machine |\n"
      text += "|---|---|---|---|---|\n"
      for way in ways where way.group == group {
        let cells = [
          way.id + (way.isNature ? " *" : ""), way.what, way.knownBy, "in use: \(way.reason)",
          way.guest ?? "",
        ]
        text += "| \(cells.joined(separator: " | ")) |\n"
      }
    }
    text += """

      ## What must stay spare

      So that nobody mends the guard by refusing everything: each of these \(SpareDevice.all.count) is close to something above, and must not be refused.

      | | | machine |
      |---|---|---|

      """
    for spare in SpareDevice.all {
      text += "| \(spare.id) | \(spare.what) | \(spare.guest ?? "") |\n"
    }
    return text + notes
  }

  private static let notes = """

    ## What cannot be read

    * What stops the guard from reading one thing makes everything in use, with the reason `may be in use: cannot read …`, but where it cannot be a device: a file that root may not look at is on a FUSE that an ordinary user mounted, which the kernel lets nobody mount with device nodes in it.
    * No ordinary user can make everything in use, nor anything spare: what he mounts in a user namespace of his own counts by its number alone, not by the source that he named; a process counts as udevd's only where root runs it; names need not be text (bytes that are none are shown as `\\xff`).
    * What he has open, his terminals and his connections are uses like anybody's.

    ## Before each cycle

    `bindrace devices` looks at the host without waking any disk. Before each cycle a look is followed, where it found nothing, by the question to systemd which running units need the device (over PID 1's own socket, at most five seconds), and by reading the disks at or below it.

    """
}
