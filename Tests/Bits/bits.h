// Scenes made by arithmetic alone, for builds of the kernels that no Swift is part of.
#pragma once

#include "CRenderKernels.h"

#include <stdbool.h>

/// A textured ground of `side`² · 2 triangles, placed and baked spheres, a masked and a blended pane, an octahedron for each group
/// of layers, an emissive square, a spot and an image sky. NULL where memory is used up.
RkScene *bits_scene(uint32_t side);

/// What a small scene holds, as its seed has it.
enum {
    BITS_HAS_MASK = 1,
    BITS_HAS_BLEND = 2,
    BITS_HAS_INSTANCES = 4,
    BITS_HAS_ANIMATION = 8,
    /// Lights so dim that every sum is a subnormal number, and vertices at subnormal heights.
    BITS_HAS_SUBNORMALS = 16,
    BITS_HAS_LAYERS = 32,
    BITS_HAS_LENS = 64,
    BITS_HAS_SKY_IMAGE = 128,
};
/// A scene of some hundred triangles that follows from the seed. NULL where memory is used up.
RkModel *bits_small_model(uint64_t seed, uint32_t *has);

/// Parts of both.
uint32_t bits_scramble(uint32_t x);
/// Double-sided; a texture of RK_NONE is none, texture 0 brings the normal map 1.
RkMaterial bits_material(float red, float metallic, float roughness, uint32_t alphaMode, float alpha, uint32_t texture);
/// Glass, cloth and lacquer: every layer of the material's extensions.
void bits_add_layered_materials(RkModel *model);
void bits_add_image(RkModel *model, uint32_t side, uint32_t format, uint32_t seed);
/// A grid of side² cells, as rough ground or folded into an octahedron.
void bits_add_grid(RkModel *model, uint32_t material, uint32_t side, float size, bool sphere);

/// The kernels on one OpenCL device.
typedef struct BitsDevice BitsDevice;
/// Device by its number over all platforms, its name in `name` (256 bytes). NULL on success, "" where there are no more devices,
/// else the reason.
const char *bits_opencl_open(uint32_t number, char *name, BitsDevice **device);
/// Renders `count` places of four words (x, y, first and last sample): three sums each, and two counts (rays, not finite).
bool bits_opencl_render(
    BitsDevice *device, const RkScene *scene, const RkView *view, const uint32_t *places, uint32_t count, float *sums, uint32_t *counts);

/// Answers requests on the standard input until it ends, natively or on the first OpenCL device. Returns the exit status.
int bits_serve(bool onDevice);

/// FNV-1a over words.
uint64_t bits_hash(uint64_t hash, const void *words, size_t count);
#define BITS_SEED 14695981039346656037ull
