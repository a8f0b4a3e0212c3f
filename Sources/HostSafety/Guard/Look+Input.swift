internal import DriverModel
internal import Evidence

extension Look {
  /// Keyboards, where somebody has a virtual terminal: the kernel's keyboard driver serves it from all
  /// of them, and has none open that could be seen (drivers/tty/vt/keyboard.c).
  mutating func atKeyboards() {
    let terminals = (1...63).filter { opened.contains("dev/char/4:\($0)") }
    guard let first = terminals.first else { return }
    for name in names("class/input") where name.hasPrefix("input") {
      guard let keys = text(sys, "class/input/\(name)/capabilities/key"), Self.hasLetters(keys),
        let found = devpath("class/input/\(name)")
      else { continue }
      inUse.addNature(found, "is a keyboard of the terminal tty\(first)")
    }
  }

  /// True of keys in words of 64 bits, the last first (input_print_bitmap()), with the upper row of
  /// letters among them. A speaker has no keys, a power button no letters.
  private static func hasLetters(_ keys: String) -> Bool {
    // KEY_Q to KEY_P.
    let letters: UInt64 = 0x3ff << 16
    guard let word = keys.split(separator: " ").last.flatMap({ UInt64($0, radix: 16) }) else {
      return false
    }
    return word & letters == letters
  }
}
