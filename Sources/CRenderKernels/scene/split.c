// Where to divide a range: the binned surface-area heuristic (Wald, "On fast Construction of SAH-based Bounding Volume Hierarchies", 2007).
#include "tree.h"

#define RK_BINS 16
/// Cost of a binary split in units of a pack: several of them share one visit of a wide node.
#define RK_SPLIT_COST 0.6f

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

uint32_t rk_divide(RkReference *r, uint32_t count, const RkBox *box, const RkBox *middles, uint32_t depth) {
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
