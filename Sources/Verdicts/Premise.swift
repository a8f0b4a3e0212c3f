public import Evidence

/// What a race takes for granted, where a cycle shows that it does not hold on this kernel and device.
public enum Premise {
  /// Why no cycle of that order can be a hit here; nil where nothing is known of that.
  ///
  /// A race with a pending helper needs somebody to schedule one. Some buses probe what they find at once, however
  /// their driver wants it: PCI before 6.17 (pci_bus_add_device()). Only an attach by the addition itself
  /// proves that: where a bind was faster, nothing is scheduled either.
  public static func broken(_ evidence: CycleEvidence, order: WantedOrder) -> String? {
    guard order.needsHelper, evidence.level == .trace, !evidence.loss.isTraceLost,
      evidence.untold(.schedule) == nil
    else { return nil }
    let judge = TraceJudge(evidence, order: order, columns: Columns())
    guard judge.timeline.helpers.isEmpty, judge.timeline.deferrals.isEmpty,
      let attach = judge.timeline.attaches.first(where: {
        $0.path?.kind == .deviceAdd && !judge.isForeign($0.record)
      }), let function = attach.path?.function
    else { return nil }
    return
      "what is added to the bus \(evidence.bus) is probed at once on this kernel (\(function)() attached \(judge.driver(attach))), so that no probe is ever pending"
  }
}
