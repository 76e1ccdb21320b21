// AVX-512 without FMA: the same operations on the widest registers, so the same bits.
#include "vectors.h"

#if defined(__x86_64__)
#pragma clang attribute push(                                                                                                  \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,bmi,bmi2,lzcnt,popcnt"))), apply_to = function)
#define RK_AVX2 1
#define RK_LANES 16
#endif

#define RK_LEVEL rk_avx512_level
#include "level.h"

#if defined(__x86_64__)
#pragma clang attribute pop
#endif
