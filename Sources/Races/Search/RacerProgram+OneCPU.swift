extension RacerProgram {
  /// Puts all threads on one CPU, the racing ones first.
  ///
  /// A racing thread that wakes up there takes the CPU from the thread that makes the kernel probe, at
  /// an instant that its delay chooses, and a helper that was just scheduled mostly waits for the same
  /// CPU. On CPUs of their own, a thread has to be woken by one CPU on another, which takes as long as
  /// the whole window. Nothing is real time, and nobody is held up for longer than a verb takes.
  mutating func shareCPU(_ cpu: Int32) {
    for index in threads.indices {
      threads[index].cpu = cpu
      threads[index].urgency = threads[index].isRacing ? .first : .ordinary
    }
  }
}
