import Foundation

/// One glTF document that uses every structure the reader knows, as JSON values that a test can change anywhere.
enum FeatureDocument {
    typealias Object = [String: Any]

    /// 2×2 RGBA pixels.
    private static let png =
        "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAYAAABytg0kAAAAFUlEQVR4nGP4z8DwHwgbGIA0CDAAAEPTCHnJFRwPAAAAAElFTkSuQmCC"

    /// Accessors over one buffer, one view each, with what refers to them by number.
    private struct Store {
        var bytes: [UInt8] = []
        var views: [Object] = []
        var accessors: [Object] = []

        mutating func view(_ data: [UInt8]) -> Int {
            bytes += [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4)
            views.append(["buffer": 0, "byteOffset": bytes.count, "byteLength": data.count])
            bytes += data
            return views.count - 1
        }

        mutating func accessor(_ data: [UInt8], _ component: Int, _ type: String, _ count: Int, _ more: Object = [:]) -> Int {
            let plain: Object = ["bufferView": view(data), "byteOffset": 0, "componentType": component, "type": type, "count": count]
            accessors.append(plain.merging(more) { $1 })
            return accessors.count - 1
        }

        mutating func floats(_ values: [Float], _ type: String, _ count: Int, _ more: Object = [:]) -> Int {
            accessor(values.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }, 5126, type, count, more)
        }
    }

    static func make() -> Object {
        var store = Store()
        let positions = store.floats(
            [-1, -1, 0, 1, -1, 0, 1, 1, 0, -1, 1, 0], "VEC3", 4, ["min": [-1.0, -1.0, 0.0], "max": [1.0, 1.0, 0.0]])
        let normals = store.floats([0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1], "VEC3", 4)
        let tangents = store.floats([1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1], "VEC4", 4)
        let corners = store.floats([0, 0, 1, 0, 1, 1, 0, 1], "VEC2", 4)
        let colors = store.accessor([UInt8](repeating: 200, count: 16), 5121, "VEC4", 4, ["normalized": true])
        let joints = store.accessor([0, 1, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0], 5121, "VEC4", 4)
        let weights = store.floats([0.5, 0.5, 0, 0, 1, 0, 0, 0, 0.25, 0.75, 0, 0, 1, 0, 0, 0], "VEC4", 4)
        let indices = store.accessor([0, 0, 1, 0, 2, 0, 0, 0, 2, 0, 3, 0], 5123, "SCALAR", 6)
        let sparseIndices = store.view([1, 0, 3, 0])
        let sparseValues = store.view([UInt8](repeating: 0, count: 24))
        let deltas = store.accessor(
            [UInt8](repeating: 0, count: 48), 5126, "VEC3", 4,
            [
                "sparse": [
                    "count": 2, "indices": ["bufferView": sparseIndices, "byteOffset": 0, "componentType": 5123] as Object,
                    "values": ["bufferView": sparseValues, "byteOffset": 0] as Object,
                ] as Object
            ])
        let identity: [Float] = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
        let inverses = store.floats(identity + identity, "MAT4", 2)
        let times = store.floats([0, 1], "SCALAR", 2)
        let moves = store.floats([0, 0, 0, 0.5, 0, 0], "VEC3", 2)
        let turns = store.floats([0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0], "VEC4", 6)
        let shapes = store.floats([0, 1], "SCALAR", 2)
        let places = store.floats([0, 0, -1, 0.5, 0.5, -1], "VEC3", 2)
        let texels = store.view(Array(Data(base64Encoded: png)!))

        let texture: Object = [
            "index": 0, "texCoord": 0,
            "extensions": [
                "KHR_texture_transform": ["offset": [0.1, 0.2], "rotation": 0.3, "scale": [2.0, 2.0], "texCoord": 0] as Object
            ],
        ]
        let scaled = texture.merging(["scale": 0.8]) { $1 }
        let materialExtensions: Object = [
            "KHR_materials_ior": ["ior": 1.4], "KHR_materials_emissive_strength": ["emissiveStrength": 2.0],
            "KHR_materials_specular": [
                "specularFactor": 0.8, "specularTexture": texture, "specularColorFactor": [1.0, 0.9, 0.8], "specularColorTexture": texture,
            ] as Object,
            "KHR_materials_transmission": ["transmissionFactor": 0.3, "transmissionTexture": texture] as Object,
            "KHR_materials_volume": [
                "thicknessFactor": 0.1, "thicknessTexture": texture, "attenuationDistance": 2.0, "attenuationColor": [0.5, 0.6, 0.7],
            ] as Object,
            "KHR_materials_clearcoat": [
                "clearcoatFactor": 0.5, "clearcoatTexture": texture, "clearcoatRoughnessFactor": 0.2,
                "clearcoatRoughnessTexture": texture, "clearcoatNormalTexture": scaled,
            ] as Object,
            "KHR_materials_sheen": [
                "sheenColorFactor": [0.2, 0.2, 0.3], "sheenColorTexture": texture, "sheenRoughnessFactor": 0.4,
                "sheenRoughnessTexture": texture,
            ] as Object,
        ]
        let material: Object = [
            "pbrMetallicRoughness": [
                "baseColorFactor": [0.8, 0.7, 0.6, 0.9], "baseColorTexture": texture, "metallicFactor": 0.5, "roughnessFactor": 0.6,
                "metallicRoughnessTexture": texture,
            ] as Object,
            "normalTexture": scaled, "occlusionTexture": texture.merging(["strength": 0.7]) { $1 }, "emissiveTexture": texture,
            "emissiveFactor": [0.1, 0.1, 0.1], "alphaMode": "MASK", "alphaCutoff": 0.25, "doubleSided": true,
            "extensions": materialExtensions,
        ]
        let plain: Object = ["alphaMode": "BLEND", "extensions": ["KHR_materials_unlit": Object()] as Object]
        let attributes: Object = [
            "POSITION": positions, "NORMAL": normals, "TANGENT": tangents, "TEXCOORD_0": corners, "TEXCOORD_1": corners, "COLOR_0": colors,
            "JOINTS_0": joints, "WEIGHTS_0": weights,
        ]
        func channel(_ sampler: Int, _ path: String) -> Object {
            ["sampler": sampler, "target": ["node": 1, "path": path] as Object]
        }
        func sampler(_ output: Int, _ interpolation: String) -> Object {
            ["input": times, "output": output, "interpolation": interpolation]
        }
        return [
            "asset": ["version": "2.0", "minVersion": "2.0", "generator": "test"], "scene": 0,
            "scenes": [["nodes": [0], "name": "all"] as Object],
            "extensionsUsed": ["KHR_lights_punctual", "KHR_texture_transform", "INFERIX_render"],
            "extensionsRequired": ["KHR_texture_transform"],
            "extensions": [
                "KHR_lights_punctual": [
                    "lights": [
                        ["type": "point", "color": [1.0, 0.9, 0.8], "intensity": 20.0, "range": 50.0] as Object,
                        [
                            "type": "spot", "intensity": 10.0, "spot": ["innerConeAngle": 0.2, "outerConeAngle": 0.6] as Object,
                        ] as Object, ["type": "directional", "intensity": 1.0] as Object,
                    ]
                ] as Object,
                "INFERIX_area_light": [
                    "lights": [["shape": "disc", "size": [0.5, 0.5], "color": [1.0, 1.0, 1.0], "intensity": 3.0] as Object]
                ] as Object,
                "INFERIX_render": [
                    "framesPerSecond": 24.0, "sky": ["color": [0.1, 0.2, 0.3], "rotation": 0.5, "intensity": 1.0] as Object,
                ] as Object,
            ] as Object,
            "nodes": [
                ["children": [1, 2, 3, 4, 5, 6, 7, 8, 9], "name": "root", "rotation": [0.0, 0.0, 0.0, 1.0]] as Object,
                [
                    "mesh": 0, "skin": 0, "weights": [0.5], "translation": [0.0, 0.0, 0.0], "scale": [1.0, 1.0, 1.0],
                ] as Object,
                ["camera": 0, "translation": [0.0, 0.0, 4.0]] as Object,
                ["camera": 1, "matrix": [1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 4.0, 1.0]] as Object,
                ["translation": [2.0, 2.0, 2.0], "extensions": ["KHR_lights_punctual": ["light": 0]]] as Object,
                ["translation": [0.0, 0.0, 3.0], "extensions": ["KHR_lights_punctual": ["light": 1]]] as Object,
                ["extensions": ["KHR_lights_punctual": ["light": 2]]] as Object,
                ["translation": [0.0, 2.0, 1.0], "extensions": ["INFERIX_area_light": ["light": 0]]] as Object,
                [
                    "mesh": 1, "translation": [0.0, 0.0, -1.0],
                    "extensions": ["EXT_mesh_gpu_instancing": ["attributes": ["TRANSLATION": places]]],
                ] as Object,
                ["name": "joint"] as Object,
            ],
            "cameras": [
                [
                    "type": "perspective",
                    "perspective": ["yfov": 0.8, "aspectRatio": 1.0, "znear": 0.1, "zfar": 100.0] as Object,
                    "extensions": ["INFERIX_lens": ["radius": 0.01, "focusDistance": 4.0]],
                ] as Object,
                [
                    "type": "orthographic",
                    "orthographic": ["xmag": 2.0, "ymag": 2.0, "znear": 0.1, "zfar": 100.0] as Object,
                ] as Object,
            ],
            "meshes": [
                [
                    "primitives": [
                        [
                            "attributes": attributes, "indices": indices, "material": 0, "mode": 4, "targets": [["POSITION": deltas]],
                        ] as Object
                    ], "weights": [0.0],
                ] as Object,
                ["primitives": [["attributes": ["POSITION": positions] as Object, "material": 1, "mode": 5] as Object]] as Object,
            ],
            "skins": [["inverseBindMatrices": inverses, "joints": [1, 9], "skeleton": 0] as Object],
            "animations": [
                [
                    "channels": [channel(0, "translation"), channel(1, "rotation"), channel(2, "weights")],
                    "samplers": [sampler(moves, "LINEAR"), sampler(turns, "CUBICSPLINE"), sampler(shapes, "STEP")],
                ] as Object
            ],
            "materials": [material, plain],
            "textures": [["sampler": 0, "source": 0] as Object],
            "samplers": [["magFilter": 9729, "minFilter": 9987, "wrapS": 33071, "wrapT": 33648] as Object],
            "images": [["bufferView": texels, "mimeType": "image/png"] as Object],
            "accessors": store.accessors, "bufferViews": store.views,
            "buffers": [
                [
                    "byteLength": store.bytes.count,
                    "uri": "data:application/octet-stream;base64," + Data(store.bytes).base64EncodedString(),
                ] as Object
            ],
        ]
    }
}
