internal import CLinux
internal import Glibc

/// What a descriptor can show, if it is a terminal.
enum Terminal {
  /// True for a terminal that can redraw a line.
  static func isLive(_ number: Int32) -> Bool {
    isatty(number) == 1 && variable("TERM") != "dumb"
  }

  /// True for a terminal whose user did not turn colours off (no-color.org).
  static func hasColour(_ number: Int32) -> Bool {
    isLive(number) && (variable("NO_COLOR") ?? "").isEmpty
  }

  static func columns(_ number: Int32) -> Int {
    Int(CLinux_terminal_columns(number))
  }

  private static func variable(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }
}
