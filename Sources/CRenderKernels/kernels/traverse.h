// Closest hits and occlusion by a tree of wide nodes with packs of triangles.
//
// No result depends on the tree. A triangle counts as hit only if the ray also meets the triangle's own box within the
// distance found, and an instance's triangles only where the ray meets the instance's own box. Rounding is monotone, and every
// ancestor's box contains these boxes, so a tree that culls with ≤ can never lose such a hit. The boxes a ray sees are padded
// by moving the ray's origin apart for near and far planes, so that rounding in the triangle test loses no visible hit.
// Ties go to the smaller (distance, draw, primitive).

typedef struct {
    float3 origin;
    float3 direction;
    float tMin, tMax;
} RkRay;

typedef struct {
    /// Distance in lengths of the ray's direction; barycentric coordinates of corners 1 and 2.
    float t, u, v;
    /// RK_NONE: nothing was hit.
    uint draw;
    uint primitive;
} RkHit;

/// A ray prepared for box tests in one space.
typedef struct {
    float3 origin, direction, inverse;
    /// Origins for near and far planes, padded apart.
    float3 nearOrigin, farOrigin;
    /// Where a node's near planes begin, in floats; the far planes lie at RK_PLANE_SPAN more or less.
    uint nearX, nearY, nearZ;
} RkBoxRay;

/// Floats between a node's low and its high planes of an axis.
#define RK_PLANE_SPAN (3u * RK_NODE_WIDTH)

RK_FN RkBoxRay rk_box_ray(float3 origin, float3 direction, float extent) {
    RkBoxRay r;
    r.origin = origin;
    r.direction = direction;
    r.inverse = F3(1.0f / direction.x, 1.0f / direction.y, 1.0f / direction.z);
    float pad = (extent + rk_max_abs(origin)) * 1.9073486328125e-6f;
    float3 shift = F3(rk_with_sign(pad, r.inverse.x), rk_with_sign(pad, r.inverse.y), rk_with_sign(pad, r.inverse.z));
    r.nearOrigin = origin + shift;
    r.farOrigin = origin - shift;
    r.nearX = rk_sign(r.inverse.x) * RK_PLANE_SPAN;
    r.nearY = rk_sign(r.inverse.y) * RK_PLANE_SPAN + RK_NODE_WIDTH;
    r.nearZ = rk_sign(r.inverse.z) * RK_PLANE_SPAN + 2u * RK_NODE_WIDTH;
    return r;
}

/// Where a ray is inside a box: the interval in .x, .y. A plane parallel to the ray in which the origin lies (0 × infinity)
/// does not constrain it.
RK_FN float2 rk_box_interval(const RkBoxRay *r, float3 low, float3 high) {
    float3 near = F3(r->inverse.x < 0.0f ? high.x : low.x, r->inverse.y < 0.0f ? high.y : low.y,
        r->inverse.z < 0.0f ? high.z : low.z);
    float3 far = F3(r->inverse.x < 0.0f ? low.x : high.x, r->inverse.y < 0.0f ? low.y : high.y,
        r->inverse.z < 0.0f ? low.z : high.z);
    float3 a = (near - r->nearOrigin) * r->inverse;
    float3 b = (far - r->farOrigin) * r->inverse;
    float2 out;
    out.x = rk_max(a.z, rk_max(a.y, rk_max(a.x, 0.0f)));
    out.y = rk_min(b.z, rk_min(b.y, rk_min(b.x, RK_INFINITY)));
    return out;
}

/// What the opacity map of a triangle says about a point in it.
RK_FN uint rk_opacity(const RkTables *scene, RK_GLOBAL const RkDraw *draw, uint primitive, float u, float v) {
    if (draw->opacity == RK_NONE) return RK_OPACITY_MIXED;
    uint word = scene->opacity[draw->opacity + primitive];
    uint n = 1u << (word & RK_OPACITY_LEVEL);
    // Rows of cells from edge 01 to corner 2; in a row upright and inverted cells in turn. All exact: n is a power of two.
    float x = u * (float)n, y = v * (float)n;
    uint i = (uint)x, j = (uint)y;
    uint inverted = (x - (float)i) + (y - (float)j) > 1.0f ? 1u : 0u;
    j = j < n - 1u ? j : n - 1u;
    uint place = 2u * i + inverted, last = 2u * (n - 1u - j);
    uint cell = j * (2u * n - j) + (place < last ? place : last);
    return (scene->opacity[(word >> RK_OPACITY_SHIFT) + (cell >> 4)] >> (2u * (cell & 15u))) & 3u;
}

