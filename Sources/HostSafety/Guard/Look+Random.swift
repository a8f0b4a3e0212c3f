internal import DriverModel
internal import Evidence

extension Look {
  /// The generator of random numbers that somebody chose. That the kernel took one by itself is no use:
  /// it takes the next where that goes (hwrng_unregister()).
  mutating func atRandomNumbers() {
    guard attribute("class/misc/hw_random/rng_selected") == "1" else { return }
    addRandomNumbers("was chosen to give random numbers")
  }

  /// The one that somebody reads, by a node that is no device's own.
  mutating func atOpenRandomNumbers() {
    // HWRNG_MINOR.
    guard opened.contains("dev/char/10:183") else { return }
    addRandomNumbers("is open by /dev/hwrng")
  }

  private mutating func addRandomNumbers(_ reason: String) {
    guard let current = attribute("class/misc/hw_random/rng_current"), current != "none" else {
      return
    }
    for found in generators(current) { inUse.add(found, "\(reason) (\(current))") }
  }

  /// By its name, which is the device's, or the driver's and a number; then all of the driver count.
  private mutating func generators(_ name: String) -> [String] {
    if name.hasPrefix("tpm-rng-") {
      return [devpath("class/tpm/tpm\(name.dropFirst("tpm-rng-".utf8.count))")].compactMap(\.self)
    }
    let found = devices(named: name)
    if !found.isEmpty { return found }
    return devices(ofDriver: String(name.prefix { $0 != "." }))
  }

  /// What keeps the host's measurements and keys. By nature: nothing says whether the kernel uses it
  /// (IMA, trusted keys).
  mutating func atTPMs() {
    for name in names("class/tpm") {
      if let found = devpath("class/tpm/\(name)") { inUse.addNature(found, "is a TPM (\(name))") }
    }
  }

  /// Devices that compute a cipher for somebody: beyond one, a reference to it is a user's
  /// (crypto_mod_get()).
  mutating func atCiphers() {
    var cipher: [Substring: Substring] = [:]
    for words in lines(proc, "crypto") where words.count > 2 && words[1] == ":" {
      if words[0] == "name" { cipher = [:] }
      cipher[words[0]] = words[2]
      guard words[0] == "refcnt", let count = Int(words[2]), count > 1,
        let name = cipher["name"], let module = cipher["module"], module != "kernel"
      else { continue }
      // BUS:DRIVER.
      for driver in names("module/\(module)/drivers") {
        for (_, found) in bound("module/\(module)/drivers/\(driver)") {
          inUse.add(found, "computes a cipher that is in use (\(name))")
        }
      }
    }
  }
}
