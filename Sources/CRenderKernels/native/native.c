#include "native.h"

RkLevel rk_native_level(void) {
#if defined(__x86_64__)
    // The bit instructions came with AVX2, but a virtual machine may hide them.
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2")
        && __builtin_cpu_supports("lzcnt") && __builtin_cpu_supports("popcnt"))
        return RK_LEVEL_AVX2;
#endif
    return RK_LEVEL_BASELINE;
}

const RkNativeLevel *rk_native_level_table(RkLevel level) {
    return level == RK_LEVEL_AVX2 && rk_native_level() == RK_LEVEL_AVX2 ? &rk_avx2_level : &rk_baseline_level;
}

uint32_t rk_layer_floats(uint32_t layers) {
    uint32_t floats = 0;
    if (layers & RK_LAYER_ALPHA) floats += 1;
    if (layers & RK_LAYER_ALBEDO) floats += 3;
    if (layers & RK_LAYER_NORMAL) floats += 3;
    if (layers & RK_LAYER_DEPTH) floats += 1;
    return floats;
}

void rk_native_render(RkLevel level, const RkTables *tables, const RkView *view, const RkTileShape *tile, uint32_t x0, uint32_t y0,
    uint32_t x1, uint32_t y1, uint32_t firstBucket, uint32_t lastBucket, const RkTileOutput *output, RkCounts *counts) {
    RkFloatState state = rk_enter_profile();
    rk_native_level_table(level)->render(tables, view, tile, x0, y0, x1, y1, firstBucket, lastBucket, output, counts);
    rk_leave_profile(state);
}

void rk_native_depths(
    RkLevel level, const RkTables *tables, const RkView *view, const RkCameraPoint *points, size_t count, float *depths) {
    RkFloatState state = rk_enter_profile();
    RkView sharp = *view;
    sharp.filter = 0u;
    float3 forward = F3(view->forwardX, view->forwardY, view->forwardZ);
    for (size_t k = 0; k < count; k++) {
        float x = rk_clamp(points[k].x, 0.0f, 65536.0f), y = rk_clamp(points[k].y, 0.0f, 65536.0f);
        float4 random = F4(x - (float)(uint)x, y - (float)(uint)y, points[k].lensArea, points[k].lensTurn);
        RkRay ray = rk_camera_ray(&sharp, (uint)x, (uint)y, random);
        RkHit hit;
        rk_native_level_table(level)->closest(tables, &ray, &hit);
        depths[k] = hit.draw == RK_NONE ? RK_INFINITY : hit.t * rk_dot(ray.direction, forward);
    }
    rk_leave_profile(state);
}

void rk_native_record(
    RkLevel level, const RkTables *tables, const RkView *view, uint32_t x, uint32_t y, uint32_t first, uint32_t last, RkRecord *out) {
    RkFloatState state = rk_enter_profile();
    rk_native_level_table(level)->single(tables, view, x, y, first, last, out);
    rk_leave_profile(state);
}
