#include "pose.h"

#include <string.h>

RkMatrix rk_identity(void) { return (RkMatrix){{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0}}; }

RkMatrix rk_multiply(const RkMatrix *a, const RkMatrix *b) {
    RkMatrix r;
    for (int row = 0; row < 3; row++) {
        const float *x = a->m + 4 * row;
        for (int column = 0; column < 4; column++) {
            float sum = (x[0] * b->m[column] + x[1] * b->m[4 + column]) + x[2] * b->m[8 + column];
            r.m[4 * row + column] = column == 3 ? sum + x[3] : sum;
        }
    }
    return r;
}

RkMatrix rk_compose(const float trs[10]) {
    float x = trs[3], y = trs[4], z = trs[5], w = trs[6];
    float length = rk_sqrt(((x * x + y * y) + z * z) + w * w);
    if (length > 0.0f && rk_is_finite(length)) {
        float scale = 1.0f / length;
        x = x * scale;
        y = y * scale;
        z = z * scale;
        w = w * scale;
    } else {
        x = y = z = 0.0f;
        w = 1.0f;
    }
    const float *s = trs + 7;
    return (RkMatrix){{
        (1.0f - 2.0f * (y * y + z * z)) * s[0], 2.0f * (x * y - z * w) * s[1], 2.0f * (x * z + y * w) * s[2], trs[0],
        2.0f * (x * y + z * w) * s[0], (1.0f - 2.0f * (x * x + z * z)) * s[1], 2.0f * (y * z - x * w) * s[2], trs[1],
        2.0f * (x * z - y * w) * s[0], 2.0f * (y * z + x * w) * s[1], (1.0f - 2.0f * (x * x + y * y)) * s[2], trs[2],
    }};
}

RkMatrix rk_from_columns(const float c[16]) {
    return (RkMatrix){{c[0], c[4], c[8], c[12], c[1], c[5], c[9], c[13], c[2], c[6], c[10], c[14]}};
}

float rk_determinant(const RkMatrix *a) {
    const float *m = a->m;
    return (m[0] * (m[5] * m[10] - m[6] * m[9]) - m[1] * (m[4] * m[10] - m[6] * m[8])) + m[2] * (m[4] * m[9] - m[5] * m[8]);
}

RkMatrix rk_inverse(const RkMatrix *a) {
    const float *m = a->m;
    RkMatrix r = {{0}};
    float determinant = rk_determinant(a);
    if (determinant == 0.0f || !rk_is_finite(determinant)) return r;
    float s = 1.0f / determinant;
    if (!rk_is_finite(s)) return r;
    r.m[0] = (m[5] * m[10] - m[6] * m[9]) * s;
    r.m[1] = (m[2] * m[9] - m[1] * m[10]) * s;
    r.m[2] = (m[1] * m[6] - m[2] * m[5]) * s;
    r.m[4] = (m[6] * m[8] - m[4] * m[10]) * s;
    r.m[5] = (m[0] * m[10] - m[2] * m[8]) * s;
    r.m[6] = (m[2] * m[4] - m[0] * m[6]) * s;
    r.m[8] = (m[4] * m[9] - m[5] * m[8]) * s;
    r.m[9] = (m[1] * m[8] - m[0] * m[9]) * s;
    r.m[10] = (m[0] * m[5] - m[1] * m[4]) * s;
    for (int row = 0; row < 3; row++) {
        const float *x = r.m + 4 * row;
        r.m[4 * row + 3] = -((x[0] * m[3] + x[1] * m[7]) + x[2] * m[11]);
    }
    return r;
}

/// Spherical linear interpolation of unit quaternions along the shorter arc.
static void rk_slerp(const float a[4], const float b[4], float t, float out[4]) {
    float cosine = ((a[0] * b[0] + a[1] * b[1]) + a[2] * b[2]) + a[3] * b[3];
    float sign = cosine < 0.0f ? -1.0f : 1.0f;
    float wa = 1.0f - t, wb = t;
    cosine = cosine * sign;
    // Nearly parallel: the sine is too small to divide by, and the chord is as good as the arc.
    if (cosine < 0.9995f) {
        float angle = rk_acos(cosine);
        float sine = rk_sincos(angle).x;
        wa = rk_sincos((1.0f - t) * angle).x / sine;
        wb = rk_sincos(t * angle).x / sine;
    }
    for (int k = 0; k < 4; k++) out[k] = a[k] * wa + b[k] * (wb * sign);
}

