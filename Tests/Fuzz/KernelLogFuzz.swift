import Evidence

@testable import KernelTrace

/// Records of /dev/kmsg, parted by zero bytes: whoever is root writes there what he likes.
enum KernelLogFuzz: FuzzTarget {
  static let name = "kmsg"

  static func run(_ input: [UInt8]) {
    var reader = KernelReportReader()
    var account = KernelLogAccount()
    var isKernel = false
    for part in input.split(separator: 0) {
      guard let record = KernelLogRecord(part) else { continue }
      account.received(record.sequence)
      reader.read(record)
      if record.isKernel { isKernel = true }
    }
    _ = account.take()
    let (reports, more) = reader.take(.race)
    must(reports.count <= KernelReportReader.mostReports, "more reports than are kept")
    must(more == 0 || reports.count == KernelReportReader.mostReports, "one that is not kept")
    must(isKernel || reports.isEmpty, "a report that user space wrote")
    must(!reader.isOpen, "a report is open after it was taken")
    for report in reports {
      must(!report.title.isEmpty && !report.lines.isEmpty, "a report without a word")
      must(report.lines.count <= KernelReportReader.mostLines, "a report without a bound")
      must(report.kind == .stall || report.cpus.isEmpty, "CPUs of what is no stall")
    }
  }
}
