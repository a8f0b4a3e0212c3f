import DriverModel
import Evidence
import Glibc
import TemporaryFolder
import Testing

@testable import HostSafety

/// What libblkid sees on a disk; an image of one will do.
@Suite struct SignatureTests {
  let tree = TemporaryFolder()

  /// An image of a mebibyte with these bytes.
  private func find(_ parts: (offset: Int, bytes: [UInt8])..., size: Int = 1 << 20) throws
    -> String?
  {
    var image = [UInt8](repeating: 0, count: size)
    for part in parts {
      image.replaceSubrange(part.offset..<part.offset + part.bytes.count, with: part.bytes)
    }
    let path = "\(tree.path)/image"
    let number = unsafe creat(path, 0o600)
    try Descriptor(owning: number).write(image, object: path)
    return try Signature.find(try Directory(tree.path).open("image", O_RDONLY), object: path)
  }

  private static let swap: [(offset: Int, bytes: [UInt8])] = [
    (1024, [1, 0, 0, 0, 10, 0, 0, 0]), (4086, Array("SWAPSPACE2".utf8)),
  ]
  private static let luks: (offset: Int, bytes: [UInt8]) = (
    0, Array("LUKS".utf8) + [0xba, 0xbe, 0, 1]
  )
  /// A table of one Linux partition from sector 63.
  private static let table: [(offset: Int, bytes: [UInt8])] = [
    (446, [0, 1, 1, 0, 0x83, 1, 1, 0, 63, 0, 0, 0, 100, 0, 0, 0]), (510, [0x55, 0xaa]),
  ]

  @Test func anEmptyDiskHasNone() throws {
    #expect(try find() == nil)
    #expect(try find(size: 0) == nil)
  }

  @Test func swapIsOne() throws {
    #expect(try find(Self.swap[0], Self.swap[1]) == "swap")
  }

  @Test func anEncryptedVolumeIsOne() throws {
    #expect(try find(Self.luks) == "crypto_LUKS")
  }

  @Test func aTableOfPartitionsIsOne() throws {
    #expect(try find(Self.table[0], Self.table[1]) == "dos")
  }

  @Test func severalAtOnceAreSome() throws {
    #expect(try find(Self.swap[0], Self.swap[1], Self.luks) != nil)
  }

  @Test func aNodeOfAnotherDeviceIsNotRead() {
    #expect(SignatureChild.run(["/dev/null", "1:3"]) == ENODEV)
    #expect(SignatureChild.run(["/nowhere", "8:0"]) == ENOENT)
    #expect(SignatureChild.run(["/dev/null"]) == EINVAL)
  }

  @Test func theReaderPassesOnWhatItsChildSaid() throws {
    func read(_ script: String, deadline: Duration = .seconds(30)) throws(SystemError) -> String? {
      try SignatureChild.reader(program: ["sh", "-c", script], deadline: deadline)("/dev/x", "8:0")
    }
    #expect(try read("printf %s \"$0 $1 $2\"") == "__signature /dev/x 8:0")
    #expect(try read("exit 0") == nil)
    #expect(throws: SystemError("read", "/dev/x", EBUSY)) { try read("exit \(EBUSY)") }
    #expect(throws: SystemError("read", "/dev/x", ETIMEDOUT)) {
      try read("exec sleep 60", deadline: .milliseconds(100))
    }
  }
}