/// Whether the surface lets this ray through at this point.
RK_CALL uint rk_passes(const RkTables *scene, const RkSampler *sampler, uint query, uint drawIndex, uint primitive, float u, float v) {
    RK_GLOBAL const RkDraw *draw = scene->draws + drawIndex;
    uint opacity = rk_opacity(scene, draw, primitive, u, v);
    if (opacity != RK_OPACITY_MIXED) return opacity == RK_OPACITY_CLEAR ? 1u : 0u;
    RK_GLOBAL const RkMaterial *material = scene->materials + draw->material;
    RkCorners c = rk_corners(scene, draw, primitive);
    RkTexturePoint at = rk_texture_point(scene, draw, &c, u, v);
    float alpha = rk_base_alpha(scene, material, draw, &c, &at, u, v);
    float coverage = rk_coverage(material, alpha);
    if (coverage >= 1.0f) return 0u;
    if (!(coverage > 0.0f)) return 1u;
    return rk_coin(sampler, query, drawIndex, primitive) >= coverage ? 1u : 0u;
}

/// The smallest lane and the largest lane of three.
RK_FN rk_pack_lanes rk_lanes_min3(rk_pack_lanes a, rk_pack_lanes b, rk_pack_lanes c) {
    rk_pack_lanes low = b < c ? b : c;
    return a < low ? a : low;
}
RK_FN rk_pack_lanes rk_lanes_max3(rk_pack_lanes a, rk_pack_lanes b, rk_pack_lanes c) {
    rk_pack_lanes high = b > c ? b : c;
    return a > high ? a : high;
}

/// Narrows the interval [near, far] in which a ray is inside the boxes of a pack's triangles by one axis.
RK_FN void rk_narrow(rk_pack_lanes v0, rk_pack_lanes e1, rk_pack_lanes e2, float nearOrigin, float farOrigin, float inverse,
    rk_pack_lanes *near, rk_pack_lanes *far) {
    rk_pack_lanes v1 = v0 + e1, v2 = v0 + e2;
    rk_pack_lanes low = rk_lanes_min3(v0, v1, v2), high = rk_lanes_max3(v0, v1, v2);
    // Selected by lanes: a branch on the sign of a direction is never foreseen.
    rk_pack_mask down = RK_PACK_SPLAT(inverse) < RK_PACK_SPLAT(0.0f);
    rk_pack_lanes a = ((down ? high : low) - RK_PACK_SPLAT(nearOrigin)) * RK_PACK_SPLAT(inverse);
    rk_pack_lanes b = ((down ? low : high) - RK_PACK_SPLAT(farOrigin)) * RK_PACK_SPLAT(inverse);
    *near = a > *near ? a : *near;
    *far = b < *far ? b : *far;
}

/// Where a ray meets the triangles of a pack. `t`, `u` and `v` hold for the lanes whose bits are set in the result.
RK_FN uint rk_meet_pack(RK_GLOBAL const RkPack *pack, const RkBoxRay *ray, float tMin, float tMax, rk_pack_lanes *t, rk_pack_lanes *u,
    rk_pack_lanes *v) {
    rk_pack_lanes e1x = RK_PACK_LOAD(pack->e1[0]), e1y = RK_PACK_LOAD(pack->e1[1]), e1z = RK_PACK_LOAD(pack->e1[2]);
    rk_pack_lanes e2x = RK_PACK_LOAD(pack->e2[0]), e2y = RK_PACK_LOAD(pack->e2[1]), e2z = RK_PACK_LOAD(pack->e2[2]);
    float3 d = ray->direction;
    // Möller and Trumbore, a pack at a time.
    rk_pack_lanes px = e2z * d.y - e2y * d.z, py = e2x * d.z - e2z * d.x, pz = e2y * d.x - e2x * d.y;
    rk_pack_lanes determinant = (e1x * px + e1y * py) + e1z * pz;
    rk_pack_lanes inverse = RK_PACK_SPLAT(1.0f) / determinant;
    rk_pack_lanes sx = RK_PACK_SPLAT(ray->origin.x) - RK_PACK_LOAD(pack->v0[0]),
                  sy = RK_PACK_SPLAT(ray->origin.y) - RK_PACK_LOAD(pack->v0[1]),
                  sz = RK_PACK_SPLAT(ray->origin.z) - RK_PACK_LOAD(pack->v0[2]);
    *u = ((sx * px + sy * py) + sz * pz) * inverse;
    rk_pack_lanes qx = sy * e1z - sz * e1y, qy = sz * e1x - sx * e1z, qz = sx * e1y - sy * e1x;
    *v = ((qx * d.x + qy * d.y) + qz * d.z) * inverse;
    *t = ((qx * e2x + qy * e2y) + qz * e2z) * inverse;
    rk_pack_mask inside = (*u >= RK_PACK_SPLAT(0.0f)) & (*v >= RK_PACK_SPLAT(0.0f)) & (*u + *v <= RK_PACK_SPLAT(1.0f))
        & (*t > RK_PACK_SPLAT(tMin)) & (*t <= RK_PACK_SPLAT(tMax));
    return RK_PACK_MASK(inside);
}

