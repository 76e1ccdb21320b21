internal import Glibc

enum Pause {
    static func wait(seconds: Int) { sleep(UInt32(clamping: seconds)) }
}
