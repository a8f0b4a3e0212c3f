internal import Evidence

/// Devices that were left out since it was last told, by the reason.
struct LeftOut {
  private var reasons: [String: (first: String, count: Int)] = [:]

  mutating func add(_ target: String, _ reason: String) {
    reasons[reason, default: (target, 0)].count += 1
  }

  /// One device and the reason for each reason, with how many others there were; empty then.
  mutating func take() -> [(target: String, reason: String)] {
    defer { reasons = [:] }
    return reasons.sorted { $0.key < $1.key }.map { reason, devices in
      let others = devices.count - 1
      return (devices.first, others == 0 ? reason : "\(reason) (and \(counted(others, "other")))")
    }
  }
}
