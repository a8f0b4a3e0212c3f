import Evidence
import Glibc
import TemporaryFolder
import Testing

@testable import bindrace

/// What root writes for a user is the file that was named, not one that somebody else's link leads to.
@Suite struct UserFileTests {
  /// A folder that everybody can write, as /tmp, and one that nobody else can.
  private let folder = TemporaryFolder()
  private var shared: String { "\(folder.path)/common" }
  private var own: String { "\(folder.path)/own" }

  init() {
    folder.make("common")
    folder.make("own/deep")
    unsafe chmod("\(folder.path)/common", 0o1777)
    folder.file("own/precious", "precious")
  }

  /// What is said against it; nil where it was opened.
  private func problem(_ path: String) -> String? {
    do {
      _ = try UserFile(path).open()
      return nil
    } catch {
      return error.reason
    }
  }

  private let isLink = "is a symbolic link in a folder that others can write"

  @Test("a link that others can have laid is not followed, be it at the end or on the way")
  func links() {
    folder.link("common/result", to: "\(own)/precious")
    folder.link("common/way", to: own)
    folder.link("common/nowhere", to: "\(own)/made")
    #expect(problem("\(shared)/result") == "'result' \(isLink)")
    #expect(problem("\(shared)/way/precious") == "'way' \(isLink)")
    #expect(problem("\(shared)/way/../precious") == "'way' \(isLink)")
    #expect(problem("\(shared)/nowhere") == "'nowhere' \(isLink)")
    #expect(!folder.exists("own/made"))
    // By one's own link into such a folder it is the same.
    folder.link("own/in", to: "../common")
    #expect(problem("\(own)/in/result") == "'result' \(isLink)")
    unsafe #expect(link("\(own)/precious", "\(shared)/second") == 0)
    #expect(problem("\(shared)/second")?.hasPrefix("it has another name elsewhere") ?? false)
    #expect(folder.text("own/precious") == "precious")
  }

  @Test("one's own links lead where they always did, and circles end")
  func ownLinks() throws {
    folder.link("own/latest", to: "deep/result")
    folder.link("own/absolute", to: "\(own)/latest")
    folder.link("own/circle", to: "circle")
    for path in ["absolute", "./deep/../latest", "deep//result"] {
      #expect(problem("\(own)/\(path)") == nil)
      #expect(folder.text("own/deep/result") == "")
    }
    #expect(problem("\(own)/circle") == "Too many levels of symbolic links")
    #expect(problem("\(own)/none/x") == "No such file or directory")
    #expect(problem("\(own)/precious/x") == "Not a directory")
    #expect(problem("\(own)/deep") == "Is a directory")
    #expect(problem("\(own)/new/") == "Is a directory")
    #expect(problem("") == "No such file or directory")
  }

  @Test("files are made and opened in a folder that everybody can write")
  func plain() throws {
    #expect(try UserFile("\(shared)/new").open().isNew)
    #expect(try !UserFile("\(shared)/new").open().isNew)
    #expect(problem("/dev/null") == nil)
    #expect(problem("/proc/self/fd/2") == nil)
  }

  @Test("/dev/stdout, /dev/null, a pipe and a link to nothing are written as ever")
  func streams() async throws {
    let ended = try await Binary.shell(
      """
      cd "$1" || exit
      "$0" stress --dry-run --quiet --seed 7 --output /dev/stdout | tail -n 1 | cut -c1-6
      "$0" stress --dry-run --quiet --seed 7 --output /dev/fd/3 3>third; tail -n 1 third | cut -c1-6
      "$0" stress --dry-run --quiet --output /dev/null; echo $?
      mkfifo pipe; timeout 20 tail -n 1 <pipe | cut -c1-6 & "$0" stress --dry-run --seed 7 --quiet --output pipe; wait
      cd ../common; ln -s ../own/precious result
      "$0" stress --dry-run --quiet --output result; echo $?
      ln -s ../own evidence; "$0" stress --dry-run --quiet --save-evidence evidence; echo $?
      """, [own])
    #expect(ended.output == "seed 7\nseed 7\n0\nseed 7\n2\n2\n")
    #expect(
      ended.error
        == "bindrace: --output: open result: 'result' \(isLink)\n"
        + "bindrace: --save-evidence: open evidence: 'evidence' \(isLink)\n")
    #expect(folder.text("own/precious") == "precious")
  }

  @Test("evidence is written in place of a link, not through it")
  func evidence() throws {
    folder.link("common/A1-scsi-0:0:0:0-1.json", to: "\(own)/precious")
    let evidence = CycleEvidence(
      level: .trace, bus: "scsi", name: "0:0:0:0", driver: "sd", devpath: "", ownProcesses: [],
      verbs: [], deadline: 1, trace: [], uevents: [], loss: EvidenceLoss(), isDrained: true,
      driverAtEnd: nil)
    try EvidenceFolder(path: shared).save(evidence, pattern: "A1", cycle: 1)
    #expect(folder.text("own/precious") == "precious")
    #expect(folder.text("common/A1-scsi-0:0:0:0-1.json")?.hasPrefix("{") ?? false)
  }
}
