// Filling the model. Arrays are copied; lengths are checked here, references in `rk_model_finish`.
#include "model.h"

#include <stdlib.h>
#include <string.h>

RkModel *rk_model_create(uint64_t memoryMax) {
    RkModel *m = calloc(1, sizeof(RkModel));
    if (m != NULL) m->budget.max = memoryMax;
    return m;
}

void rk_model_set_threads(RkModel *m, uint32_t threads) { m->threads = threads; }

void rk_model_destroy(RkModel *m) {
    if (m == NULL) return;
    RkArray *arrays[] = {&m->floats, &m->words, &m->texels, &m->images, &m->textures, &m->materials, &m->meshes, &m->primitives,
        &m->targets, &m->nodes, &m->cameras, &m->lights, &m->skins, &m->channels};
    for (size_t k = 0; k < sizeof arrays / sizeof arrays[0]; k++) rk_array_free(&m->budget, arrays[k]);
    free(m);
}

#define RK_APPEND(model, array, value) \
    (rk_append_copy(&(model)->budget, &(model)->array, (value), 1, sizeof *(value)) ? RK_OK : RK_OUT_OF_MEMORY)

static RkStatus rk_add_floats(RkModel *m, const float *values, size_t count, RkRun *run) {
    run->first = m->floats.count;
    run->count = count;
    return rk_append_copy(&m->budget, &m->floats, values, count, sizeof(float)) ? RK_OK : RK_OUT_OF_MEMORY;
}

static RkStatus rk_add_words(RkModel *m, const uint32_t *values, size_t count, RkRun *run) {
    run->first = m->words.count;
    run->count = count;
    return rk_append_copy(&m->budget, &m->words, values, count, sizeof(uint32_t)) ? RK_OK : RK_OUT_OF_MEMORY;
}

static void *rk_last(RkArray *array) {
    return array->count == 0 ? NULL : (char *)array->data + (array->count - 1) * array->stride;
}

RkStatus rk_model_add_image(RkModel *m, uint32_t width, uint32_t height, uint32_t format, const uint8_t *texels, size_t bytes) {
    static const uint32_t words[] = {1, 1, 2, 4};
    if (width == 0 || height == 0 || width > 65536 || height > 65536 || format > RK_TEXEL_FLOAT32) return RK_INVALID;
    uint64_t count = (uint64_t)width * height * words[format];
    if (count * 4 != bytes) return RK_INVALID;
    // Texel indices are 32-bit.
    if (count + m->texels.count > UINT32_MAX) return RK_TOO_LARGE;
    RkImage image = {width, height, format, (uint32_t)m->texels.count};
    uint32_t *to = rk_append(&m->budget, &m->texels, (size_t)count, sizeof(uint32_t));
    if (to == NULL) return RK_OUT_OF_MEMORY;
    memcpy(to, texels, bytes);
    return RK_APPEND(m, images, &image);
}

RkStatus rk_model_add_texture(RkModel *m, const RkTexture *texture) { return RK_APPEND(m, textures, texture); }
RkStatus rk_model_add_material(RkModel *m, const RkMaterial *material) {
    RkMaterial own = *material;
    float sheen = rk_max3(F3(own.sheenRed, own.sheenGreen, own.sheenBlue));
    bool layered = own.transmission > 0.0f || own.clearcoat > 0.0f || sheen > 0.0f || own.anisotropy > 0.0f || own.iridescence > 0.0f
        || own.diffuseTransmission > 0.0f;
    own.flags = (own.flags & ~RK_MATERIAL_LAYERED) | (layered ? RK_MATERIAL_LAYERED : 0u);
    return RK_APPEND(m, materials, &own);
}

RkStatus rk_model_add_camera(RkModel *m, const RkCameraInput *camera) { return RK_APPEND(m, cameras, camera); }
RkStatus rk_model_add_light(RkModel *m, const RkLightInput *light) { return RK_APPEND(m, lights, light); }

RkStatus rk_model_set_sky(RkModel *m, const RkSkyInput *sky) {
    m->sky = *sky;
    return RK_OK;
}

RkStatus rk_model_add_mesh(RkModel *m, const float *weights, size_t count) {
    RkModelMesh mesh = {{m->primitives.count, 0}, {0, 0}, 0};
    RkStatus status = rk_add_floats(m, weights, count, &mesh.weights);
    return status == RK_OK ? RK_APPEND(m, meshes, &mesh) : status;
}

RkStatus rk_model_add_primitive(
    RkModel *m, uint32_t material, const uint32_t *indices, size_t indexCount, const float *positions, size_t floatCount) {
    RkModelMesh *mesh = rk_last(&m->meshes);
    if (mesh == NULL || indexCount % 3 != 0 || floatCount % 3 != 0) return RK_INVALID;
    // Attribute offsets 4·vertex and index offsets 3·triangle are 32-bit, triangle numbers 30-bit.
    if (floatCount / 3 > UINT32_MAX / 4 || indexCount > UINT32_MAX / 2) return RK_TOO_LARGE;
    uint32_t vertexCount = (uint32_t)(floatCount / 3);
    for (size_t k = 0; k < indexCount; k++) {
        if (indices[k] >= vertexCount) return RK_INVALID;
    }
    RkModelPrimitive p = {0};
    p.material = material;
    p.vertexCount = vertexCount;
    p.targets.first = m->targets.count;
    RkStatus status = rk_add_words(m, indices, indexCount, &p.indices);
    if (status == RK_OK) status = rk_add_floats(m, positions, floatCount, &p.positions);
    if (status == RK_OK) status = RK_APPEND(m, primitives, &p);
    if (status == RK_OK) {
        mesh->primitives.count++;
        mesh->triangles += indexCount / 3;
    }
    return status;
}

