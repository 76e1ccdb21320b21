#include "bits.h"

#include <stdio.h>
#include <stdlib.h>

/// All words little-endian, as all machines concerned have them. `places` of 0 asks for the records of the whole tile.
typedef struct {
    uint32_t seedLow, seedHigh, frame, width, height, depth, filter, roulette, keyLow, keyHigh;
    uint32_t tileX, tileY, tileWidth, tileHeight, firstSample, lastSample, places;
} Request;
enum { placesMax = 1 << 20 };

typedef struct {
    RkScene *scene;
    RkView view;
    RkTileShape tile;
    uint32_t buckets, count;
    /// Four words each: x, y, first and last sample.
    uint32_t *places;
    float *sums;
    uint32_t *rays;
} Task;

static uint32_t least(uint32_t a, uint32_t b) { return a < b ? a : b; }

static void whole_tile(Task *t) {
    RkTileShape s = t->tile;
    for (uint32_t k = 0; k < t->count; k++) {
        uint32_t pixel = k / t->buckets, first = s.firstSample + k % t->buckets * 16, *place = t->places + 4 * k;
        place[0] = s.tileX + pixel % s.tileWidth;
        place[1] = s.tileY + pixel / s.tileWidth;
        place[2] = first;
        place[3] = least(first + 16, s.lastSample);
    }
}

/// A Worker's records come by units of pixels at the best level, a Verifier's places one by one at the other.
static void render_natively(Task *t, bool isTile) {
    RkSceneTables tables;
    rk_scene_tables(t->scene, &tables);
    if (!isTile) {
        for (uint32_t k = 0; k < t->count; k++) {
            const uint32_t *p = t->places + 4 * k;
            RkRecord record;
            RkRecordPlace place = {p[0], p[1], p[2], p[3]};
            rk_native_records(RK_LEVEL_BASELINE, &tables.tables, &t->view, &place, 1, &record);
            t->sums[3 * k] = record.red;
            t->sums[3 * k + 1] = record.green;
            t->sums[3 * k + 2] = record.blue;
            t->rays[k] = record.rays;
        }
        return;
    }
    RkTileOutput output = {t->sums, calloc(t->count, 2), NULL};
    if (output.rays == NULL) abort();
    RkCounts counts = {0, 0};
    for (uint32_t y = 0; y < t->tile.tileHeight; y += 8) {
        for (uint32_t x = 0; x < t->tile.tileWidth; x += 8) {
            rk_native_render(rk_native_level(), &tables.tables, &t->view, &t->tile, x, y, least(x + 8, t->tile.tileWidth),
                least(y + 8, t->tile.tileHeight), 0, t->buckets, &output, &counts);
        }
    }
    for (uint32_t k = 0; k < t->count; k++) t->rays[k] = output.rays[k];
    free(output.rays);
}

static bool render(Task *t, bool isTile, BitsDevice *device) {
    if (device == NULL) {
        render_natively(t, isTile);
        return true;
    }
#ifndef BITS_NO_OPENCL
    uint32_t *counts = malloc((size_t)t->count * 8);
    if (counts == NULL || !bits_opencl_render(device, t->scene, &t->view, t->places, t->count, t->sums, counts)) return false;
    for (uint32_t k = 0; k < t->count; k++) t->rays[k] = counts[2 * k];
    free(counts);
    return true;
#else
    return false;
#endif
}

/// Reads the places, renders, writes: what the scene holds, then three sums and a count of rays a record.
static bool answer(const Request *r, const RkModel *model, uint32_t has, Task *t, BitsDevice *device) {
    RkViewInput input = {.width = r->width, .height = r->height, .depth = r->depth, .filter = r->filter, .frame = r->frame,
        .roulette = r->roulette, .rngKey = (uint64_t)r->keyHigh << 32 | r->keyLow};
    if (model == NULL || rk_scene_view(t->scene, &input, &t->view) != RK_OK) return false;
    t->tile = (RkTileShape){r->tileX, r->tileY, r->tileWidth, r->tileHeight, r->firstSample, r->lastSample};
    t->buckets = (r->lastSample - r->firstSample + 15) / 16;
    bool isTile = r->places == 0;
    t->count = isTile ? r->tileWidth * r->tileHeight * t->buckets : r->places;
    if (t->count == 0 || t->count > placesMax) return false;
    t->places = malloc((size_t)t->count * 16);
    t->sums = malloc((size_t)t->count * 12);
    t->rays = malloc((size_t)t->count * 4);
    bool done = t->places != NULL && t->sums != NULL && t->rays != NULL;
    if (done && isTile) whole_tile(t);
    else done = done && fread(t->places, 16, t->count, stdin) == t->count;
    done = done && render(t, isTile, device);
    done = done && fwrite(&has, 4, 1, stdout) == 1 && fwrite(t->sums, 12, t->count, stdout) == t->count
        && fwrite(t->rays, 4, t->count, stdout) == t->count && fflush(stdout) == 0;
    free(t->places);
    free(t->sums);
    free(t->rays);
    return done;
}

int bits_serve(bool onDevice) {
    BitsDevice *device = NULL;
#ifndef BITS_NO_OPENCL
    char name[256] = "";
    const char *problem = onDevice ? bits_opencl_open(0, name, &device) : NULL;
    if (problem != NULL) {
        fprintf(stderr, "%s %s\n", name, problem);
        return 1;
    }
#else
    if (onDevice) return 1;
#endif
    Request request;
    while (fread(&request, sizeof request, 1, stdin) == 1) {
        uint32_t has = 0;
        Task task = {0};
        RkModel *model = bits_small_model((uint64_t)request.seedHigh << 32 | request.seedLow, &has);
        bool done = model != NULL && rk_scene_prepare(model, request.frame, &task.scene) == RK_OK
            && answer(&request, model, has, &task, device);
        if (task.scene != NULL) rk_scene_destroy(task.scene);
        if (model != NULL) rk_model_destroy(model);
        if (!done) return 1;
    }
    return 0;
}
