internal import CLinux
internal import DriverModel
internal import Evidence
internal import Glibc
internal import Reports

/// Where the result goes: standard output, or a file that is opened before the run begins.
///
/// An existing file keeps what it holds until the result is there; a new one that was never
/// written is removed.
struct Output: ~Copyable {
  private let file: UserFile?
  private let path: String?
  private let number: Int32
  private let isNew: Bool
  private var isWritten = false

  /// Opens `path`; nil and "-" mean standard output. Throws wrong usage where it cannot be written.
  init(path: String?) throws(Failure) {
    guard let path, path != "-" else {
      file = nil
      self.path = nil
      number = STDOUT_FILENO
      isNew = false
      return
    }
    do {
      let file = try UserFile(path)
      (number, isNew) = try file.open()
      self.file = consume file
    } catch {
      throw Failure(.usage, "--output: \(error)")
    }
    self.path = path
  }

  deinit {
    if isNew && !isWritten { file?.remove() }
    if path != nil { close(number) }
  }

  /// True where the result may be coloured.
  var hasColour: Bool { path == nil && Terminal.hasColour(number) }

  /// Writes the whole result in place of what was there.
  mutating func write(_ text: String) throws(SystemError) {
    isWritten = true
    // Pipes and devices cannot be truncated and need not be.
    if path != nil { _ = ftruncate(number, 0) }
    try StandardStreams.write(text, to: number, object: path ?? "standard output")
  }
}
