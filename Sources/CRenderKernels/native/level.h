// One build of the kernels for one instruction set. The including file defines RK_LEVEL, the table's name, and, around this header,
// the target attribute. All kernel functions are inlined here, so every level has its own copy and the same arithmetic.

#include "native.h"

/// Paths that a vector holds.
#ifndef RK_LANES
#define RK_LANES 4
#endif

#include "wavefront.h"

static void rk_level_records(const RkTables *tables, const RkView *view, const RkRecordPlace *places, size_t count, RkRecord *out) {
    RkWavefront wavefront;
    rk_wavefront_open(&wavefront, tables, view);
    for (size_t done = 0; done < count; done += RK_PLACES)
        rk_wavefront_render(&wavefront, places + done, count - done < RK_PLACES ? (uint)(count - done) : RK_PLACES, out + done);
}

/// Rays from outside, which meet every surface whatever its alpha.
struct RkPlainRays {
    const RkPlainRay *rays;
    RkHit *hits;

    RK_INLINE void take(uint k, RkTracer *r) const {
        const RkPlainRay *plain = rays + k;
        r->ray.origin = F3(plain->origin[0], plain->origin[1], plain->origin[2]);
        r->ray.direction = F3(plain->direction[0], plain->direction[1], plain->direction[2]);
        r->ray.tMin = plain->tMin;
        r->ray.tMax = plain->tMax;
        r->sampler = RkSampler{0u, 0u, 0u, 0u, 0u};
        r->query = 0u;
    }

    RK_INLINE void give(uint k, const RkHit *hit) const { hits[k] = *hit; }
};

static void rk_level_closest(const RkTables *tables, const RkPlainRay *rays, uint32_t count, RkHit *hits) {
    RkTracer tracers[RK_TRACERS];
    rk_trace_all<0u>(tables, tracers, 0u, count, RkPlainRays{rays, hits});
}

extern "C" const RkNativeLevel RK_LEVEL = {rk_level_records, rk_level_closest};
