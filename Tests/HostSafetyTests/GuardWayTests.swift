import DriverModel
import Evidence
import Glibc
import Testing

@testable import HostSafety

/// The guard's test turned round: what is of use to a host is refused, for its own reason; what is
/// close to it and of no use is not. docs/guard.md says the same.
@Suite struct GuardWayTests {
  @Test(arguments: GuardWay.all)
  func aWayInWhichADeviceIsOfUse(_ way: GuardWay) throws {
    let use = try MockUse()
    way.idle(use)
    let idle = try use.host()
    let parent = try #require(Look.parent(way.device))
    #expect(idle.look().unread == nil)
    #expect(idle.reasonInUse(way.device) == nil, "it is spare without this use")
    #expect(idle.reasonInUse(parent) == nil)
    way.use(use)
    let host = try use.host(
      network: way.network, signatures: way.signature,
      units: { (_) throws(SystemError) in way.units })
    #expect(host.look().unread == nil)
    #expect(host.reasonInUse(way.device) == way.reason)
    // To race what is above would race it as well.
    #expect(host.reasonInUse(parent) != nil)
    // That of a disk's contents and of units is asked for foreign devices alone.
    if !way.isAsked {
      let made = host.look().reasonOfMade(way.device)
      #expect(made == (way.isNature ? nil : way.reason))
    }
  }

  @Test(arguments: SpareDevice.all)
  func whatNobodyUsesIsSpare(_ spare: SpareDevice) throws {
    let use = try MockUse()
    spare.setUp(use)
    let host = try use.host()
    #expect(host.look().unread == nil)
    #expect(host.reasonInUse(spare.device) == nil)
  }

  @Test func eachIsThereOnce() {
    for ids in [GuardWay.all.map(\.id), SpareDevice.all.map(\.id)] {
      #expect(Set(ids).count == ids.count)
    }
    #expect(GuardWay.all.count >= 60)
    #expect(GuardWay.all.count { $0.guest != nil } >= 30)
    #expect(SpareDevice.all.count >= 20)
  }

  /// With BINDRACE_WRITE=1 the page is written; without, it must be what would be.
  @Test func thePageIsWhatTheTestsSay() throws {
    let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let docs = try Directory("/\(folder)/docs")
    if unsafe getenv("BINDRACE_WRITE") != nil {
      unsafe unlink("\(docs.path)/guard.md")
      try docs.open("guard.md", O_WRONLY | O_CREAT, mode: 0o644)
        .write(Array(GuardPage.text.utf8), object: "guard.md")
    }
    let written = String(decoding: try docs.bytes("guard.md"), as: UTF8.self)
    #expect(written == GuardPage.text, "BINDRACE_WRITE=1 writes docs/guard.md")
  }
}

extension GuardWay {
  static let all = disks + networks + open + kernels + made + ties + others
}
