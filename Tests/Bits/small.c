#include "bits.h"

#include <string.h>

typedef struct {
    uint32_t seed, next;
} Draws;

static uint32_t word(Draws *d) { return bits_scramble(d->seed ^ bits_scramble(++d->next)); }
/// A multiple of 1/16 in 0 … 1, exact in every build.
static float share(Draws *d) { return (float)(word(d) >> 28) / 16.0f; }

static void add_node(RkModel *model, int32_t mesh, const float place[3], float scale, const float *instances, size_t instanceFloats) {
    RkNodeInput node = {-1, mesh, -1, -1, -1, {place[0], place[1], place[2], 0.25f, 0, 0, 0.96824584f, scale, scale, scale}};
    rk_model_add_node(model, &node, NULL, 0, NULL, 0, instances, instanceFloats);
}

/// A leaf with one morph target, at a height that is subnormal where `tiny` is.
static void add_leaf(RkModel *model, uint32_t material, float tiny) {
    const float positions[12] = {-1, tiny, -1, 1, 0, -1, 1, tiny, 1, -1, 0, 1}, up[12] = {0, 0.5f, 0, 0, 0, 0, 0, 0.75f, 0, 0, 0, 0};
    const float normals[12] = {0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0}, uv[8] = {0, 0, 1, 0, 1, 1, 0, 1};
    const uint32_t indices[6] = {0, 2, 1, 0, 3, 2};
    rk_model_add_mesh(model, (const float[]){0.25f}, 1);
    rk_model_add_primitive(model, material, indices, 6, positions, 12);
    rk_model_set_attribute(model, RK_NORMALS, normals, 12);
    rk_model_set_attribute(model, RK_UV0, uv, 8);
    rk_model_add_target(model, up, 12, NULL, 0, NULL, 0);
}

static void animate(RkModel *model, Draws *d, uint32_t nodes) {
    const float times[3] = {0, 0.5f, 1};
    for (uint32_t path = 0; path < 3; path++) {
        float values[36];
        uint32_t interpolation = word(d) % 3, width = path == 1 ? 4 : 3, count = width * 3 * (interpolation == 2 ? 3 : 1);
        for (uint32_t k = 0; k < count; k++) values[k] = path == 2 ? 0.5f + share(d) : share(d) - 0.5f + (k % width == 3 ? 1.0f : 0.0f);
        rk_model_add_channel(model, word(d) % nodes, path, interpolation, times, 3, values, count);
    }
    // The leaf is the first node.
    const float weights[3] = {0, share(d), 1};
    rk_model_add_channel(model, 0, 3, 0, times, 3, weights, 3);
}

static void add_lights(RkModel *model, Draws *d, uint32_t has, float power) {
    const float at[3] = {share(d), 3, 1 + share(d)};
    rk_model_add_light(model, &(RkLightInput){1 + word(d) % 2, 30 * power, 24 * power, 18 * power, 0, 0.25f, 0.75f, 0, 0});
    rk_model_add_light(model, &(RkLightInput){3, 6 * power, 7 * power, 8 * power, 0, 0, 0, 1, 0.5f});
    for (int32_t k = 0; k < 2; k++) {
        // Light points along −z: a quarter turn about x sends it down.
        RkNodeInput node
            = {-1, -1, -1, k, -1, {at[0] - (float)k, at[1], at[2], -0.70710677f, 0, 0, 0.70710677f, 1, 1, 1}};
        rk_model_add_node(model, &node, NULL, 0, NULL, 0, NULL, 0);
    }
    RkSkyInput sky = {has & BITS_HAS_SKY_IMAGE ? RK_SKY_IMAGE : RK_SKY_CONSTANT, 0.5f * power, 0.75f * power, power, 2, share(d), power};
    rk_model_set_sky(model, &sky);
}

