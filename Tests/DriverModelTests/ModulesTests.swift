import DriverModel
import Testing

/// What is loaded, who uses it, and which drivers it brought.
@Suite struct ModulesTests {
  let tree = SysfsTree()

  @Test func `a loaded module tells its users and drivers`() throws {
    tree.module("pcspkr")
    tree.module("snd_hda_intel")
    tree.module(
      "snd_hda_codec", holders: ["snd_hda_intel", "pcspkr"],
      drivers: ["platform:Fixed MDIO: bus", "pci:snd_hda"])
    let modules = Modules(try tree.sysfs)
    #expect(try modules.isLoaded("snd-hda-codec"))
    #expect(try modules.state("snd_hda_codec") == .live)
    #expect(try modules.holders("snd_hda_codec") == ["pcspkr", "snd_hda_intel"])
    #expect(
      try modules.drivers("snd_hda_codec") == [
        .init(bus: "pci", name: "snd_hda"), .init(bus: "platform", name: "Fixed MDIO: bus"),
      ])
  }

  @Test(arguments: [("coming", Modules.State.coming), ("going", .going)])
  func `a module on its way in or out is loaded`(text: String, state: Modules.State) throws {
    tree.module("pcspkr", state: text)
    let modules = Modules(try tree.sysfs)
    #expect(try modules.state("pcspkr") == state)
    #expect(try modules.isLoaded("pcspkr"))
  }

  @Test func `what is built in is there without being loaded`() throws {
    tree.module("kernel", state: nil)
    let modules = Modules(try tree.sysfs)
    #expect(try !modules.isLoaded("kernel"))
    #expect(try modules.isBuiltIn("kernel"))
  }

  /// /sys/module/compression (CONFIG_MODULE_DECOMPRESS).
  @Test func `a file among the modules is none`() throws {
    tree.module("pcspkr")
    tree.module("kernel", state: nil)
    tree.file("module/compression", "xz")
    #expect(try Modules(try tree.sysfs).loaded() == ["pcspkr"])
  }

  @Test func `a module that is not there has nothing`() throws {
    let modules = Modules(try tree.sysfs)
    #expect(try !modules.isLoaded("pcspkr"))
    #expect(try !modules.isBuiltIn("pcspkr"))
    #expect(try modules.holders("pcspkr").isEmpty)
    #expect(try modules.drivers("pcspkr").isEmpty)
  }
}
