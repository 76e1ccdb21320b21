internal import NodeRuntime
internal import RenderEngine
internal import Wire

/// What renders here, whether it keeps profile D, and what confines it.
struct EngineChecks {
    /// Folder of built kernels.
    let cache: String
    let isQuick: Bool

    var findings: [Finding] { [native] + openCL + [sandbox] }

    private var native: Finding {
        let device = NativeDevice()
        do throws(RenderError) {
            let profile = try KnownAnswers.profile(of: device)
            return Finding(
                check: "native", verdict: .ok, found: "\(device.description.details); profile \(profile.description.prefix(16))…")
        } catch {
            return Finding(check: "native", verdict: .fail, found: error.description, advice: "the program is damaged: install it again")
        }
    }

    private var openCL: [Finding] {
        do throws(RenderError) {
            let devices = try OpenCLDevice.list()
            if devices.isEmpty {
                return [
                    Finding(
                        check: "opencl", verdict: .warn, found: "no OpenCL device",
                        advice: "install the driver of the GPU; without one a Worker renders with --device native")
                ]
            }
            return devices.indices.map { check($0, devices[$0]) }
        } catch {
            return [
                Finding(
                    check: "opencl", verdict: .warn, found: error.description,
                    advice: "install ocl-icd-libopencl1 and the driver of the GPU; without them a Worker renders with --device native")
            ]
        }
    }

    private func check(_ index: Int, _ device: DeviceDescription) -> Finding {
        let instead = "it takes no proven work: use another device, or native"
        if let refusal = device.refusal {
            return Finding(check: device.name, verdict: .warn, found: "\(device.details): no profile D: \(refusal)", advice: instead)
        }
        if isQuick { return Finding(check: device.name, verdict: .ok, found: "\(device.details); not opened") }
        do throws(RenderError) {
            // Opening compares its known-answer renders with the native ones.
            _ = try OpenCLDevice(index: index, cache: cache)
            return Finding(check: device.name, verdict: .ok, found: "\(device.details); profile D")
        } catch {
            return Finding(check: device.name, verdict: .warn, found: "\(device.details): \(error.description)", advice: instead)
        }
    }

    private var sandbox: Finding {
        let sandbox = EngineSandbox.supported
        let isWhole = sandbox.confinesNetwork && sandbox.confinesFiles
        return Finding(
            check: "sandbox", verdict: isWhole ? .ok : .warn, found: "the engine's process: \(sandbox)",
            advice: isWhole ? "" : "scenes come from strangers: run Linux 5.13 or later with Landlock and seccomp, or a container")
    }
}
