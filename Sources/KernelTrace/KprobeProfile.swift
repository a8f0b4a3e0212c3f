/// The misses column of `kprobe_profile`.
enum KprobeProfile {
  /// Hits missed by all probes of `group`.
  ///
  /// `kprobe_profile` names events without their group; its lines come in the order of those of
  /// `kprobe_events` (both walk the list of dynamic events), which do name it.
  static func missed(events: String, profile: String, group: String) -> UInt64 {
    var missed: UInt64 = 0
    for (event, line) in zip(events.split(separator: "\n"), profile.split(separator: "\n")) {
      let columns = line.split(separator: " ")
      let identity = event.split(separator: " ")[0].split(separator: ":").last ?? ""
      guard columns.count >= 3, identity.hasPrefix(group + "/"),
        identity.hasSuffix("/" + columns[0])
      else { continue }
      missed += UInt64(columns[2]) ?? 0
    }
    return missed
  }
}
