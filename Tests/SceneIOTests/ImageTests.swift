import FoundationEssentials
import RenderModel
import Testing

@testable import SceneIO

/// Small pictures, made with zlib and Pillow; the expected texels are Pillow's.
enum TestPicture {
    /// 2 × 1, 16 bits: (0x8000, 0x0102, 0xffff), (0, 0x1234, 0x00ff).
    static let png16 = decode("iVBORw0KGgoAAAANSUhEUgAAAAIAAAABEAIAAAAr0DSeAAAAFUlEQVR42mNoYGBk+v+fgUHIhOE/ABb9A8dWFayYAAAAAElFTkSuQmCC")
    /// 2 × 1, palette (10, 20, 30, alpha 128), (200, 100, 50).
    static let pngPalette = decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAMAAADD/I+4AAAABlBMVEUKFB7IZDJ3oLOcAAAAAXRSTlOArV5bRgAAAAtJREFUeNpjYGAEAAAEAAIs3kitAAAAAElFTkSuQmCC"
    )
    /// 1 × 1, grey 77, alpha 99.
    static let pngGreyAlpha = decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mPwTQYAAQAAsQ0hKIQAAAAASUVORK5CYII=")
    /// 8 × 1, one bit: 1, 0, 1, 0, 0, 1, 0, 1.
    static let pngBits = decode("iVBORw0KGgoAAAANSUhEUgAAAAgAAAABAQAAAADLe9LuAAAACklEQVR42mNYCgAApwCmSDG/bwAAAABJRU5ErkJggg==")
    /// 8 × 8: left (200, 100, 50), right (20, 60, 181). Baseline, progressive and CMYK.
    static let jpeg = decode(
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBwYGCAsICQoKCgoKBggLDAsKDAkKCgr/2wBDAQICAgIC"
            + "AgUDAwUKBwYHCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgr/wAARCAAIAAgDAREAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAA"
            + "AAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdI"
            + "SUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6"
            + "/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcY"
            + "GRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna"
            + "4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwD5z/bh/wCZX/7ff/aFfZfQ5/5nn/ct/wC7B9h9Jj/mVf8Acf8A9wn/2Q==")
    static let jpegProgressive = decode(
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBwYGCAsICQoKCgoKBggLDAsKDAkKCgr/2wBDAQICAgIC"
            + "AgUDAwUKBwYHCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgr/wgARCAAIAAgDAREAAhEBAxEB/8QAFAABAAAAAAAAAAAAAAAA"
            + "AAAAB//EABQBAQAAAAAAAAAAAAAAAAAAAAX/2gAMAwEAAhADEAAAATllj//EABUQAQEAAAAAAAAAAAAAAAAAAAAG/9oACAEBAAEFArh//8QAGBEAAgMAAAAAAAAAAAAAAAAA"
            + "AAdEgsL/2gAIAQMBAT8BZkW+D//EABgRAAIDAAAAAAAAAAAAAAAAAAAHRIPD/9oACAECAQE/AU5Or0P/xAAXEAADAQAAAAAAAAAAAAAAAAAABILB/9oACAEBAAY/Albw/8QA"
            + "FBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPyEP/9oADAMBAAIAAwAAABAf/8QAFBEBAAAAAAAAAAAAAAAAAAAAAP/aAAgBAwEBPxA3/8QAFBEBAAAAAAAAAAAAAAAAAAAA"
            + "AP/aAAgBAgEBPxAX/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxBf/9k=")
    static let jpegCMYK = decode(
        "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwACAQEBAQECAQEBAgICAgIEAwICAgIFBAQDBAYFBgYGBQYGBgcJCAYHCQcGBggLCAkKCgoKCgYICwwLCgwJCgoK/8AAFAgACAAIBEMR"
            + "AE0RAFkRAEsRAP/EAB8AAAEFAQEBAQEBAAAAAAAAAAABAgMEBQYHCAkKC//EALUQAAIBAwMCBAMFBQQEAAABfQECAwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNi"
            + "coIJChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS"
            + "09TV1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+v/aAA4EQwBNAFkASwAAPwDzf/g6N/5oZ/3M3/uJr4//AGkf+YL/ANvP/tKuL/4IUf8ANU/+4H/7kK/fyv/Z")

    private static func decode(_ text: String) -> [UInt8] { [UInt8](Data(base64Encoded: text)!) }

    /// The PNG with another size in its header and the right checksum: a bomb where nothing follows.
    static func png(_ bytes: [UInt8], width: UInt32, height: UInt32) -> [UInt8] {
        var result = bytes
        for k in 0..<4 {
            result[16 + k] = UInt8(truncatingIfNeeded: width >> (24 - 8 * k))
            result[20 + k] = UInt8(truncatingIfNeeded: height >> (24 - 8 * k))
        }
        var crc = UInt32.max
        for byte in result[12..<29] {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
        }
        for k in 0..<4 { result[29 + k] = UInt8(truncatingIfNeeded: ~crc >> (24 - 8 * k)) }
        return result
    }

    static func decoded(_ bytes: [UInt8], _ limits: SceneLimits = SceneLimits()) throws -> DecodedImage {
        var budget = MemoryBudget(limits)
        return try DecodedImage(ByteView(storage: bytes, range: 0..<bytes.count), limits, &budget, at: "image")
    }
}

