import Testing

extension VirtualMachine.Surroundings {
  /// On 7.3 an unload of scsi_debug leaves a workqueue of its host behind. Without scsi_mod, which made it, no
  /// SCSI host of any driver comes until a reboot.
  @Suite(.serialized) struct TwiceTests {
    let guest = Guest(
      script: "twice", machine: ["-device", "pcie-root-port,id=port0,chassis=1"], monitor: true)

    @Test("The second run of a boot races what the first did", arguments: [Kernel.newest])
    func twice(_ kernel: Kernel) async throws {
      let report = try await guest.report(on: kernel)
      #expect(try report.step("loaded-before").output == "", "or the rest proves nothing")
      let (first, second) = (try report.step("first").result, try report.step("second").result)
      for result in [first, second] {
        #expect(result.patterns.count > 5)
        #expect(result.patterns.allSatisfy { $0.cycles == 1 }, "\(result.patterns)")
        #expect(result.verdicts["kernel-warning"] == nil, "\(result.findings.map(\.text))")
        #expect(result.host.restored)
      }
      #expect(first.patterns.map(\.id) == second.patterns.map(\.id))
      #expect(try report.step("said").output == "")
    }

    @Test("After both a controller of another driver comes", arguments: [Kernel.newest])
    func plugged(_ kernel: Kernel) async throws {
      let report = try await guest.report(on: kernel)
      #expect(try report.step("hosts-before").output == "", "or the rest proves nothing")
      #expect(try report.step("plugged").output == "", "or it was not plugged in")
      #expect(try report.step("comes").status == 0)
      #expect(try report.step("hosts-after").lines.count == 1)
    }
  }
}
