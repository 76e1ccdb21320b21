#include "bits.h"

#include <stdlib.h>
#include <string.h>

// Heights and texels come from integers: the scene itself must not depend on the build that is tested.
uint32_t bits_scramble(uint32_t x) {
    x ^= x >> 16;
    x *= 0x7feb352du;
    x ^= x >> 15;
    x *= 0x846ca68bu;
    return x ^ (x >> 16);
}

static RkTextureSlot slot(uint32_t texture) { return (RkTextureSlot){texture, 0, 1, 0, 0, 0, 1, 0}; }

RkMaterial bits_material(float red, float metallic, float roughness, uint32_t alphaMode, float alpha, uint32_t texture) {
    RkMaterial m;
    memset(&m, 0, sizeof m);
    m.baseRed = red;
    m.baseGreen = 0.625f;
    m.baseBlue = 0.375f;
    m.baseAlpha = alpha;
    m.metallic = metallic;
    m.roughness = roughness;
    m.normalScale = 1;
    m.alphaCutoff = 0.5f;
    m.alphaMode = alphaMode;
    m.flags = RK_MATERIAL_DOUBLE_SIDED;
    m.ior = 1.5f;
    m.specular = m.specularRed = m.specularGreen = m.specularBlue = 1;
    m.attenuationRed = m.attenuationGreen = m.attenuationBlue = 1;
    m.attenuationDistance = 1e9f;
    RkTextureSlot *slots = &m.baseColorTexture;
    while ((char *)(slots + 1) <= (char *)(&m + 1)) *slots++ = slot(RK_NONE);
    m.baseColorTexture = slot(texture);
    if (texture == 0) m.normalTexture = slot(1);
    return m;
}

static void add_material(RkModel *model, RkMaterial m) { rk_model_add_material(model, &m); }

void bits_add_layered_materials(RkModel *model) {
    RkMaterial glass = bits_material(0.875f, 0, 0.375f, RK_ALPHA_OPAQUE, 1, RK_NONE);
    glass.transmission = glass.thickness = 1;
    glass.dispersion = 1;
    glass.attenuationRed = 0.5f;
    glass.attenuationDistance = 0.75f;
    add_material(model, glass);
    RkMaterial cloth = bits_material(0.25f, 0, 0.5f, RK_ALPHA_OPAQUE, 1, RK_NONE);
    cloth.sheenRed = cloth.sheenGreen = 0.75f;
    cloth.sheenRoughness = 0.5f;
    cloth.diffuseTransmission = 0.375f;
    cloth.diffuseTransmissionRed = cloth.diffuseTransmissionGreen = cloth.diffuseTransmissionBlue = 0.875f;
    add_material(model, cloth);
    RkMaterial lacquer = bits_material(0.75f, 0.5f, 0.375f, RK_ALPHA_OPAQUE, 1, RK_NONE);
    lacquer.clearcoat = 0.75f;
    lacquer.clearcoatRoughness = 0.25f;
    lacquer.clearcoatNormalScale = 1;
    lacquer.clearcoatNormalTexture = slot(1);
    lacquer.anisotropy = 0.625f;
    lacquer.anisotropyRotation = 0.5f;
    lacquer.iridescence = 0.75f;
    lacquer.iridescenceIor = 1.375f;
    lacquer.iridescenceThicknessMin = lacquer.iridescenceThicknessMax = 420;
    add_material(model, lacquer);
}

void bits_add_image(RkModel *model, uint32_t side, uint32_t format, uint32_t seed) {
    size_t bytes = (size_t)side * side * (format == RK_TEXEL_FLOAT32 ? 16 : 4);
    uint8_t *texels = malloc(bytes);
    if (texels == NULL) return;
    for (size_t k = 0; k < bytes / 4; k++) {
        uint32_t word = bits_scramble(seed + (uint32_t)k);
        if (format == RK_TEXEL_FLOAT32) {
            float value = (float)(word >> 24) / 128.0f;
            memcpy(&word, &value, 4);
        } else if (format == RK_TEXEL_LINEAR8) {
            word = (word & 0x001f1fu) | 0xffe07070u;
        }
        memcpy(texels + 4 * k, &word, 4);
    }
    rk_model_add_image(model, side, side, format, texels, bytes);
    free(texels);
}

