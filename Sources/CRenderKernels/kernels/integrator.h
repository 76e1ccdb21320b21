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

/// Radiance that reaches the surface from one drawn light, times the BSDF; 0 where it is in shadow.
RK_FN float3 rk_direct_light(const RkTables *scene, RK_GLOBAL const RkView *view, const RkSampler *sampler, const RkSurface *s,
    const RkLayers *layers, uint material, const RkPath *path, float3 wo, float4 random, uint bounce, uint testAlpha, uint *rays) {
    float3 black = F3(0.0f, 0.0f, 0.0f);
    float4 direction = random;
    RkLightSample light;
    rk_sample_light(scene, view, s->position, direction.x, direction.y, direction.z, &light);
    if (!(light.pdf > 0.0f) || !(rk_max3(light.radiance) > 0.0f)) return black;
    float pdf;
    float3 wi = rk_to_local(s, light.direction);
    float3 f = s->layered ? rk_layers_evaluate(&s->bsdf, layers, wo, wi, &pdf) : rk_bsdf_evaluate(&s->bsdf, wo, wi, &pdf);
    if (!(rk_max3(f) > 0.0f)) return black;
    RkRay ray;
    ray.origin = rk_leave(s->position, s->geometricNormal, light.direction);
    ray.tMin = 0.0f;
    if (light.infinite) {
        ray.direction = light.direction;
        ray.tMax = RK_INFINITY;
    } else {
        ray.direction = light.target - ray.origin;
        ray.tMax = 0.99999f;
    }
    RkHit hit;
    *rays += 1u;
    rk_trace(scene, &ray, 1u, testAlpha, sampler, 2u * bounce + 1u, &hit);
    if (hit.draw != RK_NONE) return black;
    float weight = light.delta ? 1.0f : rk_power_heuristic(light.pdf, pdf);
    if (s->layered || path->mediaCount != 0u) {
        float length = light.infinite ? RK_INFINITY : rk_length(ray.direction);
        f = f * rk_shadow_transmittance(scene, s, material, path, light.direction, length);
    }
    return f * light.radiance * (weight / light.pdf);
}