/// Of the lanes of `mask`, those whose hit lies within the box of its own triangle: no other counts.
RK_FN uint rk_within_boxes(RK_GLOBAL const RkPack *pack, const RkBoxRay *ray, float tEnter, float tLeave, rk_pack_lanes t, uint mask) {
    rk_pack_lanes near = RK_PACK_SPLAT(tEnter), far = RK_PACK_SPLAT(tLeave);
    rk_narrow(RK_PACK_LOAD(pack->v0[0]), RK_PACK_LOAD(pack->e1[0]), RK_PACK_LOAD(pack->e2[0]), ray->nearOrigin.x, ray->farOrigin.x,
        ray->inverse.x, &near, &far);
    rk_narrow(RK_PACK_LOAD(pack->v0[1]), RK_PACK_LOAD(pack->e1[1]), RK_PACK_LOAD(pack->e2[1]), ray->nearOrigin.y, ray->farOrigin.y,
        ray->inverse.y, &near, &far);
    rk_narrow(RK_PACK_LOAD(pack->v0[2]), RK_PACK_LOAD(pack->e1[2]), RK_PACK_LOAD(pack->e2[2]), ray->nearOrigin.z, ray->farOrigin.z,
        ray->inverse.z, &near, &far);
    return mask & RK_PACK_MASK((near <= t) & (t <= far));
}

/// Takes over a closer hit from the lanes of `mask`. Returns 1 where something was taken.
RK_FN uint rk_take_hits(const RkTables *scene, RK_GLOBAL const RkPack *pack, rk_pack_lanes t, rk_pack_lanes u, rk_pack_lanes v,
    uint mask, uint firstDraw, uint testAlpha, const RkSampler *sampler, uint query, RkHit *best) {
    float ts[RK_PACK_WIDTH], us[RK_PACK_WIDTH], vs[RK_PACK_WIDTH];
    RK_PACK_STORE(t, ts);
    RK_PACK_STORE(u, us);
    RK_PACK_STORE(v, vs);
    uint taken = 0u;
    while (mask != 0u) {
        uint lane = rk_lowest_bit(mask);
        mask &= mask - 1u;
        float hitT = ts[lane];
        if (hitT > best->t) continue;
        uint packed = pack->primitive[lane], draw = pack->draw[lane] + firstDraw, primitive = packed & RK_PRIMITIVE_MASK;
        if (hitT == best->t && (best->draw < draw || (best->draw == draw && best->primitive <= primitive))) continue;
        if (packed > RK_PRIMITIVE_MASK) {
            uint cameraOnly = packed & RK_PRIMITIVE_CAMERA;
            // Query 0 is the camera ray.
            if (cameraOnly != 0u && query != 0u) continue;
            if ((packed & RK_PRIMITIVE_ALPHA) != 0u && (testAlpha != 0u || cameraOnly != 0u)
                && rk_passes(scene, sampler, query, draw, primitive, us[lane], vs[lane]))
                continue;
        }
        best->t = hitT;
        best->u = us[lane];
        best->v = vs[lane];
        best->draw = draw;
        best->primitive = primitive;
        taken = 1u;
    }
    return taken;
}

/// Tests a pack; takes over a closer hit. Returns 1 where something was taken.
RK_FN uint rk_hit_pack(const RkTables *scene, RK_GLOBAL const RkPack *pack, const RkBoxRay *ray, float tMin, float tEnter,
    float tLeave, uint firstDraw, uint testAlpha, const RkSampler *sampler, uint query, RkHit *best) {
    rk_pack_lanes t, u, v;
    uint mask = rk_meet_pack(pack, ray, tMin, best->t, &t, &u, &v);
    if (mask == 0u) return 0u;
    mask = rk_within_boxes(pack, ray, tEnter, tLeave, t, mask);
    if (mask == 0u) return 0u;
    return rk_take_hits(scene, pack, t, u, v, mask, firstDraw, testAlpha, sampler, query, best);
}

