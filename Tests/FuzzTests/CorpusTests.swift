import Foundation
import Fuzz
import Subprocess
import TemporaryFolder
import Testing

/// Every input that the fuzzer kept, once more: a crash of old stays mended. Which input ends the program is
/// told by scripts/fuzz TARGET.
@Suite struct CorpusTests {
  @Test("no input ends the program, and what must hold of any holds", arguments: fuzzTargets)
  func replayed(target: String) async throws {
    let folder = TemporaryFolder()
    let archive = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../Fuzz/Corpus/\(target).tar.gz")
    let unpacked = try await run(
      .name("tar"), arguments: ["-xzf", archive.path, "-C", folder.path], output: .discarded,
      error: .currentStandardError)
    #expect(unpacked.terminationStatus == .exited(0))
    let files = try FileManager.default.contentsOfDirectory(
      at: URL(filePath: folder.path), includingPropertiesForKeys: nil)
    #expect(!files.isEmpty)
    for file in files { try fuzz(target, Array(Data(contentsOf: file))) }
  }
}
