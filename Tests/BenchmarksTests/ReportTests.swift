import NodeRuntime
import Testing

@testable import Benchmarks

@Suite struct ReportTests {
    private func report() -> BenchmarkReport {
        var report = BenchmarkReport("net", machine: Machine(processor: "Abacus 3", processors: 2, build: "release"))
        report.add("target", "ping", "round trip of a ping", "µs", [44, 41.5, 60.25])
        report.add("target", "memory", "memory of an idle connection", "KiB", [12.34])
        report.add("this machine", "cipher", "ChaCha20-Poly1305", "MiB/s", [1400, 1401])
        report.skip("py-libp2p", because: "there is no Python")
        return report
    }

    @Test(
        arguments: [
            ([3], 3), ([1, 9], 5), ([9, 1, 2], 2), ([4, 1, 3, 2], 2.5), ([5, .infinity, 1, .nan, 3], 3),
        ] as [([Double], Double)])
    func mediansAreOfTheFiniteValues(values: [Double], median: Double) throws {
        #expect(try #require(Measurement("name", "title", "s", values)).median == median)
    }

    @Test func extremesAndNothing() throws {
        let measurement = try #require(Measurement("name", "title", "s", [4, 1, 3]))
        #expect(measurement.min == 1)
        #expect(measurement.max == 4)
        #expect(measurement.values == [4, 1, 3])
        #expect(Measurement("name", "title", "s", []) == nil)
        #expect(Measurement("name", "title", "s", [.nan, .infinity]) == nil)
    }

    @Test func sectionsKeepTheirOrder() {
        var report = report()
        report.add("this machine", "more", "more", "", [1])
        report.add("this machine", "nothing", "nothing", "", [])
        #expect(report.sections.map(\.name) == ["target", "this machine"])
        #expect(report.sections[1].measurements.map(\.name) == ["cipher", "more"])
        #expect(report["target", "ping"]?.median == 44)
        #expect(report["target", "cipher"] == nil)
    }

    /// Scripts read it: names and order stay.
    @Test func jsonIsStable() {
        #expect(
            report().json.text
                == """
                {"benchmark":"net","version":"\(Release.version)","build":"release","processor":"Abacus 3","processors":2,"sections":[\
                {"name":"target","measurements":[\
                {"name":"ping","title":"round trip of a ping","unit":"µs","median":44.0,"min":41.5,"max":60.25,"runs":3,\
                "values":[44.0,41.5,60.25]},\
                {"name":"memory","title":"memory of an idle connection","unit":"KiB","median":12.34,"min":12.34,"max":12.34,"runs":1,\
                "values":[12.34]}]},\
                {"name":"this machine","measurements":[\
                {"name":"cipher","title":"ChaCha20-Poly1305","unit":"MiB/s","median":1400.5,"min":1400.0,"max":1401.0,"runs":2,\
                "values":[1400.0,1401.0]}]}],\
                "not_run":[{"name":"py-libp2p","reason":"there is no Python"}]}
                """)
    }

    @Test func textIsATablePerSection() {
        #expect(
            report().text
                == """
                net: Abacus 3, 2 processors, release build

                target                        median    min    max  unit  runs
                round trip of a ping           44.00  41.50  60.25  µs       3
                memory of an idle connection   12.34  12.34  12.34  KiB      1

                this machine       median   min   max  unit   runs
                ChaCha20-Poly1305    1401  1400  1401  MiB/s     2

                not run: py-libp2p: there is no Python
                """)
    }

    @Test(
        arguments: [
            (0, "0"), (123_456.7, "123457"), (1234.56, "1235"), (123.456, "123.5"), (12.3456, "12.35"), (1.23456, "1.235"),
            (0.123456, "0.1235"), (0.0123456, "0.01235"), (0.00123456, "0.001235"), (-2.5, "-2.500"),
        ] as [(Double, String)])
    func figuresHaveFourDigits(value: Double, text: String) { #expect(BenchmarkReport.figure(value) == text) }

    @Test func processorsHaveNames() {
        #expect(Machine.processorName("processor\t: 0\nmodel name\t: AMD EPYC 9R14\nflags\t: fpu\n") == "AMD EPYC 9R14")
        #expect(Machine.processorName("processor: 0\n") == "unknown processor")
        #expect(Machine.current.processors >= 1)
    }

    /// Rates are better when higher and costs when lower; runs are paired.
    @Test func twoTargetsAreCompared() throws {
        func run(_ section: String, _ rate: Double, _ cost: Double) -> BenchmarkReport {
            var part = BenchmarkReport("net")
            part.add(section, "handshakes", "handshakes", "1/s", [rate])
            part.add(section, "ping", "ping", "µs", [cost])
            part.add(section, "ping_cpu", "ping", "µs", [cost * 2])
            return part
        }
        let ours = [run("target", 100, 10), run("target", 300, 20)]
        let theirs = [run("other", 50, 40), run("other", 50, 40)]
        var report = BenchmarkReport("net")
        for side in [ours, theirs] { SideBySide.join(side, into: &report) }
        SideBySide.compare(ours, theirs, into: &report)
        #expect(report["target", "handshakes"]?.values == [100, 300])
        #expect(report["other", "ping"]?.values == [40, 40])
        #expect(report[SideBySide.section, "handshakes"]?.values == [2, 6])
        #expect(report[SideBySide.section, "ping"]?.values == [4, 2])
        #expect(report[SideBySide.section, "ping_cpu"]?.values == [4, 2])
    }
}
