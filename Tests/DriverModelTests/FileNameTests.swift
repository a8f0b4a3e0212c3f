import DriverModel
import Glibc
import TemporaryFolder
import Testing

/// A name of any bytes leads back to its file.
@Suite struct FileNameTests {
  static let names: [[UInt8]] = [
    Array("plain".utf8), Array("Größe".utf8), Array("網路".utf8), Array("🦀".utf8),
    // No UTF-8: alone, at the end, cut off, overlong, a surrogate, beyond the last.
    [0xff], Array("eth".utf8) + [0xe9], [0xe2, 0x82], [0xc0, 0xaf], [0xed, 0xa0, 0x80],
    [0xf4, 0x90, 0x80, 0x80], [0x80, 0x41, 0xbf],
    // An accent by itself, which a string joins with what stands before it.
    [0xcc, 0x81, 0x78], Array("e".utf8) + [0xcc, 0x81],
    // What an escape looks like.
    Array("\u{10ffe9}".utf8), Array("\u{10ff80}\u{10ffff}".utf8), Array("\u{10fe00}".utf8),
  ]

  @Test(arguments: names)
  func aNameComesBack(_ bytes: [UInt8]) {
    let name = FileName.decode(bytes)
    #expect(FileName.encode(name) == bytes)
    #expect(!name.unicodeScalars.contains("\u{fffd}"))
  }

  @Test func noTwoNamesAreOne() {
    #expect(Set(Self.names.map { FileName.decode($0) }).count == Self.names.count)
    // Nor where a string would take them for equal.
    #expect(FileName.decode(Array("e\u{301}".utf8)) != "\u{e9}")
  }

  @Test func everyByteComesBack() {
    for first in UInt8.min...UInt8.max {
      for second in UInt8.min...UInt8.max {
        let bytes = [first, second]
        #expect(FileName.encode(FileName.decode(bytes)) == bytes)
      }
    }
  }

  @Test func textStaysText() {
    for name in ["plain", "Größe", "網路", "🦀"] { #expect(FileName.decode(Array(name.utf8)) == name) }
  }

  @Test(arguments: [
    ("eth\u{10ffe9}", "eth\\xe9"), ("Größe", "Größe"), ("e\u{10ffcc}\u{10ff81}", "e\u{301}"),
  ])
  func itIsShownForPeople(_ name: String, _ text: String) {
    #expect(FileName.shown(name) == text)
  }

  @Test(arguments: names)
  func aFolderFindsItsFileByItsName(_ bytes: [UInt8]) throws {
    let folder = TemporaryFolder()
    let path = Array("\(folder.path)/".utf8) + bytes
    let number = unsafe creat((path + [0]).map(CChar.init(bitPattern:)), 0o600)
    try #require(number >= 0)
    close(number)
    unsafe symlink((bytes + [0]).map(CChar.init(bitPattern:)), "\(folder.path)/link")
    let directory = try folder.directory()
    let name = try #require(try directory.names().first { $0 != "link" })
    #expect(FileName.encode(name) == bytes)
    #expect(directory.exists(name))
    #expect(directory.inode(name) != nil)
    #expect(try directory.link("link") == name)
    try directory.write(name, name)
    #expect(try directory.bytes(name) == bytes)
    #expect(try directory.text(name) == name)
    try directory.delete(name)
    #expect(try directory.names() == ["link"])
  }

  @Test func foldersAreToldFromFilesAndLinks() throws {
    let folder = TemporaryFolder()
    folder.make("folder")
    folder.file("file", "")
    folder.link("link", to: "folder")
    #expect(try folder.directory().folderNames() == ["folder"])
    #expect(try folder.directory().names() == ["file", "folder", "link"])
  }
}
