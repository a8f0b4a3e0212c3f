import DriverModel
import Evidence
import Testing
import Udev

/// Starts the suite below in a network namespace of its own.
@Suite struct NamespaceLauncher {
  /// BINDRACE_NETNS=1 makes a host that allows none a failure.
  @Test(
    .enabled(if: variable(Namespace.variableName) == nil, "runs its suite itself"),
    .enabled("network namespaces are not allowed here") {
      Namespace.isAllowed || variable("BINDRACE_NETNS") == "1"
    })
  func `the suite passes in a network namespace`() throws {
    try Rerun(wrapper: Namespace.wrapper, suite: "NamespaceTests").pass()
  }
}

/// The kernel's own uevents and its own ENOBUFS.
@Suite(
  .serialized,
  .enabled(if: variable(Namespace.variableName) != nil, "run by NamespaceLauncher"))
struct NamespaceTests {
  let namespace: Namespace
  let context: UdevContext
  let sysfs: Sysfs

  init() throws {
    namespace = try Namespace()
    context = try UdevContext()
    sysfs = try Sysfs()
  }

  /// Receives until the queue is empty, as every reader of the account does.
  private func drain(
    _ monitor: UdevMonitor, _ account: inout SeqnumAccount
  ) throws -> [UdevMonitor.Received] {
    var all: [UdevMonitor.Received] = []
    while true {
      let received = try monitor.receive()
      switch received {
      case .event(let event): account.receive(event.seqnum)
      case .overflow: account.overflow()
      case .empty:
        account.drained(total: try sysfs.ueventSeqnum())
        return all
      }
      all.append(received)
    }
  }

  @Test func `what fits into the buffer is received, and nothing is lost`() throws {
    let monitor = try UdevMonitor(context, .kernel, bufferSize: 1 << 20)
    var account = SeqnumAccount(start: try sysfs.ueventSeqnum())
    try namespace.sendEvents(200)
    let total = try sysfs.ueventSeqnum()
    let all = try drain(monitor, &account)
    account.settle(through: total)
    #expect(all.count == 200)
    guard case .event(let event) = try #require(all.first) else {
      Issue.record("\(all)")
      return
    }
    #expect(event.action == .move)
    #expect(event.subsystem == "net")
    #expect(account.loss.ueventsReceived == 200)
    #expect(account.loss.ueventsLost == 0)
  }

  /// The rule of the account stands on this order, so it is a test of the kernel too.
  @Test func `an overflow is reported ahead of the queue, and the hole comes after it`() throws {
    let monitor = try UdevMonitor(context, .kernel, bufferSize: 16384)
    #expect(monitor.bufferSize == 32768)
    var account = SeqnumAccount(start: try sysfs.ueventSeqnum())
    try namespace.sendEvents(1000)
    let all = try drain(monitor, &account)
    #expect(all.first == .overflow)
    #expect(all.filter { $0 == .overflow }.count == 1)
    let kept = UInt64(all.count - 1)
    #expect(kept > 1 && kept < 1000)
    try namespace.sendEvents(5)
    let total = try sysfs.ueventSeqnum()
    let after = try drain(monitor, &account)
    account.settle(through: total)
    #expect(after.count == 5, "after the queue was empty, the socket takes events again")
    #expect(account.loss.ueventsReceived == kept + 5)
    #expect(account.loss.ueventsLost >= 1000 - kept)
  }

  @Test func `a trailing hole is lost too`() throws {
    let monitor = try UdevMonitor(context, .kernel, bufferSize: 16384)
    var account = SeqnumAccount(start: try sysfs.ueventSeqnum())
    try namespace.sendEvents(1000)
    let total = try sysfs.ueventSeqnum()
    let all = try drain(monitor, &account)
    account.settle(through: total)
    #expect(account.loss.ueventsReceived == UInt64(all.count - 1))
    #expect(account.loss.ueventsLost >= 1000 - UInt64(all.count - 1))
  }

  @Test func `events of another namespace are unseen, not lost`() throws {
    let monitor = try UdevMonitor(context, .kernel)
    var account = SeqnumAccount(start: try sysfs.ueventSeqnum())
    // Its loopback device is announced to that namespace alone.
    var child = try ChildProcess(["/usr/bin/unshare", "--net", "/bin/true"])
    #expect(try child.wait(.seconds(10)) == .exited(0))
    let total = try sysfs.ueventSeqnum()
    #expect(try drain(monitor, &account).isEmpty)
    account.settle(through: total)
    #expect(account.loss.ueventsReceived == 0)
    #expect(account.loss.ueventsLost == 0)
    #expect(account.loss.ueventsUnseen > 0)
  }

  @Test func `a larger buffer is granted, or its refusal told`() throws {
    let small = try UdevMonitor(context, .kernel, bufferSize: 16384)
    let large = try UdevMonitor(context, .kernel, bufferSize: 1 << 20)
    #expect(small.bufferSize < large.bufferSize)
  }
}
