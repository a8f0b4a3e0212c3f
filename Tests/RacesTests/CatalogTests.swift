import Testing

@testable import Races

@Suite struct CatalogTests {
  @Test("a pattern is found by its name and by its id, groups by their words")
  func names() {
    #expect(Catalog.patterns(named: "A1") == [.hotplugAsync])
    #expect(Catalog.patterns(named: "unbind-rebind") == [.unbindRebind])
    #expect(Catalog.patterns(named: "all") == Catalog.patterns)
    #expect(Catalog.patterns(named: "controls")?.contains(.unbindRebind) == true)
    #expect(Catalog.patterns(named: "a1") == nil)
    #expect(Set(Catalog.patterns.map(\.id)).count == Catalog.patterns.count)
  }

  @Test("every pattern fits the racer, and waits for no step that is not there")
  func shapes() {
    for pattern in Catalog.patterns {
      #expect(pattern.threads.count <= 4)
      #expect(pattern.threads.allSatisfy { $0.steps.count <= 8 && !$0.steps.isEmpty })
      #expect(!pattern.wideners.isEmpty)
      for case .await(.blocked(let thread, let step)) in pattern.threads.flatMap(\.steps) {
        #expect(pattern.threads[thread].steps.indices.contains(step))
      }
    }
  }
}

@Suite struct WorkqueueMaskTests {
  @Test("a control on a synchronous driver begins when the device's own attach is over")
  func synchronous() throws {
    let control = try #require(Catalog.patterns(named: "hotplug-async-sync")?.first)
    let steps = try #require(control.threads.last?.steps)
    #expect(steps.prefix(2) == [.await(.added), .await(.bound)])
    #expect(Catalog.patterns(named: "double-pending-sync") == nil)
  }

  @Test(
    "a mask of one CPU as the kernel reads it",
    arguments: [
      (0, "1"), (1, "2"), (31, "80000000"), (32, "1,00000000"), (70, "40,00000000,00000000"),
    ])
  func maskOfOne(cpu: Int32, mask: String) {
    #expect(WorkqueueMask.mask(of: cpu) == mask)
  }
}
