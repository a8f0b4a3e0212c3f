import Glibc
import Testing

/// A made-up /sys and its uevents, by libumockdev. Needs its preload library in this process.
///
/// The library is looked up when it is needed, so that the tests build and link without it.
@safe final class Testbed {
  /// The command under which a process sees what a test bed makes up.
  static let wrapper = "/usr/bin/umockdev-wrapper"
  static var isWrapped: Bool { variable("LD_PRELOAD")?.contains("libumockdev-preload") == true }
  static var isInstalled: Bool { unsafe access(wrapper, X_OK) == 0 }

  private typealias Text = UnsafePointer<CChar>
  private let library: UnsafeMutableRawPointer
  private let handle: OpaquePointer

  init() throws {
    try #require(Self.isWrapped, "run under \(Self.wrapper)")
    let library = unsafe dlopen("libumockdev.so.0", RTLD_NOW)
    unsafe self.library = try #require(unsafe library)
    typealias New = @convention(c) () -> OpaquePointer?
    unsafe handle = (unsafeBitCast(dlsym(library, "umockdev_testbed_new"), to: New.self))()!
  }

  deinit {
    typealias Unref = @convention(c) (OpaquePointer) -> Void
    unsafe unsafeBitCast(dlsym(library, "g_object_unref"), to: Unref.self)(handle)
  }

  /// Adds a device and returns its path of /sys. Nothing is sent.
  func device(
    _ subsystem: String, _ name: String, below parent: String? = nil, properties: [String] = []
  ) -> String {
    typealias Add =
      @convention(c) (
        OpaquePointer, Text, Text, Text?, UnsafePointer<Text?>, UnsafePointer<Text?>
      ) -> UnsafeMutablePointer<CChar>?
    let add = unsafe unsafeBitCast(dlsym(library, "umockdev_testbed_add_devicev"), to: Add.self)
    let attributes: [Text?] = unsafe [nil]
    let copies = unsafe properties.map { unsafe strdup($0) }
    var words: [Text?] = unsafe copies.map { unsafe Text($0) }
    unsafe words.append(nil)
    let path = unsafe add(handle, subsystem, name, parent, attributes, words)!
    for index in unsafe copies.indices { unsafe free(copies[index]) }
    // The caller's to free (umockdev_testbed_add_devicev).
    defer { unsafe free(path) }
    return unsafe String(cString: path)
  }

  /// Sets or changes a property, as the next event will carry it.
  func set(_ syspath: String, _ property: String, _ value: String) {
    typealias Set = @convention(c) (OpaquePointer, Text, Text, Text) -> Void
    let set = unsafe unsafeBitCast(dlsym(library, "umockdev_testbed_set_property"), to: Set.self)
    unsafe set(handle, syspath, property, value)
  }

  /// Sends a uevent of the device, with its properties.
  func send(_ action: String, _ syspath: String) {
    typealias Send = @convention(c) (OpaquePointer, Text, Text) -> Void
    let send = unsafe unsafeBitCast(dlsym(library, "umockdev_testbed_uevent"), to: Send.self)
    unsafe send(handle, syspath, action)
  }
}
