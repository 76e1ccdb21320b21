#if defined(__x86_64__)
// AVX2 without FMA: the same operations on wider registers, so the same bits.
#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt"))), apply_to = function)
#define RK_AVX2 1
#endif

#include "native.h"

#define RK_LEVEL_NAME(name) rk_avx2_##name
#include "level.h"

#if defined(__x86_64__)
#pragma clang attribute pop
#endif
