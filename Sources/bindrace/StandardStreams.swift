internal import DriverModel
internal import Evidence
internal import Glibc
internal import Reports

/// Standard output and standard error, by their descriptors.
enum StandardStreams {
  /// Makes a closed pipe an error instead of a signal, and keeps 0, 1 and 2 from being given to
  /// files of ours where the caller closed them: using them still fails.
  static func prepare() {
    signal(SIGPIPE, SIG_IGN)
    for number in STDIN_FILENO...STDERR_FILENO where fcntl(number, F_GETFD) < 0 {
      _ = unsafe open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }

  /// Writes `text` to standard output.
  static func print(_ text: String) throws(SystemError) {
    try write(text, to: STDOUT_FILENO, object: "standard output")
  }

  /// Writes `text` to standard output; false where nobody reads it any more.
  static func show(_ text: String) -> Bool {
    var readers = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
    // A pipe without a reader is in error (poll(2)), before anything is written to it.
    if unsafe poll(&readers, 1, 0) > 0, readers.revents & Int16(POLLERR | POLLNVAL) != 0 {
      return false
    }
    return (try? print(text)) != nil
  }

  /// Writes one line to standard error. A failure there cannot be told to anybody.
  static func complain(_ line: String) {
    try? write("bindrace: \(line.printable)\n", to: STDERR_FILENO, object: "standard error")
  }

  /// Writes all of `text`, however many calls that takes. A reader that closed the pipe has read
  /// what it wanted.
  static func write(_ text: String, to number: Int32, object: String) throws(SystemError) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let (count, error) = unsafe rest.withUnsafeBytes { buffer in
        retryingInterrupts { unsafe Glibc.write(number, buffer.baseAddress, buffer.count) }
      }
      if error == EPIPE { return }
      if count < 0 { throw SystemError("write", object, error) }
      rest = rest.dropFirst(count)
    }
  }
}
