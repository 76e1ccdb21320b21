// The driver for processors: many paths under way at once, a step at a time. Rays are traced a few in turn, tables are looked up for
// one path after the other, and the arithmetic in between is done side by side. A path that ends makes place for the next.
#pragma once

#include "side_by_side.h"
#include "tracer.h"

/// Records of a batch, and their samples.
#define RK_PLACES 64
#define RK_SAMPLES (16 * RK_PLACES)

/// One thread's work.
typedef struct {
    const RkTables *scene;
    const RkView *view;
    uint testAlpha;
    const RkRecordPlace *places;
    uint placeCount;
    /// Where the next camera ray comes from.
    uint place, sample;
    RkCameraRays camera;
    /// Paths 0 ..< active are under way.
    uint active;
    RkWalks walks;
    RkPath paths[RK_WALKS];
    RkBounces bounces;
    RkTracer tracers[RK_TRACERS];
    RkSampleResult results[RK_SAMPLES];
} RkWavefront;

RK_FN RkSampler rk_sampler_of(const RkWavefront *f, uint k) {
    return rk_sampler(f->view, f->walks.pixel[k], f->walks.sample[k]);
}

RK_FN RkHit rk_hit_of(const RkWavefront *f, uint k) {
    const RkBounces *b = &f->bounces;
    RkHit hit;
    hit.t = b->t[k];
    hit.u = b->u[k];
    hit.v = b->v[k];
    hit.draw = b->draw[k];
    hit.primitive = b->primitive[k];
    return hit;
}

/// Looks up what the tables say of a hit.
RK_FN void rk_look_up_surface(RkWavefront *f, uint k) {
    const RkTables *scene = f->scene;
    const RkView *view = f->view;
    RkBounces *b = &f->bounces;
    RkHit hit = rk_hit_of(f, k);
    RkSurfaceData data;
    rk_fetch_surface(scene, view, &hit, &data);
    if (f->walks.bounce[k] == 0u && view->layers != 0u) {
        RkSurface surface;
        float3 direction = RK_GET3(f->walks.direction, k);
        rk_surface(&data, direction, &surface);
        rk_note_first(view, &surface, direction, hit.t, f->results + f->walks.slot[k]);
    }
    RK_PUT3(b->p0, k, data.triangle.p0);
    RK_PUT3(b->p1, k, data.triangle.p1);
    RK_PUT3(b->p2, k, data.triangle.p2);
    RK_PUT3(b->smooth, k, data.normal.smooth);
    b->bent[k] = data.normal.bent;
    if (data.normal.bent) {
        b->tangent.x[k] = data.normal.tangent.x;
        b->tangent.y[k] = data.normal.tangent.y;
        b->tangent.z[k] = data.normal.tangent.z;
        b->handedness[k] = data.normal.tangent.w;
        RK_PUT3(b->texel, k, data.normal.texel);
    }
    RK_PUT3(b->base, k, data.base);
    RK_PUT3(b->emission, k, data.emission);
    b->roughness[k] = data.roughness;
    b->metallic[k] = data.metallic;
    b->specular[k] = data.specular;
    RK_PUT3(b->specularColor, k, data.specularColor);
    b->ior[k] = data.ior;
    b->drawFlags[k] = data.drawFlags;
    b->materialFlags[k] = data.materialFlags;
    b->probability[k] = rk_probability_of(scene, data.light);
}

