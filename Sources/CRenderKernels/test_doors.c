// Doors for tests: single kernel functions, and a hit by every triangle in turn.
#include "scene/scene.h"

float rk_test_function(uint32_t function, float x, float y) {
    switch (function) {
    case 0: return rk_sincos(x).x;
    case 1: return rk_sincos(x).y;
    case 2: return rk_exp(x);
    case 3: return rk_log(x);
    case 4: return rk_pow(x, y);
    case 5: return rk_atan2(x, y);
    case 6: return rk_acos(x);
    default: return 0.0f;
    }
}

void rk_test_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
    uint4 r = rk_philox(U4(counter[0], counter[1], counter[2], counter[3]), key[0], key[1]);
    out[0] = r.x;
    out[1] = r.y;
    out[2] = r.z;
    out[3] = r.w;
}

static float3 rk_vector(const float v[3]) { return F3(v[0], v[1], v[2]); }

static void rk_store(float3 v, float out[3]) {
    out[0] = v.x;
    out[1] = v.y;
    out[2] = v.z;
}

static RkBsdf rk_test_bsdf(const RkBsdfInput *in, const float wo[3]) {
    RkBsdf b;
    b.base = rk_vector(in->base);
    b.f0 = rk_vector(in->f0);
    b.f90 = in->f90;
    b.metallic = in->metallic;
    b.alpha = in->alpha;
    rk_bsdf_prepare(&b, rk_vector(wo));
    return b;
}

void rk_test_bsdf_evaluate(const RkBsdfInput *bsdf, const float wo[3], const float wi[3], float f[3], float *pdf) {
    RkBsdf b = rk_test_bsdf(bsdf, wo);
    rk_store(rk_bsdf_evaluate(&b, rk_vector(wo), rk_vector(wi), pdf), f);
}

void rk_test_bsdf_sample(const RkBsdfInput *bsdf, const float wo[3], const float random[3], float weight[3], float wi[3], float *pdf) {
    RkBsdf b = rk_test_bsdf(bsdf, wo);
    float3 direction;
    rk_store(rk_bsdf_sample(&b, rk_vector(wo), random[0], random[1], random[2], &direction, pdf), weight);
    rk_store(direction, wi);
}

static RkBsdf rk_test_layers(const RkLayersInput *in, float3 wo, RkLayers *l) {
    RkBsdf b;
    b.base = rk_vector(in->base.base);
    b.f0 = rk_vector(in->base.f0);
    b.f90 = in->base.f90;
    b.metallic = in->base.metallic;
    b.alpha = in->base.alpha;
    b.specularShare = 0.0f;
    l->alphaX = in->alphaX > 0.0f ? in->alphaX : b.alpha;
    l->alphaY = b.alpha;
    l->transmission = in->transmission;
    l->diffuseTransmission = in->diffuseTransmission;
    l->diffuseTransmissionColor = b.base;
    l->volume = in->etaI > 0.0f ? 1u : 0u;
    l->etaI = l->volume ? in->etaI : 1.0f;
    l->etaO = l->volume ? in->etaO : 1.0f;
    l->smooth = in->isSmooth;
    l->straight = l->volume ? l->etaI == l->etaO : in->isSmooth;
    l->hidden = in->isSmooth || l->straight || in->spread > 0.0f;
    l->spread = in->spread;
    l->iridescence = in->iridescence;
    l->iridescenceIor = in->iridescenceIor;
    l->iridescenceThickness = in->iridescenceThickness;
    l->sheen = F3(in->sheen, in->sheen, in->sheen);
    float roughness = rk_clamp(in->sheenRoughness, RK_SHEEN_ROUGHNESS_MIN, 1.0f);
    l->sheenAlpha = roughness * roughness;
    l->sheenRow = rk_sheen_row(roughness);
    l->coat = in->coat;
    l->coatAlpha = in->coatAlpha > 0.0f ? in->coatAlpha : 1.0f;
    l->coatNormal = rk_normalize(F3(in->coatLean, 0.0f, 1.0f));
    rk_layers_prepare(&b, l, wo);
    return b;
}

void rk_test_layers_evaluate(const RkLayersInput *layers, const float wo[3], const float wi[3], float f[3], float *pdf) {
    RkLayers l;
    RkBsdf b = rk_test_layers(layers, rk_vector(wo), &l);
    rk_store(rk_layers_evaluate(&b, &l, rk_vector(wo), rk_vector(wi), pdf), f);
}

void rk_test_layers_sample(
    const RkLayersInput *layers, const float wo[3], const float random[4], float weight[3], float wi[3], float *pdf) {
    RkLayers l;
    RkBsdf b = rk_test_layers(layers, rk_vector(wo), &l);
    RkLayersSample drawn;
    rk_layers_sample(&b, &l, rk_vector(wo), random[0], random[1], random[2], random[3], &drawn);
    rk_store(drawn.weight, weight);
    rk_store(drawn.direction, wi);
    *pdf = drawn.pdf;
}

float rk_test_sheen_albedo(float roughness, float cosine) { return rk_sheen_albedo(rk_sheen_row(roughness), cosine); }

