import Foundation
import RenderModel
import Testing
import Wire

@testable import ProofOfRender

@Suite struct MarkKeyTests {
    private let key = MarkKey(Bytes32((0..<32).map { UInt8($0) })!)
    private let worker = Bytes32((32..<64).map { UInt8($0) })!
    private let tile = Tile(x: 64, y: 0, width: 512, height: 256)

    /// Computed outside of the package.
    @Test func chainIsKeyedAndLabelled() {
        #expect(key.worker(worker).bytes.description == "3a219c5c767f2a3f0659aaec6db5b726b4959551683989dea10233ba6d0f2530")
        let task = key.worker(worker).task(frame: 7, tile: tile)
        #expect(task.bytes.description == "0766c30e698f5fcd0ebfdd4596464a92b9b4f1ef88e45bfbefa8219de7593458")
        let salt = Bytes32([UInt8](repeating: 9, count: 32))!
        #expect(task.commitment(salt: salt).description == "44c258bbd9c729102044ac284978fd5f665b608c0938f0bbda2a48251e2ae5db")
        var stream = MarkStream(task, "mark-places")
        let numbers = (0..<5).map { _ in stream.next() }
        #expect(
            numbers == [
                15_903_308_333_276_470_176, 17_757_516_212_509_918_459, 10_010_320_212_771_707_001, 10_123_116_438_192_270_538,
                6_426_564_896_071_375_237,
            ])
    }

    @Test func everythingThatMattersChangesTheKey() {
        let other = Tile(x: 64, y: 0, width: 512, height: 264)
        let keys = [
            key.task(frame: 7, tile: tile), key.task(frame: 8, tile: tile), key.task(frame: 7, tile: other),
            key.worker(worker).task(frame: 7, tile: tile), key.worker(.zero).task(frame: 7, tile: tile), key,
        ]
        #expect(Set(keys).count == keys.count)
    }

    @Test func streamsAreSpreadAsTheyShould() {
        var stream = MarkStream(key, "mark-pattern")
        let numbers = (0..<20_000).map { _ in stream.normal(mean: 2, deviation: 0.25) }
        let mean = numbers.reduce(0, +) / 20_000
        let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
        #expect(abs(mean - 2) < 0.01 && abs(variance.squareRoot() - 0.25) < 0.01)
        var counts = [Int](repeating: 0, count: 4)
        for _ in 0..<20_000 { counts[stream.next(below: 4)] += 1 }
        #expect(counts.allSatisfy { abs($0 - 5000) < 300 })
    }

    @Test func elementaryFunctionsAreThose() {
        for k in 1..<4000 {
            let x = Double(k) * 0.0031
            #expect(abs(Elementary.log(x) - Foundation.log(x)) < 1e-13)
            #expect(abs(Double(Elementary.log(Float(x))) - Foundation.log(Double(Float(x)))) < 2e-6)
            #expect(abs(Elementary.exp(x - 6) / Foundation.exp(x - 6) - 1) < 1e-12)
            #expect(abs(Elementary.cosine(turns: x - 6) - Foundation.cos(2 * .pi * (x - 6))) < 1e-12)
        }
        #expect(abs(Elementary.log(Float(1e6)) - 13.815511) < 1e-5)
        for code in 0..<256 {
            #expect(SRGBTable.encode(SRGBTable.decoded[code]) == code)
            let value = Double(code) / 255
            let linear = value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
            #expect(abs(Double(SRGBTable.decoded[code]) - linear) < 1e-7)
        }
        #expect([-1, .nan, 2, .infinity].map { SRGBTable.encode($0) } == [0, 0, 255, 255])
    }
}