/// Picks a light and looks up what the tables say of it.
RK_FN void rk_look_up_light(RkWavefront *f, uint k) {
    const RkTables *scene = f->scene;
    const RkView *view = f->view;
    RkBounces *b = &f->bounces;
    b->lightKind[k] = RK_DRAWN_READY;
    b->lightPdf[k] = 0.0f;
    if (scene->header->lightCount == 0u) return;
    uint index = rk_search(scene->lightCumulative, scene->header->lightCount, b->random0[k]);
    const RkLight *light = scene->lights + index;
    if (light->kind == RK_LIGHT_TRIANGLE) {
        const RkDraw *draw = scene->draws + light->a;
        const RkMaterial *material = scene->materials + draw->material;
        if (rk_shines_evenly(view, material)) {
            RkCorners c = rk_corners(scene, draw, light->b);
            RkTriangle t = rk_triangle(scene, draw, &c);
            b->lightKind[k] = RK_DRAWN_TRIANGLE;
            b->lightFlags[k] = draw->flags;
            b->lightMaterialFlags[k] = material->flags;
            b->lightPdf[k] = rk_light_probability(scene, index);
            RK_PUT3(b->light0, k, t.p0);
            RK_PUT3(b->light1, k, t.p1);
            RK_PUT3(b->light2, k, t.p2);
            RK_PUT3(b->lightRadiance, k, F3(material->emissionRed, material->emissionGreen, material->emissionBlue));
            return;
        }
    } else if (light->kind == RK_LIGHT_SKY && scene->header->skyKind != RK_SKY_IMAGE) {
        b->lightKind[k] = RK_DRAWN_SKY;
        b->lightPdf[k] = rk_light_probability(scene, index);
        RK_PUT3(b->lightRadiance, k, rk_sky_radiance(scene, F3(0.0f, 1.0f, 0.0f)));
        return;
    }
    float u = b->u[k], v = b->v[k];
    float3 position = (RK_GET3(b->p0, k) * ((1.0f - u) - v) + RK_GET3(b->p1, k) * u) + RK_GET3(b->p2, k) * v;
    RkLightSample drawn;
    drawn.direction = drawn.target = F3(0.0f, 0.0f, 0.0f);
    rk_sample_picked_light(scene, view, index, position, b->random1[k], b->random2[k], &drawn);
    b->lightFlags[k] = (drawn.infinite ? RK_DRAWN_INFINITE : 0u) | (drawn.delta ? RK_DRAWN_DELTA : 0u);
    b->lightPdf[k] = drawn.pdf;
    RK_PUT3(b->light0, k, drawn.direction);
    RK_PUT3(b->light1, k, drawn.target);
    RK_PUT3(b->lightRadiance, k, drawn.radiance);
}

/// Begins the next path of the batch in place `k`; false where there is none.
RK_FN bool rk_refill(RkWavefront *f, uint k) {
    RkCameraRays *c = &f->camera;
    if (c->next == c->count) {
        c->next = c->count = 0u;
        while (c->count < RK_WALKS && f->place < f->placeCount) {
            const RkRecordPlace *p = f->places + f->place;
            c->slot[c->count] = 16u * f->place + (f->sample - p->first);
            c->x[c->count] = p->x;
            c->y[c->count] = p->y;
            c->sample[c->count++] = f->sample;
            if (++f->sample == p->last && ++f->place < f->placeCount) f->sample = f->places[f->place].first;
        }
        if (c->count == 0u) return false;
        rk_aim_cameras(c, f->view);
    }
    uint from = c->next++;
    RkWalks *w = &f->walks;
    w->slot[k] = c->slot[from];
    w->pixel[k] = c->pixel[from];
    w->sample[k] = c->sample[from];
    w->bounce[k] = 0u;
    w->rays[k] = 0u;
    RK_PUT3(w->origin, k, RK_GET3(c->origin, from));
    RK_PUT3(w->direction, k, RK_GET3(c->direction, from));
    w->tMin[k] = c->tMin[from];
    w->tMax[k] = c->tMax[from];
    RK_PUT3(w->throughput, k, F3(1.0f, 1.0f, 1.0f));
    RK_PUT3(w->radiance, k, F3(0.0f, 0.0f, 0.0f));
    w->bsdfPdf[k] = -1.0f;
    f->paths[k].mediaCount = 0u;
    f->paths[k].colour = 3u;
    if (f->view->layers != 0u) rk_clear_result(f->results + w->slot[k]);
    return true;
}

/// Takes a path through surfaces that are shaded one by one, up to the next ray. 0 where it ends.
RK_CALL uint rk_walk_alone(RkWavefront *f, uint k) {
    RkWalks *w = &f->walks;
    RkHit hit = rk_hit_of(f, k);
    RkWalk walk;
    walk.sampler = rk_sampler_of(f, k);
    walk.ray.origin = RK_GET3(w->origin, k);
    walk.ray.direction = RK_GET3(w->direction, k);
    walk.ray.tMin = w->tMin[k];
    walk.ray.tMax = w->tMax[k];
    walk.throughput = RK_GET3(w->throughput, k);
    walk.bsdfPdf = w->bsdfPdf[k];
    walk.bounce = w->bounce[k];
    walk.path = f->paths[k];
    RkSampleResult *result = f->results + w->slot[k];
    walk.result = *result;
    walk.result.radiance = RK_GET3(w->radiance, k);
    walk.result.rays = w->rays[k];
    RkSurface surface;
    RkLayers layers;
    uint goesOn = rk_arrive(f->scene, f->view, &hit, &walk, &surface, &layers);
    if (goesOn) goesOn = rk_scatter(f->scene, f->view, f->testAlpha, f->scene->draws[hit.draw].material, &surface, &layers, &walk);
    *result = walk.result;
    RK_PUT3(w->radiance, k, walk.result.radiance);
    w->rays[k] = walk.result.rays;
    RK_PUT3(w->origin, k, walk.ray.origin);
    RK_PUT3(w->direction, k, walk.ray.direction);
    w->tMin[k] = walk.ray.tMin;
    w->tMax[k] = walk.ray.tMax;
    RK_PUT3(w->throughput, k, walk.throughput);
    w->bsdfPdf[k] = walk.bsdfPdf;
    w->bounce[k] = walk.bounce;
    f->paths[k] = walk.path;
    return goesOn;
}

