// The path tracer: next-event estimation with multiple importance sampling (power heuristic), Russian roulette on request.
//
// A path of depth d has at most d segments, the last one to a light or the sky included. Dimensions of a sample: block 0 is
// the camera; block 1 + 2b picks the light and the lobe of bounce b, block 2 + 2b the direction (x, y), whether the path ends (z)
// and the colour of a dispersive refraction (w).

RK_FN float rk_power_heuristic(float a, float b) {
    float a2 = a * a, b2 = b * b;
    // Squares overflow where a density is above 1e19: there the ratio is taken first.
    if (!rk_is_finite(a2) || !rk_is_finite(b2)) {
        float ratio = b / a;
        return 1.0f / (1.0f + ratio * ratio);
    }
    return a2 > 0.0f ? a2 / (a2 + b2) : 0.0f;
}

typedef struct {
    float3 radiance;
    uint rays;
    float alpha;
    float3 albedo;
    float3 normal;
    float depth;
} RkSampleResult;

RK_FN uint rk_tests_alpha(RK_GLOBAL const RkView *view) { return (view->ignore & RK_IGNORE_ALPHA) != 0u ? 0u : 1u; }

/// Whether a ray that leaves a surface along `direction` goes through it.
RK_FN uint rk_crosses(const RkSurface *s, float3 direction) { return rk_dot(s->geometricNormal, direction) < 0.0f ? 1u : 0u; }

/// Follows a ray through the boundary of a volume.
RK_FN void rk_cross_boundary(const RkTables *scene, const RkSurface *s, uint material, RkPath *path) {
    if (!(scene->materials[material].thickness > 0.0f)) return;
    if (s->front) rk_media_enter(path, material);
    else rk_media_leave(path, material);
}

/// Transmittance of a shadow ray of this length that leaves a surface along `direction`.
RK_RARE float3 rk_shadow_transmittance(
    const RkTables *scene, const RkSurface *s, uint material, const RkPath *path, float3 direction, float length) {
    RkPath there = *path;
    if (s->layered && rk_crosses(s, direction)) rk_cross_boundary(scene, s, material, &there);
    return rk_media_transmittance(scene, &there, length);
}

/// The ray from a surface to a drawn light.
RK_FN RkRay rk_shadow_ray(const RkSurface *s, const RkLightSample *light) {
    RkRay ray;
    ray.origin = rk_leave(s->position, s->geometricNormal, light->direction);
    ray.tMin = 0.0f;
    if (light->infinite) {
        ray.direction = light->direction;
        ray.tMax = RK_INFINITY;
    } else {
        ray.direction = light->target - ray.origin;
        ray.tMax = 0.99999f;
    }
    return ray;
}

/// What the radiance of a drawn light counts beside the BSDF, whose density for its direction is `pdf`.
RK_FN float rk_light_weight(const RkLightSample *light, float pdf) {
    return (light->delta ? 1.0f : rk_power_heuristic(light->pdf, pdf)) / light->pdf;
}

/// What emitted radiance counts that was met at a distance `t` by a ray of density `bsdfPdf`; `probability` is that of the
/// light, below 0 for what is none.
RK_FN float rk_emission_weight(const RkSurface *s, float3 direction, float t, float bsdfPdf, float probability) {
    if (!(bsdfPdf >= 0.0f) || !(probability >= 0.0f)) return 1.0f;
    float cosine = -rk_dot(direction, s->geometricNormal);
    return rk_power_heuristic(bsdfPdf, rk_triangle_pdf(probability, s->area, t * t, cosine));
}

/// Russian roulette, deterministic by `random`: 0 where the path ends.
RK_FN uint rk_survives(uint roulette, uint bounce, float random, float3 *throughput) {
    float most = rk_max3(*throughput);
    if (!(most > 0.0f)) return 0u;
    if (roulette == 0u || bounce < roulette) return 1u;
    // Never surer than 0.95, so that paths between perfect mirrors end too.
    float survival = rk_clamp(most, 0.05f, 0.95f);
    if (!(random < survival)) return 0u;
    *throughput = *throughput * (1.0f / survival);
    return 1u;
}

