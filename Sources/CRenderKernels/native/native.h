// What every level of the native build offers.
#pragma once

#include "../include/CRenderKernels.h"

#include "../kernels/all.h"

/// A ray as C and C++ lay it out alike: their `float3` differ.
typedef struct {
    float origin[3], direction[3], tMin, tMax;
} RkPlainRay;

typedef struct {
    /// Renders records; each place has at least one sample and at most 16.
    void (*records)(const RkTables *tables, const RkView *view, const RkRecordPlace *places, size_t count, RkRecord *out);
    /// Closest hits of all surfaces, whatever their alpha.
    void (*closest)(const RkTables *tables, const RkPlainRay *rays, uint32_t count, RkHit *hits);
} RkNativeLevel;

#ifdef __cplusplus
extern "C" {
#endif
extern const RkNativeLevel rk_baseline_level;
extern const RkNativeLevel rk_avx2_level;
extern const RkNativeLevel rk_avx512_level;
#ifdef __cplusplus
}
#endif

/// The levels of this build; a level that the processor lacks gives the baseline.
const RkNativeLevel *rk_native_level_table(RkLevel level);

// Profile D keeps subnormals and rounds to nearest. The state of the calling thread is put back afterwards.
#if defined(__x86_64__)
typedef unsigned int RkFloatState;
static inline RkFloatState rk_enter_profile(void) {
    RkFloatState old = __builtin_ia32_stmxcsr();
    __builtin_ia32_ldmxcsr(0x1f80u);
    return old;
}
static inline void rk_leave_profile(RkFloatState old) { __builtin_ia32_ldmxcsr(old); }
#elif defined(__aarch64__)
typedef uint64_t RkFloatState;
static inline RkFloatState rk_enter_profile(void) {
    RkFloatState old;
    __asm__ volatile("mrs %0, fpcr" : "=r"(old));
    __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)0));
    return old;
}
static inline void rk_leave_profile(RkFloatState old) { __asm__ volatile("msr fpcr, %0" : : "r"(old)); }
#else
#error "state how this processor keeps subnormals"
#endif
