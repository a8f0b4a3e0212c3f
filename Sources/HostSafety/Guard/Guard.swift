public import DriverModel
internal import Evidence
internal import Glibc

/// Tells what of this host is in use, so that it is never raced.
///
/// In use is a device, all above it and all below it, where it or one below it
/// - holds a mounted file system in any mount namespace, or swap;
/// - is held by device-mapper, md, bcache or a loop device;
/// - is open in any process, udevd and its helpers excepted (block devices, input, displays, sound,
///   serial lines, watchdogs, VFIO groups, ... all that has a device number);
/// - is named in fstab or crypttab;
/// - carries the default route of PID 1's network namespace, or is below a bridge or bond that does;
/// - is a console, an active watchdog, the boot display or the only one;
/// - supplies one that is in use (device links).
///
/// What cannot be read counts as in use, everything then. It only reads.
///
/// Not seen: signatures on disks; kernel users that show in no `holders` folder (ZFS, SCSI and
/// NVMe targets); descriptors of a thread with a table of its own; mappings that outlive their
/// descriptor; UUID= and LABEL= in fstab where udevd keeps no /dev/disk; default routes in other
/// tables than main and below tunnels; interfaces moved into another network namespace; input
/// devices that only the kernel's keyboard driver listens to.
public struct Guard: Sendable {
  let sys: Directory
  let proc: Directory
  let dev: Directory?
  let etc: Directory?

  /// `dev` is for the links of /dev/disk and /dev/mapper, `etc` for fstab and crypttab; nil where
  /// there is none.
  public init(sys: Directory, proc: Directory, dev: Directory?, etc: Directory?) {
    self.sys = sys
    self.proc = proc
    self.dev = dev
    self.etc = etc
  }

  /// This machine's /dev and /etc.
  public init(sys: Directory, proc: Directory) {
    self.init(
      sys: sys, proc: proc, dev: try? Directory("/dev"), etc: try? Directory("/etc"))
  }

  /// Looks at the host as it is now. Look again before every cycle.
  public func look() -> InUse {
    var look = Look(self)
    look.atMounts()
    look.atSuperblocks()
    look.atSwaps()
    look.atBlockDevices()
    look.atOpenDevices()
    look.atTables()
    look.atRoutes()
    look.atConsoles()
    look.atWatchdogs()
    look.atDisplays()
    look.atDeviceLinks()
    return look.inUse
  }

  /// What `look()` says of one device.
  public func reasonInUse(_ devpath: String) -> String? { look().reason(devpath) }

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
