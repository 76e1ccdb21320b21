// The tree: binned surface-area heuristic into a binary tree, then collapsed into wide nodes.
//
// Hits don't depend on it (see traverse.h), only speed does.
#include "scene.h"

#include <string.h>

#define RK_BINS 16
/// Cost of a pack of triangles in units of a binary split.
#define RK_PACK_COST 1.0f
/// Cost of a binary split in the same units: several of them share one visit of a wide node.
#define RK_SPLIT_COST 0.6f
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

typedef struct {
    int axis;
    uint32_t bin;
    float cost;
} RkSplit;

static inline uint32_t rk_bin(float middle, float low, float scale) {
    float b = (middle - low) * scale;
    return b < (float)(RK_BINS - 1) ? (b > 0.0f ? (uint32_t)b : 0u) : RK_BINS - 1;
}

static RkSplit rk_find_split(const RkReference *r, uint32_t count, const RkBox *middles) {
    RkSplit best = {-1, 0, RK_INFINITY};
    RkBox boxes[3][RK_BINS];
    uint32_t counts[3][RK_BINS];
    float scale[3];
    for (int axis = 0; axis < 3; axis++) {
        float extent = middles->high[axis] - middles->low[axis];
        scale[axis] = extent > 0.0f ? (float)RK_BINS * 0.9999f / extent : 0.0f;
        for (int b = 0; b < RK_BINS; b++) {
            boxes[axis][b] = rk_empty_box;
            counts[axis][b] = 0;
        }
    }
    for (uint32_t k = 0; k < count; k++) {
        for (int axis = 0; axis < 3; axis++) {
            uint32_t b = rk_bin(rk_middle(&r[k].box, axis), middles->low[axis], scale[axis]);
            rk_grow(&boxes[axis][b], &r[k].box);
            counts[axis][b]++;
        }
    }
    for (int axis = 0; axis < 3; axis++) {
        if (!(scale[axis] > 0.0f) || !rk_is_finite(scale[axis])) continue;
        float rightCost[RK_BINS];
        RkBox box = rk_empty_box;
        uint32_t number = 0;
        for (int b = RK_BINS - 1; b > 0; b--) {
            rk_grow(&box, &boxes[axis][b]);
            number += counts[axis][b];
            rightCost[b] = rk_half_area(&box) * rk_packs(number);
        }
        box = rk_empty_box;
        number = 0;
        for (int b = 0; b + 1 < RK_BINS; b++) {
            rk_grow(&box, &boxes[axis][b]);
            number += counts[axis][b];
            if (number == 0 || number == count) continue;
            float cost = rk_half_area(&box) * rk_packs(number) + rightCost[b + 1];
            if (cost < best.cost) best = (RkSplit){axis, (uint32_t)b, cost};
        }
    }
    return best;
}

static bool rk_holds_placement(const RkReference *r, uint32_t count) {
    for (uint32_t k = 0; k < count; k++) {
        if (r[k].item & RK_ITEM_PLACEMENT) return true;
    }
    return false;
}

/// Where to divide a range, or 0 where it is a leaf.
static uint32_t rk_divide(RkReference *r, uint32_t count, const RkBox *box, const RkBox *middles, uint32_t depth) {
    bool few = count <= RK_PACK_WIDTH * RK_LEAF_PACKS_MAX;
    bool placement = few && rk_holds_placement(r, count);
    if (count == 1 || (count <= RK_PACK_WIDTH && !placement)) return 0;
    if (depth < RK_SAH_DEPTH_MAX) {
        RkSplit split = rk_find_split(r, count, middles);
        float area = rk_half_area(box);
        bool small = few && !placement;
        // Leaves of more than one pack, where dividing does not pay.
        if (small && (split.axis < 0 || rk_packs(count) * area <= RK_SPLIT_COST * area + split.cost)) return 0;
        if (split.axis >= 0) {
            float low = middles->low[split.axis];
            float scale = (float)RK_BINS * 0.9999f / (middles->high[split.axis] - low);
            uint32_t i = 0, j = count;
            while (i < j) {
                if (rk_bin(rk_middle(&r[i].box, split.axis), low, scale) <= split.bin) {
                    i++;
                } else {
                    RkReference swap = r[i];
                    r[i] = r[--j];
                    r[j] = swap;
                }
            }
            if (i != 0 && i != count) return i;
        }
    }
    return count / 2;
}

typedef struct {
    uint32_t node, first, count, depth;
} RkTask;

