#include "COpenCL.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

#define OCL_FUNCTIONS(X)                                                                                                      \
    X(clGetPlatformIDs) X(clGetPlatformInfo) X(clGetDeviceIDs) X(clGetDeviceInfo) X(clCreateContext) X(clCreateCommandQueue)  \
    X(clCreateProgramWithSource) X(clCreateProgramWithBinary) X(clBuildProgram) X(clGetProgramBuildInfo) X(clGetProgramInfo)  \
    X(clCreateKernel) X(clSetKernelArg) X(clCreateBuffer) X(clEnqueueWriteBuffer) X(clEnqueueReadBuffer)                      \
    X(clEnqueueNDRangeKernel) X(clFinish) X(clReleaseMemObject) X(clReleaseKernel) X(clReleaseProgram)                        \
    X(clReleaseCommandQueue) X(clReleaseContext)

// Written once by the opener, read afterwards.
static struct {
#define OCL_MEMBER(name) __typeof__(&name) name;
    OCL_FUNCTIONS(OCL_MEMBER)
#undef OCL_MEMBER
} table;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char problem[256] = "not opened";
static int opened = 0;

/// Drivers are opened, and look for their devices, at the first question for them; several threads that ask it at once get
/// different answers from PoCL 3.1, or crash. So it is asked once, here.
static void wake_drivers(void) {
    cl_platform_id platforms[32];
    cl_uint count = 0;
    if (table.clGetPlatformIDs(32, platforms, &count) != CL_SUCCESS) return;
    for (cl_uint k = 0; k < count && k < 32; k++) {
        cl_uint devices = 0;
        table.clGetDeviceIDs(platforms[k], CL_DEVICE_TYPE_ALL, 0, NULL, &devices);
    }
}

static void load(void) {
    void *library = dlopen("libOpenCL.so.1", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        const char *reason = dlerror();
        snprintf(problem, sizeof problem, "%s", reason != NULL ? reason : "libOpenCL.so.1 can't be loaded");
        return;
    }
#define OCL_LOAD(name)                                                                                                        \
    table.name = (__typeof__(&name))dlsym(library, #name);                                                                    \
    if (table.name == NULL) {                                                                                                 \
        snprintf(problem, sizeof problem, "libOpenCL.so.1 has no " #name);                                                    \
        return;                                                                                                               \
    }
    OCL_FUNCTIONS(OCL_LOAD)
#undef OCL_LOAD
    wake_drivers();
    opened = 1;
}

const char *ocl_open(void) {
    pthread_once(&once, load);
    return opened ? NULL : problem;
}

#define OCL_GUARD(result)                                                                                                     \
    if (!opened) return result
#define OCL_GUARD_STATUS                                                                                                      \
    if (!opened) {                                                                                                            \
        *status = OCL_NOT_OPEN;                                                                                               \
        return NULL;                                                                                                          \
    }

cl_int ocl_get_platforms(cl_uint capacity, cl_platform_id *platforms, cl_uint *count) {
    OCL_GUARD(OCL_NOT_OPEN);
    return table.clGetPlatformIDs(capacity, platforms, count);
}

cl_int ocl_get_platform_info(cl_platform_id platform, cl_platform_info name, size_t size, void *value, size_t *needed) {
    OCL_GUARD(OCL_NOT_OPEN);
    return table.clGetPlatformInfo(platform, name, size, value, needed);
}

cl_int ocl_get_devices(cl_platform_id platform, cl_uint capacity, cl_device_id *devices, cl_uint *count) {
    OCL_GUARD(OCL_NOT_OPEN);
    return table.clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, capacity, devices, count);
}

cl_int ocl_get_device_info(cl_device_id device, cl_device_info name, size_t size, void *value, size_t *needed) {
    OCL_GUARD(OCL_NOT_OPEN);
    return table.clGetDeviceInfo(device, name, size, value, needed);
}

cl_context ocl_create_context(cl_platform_id platform, cl_device_id device, cl_int *status) {
    OCL_GUARD_STATUS
    cl_context_properties properties[] = {CL_CONTEXT_PLATFORM, (cl_context_properties)platform, 0};
    return table.clCreateContext(properties, 1, &device, NULL, NULL, status);
}

cl_command_queue ocl_create_queue(cl_context context, cl_device_id device, cl_int *status) {
    OCL_GUARD_STATUS
    return table.clCreateCommandQueue(context, device, 0, status);
}

cl_program ocl_create_program_from_text(cl_context context, const char *text, size_t length, cl_int *status) {
    OCL_GUARD_STATUS
    return table.clCreateProgramWithSource(context, 1, &text, &length, status);
}

cl_program ocl_create_program_from_binary(
    cl_context context, cl_device_id device, const unsigned char *binary, size_t length, cl_int *status) {
    OCL_GUARD_STATUS
    cl_int loaded = CL_SUCCESS;
    cl_program program = table.clCreateProgramWithBinary(context, 1, &device, &length, &binary, &loaded, status);
    if (*status == CL_SUCCESS) *status = loaded;
    return program;
}

cl_int ocl_build_program(cl_program program, cl_device_id device, const char *options) {
    OCL_GUARD(OCL_NOT_OPEN);
    return table.clBuildProgram(program, 1, &device, options, NULL, NULL);
}

cl_int ocl_get_build_log(cl_program program, cl_device_id device, size_t size, char *text, size_t *needed) {
    OCL_GUARD(OCL_NOT_OPEN);
    return table.clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, size, text, needed);
}

