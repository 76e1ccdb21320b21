// Usage: bits once | digest | opencl | speed [SECONDS] | serve [opencl]
// Renders one scene with the kernels as they were compiled, and prints what is to be compared between builds. `serve` renders what it
// is asked for on its standard input.
#include "bits.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { width = 64, height = 48, samples = 40, buckets = (samples + 15) / 16 };

uint64_t bits_hash(uint64_t hash, const void *words, size_t count) {
    const uint32_t *word = words;
    for (size_t k = 0; k < count; k++) hash = (hash ^ word[k]) * 1099511628211ull;
    return hash;
}

typedef struct {
    const RkTables *tables;
    const RkView *view;
    RkLevel level;
    uint32_t unitWidth, unitHeight, unitBuckets, samples;
    RkTileOutput output;
    int next;
} Work;

static void *work(void *context) {
    Work *w = context;
    RkTileShape tile = {0, 0, width, height, 0, w->samples};
    uint32_t bucketCount = (w->samples + 15) / 16;
    uint32_t columns = (width + w->unitWidth - 1) / w->unitWidth, rows = (height + w->unitHeight - 1) / w->unitHeight;
    RkCounts counts = {0, 0};
    for (;;) {
        uint32_t unit = (uint32_t)__atomic_fetch_add(&w->next, 1, __ATOMIC_RELAXED);
        if (unit >= columns * rows) return NULL;
        uint32_t x = unit % columns * w->unitWidth, y = unit / columns * w->unitHeight;
        uint32_t x1 = x + w->unitWidth < width ? x + w->unitWidth : width, y1 = y + w->unitHeight < height ? y + w->unitHeight : height;
        for (uint32_t bucket = 0; bucket < bucketCount; bucket += w->unitBuckets) {
            uint32_t last = bucket + w->unitBuckets < bucketCount ? bucket + w->unitBuckets : bucketCount;
            rk_native_render(w->level, w->tables, w->view, &tile, x, y, x1, y1, bucket, last, &w->output, &counts);
        }
    }
}

static uint64_t render(Work *w, int threads) {
    size_t records = (size_t)width * height * ((w->samples + 15) / 16);
    w->output = (RkTileOutput){calloc(records, 12), calloc(records, 2), calloc(records, 32)};
    w->next = 0;
    pthread_t thread[8];
    for (int k = 1; k < threads; k++) pthread_create(thread + k, NULL, work, w);
    work(w);
    for (int k = 1; k < threads; k++) pthread_join(thread[k], NULL);
    uint64_t hash = bits_hash(BITS_SEED, w->output.sums, 3 * records);
    for (size_t k = 0; k < records; k++) hash = bits_hash(hash, &(uint32_t){w->output.rays[k]}, 1);
    free(w->output.sums);
    free(w->output.rays);
    free(w->output.layers);
    return hash;
}

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/// Paths per second of processor time, the best of several renders.
static void speed(Work *w, double limit) {
    double begin = seconds(), best = 0;
    w->samples = 64;
    do {
        double start = seconds();
        render(w, 1);
        double rate = (double)width * height * w->samples / (seconds() - start);
        if (rate > best) best = rate;
    } while (seconds() - begin < limit);
    printf("%.4f\n", best / 1e6);
}

#ifndef BITS_NO_OPENCL
/// Renders all records on every OpenCL device and prints a line for each: "opencl N DIGEST NAME" or "opencl N - REASON".
static void devices(const RkScene *scene, const RkView *view) {
    uint32_t count = width * height * buckets;
    uint32_t *places = malloc(count * 16), *counts = malloc(count * 8);
    float *sums = malloc(count * 12);
    for (uint32_t k = 0; k < count; k++) {
        uint32_t pixel = k / buckets, first = k % buckets * 16, last = first + 16;
        memcpy(places + 4 * k, (uint32_t[]){pixel % width, pixel / width, first, last < samples ? last : samples}, 16);
    }
    for (uint32_t number = 0;; number++) {
        char name[256] = "";
        BitsDevice *device = NULL;
        const char *problem = bits_opencl_open(number, name, &device);
        if (problem == NULL && !bits_opencl_render(device, scene, view, places, count, sums, counts)) problem = "the launch failed";
        if (problem != NULL && problem[0] == 0) break;
        if (problem == NULL) {
            uint64_t hash = bits_hash(BITS_SEED, sums, 3 * (size_t)count);
            for (uint32_t k = 0; k < count; k++) hash = bits_hash(hash, counts + 2 * k, 1);
            printf("opencl %u %016llx %s\n", number, (unsigned long long)hash, name);
            continue;
        }
        printf("opencl %u - %s%s%s\n", number, name, name[0] ? ": " : "", problem);
        if (name[0] == 0) break;
    }
    free(places);
    free(counts);
    free(sums);
}
#endif

int main(int count, char **arguments) {
    const char *mode = count > 1 ? arguments[1] : "digest";
    if (strcmp(mode, "serve") == 0) return bits_serve(count > 2 && strcmp(arguments[2], "opencl") == 0);
    RkScene *scene = bits_scene(strcmp(mode, "speed") == 0 ? 256 : 24);
    if (scene == NULL) return 1;
    RkSceneTables tables;
    rk_scene_tables(scene, &tables);
    RkViewInput input
        = {.width = width, .height = height, .depth = 8, .filter = 1, .frame = 1, .roulette = 3, .rngKey = 0x0123456789abcdefull};
    RkView view;
    if (rk_scene_view(scene, &input, &view) != RK_OK) return 1;
    Work w = {&tables.tables, &view, rk_native_level(), 8, 8, 64, samples, {0}, 0};
    if (strcmp(mode, "speed") == 0) {
        speed(&w, count > 2 ? atof(arguments[2]) : 2);
#ifndef BITS_NO_OPENCL
    } else if (strcmp(mode, "opencl") == 0) {
        devices(scene, &view);
#endif
    } else if (strcmp(mode, "once") == 0) {
        w.level = RK_LEVEL_BASELINE;
        printf("%016llx\n", (unsigned long long)render(&w, 1));
    } else {
        // Levels, threads and shapes of units within one build; the second run repeats the first.
        static const uint32_t shapes[][3] = {{8, 8, 64}, {8, 8, 64}, {3, 5, 1}, {64, 1, 2}, {1, 48, 64}};
        printf("%016llx", (unsigned long long)render(&w, 1));
        for (RkLevel level = RK_LEVEL_BASELINE; level < rk_native_level(); level++) {
            w.level = level;
            printf(" %016llx", (unsigned long long)render(&w, 1));
        }
        for (int k = 0; k < 5; k++) {
            w.level = rk_native_level();
            w.unitWidth = shapes[k][0];
            w.unitHeight = shapes[k][1];
            w.unitBuckets = shapes[k][2];
            printf(" %016llx", (unsigned long long)render(&w, 1 + k % 2));
        }
        printf("\n");
    }
    rk_scene_destroy(scene);
    return 0;
}