static bool rk_build_binary(RkBuilder *b, uint32_t count) {
    RkBudget *budget = rk_budget(b->scene);
    if (rk_append(budget, &b->binary, 1, sizeof(RkBinaryNode)) == NULL) return false;
    // Every level leaves one waiting task; depth is bounded by RK_SAH_DEPTH_MAX and halving.
    RkTask stack[RK_SAH_DEPTH_MAX + 40];
    uint32_t top = 0;
    stack[top++] = (RkTask){0, 0, count, 0};
    while (top > 0) {
        RkTask task = stack[--top];
        RkReference *r = b->references + task.first;
        RkBox box = rk_empty_box, middles = rk_empty_box;
        for (uint32_t k = 0; k < task.count; k++) {
            rk_grow(&box, &r[k].box);
            RkBox point;
            for (int axis = 0; axis < 3; axis++) point.low[axis] = point.high[axis] = rk_middle(&r[k].box, axis);
            rk_grow(&middles, &point);
        }
        uint32_t left = rk_divide(r, task.count, &box, &middles, task.depth);
        RkBinaryNode *node = (RkBinaryNode *)b->binary.data + task.node;
        node->box = box;
        if (left == 0) {
            node->left = task.first;
            node->count = task.count;
            continue;
        }
        uint32_t child = (uint32_t)b->binary.count;
        node->left = child;
        node->count = 0;
        if (rk_append(budget, &b->binary, 2, sizeof(RkBinaryNode)) == NULL) return false;
        // The smaller half first from the stack, so that few tasks wait.
        RkTask a = {child, task.first, left, task.depth + 1};
        RkTask c = {child + 1, task.first + left, task.count - left, task.depth + 1};
        if (top + 2 > sizeof stack / sizeof stack[0]) return false;
        stack[top++] = a.count > c.count ? a : c;
        stack[top++] = a.count > c.count ? c : a;
    }
    return true;
}

/// Writes the packs of a leaf; gives its child reference.
static uint32_t rk_emit_leaf(RkBuilder *b, const RkBinaryNode *leaf) {
    RkScene *scene = b->scene;
    const RkReference *r = b->references + leaf->left;
    if (r[0].item & RK_ITEM_PLACEMENT)
        return RK_CHILD_LEAF | (RK_CHILD_PLACEMENT << RK_CHILD_PACKS_SHIFT) | (r[0].item & RK_CHILD_INDEX);
    uint32_t packCount = (leaf->count + RK_PACK_WIDTH - 1) / RK_PACK_WIDTH;
    uint32_t first = (uint32_t)scene->packs.count;
    if (scene->packs.count + packCount > RK_CHILD_INDEX) {
        b->status = RK_TOO_LARGE;
        return RK_NONE;
    }
    RkPack *packs = rk_append(rk_budget(scene), &scene->packs, packCount, sizeof(RkPack));
    if (packs == NULL) {
        b->status = RK_OUT_OF_MEMORY;
        return RK_NONE;
    }
    memset(packs, 0, packCount * sizeof(RkPack));
    for (uint32_t k = 0; k < leaf->count; k++) {
        const RkBuildTriangle *t = b->triangles + r[k].item;
        RkPack *pack = packs + k / RK_PACK_WIDTH;
        for (int axis = 0; axis < 3; axis++) {
            pack->v0[axis][k % RK_PACK_WIDTH] = t->v0[axis];
            pack->e1[axis][k % RK_PACK_WIDTH] = t->e1[axis];
            pack->e2[axis][k % RK_PACK_WIDTH] = t->e2[axis];
        }
        pack->primitive[k % RK_PACK_WIDTH] = t->primitive;
        pack->draw[k % RK_PACK_WIDTH] = t->draw;
    }
    return RK_CHILD_LEAF | (packCount << RK_CHILD_PACKS_SHIFT) | first;
}

typedef struct {
    uint32_t binary;
    /// Where the finished child reference goes: node and lane; node RK_NONE for the root.
    uint32_t node, lane;
    uint32_t need;
} RkCollapseTask;

