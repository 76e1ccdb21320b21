// The tree: a binary tree by the surface-area heuristic (binary.c), collapsed into wide nodes.
//
// Hits don't depend on it (see traverse.h), only speed does.
#include "tree.h"

#include <string.h>

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

/// Puts the child with the largest box first, and behind it the others from the smallest on: the order of `RkNode`.
static void rk_order_children(const RkBinaryNode *binary, uint32_t *children, uint32_t count) {
    for (uint32_t i = 1; i < count; i++) {
        uint32_t child = children[i], j = i;
        for (; j > 0 && rk_half_area(&binary[children[j - 1]].box) > rk_half_area(&binary[child].box); j--) children[j] = children[j - 1];
        children[j] = child;
    }
    uint32_t largest = children[count - 1];
    memmove(children + 1, children, (count - 1) * sizeof *children);
    children[0] = largest;
}

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
            rk_order_children(binary, children, count);
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
