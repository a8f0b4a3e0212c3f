internal import Evidence
internal import Races
internal import Reports

extension PatternRow {
  /// A pattern of the catalog in words.
  init(_ pattern: Pattern, obstacle: String?) {
    self.init(
      id: pattern.id, name: pattern.name, kind: pattern.kind.rawValue, spirit: pattern.spirit,
      raced: pattern.raced, expected: pattern.expected,
      finds: pattern.finds.map(\.rawValue), start: pattern.start.words,
      conditions: pattern.conditions.map(\.words),
      threads: pattern.threads.map {
        Thread(isStimulus: $0.isStimulus, steps: $0.steps.map(\.words))
      },
      widen: pattern.wideners.map(\.rawValue), obstacle: obstacle)
  }
}

extension Pattern.Start {
  fileprivate var words: String {
    switch self {
    case .bound: "the device has its driver"
    case .unbound: "the device is there and its driver loaded, but not attached"
    case .absent: "the device was removed, its driver is loaded"
    case .driverUnloaded: "the device is there, its driver is not loaded"
    case .absentAndDriverUnloaded: "the device was removed, its driver is not loaded"
    }
  }
}

extension Pattern.Condition {
  fileprivate var words: String {
    switch self {
    case .asynchronous: "a driver that probes asynchronously"
    case .synchronous: "a driver that probes in the thread that asks for it"
    case .slowProbe(let time): "a probe that sleeps \(time) ms under the device's lock"
    case .slowRemove(let time): "a removal by the driver that sleeps \(time) ms under the lock"
    case .otherSlowRemove(let time):
      "a removal from the second device that sleeps \(time) ms under its lock"
    case .deferring(let count, let time):
      (count == 1
        ? "a probe that asks once to be deferred" : "\(count) probes that ask to be deferred")
        + (time > 0 ? ", after \(time) ms under the lock" : "")
    case .slowAdd(let time):
      "a device_add() that sleeps \(time) ms between telling the bus and probing"
    case .otherDevice: "a second device of the same driver"
    case .rivalLoaded: "a second driver that matches the device, loaded"
    case .rivalUnloaded: "a second driver that matches the device, not loaded"
    case .consumerOfOther:
      "a device link: the device is the second one's consumer, and probed when that is bound"
    case .supplierOfOther: "a device link: the device is the second one's supplier"
    case .driverOverride: "a device with driver_override"
    case .pci: "a PCI device"
    case .rescan: "a bus that can be made to probe all its devices again"
    }
  }
}

extension Pattern.Step {
  fileprivate var words: String {
    switch self {
    case .await(let event): "wait until \(event.words)"
    case .pause(let time): "pause for \(time) to \(time + time / 2) us, by the seed"
    case .searched(let number): "pause for the delay number \(number + 1) that the search spreads"
    case .bind(let device, let driver):
      "bind \(device.words) to \(driver.words), tried again until it is ready"
    case .bindOnce(let device, let driver): "bind \(device.words) to \(driver.words), once"
    case .unbind(let device, let driver): "unbind \(device.words) from \(driver.words)"
    case .driversProbe(let device): "write \(device.words) to drivers_probe"
    case .overrideWithNone: "write a driver that there is not to driver_override"
    case .override(let driver): "write \(driver.words) to driver_override"
    case .autoprobeOff: "write 0 to the bus's drivers_autoprobe"
    case .add: "make the kernel find the device"
    case .remove: "remove the device"
    case .load(let driver): "load \(driver.words)"
    case .unload(let driver): "unload \(driver.words)"
    case .rescan: "make the bus look at its devices again"
    case .confineWorkers: "confine asynchronous work that is queued from now on to the held CPU"
    case .releaseWorkers: "let asynchronous work that is queued from now on run anywhere"
    }
  }
}

extension Pattern.Event {
  fileprivate var words: String {
    switch self {
    case .added: "the kernel announces the device"
    case .loaded: "the kernel announces the driver"
    case .onBus: "the device stands on its bus"
    case .probing: "a probe of the device has begun"
    case .bound: "the kernel announces an attach of the device"
    case .unbound: "the kernel announces a detach of the device"
    case .blocked(let thread, let step):
      "step \(step + 1) of thread \(thread + 1) sleeps in the kernel"
    }
  }
}

extension Pattern.DeviceRole {
  fileprivate var words: String {
    switch self {
    case .raced: "the device"
    case .other: "the second device"
    }
  }
}

extension Pattern.DriverRole {
  fileprivate var words: String {
    switch self {
    case .raced: "its driver"
    case .rival: "the second driver"
    }
  }
}