float rk_test_sheen(float roughness, const float wo[3], const float wi[3]) {
    float3 o = rk_vector(wo), i = rk_vector(wi);
    return rk_sheen_evaluate(roughness * roughness, o, i, rk_normalize(o + i));
}

static void rk_brute(const RkScene *scene, const RkTables *t, const RkRay *ray, RkHit *hit) {
    RkSampler sampler = {0, 0, 0, 0, 0};
    hit->t = ray->tMax;
    hit->u = hit->v = 0.0f;
    hit->draw = hit->primitive = RK_NONE;
    for (size_t d = 0; d < scene->draws.count; d++) {
        const RkDraw *draw = t->draws + d;
        bool placed = (draw->flags & RK_DRAW_PLACED) != 0;
        float3 origin = ray->origin, direction = ray->direction;
        float extent = scene->header.extent, enter = 0.0f, leave = RK_INFINITY;
        if (placed) {
            const RkPlacement *placement = NULL;
            for (size_t k = 0; k < scene->placements.count; k++) {
                const RkPlacement *p = t->placements + k;
                if (p->firstDraw <= d && (placement == NULL || p->firstDraw > placement->firstDraw)) placement = p;
            }
            if (placement == NULL) continue;
            RkBoxRay world = rk_box_ray(origin, direction, extent);
            const float *b = placement->bounds;
            float2 interval = rk_box_interval(&world, F3(b[0], b[1], b[2]), F3(b[3], b[4], b[5]));
            if (!(interval.x <= interval.y)) continue;
            enter = interval.x;
            leave = interval.y;
            origin = rk_transform_point(draw->toObject, origin);
            direction = rk_transform_vector(draw->toObject, direction);
            extent = placement->extent;
        }
        RkBoxRay box = rk_box_ray(origin, direction, extent);
        for (uint32_t k = 0; k < draw->triangles; k++) {
            RkCorners c = rk_corners(t, draw, k);
            float3 p0 = rk_attribute3(t, draw->positions, c.i0), e1 = rk_attribute3(t, draw->positions, c.i1) - p0,
                   e2 = rk_attribute3(t, draw->positions, c.i2) - p0;
            float3 n = rk_cross(e1, e2);
            if (n.x == 0.0f && n.y == 0.0f && n.z == 0.0f) continue;
            RkPack pack = {0};
            for (int axis = 0; axis < 3; axis++) {
                pack.v0[axis][0] = p0[axis];
                pack.e1[axis][0] = e1[axis];
                pack.e2[axis][0] = e2[axis];
            }
            pack.primitive[0] = k | (rk_primitive_flags(t->materials + draw->material) & RK_PRIMITIVE_CAMERA);
            pack.draw[0] = (uint32_t)d;
            rk_hit_pack(t, &pack, &box, ray->tMin, enter, leave, 0, 0, &sampler, 0, hit);
        }
    }
}

void rk_test_trace(RkLevel level, const RkScene *scene, const float origin[3], const float direction[3], float tMax, uint32_t brute,
    float out[3], uint32_t ids[2]) {
    RkSceneTables tables;
    rk_scene_tables(scene, &tables);
    RkRay ray = {rk_vector(origin), rk_vector(direction), 0.0f, tMax};
    RkPlainRay plain = {{origin[0], origin[1], origin[2]}, {direction[0], direction[1], direction[2]}, 0.0f, tMax};
    RkHit hit;
    if (brute) rk_brute(scene, &tables.tables, &ray, &hit);
    else rk_native_level_table(level)->closest(&tables.tables, &plain, 1, &hit);
    out[0] = hit.t;
    out[1] = hit.u;
    out[2] = hit.v;
    ids[0] = hit.draw;
    ids[1] = hit.primitive;
}

void rk_test_record(const RkScene *scene, const RkView *view, const RkRecordPlace *place, RkRecord *out) {
    RkSceneTables tables;
    rk_scene_tables(scene, &tables);
    rk_record(&tables.tables, view, place->x, place->y, place->first, place->last, out);
}

void rk_test_sky_sample(const RkScene *scene, const float random[2], float direction[3], float *pdf) {
    RkSceneTables tables;
    rk_scene_tables(scene, &tables);
    float3 d = rk_sky_sample(&tables.tables, random[0], random[1]);
    rk_store(d, direction);
    *pdf = rk_sky_pdf(&tables.tables, d);
}

void rk_test_light_sample(const RkScene *scene, const float from[3], const float random[3], float direction[3], float *pdf) {
    RkSceneTables tables;
    rk_scene_tables(scene, &tables);
    RkView view = {0};
    RkLightSample sample = {0};
    rk_sample_light(&tables.tables, &view, rk_vector(from), random[0], random[1], random[2], &sample);
    rk_store(sample.direction, direction);
    *pdf = sample.pdf;
}

float rk_test_sky_pdf(const RkScene *scene, const float direction[3]) {
    RkSceneTables tables;
    rk_scene_tables(scene, &tables);
    return rk_sky_pdf(&tables.tables, rk_vector(direction));
}
