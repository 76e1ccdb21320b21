// Takes the noise out of finished pictures. Nothing here is profile D, and nothing that is proven passes through it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// A picture and what is known about its pixels; rows from the top.
typedef struct {
    uint32_t width, height;
    /// 3 floats a pixel, linear.
    const float *color;
    /// Variance of each channel of `color`, 3 floats a pixel; NULL: estimated from the neighbours.
    const float *variance;
    /// 3 floats a pixel; NULL where it is not known.
    const float *albedo;
    /// 3 floats a pixel, in any space; NULL where it is not known.
    const float *normal;
} DenoiseInput;

typedef struct {
    /// Pixels to every side that a pixel may learn from; at most 15.
    uint32_t radius;
    /// Pixels to every side that are compared to find out how alike two pixels are; at most 5.
    uint32_t patch;
    /// Bandwidth of that comparison in standard deviations: more smooths more.
    float bandwidth;
} DenoiseParameters;

/// Guided filter: writes 3 floats a pixel to `output`, which must not overlap the input. False where memory or a bound is lacking.
bool denoise_guided(const DenoiseInput *input, const DenoiseParameters *parameters, uint32_t threads, float *output);

/// Opens Open Image Denoise, version 2 or 1, once. NULL on success, else a text that says what is missing.
const char *denoise_oidn_open(void);

/// Its ray tracing filter for high dynamic range. NULL on success, else a text that says what went wrong, valid until the thread's next
/// call. `threads` 0: as many as it likes.
const char *denoise_oidn(const DenoiseInput *input, uint32_t threads, float *output);
