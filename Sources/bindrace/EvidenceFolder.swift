internal import DriverModel
internal import Evidence
internal import FoundationEssentials
internal import Glibc

/// A folder that keeps the recorded evidence of each cycle, one JSON file per cycle, so that a
/// verdict can be looked at again.
struct EvidenceFolder {
  private let directory: Directory

  /// Opens `path`, and makes it where its parent exists. Throws wrong usage where it cannot be
  /// written, or is reached by a link that others can have laid.
  init(path: String) throws(Failure) {
    do {
      directory = try UserFile(path).openFolder()
    } catch {
      throw Failure(.usage, "--save-evidence: \(error)")
    }
  }

  /// Writes `A1-scsi-0:0:0:0-12.json`; a file of that name is replaced.
  func save(_ evidence: CycleEvidence, pattern: String, cycle: Int) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let text = String(decoding: try encoder.encode(evidence), as: UTF8.self)
    let name = "\(pattern)-\(evidence.bus)-\(evidence.name)-\(cycle).json"
    // What is there can be a link, or have another name elsewhere.
    if unsafe unlinkat(directory.number, name, 0) < 0 && errno != ENOENT {
      throw SystemError("unlink", directory.object(name), errno)
    }
    let file = try directory.open(name, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
    try StandardStreams.write(text + "\n", to: file.number, object: directory.object(name))
  }
}