/// A child and the distance at which the ray enters its box: distances are not negative, so their bits order keys.
RK_FN rk_key rk_child_key(float near, uint child) { return ((rk_key)rk_bits(near) << 32) | child; }

#define RK_SORT_KEYS(a, b)                                                                                                    \
    do {                                                                                                                      \
        rk_key low_ = (a) < (b) ? (a) : (b);                                                                                  \
        (b) = (a) < (b) ? (b) : (a);                                                                                          \
        (a) = low_;                                                                                                           \
    } while (0)

/// Pushes the children of a node that a ray meets, the nearest last, and gives the nearest.
RK_FN uint rk_push_children(RK_GLOBAL const RkNode *node, rk_node_lanes near, uint mask, rk_key *stack, uint *top) {
    uint lane = rk_lowest_bit(mask);
    mask &= mask - 1u;
    if (mask == 0u) return node->child[lane];
    float nears[RK_NODE_WIDTH];
    RK_NODE_STORE(near, nears);
    rk_key a = rk_child_key(nears[lane], node->child[lane]);
    lane = rk_lowest_bit(mask);
    mask &= mask - 1u;
    rk_key b = rk_child_key(nears[lane], node->child[lane]);
    RK_SORT_KEYS(a, b);
    if (mask == 0u) {
        stack[(*top)++] = b;
        return (uint)a;
    }
    lane = rk_lowest_bit(mask);
    mask &= mask - 1u;
    rk_key c = rk_child_key(nears[lane], node->child[lane]);
    RK_SORT_KEYS(a, c);
    RK_SORT_KEYS(b, c);
    if (mask == 0u) {
        stack[*top] = c;
        stack[*top + 1u] = b;
        *top += 2u;
        return (uint)a;
    }
    uint bottom = *top;
    stack[bottom] = c;
    stack[bottom + 1u] = b;
    stack[bottom + 2u] = a;
    *top += 3u;
    while (mask != 0u) {
        lane = rk_lowest_bit(mask);
        mask &= mask - 1u;
        rk_key d = rk_child_key(nears[lane], node->child[lane]);
        uint slot = (*top)++;
        while (slot > bottom && stack[slot - 1u] < d) {
            stack[slot] = stack[slot - 1u];
            slot--;
        }
        stack[slot] = d;
    }
    return (uint)stack[--(*top)];
}

/// Pushes the children of a node that a ray meets, and gives the one that the builder put first: whoever looks for any hit at all
/// need not take the nearest, and the largest child stops most rays.
RK_FN uint rk_push_unsorted(RK_GLOBAL const RkNode *node, uint mask, rk_key *stack, uint *top) {
    uint first = node->child[rk_lowest_bit(mask)], at = *top;
    mask &= mask - 1u;
    // How many there are is never foreseen: two are always written, and count where they exist.
    for (uint k = 0u; k < 2u; k++) {
        stack[at] = node->child[rk_lowest_bit(mask | (1u << (RK_NODE_WIDTH - 1)))];
        at += mask != 0u ? 1u : 0u;
        mask &= mask - 1u;
    }
    while (mask != 0u) {
        stack[at++] = node->child[rk_lowest_bit(mask)];
        mask &= mask - 1u;
    }
    *top = at;
    return first;
}

/// Where a ray meets one plane of each child of a node.
RK_FN rk_node_lanes rk_plane_distance(RK_GLOBAL const float *planes, float origin, float inverse) {
    return (RK_NODE_LOAD(planes) - RK_NODE_SPLAT(origin)) * RK_NODE_SPLAT(inverse);
}

/// The children of a node whose boxes a ray meets within `tMax`, as bits, and where it enters each.
RK_FN uint rk_meet_node(RK_GLOBAL const RkNode *node, const RkBoxRay *ray, float tMax, rk_node_lanes *enter) {
    RK_GLOBAL const float *planes = node->planes[0];
    rk_node_lanes a = rk_plane_distance(planes + ray->nearX, ray->nearOrigin.x, ray->inverse.x);
    rk_node_lanes b = rk_plane_distance(planes + ray->nearY, ray->nearOrigin.y, ray->inverse.y);
    rk_node_lanes c = rk_plane_distance(planes + ray->nearZ, ray->nearOrigin.z, ray->inverse.z);
    rk_node_lanes near = RK_NODE_SPLAT(0.0f);
    near = a > near ? a : near;
    near = b > near ? b : near;
    near = c > near ? c : near;
    a = rk_plane_distance(planes + (RK_PLANE_SPAN - ray->nearX), ray->farOrigin.x, ray->inverse.x);
    b = rk_plane_distance(planes + (RK_PLANE_SPAN + 2u * RK_NODE_WIDTH - ray->nearY), ray->farOrigin.y, ray->inverse.y);
    c = rk_plane_distance(planes + (RK_PLANE_SPAN + 4u * RK_NODE_WIDTH - ray->nearZ), ray->farOrigin.z, ray->inverse.z);
    rk_node_lanes far = RK_NODE_SPLAT(tMax);
    far = a < far ? a : far;
    far = b < far ? b : far;
    far = c < far ? c : far;
    *enter = near;
    return RK_NODE_MASK(near <= far);
}

