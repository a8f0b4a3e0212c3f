public import DriverModel
internal import Evidence
internal import Glibc

/// Tells what of this host is in use, so that it is never raced.
///
/// In use is a device, all above it and all below it, where it or one below it
/// - holds a mounted file system in any mount namespace, or swap;
/// - is held by or a member of device-mapper, md, bcache, DRBD, a loop device or zram;
/// - is a disk with partitions or, as far as udevd found it, a signature; `reasonInUse` reads the disk
///   itself;
/// - is open in any process, udevd and its helpers excepted (block devices, input, displays, sound,
///   serial lines, watchdogs, ... all that has a device number), or shares the IOMMU's group with what
///   is given away by an open VFIO node;
/// - is named in fstab or crypttab;
/// - carries a default route, a route by a gateway or an established TCP connection, in PID 1's
///   network namespace or ours, or is below a bridge, bond or VLAN that does;
/// - is a console, the controlling terminal of a process, a watchdog that is active or open;
/// - is the boot display, the only one, or one that is turned on;
/// - is a keyboard, while somebody has a virtual terminal;
/// - is an NVMe controller by which such a disk can be reached;
/// - is a USB interface that shares its driver with another of the same device that is in use;
/// - supplies one that is in use (device links).
///
/// What cannot be read counts as in use, everything then. It only reads.
///
/// A disk is read just before it is raced, when there is a reason to wake it up: `reasonInUse` does,
/// `look()` does not. It is opened for itself (O_EXCL), so whoever claimed it in the kernel is found
/// as well: ZFS, SCSI and NVMe targets, journals elsewhere.
///
/// Not seen: in `look()`, signatures where there is no udevd, and claims that show in no `holders`
/// or `slaves` folder; the contents of a disk that has no driver when the race begins; of CD drives;
/// descriptors of a thread with a table of its own; mappings that outlive their descriptor; UBI and
/// JFFS2 without a block device; the device of a watchdog that says nothing of it and has not the
/// name of its driver; routes that neither lead by a gateway nor to everything, below
/// tunnels, and of IPv4 in other tables than main of PID 1's network namespace where that is not
/// ours; interfaces moved into another network namespace.
public struct Guard: Sendable {
  let sys: Directory
  let proc: Directory
  let dev: Directory?
  let etc: Directory?
  let udev: Directory?
  let readNetwork: NetworkReader
  let readSignature: SignatureReader

  /// `dev` is for the links of /dev/disk and /dev/mapper, `etc` for fstab and crypttab, `udev` is
  /// udevd's database; nil where there is none.
  init(
    sys: Directory, proc: Directory, dev: Directory?, etc: Directory?, udev: Directory?,
    readNetwork: @escaping NetworkReader, readSignature: @escaping SignatureReader
  ) {
    self.sys = sys
    self.proc = proc
    self.dev = dev
    self.etc = etc
    self.udev = udev
    self.readNetwork = readNetwork
    self.readSignature = readSignature
  }

  /// This machine's /dev, /etc, udevd, network and disks.
  public init(sys: Directory, proc: Directory) {
    self.init(
      sys: sys, proc: proc, dev: try? Directory("/dev"), etc: try? Directory("/etc"),
      udev: try? Directory("/run/udev/data"), readNetwork: Network.now,
      readSignature: SignatureChild.reader())
  }

  /// Looks at the host as it is now. Look again before every cycle.
  public func look() -> InUse {
    var look = Look(self)
    look.atMounts()
    look.atSuperblocks()
    look.atSwaps()
    look.atBlockDevices()
    look.atMembers()
    look.atSignatures()
    look.atOpenDevices()
    look.atTerminals()
    look.atTables()
    look.atNetwork()
    look.atConsoles()
    look.atWatchdogs()
    look.atDisplays()
    look.atKeyboards()
    look.atSubsystems()
    look.atClaimedInterfaces()
    look.atDeviceLinks()
    return look.inUse
  }

  /// What `look()` says of one device and, where that is nothing, what is on the disks at or below
  /// it: each is opened and read.
  public func reasonInUse(_ devpath: String) -> String? {
    if let reason = look().reason(devpath) { return reason }
    var look = Look(self)
    let reason = look.reasonOfContents(devpath, readSignature)
    return reason ?? look.inUse.reason(devpath)
  }

  /// Why a driver must not be unloaded, which races all its devices; nil where the run made them
  /// all. `madeByRun` holds devpaths; what is below one of them was made with it.
  public func reasonNotUnloadable(bus: String, driver: String, madeByRun: Set<String>) -> String? {
    do throws(SystemError) {
      guard let found = try Sysfs(root: sys).driver(bus: bus, name: driver) else { return nil }
      for name in found.devices {
        guard let link = try sys.link("\(found.path)/\(name)") else { continue }
        var path: String? = Look.devpath(ofLink: link)
        while let above = path, !madeByRun.contains(above) { path = Look.parent(above) }
        if path == nil { return "\(bus)/\(name) is bound to \(driver) and not made by this run" }
      }
      return nil
    } catch {
      return "what is bound to \(driver) cannot be read (\(error))"
    }
  }

  /// The same for all drivers that a module registered.
  public func reasonNotUnloadable(module: String, madeByRun: Set<String>) -> String? {
    do throws(SystemError) {
      for driver in try Modules(Sysfs(root: sys)).drivers(module) {
        let reason = reasonNotUnloadable(
          bus: driver.bus, driver: driver.name, madeByRun: madeByRun)
        if let reason { return reason }
      }
      return nil
    } catch {
      return "the drivers of \(module) cannot be read (\(error))"
    }
  }
}
