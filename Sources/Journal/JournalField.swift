/// The fields of bindrace's journal entries (systemd.journal-fields(7)). Nothing else spells them.
///
/// What ends in NS counts nanoseconds; those of a time are of CLOCK_MONOTONIC in the boot of the
/// finding.
public enum JournalField: String, Sendable, CaseIterable {
  // Those that every journal knows.
  case message = "MESSAGE"
  case messageID = "MESSAGE_ID"
  case priority = "PRIORITY"
  case identifier = "SYSLOG_IDENTIFIER"

  case run = "BINDRACE_RUN"
  /// Counts the findings of a process that writes for the run, from 1: with the run it names one.
  case finding = "BINDRACE_FINDING"
  /// When it was written, in microseconds since 1970: it can be delivered much later.
  case realtime = "BINDRACE_REALTIME_USEC"
  /// In which boot that was.
  case boot = "BINDRACE_BOOT_ID"

  case pattern = "BINDRACE_PATTERN"
  case patternID = "BINDRACE_PATTERN_ID"
  case cycle = "BINDRACE_CYCLE"
  case verdict = "BINDRACE_VERDICT"
  case evidence = "BINDRACE_EVIDENCE"
  /// BUS/NAME.
  case device = "BINDRACE_DEVICE"
  case syspath = "BINDRACE_SYSPATH"
  case driver = "BINDRACE_DRIVER"
  /// What made it probe asynchronously, where it is not known to by itself.
  case asynchronousBy = "BINDRACE_ASYNCHRONOUS_BY"

  // The attach of a finding.
  case after = "BINDRACE_AFTER_NS"
  case attach = "BINDRACE_ATTACH_NS"
  case function = "BINDRACE_FUNCTION"
  case command = "BINDRACE_COMMAND"
  case pid = "BINDRACE_PID"
  case stack = "BINDRACE_STACK"

  // The unbind that it contradicts.
  case unbind = "BINDRACE_UNBIND_NS"
  case unbindEnd = "BINDRACE_UNBIND_END_NS"
  case unbindErrno = "BINDRACE_UNBIND_ERRNO"
  case unbindPID = "BINDRACE_UNBIND_PID"
  case unbindCommand = "BINDRACE_UNBIND_COMMAND"

  case seqnumUnbind = "BINDRACE_SEQNUM_UNBIND"
  case seqnumBind = "BINDRACE_SEQNUM_BIND"

  // Whose verb did not return.
  case writerPID = "BINDRACE_WRITER_PID"
  case writerCommand = "BINDRACE_WRITER_COMMAND"
  case writerFunction = "BINDRACE_WRITER_FUNCTION"
  case writerStack = "BINDRACE_WRITER_STACK"

  /// Lines of the kernel log.
  case log = "BINDRACE_LOG"

  // Of a pattern or a run.
  case target = "BINDRACE_TARGET"
  case provider = "BINDRACE_PROVIDER"
  case widen = "BINDRACE_WIDEN"
  case cycles = "BINDRACE_CYCLES"
  case hits = "BINDRACE_HITS"
  case seconds = "BINDRACE_SECONDS"
  /// Such as "late-async-attach=3 missed=1".
  case verdicts = "BINDRACE_VERDICTS"
  /// The rate of failures above which clean hits exclude any, at 95%, such as "0.0487".
  case excludedRate = "BINDRACE_EXCLUDED_RATE"
  /// What it lacks for a pass.
  case shortfall = "BINDRACE_SHORTFALL"
  case seed = "BINDRACE_SEED"
  case kernel = "BINDRACE_KERNEL"
  case conclusion = "BINDRACE_CONCLUSION"
  /// Verdicts that were moved to another column, by commas.
  case failOn = "BINDRACE_FAIL_ON"
  case note = "BINDRACE_NOTE"
  /// "yes", or "no" where something could not be put back.
  case restored = "BINDRACE_RESTORED"
  /// Why: of a skip, a failure, a refusal.
  case reason = "BINDRACE_REASON"

  // What was lost.
  /// Why there was no trace at all.
  case untraced = "BINDRACE_UNTRACED"
  case ueventsLost = "BINDRACE_UEVENTS_LOST"
  case ueventsUnseen = "BINDRACE_UEVENTS_UNSEEN"
  case traceLost = "BINDRACE_TRACE_LOST"
  case probesMissed = "BINDRACE_PROBES_MISSED"
  /// How often the recording stood still.
  case traceStopped = "BINDRACE_TRACE_STOPPED"
  case kmsgLost = "BINDRACE_KMSG_LOST"
  /// Journal entries that were dropped.
  case dropped = "BINDRACE_DROPPED"

  // Of the daemon.
  case version = "BINDRACE_VERSION"
  case path = "BINDRACE_PATH"
}
