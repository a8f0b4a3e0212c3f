import Testing

@testable import KernelTrace

/// Which functions a kernel has, as /proc/kallsyms lists them.
@Suite struct KernelSymbolsTests {
  private func names(_ text: String) -> [String] {
    (KernelSymbols(["device_add", "really_probe"], text: text).found["device_add"] ?? []).map(
      \.name)
  }

  @Test("what a compiler made of a function is found, whatever it calls it")
  func suffixes() {
    #expect(
      names(
        """
        ffffffff81000000 T device_add
        ffffffff81000100 t device_add.part.0
        ffffffff81000200 t device_add.isra.12
        ffffffff81000300 t device_add.constprop.0.isra.1
        ffffffff81000400 t device_add.llvm.13145689870954321654

        """) == [
          "device_add", "device_add.part.0", "device_add.isra.12", "device_add.constprop.0.isra.1",
          "device_add.llvm.13145689870954321654",
        ])
  }

  @Test("what is no function of its own is not")
  func others() {
    #expect(
      names(
        """
        ffffffff81000000 t device_add.cold
        ffffffff81000000 t device_add.part.0.cold
        ffffffff81000100 T device_add_disk
        ffffffff81000200 T __device_add
        ffffffff81000300 d device_ad
        ffffffffc0000000 t device_add\t[other]
        """
      ).isEmpty)
  }

  @Test("a list that ends in the midst of a line, or holds nothing, is no harm")
  func brokenLists() {
    for text in ["", "\n", "ffffffff", "ffffffff81000000 T device_add", "x\n\n\t[m]\n"] {
      _ = KernelSymbols(["device_add"], text: text)
    }
    #expect(names("ffffffff81000000 T device_add") == [])
  }
}
