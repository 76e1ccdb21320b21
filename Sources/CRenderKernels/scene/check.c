// The references of a model. After this nothing in preparation or rendering needs to check an index again.
#include "model.h"

#include <string.h>

void rk_default_material(RkMaterial *material) {
    memset(material, 0, sizeof *material);
    material->baseRed = material->baseGreen = material->baseBlue = material->baseAlpha = 1.0f;
    material->metallic = material->roughness = 1.0f;
    material->normalScale = 1.0f;
    material->alphaCutoff = 0.5f;
    material->ior = 1.5f;
    material->specular = material->specularRed = material->specularGreen = material->specularBlue = 1.0f;
    material->attenuationRed = material->attenuationGreen = material->attenuationBlue = 1.0f;
    material->attenuationDistance = RK_INFINITY;
    material->clearcoatNormalScale = 1.0f;
    material->iridescenceIor = 1.3f;
    material->diffuseTransmissionRed = material->diffuseTransmissionGreen = material->diffuseTransmissionBlue = 1.0f;
    RkTextureSlot *slots = &material->baseColorTexture;
    for (size_t k = 0; k < RK_TEXTURE_SLOTS; k++) {
        slots[k].texture = RK_NONE;
        slots[k].m0 = slots[k].m4 = 1.0f;
    }
}

static RkStatus rk_check_materials(const RkModel *m) {
    const RkTexture *textures = m->textures.data;
    for (size_t k = 0; k < m->textures.count; k++) {
        const RkTexture *t = textures + k;
        if (t->image >= m->images.count || t->wrapS > RK_WRAP_MIRROR || t->wrapT > RK_WRAP_MIRROR) return RK_INVALID;
    }
    for (size_t k = 0; k < m->materials.count; k++) {
        const RkMaterial *material = (const RkMaterial *)m->materials.data + k;
        if (material->alphaMode > RK_ALPHA_BLEND) return RK_INVALID;
        const RkTextureSlot *slots = &material->baseColorTexture;
        for (size_t s = 0; s < RK_TEXTURE_SLOTS; s++) {
            if (slots[s].texture != RK_NONE && slots[s].texture >= m->textures.count) return RK_INVALID;
        }
    }
    return RK_OK;
}

static bool rk_reference(int32_t index, size_t count) { return index == -1 || (index >= 0 && (size_t)index < count); }

static RkStatus rk_check_nodes(const RkModel *m) {
    const RkModelMesh *meshes = m->meshes.data;
    const RkModelPrimitive *primitives = m->primitives.data;
    const RkModelSkin *skins = m->skins.data;
    for (size_t k = 0; k < m->nodes.count; k++) {
        const RkModelNode *node = (const RkModelNode *)m->nodes.data + k;
        const RkNodeInput *n = &node->input;
        if (!rk_reference(n->parent, k) || !rk_reference(n->mesh, m->meshes.count) || !rk_reference(n->camera, m->cameras.count)
            || !rk_reference(n->light, m->lights.count) || !rk_reference(n->skin, m->skins.count))
            return RK_INVALID;
        if (n->mesh < 0 || n->skin < 0) continue;
        const RkModelMesh *mesh = meshes + n->mesh;
        for (size_t p = 0; p < mesh->primitives.count; p++) {
            const RkModelPrimitive *primitive = primitives + mesh->primitives.first + p;
            const uint32_t *joints = rk_model_words(m, primitive->joints);
            if ((primitive->joints.count == 0) != (primitive->jointWeights.count == 0)) return RK_INVALID;
            for (size_t j = 0; j < primitive->joints.count; j++) {
                if (joints[j] >= skins[n->skin].joints.count) return RK_INVALID;
            }
        }
    }
    for (size_t k = 0; k < m->skins.count; k++) {
        const uint32_t *joints = rk_model_words(m, skins[k].joints);
        for (size_t j = 0; j < skins[k].joints.count; j++) {
            if (joints[j] >= m->nodes.count) return RK_INVALID;
        }
    }
    for (size_t k = 0; k < m->channels.count; k++) {
        if (((const RkModelChannel *)m->channels.data)[k].node >= m->nodes.count) return RK_INVALID;
    }
    return RK_OK;
}

RkStatus rk_model_finish(RkModel *m, float framesPerSecond) {
    if (m->finished || !(framesPerSecond > 0.0f) || !rk_is_finite(framesPerSecond)) return RK_INVALID;
    RkMaterial material;
    rk_default_material(&material);
    if (m->materials.count >= RK_NONE - 1) return RK_TOO_LARGE;
    uint32_t fallback = (uint32_t)m->materials.count;
    RkStatus status = rk_model_add_material(m, &material);
    if (status != RK_OK) return status;
    for (size_t k = 0; k < m->primitives.count; k++) {
        RkModelPrimitive *p = (RkModelPrimitive *)m->primitives.data + k;
        if (p->material == RK_NONE) p->material = fallback;
        if (p->material >= m->materials.count) return RK_INVALID;
    }
    for (size_t k = 0; k < m->lights.count; k++) {
        if (((const RkLightInput *)m->lights.data)[k].kind > 4) return RK_INVALID;
    }
    for (size_t k = 0; k < m->cameras.count; k++) {
        if (((const RkCameraInput *)m->cameras.data)[k].kind > RK_CAMERA_ORTHOGRAPHIC) return RK_INVALID;
    }
    if (m->sky.kind > RK_SKY_IMAGE || (m->sky.kind == RK_SKY_IMAGE && m->sky.image >= m->images.count)) return RK_INVALID;
    status = rk_check_materials(m);
    if (status == RK_OK) status = rk_check_nodes(m);
    if (status != RK_OK) return status;
    m->framesPerSecond = framesPerSecond;
    m->finished = true;
    return RK_OK;
}