void bits_add_grid(RkModel *model, uint32_t material, uint32_t side, float size, bool sphere) {
    uint32_t n = side + 1, count = n * n;
    float *positions = malloc(count * 12 * sizeof(float));
    uint32_t *indices = malloc((size_t)side * side * 6 * sizeof(uint32_t));
    if (positions == NULL || indices == NULL) abort();
    float *normals = positions + 3 * count, *tangents = normals + 3 * count, *uv = tangents + 4 * count;
    for (uint32_t k = 0; k < count; k++) {
        float u = (float)(k % n) / (float)side, v = (float)(k / n) / (float)side;
        float *p = positions + 3 * k;
        if (sphere) {
            // A cube's face folded over an octahedron: no trigonometry.
            float x = 2 * u - 1, y = 2 * v - 1, ax = x < 0 ? -x : x, ay = y < 0 ? -y : y, z = 1 - ax - ay;
            if (z < 0) {
                float fx = (1 - ay) * (x < 0 ? -1.0f : 1.0f), fy = (1 - ax) * (y < 0 ? -1.0f : 1.0f);
                x = fx;
                y = fy;
            }
            p[0] = x * size;
            p[1] = y * size;
            p[2] = z * size;
        } else {
            p[0] = (2 * u - 1) * size;
            p[1] = (float)(bits_scramble(k) >> 24) / 256.0f * size * 0.03125f;
            p[2] = (1 - 2 * v) * size;
        }
        float *normal = normals + 3 * k;
        normal[0] = sphere ? p[0] : 0;
        normal[1] = sphere ? p[1] : 1;
        normal[2] = sphere ? p[2] : 0;
        tangents[4 * k] = 1;
        tangents[4 * k + 1] = tangents[4 * k + 2] = 0;
        tangents[4 * k + 3] = 1;
        uv[2 * k] = u * 7;
        uv[2 * k + 1] = v * 5;
    }
    for (uint32_t k = 0; k < side * side; k++) {
        uint32_t a = k / side * n + k % side, *i = indices + 6 * k;
        i[0] = i[3] = a;
        i[1] = a + 1;
        i[2] = i[4] = a + n + 1;
        i[5] = a + n;
    }
    rk_model_add_mesh(model, NULL, 0);
    rk_model_add_primitive(model, material, indices, (size_t)side * side * 6, positions, 3 * count);
    rk_model_set_attribute(model, RK_NORMALS, normals, 3 * count);
    rk_model_set_attribute(model, RK_TANGENTS, tangents, 4 * count);
    rk_model_set_attribute(model, RK_UV0, uv, 2 * count);
    free(positions);
    free(indices);
}

static void add_node(RkModel *model, int32_t mesh, int32_t camera, int32_t light, float x, float y, float z, float scale) {
    RkNodeInput node = {-1, mesh, camera, light, -1, {x, y, z, 0.25f, 0, 0, 0.96824584f, scale, scale, scale}};
    if (camera >= 0) node.trs[3] = -0.125f;
    if (mesh == 0) {
        node.trs[3] = 0;
        node.trs[6] = 1;
    }
    rk_model_add_node(model, &node, NULL, 0, NULL, 0, NULL, 0);
}

RkScene *bits_scene(uint32_t side) {
    RkModel *model = rk_model_create((uint64_t)4 << 30);
    if (model == NULL) return NULL;
    bits_add_image(model, 64, RK_TEXEL_SRGB8, 1);
    bits_add_image(model, 32, RK_TEXEL_LINEAR8, 2);
    bits_add_image(model, 16, RK_TEXEL_FLOAT32, 3);
    rk_model_add_texture(model, &(RkTexture){0, RK_WRAP_REPEAT, RK_WRAP_MIRROR, 0});
    rk_model_add_texture(model, &(RkTexture){1, RK_WRAP_CLAMP, RK_WRAP_REPEAT, 0});
    rk_model_add_texture(model, &(RkTexture){0, RK_WRAP_REPEAT, RK_WRAP_REPEAT, 1});
    add_material(model, bits_material(0.75f, 0.25f, 0.5f, RK_ALPHA_OPAQUE, 1, 0));
    add_material(model, bits_material(0.875f, 1, 0.25f, RK_ALPHA_OPAQUE, 1, RK_NONE));
    add_material(model, bits_material(0.25f, 0, 0.75f, RK_ALPHA_MASK, 1, 2));
    add_material(model, bits_material(0.5f, 0, 1, RK_ALPHA_BLEND, 0.625f, RK_NONE));
    bits_add_layered_materials(model);
    bits_add_grid(model, 0, side, 4, false);
    bits_add_grid(model, 1, 64, 0.5f, true);
    bits_add_grid(model, 2, 8, 0.5f, true);
    bits_add_grid(model, 3, 2, 0.75f, false);
    for (uint32_t k = 4; k < 7; k++) bits_add_grid(model, k, 8, 0.4375f, true);
    for (int k = 0; k < 5; k++) add_node(model, 1, -1, -1, (float)k * 1.25f - 2.5f, 0.75f, (float)(k % 2) - 1, k % 2 ? -0.75f : 0.875f);
    add_node(model, 0, -1, -1, 0, 0, 0, 1);
    add_node(model, 2, -1, -1, -0.5f, 0.75f, 1.25f, 1);
    add_node(model, 3, -1, -1, 0.75f, 0.75f, 1.5f, 1);
    for (int k = 4; k < 7; k++) add_node(model, k, -1, -1, (float)k - 5, 1.75f, 0.25f, k == 6 ? 1.25f : 1);
    rk_model_add_camera(model, &(RkCameraInput){RK_CAMERA_PERSPECTIVE, 0.75f, 0.125f, 100, 0.03125f, 5});
    rk_model_add_light(model, &(RkLightInput){2, 30, 24, 18, 0, 0.25f, 0.75f, 0, 0});
    rk_model_add_light(model, &(RkLightInput){3, 6, 7, 8, 0, 0, 0, 1, 0.5f});
    add_node(model, -1, 0, -1, 0, 1.75f, 5, 1);
    add_node(model, -1, -1, 0, 1, 4, 2, 1);
    add_node(model, -1, -1, 1, -1, 3, 0, 1);
    rk_model_set_sky(model, &(RkSkyInput){RK_SKY_IMAGE, 0, 0, 0, 2, 0.125f, 0.75f});
    RkScene *scene = NULL;
    if (rk_model_finish(model, 24) != RK_OK || rk_scene_prepare(model, 1, &scene) != RK_OK) return NULL;
    return scene;
}
