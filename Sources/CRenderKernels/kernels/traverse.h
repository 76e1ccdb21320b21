// Closest hits and occlusion by a tree of eight-wide nodes with packs of four triangles.
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
} RkBoxRay;

RK_FN RkBoxRay rk_box_ray(float3 origin, float3 direction, float extent) {
    RkBoxRay r;
    r.origin = origin;
    r.direction = direction;
    r.inverse = F3(1.0f / direction.x, 1.0f / direction.y, 1.0f / direction.z);
    float pad = (extent + rk_max_abs(origin)) * 1.9073486328125e-6f;
    float3 shift = F3(r.inverse.x < 0.0f ? -pad : pad, r.inverse.y < 0.0f ? -pad : pad, r.inverse.z < 0.0f ? -pad : pad);
    r.nearOrigin = origin + shift;
    r.farOrigin = origin - shift;
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

/// Whether the surface lets this ray through at this point.
RK_FN uint rk_passes(const RkTables *scene, const RkSampler *sampler, uint query, uint drawIndex, uint primitive, float u, float v) {
    RK_GLOBAL const RkDraw *draw = scene->draws + drawIndex;
    RK_GLOBAL const RkMaterial *material = scene->materials + draw->material;
    RkCorners c = rk_corners(scene, draw, primitive);
    RkTexturePoint at = rk_texture_point(scene, draw, &c, u, v);
    float alpha = rk_base_color(scene, material, draw, &c, &at, u, v).w;
    float coverage = rk_coverage(material, alpha);
    if (coverage >= 1.0f) return 0u;
    if (!(coverage > 0.0f)) return 1u;
    return rk_coin(sampler, query, drawIndex, primitive) >= coverage ? 1u : 0u;
}

/// Tests a pack; takes over a closer hit. Returns 1 where something was taken.
RK_FN uint rk_hit_pack(const RkTables *scene, RK_GLOBAL const RkPack4 *pack, const RkBoxRay *ray, float tMin, float tEnter,
    float tLeave, uint firstDraw, uint testAlpha, const RkSampler *sampler, uint query, RkHit *best) {
    float4 e1x = rk_load4(pack->e1[0]), e1y = rk_load4(pack->e1[1]), e1z = rk_load4(pack->e1[2]);
    float4 e2x = rk_load4(pack->e2[0]), e2y = rk_load4(pack->e2[1]), e2z = rk_load4(pack->e2[2]);
    float3 d = ray->direction;
    // Möller and Trumbore, four at a time.
    float4 px = e2z * d.y - e2y * d.z, py = e2x * d.z - e2z * d.x, pz = e2y * d.x - e2x * d.y;
    float4 determinant = (e1x * px + e1y * py) + e1z * pz;
    float4 inverse = SPLAT4(1.0f) / determinant;
    float4 sx = SPLAT4(ray->origin.x) - rk_load4(pack->v0[0]), sy = SPLAT4(ray->origin.y) - rk_load4(pack->v0[1]),
           sz = SPLAT4(ray->origin.z) - rk_load4(pack->v0[2]);
    float4 u = ((sx * px + sy * py) + sz * pz) * inverse;
    float4 qx = sy * e1z - sz * e1y, qy = sz * e1x - sx * e1z, qz = sx * e1y - sy * e1x;
    float4 v = ((qx * d.x + qy * d.y) + qz * d.z) * inverse;
    float4 t = ((qx * e2x + qy * e2y) + qz * e2z) * inverse;
    int4 inside = (u >= SPLAT4(0.0f)) & (v >= SPLAT4(0.0f)) & (u + v <= SPLAT4(1.0f)) & (t > SPLAT4(tMin))
        & (t <= SPLAT4(best->t));
    uint mask = rk_mask4(inside);
    if (mask == 0u) return 0u;
    float ts[4] = {t.s0, t.s1, t.s2, t.s3}, us[4] = {u.s0, u.s1, u.s2, u.s3}, vs[4] = {v.s0, v.s1, v.s2, v.s3};
    uint taken = 0u;
    while (mask != 0u) {
        uint lane = rk_lowest_bit(mask);
        mask &= mask - 1u;
        float hitT = ts[lane];
        uint packed = pack->primitive[lane], draw = pack->draw[lane] + firstDraw, primitive = packed & RK_PRIMITIVE_MASK;
        if (hitT == best->t && (best->draw < draw || (best->draw == draw && best->primitive <= primitive))) continue;
        if (!(hitT <= best->t)) continue;
        float3 a = F3(pack->v0[0][lane], pack->v0[1][lane], pack->v0[2][lane]);
        float3 b = a + F3(pack->e1[0][lane], pack->e1[1][lane], pack->e1[2][lane]);
        float3 c = a + F3(pack->e2[0][lane], pack->e2[1][lane], pack->e2[2][lane]);
        float3 low = F3(rk_min(a.x, rk_min(b.x, c.x)), rk_min(a.y, rk_min(b.y, c.y)), rk_min(a.z, rk_min(b.z, c.z)));
        float3 high = F3(rk_max(a.x, rk_max(b.x, c.x)), rk_max(a.y, rk_max(b.y, c.y)), rk_max(a.z, rk_max(b.z, c.z)));
        float2 interval = rk_box_interval(ray, low, high);
        if (!(interval.x <= hitT && hitT <= interval.y && tEnter <= hitT && hitT <= tLeave)) continue;
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

typedef struct {
    uint child;
    float t;
} RkStackEntry;

/// Finds the closest hit with tMin < t ≤ tMax, or with `any` whether there is one (then `hit` holds one of them).
RK_FN void rk_trace(const RkTables *scene, const RkRay *ray, uint any, uint testAlpha, const RkSampler *sampler, uint query,
    RkHit *hit) {
    hit->t = ray->tMax;
    hit->u = hit->v = 0.0f;
    hit->draw = RK_NONE;
    hit->primitive = RK_NONE;
    if (scene->header->root == RK_NONE) return;
    // A direction that is zero or not finite would pass every box test.
    float squared = rk_dot(ray->direction, ray->direction) + rk_dot(ray->origin, ray->origin) * 0.0f;
    if (!(squared > 0.0f) || !rk_is_finite(squared)) return;

    RkBoxRay world = rk_box_ray(ray->origin, ray->direction, scene->header->extent);
    RkBoxRay current = world;
    float tEnter = 0.0f, tLeave = RK_INFINITY;
    uint firstDraw = 0u;

    RkStackEntry stack[RK_STACK_SIZE];
    uint top = 0u;
    // Entries below this mark belong to the world; above it to the placement being visited.
    uint placementBase = RK_NONE;
    uint child = scene->header->root;
    while (1) {
        if ((child & RK_CHILD_LEAF) == 0u) {
            RK_GLOBAL const RkNode8 *node = scene->nodes + child;
            uint sx = current.inverse.x < 0.0f ? 3u : 0u, sy = current.inverse.y < 0.0f ? 3u : 0u,
                 sz = current.inverse.z < 0.0f ? 3u : 0u;
            float8 a = (rk_load8(node->planes[sx]) - SPLAT8(current.nearOrigin.x)) * SPLAT8(current.inverse.x);
            float8 b = (rk_load8(node->planes[1u + sy]) - SPLAT8(current.nearOrigin.y)) * SPLAT8(current.inverse.y);
            float8 c = (rk_load8(node->planes[2u + sz]) - SPLAT8(current.nearOrigin.z)) * SPLAT8(current.inverse.z);
            float8 near = SPLAT8(0.0f);
            near = a > near ? a : near;
            near = b > near ? b : near;
            near = c > near ? c : near;
            a = (rk_load8(node->planes[3u - sx]) - SPLAT8(current.farOrigin.x)) * SPLAT8(current.inverse.x);
            b = (rk_load8(node->planes[4u - sy]) - SPLAT8(current.farOrigin.y)) * SPLAT8(current.inverse.y);
            c = (rk_load8(node->planes[5u - sz]) - SPLAT8(current.farOrigin.z)) * SPLAT8(current.inverse.z);
            float8 far = SPLAT8(hit->t);
            far = a < far ? a : far;
            far = b < far ? b : far;
            far = c < far ? c : far;
            uint mask = rk_mask8(near <= far);
            if (mask != 0u) {
                uint lane = rk_lowest_bit(mask);
                mask &= mask - 1u;
                child = node->child[lane];
                if (mask == 0u) continue;
                // The nearest child goes on at once, the others are pushed, the nearest of them last.
                float nears[8] = {near.s0, near.s1, near.s2, near.s3, near.s4, near.s5, near.s6, near.s7};
                float childT = nears[lane];
                uint bottom = top;
                while (mask != 0u) {
                    lane = rk_lowest_bit(mask);
                    mask &= mask - 1u;
                    uint other = node->child[lane];
                    float otherT = nears[lane];
                    if (otherT < childT) {
                        uint swapChild = child;
                        child = other;
                        other = swapChild;
                        float swapT = childT;
                        childT = otherT;
                        otherT = swapT;
                    }
                    uint slot = top++;
                    while (slot > bottom && stack[slot - 1u].t < otherT) {
                        stack[slot] = stack[slot - 1u];
                        slot--;
                    }
                    stack[slot].child = other;
                    stack[slot].t = otherT;
                }
                continue;
            }
        } else {
            uint size = (child >> RK_CHILD_PACKS_SHIFT) & 7u;
            uint index = child & RK_CHILD_INDEX;
            if (size == RK_CHILD_PLACEMENT) {
                RK_GLOBAL const RkPlacement *p = scene->placements + index;
                float2 interval = rk_box_interval(
                    &world, F3(p->bounds[0], p->bounds[1], p->bounds[2]), F3(p->bounds[3], p->bounds[4], p->bounds[5]));
                if (interval.x <= interval.y && interval.x <= hit->t) {
                    current = rk_box_ray(rk_transform_point(p->toObject, ray->origin),
                        rk_transform_vector(p->toObject, ray->direction), p->extent);
                    tEnter = interval.x;
                    tLeave = interval.y;
                    firstDraw = p->firstDraw;
                    placementBase = top;
                    child = p->root;
                    continue;
                }
            } else {
                RK_GLOBAL const RkPack4 *pack = scene->packs + index;
                for (uint k = 0u; k < size; k++) {
                    uint taken = rk_hit_pack(scene, pack + k, &current, ray->tMin, tEnter, tLeave, firstDraw, testAlpha,
                        sampler, query, hit);
                    if (any && taken) return;
                }
            }
        }
        // Next from the stack: leave the placement where its entries are used up, skip what lies behind the hit.
        while (1) {
            if (top == placementBase) {
                current = world;
                tEnter = 0.0f;
                tLeave = RK_INFINITY;
                firstDraw = 0u;
                placementBase = RK_NONE;
            }
            if (top == 0u) return;
            top--;
            if (stack[top].t <= hit->t) break;
        }
        child = stack[top].child;
    }
}
