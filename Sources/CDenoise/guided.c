// Weighted first-order regression on auxiliary features: Bitterli, Rousselle, Moon, Iglesias-Guitián, Adler, Mitchell, Jarosz, Novák,
// "Nonlinearly Weighted First-order Regression for Denoising Monte Carlo Renderings", EGSR 2016. The weights are those of non-local
// means with known variance: Rousselle, Manzi, Zwicker, "Robust Denoising using Feature and Color Information", Pacific Graphics 2013.
//
// Around each pixel the colours of the window are fitted by a plane over albedo and normal, and the value of the plane at the pixel
// itself is the result. Edges and textures that the features show stay, because the plane follows them; those that only light draws
// stay, because the weights see them. Left out of the papers: the second bandwidth with its choice by estimated error, prefiltered
// features, and the collaborative average of all planes over a pixel.
#include "CDenoise.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define TILE_WIDTH 64
#define TILE_HEIGHT 16
#define TILE_PIXELS (TILE_WIDTH * TILE_HEIGHT)
#define PATCH_MAX 5
#define RADIUS_MAX 15
#define HALO_WIDTH (TILE_WIDTH + 2 * PATCH_MAX)
#define HALO_PIXELS (HALO_WIDTH * (TILE_HEIGHT + 2 * PATCH_MAX))
/// A constant, albedo, normal.
#define FEATURES 7
#define MOMENTS (FEATURES * (FEATURES + 1) / 2)

/// One plane of floats a member, padded on every side with copies of the border: no loop over neighbours needs a bound.
typedef struct {
    uint32_t width, height, margin;
    size_t stride, plane;
    float *values;
} Planes;

enum { COLOR = 0, VARIANCE = 3, FEATURE = 6, PLANES = 12 };

typedef struct {
    const DenoiseInput *input;
    DenoiseParameters parameters;
    Planes planes;
    float *output;
    uint32_t columns, tiles;
    atomic_uint next;
} Work;

static inline float larger(float a, float b) { return a > b ? a : b; }
static inline float smaller(float a, float b) { return a < b ? a : b; }
static inline int clamp(int value, int last) { return value < 0 ? 0 : value > last ? last : value; }

static inline float *plane_at(const Planes *p, int plane, int x, int y) {
    return p->values + (size_t)plane * p->plane + (size_t)(y + (int)p->margin) * p->stride + (size_t)(x + (int)p->margin);
}

/// Hostile pictures may hold anything: what is no number, or no finite one, becomes 0.
static inline float finite(float value) { return value - value == 0.0f ? value : 0.0f; }

static void copy_members(Planes *p, int first, const float *values) {
    for (int y = 0; y < (int)p->height; y++) {
        for (int x = 0; x < (int)p->width; x++) {
            for (int k = 0; k < 3; k++)
                *plane_at(p, first + k, x, y) = values ? finite(values[((size_t)y * p->width + (size_t)x) * 3 + (size_t)k]) : 0.0f;
        }
    }
}

static void pad(Planes *p, int plane) {
    int margin = (int)p->margin, right = (int)p->width - 1, bottom = (int)p->height - 1;
    for (int y = 0; y <= bottom; y++) {
        for (int x = 1; x <= margin; x++) {
            *plane_at(p, plane, -x, y) = *plane_at(p, plane, 0, y);
            *plane_at(p, plane, right + x, y) = *plane_at(p, plane, right, y);
        }
    }
    for (int y = 1; y <= margin; y++) {
        memcpy(plane_at(p, plane, -margin, -y), plane_at(p, plane, -margin, 0), p->stride * sizeof(float));
        memcpy(plane_at(p, plane, -margin, bottom + y), plane_at(p, plane, -margin, bottom), p->stride * sizeof(float));
    }
}

/// Variance of few samples is noise itself: its mean over 3×3 pixels is used. Where none is known, the spread of the colours around the
/// mean of 3×3 pixels tells an upper bound.
static void fill_variance(Planes *p, const float *variance) {
    for (int y = 0; y < (int)p->height; y++) {
        for (int x = 0; x < (int)p->width; x++) {
            for (int k = 0; k < 3; k++) {
                float sum = 0.0f, squares = 0.0f;
                for (int dy = -1; dy <= 1; dy++) {
                    for (int dx = -1; dx <= 1; dx++) {
                        int qx = clamp(x + dx, (int)p->width - 1), qy = clamp(y + dy, (int)p->height - 1);
                        float value = variance ? finite(variance[((size_t)qy * p->width + (size_t)qx) * 3 + (size_t)k])
                                               : *plane_at(p, COLOR + k, qx, qy);
                        sum += value;
                        squares += value * value;
                    }
                }
                float mean = sum * (1.0f / 9.0f);
                *plane_at(p, VARIANCE + k, x, y) = larger(variance ? mean : (squares - sum * mean) * (1.0f / 8.0f), 0.0f);
            }
        }
    }
}

