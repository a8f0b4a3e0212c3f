internal import DriverModel

/// How the value of a key is read into a configuration.
struct Setting: Sendable {
  /// What is wrong with a value, or with an item of a list.
  struct Fault: Error, Equatable, Sendable {
    /// Nil for the value itself.
    var item: String?
    /// Continues "Cycles='0': …".
    var problem: String
  }

  /// What a value is checked against.
  struct Context: Sendable {
    /// Known names and ids of patterns.
    var patterns: [String] = []
  }

  let isList: Bool
  /// Takes the default.
  let reset: @Sendable (inout Configuration) -> Void
  /// Takes a value that is not empty; a list's items come behind those that are there, but for the
  /// first assignment, which replaces the default.
  let assign: @Sendable (inout Configuration, String, _ isFirst: Bool, Context) -> [Fault]
}

extension Setting {
  typealias Path<Value> = any WritableKeyPath<Configuration, Value> & Sendable

  static func choice<Value>(_ path: Path<Value>) -> Setting
  where Value: RawRepresentable<String> & CaseIterable & Sendable {
    let all = Array(Value.allCases)
    return scalar(path) { text in
      all.first { $0.rawValue == text }
    } wanted: {
      "not one of \(all.map(\.rawValue).joined(separator: ", "))"
    }
  }

  static func number(_ path: Path<Int>, _ limits: ClosedRange<Int>) -> Setting {
    scalar(path) { text in
      text.allSatisfy { $0.isASCII && $0.isNumber } ? Int(text).within(limits) : nil
    } wanted: {
      "not a whole number from \(limits.lowerBound) to \(limits.upperBound)"
    }
  }

  /// Booleans as in systemd.syntax(7), and the short and capital ones that parse_boolean() takes.
  static func boolean(_ path: Path<Bool>) -> Setting {
    scalar(path) { text in
      switch text.lowercased() {
      case "1", "yes", "y", "true", "t", "on": true
      case "0", "no", "n", "false", "f", "off": false
      default: nil
      }
    } wanted: {
      "not yes or no (true, false, on, off, 1, 0)"
    }
  }

  static func timeSpan(_ path: Path<Duration>, _ limits: ClosedRange<Duration>) -> Setting {
    scalar(path) { text in
      TimeSpan.parse(text).within(limits)
    } wanted: {
      "not a time span from \(TimeSpan.text(limits.lowerBound)) to \(TimeSpan.text(limits.upperBound)), such as \(examples)"
    }
  }

  /// 0 and infinity are never: nil.
  static func timeSpanOrNever(_ path: Path<Duration?>, _ limits: ClosedRange<Duration>) -> Setting {
    scalar(path) { text -> Duration?? in
      if text == TimeSpan.infinity { return .some(nil) }
      guard let span = TimeSpan.parse(text) else { return nil }
      if span == .zero { return .some(nil) }
      return limits.contains(span) ? .some(span) : .none
    } wanted: {
      "not a time span from \(TimeSpan.text(limits.lowerBound)) to \(TimeSpan.text(limits.upperBound)), such as \(examples), nor 0 or infinity for never"
    }
  }

  static func size(_ path: Path<Int>, _ limits: ClosedRange<Int>) -> Setting {
    scalar(path) { text in
      ByteSize.parse(text).within(limits)
    } wanted: {
      "not a size from \(ByteSize.text(limits.lowerBound)) to \(ByteSize.text(limits.upperBound)), such as 65536, 512K or 16M"
    }
  }

  static func globs(_ path: Path<[DeviceGlob]>) -> Setting {
    list(path) { (item, _) throws(Fault) in
      do throws(DeviceGlob.Problem) {
        return try DeviceGlob(item)
      } catch {
        throw Fault(item: item, problem: error.description)
      }
    }
  }

  static func patterns(_ path: Path<[String]>) -> Setting {
    list(path) { (item, context) throws(Fault) in
      if context.patterns.contains(item) { return item }
      throw Fault(
        item: item,
        problem: "no pattern of that name"
          + (item.nearest(among: context.patterns).map { "; did you mean \($0)?" }
            ?? "; `bindrace patterns` lists them"))
    }
  }

  private static let examples = "500ms, 90s or 1h 30min"

  private static func scalar<Value: Sendable>(
    _ path: Path<Value>, _ parse: @escaping @Sendable (String) -> Value?,
    wanted: @escaping @Sendable () -> String
  ) -> Setting {
    Setting(isList: false) { configuration in
      configuration[keyPath: path] = Configuration()[keyPath: path]
    } assign: { configuration, text, _, _ in
      guard let value = parse(text) else { return [Fault(problem: wanted())] }
      configuration[keyPath: path] = value
      return []
    }
  }

  private static func list<Item: Equatable & Sendable>(
    _ path: Path<[Item]>,
    _ parse: @escaping @Sendable (String, Context) throws(Fault) -> Item
  ) -> Setting {
    Setting(isList: true) { configuration in
      configuration[keyPath: path] = Configuration()[keyPath: path]
    } assign: { configuration, text, isFirst, context in
      guard let words = text.words else {
        return [Fault(problem: "a quotation mark encloses a whole item, and has to be closed")]
      }
      var items = isFirst ? [] : configuration[keyPath: path]
      var faults: [Fault] = []
      for word in words {
        do throws(Fault) {
          let item = try parse(word, context)
          if !items.contains(item) { items.append(item) }
        } catch {
          faults.append(error)
        }
      }
      configuration[keyPath: path] = items
      return faults
    }
  }
}

extension Optional where Wrapped: Comparable {
  fileprivate func within(_ limits: ClosedRange<Wrapped>) -> Wrapped? {
    flatMap { limits.contains($0) ? $0 : nil }
  }
}
