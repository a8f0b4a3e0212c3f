internal import CLinux
internal import DriverModel
internal import Evidence
internal import Glibc

/// What a racer and its parent share: made, mapped, and let go of.
@safe struct RacerMemory: ~Copyable {
  private static let object = "the racer's memory"
  private static let size = MemoryLayout<racer_shared>.size

  let shared: UnsafeMutablePointer<racer_shared>
  /// For the racer, which inherits it.
  let file: Descriptor

  init() throws(SystemError) {
    let number = unsafe CLinux_memory_file("bindrace-racer")
    guard number >= 0 else { throw SystemError("memfd_create", Self.object, errno) }
    let file = Descriptor(owning: number)
    guard ftruncate(file.number, Self.size) == 0 else {
      throw SystemError("ftruncate", Self.object, errno)
    }
    let mapped = unsafe mmap(nil, Self.size, PROT_READ | PROT_WRITE, MAP_SHARED, file.number, 0)
    guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else {
      throw SystemError("mmap", Self.object, errno)
    }
    unsafe shared = mapped.assumingMemoryBound(to: racer_shared.self)
    self.file = file
  }

  /// A racer that was left behind may still write into it: only our view goes.
  deinit { unsafe munmap(shared, Self.size) }
}
