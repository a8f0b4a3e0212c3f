import DriverModel
import Evidence
import TemporaryFolder
import Testing

@testable import Races

/// What becomes of a verb that does not return, and of what is near it.
@Suite struct HangTests {
  private let verb = VerbRecord(
    verb: .bind, object: "0:0:0:0", pid: 158, start: Time(nanoseconds: 1), end: nil, errno: nil)

  private func device(_ bus: String, _ name: String) -> Device {
    Device(bus: bus, name: name, devpath: "/devices/\(name)")
  }

  private func subject(_ device: Device, hotplug: Hotplug? = nil) -> Subject {
    Subject(
      device: device, driver: RacedDriver(bus: device.bus, name: "sd", source: .partOfKernel("sd")),
      hotplug: hotplug)
  }

  @Test("the stack of a sleeping task is read as the kernel shows it, innermost first")
  func sleep() throws {
    let proc = TemporaryFolder()
    proc.make("158")
    proc.file("158/comm", "bindrace-race\n")
    proc.file("158/wchan", "__device_driver_lock")
    proc.file(
      "158/stack",
      """
      [<0>] __device_driver_lock+0x2a/0x50
      [<0>] device_driver_attach+0x1b/0xb0
      [<0>] sd_revalidate_disk.isra.0+0x10/0x20 [sd_mod]

      """)
    let expected = KernelSleep(
      command: "bindrace-race", function: "__device_driver_lock",
      stack: ["__device_driver_lock", "device_driver_attach", "sd_revalidate_disk.isra.0"])
    #expect(KernelSleep(of: 158, proc: try Directory(proc.path)) == expected)
  }

  @Test("what the kernel hides is left out, and a task that has gone is none")
  func hidden() throws {
    let proc = TemporaryFolder()
    proc.make("158")
    proc.file("158/comm", "modprobe\n")
    proc.file("158/wchan", "0")
    let directory = try Directory(proc.path)
    #expect(
      KernelSleep(of: 158, proc: directory)
        == KernelSleep(command: "modprobe", function: nil, stack: []))
    #expect(KernelSleep(of: 159, proc: directory) == nil)
  }

  @Test("a hang puts its bus into quarantine, and that of the parent that takes it along")
  func quarantine() {
    var quarantine = Quarantine()
    quarantine.add(subject(device("scsi", "0:0:0:0")), because: verb)
    #expect(quarantine.reason("scsi") == "the bus scsi is in quarantine: bind of 0:0:0:0 hung")
    #expect(quarantine.reason("virtio") == nil)
    quarantine.add(
      subject(
        device("virtio", "virtio0"),
        hotplug: .byRebinding(device("pci", "0000:00:04.0"), "bus/pci/drivers/virtio-pci")),
      because: verb)
    #expect(quarantine.reason("virtio") != nil)
    #expect(quarantine.reason("pci") != nil)
    #expect(quarantine.reason("platform") == nil)
  }

  @Test("a program has the time of all its steps, and a module's load that of ten others")
  func longest() {
    let own = RacerProgram(threads: [], spin: nil).longest(deadline: .seconds(5))
    let program = RacerProgram(
      threads: [
        .init(
          steps: [
            .verb(.unbind(device("scsi", "0:0:0:0"), from: "sd"), patience: .seconds(1)),
            .pause(.seconds(2)),
          ],
          isRacing: true),
        .init(
          steps: [.module(.load("sd_mod")), .await("x", patience: .seconds(4))], isRacing: true),
      ],
      spin: nil)
    #expect(program.longest(deadline: .seconds(5)) == own + .seconds(1 + 5 + 2 + 50 + 4))
  }
}
