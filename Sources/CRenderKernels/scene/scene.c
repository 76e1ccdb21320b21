// A scene at one frame, its tables and its views.
#include "scene.h"

#include <stdlib.h>
#include <string.h>

void rk_scene_destroy(RkScene *s) {
    if (s == NULL) return;
    RkArray *arrays[] = {&s->nodes, &s->packs, &s->placements, &s->draws, &s->indices, &s->attributes, &s->materials, &s->lights,
        &s->lightCumulative, &s->punctuals, &s->skyCumulative, &s->opacity, &s->cameras};
    for (size_t k = 0; k < sizeof arrays / sizeof arrays[0]; k++) rk_array_free(rk_budget(s), arrays[k]);
    free(s);
}

static RkStatus rk_place_cameras(RkScene *scene, const RkPose *pose) {
    const RkModel *m = scene->model;
    for (size_t c = 0; c < m->cameras.count; c++) {
        RkMatrix matrix = rk_identity();
        for (size_t k = m->nodes.count; k-- > 0;) {
            if (((const RkModelNode *)m->nodes.data)[k].input.camera == (int32_t)c) matrix = pose->world[k];
        }
        if (!rk_append_copy(rk_budget(scene), &scene->cameras, &matrix, 1, sizeof matrix)) return RK_OUT_OF_MEMORY;
    }
    return RK_OK;
}

static RkStatus rk_fill(RkScene *scene, const RkPose *pose) {
    RkArray world = {0};
    float bounds[6];
    uint32_t topNeed = 0, placedNeed = 0;
    RkStatus status = rk_assemble(scene, pose, &world, &placedNeed);
    if (status == RK_OK) status = rk_build_tree(scene, &world, true, &scene->header.root, bounds, &topNeed);
    rk_array_free(rk_budget(scene), &world);
    if (status != RK_OK) return status;
    // `rk_push_unsorted` writes two entries before it knows whether they count.
    if ((uint64_t)topNeed + placedNeed + 2 > RK_STACK_SIZE) return RK_TOO_LARGE;
    float3 low = F3(bounds[0], bounds[1], bounds[2]), high = F3(bounds[3], bounds[4], bounds[5]);
    float3 centre = low * 0.5f + high * 0.5f;
    scene->header.extent = rk_max(rk_max_abs(low), rk_max_abs(high));
    scene->header.centreX = centre.x;
    scene->header.centreY = centre.y;
    scene->header.centreZ = centre.z;
    float radius = rk_length(high - centre);
    scene->header.radius = radius > 0.0f && rk_is_finite(radius) ? radius : 1.0f;
    status = rk_make_lights(scene, pose);
    return status == RK_OK ? rk_place_cameras(scene, pose) : status;
}

RkStatus rk_scene_prepare(RkModel *model, uint32_t frame, RkScene **out) {
    *out = NULL;
    if (!model->finished || frame == 0) return RK_INVALID;
    RkScene *scene = calloc(1, sizeof(RkScene));
    if (scene == NULL) return RK_OUT_OF_MEMORY;
    scene->model = model;
    RkFloatState state = rk_enter_profile();
    RkPose pose;
    RkStatus status = rk_pose(model, frame, &pose);
    if (status == RK_OK) {
        status = rk_fill(scene, &pose);
        rk_pose_free(model, &pose);
    }
    rk_leave_profile(state);
    if (status != RK_OK) {
        rk_scene_destroy(scene);
        return status;
    }
    *out = scene;
    return RK_OK;
}

void rk_scene_tables(const RkScene *s, RkSceneTables *out) {
    const RkModel *m = s->model;
    memset(out, 0, sizeof *out);
    RkTables *t = &out->tables;
    t->header = &s->header;
    t->nodes = s->nodes.data;
    t->packs = s->packs.data;
    t->placements = s->placements.data;
    t->draws = s->draws.data;
    t->indices = s->indices.data;
    t->attributes = s->attributes.data;
    t->materials = s->materials.data;
    t->textures = m->textures.data;
    t->images = m->images.data;
    t->texels = m->texels.data;
    t->lights = s->lights.data;
    t->lightCumulative = s->lightCumulative.data;
    t->punctuals = s->punctuals.data;
    t->skyCumulative = s->skyCumulative.data;
    t->opacity = s->opacity.data;
    const RkArray *arrays[] = {&s->nodes, &s->packs, &s->placements, &s->draws, &s->indices, &s->attributes, &s->materials,
        &m->textures, &m->images, &m->texels, &s->lights, &s->lightCumulative, &s->punctuals, &s->skyCumulative,
        &s->opacity};
    out->bytes[0] = sizeof(RkHeader);
    for (size_t k = 1; k < RK_TABLE_COUNT; k++) out->bytes[k] = (uint64_t)arrays[k - 1]->count * arrays[k - 1]->stride;
}

