internal import DriverModel
internal import Evidence
internal import Glibc
public import HostSafety

/// One attempt on a device that has just come, while the kernel's own probe of it may be pending: a bind by
/// hand, tried again while the kernel says EAGAIN, and an unbind.
///
/// It records nothing: what comes back is told by whoever watched since before the device came.
public struct FirstAttempt {
  private let host: Host
  private let run: String

  /// - Parameter run: the id of its ledger.
  public init(host: Host, run: String) {
    self.host = host
    self.run = run
  }

  /// How many drivers can be tried: two steps each.
  public static let mostDrivers = 4
  private static let patience: Duration = .milliseconds(500)
  /// A udevd that takes longer is busy with more devices; so is the kernel, and the moment has passed.
  private static let udevPatience: Duration = .seconds(3)

  /// Makes the attempt with the first of these drivers that the device takes, and leaves the device with
  /// it. The caller holds the host's lock.
  ///
  /// - Parameter lists: what must be left alone, and what may be raced.
  /// - Throws: `RunFailure` where the device has gone, is in use, or the verbs do not return in time.
  public func make(
    bus: String, name: String, drivers: [String], lists: DeviceLists = DeviceLists(),
    deadline: Duration
  ) throws {
    let sysfs = Sysfs(root: host.sys)
    guard let device = try sysfs.device(bus: bus, name: name) else {
      throw RunFailure("\(bus)/\(name) is not there")
    }
    let gate = Gate(host.deviceGuard, sys: host.sys, lists: lists)
    // What must be left alone is not waited for.
    try ask(gate, device, drivers)
    let ledger = try Ledger(run: run, proc: host.proc)
    ledger.holdByChildren(on: host)
    defer {
      _ = ledger.restoreAll(on: host)
      host.actions.shareWithChildren(-1)
      _ = try? ledger.finish()
    }
    let udev = UdevPause(host, ledger: ledger, patience: Self.udevPatience)
    defer { udev.close() }
    try udev.begin(settling: false)
    let barrier = try DrainBarrier(sysfs, ledger: ledger, deadline: deadline)
    for driver in drivers.prefix(Self.mostDrivers) {
      var change = BindingChange(device, raced: [driver], sys: host.sys)
      change.isUndecided = device.driver == nil
      try ledger.record(.binding(change))
      let racer = try Racer(sysfs: sysfs.root.path, proc: host.proc)
      try ask(gate, device, drivers)
      let results = try perform(driver, device, racer, deadline)
      guard results.verbs.contains(where: { $0.verb == .bind && $0.errno != ENODEV }) else {
        try ledger.close(.binding(change))
        continue
      }
      _ = try barrier?.drain()
      return
    }
  }

  private func ask(_ gate: Gate, _ device: Device, _ drivers: [String]) throws {
    let drivers = Set(drivers.map { "\(device.bus)/\($0)" })
    if case .closed(let reason) = gate.ask(Gate.Question([(device, drivers)])) {
      throw RunFailure("\(device.target): \(reason)")
    }
  }

  private func perform(
    _ driver: String, _ device: Device, _ racer: Racer, _ deadline: Duration
  ) throws -> RacerResults {
    let steps: [RacerProgram.Step] = [
      .verb(.bind(device, to: driver), retry: [EAGAIN], patience: Self.patience),
      .verb(.unbind(device, from: driver)),
    ]
    let program = RacerProgram(threads: [.init(steps: steps, isRacing: true)], spin: nil)
    switch try racer.run(program, deadline: deadline) {
    case .finished(let results): return results
    case .hung: throw RunFailure("a verb on \(device.target) did not return in time")
    }
  }
}
