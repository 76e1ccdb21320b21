// What every level of the native build offers.
#pragma once

#include "../include/CRenderKernels.h"

#include "../kernels/all.h"

typedef struct {
    void (*render)(const RkTables *tables, const RkView *view, const RkTileShape *tile, uint32_t x0, uint32_t y0, uint32_t x1,
        uint32_t y1, uint32_t firstBucket, uint32_t lastBucket, const RkTileOutput *output, RkCounts *counts);
    void (*single)(
        const RkTables *tables, const RkView *view, uint32_t x, uint32_t y, uint32_t first, uint32_t last, RkRecord *out);
    void (*closest)(const RkTables *tables, const RkRay *ray, RkHit *hit);
} RkNativeLevel;

extern const RkNativeLevel rk_baseline_level;
extern const RkNativeLevel rk_avx2_level;

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