RK_FN void rk_sample_path(const RkTables *scene, RK_GLOBAL const RkView *view, uint x, uint y, uint sample, RkSampleResult *out) {
    RkSampler sampler;
    sampler.pixel = y * view->width + x;
    sampler.sample = sample;
    sampler.frame = view->frame;
    sampler.keyLow = view->keyLow;
    sampler.keyHigh = view->keyHigh;
    uint testAlpha = (view->ignore & RK_IGNORE_ALPHA) != 0u ? 0u : 1u;
    uint lightCount = scene->header->lightCount, skyLight = scene->header->skyLight;

    out->radiance = F3(0.0f, 0.0f, 0.0f);
    out->rays = 0u;
    out->alpha = 0.0f;
    out->albedo = out->normal = out->radiance;
    out->depth = 0.0f;

    RkRay ray = rk_camera_ray(view, x, y, rk_draw(&sampler, 0u));
    float3 throughput = F3(1.0f, 1.0f, 1.0f);
    RkPath path;
    path.mediaCount = 0u;
    path.colour = 3u;
    // Density of the last direction drawn from a BRDF; below 0 for camera rays, which no light sampling competes with.
    float bsdfPdf = -1.0f;
    for (uint bounce = 0u;; bounce++) {
        RkHit hit;
        out->rays += 1u;
        rk_trace(scene, &ray, 0u, testAlpha, &sampler, 2u * bounce, &hit);
        if (path.mediaCount != 0u) throughput = throughput * rk_media_transmittance(scene, &path, hit.t);
        if (hit.draw == RK_NONE) {
            if (bounce == 0u && (view->ignore & RK_IGNORE_BACKGROUND) != 0u) return;
            float weight = 1.0f;
            if (bsdfPdf >= 0.0f && skyLight != RK_NONE) {
                float lightPdf = rk_light_probability(scene, skyLight) * rk_sky_pdf(scene, ray.direction);
                weight = rk_power_heuristic(bsdfPdf, lightPdf);
            }
            out->radiance = out->radiance + throughput * rk_sky_radiance(scene, ray.direction) * weight;
            return;
        }
        RkSurface s;
        RkLayers layers;
        rk_surface(scene, view, &hit, ray.direction, &s);
        uint material = scene->draws[hit.draw].material;
        if (s.layered) {
            // A path that meets a volume from inside without having entered it began there.
            if (s.front == 0u && path.mediaCount == 0u && scene->materials[material].thickness > 0.0f) {
                rk_media_enter(&path, material);
                throughput = throughput * rk_media_transmittance(scene, &path, hit.t);
            }
            rk_layers_surface(scene, view, &hit, ray.direction, &path, &s, &layers);
        }
        if (bounce == 0u) {
            out->alpha = 1.0f;
            out->albedo = s.base;
            out->normal = s.normal;
            out->depth = hit.t * rk_dot(ray.direction, F3(view->forwardX, view->forwardY, view->forwardZ));
        }
        if (s.unlit) {
            out->radiance = out->radiance + throughput * s.base;
            return;
        }
        if (rk_max3(s.emission) > 0.0f) {
            float weight = 1.0f;
            if (bsdfPdf >= 0.0f && s.light != RK_NONE) {
                float cosine = -rk_dot(ray.direction, s.geometricNormal);
                float lightPdf = rk_triangle_pdf(rk_light_probability(scene, s.light), s.area, hit.t * hit.t, cosine);
                weight = rk_power_heuristic(bsdfPdf, lightPdf);
            }
            out->radiance = out->radiance + throughput * s.emission * weight;
        }
        if (bounce + 1u >= view->depth) return;

        float3 wo = rk_to_local(&s, -ray.direction);
        if (s.layered) rk_layers_prepare(&s.bsdf, &layers, wo);
        else rk_bsdf_prepare(&s.bsdf, wo);
        float4 first = rk_draw(&sampler, 1u + 2u * bounce);
        float4 second = rk_draw(&sampler, 2u + 2u * bounce);
        if (lightCount != 0u) {
            float3 direct = rk_direct_light(
                scene, view, &sampler, &s, &layers, material, &path, wo, first, bounce, testAlpha, &out->rays);
            out->radiance = out->radiance + throughput * direct;
        }
        float3 wi, weight;
        if (s.layered) {
            RkLayersSample drawn;
            rk_layers_sample(&s.bsdf, &layers, wo, first.w, second.x, second.y, second.w, &drawn);
            wi = drawn.direction;
            weight = drawn.weight;
            bsdfPdf = drawn.pdf;
            if (drawn.colour != 3u) path.colour = drawn.colour;
        } else {
            weight = rk_bsdf_sample(&s.bsdf, wo, first.w, second.x, second.y, &wi, &bsdfPdf);
        }
        throughput = throughput * weight;
        float most = rk_max3(throughput);
        if (!(most > 0.0f)) return;
        if (view->roulette != 0u && bounce >= view->roulette) {
            // Never surer than 0.95, so that paths between perfect mirrors end too.
            float survival = rk_clamp(most, 0.05f, 0.95f);
            if (!(second.z < survival)) return;
            throughput = throughput * (1.0f / survival);
        }
        ray.direction = rk_normalize(rk_to_world(&s, wi));
        if (s.layered && rk_crosses(&s, ray.direction)) rk_cross_boundary(scene, &s, material, &path);
        ray.origin = rk_leave(s.position, s.geometricNormal, ray.direction);
        ray.tMin = 0.0f;
        ray.tMax = RK_INFINITY;
    }
}

/// Renders samples [first, last) of a pixel, at most 16, and adds them up in sample order. A sample that is not finite is 0.
RK_FN void rk_record(const RkTables *scene, RK_GLOBAL const RkView *view, uint x, uint y, uint first, uint last, RkRecord *record) {
    record->red = record->green = record->blue = 0.0f;
    record->rays = 0u;
    record->nonFinite = 0u;
    for (uint k = 0u; k < RK_LAYER_FLOATS_MAX; k++) record->layers[k] = 0.0f;
    for (uint sample = first; sample < last; sample++) {
        RkSampleResult r;
        rk_sample_path(scene, view, x, y, sample, &r);
        record->rays += r.rays;
        if (rk_is_finite(r.radiance.x) && rk_is_finite(r.radiance.y) && rk_is_finite(r.radiance.z)) {
            record->red += r.radiance.x;
            record->green += r.radiance.y;
            record->blue += r.radiance.z;
        } else {
            record->nonFinite += 1u;
        }
        uint slot = 0u;
        if ((view->layers & RK_LAYER_ALPHA) != 0u) record->layers[slot++] += r.alpha;
        if ((view->layers & RK_LAYER_ALBEDO) != 0u) {
            record->layers[slot++] += r.albedo.x;
            record->layers[slot++] += r.albedo.y;
            record->layers[slot++] += r.albedo.z;
        }
        if ((view->layers & RK_LAYER_NORMAL) != 0u) {
            record->layers[slot++] += r.normal.x;
            record->layers[slot++] += r.normal.y;
            record->layers[slot++] += r.normal.z;
        }
        if ((view->layers & RK_LAYER_DEPTH) != 0u) record->layers[slot++] += r.depth;
    }
}
