/// Two devices of which one needs the other, though the tree does not say so: whoever uses the first
/// uses the second too.
struct Tie {
  /// The devpath of the one that needs the other.
  var user: String
  /// The devpath of the other.
  var used: String
  /// What the other is to it, with its name, such as "supplies eth0"; nil where the one's own reason
  /// says it all.
  var words: String?
}

extension Look {
  /// All that is tied to what is in use. The last source, as it builds on all others.
  mutating func atTies() {
    let ties =
      controllerTies() + claimTies() + linkTies() + phyTies() + enclosureTies()
      + memoryTies()
    // What is used so can use others in its turn: until nothing is added.
    var isDone = false
    while !isDone {
      isDone = true
      for tie in ties where inUse.follow(tie) { isDone = false }
    }
  }
}