/// A path under way.
typedef struct {
    RkSampler sampler;
    RkRay ray;
    float3 throughput;
    /// Density of the last direction drawn from a BSDF; below 0 for camera rays, which no light sampling competes with.
    float bsdfPdf;
    uint bounce;
    RkPath path;
    RkSampleResult result;
} RkWalk;

RK_FN RkSampler rk_sampler(RK_GLOBAL const RkView *view, uint pixel, uint sample) {
    RkSampler sampler;
    sampler.pixel = pixel;
    sampler.sample = sample;
    sampler.frame = view->frame;
    sampler.keyLow = view->keyLow;
    sampler.keyHigh = view->keyHigh;
    return sampler;
}

RK_FN void rk_clear_result(RkSampleResult *out) {
    out->radiance = F3(0.0f, 0.0f, 0.0f);
    out->rays = 0u;
    out->alpha = 0.0f;
    out->albedo = out->normal = out->radiance;
    out->depth = 0.0f;
}

RK_FN void rk_begin(RK_GLOBAL const RkView *view, uint x, uint y, uint sample, RkWalk *w) {
    w->sampler = rk_sampler(view, y * view->width + x, sample);
    rk_clear_result(&w->result);
    w->ray = rk_camera_ray(view, x, y, rk_draw(&w->sampler, 0u));
    w->throughput = F3(1.0f, 1.0f, 1.0f);
    w->path.mediaCount = 0u;
    w->path.colour = 3u;
    w->bsdfPdf = -1.0f;
    w->bounce = 0u;
}

/// Radiance of the sky that a path's ray has met, as far as it counts.
RK_FN float3 rk_escape(const RkTables *scene, RK_GLOBAL const RkView *view, float3 direction, float3 throughput, float bsdfPdf, uint bounce) {
    if (bounce == 0u && (view->ignore & RK_IGNORE_BACKGROUND) != 0u) return F3(0.0f, 0.0f, 0.0f);
    float weight = 1.0f;
    uint skyLight = scene->header->skyLight;
    if (bsdfPdf >= 0.0f && skyLight != RK_NONE) {
        float lightPdf = rk_light_probability(scene, skyLight) * rk_sky_pdf(scene, direction);
        weight = rk_power_heuristic(bsdfPdf, lightPdf);
    }
    return throughput * rk_sky_radiance(scene, direction) * weight;
}

/// Whether the path ends at this material with nothing to take up: its last segment, and no emission.
RK_FN uint rk_ends_dark(RK_GLOBAL const RkView *view, RK_GLOBAL const RkMaterial *material, uint bounce) {
    if (bounce == 0u || bounce + 1u < view->depth || (material->flags & RK_MATERIAL_UNLIT) != 0u) return 0u;
    return material->emissionRed > 0.0f || material->emissionGreen > 0.0f || material->emissionBlue > 0.0f ? 0u : 1u;
}

/// Probability of the light that this surface is; below 0 where it is none.
RK_FN float rk_probability_of(const RkTables *scene, uint light) {
    return light == RK_NONE ? -1.0f : rk_light_probability(scene, light);
}

/// The layers of a picture, from the surface that a camera ray met.
RK_FN void rk_note_first(RK_GLOBAL const RkView *view, const RkSurface *s, float3 direction, float t, RkSampleResult *out) {
    out->alpha = 1.0f;
    out->albedo = s->base;
    out->normal = s->normal;
    out->depth = t * rk_dot(direction, F3(view->forwardX, view->forwardY, view->forwardZ));
}

