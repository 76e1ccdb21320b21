internal import CSandbox
internal import Glibc

/// What confines an engine process: it handles scenes from strangers, inside drivers that nobody here wrote.
///
/// The network is closed by seccomp and Landlock, files by Landlock. A native engine opens no file at all once it has started; one
/// that drives OpenCL reads what drivers need and writes nothing but its kernel cache.
public struct EngineSandbox: Equatable, Sendable, CustomStringConvertible {
    /// No sockets but local ones.
    public var confinesNetwork: Bool
    public var confinesFiles: Bool

    private init(_ bits: UInt32) {
        confinesNetwork = bits & SANDBOX_NETWORK != 0
        confinesFiles = bits & SANDBOX_FILES != 0
    }

    /// What this machine's kernel can enforce.
    public static var supported: EngineSandbox { EngineSandbox(sandbox_support()) }

    public var description: String {
        switch (confinesNetwork, confinesFiles) {
        case (true, true): "no network, no files but the kernel cache"
        case (true, false): "no network; files are open, because the kernel has no Landlock"
        case (false, true): "no files but the kernel cache; the network is open, because the kernel has no seccomp"
        case (false, false): "none: the kernel has neither Landlock nor seccomp"
        }
    }

    /// Confines this process for good. To be called before it has threads.
    ///
    /// - Parameter kernelCache: of OpenCL devices; created here, since nothing can be created beside it afterwards.
    static func enter(_ device: DeviceChoice, kernelCache: String?) -> EngineSandbox {
        sandbox_limit()
        guard device.usesOpenCL else { return EngineSandbox(sandbox_enter(nil, 0)) }
        guard let kernelCache else { return EngineSandbox(sandbox_enter(nil, 1)) }
        // Drivers keep caches and temporary files of their own: within the one folder that stays open.
        KernelCache.makeFolder(kernelCache)
        for (name, folder) in [("POCL_CACHE_DIR", "pocl"), ("CUDA_CACHE_PATH", "cuda"), ("TMPDIR", "tmp")] {
            KernelCache.makeFolder("\(kernelCache)/\(folder)")
            setenv(name, "\(kernelCache)/\(folder)", 1)
        }
        return EngineSandbox(sandbox_enter(kernelCache, 1))
    }
}
