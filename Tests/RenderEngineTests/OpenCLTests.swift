import CRenderKernels
import Glibc
import RenderEngine
import RenderModel
import Testing

/// The same kernels through OpenCL: every bit must agree with the native build.
@Suite(.serialized) struct OpenCLTests {
    /// Nil where a device can be opened; else why not.
    static let obstacle: String? = {
        do throws(RenderError) {
            let devices = try OpenCLDevice.list()
            guard let first = devices.first else { return "there is no OpenCL device" }
            return first.refusal
        } catch {
            return error.description
        }
    }()

    static let cache = "/tmp/inferix-kernels-\(getpid())"
    static let device = Result { try OpenCLDevice(cache: cache) }

    @Test(.enabled(if: obstacle == nil, "\(obstacle ?? "")"))
    func agreesWithTheNativeBuild() throws {
        let device = try OpenCLTests.device.get()
        for scene in [KnownAnswers.medley, KnownAnswers.night, KnownAnswers.gallery] {
            let prepared = try PreparedScene(scene, frame: 3)
            let request = Requests.full(width: 37, height: 21, samples: 20, layers: [.albedo, .depth], frame: 3)
            let native = try NativeDevice(threads: 2).render(prepared, request)
            let openCL = try device.render(prepared, request)
            #expect(native.sums.map(\.bitPattern) == openCL.sums.map(\.bitPattern))
            #expect(native.layers.map(\.bitPattern) == openCL.layers.map(\.bitPattern))
            #expect(native.rays == openCL.rays)
        }
    }

    @Test(.enabled(if: obstacle == nil, "\(obstacle ?? "")"))
    func recomputesLikeTheNativeBuild() throws {
        let prepared = try PreparedScene(KnownAnswers.medley)
        let request = Requests.full(width: 32, height: 32, samples: 50)
        let places = (0..<40 as Range<UInt32>).map { RecordPlace(x: $0 * 7 % 32, y: $0 * 11 % 32, bucket: $0 % 4) }
        let openCL = try OpenCLTests.device.get().recompute(prepared, request, places: places)
        #expect(try openCL == NativeDevice(threads: 1).recompute(prepared, request, places: places))
    }

    @Test(.enabled(if: obstacle == nil, "\(obstacle ?? "")"))
    func workGroupsChangeNothingAndTheCacheIsUsed() throws {
        let reference = try OpenCLTests.device.get()
        let prepared = try PreparedScene(KnownAnswers.night)
        let request = Requests.full(width: 19, height: 23, samples: 16)
        let expected = try reference.render(prepared, request)
        for workGroup in [1, 8, 128] {
            let device = try OpenCLDevice(cache: OpenCLTests.cache, workGroup: workGroup)
            #expect(device.isCached)
            #expect(try device.render(prepared, request) == expected)
        }
    }

    /// One device, opened twice and at once with the native one: contexts, queues and a cache beside each other.
    @Test(.enabled(if: obstacle == nil, "\(obstacle ?? "")"))
    func severalDevicesShareARender() throws {
        let choice = try #require(DeviceChoice("opencl:0,opencl:0,native"))
        let group = try choice.open(threads: 1, kernelCache: OpenCLTests.cache)
        for scene in [KnownAnswers.medley, KnownAnswers.gallery] {
            let prepared = try PreparedScene(scene, frame: 3)
            let request = Requests.full(width: 40, height: 75, samples: 24, layers: [.normal], frame: 3)
            let (shared, alone) = (try group.render(prepared, request), try NativeDevice(threads: 1).render(prepared, request))
            let isEqual = shared == alone
            #expect(isEqual)
        }
    }

    @Test func namesAMissingDevice() {
        #expect(throws: RenderError.self) { try OpenCLDevice(index: 999) }
    }
}
