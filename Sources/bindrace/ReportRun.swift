internal import Evidence
internal import Glibc
internal import Journal
internal import Reports

/// One `report`: reads the journal and writes what is asked for.
struct ReportRun {
  let directory: String?
  let filter: JournalFilter
  let format: ResultFormat

  /// Everything that is there.
  func write(to output: inout Output) throws {
    let records = try orFailure { () throws(SystemError) in
      let reader = try opened()
      try reader.seekHead()
      if let since = filter.since { try reader.seek(to: since) }
      var records: [JournalRecord] = []
      while let record = try reader.next() { records.append(record) }
      return records
    }
    let report = JournalReport(records, filter)
    switch format {
    case .text: try output.write(report.text(colour: output.hasColour))
    case .json: try output.write(try report.json())
    }
  }

  /// What comes from now on, or from --since on, as long as somebody reads it.
  func follow() throws {
    let report = JournalReport([], filter)
    let colour = Terminal.hasColour(STDOUT_FILENO)
    let reader = try orFailure { () throws(SystemError) in
      let reader = try opened()
      if let since = filter.since { try reader.seek(to: since) } else { try reader.seekTail() }
      return reader
    }
    while true {
      while let record = try orFailure({ () throws(SystemError) in try reader.next() }) {
        let line =
          switch format {
          case .text: report.line(record, colour: colour)
          case .json: try report.jsonLine(record)
          }
        if let line, !StandardStreams.show(line) { return }
      }
      // A reader that went away is seen in time.
      try orFailure { () throws(SystemError) in try reader.wait(.seconds(1)) }
      if !StandardStreams.show("") { return }
    }
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
