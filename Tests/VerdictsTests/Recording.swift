import Evidence
import Foundation
import Testing

/// The cycles of the folder Recorded.
enum Recording {
  /// The kernels of which there is each.
  static let kernels = ["7.3", "6.12", "6.1"]

  /// What was not reached on 5.10: there `bind` answers ENODEV at once, without a wait for the device's lock, as
  /// soon as a driver is linked to it, so none waits behind an unbind or a probe. One that comes too early, in
  /// device_add(), is answered 517, which is not tried again. (The saturated one takes too long to be recorded.)
  private static let lackedBy510: Set = [
    "unbind-rebind-foreign", "wrong-detach", "deferred-to-async", "hotplug-sync",
    "driver-load-async-saturated",
  ]

  /// The kernels of which there is one of that name.
  static func kernels(with name: String) -> [String] {
    kernels + (lackedBy510.contains(name) ? [] : ["5.10"])
  }

  static func evidence(_ name: String) throws -> CycleEvidence {
    let url = try #require(
      Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Recorded"),
      "\(name)")
    return try JSONDecoder().decode(CycleEvidence.self, from: Data(contentsOf: url))
  }
}
