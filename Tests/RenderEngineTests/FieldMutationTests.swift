import Foundation
import RenderEngine
import RenderModel
import SceneIO
import Testing

/// Every member of every structure of a glTF document in turn, given values that no document should hold.
///
/// What the reader accepts all the same must be a scene that can be prepared and rendered, to finite numbers: Workers do not check again.
@Suite struct FieldMutationTests {
    /// A way down through objects and arrays.
    private enum Step: CustomStringConvertible {
        case key(String)
        case index(Int)

        var description: String {
            switch self {
            case .key(let name): ".\(name)"
            case .index(let index): "[\(index)]"
            }
        }
    }

    private struct Mutant {
        let path: [Step]
        /// Nil removes the member.
        let value: Any?
        var name: String { path.map(\.description).joined() + " = " + (value.map { "\($0)".prefix(60).description } ?? "(removed)") }
    }

    private static var numbers: [Any] {
        [
            -1, 0, 1_000, 4_294_967_296, Int.max, Int.min, 0.5, -0.001, 1e-30, 1e30, 1e300, "1", NSNull(), [Any](), [String: Any](), true,
        ]
    }
    private static var texts: [Any] { ["", "?", String(repeating: "A", count: 70_000), "../../etc/passwd", "data:,", 7, NSNull()] }
    private static var flags: [Any] { [2, "true", NSNull(), false] }

    private static func mutants(of value: Any, at path: [Step] = []) -> [Mutant] {
        var all: [Mutant] = path.isEmpty ? [] : [Mutant(path: path, value: nil)]
        switch value {
        case let object as [String: Any]:
            for (key, member) in object.sorted(by: { $0.key < $1.key }) { all += mutants(of: member, at: path + [.key(key)]) }
            if !path.isEmpty { all += [[Any](), 3, [String: Any]()].map { Mutant(path: path, value: $0) } }
        case let array as [Any]:
            for (index, element) in array.enumerated() { all += mutants(of: element, at: path + [.index(index)]) }
            let long = [Any](repeating: array.first ?? 0, count: 3_000)
            all += ([[Any](), array + array, long, 3, ["0": 1]] as [Any]).map { Mutant(path: path, value: $0) }
        case is String: all += texts.map { Mutant(path: path, value: $0) }
        case let number as NSNumber:
            let isFlag = CFBooleanLike.isBoolean(number)
            all += (isFlag ? flags : numbers).map { Mutant(path: path, value: $0) }
        default: break
        }
        return all
    }

    private static func apply(_ path: ArraySlice<Step>, _ value: Any?, to node: Any) -> Any? {
        guard let step = path.first else { return value }
        switch (step, node) {
        case (.key(let key), var object as [String: Any]):
            object[key] = object[key].flatMap { apply(path.dropFirst(), value, to: $0) }
            return object
        case (.index(let index), var array as [Any]):
            if let changed = apply(path.dropFirst(), value, to: array[index]) { array[index] = changed } else { array.remove(at: index) }
            return array
        default: return node
        }
    }

    private func load(_ document: Any) throws -> CanonicalScene {
        var limits = SceneLimits()
        limits.memoryMax = 32 << 20
        let bytes = Array(try JSONSerialization.data(withJSONObject: document, options: [.sortedKeys]))
        return try SceneReader(limits: limits).load(bytes: bytes).scene
    }

    @Test func theDocumentUsesWhatIsChanged() throws {
        let scene = try load(FeatureDocument.make())
        #expect(scene.cameras.count == 2 && scene.materials.count == 2 && scene.skins.count == 1 && scene.animations.count == 1)
        #expect(scene.lights.count >= 3 && scene.textures.count >= 2)
        #expect(scene.nodes.contains { !$0.instances.isEmpty })
        let records = try NativeDevice(threads: 1).render(
            PreparedScene(scene, frame: 12), Requests.full(width: 16, height: 16, samples: 16, frame: 12))
        #expect(records.sums.contains { $0 > 0 })
    }

    @Test func everyMemberMayHoldAnything() throws {
        let document = FeatureDocument.make()
        let device = NativeDevice(threads: 1)
        let original = try load(document)
        // A number has 17 mutants, so every fourth of them all is another one at each member.
        let all = FieldMutationTests.mutants(of: document)
        let mutants = stride(from: 0, to: all.count, by: 4).map { all[$0] }
        var refused = 0
        var rendered = 0
        for mutant in mutants {
            let changed = try #require(FieldMutationTests.apply(mutant.path[...], mutant.value, to: document))
            let scene: CanonicalScene
            do {
                scene = try load(changed)
            } catch let error as SceneError {
                #expect(!error.reason.isEmpty && !error.advice.isEmpty, "\(mutant.name)")
                refused += 1
                continue
            }
            // What changed nothing needs no second picture.
            guard scene != original else { continue }
            rendered += 1
            do {
                let prepared = try PreparedScene(scene, frame: 12, memoryMax: 64 << 20)
                let request = Requests.full(width: 8, height: 8, samples: 1, frame: 12)
                let records = try device.render(prepared, request)
                #expect(!records.sums.contains { !$0.isFinite }, "\(mutant.name)")
            } catch {
                Issue.record("accepted, and then \(error): \(mutant.name)")
            }
        }
        #expect(mutants.count >= 2_000 && refused >= 1_000 && rendered >= 200, "\(mutants.count): \(refused), \(rendered)")
    }
}

private enum CFBooleanLike {
    /// JSON's true and false, which Foundation keeps apart from numbers by their type encoding.
    static func isBoolean(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" }
}
