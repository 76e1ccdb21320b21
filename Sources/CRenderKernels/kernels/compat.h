#ifndef RK_COMPAT_H
#define RK_COMPAT_H

// The three dialects. Everything below this file is written once in the common subset of OpenCL C 1.2, C11 (scene preparation) and
// C++17 (native rendering, see `native/wavefront.h`).
//
// Profile D: no contraction (here by pragma, in the build by flag), correctly rounded + - * / sqrt, no libm, no fast-math,
// every literal with an f, float to integer only after clamping.

#ifdef __OPENCL_VERSION__

#pragma OPENCL FP_CONTRACT OFF

#define RK_GLOBAL __global
#define RK_CONSTANT __constant
#define RK_FN static inline
/// What is called from many places: out of line in native code, where copies of it crowd the instruction cache.
#define RK_CALL static
#define RK_RARE static __attribute__((noinline))
#define RK_INFINITY INFINITY

#define F3(x, y, z) ((float3)((x), (y), (z)))
#define F4(x, y, z, w) ((float4)((x), (y), (z), (w)))
#define U4(x, y, z, w) ((uint4)((x), (y), (z), (w)))
#define SPLAT4(x) ((float4)(x))
#define SPLAT8(x) ((float8)(x))

typedef ulong rk_key;

RK_FN uint rk_bits(float x) { return as_uint(x); }
RK_FN float rk_float(uint x) { return as_float(x); }
/// The upper and lower halves of a product.
#define RK_MUL_WIDE(a, b, high, low) ((high) = mul_hi((a), (b)), (low) = (a) * (b))
RK_FN float rk_sqrt(float x) { return sqrt(x); }
RK_FN float rk_abs(float x) { return fabs(x); }
RK_FN float4 rk_load4(RK_GLOBAL const float *p) { return vload4(0, p); }
RK_FN float8 rk_load8(RK_GLOBAL const float *p) { return vload8(0, p); }
RK_FN float4 rk_bytes(uint x) { return convert_float4((U4(x, x, x, x) >> U4(0u, 8u, 16u, 24u)) & U4(255u, 255u, 255u, 255u)); }
typedef float4 rk_lanes4;
#define SPLAT_LANES4(x) SPLAT4(x)
RK_FN rk_lanes4 rk_load_lanes4(RK_GLOBAL const float *p) { return vload4(0, p); }
RK_FN void rk_store_lanes4(rk_lanes4 v, float *p) { vstore4(v, 0, p); }
RK_FN void rk_store8(float8 v, float *p) { vstore8(v, 0, p); }

#else

#pragma STDC FP_CONTRACT OFF
// Wide vectors only pass between functions that are always inlined.
#pragma clang diagnostic ignored "-Wpsabi"

#include <stdint.h>

#ifndef RK_GLOBAL
#define RK_GLOBAL
#endif
#define RK_CONSTANT
#define RK_FN static inline __attribute__((always_inline, unused))
#define RK_CALL static __attribute__((noinline, unused))
/// A function that few materials need: kept out of the loop of the others.
#define RK_RARE static __attribute__((noinline, unused))
#define RK_INFINITY __builtin_inff()

typedef uint32_t uint;
typedef uint16_t ushort;
typedef uint8_t uchar;
typedef uint64_t rk_key;
typedef float float8 __attribute__((ext_vector_type(8)));
typedef int int4 __attribute__((ext_vector_type(4)));
typedef int int8 __attribute__((ext_vector_type(8)));
/// Lanes of a node or a pack of four: a vector register, unlike the `float4` of C++.
typedef float rk_lanes4 __attribute__((ext_vector_type(4)));
typedef float rk_lanes4_unaligned __attribute__((ext_vector_type(4), aligned(4)));
typedef float rk_float8_unaligned __attribute__((ext_vector_type(8), aligned(4)));
#define SPLAT_LANES4(x) ((rk_lanes4)(x))
#define SPLAT8(x) ((float8)(x))

#ifdef __cplusplus

#include "../native/vectors.h"

#define F3(x, y, z) (float3((x), (y), (z)))
#define F4(x, y, z, w) (float4((x), (y), (z), (w)))
#define U4(x, y, z, w) (uint4{(x), (y), (z), (w)})
#define SPLAT4(x) (float4((x), (x), (x), (x)))

RK_FN float4 rk_load4(const float *p) { return F4(p[0], p[1], p[2], p[3]); }
RK_FN float4 rk_bytes(uint x) {
    return F4((float)(x & 255u), (float)((x >> 8) & 255u), (float)((x >> 16) & 255u), (float)(x >> 24));
}

