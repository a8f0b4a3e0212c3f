import Testing

@testable import Races

/// Others' tests take disks of scsi_debug's own model for theirs.
@Suite struct ScsiDebugTests {
  @Test("the disks say whose they are, in strings as short as the module takes them")
  func mark() {
    // module_param_string() of drivers/scsi/scsi_debug.c, 5.10 to 7.3, without the end of the text.
    let most = ["inq_vendor": 8, "inq_product": 16, "inq_rev": 4]
    let mark = ScsiDebug.mark.map { $0.split(separator: "=").map(String.init) }
    #expect(Set(mark.map { $0[0] }) == Set(most.keys))
    for word in mark { #expect((1...(most[word[0]] ?? 0)).contains(word[1].utf8.count)) }
  }
}
