import Testing

@testable import HostSafety

/// The ledger's values come back as they were, whatever bytes they hold.
@Suite struct LineTests {
  @Test func everyByteComesBack() {
    let all = String(decoding: (0...127).map { UInt8($0) }, as: UTF8.self)
    let fields = [["a"], [], [""], ["", ""], ["tab\tnew\nline %41 %", "ä€"], [all]]
    let line = Line.encode(fields)
    #expect(!line.contains("\n"))
    #expect(Line.decode(line[...]) == fields)
  }

  @Test(arguments: ["a%4", "a%", "a%zz", "a  b", "a%FF"]) func damageIsSeen(_ text: String) {
    #expect(Line.decode(text[...]) == nil)
  }

  @Test func everyChangeComesBack() {
    let identity = DeviceIdentity(attributes: ["wwid=t10.Linux   scsi_debug"])
    let changes: [Change] = [
      .attribute(AttributeChange(path: "a/b", old: "", new: "3", format: .driverOverride)),
      .moduleLoaded(ModuleLoadedChange("scsi_debug", maker: "scsi_debug")),
      .moduleLoaded(ModuleLoadedChange("sd_mod")),
      .moduleReloaded(
        ModuleReloadedChange(
          "sg", parameters: ["a=1 2", "b="], instance: 1 << 40, isMadeAsynchronous: true,
          raced: ["/devices/a"], made: ["/devices/b"], idle: ["/devices/c"], allowsUse: true)),
      .moduleReloaded(ModuleReloadedChange("sg", instance: 0)),
      .modules(ModulesChange(loaded: ["a", "b"])),
      .binding(
        BindingChange(
          bus: "scsi", name: "0:0:0:0", devpath: "/devices/x", driver: nil, raced: ["sd"],
          identity: identity, instance: 1 << 40)),
      .binding(
        BindingChange(
          bus: "scsi", name: "0:0:0:0", devpath: "/devices/x", driver: "sd", identity: identity,
          instance: 0)),
      .deviceRemoved(DeviceRemovedChange(devpath: "/devices/x", scan: "s", text: "- - -")),
      .traceInstance(TraceInstanceChange("bindrace_1")),
      .kprobeGroup(KprobeGroupChange("bindrace_1")), .udevQueue(UdevQueueChange()),
    ]
    for change in changes {
      let line = Line.encode(change.fields)
      #expect(Line.decode(line[...]).flatMap { Change(fields: $0) } == change)
    }
  }
}
