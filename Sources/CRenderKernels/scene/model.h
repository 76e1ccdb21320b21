// The model: a canonical scene in tables of its own, everything that does not depend on the frame.
#pragma once

#include "../native/native.h"
#include "memory.h"

/// A run of values in one of the model's arrays.
typedef struct {
    size_t first, count;
} RkRun;

typedef struct {
    RkRun positions, normals, tangents;
} RkModelTarget;

typedef struct {
    uint32_t material;
    uint32_t vertexCount;
    /// Into `words`.
    RkRun indices, joints;
    /// Into `floats`.
    RkRun positions, normals, tangents, uv0, uv1, colors, jointWeights;
    /// Into `targets`.
    RkRun targets;
} RkModelPrimitive;

typedef struct {
    RkRun primitives, weights;
    uint64_t triangles;
} RkModelMesh;

typedef struct {
    RkNodeInput input;
    RkRun matrix, weights, instances;
} RkModelNode;

typedef struct {
    RkRun joints, matrices;
} RkModelSkin;

typedef struct {
    uint32_t node, path, interpolation;
    RkRun times, values;
} RkModelChannel;

struct RkModel {
    RkBudget budget;
    /// That build a tree; 0 is 1.
    uint32_t threads;
    RkArray floats, words, texels;
    RkArray images, textures, materials, meshes, primitives, targets, nodes, cameras, lights, skins, channels;
    RkSkyInput sky;
    float framesPerSecond;
    bool finished;
};

/// Material of primitives that name none, and of area lights: appended by `rk_model_finish`.
void rk_default_material(RkMaterial *material);

static inline const float *rk_model_floats(const RkModel *m, RkRun run) { return (const float *)m->floats.data + run.first; }
static inline const uint32_t *rk_model_words(const RkModel *m, RkRun run) { return (const uint32_t *)m->words.data + run.first; }