#else

typedef float float2 __attribute__((ext_vector_type(2)));
typedef float float3 __attribute__((ext_vector_type(3)));
typedef float float4 __attribute__((ext_vector_type(4)));
typedef uint uint4 __attribute__((ext_vector_type(4)));

#define F3(x, y, z) ((float3){(x), (y), (z)})
#define F4(x, y, z, w) ((float4){(x), (y), (z), (w)})
#define U4(x, y, z, w) ((uint4){(x), (y), (z), (w)})
#define SPLAT4(x) ((float4)(x))

RK_FN float4 rk_load4(const float *p) { return *(const rk_lanes4_unaligned *)p; }
RK_FN float4 rk_bytes(uint x) {
    return __builtin_convertvector((int4)((U4(x, x, x, x) >> U4(0u, 8u, 16u, 24u)) & U4(255u, 255u, 255u, 255u)), float4);
}

#endif

RK_FN uint rk_bits(float x) {
    union { float f; uint u; } v = {x};
    return v.u;
}
RK_FN float rk_float(uint x) {
    union { uint u; float f; } v = {x};
    return v.f;
}
#define RK_MUL_WIDE(a, b, high, low)                                                                                          \
    do {                                                                                                                      \
        uint64_t product_ = (uint64_t)(a) * (b);                                                                              \
        (high) = (uint)(product_ >> 32);                                                                                      \
        (low) = (uint)product_;                                                                                               \
    } while (0)
RK_FN float rk_sqrt(float x) { return __builtin_sqrtf(x); }
RK_FN float rk_abs(float x) { return __builtin_fabsf(x); }
RK_FN rk_lanes4 rk_load_lanes4(const float *p) { return *(const rk_lanes4_unaligned *)p; }
RK_FN float8 rk_load8(const float *p) { return *(const rk_float8_unaligned *)p; }
RK_FN void rk_store_lanes4(rk_lanes4 v, float *p) { *(rk_lanes4_unaligned *)p = v; }
RK_FN void rk_store8(float8 v, float *p) { *(rk_float8_unaligned *)p = v; }

#endif

/// Bit i is set where lane i of a comparison holds (lanes are 0 or -1).
RK_FN uint rk_mask4(int4 lanes) {
#if defined(__SSE__) && !defined(__OPENCL_VERSION__)
    typedef float mask4 __attribute__((__vector_size__(16)));
    return (uint)__builtin_ia32_movmskps((mask4)lanes);
#else
    return (uint)((lanes.s0 & 1) | (lanes.s1 & 2) | (lanes.s2 & 4) | (lanes.s3 & 8));
#endif
}

RK_FN uint rk_mask8(int8 lanes) {
#if defined(RK_AVX2) && !defined(__OPENCL_VERSION__)
    typedef float mask8 __attribute__((__vector_size__(32)));
    return (uint)__builtin_ia32_movmskps256((mask8)lanes);
#else
    return rk_mask4(lanes.lo) | (rk_mask4(lanes.hi) << 4);
#endif
}

RK_FN uint rk_lowest_bit(uint x) {
#ifdef __OPENCL_VERSION__
    return 31u - clz(x & (0u - x));
#else
    return (uint)__builtin_ctz(x);
#endif
}

/// Ternary minimum and maximum: a NaN in `a` gives `b`.
RK_FN float rk_min(float a, float b) { return a < b ? a : b; }
RK_FN float rk_max(float a, float b) { return a > b ? a : b; }
RK_FN float rk_clamp(float x, float low, float high) { return rk_min(rk_max(x, low), high); }
/// 1 for negative numbers and -0; without a branch, for conditions that nothing foresees.
RK_FN uint rk_sign(float x) { return rk_bits(x) >> 31; }
/// |magnitude| with the sign of `sign`.
RK_FN float rk_with_sign(float magnitude, float sign) {
    return rk_float((rk_bits(magnitude) & 0x7fffffffu) | (rk_bits(sign) & 0x80000000u));
}
RK_FN uint rk_is_finite(float x) { return (rk_bits(x) & 0x7f800000u) != 0x7f800000u; }

/// Largest integer not above x, as a float; x itself at 2^23 and beyond, where it is an integer already.
RK_FN float rk_floor(float x) {
    if (!(rk_abs(x) < 8388608.0f)) return x;
    float whole = (float)(int)x;
    return whole > x ? whole - 1.0f : whole;
}

#endif
