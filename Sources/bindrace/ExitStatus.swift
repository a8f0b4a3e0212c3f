internal import Evidence

/// How bindrace ends. Thrown by a command that ends with anything but a pass.
enum ExitStatus: Int32, Error {
  case pass = 0
  case fail = 1
  /// Wrong usage or configuration: found before anything was touched, so never weighed.
  case usage = 2
  case inconclusive = 3
  /// Nothing could run.
  case nothingRan = 4
  /// The host could not be put back.
  case notRestored = 5

  /// The number that `git bisect run` takes in its way; every other one is bad to it.
  var bisecting: Int32 {
    switch self {
    case .pass: 0
    case .fail: 1
    case .inconclusive, .nothingRan: 125
    case .usage, .notRestored: 255
    }
  }

  private static let precedence: [ExitStatus] = [
    .usage, .notRestored, .fail, .inconclusive, .nothingRan, .pass,
  ]

  /// What a run ends with.
  init(_ result: RunResult) {
    let conclusion: ExitStatus =
      switch result.conclusion {
      case .pass: .pass
      case .fail: .fail
      case .inconclusive: .inconclusive
      case .skip: .nothingRan
      }
    self = result.isRestored ? conclusion : .worst(.notRestored, conclusion)
  }

  /// The one that counts where two apply.
  static func worst(_ a: ExitStatus, _ b: ExitStatus) -> ExitStatus {
    precedence.first { $0 == a || $0 == b } ?? .notRestored
  }
}
