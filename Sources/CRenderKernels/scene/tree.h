// What the two steps of building a tree share: a binary tree by the surface-area heuristic (split.c, binary.c), and wide nodes (build.c).
#pragma once

#include "scene.h"

/// Cost of a pack of triangles in units of a binary split.
#define RK_PACK_COST 1.0f
/// Below this depth of the binary tree ranges are halved by number: bounds the depth whatever the input.
#define RK_SAH_DEPTH_MAX 48
/// Marks a placement among the items.
#define RK_ITEM_PLACEMENT 0x80000000u

typedef struct {
    float low[3], high[3];
} RkBox;

typedef struct {
    RkBox box;
    uint32_t item;
} RkReference;

/// `count` 0: an inner node with children left and left + 1; otherwise a leaf of references [left, left + count).
typedef struct {
    RkBox box;
    uint32_t left, count;
} RkBinaryNode;

typedef struct {
    RkScene *scene;
    const RkBuildTriangle *triangles;
    RkReference *references;
    RkArray binary;
    RkStatus status;
} RkBuilder;

static const RkBox rk_empty_box = {{3.402823466e38f, 3.402823466e38f, 3.402823466e38f}, {-3.402823466e38f, -3.402823466e38f, -3.402823466e38f}};

static inline void rk_grow(RkBox *a, const RkBox *b) {
    for (int k = 0; k < 3; k++) {
        a->low[k] = b->low[k] < a->low[k] ? b->low[k] : a->low[k];
        a->high[k] = b->high[k] > a->high[k] ? b->high[k] : a->high[k];
    }
}

static inline float rk_half_area(const RkBox *b) {
    float x = b->high[0] - b->low[0], y = b->high[1] - b->low[1], z = b->high[2] - b->low[2];
    return x < 0.0f ? 0.0f : (x * y + y * z) + z * x;
}

static inline float rk_middle(const RkBox *b, int axis) { return 0.5f * b->low[axis] + 0.5f * b->high[axis]; }
static inline float rk_packs(uint32_t count) { return (float)((count + RK_PACK_WIDTH - 1) / RK_PACK_WIDTH) * RK_PACK_COST; }

/// Where to divide a range of references at some depth of the tree, which is thereby sorted into the two parts; or 0 where it is a leaf.
uint32_t rk_divide(RkReference *references, uint32_t count, const RkBox *box, const RkBox *middles, uint32_t depth);

/// Fills `builder->binary` with the tree over `count` references; the root is its first node. False where memory is used up.
bool rk_build_binary(RkBuilder *builder, uint32_t count);
