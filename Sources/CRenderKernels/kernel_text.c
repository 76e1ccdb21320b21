// The kernel headers as one text, in the order of kernels/all.h, with the OpenCL entry points last.
#include "include/CRenderKernels.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const char rk_text[] = {
#embed "kernels/compat.h"
    ,
#embed "kernels/philox.h"
    ,
#embed "kernels/elementary.h"
    ,
#embed "kernels/vector.h"
    ,
#embed "kernels/layout.h"
    ,
#embed "kernels/lanes.h"
    ,
#embed "kernels/texture.h"
    ,
#embed "kernels/attributes.h"
    ,
#embed "kernels/traverse.h"
    ,
#embed "kernels/microfacet.h"
    ,
#embed "kernels/bsdf.h"
    ,
#embed "kernels/iridescence.h"
    ,
#embed "kernels/sheen.h"
    ,
#embed "kernels/layers.h"
    ,
#embed "kernels/surface.h"
    ,
#embed "kernels/media.h"
    ,
#embed "kernels/layered_surface.h"
    ,
#embed "kernels/sky.h"
    ,
#embed "kernels/lights.h"
    ,
#embed "kernels/camera.h"
    ,
#embed "kernels/integrator.h"
    ,
#embed "kernels/opencl_entry.h"
};

const char *rk_kernel_text(size_t *length) {
    *length = sizeof rk_text;
    return rk_text;
}