/// Takes up what the path's ray has met: 0 where the path ends there.
RK_FN uint rk_arrive(const RkTables *scene, RK_GLOBAL const RkView *view, const RkHit *hit, RkWalk *w, RkSurface *s, RkLayers *layers) {
    if (w->path.mediaCount != 0u) w->throughput = w->throughput * rk_media_transmittance(scene, &w->path, hit->t);
    if (hit->draw == RK_NONE) {
        w->result.radiance
            = w->result.radiance + rk_escape(scene, view, w->ray.direction, w->throughput, w->bsdfPdf, w->bounce);
        return 0u;
    }
    uint material = scene->draws[hit->draw].material;
    if (rk_ends_dark(view, scene->materials + material, w->bounce)) return 0u;
    RkSurfaceData data;
    rk_fetch_surface(scene, view, hit, &data);
    rk_surface(&data, w->ray.direction, s);
    if (s->layered) {
        // A path that meets a volume from inside without having entered it began there.
        if (s->front == 0u && w->path.mediaCount == 0u && scene->materials[material].thickness > 0.0f) {
            rk_media_enter(&w->path, material);
            w->throughput = w->throughput * rk_media_transmittance(scene, &w->path, hit->t);
        }
        rk_layers_surface(scene, view, hit, w->ray.direction, &w->path, s, layers);
    }
    if (w->bounce == 0u) rk_note_first(view, s, w->ray.direction, hit->t, &w->result);
    if (s->unlit) {
        w->result.radiance = w->result.radiance + w->throughput * s->base;
        return 0u;
    }
    if (rk_max3(s->emission) > 0.0f) {
        float weight = rk_emission_weight(s, w->ray.direction, hit->t, w->bsdfPdf, rk_probability_of(scene, s->light));
        w->result.radiance = w->result.radiance + w->throughput * s->emission * weight;
    }
    return w->bounce + 1u < view->depth ? 1u : 0u;
}

/// Radiance that reaches the surface from one drawn light, times the BSDF; 0 where it is in shadow.
RK_FN float3 rk_direct_light(const RkTables *scene, RK_GLOBAL const RkView *view, const RkSurface *s, const RkLayers *layers,
    uint material, float3 wo, float4 random, uint testAlpha, RkWalk *w) {
    float3 black = F3(0.0f, 0.0f, 0.0f);
    RkLightSample light;
    rk_sample_light(scene, view, s->position, random.x, random.y, random.z, &light);
    if (!(light.pdf > 0.0f) || !(rk_max3(light.radiance) > 0.0f)) return black;
    float pdf;
    float3 wi = rk_to_local(s, light.direction);
    float3 f = s->layered ? rk_layers_evaluate(&s->bsdf, layers, wo, wi, &pdf) : rk_bsdf_evaluate(&s->bsdf, wo, wi, &pdf);
    if (!(rk_max3(f) > 0.0f)) return black;
    RkRay ray = rk_shadow_ray(s, &light);
    w->result.rays += 1u;
    RkHit hit;
    rk_trace(scene, &ray, 1u, testAlpha, &w->sampler, 2u * w->bounce + 1u, &hit);
    if (hit.draw != RK_NONE) return black;
    if (s->layered || w->path.mediaCount != 0u) {
        float length = light.infinite ? RK_INFINITY : rk_length(ray.direction);
        f = f * rk_shadow_transmittance(scene, s, material, &w->path, light.direction, length);
    }
    return f * light.radiance * rk_light_weight(&light, pdf);
}