/// The rays of paths.
struct RkWalkRays {
    RkWavefront *f;
    const uint *paths;

    RK_INLINE void take(uint index, RkTracer *r) const {
        uint k = paths[index];
        RkWalks *w = &f->walks;
        r->ray.origin = RK_GET3(w->origin, k);
        r->ray.direction = RK_GET3(w->direction, k);
        r->ray.tMin = w->tMin[k];
        r->ray.tMax = w->tMax[k];
        r->sampler = rk_sampler_of(f, k);
        r->query = 2u * w->bounce[k];
        w->rays[k] += 1u;
    }

    RK_INLINE void give(uint index, const RkHit *hit) const {
        uint k = paths[index];
        RkBounces *b = &f->bounces;
        b->t[k] = hit->t;
        b->u[k] = hit->u;
        b->v[k] = hit->v;
        b->draw[k] = hit->draw;
        b->primitive[k] = hit->primitive;
    }
};

/// The rays from surfaces to drawn lights: light that is hidden is not wanted.
struct RkShadowRays {
    RkWavefront *f;
    const uint *paths;

    RK_INLINE void take(uint index, RkTracer *r) const {
        uint k = paths[index];
        const RkBounces *b = &f->bounces;
        r->ray.origin = RK_GET3(b->shadowOrigin, k);
        r->ray.direction = RK_GET3(b->shadowDirection, k);
        r->ray.tMin = 0.0f;
        r->ray.tMax = b->shadowEnd[k];
        r->sampler = rk_sampler_of(f, k);
        r->query = 2u * f->walks.bounce[k] + 1u;
        f->walks.rays[k] += 1u;
    }

    RK_INLINE void give(uint index, const RkHit *hit) const {
        if (hit->draw != RK_NONE) f->bounces.wanted[paths[index]] = 0u;
    }
};

/// What becomes of a path whose ray has been traced: it is shaded side by side with others, has a new ray, or ends.
typedef enum { RK_SHADED, RK_UNDER_WAY, RK_ENDED } RkFate;

RK_FN RkFate rk_meet(RkWavefront *f, uint k) {
    const RkTables *scene = f->scene;
    RkWalks *w = &f->walks;
    const RkBounces *b = &f->bounces;
    if (f->paths[k].mediaCount == 0u) {
        if (b->draw[k] == RK_NONE) {
            float3 sky = rk_escape(
                scene, f->view, RK_GET3(w->direction, k), RK_GET3(w->throughput, k), w->bsdfPdf[k], w->bounce[k]);
            RK_PUT3(w->radiance, k, RK_GET3(w->radiance, k) + sky);
            return RK_ENDED;
        }
        const RkMaterial *material = scene->materials + scene->draws[b->draw[k]].material;
        if ((material->flags & (RK_MATERIAL_LAYERED | RK_MATERIAL_UNLIT)) == 0u)
            return rk_ends_dark(f->view, material, w->bounce[k]) ? RK_ENDED : RK_SHADED;
    }
    return rk_walk_alone(f, k) ? RK_UNDER_WAY : RK_ENDED;
}

/// Moves all that a table of words and numbers holds of one path to the place of another.
RK_FN void rk_move(void *table, size_t bytes, uint from, uint to) {
    for (uint *row = (uint *)table, *end = row + bytes / sizeof(uint); row < end; row += RK_WALKS) row[to] = row[from];
}

