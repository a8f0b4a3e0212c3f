internal import DriverModel
internal import Evidence

extension KernelSleep {
  /// Looks where a thread or process sleeps now; nil where it is gone. What the kernel or our rights
  /// do not let us see is left out.
  init?(of pid: Int32, proc: Directory) {
    guard let command = try? proc.text("\(pid)/comm") else { return nil }
    // "0" is one that does not sleep, or is not for us to know.
    let function = (try? proc.text("\(pid)/wchan")).flatMap { ["", "0"].contains($0) ? nil : $0 }
    let stack = (try? proc.text("\(pid)/stack")) ?? ""
    self.init(
      command: command, function: function,
      stack: stack.split(separator: "\n").compactMap(Self.function))
  }

  /// The function of "[<0>] __device_driver_lock+0x2a/0x50".
  private static func function(_ line: Substring) -> String? {
    guard let word = line.split(separator: " ").dropFirst().first else { return nil }
    return String(word.prefix { $0 != "+" })
  }
}
