// Light tables: what next-event estimation draws from, by power. Sums run in index order.
#include "scene.h"

#include <string.h>

/// Points of a triangle at which a textured emission is averaged: centres of a subdivision into 16.
#define RK_EMISSION_ROWS 4

static float rk_triangle_power(const RkTables *t, const RkDraw *draw, uint32_t primitive) {
    const RkMaterial *material = t->materials + draw->material;
    RkCorners c = rk_corners(t, draw, primitive);
    RkTriangle triangle = rk_triangle(t, draw, &c);
    float area = 0.5f * rk_length(rk_face_vector(draw->flags, &triangle));
    float sum = 0.0f, number = 0.0f;
    int rows = material->emissiveTexture.texture == RK_NONE ? 1 : RK_EMISSION_ROWS;
    for (int i = 0; i < rows; i++) {
        for (int j = 0; j < 2 * (rows - i) - 1; j++) {
            // Row i holds upright and inverted small triangles in turn.
            float third = (j & 1) ? 2.0f / 3.0f : 1.0f / 3.0f;
            float u = ((float)i + third) / (float)rows, v = ((float)(j / 2) + third) / (float)rows;
            RkTexturePoint at = rk_texture_point(t, draw, &c, u, v);
            sum += rk_luminance(rk_emission(t, material, &at));
            number += 1.0f;
        }
    }
    float power = RK_PI * area * (sum / number) * ((material->flags & RK_MATERIAL_DOUBLE_SIDED) ? 2.0f : 1.0f);
    return power > 0.0f && rk_is_finite(power) ? power : 0.0f;
}

static RkStatus rk_add_light(RkScene *scene, uint32_t kind, uint32_t a, uint32_t b, float power) {
    RkLight light = {kind, a, b};
    if (scene->lights.count >= RK_NONE - 1) return RK_TOO_LARGE;
    float usable = power > 0.0f && rk_is_finite(power) ? power : 0.0f;
    bool stored = rk_append_copy(rk_budget(scene), &scene->lights, &light, 1, sizeof light)
        && rk_append_copy(rk_budget(scene), &scene->lightCumulative, &usable, 1, sizeof usable);
    return stored ? RK_OK : RK_OUT_OF_MEMORY;
}

static RkStatus rk_add_triangle_lights(RkScene *scene, const RkTables *tables) {
    for (size_t d = 0; d < scene->draws.count; d++) {
        RkDraw *draw = (RkDraw *)scene->draws.data + d;
        const RkMaterial *material = (const RkMaterial *)scene->materials.data + draw->material;
        float3 emission = F3(material->emissionRed, material->emissionGreen, material->emissionBlue);
        if (!(rk_max3(emission) > 0.0f) || (material->flags & (RK_MATERIAL_UNLIT | RK_MATERIAL_CAMERA_ONLY))) continue;
        if (scene->lights.count + (uint64_t)draw->triangles >= RK_NONE - 1) return RK_TOO_LARGE;
        draw->firstLight = (uint32_t)scene->lights.count;
        for (uint32_t k = 0; k < draw->triangles; k++) {
            RkStatus status = rk_add_light(scene, RK_LIGHT_TRIANGLE, (uint32_t)d, k, rk_triangle_power(tables, draw, k));
            if (status != RK_OK) return status;
        }
    }
    return RK_OK;
}

static RkStatus rk_add_punctual_lights(RkScene *scene, const RkPose *pose) {
    const RkModel *m = scene->model;
    for (size_t k = 0; k < m->nodes.count; k++) {
        const RkNodeInput *node = &((const RkModelNode *)m->nodes.data)[k].input;
        if (node->light < 0) continue;
        const RkLightInput *light = (const RkLightInput *)m->lights.data + node->light;
        if (light->kind > RK_PUNCTUAL_SPOT) continue;
        const float *w = pose->world[k].m;
        RkPunctual p;
        memset(&p, 0, sizeof p);
        p.kind = light->kind;
        p.positionX = w[3];
        p.positionY = w[7];
        p.positionZ = w[11];
        float3 direction = rk_normalize(F3(-w[2], -w[6], -w[10]));
        p.directionX = direction.x;
        p.directionY = direction.y;
        p.directionZ = direction.z;
        p.red = light->red;
        p.green = light->green;
        p.blue = light->blue;
        p.range = light->range > 0.0f ? light->range : RK_INFINITY;
        float luminance = rk_luminance(F3(light->red, light->green, light->blue));
        float power = 4.0f * RK_PI * luminance;
        if (light->kind == RK_PUNCTUAL_DIRECTIONAL) {
            power = luminance * RK_PI * scene->header.radius * scene->header.radius;
        } else if (light->kind == RK_PUNCTUAL_SPOT) {
            float inner = rk_sincos(rk_clamp(light->innerConeAngle, 0.0f, 0.5f * RK_PI)).y;
            float outer = rk_sincos(rk_clamp(light->outerConeAngle, 0.0f, 0.5f * RK_PI)).y;
            p.angleScale = 1.0f / rk_max(0.001f, inner - outer);
            p.angleOffset = -outer * p.angleScale;
            power = 2.0f * RK_PI * luminance * (1.0f - outer);
        }
        uint32_t index = (uint32_t)scene->punctuals.count;
        if (!rk_append_copy(rk_budget(scene), &scene->punctuals, &p, 1, sizeof p)) return RK_OUT_OF_MEMORY;
        RkStatus status = rk_add_light(scene, RK_LIGHT_PUNCTUAL, index, 0, power);
        if (status != RK_OK) return status;
    }
    return RK_OK;
}