/// Keeps the result of the path at `k`, which has ended, and begins another there: 0 where none is left.
RK_CALL uint rk_retire(RkWavefront *f, uint k) {
    RkWalks *w = &f->walks;
    RkSampleResult *result = f->results + w->slot[k];
    result->radiance = RK_GET3(w->radiance, k);
    result->rays = w->rays[k];
    if (rk_refill(f, k)) return 1u;
    w->slot[k] = RK_NONE;
    return 0u;
}

/// The last paths take the places of those that have ended without a successor.
RK_FN void rk_close_ranks(RkWavefront *f) {
    for (uint k = 0; k < f->active;) {
        if (f->walks.slot[k] != RK_NONE) {
            k++;
            continue;
        }
        uint last = --f->active;
        rk_move(&f->walks, sizeof f->walks, last, k);
        rk_move(&f->bounces, sizeof f->bounces, last, k);
        f->paths[k] = f->paths[last];
    }
}

/// Follows all paths to surfaces that are shaded side by side, or to their ends.
RK_FN void rk_follow(RkWavefront *f) {
    uint waiting[RK_WALKS], count = f->active;
    for (uint k = 0; k < count; k++) waiting[k] = k;
    while (count != 0u) {
        rk_trace_all<0u>(f->scene, f->tracers, f->testAlpha, count, RkWalkRays{f, waiting});
        uint again = 0u;
        for (uint j = 0; j < count; j++) {
            uint k = waiting[j];
            RkFate fate = rk_meet(f, k);
            if (fate == RK_UNDER_WAY || (fate == RK_ENDED && rk_retire(f, k))) waiting[again++] = k;
        }
        count = again;
    }
    rk_close_ranks(f);
}

/// Takes up the light that reaches the surfaces, and the next rays.
RK_FN void rk_turn(RkWavefront *f) {
    RkWalks *w = &f->walks;
    RkBounces *b = &f->bounces;
    if (f->scene->header->lightCount != 0u) {
        uint waiting[RK_WALKS], count = 0u;
        for (uint k = 0; k < f->active; k++) {
            waiting[count] = k;
            count += b->wanted[k];
        }
        rk_trace_all<1u>(f->scene, f->tracers, f->testAlpha, count, RkShadowRays{f, waiting});
        for (uint k = 0; k < f->active; k++) {
            if (w->bounce[k] + 1u >= f->view->depth) continue;
            float3 direct = b->wanted[k] ? RK_GET3(b->direct, k) : F3(0.0f, 0.0f, 0.0f);
            RK_PUT3(w->radiance, k, RK_GET3(w->radiance, k) + RK_GET3(w->throughput, k) * direct);
        }
    }
    for (uint k = 0; k < f->active; k++) {
        RK_PUT3(w->throughput, k, RK_GET3(b->throughput, k));
        w->tMin[k] = 0.0f;
        w->tMax[k] = RK_INFINITY;
        w->bounce[k] += 1u;
        if (!w->alive[k]) rk_retire(f, k);
    }
    rk_close_ranks(f);
}

/// All paths of a batch, to their ends.
static void rk_walk_all(RkWavefront *f) {
    const RkView *view = f->view;
    f->active = 0u;
    while (f->active < RK_WALKS && rk_refill(f, f->active)) f->active++;
    while (f->active != 0u) {
        rk_follow(f);
        rk_draw_numbers(&f->walks, &f->bounces, f->active, view);
        for (uint k = 0; k < f->active; k++) {
            rk_look_up_surface(f, k);
            rk_look_up_light(f, k);
        }
        rk_shade(&f->walks, &f->bounces, f->active, view->depth, view->roulette);
        rk_turn(f);
    }
}

/// Sets a wavefront up for these tables. Lanes without a path compute with zeros.
RK_FN void rk_wavefront_open(RkWavefront *f, const RkTables *scene, const RkView *view) {
    __builtin_memset((void *)f, 0, __builtin_offsetof(RkWavefront, tracers));
    f->scene = scene;
    f->view = view;
    f->testAlpha = rk_tests_alpha(view);
}

/// Renders at most RK_PLACES records.
RK_FN void rk_wavefront_render(RkWavefront *f, const RkRecordPlace *places, uint count, RkRecord *records) {
    f->places = places;
    f->placeCount = count;
    f->place = f->camera.next = f->camera.count = 0u;
    f->sample = places[0].first;
    rk_walk_all(f);
    for (uint place = 0; place < count; place++) {
        rk_clear_record(records + place);
        for (uint k = 0; k < places[place].last - places[place].first; k++)
            rk_add_sample(f->view, f->results + 16u * place + k, records + place);
    }
}