typedef struct {
    float distance[HALO_PIXELS], rows[HALO_PIXELS], weight[TILE_PIXELS];
    float moments[MOMENTS][TILE_PIXELS];
    float products[FEATURES][3][TILE_PIXELS];
} Scratch;

/// Squared difference of two pixels' colours beyond what their variances explain, over the variances: for a whole row.
static void compare_row(const Planes *p, float *out, int x, int y, int dx, int dy, int count, float bandwidth) {
    float scale = bandwidth * bandwidth;
    for (int i = 0; i < count; i++) out[i] = 0.0f;
    for (int k = 0; k < 3; k++) {
        const float *c = plane_at(p, COLOR + k, x, y), *d = plane_at(p, COLOR + k, x + dx, y + dy);
        const float *v = plane_at(p, VARIANCE + k, x, y), *w = plane_at(p, VARIANCE + k, x + dx, y + dy);
        for (int i = 0; i < count; i++) {
            float difference = c[i] - d[i];
            // A millionth of the colour keeps noiseless pixels apart from a division by 0.
            float floor = 1e-10f + 1e-6f * (c[i] * c[i] + d[i] * d[i]);
            float spread = v[i] + smaller(v[i], w[i]);
            float q = (difference * difference - spread) / (floor + scale * (v[i] + w[i]));
            out[i] += smaller(q, 1e6f);
        }
    }
}

/// Weights of one offset for all pixels of a tile.
static void weigh(const Work *work, Scratch *s, int x0, int y0, int width, int height, int dx, int dy) {
    int patch = (int)work->parameters.patch, across = width + 2 * patch, side = 2 * patch + 1;
    for (int y = 0; y < height + 2 * patch; y++)
        compare_row(&work->planes, s->distance + y * HALO_WIDTH, x0 - patch, y0 + y - patch, dx, dy, across, work->parameters.bandwidth);
    for (int y = 0; y < height + 2 * patch; y++) {
        const float *from = s->distance + y * HALO_WIDTH;
        float *to = s->rows + y * HALO_WIDTH;
        for (int x = 0; x < width; x++) to[x] = 0.0f;
        for (int k = 0; k < side; k++) {
            for (int x = 0; x < width; x++) to[x] += from[x + k];
        }
    }
    float share = 1.0f / (float)(3 * side * side);
    for (int y = 0; y < height; y++) {
        float *to = s->weight + y * TILE_WIDTH;
        for (int x = 0; x < width; x++) to[x] = 0.0f;
        for (int k = 0; k < side; k++) {
            const float *from = s->rows + (y + k) * HALO_WIDTH;
            for (int x = 0; x < width; x++) to[x] += from[x];
        }
        for (int x = 0; x < width; x++) {
            // (1 - d / 8)⁸ stands for exp(-d): it ends at 8.
            float e = larger(1.0f - larger(to[x] * share, 0.0f) * 0.125f, 0.0f);
            e = e * e;
            e = e * e;
            to[x] = e * e;
        }
    }
}

/// Adds one offset to the sums of the regressions of all pixels of a tile.
static void gather(const Work *work, Scratch *s, int x0, int y0, int width, int height, int dx, int dy) {
    for (int y = 0; y < height; y++) {
        const float *w = s->weight + y * TILE_WIDTH;
        float feature[FEATURES][TILE_WIDTH];
        for (int i = 0; i < width; i++) feature[0][i] = 1.0f;
        for (int k = 0; k < FEATURES - 1; k++) {
            const float *a = plane_at(&work->planes, FEATURE + k, x0, y0 + y), *b = plane_at(&work->planes, FEATURE + k, x0 + dx, y0 + y + dy);
            for (int i = 0; i < width; i++) feature[k + 1][i] = b[i] - a[i];
        }
        const float *color[3];
        for (int k = 0; k < 3; k++) color[k] = plane_at(&work->planes, COLOR + k, x0 + dx, y0 + y + dy);
        int moment = 0;
        for (int a = 0; a < FEATURES; a++) {
            float weighted[TILE_WIDTH];
            for (int i = 0; i < width; i++) weighted[i] = w[i] * feature[a][i];
            for (int b = 0; b <= a; b++, moment++) {
                float *to = s->moments[moment] + y * TILE_WIDTH;
                for (int i = 0; i < width; i++) to[i] += weighted[i] * feature[b][i];
            }
            for (int k = 0; k < 3; k++) {
                float *to = s->products[a][k] + y * TILE_WIDTH;
                for (int i = 0; i < width; i++) to[i] += weighted[i] * color[k][i];
            }
        }
    }
}

