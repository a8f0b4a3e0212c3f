internal import DriverModel
internal import Evidence
internal import Glibc

/// The folder of ledgers, a file for each run.
enum LedgerFolder {
  /// What comes behind the name of a ledger that was kept aside.
  enum Aside: String, CaseIterable {
    /// It was damaged; its readable entries are put back.
    case damaged = ".damaged"
    /// A later version of bindrace wrote it, so nothing was put back by it.
    case newer = ".newer"
  }

  static func isAside(_ name: String) -> Bool {
    Aside.allCases.contains { name.contains($0.rawValue) }
  }

  /// Its name afterwards. None that was kept before is written over.
  static func keepAside(_ run: String, as aside: Aside, in directory: Directory)
    throws(SystemError) -> String
  {
    var name = run + aside.rawValue
    var count = 1
    while directory.exists(name) {
      count += 1
      name = "\(run)\(aside.rawValue).\(count)"
    }
    guard unsafe renameat(directory.number, run, directory.number, name) == 0 else {
      throw SystemError("rename", directory.object(run), errno)
    }
    try directory.sync()
    return directory.object(name)
  }
}
