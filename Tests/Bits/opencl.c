#include "bits.h"

#include "COpenCL.h"

#include <stdlib.h>
#include <string.h>

#define OPTIONS "-cl-std=CL1.2 -cl-fp32-correctly-rounded-divide-sqrt"
enum { groupSize = 64, buffersMax = 32 };

struct BitsDevice {
    cl_context context;
    cl_command_queue queue;
    cl_program program;
    cl_kernel kernel;
    cl_mem buffers[buffersMax];
    cl_uint count;
};

static void argument(BitsDevice *d, size_t bytes, const void *from) {
    cl_int status;
    cl_mem buffer = ocl_create_buffer(
        d->context, from ? CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR : CL_MEM_READ_WRITE, bytes < 8 ? 8 : bytes, (void *)from, &status);
    ocl_set_argument(d->kernel, d->count, sizeof buffer, &buffer);
    d->buffers[d->count++] = buffer;
}

static const char *build(BitsDevice *d, cl_platform_id platform, cl_device_id device) {
    static char text[4096];
    cl_int status;
    d->context = ocl_create_context(platform, device, &status);
    if (status != CL_SUCCESS) return "no context";
    d->queue = ocl_create_queue(d->context, device, &status);
    size_t length;
    const char *source = rk_kernel_text(&length);
    d->program = ocl_create_program_from_text(d->context, source, length, &status);
    if (status != CL_SUCCESS || ocl_build_program(d->program, device, OPTIONS) != CL_SUCCESS) {
        size_t needed;
        ocl_get_build_log(d->program, device, sizeof text - 1, text, &needed);
        return text[0] ? text : "the kernels do not build";
    }
    d->kernel = ocl_create_kernel(d->program, "rk_render_places", &status);
    return status == CL_SUCCESS ? NULL : "no kernel";
}

const char *bits_opencl_open(uint32_t number, char *name, BitsDevice **out) {
    const char *missing = ocl_open();
    if (missing != NULL) return missing;
    cl_platform_id platforms[8];
    cl_uint platformCount = 0, seen = 0;
    ocl_get_platforms(8, platforms, &platformCount);
    for (cl_uint p = 0; p < platformCount && p < 8; p++) {
        cl_device_id devices[8];
        cl_uint deviceCount = 0;
        if (ocl_get_devices(platforms[p], 8, devices, &deviceCount) != CL_SUCCESS) continue;
        for (cl_uint k = 0; k < deviceCount && k < 8; k++, seen++) {
            if (seen != number) continue;
            size_t needed;
            ocl_get_device_info(devices[k], CL_DEVICE_NAME, 256, name, &needed);
            *out = calloc(1, sizeof(BitsDevice));
            return *out == NULL ? "no memory" : build(*out, platforms[p], devices[k]);
        }
    }
    return number == 0 ? "no device" : "";
}

bool bits_opencl_render(
    BitsDevice *d, const RkScene *scene, const RkView *view, const uint32_t *places, uint32_t count, float *sums, uint32_t *counts) {
    RkSceneTables t;
    rk_scene_tables(scene, &t);
    d->count = 0;
    for (size_t k = 0; k < RK_TABLE_COUNT; k++) {
        const void *table = ((const void *const *)&t.tables)[k];
        argument(d, (size_t)t.bytes[k], t.bytes[k] ? table : NULL);
    }
    argument(d, sizeof *view, view);
    argument(d, (size_t)count * 16, places);
    cl_uint own = d->count;
    uint32_t none = 0;
    ocl_set_argument(d->kernel, own, 4, &count);
    ocl_set_argument(d->kernel, own + 1, 4, &none);
    // The two numbers take places among the arguments, hence among the buffers.
    d->buffers[own] = d->buffers[own + 1] = NULL;
    d->count = own + 2;
    argument(d, (size_t)count * 12, NULL);
    argument(d, (size_t)count * 8, NULL);
    argument(d, 8, NULL);
    size_t items = ((size_t)count + groupSize - 1) / groupSize * groupSize;
    bool done = ocl_launch(d->queue, d->kernel, items, groupSize) == CL_SUCCESS && ocl_finish(d->queue) == CL_SUCCESS
        && ocl_read(d->queue, d->buffers[own + 2], (size_t)count * 12, sums) == CL_SUCCESS
        && ocl_read(d->queue, d->buffers[own + 3], (size_t)count * 8, counts) == CL_SUCCESS;
    for (cl_uint k = 0; k < d->count; k++) {
        if (d->buffers[k] != NULL) ocl_release_buffer(d->buffers[k]);
    }
    return done;
}
