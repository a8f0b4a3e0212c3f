/// Colours for a terminal, or none.
struct Ink {
  let colour: Bool

  func bold(_ text: String) -> String { painted(text, "1") }
  func red(_ text: String) -> String { painted(text, "1;31") }
  func green(_ text: String) -> String { painted(text, "32") }
  func yellow(_ text: String) -> String { painted(text, "33") }

  private func painted(_ text: String, _ code: String) -> String {
    colour ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
  }
}