/// Whether a ray can be traced: a direction that is zero or not finite would pass every box test.
RK_FN uint rk_is_ray(const RkRay *ray) {
    float squared = rk_dot(ray->direction, ray->direction) + rk_dot(ray->origin, ray->origin) * 0.0f;
    return squared > 0.0f && rk_is_finite(squared) ? 1u : 0u;
}

/// A ray that has not hit anything.
RK_FN void rk_clear_hit(const RkRay *ray, RkHit *hit) {
    hit->t = ray->tMax;
    hit->u = hit->v = 0.0f;
    hit->draw = RK_NONE;
    hit->primitive = RK_NONE;
}

/// Finds the closest hit with tMin < t ≤ tMax, or with `any` whether there is one (then `hit` holds one of them).
RK_FN void rk_trace(const RkTables *scene, const RkRay *ray, uint any, uint testAlpha, const RkSampler *sampler, uint query,
    RkHit *hit) {
    rk_clear_hit(ray, hit);
    if (scene->header->root == RK_NONE || !rk_is_ray(ray)) return;

    RkBoxRay world = rk_box_ray(ray->origin, ray->direction, scene->header->extent);
    RkBoxRay placed;
    const RkBoxRay *current = &world;
    float tEnter = 0.0f, tLeave = RK_INFINITY;
    uint firstDraw = 0u;

    rk_key stack[RK_STACK_SIZE];
    uint top = 0u;
    // Entries below this mark belong to the world; above it to the placement being visited.
    uint placementBase = RK_NONE;
    uint child = scene->header->root;
    while (1) {
        uint mask = 1u;
        while ((child & RK_CHILD_LEAF) == 0u) {
            RK_GLOBAL const RkNode *node = scene->nodes + child;
            rk_node_lanes near;
            mask = rk_meet_node(node, current, hit->t, &near);
            if (mask == 0u) break;
            child = any ? rk_push_unsorted(node, mask, stack, &top) : rk_push_children(node, near, mask, stack, &top);
        }
        if (mask != 0u) {
            uint size = (child >> RK_CHILD_PACKS_SHIFT) & 7u;
            uint index = child & RK_CHILD_INDEX;
            if (size == RK_CHILD_PLACEMENT) {
                RK_GLOBAL const RkPlacement *p = scene->placements + index;
                float2 interval = rk_box_interval(
                    &world, F3(p->bounds[0], p->bounds[1], p->bounds[2]), F3(p->bounds[3], p->bounds[4], p->bounds[5]));
                if (interval.x <= interval.y && interval.x <= hit->t) {
                    placed = rk_box_ray(rk_transform_point(p->toObject, ray->origin),
                        rk_transform_vector(p->toObject, ray->direction), p->extent);
                    current = &placed;
                    tEnter = interval.x;
                    tLeave = interval.y;
                    firstDraw = p->firstDraw;
                    placementBase = top;
                    child = p->root;
                    continue;
                }
            } else {
                RK_GLOBAL const RkPack *pack = scene->packs + index;
                for (uint k = 0u; k < size; k++) {
                    uint taken = rk_hit_pack(scene, pack + k, current, ray->tMin, tEnter, tLeave, firstDraw, testAlpha,
                        sampler, query, hit);
                    if (any && taken) return;
                }
            }
        }
        // Next from the stack: leave the placement where its entries are used up, skip what lies behind the hit.
        while (1) {
            if (top == placementBase) {
                current = &world;
                tEnter = 0.0f;
                tLeave = RK_INFINITY;
                firstDraw = 0u;
                placementBase = RK_NONE;
            }
            if (top == 0u) return;
            top--;
            if (any || rk_float((uint)(stack[top] >> 32)) <= hit->t) break;
        }
        child = (uint)stack[top];
    }
}