static void add_camera(RkModel *model, Draws *d, uint32_t has) {
    float lens = has & BITS_HAS_LENS ? 0.0625f : 0;
    bool flat = word(d) % 4 == 0;
    rk_model_add_camera(
        model, &(RkCameraInput){flat ? RK_CAMERA_ORTHOGRAPHIC : RK_CAMERA_PERSPECTIVE, flat ? 2.0f : 0.75f, 0.125f, 100, lens, 5});
    RkNodeInput node = {-1, -1, 0, -1, -1, {share(d) - 0.5f, 1.5f + share(d), 5, -0.125f, 0, 0, 0.9921567f, 1, 1, 1}};
    rk_model_add_node(model, &node, NULL, 0, NULL, 0, NULL, 0);
}

RkModel *bits_small_model(uint64_t seed, uint32_t *out) {
    RkModel *model = rk_model_create((uint64_t)256 << 20);
    if (model == NULL) return NULL;
    Draws draws = {(uint32_t)seed ^ bits_scramble((uint32_t)(seed >> 32)), 0}, *d = &draws;
    uint32_t has = word(d) & 255;
    // One scene in eight rather than in two: its sums say little else.
    if (word(d) % 4) has &= ~(uint32_t)BITS_HAS_SUBNORMALS;
    float tiny = has & BITS_HAS_SUBNORMALS ? 0x1p-140f : 0.125f, power = has & BITS_HAS_SUBNORMALS ? 0x1p-136f : 1;
    bits_add_image(model, 16, RK_TEXEL_SRGB8, word(d));
    bits_add_image(model, 8, RK_TEXEL_LINEAR8, word(d));
    bits_add_image(model, 8, RK_TEXEL_FLOAT32, word(d));
    rk_model_add_texture(model, &(RkTexture){0, word(d) % 3, word(d) % 3, word(d) % 2});
    rk_model_add_texture(model, &(RkTexture){1, RK_WRAP_CLAMP, RK_WRAP_REPEAT, 0});
    RkMaterial materials[3] = {
        bits_material(share(d), share(d), 0.25f + share(d) / 2, RK_ALPHA_OPAQUE, 1, 0),
        bits_material(share(d), share(d), share(d), has & BITS_HAS_MASK ? RK_ALPHA_MASK : RK_ALPHA_OPAQUE, 1, 0),
        bits_material(share(d), 0, 1, has & BITS_HAS_BLEND ? RK_ALPHA_BLEND : RK_ALPHA_OPAQUE, 0.25f + share(d) / 2, RK_NONE),
    };
    materials[2].emissionRed = share(d) * power;
    for (int k = 0; k < 3; k++) rk_model_add_material(model, &materials[k]);
    bits_add_layered_materials(model);
    add_leaf(model, 2, tiny);
    bits_add_grid(model, 0, 3 + word(d) % 4, 4, false);
    bits_add_grid(model, 1, 4, 0.5f, true);
    bits_add_grid(model, has & BITS_HAS_LAYERS ? 3 + word(d) % 3 : 0, 4, 0.5f, true);

    float instances[30];
    for (int k = 0; k < 3; k++) {
        const float one[10] = {share(d) * 2 - 1, share(d), -(float)k, 0, 0.25f, 0, 0.96824584f, 0.5f + share(d), 1, k == 2 ? -1 : 1};
        memcpy(instances + 10 * k, one, sizeof one);
    }
    uint32_t nodes = 4;
    add_node(model, 0, (float[]){share(d) - 1, 1.25f, 1}, 0.75f, NULL, 0);
    add_node(model, 1, (float[]){0, tiny, 0}, 1, NULL, 0);
    add_node(model, 2, (float[]){share(d), 0.75f, 0.5f}, 1, instances, has & BITS_HAS_INSTANCES ? 30 : 0);
    add_node(model, 3, (float[]){-share(d), 0.75f, 1.5f}, 1.25f, NULL, 0);
    add_lights(model, d, has, power);
    add_camera(model, d, has);
    if (has & BITS_HAS_ANIMATION) animate(model, d, nodes);
    *out = has;
    if (rk_model_finish(model, 24) == RK_OK) return model;
    rk_model_destroy(model);
    return NULL;
}
