// AVX2 without FMA: the same operations on wider registers, so the same bits.
#include "vectors.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt"))), apply_to = function)
#define RK_AVX2 1
#define RK_LANES 8
#endif

#define RK_LEVEL rk_avx2_level
#include "level.h"

#if defined(__x86_64__)
#pragma clang attribute pop
#endif
