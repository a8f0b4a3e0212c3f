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
    let report = DoctorReport(
      [
        DoctorCheck(name: "root", status: .ok, found: "uid 0", means: "everything", help: "sudo"),
        DoctorCheck(
          name: "workqueue mask", status: .missing, found: "one CPU", means: "no cpu widener",
          help: "add one"),
      ],
      facts: [
        DoctorFact(Samples.facts[1], lost: []), DoctorFact(Samples.facts[2], lost: []),
        DoctorFact(Samples.facts[3], lost: ["D2", "D3"]),
      ], status: .degraded, conclusion: "no run can pass here: one CPU")
    #expect(
      report.text() == """
        ok        root            uid 0
        missing   workqueue mask  one CPU
                                  no cpu widener
                                  add one
        ok        fact detach     device_links_driver_cleanup; this kernel has no \
        device_unbind_cleanup
        ok        fact autoprobe  drivers_autoprobe_store
        degraded  fact retry      this kernel has no driver_deferred_probe_trigger
                                  when deferred devices are to be tried again is not told: no hit \
        of D2, D3
        no run can pass here: one CPU

        """)
    let expected = try JSONValue.parse(
      """
      {"schema": 1, "checks": [
        {"name": "root", "status": "ok", "found": "uid 0", "means": "everything", "help": "sudo"},
        {"name": "workqueue mask", "status": "missing", "found": "one CPU",
         "means": "no cpu widener", "help": "add one"}],
       "facts": [
        {"fact": "detach", "state": "told", "places": ["device_links_driver_cleanup"],
         "reason": "this kernel has no device_unbind_cleanup", "lost": []},
        {"fact": "autoprobe", "state": "waiting", "places": ["drivers_autoprobe_store"],
         "reason": null, "lost": []},
        {"fact": "retry", "state": "untold", "places": [],
         "reason": "this kernel has no driver_deferred_probe_trigger", "lost": ["D2", "D3"]}],
       "conclusion": {"status": "degraded", "text": "no run can pass here: one CPU"}}
      """)
    #expect(try JSONValue.parse(report.json()) == expected)
  }
}
