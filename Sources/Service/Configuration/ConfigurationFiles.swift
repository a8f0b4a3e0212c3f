internal import CLinux
internal import DriverModel
internal import Evidence
internal import Glibc

/// Where the configuration lies, as the UAPI group's configuration files specification has it.
///
/// The main file is the first that is there of /etc, /run and /usr/lib. Drop-ins come after it, sorted
/// by name whichever folder they lie in; one in /etc stands for one of the same name in /run, and that
/// for one in /usr/lib. A link to /dev/null stands for an empty file, and so masks.
struct ConfigurationFiles {
  /// What comes first stands for what comes later.
  static let folders = ["etc/bindrace", "run/bindrace", "usr/lib/bindrace"]
  static let main = "bindrace.conf"
  static let dropIns = "bindrace.conf.d"

  /// What was read, in the order in which it counts.
  private(set) var texts: [ConfigurationText] = []
  /// What could not be read.
  private(set) var errors = ConfigurationErrors()

  /// Reads the main file and the drop-ins below `root`. Having none of them is no error.
  init(root: Directory) {
    for folder in Self.folders where texts.isEmpty && errors.isEmpty {
      let name = "\(folder)/\(Self.main)"
      read(name, at: root.number, path: root.object(name), isOptional: !isLink(name, root))
    }
    for name in dropIns(root) {
      read(name, at: root.number, path: root.object(name), isOptional: false)
    }
  }

  /// Reads this file and no other; not being there is an error.
  init(file: String) {
    read(file, at: AT_FDCWD, path: file, isOptional: false)
  }

  /// The drop-ins that count, sorted by name.
  private mutating func dropIns(_ root: Directory) -> [String] {
    var places: [String: String] = [:]
    for folder in Self.folders.map({ "\($0)/\(Self.dropIns)" }) {
      do throws(SystemError) {
        for name in try root.names(folder) where name.hasSuffix(".conf") && !name.hasPrefix(".") {
          if places[name] == nil { places[name] = "\(folder)/\(name)" }
        }
      } catch  where error.errno == ENOENT {
        continue
      } catch {
        fail(error, root.object(folder))
      }
    }
    let sorted = places.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    return sorted.map(\.value)
  }

  /// A link that leads nowhere is no missing file.
  private func isLink(_ name: String, _ root: Directory) -> Bool {
    ((try? root.link(name)) ?? nil) != nil
  }

  private mutating func read(
    _ name: String, at directory: Int32, path: String, isOptional: Bool
  ) {
    do throws(SystemError) {
      // A pipe that nobody writes to would block.
      let number = unsafe CLinux_openat(directory, name, O_RDONLY | O_NONBLOCK, 0)
      guard number >= 0 else { throw SystemError("open", path, errno) }
      let file = Descriptor(owning: number)
      guard try isReadable(file, path) else {
        errors.add(ConfigurationError(file: path, problem: "is not a regular file"))
        return
      }
      texts.append(ConfigurationText(try bytes(file, path), file: path))
    } catch  where isOptional && error.errno == ENOENT {
      return
    } catch {
      fail(error, path)
    }
  }

  private mutating func fail(_ error: SystemError, _ path: String) {
    errors.add(ConfigurationError(file: path, problem: "cannot be read: \(error.reason)"))
  }

  /// True for a regular file and for /dev/null, which is an empty one.
  private func isReadable(_ file: borrowing Descriptor, _ path: String) throws(SystemError) -> Bool
  {
    var status = stat()
    guard unsafe fstat(file.number, &status) == 0 else { throw SystemError("stat", path, errno) }
    // Major 1, minor 3 (Documentation/admin-guide/devices.txt).
    let isNull = status.st_mode & S_IFMT == S_IFCHR && status.st_rdev == 0x103
    return status.st_mode & S_IFMT == S_IFREG || isNull
  }

  /// All of it, or a little more than a configuration may have.
  private func bytes(_ file: borrowing Descriptor, _ path: String) throws(SystemError) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count <= ConfigurationText.limit {
      let (count, error) = unsafe chunk.withUnsafeMutableBytes { buffer in
        retryingInterrupts { unsafe Glibc.read(file.number, buffer.baseAddress, buffer.count) }
      }
      if count < 0 { throw SystemError("read", path, error) }
      if count == 0 { break }
      bytes.append(contentsOf: chunk[..<count])
    }
    return bytes
  }
}
