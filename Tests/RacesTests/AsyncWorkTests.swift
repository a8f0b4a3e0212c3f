import Evidence
import Testing

@testable import Races

/// When all asynchronous probes have ended, as the trace tells it.
@Suite struct AsyncWorkTests {
  private static let device: UInt64 = 0xd0

  private func record(
    _ point: TracePoint, pid: Int32 = 20, device: UInt64? = AsyncWorkTests.device,
    function: String? = nil, name: String? = nil, driver: String? = nil, at time: Int64 = 0
  ) -> TraceRecord {
    TraceRecord(
      time: Time(nanoseconds: time), pid: pid, command: "kworker/u8:1", point: point,
      device: device,
      name: name, driver: driver, function: function)
  }

  private func scheduled(_ helper: String, of device: UInt64 = AsyncWorkTests.device) -> TraceRecord
  {
    record(.schedule, pid: 10, device: device, function: helper)
  }

  private let deviceHelper = "__device_attach_async_helper"
  private let driverHelper = "__driver_attach_async_helper"

  private func work(_ records: [TraceRecord]) -> AsyncWork {
    var work = AsyncWork()
    for record in records { work.note(record) }
    return work
  }

  @Test("a helper is pending from its scheduling to its return, not only to its begin")
  func oneHelper() {
    let all = [
      scheduled(deviceHelper), record(.deviceHelper), record(.deviceHelperReturn, device: nil),
    ]
    #expect(!work([]).isPending)
    #expect(work(Array(all[..<1])).isPending)
    #expect(work(Array(all[..<2])).isPending)
    #expect(!work(all).isPending)
  }

  @Test("both helpers of a device have to return, in whichever order they come")
  func bothHelpers() {
    let begun = [
      scheduled(deviceHelper), scheduled(driverHelper), record(.driverHelper, pid: 21),
      record(.deviceHelper, pid: 20), record(.driverHelperReturn, pid: 21, device: nil),
    ]
    #expect(work(begun).isPending)
    #expect(!work(begun + [record(.deviceHelperReturn, pid: 20, device: nil)]).isPending)
  }

  @Test("another device's helper is pending as well; what else is scheduled is not")
  func others() {
    #expect(work([scheduled(deviceHelper, of: 0xe0)]).isPending)
    #expect(!work([scheduled("do_scan_async")]).isPending)
  }

  @Test("the return of one that was scheduled before the recording is no other's")
  func earlier() {
    let records = [record(.deviceHelper), record(.deviceHelperReturn, device: nil)]
    #expect(!work(records).isPending)
    #expect(work(records + [scheduled(deviceHelper)]).isPending)
  }

  @Test("nothing can be pending from before for a device that was added since, or after a barrier")
  func whole() {
    let probe = record(.reallyProbe, name: "0:0:0:0", driver: "sd")
    #expect(!work([probe]).isWhole(device: "0:0:0:0", driver: "sd"))
    #expect(work([record(.deviceAdd), probe]).isWhole(device: "0:0:0:0", driver: "sd"))
    // Another device of that name.
    #expect(
      !work([record(.deviceAdd, device: 0xe0), probe]).isWhole(device: "0:0:0:0", driver: "sd"))
    var waited = work([scheduled(deviceHelper)])
    waited.endAll()
    #expect(waited.isWhole(device: "0:0:0:0", driver: "sd"))
    #expect(!waited.isPending)
  }

  @Test("a scheduling that is read after the run that it led to is not still pending")
  func wrongOrder() {
    let run = [
      record(.deviceHelper, at: 200), record(.deviceHelperReturn, device: nil, at: 300),
    ]
    #expect(!work(run + [record(.schedule, pid: 10, function: deviceHelper, at: 100)]).isPending)
    // One that was scheduled afterwards is.
    #expect(work(run + [record(.schedule, pid: 10, function: deviceHelper, at: 400)]).isPending)
  }

  @Test("the deferred worker is at work from its trigger to the return of the run after it")
  func retries() {
    let trigger = record(.deferredTrigger, pid: 10, device: nil, at: 1)
    let all = [
      trigger, record(.deferredWork, device: nil, at: 2),
      record(.deferredWorkReturn, device: nil, at: 4),
    ]
    #expect(!work([]).isRetryPending)
    #expect(work(Array(all[..<1])).isRetryPending)
    #expect(work(Array(all[..<2])).isRetryPending)
    #expect(!work(all).isRetryPending)
    // A trigger meanwhile queues another run; one that is read late does not.
    let again = record(.deferredTrigger, pid: 10, device: nil, at: 3)
    #expect(work(all + [again]).isRetryPending)
    #expect(!work(Array(all[1...]) + [trigger]).isRetryPending)
  }
}
