import Evidence
import Foundation
import Testing

/// The cycles of the folder Recorded.
enum Recording {
  static let kernels = ["6.12", "6.1"]

  static func evidence(_ name: String) throws -> CycleEvidence {
    let url = try #require(
      Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Recorded"),
      "\(name)")
    return try JSONDecoder().decode(CycleEvidence.self, from: Data(contentsOf: url))
  }
}
