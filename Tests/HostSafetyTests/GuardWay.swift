import Evidence
import Testing

@testable import HostSafety

/// A way in which a device is of use to a host, and how the guard tells it: one reason of the guard
/// each. docs/guard.md is made of these.
struct GuardWay: Sendable, CustomTestStringConvertible {
  var id: String
  var group: Group
  /// The device that is in use, as in "a disk that holds swap".
  var what: String
  /// Where the guard sees it.
  var knownBy: String
  /// What it says on the host that `idle` and `use` set up.
  var reason: String
  var device = "/devices/pci0/x"
  /// Where it counts only for devices that a run did not make itself.
  var isNature = false
  /// The guest that sets it up for real; nil where no virtual machine has it.
  var guest: String?
  /// The device as it is without this use.
  var idle: @Sendable (MockUse) -> Void = { _ in }
  var use: @Sendable (MockUse) -> Void = { _ in }
  /// What the kernel says of the network, systemd of its units, and a disk of what is on it, in use.
  var network = Network()
  var units: [DependentUnit] = []
  var signature: SignatureReader = { (_, _) throws(SystemError) in nil }

  enum Group: String, CaseIterable, Sendable {
    case disks = "Disks and memory"
    case network = "Network"
    case open = "What a process has open"
    case kernel = "What the kernel itself uses"
    case made = "What somebody made of it, and no bind brings back"
    case ties = "Ties that the tree does not show"
    case others = "What others name"
  }

  /// True of what is asked only when a device would be raced.
  var isAsked: Bool { !units.isEmpty || ["signature-read", "claimed"].contains(id) }

  var testDescription: String { id }
}

/// A device that nobody uses, though it is close to it: the guard must leave it spare.
struct SpareDevice: Sendable, CustomTestStringConvertible {
  var id: String
  var what: String
  var device = "/devices/pci0/x"
  var guest: String?
  var setUp: @Sendable (MockUse) -> Void

  var testDescription: String { id }
}
