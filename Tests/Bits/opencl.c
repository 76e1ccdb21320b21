#include "bits.h"

#include "COpenCL.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS "-cl-std=CL1.2 -cl-fp32-correctly-rounded-divide-sqrt"
enum { groupSize = 64, buffersMax = 32 };

typedef struct {
    cl_context context;
    cl_kernel kernel;
    cl_mem buffers[buffersMax];
    cl_uint count;
} Launch;

static void argument(Launch *l, size_t bytes, const void *from) {
    cl_int status;
    cl_mem buffer = ocl_create_buffer(
        l->context, from ? CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR : CL_MEM_READ_WRITE, bytes < 8 ? 8 : bytes, (void *)from, &status);
    ocl_set_argument(l->kernel, l->count, sizeof buffer, &buffer);
    l->buffers[l->count++] = buffer;
}

static const char *run(cl_platform_id platform, cl_device_id device, const RkScene *scene, const RkView *view, uint32_t width,
    uint32_t height, uint32_t samples, uint64_t *hash) {
    static char text[4096];
    cl_int status;
    Launch l = {ocl_create_context(platform, device, &status), NULL, {NULL}, 0};
    if (status != CL_SUCCESS) return "no context";
    cl_command_queue queue = ocl_create_queue(l.context, device, &status);
    size_t length;
    const char *source = rk_kernel_text(&length);
    cl_program program = ocl_create_program_from_text(l.context, source, length, &status);
    if (status != CL_SUCCESS || ocl_build_program(program, device, OPTIONS) != CL_SUCCESS) {
        size_t needed;
        ocl_get_build_log(program, device, sizeof text - 1, text, &needed);
        return text[0] ? text : "the kernels do not build";
    }
    l.kernel = ocl_create_kernel(program, "rk_render_places", &status);
    if (status != CL_SUCCESS) return "no kernel";
    RkSceneTables t;
    rk_scene_tables(scene, &t);
    for (size_t k = 0; k < RK_TABLE_COUNT; k++) {
        const void *table = ((const void *const *)&t.tables)[k];
        argument(&l, (size_t)t.bytes[k], t.bytes[k] ? table : NULL);
    }
    argument(&l, sizeof *view, view);
    uint32_t buckets = (samples + 15) / 16, records = width * height * buckets;
    uint32_t *places = malloc(records * 16), *counts = malloc(records * 8);
    float *sums = malloc(records * 12);
    for (uint32_t k = 0; k < records; k++) {
        uint32_t pixel = k / buckets, first = k % buckets * 16, last = first + 16;
        memcpy(places + 4 * k, (uint32_t[]){pixel % width, pixel / width, first, last < samples ? last : samples}, 16);
    }
    argument(&l, records * 16, places);
    uint32_t none = 0;
    ocl_set_argument(l.kernel, l.count++, 4, &records);
    ocl_set_argument(l.kernel, l.count++, 4, &none);
    argument(&l, records * 12, NULL);
    argument(&l, records * 8, NULL);
    argument(&l, 8, NULL);
    if (ocl_launch(queue, l.kernel, (records + groupSize - 1) / groupSize * groupSize, groupSize) != CL_SUCCESS
        || ocl_finish(queue) != CL_SUCCESS)
        return "the launch failed";
    ocl_read(queue, l.buffers[RK_TABLE_COUNT + 4], records * 12, sums);
    ocl_read(queue, l.buffers[RK_TABLE_COUNT + 5], records * 8, counts);
    *hash = bits_hash(BITS_SEED, sums, 3 * records);
    for (uint32_t k = 0; k < records; k++) *hash = bits_hash(*hash, counts + 2 * k, 1);
    free(places);
    free(counts);
    free(sums);
    for (cl_uint k = 0; k < l.count; k++) {
        if (l.buffers[k] != NULL) ocl_release_buffer(l.buffers[k]);
    }
    ocl_release_kernel(l.kernel);
    ocl_release_program(program);
    ocl_release_queue(queue);
    ocl_release_context(l.context);
    return NULL;
}

void bits_opencl(const RkScene *scene, const RkView *view, uint32_t width, uint32_t height, uint32_t samples) {
    const char *missing = ocl_open();
    cl_platform_id platforms[8];
    cl_uint platformCount = 0, number = 0;
    if (missing == NULL) ocl_get_platforms(8, platforms, &platformCount);
    for (cl_uint p = 0; p < platformCount && p < 8; p++) {
        cl_device_id devices[8];
        cl_uint deviceCount = 0;
        if (ocl_get_devices(platforms[p], 8, devices, &deviceCount) != CL_SUCCESS) continue;
        for (cl_uint d = 0; d < deviceCount && d < 8; d++, number++) {
            char name[256] = "";
            size_t needed;
            ocl_get_device_info(devices[d], CL_DEVICE_NAME, sizeof name, name, &needed);
            uint64_t hash = 0;
            const char *problem = run(platforms[p], devices[d], scene, view, width, height, samples, &hash);
            if (problem) printf("opencl %u - %s: %s\n", number, name, problem);
            else printf("opencl %u %016llx %s\n", number, (unsigned long long)hash, name);
        }
    }
    if (number == 0) printf("opencl - - %s\n", missing ? missing : "no device");
}