cl_int ocl_get_binary_size(cl_program program, size_t *size) {
    OCL_GUARD(OCL_NOT_OPEN);
    return table.clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof *size, size, NULL);
}

cl_int ocl_get_binary(cl_program program, unsigned char *bytes) {
    OCL_GUARD(OCL_NOT_OPEN);
    return table.clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof bytes, &bytes, NULL);
}

cl_kernel ocl_create_kernel(cl_program program, const char *name, cl_int *status) {
    OCL_GUARD_STATUS
    return table.clCreateKernel(program, name, status);
}

cl_int ocl_set_argument(cl_kernel kernel, cl_uint index, size_t size, const void *value) {
    OCL_GUARD(OCL_NOT_OPEN);
    return table.clSetKernelArg(kernel, index, size, value);
}

cl_mem ocl_create_buffer(cl_context context, cl_mem_flags flags, size_t size, void *host, cl_int *status) {
    OCL_GUARD_STATUS
    return table.clCreateBuffer(context, flags, size, host, status);
}

cl_int ocl_write(cl_command_queue queue, cl_mem buffer, size_t size, const void *from) {
    OCL_GUARD(OCL_NOT_OPEN);
    return table.clEnqueueWriteBuffer(queue, buffer, CL_TRUE, 0, size, from, 0, NULL, NULL);
}

cl_int ocl_read(cl_command_queue queue, cl_mem buffer, size_t size, void *to) {
    OCL_GUARD(OCL_NOT_OPEN);
    return table.clEnqueueReadBuffer(queue, buffer, CL_TRUE, 0, size, to, 0, NULL, NULL);
}

cl_int ocl_launch(cl_command_queue queue, cl_kernel kernel, size_t global, size_t local) {
    OCL_GUARD(OCL_NOT_OPEN);
    return table.clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &global, &local, 0, NULL, NULL);
}

cl_int ocl_finish(cl_command_queue queue) {
    OCL_GUARD(OCL_NOT_OPEN);
    return table.clFinish(queue);
}

#define OCL_RELEASE(name, type, function)                                                                                     \
    void name(type object) {                                                                                                  \
        if (opened && object != NULL) table.function(object);                                                                 \
    }
OCL_RELEASE(ocl_release_buffer, cl_mem, clReleaseMemObject)
OCL_RELEASE(ocl_release_kernel, cl_kernel, clReleaseKernel)
OCL_RELEASE(ocl_release_program, cl_program, clReleaseProgram)
OCL_RELEASE(ocl_release_queue, cl_command_queue, clReleaseCommandQueue)
OCL_RELEASE(ocl_release_context, cl_context, clReleaseContext)