/// Turns `count` weights into a cumulative distribution of count + 1 entries from 0 to 1; gives their sum.
static double rk_accumulate(const float *weights, size_t count, float *cumulative) {
    double total = 0.0, running = 0.0;
    for (size_t k = 0; k < count; k++) total += (double)weights[k];
    for (size_t k = 0; k < count; k++) {
        cumulative[k] = total > 0.0 ? (float)(running / total) : (float)k / (float)count;
        running += (double)weights[k];
    }
    cumulative[count] = 1.0f;
    return total;
}

/// Tables of an image sky: rows, then columns within each row, weighted with luminance and the sine of the polar angle.
/// Gives the mean luminance over the sphere.
static RkStatus rk_sky_tables(RkScene *scene, const RkTables *tables, float *mean) {
    const RkImage *image = tables->images + scene->header.skyImage;
    size_t w = image->width, h = image->height;
    float *table = rk_append(rk_budget(scene), &scene->skyCumulative, (h + 1) + h * (w + 1), sizeof(float));
    float *weights = rk_allocate(rk_budget(scene), w + h, sizeof(float));
    RkStatus status = table != NULL && weights != NULL ? RK_OK : RK_OUT_OF_MEMORY;
    if (status == RK_OK) {
        float *rowWeights = weights + w;
        double sines = 0.0;
        for (size_t y = 0; y < h; y++) {
            float sine = rk_sincos(RK_PI * ((float)y + 0.5f) / (float)h).x;
            for (size_t x = 0; x < w; x++) {
                float4 t = rk_texel(tables, image, (uint)x, (uint)y);
                float luminance = rk_luminance(F3(t.x, t.y, t.z));
                weights[x] = luminance > 0.0f && rk_is_finite(luminance) ? luminance : 0.0f;
            }
            double sum = rk_accumulate(weights, w, table + (h + 1) + y * (w + 1));
            rowWeights[y] = (float)(sum * (double)sine / (double)w);
            sines += (double)sine;
        }
        double total = rk_accumulate(rowWeights, h, table);
        *mean = (float)(total / sines) * scene->header.skyIntensity;
    }
    rk_release(rk_budget(scene), weights, w + h, sizeof(float));
    return status;
}

static RkStatus rk_add_sky(RkScene *scene, const RkTables *tables) {
    const RkSkyInput *sky = &scene->model->sky;
    RkHeader *header = &scene->header;
    header->skyKind = sky->kind;
    header->skyRed = sky->red;
    header->skyGreen = sky->green;
    header->skyBlue = sky->blue;
    header->skyImage = sky->image;
    header->skyTurn = sky->turn;
    header->skyIntensity = sky->intensity;
    header->skyLight = RK_NONE;
    if (sky->kind == RK_SKY_NONE) return RK_OK;
    float mean = rk_luminance(F3(sky->red, sky->green, sky->blue));
    if (sky->kind == RK_SKY_IMAGE) {
        RkStatus status = rk_sky_tables(scene, tables, &mean);
        if (status != RK_OK) return status;
    }
    if (!(mean > 0.0f) || !rk_is_finite(mean)) return RK_OK;
    header->skyLight = (uint32_t)scene->lights.count;
    return rk_add_light(scene, RK_LIGHT_SKY, 0, 0, mean * RK_PI * RK_PI * header->radius * header->radius);
}

RkStatus rk_make_lights(RkScene *scene, const RkPose *pose) {
    RkSceneTables tables;
    rk_scene_tables(scene, &tables);
    RkStatus status = rk_add_triangle_lights(scene, &tables.tables);
    if (status == RK_OK) status = rk_add_punctual_lights(scene, pose);
    if (status == RK_OK) status = rk_add_sky(scene, &tables.tables);
    if (status != RK_OK) return status;
    size_t count = scene->lights.count;
    const float zero = 0.0f;
    if (!rk_append_copy(rk_budget(scene), &scene->lightCumulative, &zero, 1, sizeof zero)) return RK_OUT_OF_MEMORY;
    if (count == 0) return RK_OK;
    float *weights = rk_allocate(rk_budget(scene), count, sizeof(float));
    if (weights == NULL) return RK_OUT_OF_MEMORY;
    memcpy(weights, scene->lightCumulative.data, count * sizeof(float));
    double total = rk_accumulate(weights, count, scene->lightCumulative.data);
    rk_release(rk_budget(scene), weights, count, sizeof(float));
    // Lights without power are never drawn, and then paths find them with weight 1.
    scene->header.lightCount = total > 0.0 ? (uint32_t)count : 0;
    if (!(total > 0.0)) {
        scene->header.skyLight = RK_NONE;
        for (size_t d = 0; d < scene->draws.count; d++) ((RkDraw *)scene->draws.data)[d].firstLight = RK_NONE;
    }
    return RK_OK;
}
