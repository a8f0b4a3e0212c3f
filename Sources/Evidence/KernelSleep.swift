/// Where a task sleeps in the kernel.
public struct KernelSleep: Sendable, Codable, Equatable {
  /// The name of the task (proc_pid_comm(5)).
  public var command: String
  /// The function that it waits in (proc_pid_wchan(5)); nil where the kernel does not say.
  public var function: String?
  /// Its kernel stack, the innermost function first (proc_pid_stack(5)); empty where that could not
  /// be read.
  public var stack: [String]

  public init(command: String, function: String?, stack: [String]) {
    self.command = command
    self.function = function
    self.stack = stack
  }
}
