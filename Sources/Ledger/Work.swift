/// Work in millionths of an IBM, and what it is worth. Whole numbers only; whatever does not fit is nil, never rounded or wrapped.
public struct Work: Hashable, Comparable, Sendable {
    public var microIBM: UInt64

    public init(microIBM: UInt64) { self.microIBM = microIBM }

    public static let zero = Work(microIBM: 0)

    /// Verified rays times the scene's cost per 10⁹ rays, rounded down. Nil where the product does not fit.
    public init?(rays: UInt64, microIBMPerGigaray: UInt64) {
        let product = rays.multipliedFullWidth(by: microIBMPerGigaray)
        guard product.high < Work.raysPerUnit else { return nil }
        microIBM = Work.raysPerUnit.dividingFullWidth(product).quotient
    }

    static let raysPerUnit: UInt64 = 1_000_000_000

    public static func < (a: Work, b: Work) -> Bool { a.microIBM < b.microIBM }

    public func adding(_ other: Work) -> Work? {
        let (sum, overflow) = microIBM.addingReportingOverflow(other.microIBM)
        return overflow ? nil : Work(microIBM: sum)
    }

    /// F = W × P: the fee in the smallest units of credit, rounded up so that no work is free. Nil where it does not fit.
    public func fee(pricePerIBM: UInt64) -> UInt64? {
        let product = microIBM.multipliedFullWidth(by: pricePerIBM)
        guard product.high < 1_000_000 else { return nil }
        let (quotient, remainder) = UInt64(1_000_000).dividingFullWidth(product)
        let (fee, overflow) = quotient.addingReportingOverflow(remainder == 0 ? 0 : 1)
        return overflow ? nil : fee
    }
}

/// Where a fee goes: 80 % is burned, the rest is the foundation's.
public struct FeeSplit: Hashable, Sendable {
    public let burned: UInt64
    public let foundation: UInt64

    public init(fee: UInt64) {
        // 4/5 without overflow; what does not divide goes to the foundation.
        burned = fee / 5 * 4 + fee % 5 * 4 / 5
        foundation = fee - burned
    }
}
