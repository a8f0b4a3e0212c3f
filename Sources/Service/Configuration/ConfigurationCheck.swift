/// Reads texts into one configuration, the later ones over the earlier, and collects what is wrong.
struct ConfigurationCheck {
  private(set) var configuration = Configuration()
  private(set) var errors = ConfigurationErrors()
  private let context: Setting.Context
  /// The assignment that holds of each key; none where the default does.
  private var holding: [String: (text: ConfigurationText, entry: ConfigurationText.Entry)] = [:]

  /// - Parameter patterns: the names and ids that `Patterns=` can hold.
  init(patterns: [String]) {
    context = Setting.Context(patterns: patterns)
  }

  mutating func read(_ text: ConfigurationText) {
    configuration.files.append(text.file)
    errors.add(text.errors)
    for section in text.sections { read(section, of: text) }
  }

  /// Checks what no key can tell alone.
  mutating func finish() {
    let race = configuration.race
    if race.backOff > race.backOffMax,
      let (text, entry) = holding["BackOff"] ?? holding["BackOffMax"]
    {
      let backOff = TimeSpan.text(race.backOff)
      let backOffMax = TimeSpan.text(race.backOffMax)
      fault(
        "BackOff=\(backOff) is longer than BackOffMax=\(backOffMax)", entry.subject, text, entry)
    }
    warn()
    errors.sort(by: configuration.files)
  }

  /// Notes what will not happen although it is written.
  private mutating func warn() {
    let daemon = configuration.daemon
    if daemon.mode == .race && daemon.match.isEmpty {
      warn("Mode", "Match= is empty, so nothing is raced")
    }
    if daemon.mode == .watch && !daemon.match.isEmpty {
      warn("Match", "Mode= is watch, so nothing is raced")
    }
    if daemon.mode == .watch && !configuration.watch.trace {
      warn("Trace", "Mode= is watch, and without a trace nothing that comes back is told")
    }
    for glob in daemon.match where daemon.deny.contains(glob) {
      warn("Match", "\(glob.description.quoted) is denied by Deny=, which wins")
    }
  }

  private mutating func warn(_ key: String, _ problem: String) {
    guard let (text, entry) = holding[key] else { return }
    configuration.warnings.append(
      ConfigurationError(
        file: text.file, line: entry.line, subject: entry.subject, problem: problem))
  }

  private mutating func read(_ section: ConfigurationText.Section, of text: ConfigurationText) {
    if let name = section.name, !ConfigurationKey.sections.contains(name) {
      let right =
        name.nearest(among: ConfigurationKey.sections).map { "did you mean [\($0)]?" }
        ?? "there are \(ConfigurationKey.sections.map { "[\($0)]" }.joined(separator: ", "))"
      errors.add(
        ConfigurationError(
          file: text.file, line: section.line, subject: "[\(name)]".quoted,
          problem: "no such section; \(right)"))
      // What stands in it cannot be told right from wrong.
      return
    }
    for entry in section.entries {
      if let key = key(of: entry, in: section, of: text) { assign(entry, to: key, text) }
    }
  }

  /// Nil where there is no such key in the section.
  private mutating func key(
    of entry: ConfigurationText.Entry, in section: ConfigurationText.Section,
    of text: ConfigurationText
  ) -> ConfigurationKey? {
    let place = section.name.map { "[\($0)]" } ?? "the place before the first [section]"
    if let key = ConfigurationKey.all.first(where: { $0.name == entry.key }) {
      if key.section == section.name { return key }
      fault("belongs into [\(key.section)], not \(place)", entry.subject, text, entry)
      return nil
    }
    let names = ConfigurationKey.all.map(\.name)
    guard let near = entry.key.nearest(among: names),
      let key = ConfigurationKey.all.first(where: { $0.name == near })
    else {
      let known = ConfigurationKey.all.filter { $0.section == section.name ?? $0.section }
      fault(
        "no such key; there are \(known.map(\.name).joined(separator: ", "))", entry.subject, text,
        entry)
      return nil
    }
    let right = key.section == section.name ? near : "\(near) of [\(key.section)]"
    fault("no such key; did you mean \(right)?", entry.subject, text, entry)
    return nil
  }

  private mutating func assign(
    _ entry: ConfigurationText.Entry, to key: ConfigurationKey, _ text: ConfigurationText
  ) {
    if entry.value.isEmpty {
      key.setting.reset(&configuration)
      holding[key.name] = nil
      return
    }
    let faults = key.setting.assign(
      &configuration, entry.value, holding[key.name] == nil, context)
    holding[key.name] = (text, entry)
    for fault in faults {
      // A comment behind a value is part of it, which surprises many.
      let hint = entry.value.contains(" #") ? "; a comment takes a line of its own" : ""
      self.fault(
        fault.problem + hint, "\(key.name)=\((fault.item ?? entry.value).quoted)", text, entry)
    }
  }

  private mutating func fault(
    _ problem: String, _ subject: String, _ text: ConfigurationText,
    _ entry: ConfigurationText.Entry
  ) {
    errors.add(
      ConfigurationError(file: text.file, line: entry.line, subject: subject, problem: problem))
  }
}

extension ConfigurationText.Entry {
  /// As a message names it.
  fileprivate var subject: String {
    // Without quotation marks where a key looks like one.
    let isPlain = key.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f } && key.utf8.count <= 64
    return "\(isPlain ? key : key.quoted)=\(value.quoted)"
  }
}