/// Solves one pixel's normal equations by Cholesky's decomposition; false where they cannot be.
static bool solve(const Scratch *s, int index, float out[3]) {
    double l[FEATURES][FEATURES], y[FEATURES][3];
    double sum = s->moments[0][index];
    for (int a = 0, moment = 0; a < FEATURES; a++) {
        for (int b = 0; b <= a; b++, moment++) {
            double value = s->moments[moment][index];
            // A feature that hardly varies in the window explains nothing: its slope is drawn to 0.
            if (a == b && a > 0) value += 1e-3 * sum;
            for (int k = 0; k < b; k++) value -= l[a][k] * l[b][k];
            if (a == b) {
                if (!(value > 1e-12)) return false;
                l[a][a] = __builtin_sqrt(value);
            } else {
                l[a][b] = value / l[b][b];
            }
        }
    }
    for (int channel = 0; channel < 3; channel++) {
        for (int a = 0; a < FEATURES; a++) {
            double value = s->products[a][channel][index];
            for (int k = 0; k < a; k++) value -= l[a][k] * y[k][channel];
            y[a][channel] = value / l[a][a];
        }
        // Only the constant is wanted: the features are taken relative to the pixel's own.
        double x[FEATURES];
        for (int a = FEATURES - 1; a >= 0; a--) {
            double value = y[a][channel];
            for (int k = a + 1; k < FEATURES; k++) value -= l[k][a] * x[k];
            x[a] = value / l[a][a];
        }
        if (!(x[0] - x[0] == 0.0)) return false;
        out[channel] = (float)(x[0] > 0.0 ? x[0] : 0.0);
    }
    return true;
}

static void filter_tile(const Work *work, Scratch *s, uint32_t tile) {
    const Planes *p = &work->planes;
    int x0 = (int)(tile % work->columns) * TILE_WIDTH, y0 = (int)(tile / work->columns) * TILE_HEIGHT;
    int width = (int)p->width - x0 < TILE_WIDTH ? (int)p->width - x0 : TILE_WIDTH;
    int height = (int)p->height - y0 < TILE_HEIGHT ? (int)p->height - y0 : TILE_HEIGHT;
    memset(s->moments, 0, sizeof s->moments);
    memset(s->products, 0, sizeof s->products);
    int radius = (int)work->parameters.radius;
    for (int dy = -radius; dy <= radius; dy++) {
        for (int dx = -radius; dx <= radius; dx++) {
            weigh(work, s, x0, y0, width, height, dx, dy);
            gather(work, s, x0, y0, width, height, dx, dy);
        }
    }
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            float *to = work->output + ((size_t)(y0 + y) * p->width + (size_t)(x0 + x)) * 3;
            if (!solve(s, y * TILE_WIDTH + x, to)) {
                for (int k = 0; k < 3; k++) to[k] = *plane_at(p, COLOR + k, x0 + x, y0 + y);
            }
        }
    }
}

static void *filter_tiles(void *context) {
    Work *work = context;
    Scratch *scratch = malloc(sizeof *scratch);
    if (scratch == NULL) return NULL;
    for (uint32_t tile; (tile = atomic_fetch_add(&work->next, 1)) < work->tiles;) filter_tile(work, scratch, tile);
    free(scratch);
    return NULL;
}

bool denoise_guided(const DenoiseInput *input, const DenoiseParameters *parameters, uint32_t threads, float *output) {
    if (input->width == 0 || input->height == 0 || input->width > 65536 || input->height > 65536 || parameters->radius > RADIUS_MAX
        || parameters->patch > PATCH_MAX || !(parameters->bandwidth > 0.0f))
        return false;
    Work work = {.input = input, .parameters = *parameters, .output = output};
    Planes *p = &work.planes;
    p->width = input->width;
    p->height = input->height;
    p->margin = parameters->radius + parameters->patch;
    p->stride = (size_t)p->width + 2 * p->margin;
    p->plane = p->stride * ((size_t)p->height + 2 * p->margin);
    p->values = malloc(p->plane * PLANES * sizeof(float));
    if (p->values == NULL) return false;
    copy_members(p, COLOR, input->color);
    fill_variance(p, input->variance);
    copy_members(p, FEATURE, input->albedo);
    copy_members(p, FEATURE + 3, input->normal);
    for (int plane = 0; plane < PLANES; plane++) pad(p, plane);
    work.columns = (p->width + TILE_WIDTH - 1) / TILE_WIDTH;
    work.tiles = work.columns * ((p->height + TILE_HEIGHT - 1) / TILE_HEIGHT);
    pthread_t started[64];
    uint32_t count = 0;
    while (count + 1 < threads && count < 64 && pthread_create(&started[count], NULL, filter_tiles, &work) == 0) count++;
    filter_tiles(&work);
    for (uint32_t k = 0; k < count; k++) pthread_join(started[k], NULL);
    free(p->values);
    // A thread that found no memory leaves its tiles to the others.
    return atomic_load(&work.next) >= work.tiles;
}