/// The values of a channel at a time, clamped to its keys (glTF 2.0, appendix C).
static void rk_sample_channel(const RkModel *model, const RkModelChannel *c, float time, float *out) {
    const float *times = rk_model_floats(model, c->times), *values = rk_model_floats(model, c->values);
    size_t keys = c->times.count, perKey = c->values.count / keys;
    size_t stride = c->interpolation == 2 ? perKey / 3 : perKey;
    size_t middle = c->interpolation == 2 ? stride : 0;
    size_t low = 0, high = keys;
    while (high - low > 1) {
        size_t m = low + (high - low) / 2;
        if (times[m] <= time) low = m;
        else high = m;
    }
    const float *a = values + low * perKey;
    if (time <= times[low] || low + 1 == keys || c->interpolation == 1) {
        memcpy(out, a + middle, stride * sizeof(float));
        return;
    }
    const float *b = values + (low + 1) * perKey;
    float span = times[low + 1] - times[low];
    float t = (time - times[low]) / span;
    if (c->interpolation == 0) {
        if (c->path == 1) {
            rk_slerp(a, b, t, out);
        } else {
            for (size_t k = 0; k < stride; k++) out[k] = a[k] + (b[k] - a[k]) * t;
        }
        return;
    }
    float t2 = t * t, t3 = t2 * t;
    for (size_t k = 0; k < stride; k++) {
        float p0 = a[stride + k], m0 = a[2 * stride + k] * span, m1 = b[k] * span, p1 = b[stride + k];
        out[k] = (((2.0f * t3 - 3.0f * t2 + 1.0f) * p0 + (t3 - 2.0f * t2 + t) * m0) + (-2.0f * t3 + 3.0f * t2) * p1)
            + (t3 - t2) * m1;
    }
}

/// Sampled TRS of a node; bits of `driven` tell which paths a channel has set.
typedef struct {
    float trs[10];
    uint32_t driven;
} RkNodePose;

static RkStatus rk_animate(RkModel *m, float time, RkPose *pose, RkNodePose *nodes) {
    for (size_t k = 0; k < m->channels.count; k++) {
        const RkModelChannel *c = (const RkModelChannel *)m->channels.data + k;
        RkNodePose *node = nodes + c->node;
        if (node->driven & (1u << c->path)) continue;
        node->driven |= 1u << c->path;
        if (c->path == 3) {
            size_t stride = c->values.count / c->times.count / (c->interpolation == 2 ? 3 : 1);
            // The count is kept as a float, which is exact below 2^24.
            if (stride > 65536 || pose->weights.count > RK_NONE / 2) return RK_TOO_LARGE;
            pose->weightFirst[c->node] = (uint32_t)pose->weights.count;
            // The count goes first, so that a reader knows how many weights there are.
            float *to = rk_append(&m->budget, &pose->weights, stride + 1, sizeof(float));
            if (to == NULL) return RK_OUT_OF_MEMORY;
            to[0] = (float)stride;
            rk_sample_channel(m, c, time, to + 1);
        } else {
            static const size_t offsets[] = {0, 3, 7};
            rk_sample_channel(m, c, time, node->trs + offsets[c->path]);
        }
    }
    return RK_OK;
}

RkStatus rk_pose(RkModel *m, uint32_t frame, RkPose *pose) {
    memset(pose, 0, sizeof *pose);
    pose->nodeCount = m->nodes.count;
    if (pose->nodeCount == 0) return RK_OK;
    float time = (float)(frame - 1u) / m->framesPerSecond;
    RkNodePose *nodes = rk_allocate(&m->budget, pose->nodeCount, sizeof(RkNodePose));
    pose->world = rk_allocate(&m->budget, pose->nodeCount, sizeof(RkMatrix));
    pose->weightFirst = rk_allocate(&m->budget, pose->nodeCount, sizeof(uint32_t));
    RkStatus status = RK_OUT_OF_MEMORY;
    if (nodes != NULL && pose->world != NULL && pose->weightFirst != NULL) {
        for (size_t k = 0; k < pose->nodeCount; k++) {
            memcpy(nodes[k].trs, ((const RkModelNode *)m->nodes.data)[k].input.trs, sizeof nodes[k].trs);
            nodes[k].driven = 0;
            pose->weightFirst[k] = RK_NONE;
        }
        status = rk_animate(m, time, pose, nodes);
        for (size_t k = 0; k < pose->nodeCount && status == RK_OK; k++) {
            const RkModelNode *node = (const RkModelNode *)m->nodes.data + k;
            bool fixed = node->matrix.count != 0 && (nodes[k].driven & 7u) == 0;
            RkMatrix local = fixed ? rk_from_columns(rk_model_floats(m, node->matrix)) : rk_compose(nodes[k].trs);
            pose->world[k] = node->input.parent < 0 ? local : rk_multiply(&pose->world[node->input.parent], &local);
        }
    }
    rk_release(&m->budget, nodes, pose->nodeCount, sizeof(RkNodePose));
    if (status != RK_OK) rk_pose_free(m, pose);
    return status;
}

void rk_pose_free(RkModel *m, RkPose *pose) {
    rk_release(&m->budget, pose->world, pose->nodeCount, sizeof(RkMatrix));
    rk_release(&m->budget, pose->weightFirst, pose->nodeCount, sizeof(uint32_t));
    rk_array_free(&m->budget, &pose->weights);
    memset(pose, 0, sizeof *pose);
}
