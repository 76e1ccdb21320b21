// Usage: rays FILE [COUNT]
// Incoherent closest-hit rays, ours against Embree 3, on one core: rays leave random points of a scene's surface in random
// directions. FILE holds the number of triangles as 32 bits and nine floats each, as speed.py writes it.
#include "CRenderKernels.h"
#include "native/native.h"

#include <embree3/rtcore.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint32_t state = 2463534242u;
static float unit(void) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return (float)(state >> 8) * 0x1p-24f;
}

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int main(int argumentCount, char **arguments) {
    uint32_t triangles, count = argumentCount > 2 ? (uint32_t)atoi(arguments[2]) : 400000;
    FILE *file = argumentCount > 1 ? fopen(arguments[1], "rb") : NULL;
    if (file == NULL || fread(&triangles, 4, 1, file) != 1) return 2;
    float *positions = malloc((size_t)triangles * 36);
    uint32_t *indices = malloc((size_t)triangles * 12);
    RkPlainRay *rays = aligned_alloc(64, sizeof(RkPlainRay) * ((count + 63) / 64 * 64));
    if (positions == NULL || indices == NULL || rays == NULL || fread(positions, 36, triangles, file) != triangles) return 2;
    fclose(file);
    for (uint32_t k = 0; k < 3 * triangles; k++) indices[k] = k;

    RkModel *model = rk_model_create((uint64_t)16 << 30);
    rk_model_add_mesh(model, NULL, 0);
    rk_model_add_primitive(model, RK_NONE, indices, (size_t)3 * triangles, positions, (size_t)9 * triangles);
    rk_model_add_node(model, &(RkNodeInput){-1, 0, -1, -1, -1, {0, 0, 0, 0, 0, 0, 1, 1, 1, 1}}, NULL, 0, NULL, 0, NULL, 0);
    RkScene *scene;
    if (rk_model_finish(model, 24) != RK_OK || rk_scene_prepare(model, 1, &scene) != RK_OK) return 1;
    RkSceneTables tables;
    rk_scene_tables(scene, &tables);

    for (uint32_t k = 0; k < count; k++) {
        // By triangle, not by area: finely modelled parts matter most.
        const float *p = positions + (size_t)9 * ((uint32_t)(unit() * (float)triangles) % triangles);
        float u = unit(), v = unit() * (1 - u);
        float3 at = F3(0, 0, 0), d;
        for (int axis = 0; axis < 3; axis++) at[axis] = p[axis] * (1 - u - v) + p[3 + axis] * u + p[6 + axis] * v;
        do d = F3(2 * unit() - 1, 2 * unit() - 1, 2 * unit() - 1);
        while (!(rk_dot(d, d) <= 1 && rk_dot(d, d) > 0.01f));
        d = rk_normalize(d);
        float3 from = at + d * (1e-4f * (1 + rk_max_abs(at)));
        rays[k] = (RkPlainRay){{from.x, from.y, from.z}, {d.x, d.y, d.z}, 0, RK_INFINITY};
    }

    RTCDevice device = rtcNewDevice("threads=1");
    RTCScene embree = rtcNewScene(device);
    RTCGeometry geometry = rtcNewGeometry(device, RTC_GEOMETRY_TYPE_TRIANGLE);
    rtcSetSharedGeometryBuffer(geometry, RTC_BUFFER_TYPE_VERTEX, 0, RTC_FORMAT_FLOAT3, positions, 0, 12, (size_t)3 * triangles);
    rtcSetSharedGeometryBuffer(geometry, RTC_BUFFER_TYPE_INDEX, 0, RTC_FORMAT_UINT3, indices, 0, 12, triangles);
    rtcCommitGeometry(geometry);
    rtcAttachGeometry(embree, geometry);
    rtcCommitScene(embree);

    const RkNativeLevel *level = rk_native_level_table(rk_native_level());
    double ours = 0, theirs = 0;
    uint32_t ourHits = 0, theirHits = 0;
    for (int round = 0; round < 5; round++) {
        double start = seconds();
        ourHits = theirHits = 0;
        // In batches, as the renderer traces them.
        for (uint32_t k = 0; k < count; k += 64) {
            RkHit hits[64];
            uint32_t part = count - k < 64 ? count - k : 64;
            level->closest(&tables.tables, rays + k, part, hits);
            for (uint32_t j = 0; j < part; j++) ourHits += hits[j].draw != RK_NONE;
        }
        double middle = seconds();
        for (uint32_t k = 0; k < count; k++) {
            struct RTCIntersectContext context;
            rtcInitIntersectContext(&context);
            struct RTCRayHit r = {
                .ray = {.org_x = rays[k].origin[0], .org_y = rays[k].origin[1], .org_z = rays[k].origin[2], .dir_x = rays[k].direction[0],
                    .dir_y = rays[k].direction[1], .dir_z = rays[k].direction[2], .tfar = RK_INFINITY, .mask = ~0u},
                .hit = {.geomID = RTC_INVALID_GEOMETRY_ID, .instID = {RTC_INVALID_GEOMETRY_ID}}};
            rtcIntersect1(embree, &context, &r);
            theirHits += r.hit.geomID != RTC_INVALID_GEOMETRY_ID;
        }
        double end = seconds();
        if (count / (middle - start) > ours) ours = count / (middle - start);
        if (count / (end - middle) > theirs) theirs = count / (end - middle);
    }
    printf("%.3f %.3f %.3f %u %u\n", ours / 1e6, theirs / 1e6, ours / theirs, ourHits, theirHits);
    return 0;
}