void rk_scene_statistics(const RkScene *s, RkSceneStatistics *out) {
    out->triangles = s->triangles;
    out->draws = s->draws.count;
    out->placements = s->placements.count;
    out->nodes = s->nodes.count;
    out->packs = s->packs.count;
    out->lights = s->header.lightCount;
    out->memory = s->model->budget.used;
    out->cost = s->cost;
}

/// Inverse cumulative distribution of the Blackman-Harris window over three pixels, at RK_FILTER_ENTRIES + 1 places.
static void rk_filter_table(float *offsets) {
    enum { steps = 4096 };
    double cumulative[steps + 1];
    cumulative[0] = 0.0;
    for (int k = 0; k < steps; k++) {
        float x = 2.0f * RK_PI * ((float)k + 0.5f) / (float)steps;
        float w = ((0.35875f - 0.48829f * rk_sincos(x).y) + 0.14128f * rk_sincos(2.0f * x).y) - 0.01168f * rk_sincos(3.0f * x).y;
        cumulative[k + 1] = cumulative[k] + (double)rk_max(w, 0.0f);
    }
    int cell = 0;
    for (int k = 0; k <= RK_FILTER_ENTRIES; k++) {
        double target = cumulative[steps] * (double)k / (double)RK_FILTER_ENTRIES;
        while (cell < steps - 1 && cumulative[cell + 1] < target) cell++;
        double width = cumulative[cell + 1] - cumulative[cell];
        double place = (double)cell + (width > 0.0 ? (target - cumulative[cell]) / width : 0.0);
        offsets[k] = (float)(3.0 * (place / (double)steps - 0.5));
    }
}

static RkStatus rk_fill_view(const RkScene *s, const RkViewInput *in, RkView *view) {
    const RkModel *m = s->model;
    memset(view, 0, sizeof *view);
    if (in->width == 0 || in->height == 0 || in->width > 65536 || in->height > 65536 || in->depth == 0 || in->depth > 64
        || in->filter > 1 || in->frame == 0 || in->roulette > 64)
        return RK_INVALID;
    if (in->camera >= m->cameras.count) return RK_NO_CAMERA;
    const RkCameraInput *camera = (const RkCameraInput *)m->cameras.data + in->camera;
    const float *w = ((const RkMatrix *)s->cameras.data)[in->camera].m;
    view->width = in->width;
    view->height = in->height;
    view->depth = in->depth;
    view->filter = in->filter;
    view->ignore = in->ignore;
    view->layers = in->layers;
    view->frame = in->frame;
    view->roulette = in->roulette;
    view->keyLow = (uint32_t)in->rngKey;
    view->keyHigh = (uint32_t)(in->rngKey >> 32);
    view->cameraKind = camera->kind;
    float3 right = rk_normalize(F3(w[0], w[4], w[8])), up = rk_normalize(F3(w[1], w[5], w[9])),
           forward = rk_normalize(F3(-w[2], -w[6], -w[10]));
    view->originX = w[3];
    view->originY = w[7];
    view->originZ = w[11];
    view->rightX = right.x;
    view->rightY = right.y;
    view->rightZ = right.z;
    view->upX = up.x;
    view->upY = up.y;
    view->upZ = up.z;
    view->forwardX = forward.x;
    view->forwardY = forward.y;
    view->forwardZ = forward.z;
    if (camera->kind == RK_CAMERA_PERSPECTIVE) {
        float2 half = rk_sincos(0.5f * rk_clamp(camera->extent, 0.001f, 3.1f));
        view->halfHeight = half.x / half.y;
    } else {
        view->halfHeight = camera->extent;
    }
    view->halfWidth = view->halfHeight * (float)in->width / (float)in->height;
    view->near = camera->near > 0.0f ? camera->near : 0.0f;
    view->far = camera->far > view->near ? camera->far : RK_INFINITY;
    view->lensRadius = camera->lensRadius > 0.0f && camera->focusDistance > 0.0f ? camera->lensRadius : 0.0f;
    view->focusDistance = camera->focusDistance;
    rk_filter_table(view->filterOffset);
    return RK_OK;
}

RkStatus rk_scene_view(const RkScene *s, const RkViewInput *in, RkView *view) {
    RkFloatState state = rk_enter_profile();
    RkStatus status = rk_fill_view(s, in, view);
    rk_leave_profile(state);
    return status;
}
