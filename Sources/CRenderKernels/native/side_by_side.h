// The arithmetic of bounces: loops over paths that the compiler turns into vectors, RK_LANES paths side by side. They call the same
// functions as `rk_sample_path` does, in the same order, so that every path has the same bits.
#pragma once

/// Paths under way.
#define RK_WALKS 64

/// A number of each path, or three.
typedef float RkFloats[RK_WALKS] __attribute__((aligned(64)));
typedef uint RkWords[RK_WALKS] __attribute__((aligned(64)));
typedef struct {
    RkFloats x, y, z;
} RkVectors;

#define RK_GET3(each, k) F3((each).x[k], (each).y[k], (each).z[k])
#define RK_PUT3(each, k, value)                                                                                               \
    do {                                                                                                                      \
        float3 value_ = (value);                                                                                              \
        (each).x[k] = value_.x;                                                                                               \
        (each).y[k] = value_.y;                                                                                               \
        (each).z[k] = value_.z;                                                                                               \
    } while (0)

/// Kinds of drawn lights: a sample that is ready, a triangle that shines evenly, a sky of one colour.
#define RK_DRAWN_READY 0u
#define RK_DRAWN_TRIANGLE 1u
#define RK_DRAWN_SKY 2u
/// Flags of a ready sample.
#define RK_DRAWN_INFINITE 1u
#define RK_DRAWN_DELTA 2u

/// What a path is between two bounces.
typedef struct {
    /// Where its result goes, in samples of the batch.
    RkWords slot;
    RkWords pixel, sample, bounce, rays;
    RkVectors origin, direction, throughput, radiance;
    RkFloats tMin, tMax, bsdfPdf;
    RkWords alive;
} RkWalks;

/// What a bounce takes from the tables, and what arithmetic makes of it.
typedef struct {
    RkFloats t, u, v;
    RkWords draw, primitive;
    RkFloats random0, random1, random2, random3, random4, random5, random6;

    RkVectors p0, p1, p2, smooth, tangent, texel, base, emission, specularColor;
    RkFloats handedness, roughness, metallic, specular, ior;
    RkWords bent, drawFlags, materialFlags;
    /// Probability of the light that the surface is; below 0 where it is none.
    RkFloats probability;

    /// The corners of a triangle, or direction and target of a ready sample.
    RkVectors light0, light1, light2, lightRadiance;
    /// Probability of the light; density of a ready sample.
    RkFloats lightPdf;
    RkWords lightKind, lightFlags, lightMaterialFlags;

    RkVectors shadowOrigin, shadowDirection, direct, throughput;
    RkFloats shadowEnd;
    RkWords wanted;
} RkBounces;

/// Camera rays in advance.
typedef struct {
    uint next, count;
    RkWords slot, x, y, pixel, sample;
    RkVectors origin, direction;
    RkFloats tMin, tMax;
} RkCameraRays;

static_assert(RK_WALKS % RK_LANES == 0, "the last vector lies within its array");

// In whole vectors: what lies behind the last path is computed and not used.
#define RK_PRAGMA(text) _Pragma(#text)
#define RK_VECTORIZE(lanes) RK_PRAGMA(clang loop vectorize(enable) vectorize_width(lanes))
#define RK_SIDE_BY_SIDE(k, count)                                                                                             \
    RK_VECTORIZE(RK_LANES)                                                                                                    \
    for (uint k = 0, end_ = ((count) + RK_LANES - 1u) / RK_LANES * RK_LANES; k < end_; k++)

/// Draws camera rays.
RK_CALL void rk_aim_cameras(RkCameraRays *__restrict c, const RkView *view) {
    RK_SIDE_BY_SIDE(k, c->count) {
        RkSampler sampler = rk_sampler(view, c->y[k] * view->width + c->x[k], c->sample[k]);
        RkRay ray = rk_camera_ray(view, c->x[k], c->y[k], rk_draw(&sampler, 0u));
        c->pixel[k] = sampler.pixel;
        RK_PUT3(c->origin, k, ray.origin);
        RK_PUT3(c->direction, k, ray.direction);
        c->tMin[k] = ray.tMin;
        c->tMax[k] = ray.tMax;
    }
}

/// Draws the numbers of each path's bounce.
RK_CALL void rk_draw_numbers(
    const RkWalks *__restrict w, RkBounces *__restrict b, uint active, const RkView *view) {
    RK_SIDE_BY_SIDE(k, active) {
        RkSampler sampler = rk_sampler(view, w->pixel[k], w->sample[k]);
        float4 first = rk_draw(&sampler, 1u + 2u * w->bounce[k]);
        float4 second = rk_draw(&sampler, 2u + 2u * w->bounce[k]);
        b->random0[k] = first.x;
        b->random1[k] = first.y;
        b->random2[k] = first.z;
        b->random3[k] = first.w;
        b->random4[k] = second.x;
        b->random5[k] = second.y;
        b->random6[k] = second.z;
    }
}

