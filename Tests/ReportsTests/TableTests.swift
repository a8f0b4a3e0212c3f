import Reports
import Testing

/// The inspecting commands only map what they know to rows.
@Suite struct TableTests {
  @Test("Devices tell spare from in use, and yes and no from unknown")
  func devices() throws {
    let table = DeviceTable([
      DeviceRow(bus: "scsi", name: "0:0:0:0", driver: "sd", async: true, use: "mounted on /"),
      DeviceRow(bus: "pci", name: "0000:00:04.0", driver: nil, async: nil, use: nil),
    ])
    #expect(
      table.text() == """
        target            driver  async    use
        scsi/0:0:0:0      sd      yes      in use: mounted on /
        pci/0000:00:04.0  -       unknown  spare

        """)
    let expected = try JSONValue.parse(
      """
      {"schema": 1, "devices": [
        {"bus": "scsi", "name": "0:0:0:0", "driver": "sd", "async": true, "use": "mounted on /"},
        {"bus": "pci", "name": "0000:00:04.0", "driver": null, "async": null, "use": null}]}
      """)
    #expect(try JSONValue.parse(table.json()) == expected)
  }

  @Test("The doctor explains what is not ok, and only that")
  func doctor() throws {
    let report = DoctorReport([
      DoctorCheck(name: "root", status: .ok, found: "uid 0", means: "everything"),
      DoctorCheck(
        name: "workqueue mask", status: .missing, found: "one CPU", means: "no cpu widener"),
    ])
    #expect(
      report.text() == """
        ok        root            uid 0
        missing   workqueue mask  one CPU
                                  no cpu widener

        """)
    let expected = try JSONValue.parse(
      """
      {"schema": 1, "checks": [
        {"name": "root", "status": "ok", "found": "uid 0", "means": "everything"},
        {"name": "workqueue mask", "status": "missing", "found": "one CPU",
         "means": "no cpu widener"}]}
      """)
    #expect(try JSONValue.parse(report.json()) == expected)
  }
}
