#include "native.h"

#include <stdbool.h>
#include <string.h>

static uint32_t least(uint32_t a, uint32_t b) { return a < b ? a : b; }

RkLevel rk_native_level(void) {
#if defined(__x86_64__)
    // The bit instructions came with AVX2, but a virtual machine may hide them.
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2")
        && __builtin_cpu_supports("lzcnt") && __builtin_cpu_supports("popcnt")) {
        bool widest = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
            && __builtin_cpu_supports("avx512vl");
        return widest ? RK_LEVEL_AVX512 : RK_LEVEL_AVX2;
    }
#endif
    return RK_LEVEL_BASELINE;
}

const RkNativeLevel *rk_native_level_table(RkLevel level) {
    RkLevel best = rk_native_level();
    switch (level < best ? level : best) {
    case RK_LEVEL_AVX512: return &rk_avx512_level;
    case RK_LEVEL_AVX2: return &rk_avx2_level;
    default: return &rk_baseline_level;
    }
}

uint32_t rk_layer_floats(uint32_t layers) {
    uint32_t floats = 0;
    if (layers & RK_LAYER_ALPHA) floats += 1;
    if (layers & RK_LAYER_ALBEDO) floats += 3;
    if (layers & RK_LAYER_NORMAL) floats += 3;
    if (layers & RK_LAYER_DEPTH) floats += 1;
    return floats;
}

/// Levels render places of 1 to 16 samples.
static bool has_samples(const RkRecordPlace *p) { return p->first < p->last && p->last - p->first <= 16; }

void rk_native_records(
    RkLevel level, const RkTables *tables, const RkView *view, const RkRecordPlace *places, size_t count, RkRecord *out) {
    const RkNativeLevel *kernels = rk_native_level_table(level);
    RkFloatState state = rk_enter_profile();
    for (size_t done = 0, part; done < count; done += part) {
        part = 0;
        while (done + part < count && has_samples(places + done + part)) part++;
        if (part != 0) {
            kernels->records(tables, view, places + done, part, out + done);
        } else {
            memset(out + done, 0, sizeof *out);
            part = 1;
        }
    }
    rk_leave_profile(state);
}

void rk_native_render(RkLevel level, const RkTables *tables, const RkView *view, const RkTileShape *tile, uint32_t x0, uint32_t y0,
    uint32_t x1, uint32_t y1, uint32_t firstBucket, uint32_t lastBucket, const RkTileOutput *output, RkCounts *counts) {
    enum { most = 64 };
    RkRecordPlace places[most];
    RkRecord records[most];
    uint32_t bucketCount = (tile->lastSample - tile->firstSample + 15u) / 16u, layerFloats = rk_layer_floats(view->layers);
    uint32_t width = x1 - x0, buckets = lastBucket - firstBucket;
    size_t total = (size_t)width * (y1 - y0) * buckets;
    for (size_t done = 0; done < total; done += most) {
        size_t index[most], part = total - done < most ? total - done : most;
        for (size_t k = 0; k < part; k++) {
            // The buckets of a pixel, then the pixels of a row, then the rows.
            uint32_t pixel = (uint32_t)((done + k) / buckets), bucket = firstBucket + (uint32_t)((done + k) % buckets);
            uint32_t x = x0 + pixel % width, y = y0 + pixel / width, first = tile->firstSample + 16u * bucket;
            places[k] = (RkRecordPlace){tile->tileX + x, tile->tileY + y, first, least(first + 16u, tile->lastSample)};
            index[k] = ((size_t)y * tile->tileWidth + x) * bucketCount + bucket;
        }
        rk_native_records(level, tables, view, places, part, records);
        for (size_t k = 0; k < part; k++) {
            const RkRecord *record = records + k;
            output->sums[3 * index[k]] = record->red;
            output->sums[3 * index[k] + 1] = record->green;
            output->sums[3 * index[k] + 2] = record->blue;
            output->rays[index[k]] = (uint16_t)record->rays;
            for (uint32_t j = 0; j < layerFloats; j++) output->layers[layerFloats * index[k] + j] = record->layers[j];
            counts->rays += record->rays;
            counts->nonFinite += record->nonFinite;
        }
    }
}

void rk_native_depths(
    RkLevel level, const RkTables *tables, const RkView *view, const RkCameraPoint *points, size_t count, float *depths) {
    enum { most = 64 };
    RkFloatState state = rk_enter_profile();
    RkView sharp = *view;
    sharp.filter = 0u;
    float3 forward = F3(view->forwardX, view->forwardY, view->forwardZ);
    for (size_t done = 0; done < count; done += most) {
        size_t part = count - done < most ? count - done : most;
        RkPlainRay rays[most];
        RkHit hits[most];
        for (size_t k = 0; k < part; k++) {
            const RkCameraPoint *p = points + done + k;
            float x = rk_clamp(p->x, 0.0f, 65536.0f), y = rk_clamp(p->y, 0.0f, 65536.0f);
            float4 random = F4(x - (float)(uint)x, y - (float)(uint)y, p->lensArea, p->lensTurn);
            RkRay ray = rk_camera_ray(&sharp, (uint)x, (uint)y, random);
            float3 o = ray.origin, d = ray.direction;
            rays[k] = (RkPlainRay){{o.x, o.y, o.z}, {d.x, d.y, d.z}, ray.tMin, ray.tMax};
        }
        rk_native_level_table(level)->closest(tables, rays, (uint32_t)part, hits);
        for (size_t k = 0; k < part; k++) {
            const float *d = rays[k].direction;
            depths[done + k] = hits[k].draw == RK_NONE ? RK_INFINITY : hits[k].t * rk_dot(F3(d[0], d[1], d[2]), forward);
        }
    }
    rk_leave_profile(state);
}
