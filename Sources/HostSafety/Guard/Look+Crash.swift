internal import DriverModel
internal import Evidence

/// What the kernel keeps for a bad hour: nobody has it open until then.
extension Look {
  /// The serial line of the kernel's debugger, "ttyS0,115200" with other words before it.
  mutating func atDebugger() {
    guard let lines = attribute("module/kgdboc/parameters/kgdboc") else { return }
    for name in lines.split(separator: ",") {
      if let found = devpath("class/tty/\(name)") {
        inUse.add(found, "is the kernel debugger's line (\(name))")
      }
    }
  }

  /// Where a crash is dumped to (kdump.conf(5)).
  mutating func atDumps() {
    guard let etc else { return }
    let types: Set<Substring> = ["raw", "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs"]
    for words in lines(etc, "kdump.conf") where words.count > 1 && types.contains(words[0]) {
      guard let node = Self.node(Self.unescaped(words[1])), let found = blockDevpath(node: node)
      else { continue }
      inUse.add(found, "is where a crash is dumped to (\(Self.name(found)))")
    }
  }

  /// Where the kernel's last messages are kept. The backend is called as its driver is (ramoops).
  mutating func atLastMessages() {
    guard let backend = attribute("module/pstore/parameters/backend") else { return }
    for found in devices(named: backend) {
      inUse.add(found, "keeps the last messages (\(backend))")
    }
  }

  /// The same on a disk or on flash: a node, a number, or a name.
  mutating func atLastMessagesOnDisk() {
    if let node = attribute("module/pstore_blk/parameters/blkdev").flatMap({ Self.node($0) }),
      let found = blockDevpath(node: node)
    {
      inUse.add(found, "keeps the last messages (\(Self.name(found)))")
    }
  }

  /// From where the host comes back after it slept without power, MAJOR:MINOR.
  mutating func atSuspended() {
    guard let number = attribute("power/resume"), !number.hasPrefix("0:"), number.contains(":"),
      let found = devpath("dev/block/\(number)")
    else { return }
    inUse.add(found, "is where the host resumes from (\(Self.name(found)))")
  }

  /// Interfaces by which the kernel sends its messages: netconsole's targets, where configfs shows
  /// them.
  mutating func atNetconsole() {
    let folder = "kernel/config/netconsole"
    for target in names(folder) {
      guard attribute("\(folder)/\(target)/enabled") == "1",
        let name = attribute("\(folder)/\(target)/dev_name"), !name.isEmpty
      else { continue }
      addInterfaces([name], "sends the kernel's messages")
    }
  }

  /// The same as given to the module or on the kernel's command line,
  /// "[+][r]PORT@ADDRESS/INTERFACE,PORT@ADDRESS/MAC", which configfs shows since 6.6 only.
  mutating func atNetconsoleOfBoot() {
    guard sys.exists("module/netconsole") else { return }
    for words in lines(proc, "cmdline") {
      for word in words {
        let parts = word.split(separator: "=", maxSplits: 1)
        guard parts.count == 2, ["netconsole", "netconsole.netconsole"].contains(parts[0]) else {
          continue
        }
        for target in parts[1].split(separator: ";") {
          let near = target.prefix { $0 != "," }
          guard let slash = near.firstIndex(of: "/") else { continue }
          let name = String(near[near.index(after: slash)...])
          addInterfaces([name.isEmpty ? "eth0" : name], "sends the kernel's messages")
        }
      }
    }
  }
}
