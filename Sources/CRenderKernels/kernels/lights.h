// Next-event estimation: one light is drawn by power, then a point or direction on it.

typedef struct {
    /// Towards the light, unit.
    float3 direction;
    /// The end of the shadow ray; used where `infinite` is 0.
    float3 target;
    uint infinite;
    float3 radiance;
    /// Density over solid angle times the probability of the light; for a delta light the probability alone. 0: no sample.
    float pdf;
    uint delta;
} RkLightSample;

/// Probability with which a light is drawn.
RK_FN float rk_light_probability(const RkTables *scene, uint light) {
    return scene->lightCumulative[light + 1u] - scene->lightCumulative[light];
}

/// Density over solid angle of drawing a point at `squared` distance on a triangle seen under `cosine`.
RK_FN float rk_triangle_pdf(float probability, float area, float squared, float cosine) {
    float projected = area * cosine;
    return projected > 0.0f ? probability * squared / projected : 0.0f;
}

/// Draws a point on a triangle, uniformly by area: direction, target and density of `out`. Density 0: nothing reaches `from`.
/// `face` becomes the unit normal of the front, `at` the barycentric coordinates.
RK_FN void rk_aim_at_triangle(const RkTriangle *t, uint drawFlags, uint materialFlags, float probability, float3 from, float u,
    float v, RkLightSample *out, float3 *face, float2 *at) {
    // Fold the unit square along its diagonal. By a factor of 1 or -1, exact: nothing foresees the branch.
    float beyond = u + v > 1.0f ? 1.0f : 0.0f;
    u = beyond + u * (1.0f - 2.0f * beyond);
    v = beyond + v * (1.0f - 2.0f * beyond);
    at->x = u;
    at->y = v;
    float3 point = (t->p0 * ((1.0f - u) - v) + t->p1 * u) + t->p2 * v;
    float3 front = rk_face_vector(drawFlags, t);
    float twice = rk_length(front);
    float3 way = point - from;
    float squared = rk_dot(way, way);
    out->pdf = 0.0f;
    if (!(squared > 0.0f) || !(twice > 0.0f)) return;
    float distance = rk_sqrt(squared);
    out->direction = way * (1.0f / distance);
    front = front * (1.0f / twice);
    *face = front;
    float cosine = -rk_dot(out->direction, front);
    if (!(cosine > 0.0f) && (materialFlags & RK_MATERIAL_DOUBLE_SIDED) == 0u) return;
    out->target = rk_leave(point, front, -out->direction);
    out->pdf = rk_triangle_pdf(probability, 0.5f * twice, squared, rk_abs(cosine));
}

/// Whether a triangle of this material sends the same radiance from everywhere to everywhere, whatever its textures.
RK_FN uint rk_shines_evenly(RK_GLOBAL const RkView *view, RK_GLOBAL const RkMaterial *material) {
    uint opaque = material->alphaMode == RK_ALPHA_OPAQUE || (view->ignore & RK_IGNORE_ALPHA) != 0u ? 1u : 0u;
    return opaque && material->emissiveTexture.texture == RK_NONE && !(material->clearcoat > 0.0f) ? 1u : 0u;
}

RK_FN void rk_sample_triangle_light(const RkTables *scene, RK_GLOBAL const RkView *view, RK_GLOBAL const RkLight *light,
    float probability, float3 from, float u, float v, RkLightSample *out) {
    RK_GLOBAL const RkDraw *draw = scene->draws + light->a;
    RK_GLOBAL const RkMaterial *material = scene->materials + draw->material;
    RkCorners c = rk_corners(scene, draw, light->b);
    RkTriangle t = rk_triangle(scene, draw, &c);
    float3 face;
    float2 p;
    rk_aim_at_triangle(&t, draw->flags, material->flags, probability, from, u, v, out, &face, &p);
    if (!(out->pdf > 0.0f)) return;
    RkTexturePoint at = rk_texture_point(scene, draw, &c, p.x, p.y);
    out->radiance = rk_emission(scene, material, &at);
    if (rk_shines_evenly(view, material)) return;
    if (material->alphaMode != RK_ALPHA_OPAQUE && (view->ignore & RK_IGNORE_ALPHA) == 0u) {
        out->radiance = out->radiance * rk_coverage(material, rk_base_color(scene, material, draw, &c, &at, p.x, p.y).w);
    }
    if (material->clearcoat > 0.0f)
        out->radiance = out->radiance * rk_coat_dimming(scene, view, draw, &c, &at, p.x, p.y, face, out->direction);
}

RK_FN void rk_sample_punctual(
    RK_GLOBAL const RkPunctual *p, float probability, float3 from, RkLightSample *out) {
    float3 intensity = F3(p->red, p->green, p->blue);
    float3 axis = F3(p->directionX, p->directionY, p->directionZ);
    out->delta = 1u;
    if (p->kind == RK_PUNCTUAL_DIRECTIONAL) {
        out->direction = -axis;
        out->infinite = 1u;
        out->radiance = intensity;
        out->pdf = probability;
        return;
    }
    out->target = F3(p->positionX, p->positionY, p->positionZ);
    float3 way = out->target - from;
    float squared = rk_dot(way, way);
    if (!(squared > 0.0f)) return;
    float distance = rk_sqrt(squared);
    out->direction = way * (1.0f / distance);
    float attenuation = 1.0f / squared;
    if (rk_is_finite(p->range)) {
        // The window that KHR_lights_punctual recommends.
        float ratio = distance / p->range;
        float window = 1.0f - ratio * ratio * ratio * ratio;
        attenuation = attenuation * rk_clamp(window, 0.0f, 1.0f);
    }
    if (p->kind == RK_PUNCTUAL_SPOT) {
        float cone = rk_clamp(-rk_dot(axis, out->direction) * p->angleScale + p->angleOffset, 0.0f, 1.0f);
        attenuation = attenuation * (cone * cone);
    }
    out->radiance = intensity * attenuation;
    out->pdf = probability;
}

/// The sample of a light that has been picked.
RK_FN void rk_sample_picked_light(const RkTables *scene, RK_GLOBAL const RkView *view, uint index, float3 from, float u, float v,
    RkLightSample *out) {
    out->pdf = 0.0f;
    out->delta = 0u;
    out->infinite = 0u;
    out->radiance = F3(0.0f, 0.0f, 0.0f);
    float probability = rk_light_probability(scene, index);
    RK_GLOBAL const RkLight *light = scene->lights + index;
    if (light->kind == RK_LIGHT_TRIANGLE) {
        rk_sample_triangle_light(scene, view, light, probability, from, u, v, out);
    } else if (light->kind == RK_LIGHT_PUNCTUAL) {
        rk_sample_punctual(scene->punctuals + light->a, probability, from, out);
    } else {
        out->direction = rk_sky_sample(scene, u, v);
        out->infinite = 1u;
        out->radiance = rk_sky_radiance(scene, out->direction);
        out->pdf = probability * rk_sky_pdf(scene, out->direction);
    }
}

RK_FN void rk_sample_light(const RkTables *scene, RK_GLOBAL const RkView *view, float3 from, float select, float u, float v,
    RkLightSample *out) {
    uint index = rk_search(scene->lightCumulative, scene->header->lightCount, select);
    rk_sample_picked_light(scene, view, index, from, u, v, out);
}