/// Leaves a surface: light from one drawn light, and the next ray. 0 where the path ends.
RK_FN uint rk_scatter(const RkTables *scene, RK_GLOBAL const RkView *view, uint testAlpha, uint material, RkSurface *s,
    RkLayers *layers, RkWalk *w) {
    float3 wo = rk_to_local(s, -w->ray.direction);
    if (s->layered) rk_layers_prepare(&s->bsdf, layers, wo);
    else rk_bsdf_prepare(&s->bsdf, wo);
    float4 first = rk_draw(&w->sampler, 1u + 2u * w->bounce);
    float4 second = rk_draw(&w->sampler, 2u + 2u * w->bounce);
    if (scene->header->lightCount != 0u) {
        float3 direct = rk_direct_light(scene, view, s, layers, material, wo, first, testAlpha, w);
        w->result.radiance = w->result.radiance + w->throughput * direct;
    }
    float3 wi, weight;
    if (s->layered) {
        RkLayersSample drawn;
        rk_layers_sample(&s->bsdf, layers, wo, first.w, second.x, second.y, second.w, &drawn);
        wi = drawn.direction;
        weight = drawn.weight;
        w->bsdfPdf = drawn.pdf;
        if (drawn.colour != 3u) w->path.colour = drawn.colour;
    } else {
        weight = rk_bsdf_sample(&s->bsdf, wo, first.w, second.x, second.y, &wi, &w->bsdfPdf);
    }
    w->throughput = w->throughput * weight;
    if (!rk_survives(view->roulette, w->bounce, second.z, &w->throughput)) return 0u;
    w->ray.direction = rk_normalize(rk_to_world(s, wi));
    if (s->layered && rk_crosses(s, w->ray.direction)) rk_cross_boundary(scene, s, material, &w->path);
    w->ray.origin = rk_leave(s->position, s->geometricNormal, w->ray.direction);
    w->ray.tMin = 0.0f;
    w->ray.tMax = RK_INFINITY;
    w->bounce += 1u;
    return 1u;
}

RK_FN void rk_sample_path(const RkTables *scene, RK_GLOBAL const RkView *view, uint x, uint y, uint sample, RkSampleResult *out) {
    uint testAlpha = rk_tests_alpha(view);
    RkWalk w;
    rk_begin(view, x, y, sample, &w);
    while (1) {
        RkHit hit;
        RkSurface s;
        RkLayers layers;
        w.result.rays += 1u;
        rk_trace(scene, &w.ray, 0u, testAlpha, &w.sampler, 2u * w.bounce, &hit);
        if (!rk_arrive(scene, view, &hit, &w, &s, &layers)) break;
        if (!rk_scatter(scene, view, testAlpha, scene->draws[hit.draw].material, &s, &layers, &w)) break;
    }
    *out = w.result;
}

/// A record without samples.
RK_FN void rk_clear_record(RkRecord *record) {
    record->red = record->green = record->blue = 0.0f;
    record->rays = 0u;
    record->nonFinite = 0u;
    for (uint k = 0u; k < RK_LAYER_FLOATS_MAX; k++) record->layers[k] = 0.0f;
}

/// Adds a sample to a record: they come in their order. A sample that is not finite is 0.
RK_FN void rk_add_sample(RK_GLOBAL const RkView *view, const RkSampleResult *r, RkRecord *record) {
    record->rays += r->rays;
    if (rk_is_finite(r->radiance.x) && rk_is_finite(r->radiance.y) && rk_is_finite(r->radiance.z)) {
        record->red += r->radiance.x;
        record->green += r->radiance.y;
        record->blue += r->radiance.z;
    } else {
        record->nonFinite += 1u;
    }
    uint slot = 0u;
    if ((view->layers & RK_LAYER_ALPHA) != 0u) record->layers[slot++] += r->alpha;
    if ((view->layers & RK_LAYER_ALBEDO) != 0u) {
        record->layers[slot++] += r->albedo.x;
        record->layers[slot++] += r->albedo.y;
        record->layers[slot++] += r->albedo.z;
    }
    if ((view->layers & RK_LAYER_NORMAL) != 0u) {
        record->layers[slot++] += r->normal.x;
        record->layers[slot++] += r->normal.y;
        record->layers[slot++] += r->normal.z;
    }
    if ((view->layers & RK_LAYER_DEPTH) != 0u) record->layers[slot++] += r->depth;
}

/// Renders samples [first, last) of a pixel, at most 16, and adds them up in sample order.
RK_FN void rk_record(const RkTables *scene, RK_GLOBAL const RkView *view, uint x, uint y, uint first, uint last, RkRecord *record) {
    rk_clear_record(record);
    for (uint sample = first; sample < last; sample++) {
        RkSampleResult r;
        rk_sample_path(scene, view, x, y, sample, &r);
        rk_add_sample(view, &r, record);
    }
}
