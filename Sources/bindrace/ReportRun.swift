internal import Evidence
internal import Glibc
internal import Journal
internal import Reports

/// One `report`: reads the journal and writes what is asked for.
struct ReportRun {
  let directory: String?
  let filter: JournalFilter
  let format: ResultFormat

  /// Everything that is there. What of it cannot be read, or is of somebody else, is said.
  func write(to output: inout Output) throws {
    let sweep = try orFailure { () throws(SystemError) in
      try JournalSweep(directory: directory, since: filter.since)
    }
    let report = JournalReport(sweep, filter)
    for line in report.remarks { StandardStreams.complain(line) }
    switch format {
    case .text: try output.write(report.text(colour: output.hasColour))
    case .json: try output.write(try report.json())
    }
  }

  /// What comes from now on, or from --since on, as long as somebody reads it.
  func follow() throws {
    let report = JournalReport([], filter)
    let colour = Terminal.hasColour(STDOUT_FILENO)
    var reader = try orFailure { () throws(SystemError) in
      let reader = try opened()
      if let since = filter.since { try reader.seek(to: since) } else { try reader.seekTail() }
      return reader
    }
    var saysUntrusted = true
    var trouble: SystemError?
    while true {
      do throws(SystemError) {
        while let record = try reader.next() {
          if record.isTrusted {
            let line =
              switch format {
              case .text: report.line(record, colour: colour)
              case .json: try? report.jsonLine(record)
              }
            if let line, !StandardStreams.show(line) { return }
          } else if saysUntrusted {
            saysUntrusted = false
            StandardStreams.complain(JournalReport.untrusted)
          }
        }
        if let skipped = reader.skipped { say(skipped, &trouble) }
      } catch {
        // A file that is damaged, or goes, does not end it: what comes from now on is in others.
        say(error, &trouble)
        reader = try orFailure { () throws(SystemError) in
          let reader = try opened()
          do throws(SystemError) {
            try reader.seekTail()
          } catch {
            try reader.seek(to: Self.now)
          }
          return reader
        }
      }
      // A reader that went away is seen in time.
      try orFailure { () throws(SystemError) in try reader.wait(.seconds(1)) }
      if !StandardStreams.show("") { return }
    }
  }

  /// The same trouble is said once.
  private func say(_ error: SystemError, _ last: inout SystemError?) {
    if last != error {
      StandardStreams.complain("not all of the journal could be read: \(error)")
    }
    last = error
  }

  /// Microseconds since 1970.
  private static var now: Int64 {
    var now = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec) * 1_000_000
  }

  private func opened() throws(SystemError) -> JournalReader {
    try JournalReader.check(directory: directory)
    let reader = try JournalReader(directory: directory)
    try reader.match(.messageID, JournalMessage.allCases.map(\.id))
    return reader
  }

  private func orFailure<Value>(_ body: () throws(SystemError) -> Value) throws(Failure) -> Value {
    do throws(SystemError) {
      return try body()
    } catch {
      if let directory, error.errno == ENOENT || error.errno == ENOTDIR {
        throw Failure(.usage, "--directory: '\(directory)': \(error.reason)")
      }
      let advice = error.errno == EACCES ? " (root and the group systemd-journal may)" : ""
      throw Failure(.nothingRan, "the journal cannot be read: \(error)\(advice)")
    }
  }
}
