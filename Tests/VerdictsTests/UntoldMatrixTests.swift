import Evidence
import Testing

@testable import Verdicts

/// The whole catalog as kernels wrote it, with each fact taken away in turn: the records that tell it are gone,
/// and it is said that it is not told. What rested on it must not pass, nor become something else.
@Suite struct UntoldMatrixTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let order: WantedOrder

    var testDescription: String { name }
  }

  static let cases: [Case] =
    RecordedTests.cases.map { Case(name: $0.name, order: $0.order) }
    + (RecordedCatalogTests.races + RecordedCatalogTests.controls).map {
      Case(name: $0.name, order: $0.order)
    }

  private func without(_ fact: Fact, _ evidence: CycleEvidence) -> CycleEvidence {
    var evidence = evidence
    evidence.trace.removeAll { fact.points.contains($0.point) }
    evidence.untold = [UntoldFact(fact, reason: "it was taken away")]
    return evidence
  }

  @Test(
    "no verdict becomes another, and what is left open names what is not told", arguments: cases)
  func takenAway(example: Case) throws {
    let evidence = try Recording.evidence(example.name)
    let whole = Judgement(evidence, order: example.order)
    for fact in Fact.allCases {
      let judgement = Judgement(without(fact, evidence), order: example.order)
      let what =
        "\(example.name) without \(fact.rawValue): \(judgement.verdict), \(judgement.reason)"
      if judgement.verdict == .inconclusive {
        #expect(whole.verdict == .inconclusive || judgement.reason.contains(fact.words), "\(what)")
      } else {
        #expect(judgement.verdict == whole.verdict, Comment(rawValue: what))
      }
      if judgement.isHit { #expect(whole.isHit, "\(what)") }
    }
  }

  @Test("nothing passes that rests on what is not told", arguments: cases)
  func noPass(example: Case) throws {
    let evidence = try Recording.evidence(example.name)
    guard Judgement(evidence, order: example.order).verdict == .clean else { return }
    let helpers = Timeline(evidence).helpers.compactMap { helper in
      Fact.allCases.first { $0.points.contains(helper.function) }
    }
    for fact in Set(Fact.core + example.order.facts + (example.order.needsHelper ? helpers : [])) {
      let judgement = Judgement(without(fact, evidence), order: example.order)
      #expect(judgement.verdict != .clean, "\(example.name) without \(fact.rawValue)")
      #expect(!judgement.isHit)
    }
  }

  @Test(
    "a mended kernel passes by since when the unbind had the lock", arguments: RecordedTests.mended)
  func mended(example: RecordedTests.Case) throws {
    let judgement = Judgement(
      without(.hold, try Recording.evidence(example.name)), order: example.order)
    #expect(judgement.verdict == .inconclusive, "\(judgement.reason)")
    #expect(judgement.reason.contains(Fact.hold.words))
    #expect(!judgement.isHit)
  }

  @Test("what is told only since this cycle counts in it", arguments: cases)
  func waiting(example: Case) throws {
    // The session said so before the cycle was judged: nothing is untold that has a record here.
    let evidence = try Recording.evidence(example.name)
    let told = Testimony(trace: evidence.trace, verbs: evidence.verbs, isQuiet: false)
    #expect(told.silent.isEmpty, "\(told.silent)")
  }
}
