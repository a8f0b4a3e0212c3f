import Reports
import Testing

/// The catalog as a table, in full and for programs.
@Suite struct PatternTableTests {
  private static let hotplug = PatternRow(
    id: "A1", name: "hotplug-async", kind: "race",
    spirit: "A device is added, and bound and unbound by hand while its own probe is pending.",
    raced: ["__device_attach_async_helper", "bind_store"], expected: "it stays unbound",
    finds: ["late-async-attach"], start: "the device was removed",
    conditions: ["a driver that probes asynchronously", "a disk"],
    threads: [
      PatternRow.Thread(isStimulus: true, steps: ["make the kernel find the device"]),
      PatternRow.Thread(isStimulus: false, steps: ["bind the device", "unbind it"]),
    ], widen: ["cpu", "saturate", "none"], obstacle: nil)

  private static let rebind = PatternRow(
    id: "B1", name: "unbind-rebind", kind: "control", spirit: "One writer.", raced: [],
    expected: "the last word wins", finds: ["late-attach", "hang"], start: "bound", conditions: [],
    threads: [],
    widen: ["none"], obstacle: "not root")

  private var disguised: PatternRow {
    var row = Self.rebind
    row.obstacle =
      "a reason that is so long that it could never stand in the last column of the table, as"
      + " readers have a hundred and twenty columns and no more"
    return row
  }

  @Test("A row each, and below what stands against some of them, once")
  func table() {
    let table = PatternTable([Self.rebind, Self.hotplug, disguised, Self.rebind])
    #expect(
      table.text() == """
        id  name           kind     expected            widen         here
        B1  unbind-rebind  control  the last word wins  none          no (1)
        A1  hotplug-async  race     it stays unbound    cpu,saturate  yes
        B1  unbind-rebind  control  the last word wins  none          no (2)
        B1  unbind-rebind  control  the last word wins  none          no (1)

        (1) not root
        (2) a reason that is so long that it could never stand in the last column of the table, as \
        readers have a hundred and
            twenty columns and no more

        """)
    #expect(!PatternTable([Self.hotplug]).text().contains("\n\n"))
  }

  @Test("One in full tells what each thread does")
  func details() {
    #expect(
      PatternTable([Self.hotplug, Self.rebind]).details() == """
        A1  hotplug-async, a race
          A device is added, and bound and unbound by hand while its own probe is pending.
          raced     __device_attach_async_helper, bind_store
          expected  it stays unbound
          finds     late-async-attach
          start     the device was removed
          needs     a driver that probes asynchronously
                    a disk
          thread 1, stimulus
            1  make the kernel find the device
          thread 2, racing
            1  bind the device
            2  unbind it
          widen     cpu,saturate
          here      yes

        B1  unbind-rebind, a control
          One writer.
          raced     nothing
          expected  the last word wins
          finds     late-attach, hang
          start     bound
          widen     none
          here      no: not root

        """)
  }

  @Test("A program gets all of it")
  func json() throws {
    let expected = try JSONValue.parse(
      """
      {"schema": 1, "patterns": [
        {"id": "A1", "name": "hotplug-async", "kind": "race",
         "spirit":
           "A device is added, and bound and unbound by hand while its own probe is pending.",
         "raced": ["__device_attach_async_helper", "bind_store"], "expected": "it stays unbound",
         "finds": ["late-async-attach"],
         "start": "the device was removed",
         "conditions": ["a driver that probes asynchronously", "a disk"],
         "threads": [
           {"role": "stimulus", "steps": ["make the kernel find the device"]},
           {"role": "racing", "steps": ["bind the device", "unbind it"]}],
         "widen": ["cpu", "saturate", "none"], "available": true, "reason": null},
        {"id": "B1", "name": "unbind-rebind", "kind": "control", "spirit": "One writer.",
         "raced": [], "expected": "the last word wins", "finds": ["late-attach", "hang"], "start": "bound", "conditions": [],
         "threads": [], "widen": ["none"], "available": false, "reason": "not root"}]}
      """)
    let table = PatternTable([Self.hotplug, Self.rebind])
    #expect(try JSONValue.parse(table.json()) == expected)
  }
}