/// Opens the child with the largest box until the node is full, node by node.
static uint32_t rk_collapse(RkBuilder *b, uint32_t *stackNeed) {
    RkScene *scene = b->scene;
    RkArray tasks = {0};
    RkBudget *budget = rk_budget(scene);
    uint32_t root = RK_NONE;
    *stackNeed = 0;
    RkCollapseTask first = {0, RK_NONE, 0, 0};
    if (!rk_append_copy(budget, &tasks, &first, 1, sizeof first)) b->status = RK_OUT_OF_MEMORY;
    const RkBinaryNode *binary = b->binary.data;
    float rootArea = rk_half_area(&binary[0].box);
    while (tasks.count > 0 && b->status == RK_OK) {
        RkCollapseTask task = ((RkCollapseTask *)tasks.data)[--tasks.count];
        const RkBinaryNode *top = binary + task.binary;
        double weight = rootArea > 0.0f ? (double)rk_half_area(&top->box) / (double)rootArea : 1.0;
        uint32_t reference;
        if (top->count != 0) {
            reference = rk_emit_leaf(b, top);
            scene->cost += weight * (double)((top->count + RK_PACK_WIDTH - 1) / RK_PACK_WIDTH);
        } else {
            uint32_t children[RK_NODE_WIDTH] = {top->left, top->left + 1}, count = 2;
            while (count < RK_NODE_WIDTH) {
                int widest = -1;
                float area = -1.0f;
                for (uint32_t k = 0; k < count; k++) {
                    if (binary[children[k]].count == 0 && rk_half_area(&binary[children[k]].box) > area) {
                        area = rk_half_area(&binary[children[k]].box);
                        widest = (int)k;
                    }
                }
                if (widest < 0) break;
                uint32_t opened = binary[children[widest]].left;
                children[widest] = opened;
                children[count++] = opened + 1;
            }
            reference = (uint32_t)scene->nodes.count;
            RkNode *node = reference < RK_CHILD_INDEX ? rk_append(budget, &scene->nodes, 1, sizeof(RkNode)) : NULL;
            RkCollapseTask *next = node != NULL ? rk_append(budget, &tasks, count, sizeof(RkCollapseTask)) : NULL;
            if (next == NULL) {
                b->status = reference < RK_CHILD_INDEX ? RK_OUT_OF_MEMORY : RK_TOO_LARGE;
                break;
            }
            scene->cost += weight;
            uint32_t need = task.need + count - 1;
            if (need > *stackNeed) *stackNeed = need;
            for (uint32_t lane = 0; lane < RK_NODE_WIDTH; lane++) {
                node->child[lane] = RK_NONE;
                const RkBox *box = lane < count ? &binary[children[lane]].box : NULL;
                for (int axis = 0; axis < 3; axis++) {
                    node->planes[axis][lane] = box ? box->low[axis] : RK_INFINITY;
                    node->planes[3 + axis][lane] = box ? box->high[axis] : -RK_INFINITY;
                }
                // The last task is taken first: lane order is kept in memory.
                if (lane < count) next[count - 1 - lane] = (RkCollapseTask){children[lane], reference, lane, need};
            }
        }
        if (task.node == RK_NONE) root = reference;
        else ((RkNode *)scene->nodes.data)[task.node].child[task.lane] = reference;
    }
    rk_array_free(budget, &tasks);
    return root;
}

RkStatus rk_build_tree(RkScene *scene, const RkArray *triangles, bool placements, uint32_t *root, float bounds[6], uint32_t *stackNeed) {
    RkBuilder b = {scene, triangles->data, NULL, {0}, RK_OK};
    size_t placementCount = placements ? scene->placements.count : 0;
    uint64_t count = (uint64_t)triangles->count + placementCount;
    *root = RK_NONE;
    *stackNeed = 0;
    for (int k = 0; k < 6; k++) bounds[k] = 0.0f;
    if (count == 0) return RK_OK;
    if (count > RK_CHILD_INDEX) return RK_TOO_LARGE;
    b.references = rk_allocate(rk_budget(scene), (size_t)count, sizeof(RkReference));
    if (b.references == NULL) return RK_OUT_OF_MEMORY;
    RkBox box = rk_empty_box;
    for (size_t k = 0; k < triangles->count; k++) {
        const RkBuildTriangle *t = b.triangles + k;
        RkReference *r = b.references + k;
        r->item = (uint32_t)k;
        for (int axis = 0; axis < 3; axis++) {
            // The corners as the traversal computes them.
            float a = t->v0[axis], c = a + t->e1[axis], d = a + t->e2[axis];
            r->box.low[axis] = rk_min(a, rk_min(c, d));
            r->box.high[axis] = rk_max(a, rk_max(c, d));
        }
        if (!placements || (t->primitive & RK_PRIMITIVE_CAMERA) == 0) rk_grow(&box, &r->box);
    }
    for (size_t k = 0; k < placementCount; k++) {
        const RkPlacement *p = (const RkPlacement *)scene->placements.data + k;
        RkReference *r = b.references + triangles->count + k;
        r->item = RK_ITEM_PLACEMENT | (uint32_t)k;
        memcpy(r->box.low, p->bounds, sizeof r->box.low);
        memcpy(r->box.high, p->bounds + 3, sizeof r->box.high);
        rk_grow(&box, &r->box);
    }
    if (rk_build_binary(&b, (uint32_t)count)) {
        for (int axis = 0; axis < 3 && box.low[axis] <= box.high[axis]; axis++) {
            bounds[axis] = box.low[axis];
            bounds[3 + axis] = box.high[axis];
        }
        *root = rk_collapse(&b, stackNeed);
    } else {
        b.status = RK_OUT_OF_MEMORY;
    }
    rk_array_free(rk_budget(scene), &b.binary);
    rk_release(rk_budget(scene), b.references, (size_t)count, sizeof(RkReference));
    return b.status;
}