RkStatus rk_model_set_attribute(RkModel *m, RkAttribute attribute, const float *values, size_t count) {
    RkModelPrimitive *p = rk_last(&m->primitives);
    if (count == 0) return RK_OK;
    if (p == NULL) return RK_INVALID;
    RkRun *runs[] = {&p->normals, &p->tangents, &p->uv0, &p->uv1, &p->colors, &p->jointWeights};
    static const size_t strides[] = {3, 4, 2, 2, 4, 4};
    if ((unsigned)attribute > RK_JOINT_WEIGHTS || count != strides[attribute] * p->vertexCount) return RK_INVALID;
    return rk_add_floats(m, values, count, runs[attribute]);
}

RkStatus rk_model_set_joints(RkModel *m, const uint32_t *joints, size_t count) {
    RkModelPrimitive *p = rk_last(&m->primitives);
    if (count == 0) return RK_OK;
    if (p == NULL || count != (size_t)4 * p->vertexCount) return RK_INVALID;
    return rk_add_words(m, joints, count, &p->joints);
}

RkStatus rk_model_add_target(RkModel *m, const float *positions, size_t positionCount, const float *normals, size_t normalCount,
    const float *tangents, size_t tangentCount) {
    RkModelPrimitive *p = rk_last(&m->primitives);
    if (p == NULL) return RK_INVALID;
    size_t full = (size_t)3 * p->vertexCount;
    if ((positionCount != 0 && positionCount != full) || (normalCount != 0 && normalCount != full)
        || (tangentCount != 0 && tangentCount != full))
        return RK_INVALID;
    RkModelTarget target;
    RkStatus status = rk_add_floats(m, positions, positionCount, &target.positions);
    if (status == RK_OK) status = rk_add_floats(m, normals, normalCount, &target.normals);
    if (status == RK_OK) status = rk_add_floats(m, tangents, tangentCount, &target.tangents);
    if (status == RK_OK) status = RK_APPEND(m, targets, &target);
    if (status == RK_OK) p->targets.count++;
    return status;
}

RkStatus rk_model_add_node(RkModel *m, const RkNodeInput *input, const float *matrix, size_t matrixCount, const float *weights,
    size_t weightCount, const float *instances, size_t instanceFloats) {
    if ((matrixCount != 0 && matrixCount != 16) || instanceFloats % 10 != 0) return RK_INVALID;
    RkModelNode node = {.input = *input};
    RkStatus status = rk_add_floats(m, matrix, matrixCount, &node.matrix);
    if (status == RK_OK) status = rk_add_floats(m, weights, weightCount, &node.weights);
    if (status == RK_OK) status = rk_add_floats(m, instances, instanceFloats, &node.instances);
    return status == RK_OK ? RK_APPEND(m, nodes, &node) : status;
}

RkStatus rk_model_add_skin(RkModel *m, const uint32_t *joints, size_t jointCount, const float *matrices, size_t floatCount) {
    if (jointCount == 0 || jointCount > 65536 || floatCount != 16 * jointCount) return RK_INVALID;
    RkModelSkin skin;
    RkStatus status = rk_add_words(m, joints, jointCount, &skin.joints);
    if (status == RK_OK) status = rk_add_floats(m, matrices, floatCount, &skin.matrices);
    return status == RK_OK ? RK_APPEND(m, skins, &skin) : status;
}

RkStatus rk_model_add_channel(RkModel *m, uint32_t node, uint32_t path, uint32_t interpolation, const float *times, size_t timeCount,
    const float *values, size_t valueCount) {
    if (path > 3 || interpolation > 2 || timeCount == 0) return RK_INVALID;
    size_t keys = interpolation == 2 ? 3 : 1;
    if (timeCount > SIZE_MAX / 16 || valueCount % (timeCount * keys) != 0) return RK_INVALID;
    size_t stride = valueCount / (timeCount * keys);
    if ((path == 0 || path == 2) ? stride != 3 : path == 1 ? stride != 4 : stride == 0) return RK_INVALID;
    for (size_t k = 0; k < timeCount; k++) {
        if (!rk_is_finite(times[k]) || (k > 0 && !(times[k] > times[k - 1]))) return RK_INVALID;
    }
    RkModelChannel channel = {node, path, interpolation, {0, 0}, {0, 0}};
    RkStatus status = rk_add_floats(m, times, timeCount, &channel.times);
    if (status == RK_OK) status = rk_add_floats(m, values, valueCount, &channel.values);
    return status == RK_OK ? RK_APPEND(m, channels, &channel) : status;
}