@Suite("Textures")
struct ImageTests {
    @Test func everyKindOfPNGBecomesRGBA() throws {
        #expect(try TestPicture.decoded(TestPicture.pngPalette).texels == [10, 20, 30, 128, 200, 100, 50, 255])
        #expect(try TestPicture.decoded(TestPicture.pngGreyAlpha).texels == [77, 77, 77, 99])
        let bits = try TestPicture.decoded(TestPicture.pngBits).texels
        #expect(stride(from: 0, to: 32, by: 4).map { bits[$0] } == [255, 0, 255, 0, 0, 255, 0, 255])
        let deep = try TestPicture.decoded(TestPicture.png16)
        #expect(deep.depth == 16)
        #expect(deep.texels == [0x00, 0x80, 0x02, 0x01, 0xff, 0xff, 0xff, 0xff, 0, 0, 0x34, 0x12, 0xff, 0x00, 0xff, 0xff])
    }

    @Test func sixteenBitColourBecomesLinear() {
        let linear = SRGBCurve.linear16([0x00, 0x80, 0xff, 0xff, 0, 0, 0x34, 0x12])
        // sRGB 0x8000 / 65535 is 0.21404 linear.
        #expect(Int(linear[0]) | Int(linear[1]) << 8 == 14028)
        #expect(Array(linear[2...]) == [0xff, 0xff, 0, 0, 0x34, 0x12])
    }

    @Test(arguments: [TestPicture.jpeg, TestPicture.jpegProgressive, TestPicture.jpegCMYK])
    func everyKindOfJPEGBecomesRGBA(_ bytes: [UInt8]) throws {
        let image = try TestPicture.decoded(bytes)
        #expect(image.width == 8 && image.height == 8 && image.depth == 8)
        for (texel, expected) in [(0, [200, 100, 50, 255]), (63, [20, 60, 181, 255])] {
            for channel in 0..<4 {
                #expect((Int(image.texels[texel * 4 + channel]) - expected[channel]).magnitude <= 2)
            }
        }
    }

    @Test(arguments: [TestPicture.png16, TestPicture.pngPalette, TestPicture.jpeg, TestPicture.jpegProgressive])
    func truncationIsRefused(_ bytes: [UInt8]) {
        // The last bytes are the end marker, which libjpeg does not need when all rows are there.
        for length in 0..<(bytes.count - 12) {
            #expect(throws: SceneError.self) { try TestPicture.decoded(Array(bytes.prefix(length))) }
        }
    }

    @Test func damageNeverTraps() {
        for bytes in [TestPicture.png16, TestPicture.pngPalette, TestPicture.jpeg, TestPicture.jpegProgressive, TestPicture.jpegCMYK] {
            var state: UInt64 = 7
            for _ in 0..<300 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                var damaged = bytes
                damaged[Int(state >> 33) % bytes.count] = UInt8(truncatingIfNeeded: state >> 20)
                if let image = try? TestPicture.decoded(damaged, SceneLimits()) {
                    #expect(image.texels.count == Int(image.width * image.height * image.depth / 2))
                }
            }
        }
    }

    @Test func bombsAreRefusedByTheirHeader() throws {
        let wide = TestPicture.png(TestPicture.pngBits, width: 60000, height: 60000)
        #expect { try TestPicture.decoded(wide) } throws: { "\($0)".contains("60000 × 60000") }
        let huge = TestPicture.png(TestPicture.pngBits, width: .max, height: 1)
        #expect(throws: SceneError.self) { try TestPicture.decoded(huge) }
        var limits = SceneLimits()
        limits.memoryMax = 64 << 20
        let heavy = TestPicture.png(TestPicture.pngBits, width: 16000, height: 16000)
        #expect { try TestPicture.decoded(heavy, limits) } throws: { "\($0)".contains("more memory") }
        #expect(throws: SceneError.self) { try TestPicture.decoded(TestPicture.png(TestPicture.pngBits, width: 8, height: 0)) }
    }

    @Test func otherFormatsAreNamed() {
        #expect { try TestPicture.decoded(Array("RIFF....WEBP".utf8)) } throws: { "\($0)".contains("neither PNG nor JPEG") }
    }
}
