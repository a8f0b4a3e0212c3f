internal import CLinux
internal import Evidence

/// What the racer did.
struct RacerResults {
  /// What became of a step: a verb, a wait or a pause.
  struct Step: Equatable {
    /// Nil where it was not reached. Of a verb that was tried again, the last attempt's.
    var start: Time?
    /// Nil where it has not ended.
    var end: Time?
    /// 0, or an errno(3); that of a wait in vain is ETIMEDOUT.
    var error: Int32 = 0
  }

  /// Of each thread, each step.
  var steps: [[Step]] = []
  var verbs: [VerbRecord] = []
  /// Its threads and its commands.
  var processes: [Int32] = []
  /// Why a CPU could not be held, or a thread not be bound to it (sched_setscheduler(2),
  /// sched_setaffinity(2)); 0 where all went well.
  var spinnerError: Int32 = 0
  /// Slices that ran on another CPU.
  var spinnerStrayed: UInt32 = 0
}

extension RacerResults.Step {
  init(_ step: UnsafeMutablePointer<racer_step>) {
    let start = unsafe CLinux_load_time(&step.pointee.start)
    let end = unsafe CLinux_load_time(&step.pointee.end)
    self.start = start == 0 ? nil : Time(nanoseconds: start)
    self.end = end == 0 ? nil : Time(nanoseconds: end)
    error = end == 0 ? 0 : unsafe step.pointee.error
  }
}
