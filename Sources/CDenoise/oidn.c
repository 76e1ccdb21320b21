// Open Image Denoise, opened at run time where the user has it: programs start without it. Only what version 1 and 2 have in common
// is used, declared here, because its headers need not be installed.
#include "CDenoise.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

typedef struct OIDNDeviceImpl *Device;
typedef struct OIDNFilterImpl *Filter;
/// Values of its enumerations that both versions share.
enum { DEVICE_CPU = 1, FORMAT_FLOAT3 = 3 };

static struct {
    Device (*newDevice)(int type);
    void (*commitDevice)(Device);
    int (*getDeviceError)(Device, const char **message);
    void (*releaseDevice)(Device);
    void (*setDeviceInt)(Device, const char *name, int value);
    Filter (*newFilter)(Device, const char *type);
    void (*setImage)(Filter, const char *name, void *pointer, int format, size_t width, size_t height, size_t offset, size_t pixelStride,
        size_t rowStride);
    void (*setFilterBool)(Filter, const char *name, bool value);
    void (*commitFilter)(Filter);
    void (*executeFilter)(Filter);
    void (*releaseFilter)(Filter);
} table;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char problem[256] = "not opened";
static bool opened;

static void load(void) {
    static const char *const names[] = {"libOpenImageDenoise.so.2", "libOpenImageDenoise.so.1"};
    void *library = NULL;
    for (size_t k = 0; library == NULL && k < sizeof names / sizeof names[0]; k++) library = dlopen(names[k], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        const char *reason = dlerror();
        snprintf(problem, sizeof problem, "%s", reason != NULL ? reason : "libOpenImageDenoise.so.2 can't be loaded");
        return;
    }
    // The second name is that of version 1.
    const struct {
        void **place;
        const char *name, *older;
    } functions[] = {
        {(void **)&table.newDevice, "oidnNewDevice", NULL}, {(void **)&table.commitDevice, "oidnCommitDevice", NULL},
        {(void **)&table.getDeviceError, "oidnGetDeviceError", NULL}, {(void **)&table.releaseDevice, "oidnReleaseDevice", NULL},
        {(void **)&table.setDeviceInt, "oidnSetDeviceInt", "oidnSetDevice1i"}, {(void **)&table.newFilter, "oidnNewFilter", NULL},
        {(void **)&table.setImage, "oidnSetSharedFilterImage", NULL},
        {(void **)&table.setFilterBool, "oidnSetFilterBool", "oidnSetFilter1b"}, {(void **)&table.commitFilter, "oidnCommitFilter", NULL},
        {(void **)&table.executeFilter, "oidnExecuteFilter", NULL}, {(void **)&table.releaseFilter, "oidnReleaseFilter", NULL},
    };
    for (size_t k = 0; k < sizeof functions / sizeof functions[0]; k++) {
        *functions[k].place = dlsym(library, functions[k].name);
        if (*functions[k].place == NULL && functions[k].older != NULL) *functions[k].place = dlsym(library, functions[k].older);
        if (*functions[k].place == NULL) {
            snprintf(problem, sizeof problem, "libOpenImageDenoise has no %s", functions[k].name);
            return;
        }
    }
    opened = true;
}

const char *denoise_oidn_open(void) {
    pthread_once(&once, load);
    return opened ? NULL : problem;
}

static void set(Filter filter, const char *name, const float *pixels, const DenoiseInput *input) {
    // Inputs are only read; its type has no const.
    if (pixels != NULL) table.setImage(filter, name, (void *)(uintptr_t)pixels, FORMAT_FLOAT3, input->width, input->height, 0, 0, 0);
}

const char *denoise_oidn(const DenoiseInput *input, uint32_t threads, float *output) {
    static _Thread_local char message[256];
    const char *missing = denoise_oidn_open();
    if (missing != NULL) return missing;
    const char *text = NULL;
    // Memory of the host is shared with the filter, which devices of other kinds may not reach.
    Device device = table.newDevice(DEVICE_CPU);
    if (device == NULL) {
        table.getDeviceError(NULL, &text);
        snprintf(message, sizeof message, "it has no device for processors: %s", text != NULL ? text : "no reason given");
        return message;
    }
    if (threads > 0) table.setDeviceInt(device, "numThreads", (int)threads);
    table.commitDevice(device);
    Filter filter = table.newFilter(device, "RT");
    if (filter != NULL) {
        set(filter, "color", input->color, input);
        set(filter, "albedo", input->albedo, input);
        // A normal helps only beside an albedo.
        if (input->albedo != NULL) set(filter, "normal", input->normal, input);
        set(filter, "output", output, input);
        table.setFilterBool(filter, "hdr", true);
        table.commitFilter(filter);
        table.executeFilter(filter);
        table.releaseFilter(filter);
    }
    int code = table.getDeviceError(device, &text);
    if (code != 0) snprintf(message, sizeof message, "%s (error %d)", text != NULL ? text : "no reason given", code);
    table.releaseDevice(device);
    if (code != 0) return message;
    return filter != NULL ? NULL : "it has no filter for ray tracing";
}
