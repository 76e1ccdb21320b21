// Several rays through the tree in turn. A ray alone waits: for the next node to come from memory, for the result of a test, and for
// the branch on it. Here every ray's test is begun and another ray's finished meanwhile. The tests are those of `rk_trace`, and no hit
// depends on the order of visits, so the bits are the same.
#pragma once

/// Rays in flight: with more, branches are foreseen worse.
#define RK_TRACERS 2

typedef struct {
    RkRay ray;
    RkSampler sampler;
    uint query;
    /// Whose ray it is.
    uint owner;
    RkHit hit;

    RkBoxRay world, placed;
    const RkBoxRay *current;
    float tEnter, tLeave;
    uint firstDraw;
    /// Entries of the stack below it belong to the world; above it to the placement being visited.
    uint placementBase;
    uint top;

    /// The test that has been begun: of a node, or of the first of `packs` packs.
    const RkNode *node;
    const RkPack *pack;
    uint packs;
    uint mask;
    rk_node_lanes near;
    rk_pack_lanes t, u, v;
    rk_key stack[RK_STACK_SIZE];
} RkTracer;

RK_FN void rk_begin_node(const RkTables *scene, RkTracer *r, uint child) {
    r->node = scene->nodes + child;
    r->packs = 0u;
    r->mask = rk_meet_node(r->node, r->current, r->hit.t, &r->near);
}

RK_FN void rk_begin_pack(RkTracer *r) { r->mask = rk_meet_pack(r->pack, r->current, r->ray.tMin, r->hit.t, &r->t, &r->u, &r->v); }

/// Takes the next entry from the stack: RK_NONE where there is none.
RK_FN uint rk_pop(RkTracer *r, uint any) {
    while (1) {
        if (r->top == r->placementBase) {
            r->current = &r->world;
            r->tEnter = 0.0f;
            r->tLeave = RK_INFINITY;
            r->firstDraw = 0u;
            r->placementBase = RK_NONE;
        }
        if (r->top == 0u) return RK_NONE;
        rk_key key = r->stack[--r->top];
        if (any || rk_float((uint)(key >> 32)) <= r->hit.t) return (uint)key;
    }
}

/// Begins the test of a child. 0 where nothing is left to test.
RK_FN uint rk_visit(const RkTables *scene, RkTracer *r, uint child, uint any) {
    while (1) {
        if ((child & RK_CHILD_LEAF) == 0u) {
            rk_begin_node(scene, r, child);
            return 1u;
        }
        uint size = (child >> RK_CHILD_PACKS_SHIFT) & 7u, index = child & RK_CHILD_INDEX;
        if (size != RK_CHILD_PLACEMENT && size != 0u) {
            r->pack = scene->packs + index;
            r->packs = size;
            rk_begin_pack(r);
            return 1u;
        }
        if (size == RK_CHILD_PLACEMENT) {
            const RkPlacement *p = scene->placements + index;
            float2 interval = rk_box_interval(
                &r->world, F3(p->bounds[0], p->bounds[1], p->bounds[2]), F3(p->bounds[3], p->bounds[4], p->bounds[5]));
            if (interval.x <= interval.y && interval.x <= r->hit.t) {
                r->placed = rk_box_ray(
                    rk_transform_point(p->toObject, r->ray.origin), rk_transform_vector(p->toObject, r->ray.direction), p->extent);
                r->current = &r->placed;
                r->tEnter = interval.x;
                r->tLeave = interval.y;
                r->firstDraw = p->firstDraw;
                r->placementBase = r->top;
                child = p->root;
                continue;
            }
        }
        child = rk_pop(r, any);
        if (child == RK_NONE) return 0u;
    }
}

/// Finishes the test under way and begins the next. 0 where the ray has been traced.
RK_FN uint rk_step(const RkTables *scene, RkTracer *r, uint any, uint testAlpha) {
    uint child;
    if (r->packs == 0u) {
        if (r->mask != 0u) {
            child = any ? rk_push_unsorted(r->node, r->mask, r->stack, &r->top)
                        : rk_push_children(r->node, r->near, r->mask, r->stack, &r->top);
            return rk_visit(scene, r, child, any);
        }
    } else {
        if (r->mask != 0u) {
            uint mask = rk_within_boxes(r->pack, r->current, r->tEnter, r->tLeave, r->t, r->mask);
            if (mask != 0u
                && rk_take_hits(scene, r->pack, r->t, r->u, r->v, mask, r->firstDraw, testAlpha, &r->sampler, r->query, &r->hit)
                && any)
                return 0u;
        }
        if (--r->packs != 0u) {
            r->pack++;
            rk_begin_pack(r);
            return 1u;
        }
    }
    child = rk_pop(r, any);
    return child == RK_NONE ? 0u : rk_visit(scene, r, child, any);
}

/// Begins the tracing of `r->ray`. 0 where it can meet nothing.
RK_FN uint rk_launch(const RkTables *scene, RkTracer *r) {
    rk_clear_hit(&r->ray, &r->hit);
    if (scene->header->root == RK_NONE || !rk_is_ray(&r->ray)) return 0u;
    r->world = rk_box_ray(r->ray.origin, r->ray.direction, scene->header->extent);
    r->current = &r->world;
    r->tEnter = 0.0f;
    r->tLeave = RK_INFINITY;
    r->firstDraw = 0u;
    r->top = 0u;
    r->placementBase = RK_NONE;
    return rk_visit(scene, r, scene->header->root, 0u);
}

/// Traces `count` rays. `Rays::take(k, tracer)` sets ray, sampler and query of ray k; `Rays::give(k, hit)` gets its hit: the closest, or
/// with `any` one of them.
template <uint any, class Rays>
RK_FN void rk_trace_all(const RkTables *scene, RkTracer *tracers, uint testAlpha, uint count, Rays rays) {
    RkTracer *flying[RK_TRACERS];
    uint next = 0u, flight = count < RK_TRACERS ? count : RK_TRACERS;
    for (uint k = 0u; k < flight; k++) {
        flying[k] = tracers + k;
        flying[k]->owner = RK_NONE;
    }
    while (flight != 0u) {
        for (uint k = 0u; k < flight;) {
            RkTracer *r = flying[k];
            if (r->owner != RK_NONE) {
                if (rk_step(scene, r, any, testAlpha)) {
                    k++;
                    continue;
                }
                rays.give(r->owner, &r->hit);
            }
            // The next ray takes its place.
            while (1) {
                r->owner = next++;
                if (r->owner >= count) {
                    flying[k] = flying[--flight];
                    break;
                }
                rays.take(r->owner, r);
                if (rk_launch(scene, r)) {
                    k++;
                    break;
                }
                rays.give(r->owner, &r->hit);
            }
        }
    }
}