/// All arithmetic of a bounce: the surface, its emission, the drawn light, the ray to it, the next direction.
RK_CALL void rk_shade(
    RkWalks *__restrict w, RkBounces *__restrict b, uint active, uint depth, uint roulette) {
    RK_SIDE_BY_SIDE(k, active) {
        RkSurfaceData data;
        data.triangle.p0 = RK_GET3(b->p0, k);
        data.triangle.p1 = RK_GET3(b->p1, k);
        data.triangle.p2 = RK_GET3(b->p2, k);
        data.u = b->u[k];
        data.v = b->v[k];
        data.normal.smooth = RK_GET3(b->smooth, k);
        data.normal.tangent = F4(b->tangent.x[k], b->tangent.y[k], b->tangent.z[k], b->handedness[k]);
        data.normal.texel = RK_GET3(b->texel, k);
        data.normal.bent = b->bent[k];
        data.base = RK_GET3(b->base, k);
        data.emission = RK_GET3(b->emission, k);
        data.roughness = b->roughness[k];
        data.metallic = b->metallic[k];
        data.specular = b->specular[k];
        data.specularColor = RK_GET3(b->specularColor, k);
        data.ior = b->ior[k];
        data.light = RK_NONE;
        data.drawFlags = b->drawFlags[k];
        data.materialFlags = b->materialFlags[k];
        float3 rayDirection = RK_GET3(w->direction, k);
        RkSurface surface;
        rk_surface(&data, rayDirection, &surface);

        float3 throughput = RK_GET3(w->throughput, k), radiance = RK_GET3(w->radiance, k);
        float weight = rk_emission_weight(&surface, rayDirection, b->t[k], w->bsdfPdf[k], b->probability[k]);
        float3 emitted = radiance + throughput * surface.emission * weight;
        RK_PUT3(w->radiance, k, rk_max3(surface.emission) > 0.0f ? emitted : radiance);

        float3 wo = rk_to_local(&surface, -rayDirection);
        rk_bsdf_prepare(&surface.bsdf, wo);

        RkTriangle triangle;
        triangle.p0 = RK_GET3(b->light0, k);
        triangle.p1 = RK_GET3(b->light1, k);
        triangle.p2 = RK_GET3(b->light2, k);
        RkLightSample light, aimed;
        float3 face;
        float2 at;
        aimed.direction = aimed.target = F3(0.0f, 0.0f, 0.0f);
        rk_aim_at_triangle(&triangle, b->lightFlags[k], b->lightMaterialFlags[k], b->lightPdf[k], surface.position,
            b->random1[k], b->random2[k], &aimed, &face, &at);
        uint kind = b->lightKind[k];
        float3 away = rk_uniform_direction(b->random1[k], b->random2[k]);
        light.direction = kind == RK_DRAWN_TRIANGLE ? aimed.direction : kind == RK_DRAWN_SKY ? away : triangle.p0;
        light.target = kind == RK_DRAWN_TRIANGLE ? aimed.target : triangle.p1;
        light.pdf = kind == RK_DRAWN_TRIANGLE ? aimed.pdf
            : kind == RK_DRAWN_SKY            ? b->lightPdf[k] * (0.25f * RK_INVERSE_PI)
                                              : b->lightPdf[k];
        light.radiance = RK_GET3(b->lightRadiance, k);
        light.infinite = kind == RK_DRAWN_READY ? b->lightFlags[k] & RK_DRAWN_INFINITE : kind == RK_DRAWN_SKY ? 1u : 0u;
        light.delta = kind == RK_DRAWN_READY ? b->lightFlags[k] & RK_DRAWN_DELTA : 0u;

        float pdf;
        float3 f = rk_bsdf_evaluate(&surface.bsdf, wo, rk_to_local(&surface, light.direction), &pdf);
        RkRay shadow = rk_shadow_ray(&surface, &light);
        RK_PUT3(b->shadowOrigin, k, shadow.origin);
        RK_PUT3(b->shadowDirection, k, shadow.direction);
        b->shadowEnd[k] = shadow.tMax;
        RK_PUT3(b->direct, k, f * light.radiance * rk_light_weight(&light, pdf));
        uint bounce = w->bounce[k];
        uint goesOn = bounce + 1u < depth ? 1u : 0u;
        uint wanted = light.pdf > 0.0f ? goesOn : 0u;
        wanted = rk_max3(light.radiance) > 0.0f ? wanted : 0u;
        b->wanted[k] = rk_max3(f) > 0.0f ? wanted : 0u;

        float3 wi;
        float3 share = rk_bsdf_sample(&surface.bsdf, wo, b->random3[k], b->random4[k], b->random5[k], &wi, &pdf);
        throughput = throughput * share;
        w->alive[k] = rk_survives(roulette, bounce, b->random6[k], &throughput) ? goesOn : 0u;
        RK_PUT3(b->throughput, k, throughput);
        w->bsdfPdf[k] = pdf;
        float3 direction = rk_normalize(rk_to_world(&surface, wi));
        RK_PUT3(w->direction, k, direction);
        RK_PUT3(w->origin, k, rk_leave(surface.position, surface.geometricNormal, direction));
    }
}
