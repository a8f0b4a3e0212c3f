public import DriverModel
internal import Evidence
internal import Glibc

/// Tells what of this host is in use, so that it is never raced.
///
/// In use is a device, all above it and all below it, where it or one below it
/// - holds a file system, swap, a volume or a disk of others, or has anything on it;
/// - is open in any process, or is what stands behind an open node;
/// - has a network interface that is up or set up, or that was given away;
/// - serves the kernel itself: consoles, clocks, timers, RAM, ciphers, random numbers, IOMMUs, what is
///   kept for a crash;
/// - has what somebody made of it by hand, and what a bind does not bring back;
/// - is tied to one that is in use, though the tree does not say so: device links, virtual functions,
///   PHYs, controllers of one subsystem, interfaces of one driver;
/// - is needed by a unit of systemd that runs.
///
/// docs/guard.md has each of them, how it is known, and what must stay spare.
///
/// What cannot be read counts as in use: as far as it could be a device, or else everything. It only
/// reads.
///
/// A disk is read, and systemd is asked, just before a device is raced: `reasonInUse` does, `look()`
/// does not. The disk is opened for itself (O_EXCL), so whoever claimed it in the kernel is found
/// as well: ZFS, SCSI and NVMe targets, journals elsewhere.
///
/// Not seen: in `look()`, signatures where there is no udevd, units, and claims that show in no
/// `holders` or `slaves` folder; the contents of a disk that has no driver when the race begins; of CD
/// drives; descriptors of a thread with a table of its own; mappings that outlive their descriptor;
/// the device of a watchdog that says nothing of it and has not the name of its driver; IPv4 addresses
/// of interfaces that are down in PID 1's network namespace where that is not ours; what lies over an
/// interface from another namespace while it is down; what ethtool(8) set; clocks and GPIO lines that
/// drivers took without a device link; who uses RDMA or Bluetooth in the kernel; a balloon of
/// another kind than virtio's; chips that somebody added to an I2C adapter by hand.
public struct Guard: Sendable {
  let sys: Directory
  let proc: Directory
  let dev: Directory?
  let etc: Directory?
  let udev: Directory?
  let readNetwork: NetworkReader
  let readSignature: SignatureReader
  let readUnits: UnitReader

  /// `dev` is for the links of /dev/disk and /dev/mapper, `etc` for fstab and crypttab, `udev` is
  /// udevd's database; nil where there is none.
  init(
    sys: Directory, proc: Directory, dev: Directory?, etc: Directory?, udev: Directory?,
    readNetwork: @escaping NetworkReader, readSignature: @escaping SignatureReader,
    readUnits: @escaping UnitReader
  ) {
    self.sys = sys
    self.proc = proc
    self.dev = dev
    self.etc = etc
    self.udev = udev
    self.readNetwork = readNetwork
    self.readSignature = readSignature
    self.readUnits = readUnits
  }

  /// This machine's /dev, /etc, udevd, network, disks and systemd.
  public init(sys: Directory, proc: Directory) {
    self.init(
      sys: sys, proc: proc, dev: try? Directory("/dev"), etc: try? Directory("/etc"),
      udev: try? Directory("/run/udev/data"), readNetwork: Network.now,
      readSignature: SignatureChild.reader(), readUnits: ServiceUnits.now)
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
    look.atUBI()
    look.atOpenDevices()
    look.atOpenDrivers()
    look.atCameras()
    look.atTerminals()
    look.atTables()
    look.atNetwork()
    look.atNetconsole()
    look.atNetconsoleOfBoot()
    look.atInterfaces()
    look.atMovedInterfaces()
    look.atConsoles()
    look.atWatchdogs()
    look.atDisplays()
    look.atKeyboards()
    look.atStates()
    look.atIOMMUs()
    look.atBluetooth()
    look.atSensors()
    look.atGadgets()
    look.atEmbeddedController()
    look.atClocksource()
    look.atTicks()
    look.atProcessors()
    look.atFrequencies()
    look.atIdleStates()
    look.atThermalZones()
    look.atCooling()
    look.atRAM()
    look.atBalloons()
    look.atRegions()
    look.atRandomNumbers()
    look.atOpenRandomNumbers()
    look.atTPMs()
    look.atCiphers()
    look.atDebugger()
    look.atDumps()
    look.atLastMessages()
    look.atLastMessagesOnDisk()
    look.atSuspended()
    look.atOfferedUSB()
    look.atGadgetDisks()
    look.atTargets()
    look.atServedNamespaces()
    look.atMediatedDevices()
    look.atLines()
    look.atPulses()
    look.atVirtualPorts()
    look.atThunderbolt()
    look.atVirtualFunctions()
    look.atTies()
    return look.inUse
  }

  /// What `look()` says of one device and, where that is nothing, which units need it, and what is on
  /// the disks at or below it: each is opened and read.
  public func reasonInUse(_ devpath: String) -> String? {
    look().reason(devpath) ?? reasonByAsking(devpath)
  }

  /// What a look does not tell: which units need a device, and what is on the disks at or below it.
  func reasonByAsking(_ devpath: String) -> String? {
    var look = Look(self)
    let reason =
      look.reasonOfUnits(devpath, readUnits) ?? look.reasonOfContents(devpath, readSignature)
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
