/// One device of this host.
public struct DeviceRow: Sendable, Equatable {
  public var bus: String
  public var name: String
  /// The driver attached; nil where there is none.
  public var driver: String?
  /// Whether its driver probes asynchronously; nil where nobody can tell.
  public var async: Bool?
  /// Why it must not be raced; nil where it is spare.
  public var use: String?

  public init(bus: String, name: String, driver: String?, async: Bool?, use: String?) {
    self.bus = bus
    self.name = name
    self.driver = driver
    self.async = async
    self.use = use
  }
}

/// The devices of this host as text or JSON.
public struct DeviceTable: Sendable {
  private let rows: [DeviceRow]

  public init(_ rows: [DeviceRow]) {
    self.rows = rows
  }

  /// A row per device, with a newline at the end.
  public func text(colour: Bool = false) -> String {
    var table = TextTable(["target", "driver", "async", "use"])
    for row in rows {
      table.append([
        "\(row.bus)/\(row.name)", row.driver ?? "-",
        row.async.map { $0 ? "yes" : "no" } ?? "unknown",
        row.use.map { "in use: \($0)" } ?? "spare",
      ])
    }
    return table.lines(Ink(colour: colour)).joined(separator: "\n") + "\n"
  }

  /// `{"schema": 1, "devices": […]}`. Throws what JSONEncoder throws.
  public func json() throws -> String {
    try jsonText(Document(devices: rows.map(Document.Device.init)))
  }

  private struct Document: Encodable {
    struct Device: Encodable {
      let bus: String
      let name: String
      let driver: OrNull<String>
      let async: OrNull<Bool>
      let use: OrNull<String>

      init(_ row: DeviceRow) {
        bus = row.bus
        name = row.name
        driver = OrNull(row.driver)
        async = OrNull(row.async)
        use = OrNull(row.use)
      }
    }

    let schema = 1
    let devices: [Device]

    enum CodingKeys: CodingKey { case schema, devices }
  }
}
