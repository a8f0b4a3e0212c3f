import DriverModel
import Glibc
import TemporaryFolder
import Testing

@testable import Service

/// Files are found where a systemd administrator looks for them, and each stands for what it should.
@Suite struct ConfigurationFilesTests {
  let root = TemporaryFolder()

  /// Each file that was read, without the folder's own path.
  private func files() throws -> [String] {
    try root.load().files.map { $0.replacing(root.path, with: "") }
  }

  @Test func `without any file the defaults hold`() throws {
    #expect(try root.load() == Configuration())
  }

  @Test func `the first main file that is there is the only one`() throws {
    root.file("usr/lib/bindrace/bindrace.conf", "[Race]\nCycles=1\nWindow=1s")
    #expect(try root.load().race.cycles == 1)
    root.file("run/bindrace/bindrace.conf", "[Race]\nCycles=2")
    #expect(try root.load().race.cycles == 2)
    root.file("etc/bindrace/bindrace.conf", "[Race]\nCycles=3")
    #expect(try root.load().race.cycles == 3)
    #expect(try root.load().race.window == .milliseconds(500))
    #expect(try files() == ["/etc/bindrace/bindrace.conf"])
  }

  @Test func `drop-ins come after it, sorted by name over all folders`() throws {
    root.file("etc/bindrace/bindrace.conf", "[Race]\nCycles=1\n[Daemon]\nMatch=a/0")
    root.file("etc/bindrace/bindrace.conf.d/20-b.conf", "[Daemon]\nMatch=a/2")
    root.file("run/bindrace/bindrace.conf.d/10-c.conf", "[Daemon]\nMatch=a/1\n[Race]\nCycles=5")
    root.file("usr/lib/bindrace/bindrace.conf.d/30-a.conf", "[Daemon]\nMatch=a/3")
    let configuration = try root.load()
    #expect(configuration.race.cycles == 5)
    #expect(configuration.daemon.match.map(\.description) == ["a/0", "a/1", "a/2", "a/3"])
    #expect(
      try files() == [
        "/etc/bindrace/bindrace.conf", "/run/bindrace/bindrace.conf.d/10-c.conf",
        "/etc/bindrace/bindrace.conf.d/20-b.conf", "/usr/lib/bindrace/bindrace.conf.d/30-a.conf",
      ])
  }

  @Test func `names are compared byte by byte`() throws {
    for name in ["b", "B", "é", "z", "10", "9"] {
      root.file("etc/bindrace/bindrace.conf.d/\(name).conf", "")
    }
    #expect(
      try files().compactMap { $0.split(separator: "/").last }
        == ["10.conf", "9.conf", "B.conf", "b.conf", "z.conf", "é.conf"])
  }

  @Test func `a drop-in stands for those of its name in later folders`() throws {
    root.file("usr/lib/bindrace/bindrace.conf.d/a.conf", "[Race]\nCycles=1\nDeadline=1s")
    root.file("run/bindrace/bindrace.conf.d/a.conf", "[Race]\nCycles=2\nWindow=1s")
    #expect(try root.load().race.cycles == 2)
    root.file("etc/bindrace/bindrace.conf.d/a.conf", "[Race]\nCycles=3")
    let race = try root.load().race
    #expect(race.cycles == 3 && race.window != .seconds(1) && race.deadline != .seconds(1))
  }

  @Test func `a link to null masks`() throws {
    root.file("usr/lib/bindrace/bindrace.conf", "[Race]\nCycles=1")
    root.file("usr/lib/bindrace/bindrace.conf.d/a.conf", "[Race]\nCycles=2")
    root.link("run/bindrace/bindrace.conf.d/a.conf", to: "/dev/null")
    #expect(try root.load().race.cycles == 1)
    root.link("etc/bindrace/bindrace.conf", to: "/dev/null")
    #expect(try root.load().race.cycles == 20)
  }

  @Test func `only what ends in conf is a drop-in`() throws {
    for name in ["a.conf~", ".a.conf", "a.conf.dpkg-old", "README"] {
      root.file("etc/bindrace/bindrace.conf.d/\(name)", "nonsense")
    }
    #expect(try files() == [])
  }

  @Test func `the file that was named is the only one`() throws {
    root.file("etc/bindrace/bindrace.conf", "[Race]\nCycles=1")
    root.file("etc/bindrace/bindrace.conf.d/a.conf", "nonsense")
    root.file("mine.conf", "[Race]\nWindow=2s")
    let file = "\(root.path)/mine.conf"
    let configuration = try root.load(file: file)
    #expect(configuration.race.cycles == 20)
    #expect(configuration.race.window == .seconds(2))
    #expect(configuration.files == [file])
    #expect(
      root.faults(file: "\(root.path)/none.conf") == [
        "/none.conf: cannot be read: No such file or directory"
      ])
    #expect(try root.load(file: "/dev/null").race == Configuration.Race())
  }

  @Test func `what cannot be read is named, beside what is wrong in others`() {
    root.link("etc/bindrace/bindrace.conf", to: "nowhere")
    root.file("etc/bindrace/bindrace.conf.d/a.conf", "[Race]\nCycles=0")
    root.make("etc/bindrace/bindrace.conf.d/b.conf")
    root.fifo("etc/bindrace/bindrace.conf.d/c.conf")
    root.file("run/bindrace/bindrace.conf.d", "")
    #expect(
      root.faults() == [
        "/etc/bindrace/bindrace.conf: cannot be read: No such file or directory",
        "/run/bindrace/bindrace.conf.d: cannot be read: Not a directory",
        "/etc/bindrace/bindrace.conf.d/b.conf: is not a regular file",
        "/etc/bindrace/bindrace.conf.d/c.conf: is not a regular file",
        "/etc/bindrace/bindrace.conf.d/a.conf:2: Cycles='0': not a whole number from 1 to 10000",
      ])
  }

  @Test func `a file without end is not read to its end`() {
    #expect(root.faults(file: "/dev/zero") == ["/dev/zero: is not a regular file"])
    root.file("big", "")
    let file = "\(root.path)/big"
    unsafe truncate(file, 1 << 40)
    #expect(root.faults(file: file) == ["/big: larger than 1 MiB, so not read"])
  }
}
