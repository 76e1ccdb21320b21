// A scene made by arithmetic alone, for builds of the kernels that no Swift is part of.
#pragma once

#include "CRenderKernels.h"

#include <stdbool.h>

/// A textured ground of `side`² · 2 triangles, placed and baked spheres, a masked and a blended pane, an octahedron for each group
/// of layers, an emissive square, a spot and an image sky. NULL where memory is used up.
RkScene *bits_scene(uint32_t side);

/// Renders records through every OpenCL device and prints a line for each: "opencl N DIGEST NAME" or "opencl N - REASON".
void bits_opencl(const RkScene *scene, const RkView *view, uint32_t width, uint32_t height, uint32_t samples);

/// FNV-1a over words.
uint64_t bits_hash(uint64_t hash, const void *words, size_t count);
#define BITS_SEED 14695981039346656037ull
