// Morph targets and skins (glTF 2.0, 3.7.2.2 and 3.7.3). Sums run in index order.
#include "scene.h"

#include <string.h>

bool rk_deforms(const RkModel *m, const RkModelNode *node) {
    if (node->input.mesh < 0) return false;
    if (node->input.skin >= 0) return true;
    const RkModelMesh *mesh = (const RkModelMesh *)m->meshes.data + node->input.mesh;
    for (size_t k = 0; k < mesh->primitives.count; k++) {
        if (((const RkModelPrimitive *)m->primitives.data)[mesh->primitives.first + k].targets.count != 0) return true;
    }
    return false;
}

/// Animated weights, else the node's, else the mesh's.
static const float *rk_weights(const RkModel *m, const RkPose *pose, size_t nodeIndex, size_t *count) {
    const RkModelNode *node = (const RkModelNode *)m->nodes.data + nodeIndex;
    if (pose->weightFirst[nodeIndex] != RK_NONE) {
        const float *run = (const float *)pose->weights.data + pose->weightFirst[nodeIndex];
        *count = (size_t)run[0];
        return run + 1;
    }
    RkRun run = node->weights.count != 0 ? node->weights : ((const RkModelMesh *)m->meshes.data)[node->input.mesh].weights;
    *count = run.count;
    return rk_model_floats(m, run);
}

static void rk_add_displacement(float *to, size_t stride, const float *displacement, float weight, size_t vertexCount) {
    for (size_t v = 0; v < vertexCount; v++) {
        for (size_t k = 0; k < 3; k++) to[stride * v + k] += displacement[3 * v + k] * weight;
    }
}

void rk_apply(const float *m, const float *v, bool point, float *out) {
    float x = v[0], y = v[1], z = v[2];
    for (int row = 0; row < 3; row++) {
        const float *r = m + 4 * row;
        float sum = (r[0] * x + r[1] * y) + r[2] * z;
        out[row] = point ? sum + r[3] : sum;
    }
}

void rk_apply_normal(const float *m, const float *v, float *out) {
    RkMatrix matrix;
    memcpy(matrix.m, m, sizeof matrix.m);
    float sign = rk_determinant(&matrix) < 0.0f ? -1.0f : 1.0f;
    float x = v[0] * sign, y = v[1] * sign, z = v[2] * sign;
    out[0] = ((m[5] * m[10] - m[6] * m[9]) * x + (m[6] * m[8] - m[4] * m[10]) * y) + (m[4] * m[9] - m[5] * m[8]) * z;
    out[1] = ((m[2] * m[9] - m[1] * m[10]) * x + (m[0] * m[10] - m[2] * m[8]) * y) + (m[1] * m[8] - m[0] * m[9]) * z;
    out[2] = ((m[1] * m[6] - m[2] * m[5]) * x + (m[2] * m[4] - m[0] * m[6]) * y) + (m[0] * m[5] - m[1] * m[4]) * z;
    // Cofactors grow with the square of the scale: bring the length back before it under- or overflows further on.
    float length = rk_sqrt((out[0] * out[0] + out[1] * out[1]) + out[2] * out[2]);
    if (length > 0.0f && rk_is_finite(length)) {
        for (int k = 0; k < 3; k++) out[k] = out[k] / length;
    }
}

static RkStatus rk_skin(RkScene *scene, const RkPose *pose, const RkModelSkin *skin, const RkModelPrimitive *p, const RkDeformed *out) {
    RkModel *m = scene->model;
    size_t jointCount = skin->joints.count;
    RkMatrix *joints = rk_allocate(&m->budget, jointCount, sizeof(RkMatrix));
    if (joints == NULL) return RK_OUT_OF_MEMORY;
    for (size_t j = 0; j < jointCount; j++) {
        RkMatrix bind = rk_from_columns(rk_model_floats(m, skin->matrices) + 16 * j);
        joints[j] = rk_multiply(&pose->world[rk_model_words(m, skin->joints)[j]], &bind);
    }
    const uint32_t *indices = rk_model_words(m, p->joints);
    const float *weights = rk_model_floats(m, p->jointWeights);
    for (size_t v = 0; v < p->vertexCount; v++) {
        float blended[12] = {0};
        for (size_t j = 0; j < 4; j++) {
            const float *joint = joints[indices[4 * v + j]].m;
            for (int k = 0; k < 12; k++) blended[k] += joint[k] * weights[4 * v + j];
        }
        rk_apply(blended, out->positions + 3 * v, true, out->positions + 3 * v);
        if (out->normals != NULL) {
            float n[3];
            rk_apply_normal(blended, out->normals + 3 * v, n);
            memcpy(out->normals + 3 * v, n, sizeof n);
        }
        if (out->tangents != NULL) rk_apply(blended, out->tangents + 4 * v, false, out->tangents + 4 * v);
    }
    rk_release(&m->budget, joints, jointCount, sizeof(RkMatrix));
    return RK_OK;
}

RkStatus rk_deform(RkScene *scene, const RkPose *pose, size_t nodeIndex, const RkModelPrimitive *p, const RkDeformed *out) {
    RkModel *m = scene->model;
    const RkModelNode *node = (const RkModelNode *)m->nodes.data + nodeIndex;
    size_t n = p->vertexCount;
    if (n == 0) return RK_OK;
    memcpy(out->positions, rk_model_floats(m, p->positions), 3 * n * sizeof(float));
    if (out->normals != NULL) memcpy(out->normals, rk_model_floats(m, p->normals), 3 * n * sizeof(float));
    if (out->tangents != NULL) memcpy(out->tangents, rk_model_floats(m, p->tangents), 4 * n * sizeof(float));

    size_t weightCount;
    const float *weights = rk_weights(m, pose, nodeIndex, &weightCount);
    for (size_t k = 0; k < p->targets.count && k < weightCount; k++) {
        const RkModelTarget *target = (const RkModelTarget *)m->targets.data + p->targets.first + k;
        if (weights[k] == 0.0f) continue;
        if (target->positions.count) rk_add_displacement(out->positions, 3, rk_model_floats(m, target->positions), weights[k], n);
        if (target->normals.count && out->normals != NULL)
            rk_add_displacement(out->normals, 3, rk_model_floats(m, target->normals), weights[k], n);
        if (target->tangents.count && out->tangents != NULL)
            rk_add_displacement(out->tangents, 4, rk_model_floats(m, target->tangents), weights[k], n);
    }
    bool skinned = node->input.skin >= 0 && p->joints.count != 0;
    if (skinned) return rk_skin(scene, pose, (const RkModelSkin *)m->skins.data + node->input.skin, p, out);
    return RK_OK;
}
