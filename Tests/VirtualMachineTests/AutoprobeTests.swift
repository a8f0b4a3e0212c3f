import Testing

extension VirtualMachine.Surroundings {
  /// A bus that is told to find no drivers is others' bus too.
  @Suite(.serialized) struct AutoprobeTests {
    let autoprobe = Guest(
      script: "autoprobe",
      machine: [
        "-device", "virtio-scsi-pci,id=scsi", "-drive",
        "driver=null-co,read-zeroes=on,size=16M,if=none,id=d0", "-device",
        "scsi-hd,drive=d0,bus=scsi.0",
      ])

    @Test(
      "A disk that comes while its bus finds no drivers has its driver when it does again",
      arguments: Kernel.raced)
    func others(_ kernel: Kernel) async throws {
      let report = try await autoprobe.report(on: kernel)
      let came = try report.step("came").lines
      #expect(
        came.contains { $0.hasSuffix("0") || $0.hasSuffix("01") }, "or it proves nothing: \(came)")
      #expect(!came.contains { $0.hasPrefix("never") }, "\(came)")
      #expect(try report.step("driver").output.hasSuffix("/sd\n"))
      try report.expectSame("before", "after")
    }
  }
}
