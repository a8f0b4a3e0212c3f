internal import DriverModel
internal import Evidence
internal import Glibc

/// The files that a journal is made of. journald renames them when it rotates, so each is known by its inode.
struct JournalFiles {
  struct File: Hashable {
    let device: UInt64
    let inode: UInt64
  }

  /// Where this host's journals are, those of namespaces with them.
  static let roots = ["/var/log/journal", "/run/log/journal"]

  /// By their paths at this instant.
  let paths: [File: String]

  /// - Parameter directory: nil for this host's. As sd_journal_open_directory(3) does, files in it are taken, and
  ///   those in folders that machine ids name, with a namespace or without.
  init(directory: String? = nil) {
    var paths: [File: String] = [:]
    let machine = try? Directory("/etc").text("machine-id")
    for root in directory.map({ [$0] }) ?? Self.roots {
      let names = (try? Directory(root).names()) ?? []
      let folders = names.filter { name in
        let id = name.prefix { $0 != "." }
        let isMachine = id.utf8.count == 32 && id.allSatisfy(\.isHexDigit)
        return isMachine && (directory != nil || machine == nil || id == machine ?? "")
      }
      for folder in (directory == nil ? [] : [root]) + folders.map({ "\(root)/\($0)" }) {
        for name in (try? Directory(folder).names()) ?? []
        where name.hasSuffix(".journal") || name.hasSuffix(".journal~") {
          if let file = Self.file("\(folder)/\(name)") { paths[file] = "\(folder)/\(name)" }
        }
      }
    }
    self.paths = paths
  }

  /// What is at a path; nil where nothing is.
  static func file(_ path: String) -> File? {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    return File(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
  }
}
