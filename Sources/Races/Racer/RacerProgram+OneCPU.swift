extension RacerProgram {
  /// Puts all threads on one CPU, where the racing ones go before all others.
  ///
  /// A racing thread that wakes up there takes the CPU from the thread that makes the kernel probe, at
  /// an instant that its delay chooses, and a helper that was just scheduled mostly waits for the same
  /// CPU. On CPUs of their own, a thread has to be woken by one CPU on another, which takes as long as
  /// the whole window. So it is with one that waits for the device's lock: who lets go of it reaches a
  /// point of preemption before it can take it again (might_sleep() in mutex_lock()). Nobody is held up
  /// for longer than a verb takes.
  mutating func shareCPU(_ cpu: Int32) {
    for index in threads.indices {
      threads[index].cpu = cpu
      threads[index].isUrgent = threads[index].isRacing
    }
  }
}
