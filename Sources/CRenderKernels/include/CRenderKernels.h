// The rendering kernels as a C library: scene preparation, native rendering, and the kernel text for OpenCL.
//
// Sums, tables and pictures made here are profile D. No call aborts or traps on any input: errors are codes, memory is counted
// against a cap before it is allocated. Nothing here is global state, so distinct objects may be used from distinct threads;
// a prepared scene is immutable and may be rendered from many threads.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifndef RK_GLOBAL
#define RK_GLOBAL
#endif
typedef uint32_t uint;

#include "../kernels/layout.h"

typedef enum {
    RK_OK = 0,
    /// The memory cap or the machine's memory is used up.
    RK_OUT_OF_MEMORY = 1,
    /// An index, count or value outside its range.
    RK_INVALID = 2,
    /// More triangles, draws, texels or tree levels than the formats hold.
    RK_TOO_LARGE = 3,
    /// The camera asked for does not exist.
    RK_NO_CAMERA = 4,
} RkStatus;

// MARK: The model: everything that does not depend on the frame.

typedef struct RkModel RkModel;

/// `memoryMax` caps the model together with all scenes being prepared from it, in bytes. NULL: no memory.
RkModel *rk_model_create(uint64_t memoryMax);
void rk_model_destroy(RkModel *model);
/// Threads that build trees of many triangles; 1 at first, at most 64 are used. The scene is the same on any number.
void rk_model_set_threads(RkModel *model, uint32_t threads);

/// Appends a picture; `bytes` must be width × height × bytes per texel.
RkStatus rk_model_add_image(RkModel *model, uint32_t width, uint32_t height, uint32_t format, const uint8_t *texels, size_t bytes);
RkStatus rk_model_add_texture(RkModel *model, const RkTexture *texture);
RkStatus rk_model_add_material(RkModel *model, const RkMaterial *material);

/// Starts a mesh; primitives added after it belong to it.
RkStatus rk_model_add_mesh(RkModel *model, const float *weights, size_t count);
/// Starts a primitive of the last mesh; material RK_NONE is the default material. `positions` holds 3·n floats.
RkStatus rk_model_add_primitive(
    RkModel *model, uint32_t material, const uint32_t *indices, size_t indexCount, const float *positions, size_t floatCount);

typedef enum {
    RK_NORMALS = 0,
    RK_TANGENTS = 1,
    RK_UV0 = 2,
    RK_UV1 = 3,
    RK_COLORS = 4,
    RK_JOINT_WEIGHTS = 5,
} RkAttribute;

/// Sets an attribute of the last primitive; a count of 0 is ignored, any other must be n times the stride.
RkStatus rk_model_set_attribute(RkModel *model, RkAttribute attribute, const float *values, size_t count);
RkStatus rk_model_set_joints(RkModel *model, const uint32_t *joints, size_t count);
/// Appends a morph target to the last primitive; each array is empty or holds 3·n displacements.
RkStatus rk_model_add_target(RkModel *model, const float *positions, size_t positionCount, const float *normals, size_t normalCount,
    const float *tangents, size_t tangentCount);

/// Translation 0…2, rotation 3…6 (x, y, z, w), scale 7…9.
typedef struct {
    int32_t parent, mesh, camera, light, skin;
    float trs[10];
} RkNodeInput;

/// Appends a node. `matrix` has 0 or 16 floats (column-major), `instances` 10 floats each.
RkStatus rk_model_add_node(RkModel *model, const RkNodeInput *node, const float *matrix, size_t matrixCount, const float *weights,
    size_t weightCount, const float *instances, size_t instanceFloats);

typedef struct {
    /// RK_CAMERA_PERSPECTIVE or RK_CAMERA_ORTHOGRAPHIC.
    uint32_t kind;
    /// Vertical field of view in radians, or half the height in scene units.
    float extent;
    float near, far, lensRadius, focusDistance;
} RkCameraInput;
RkStatus rk_model_add_camera(RkModel *model, const RkCameraInput *camera);

typedef struct {
    /// 0 directional, 1 point, 2 spot, 3 rectangle, 4 disc.
    uint32_t kind;
    float red, green, blue, range, innerConeAngle, outerConeAngle, sizeX, sizeY;
} RkLightInput;
RkStatus rk_model_add_light(RkModel *model, const RkLightInput *light);

/// 16 floats per joint, column-major.
RkStatus rk_model_add_skin(RkModel *model, const uint32_t *joints, size_t jointCount, const float *matrices, size_t floatCount);

/// Appends a channel. Channels run in canonical order (animation, channel); where two drive the same path of a node, the first
/// one holds. path: 0 translation, 1 rotation, 2 scale, 3 weights; interpolation: 0 linear, 1 step, 2 cubic spline.
RkStatus rk_model_add_channel(RkModel *model, uint32_t node, uint32_t path, uint32_t interpolation, const float *times,
    size_t timeCount, const float *values, size_t valueCount);

/// kind: RK_SKY_…; the colour of a constant sky, or image, turn (a share of a full turn about y) and intensity.
typedef struct {
    uint32_t kind;
    float red, green, blue;
    uint32_t image;
    float turn, intensity;
} RkSkyInput;
RkStatus rk_model_set_sky(RkModel *model, const RkSkyInput *sky);

/// Checks every reference. Must be called once, last; a model that failed is only to be destroyed.
RkStatus rk_model_finish(RkModel *model, float framesPerSecond);

// MARK: The scene: the model at one frame.

typedef struct RkScene RkScene;

/// Samples animations, deforms, bakes or places meshes, builds the tree and the light tables. The model must outlive the scene.
RkStatus rk_scene_prepare(RkModel *model, uint32_t frame, RkScene **scene);
void rk_scene_destroy(RkScene *scene);

/// The tables, and the bytes behind each pointer in the order of the members of RkTables.
#define RK_TABLE_COUNT 16
typedef struct {
    RkTables tables;
    uint64_t bytes[RK_TABLE_COUNT];
} RkSceneTables;
void rk_scene_tables(const RkScene *scene, RkSceneTables *out);

typedef struct {
    uint64_t triangles, draws, placements, nodes, packs, lights, memory;
    /// Expected cost of a ray through the root's box: nodes and packs weighted with area.
    double cost;
} RkSceneStatistics;
void rk_scene_statistics(const RkScene *scene, RkSceneStatistics *out);

typedef struct {
    uint32_t width, height, depth, camera, filter, ignore, layers, frame, roulette;
    uint64_t rngKey;
} RkViewInput;
/// Camera and settings of a render of this scene.
RkStatus rk_scene_view(const RkScene *scene, const RkViewInput *input, RkView *view);

// MARK: Native rendering.

typedef enum { RK_LEVEL_BASELINE = 0, RK_LEVEL_AVX2 = 1, RK_LEVEL_AVX512 = 2 } RkLevel;
/// The best level that this processor has. Where a level is asked for that it lacks, the best below is used.
RkLevel rk_native_level(void);

/// A rectangle of a tile and a range of its samples. Record index = (pixel in the tile, row-major) · bucketCount + bucket.
typedef struct {
    uint32_t tileX, tileY, tileWidth, tileHeight;
    /// Of the whole request; the first is a multiple of 16.
    uint32_t firstSample, lastSample;
} RkTileShape;

typedef struct {
    /// 3 floats a record.
    float *sums;
    uint16_t *rays;
    /// `layerFloats` floats a record, or NULL.
    float *layers;
} RkTileOutput;

typedef struct {
    uint64_t rays, nonFinite;
} RkCounts;

/// Floats that a record's layers take for a set of RK_LAYER_… bits.
uint32_t rk_layer_floats(uint32_t layers);

/// Renders the pixels [x0, x1) × [y0, y1) of a tile, in coordinates of the tile, and its buckets [firstBucket, lastBucket).
void rk_native_render(RkLevel level, const RkTables *tables, const RkView *view, const RkTileShape *tile, uint32_t x0, uint32_t y0,
    uint32_t x1, uint32_t y1, uint32_t firstBucket, uint32_t lastBucket, const RkTileOutput *output, RkCounts *counts);

/// A record: a pixel's samples [first, last), at most 16.
typedef struct {
    uint32_t x, y, first, last;
} RkRecordPlace;

/// Renders records. One without samples, or with more than 16, is 0.
void rk_native_records(
    RkLevel level, const RkTables *tables, const RkView *view, const RkRecordPlace *places, size_t count, RkRecord *out);

/// A camera ray through a point of the picture and one of the lens: squared distance from its middle in units of the radius, and
/// angle in turns.
typedef struct {
    float x, y, lensArea, lensTurn;
} RkCameraPoint;

/// Depth along the view axis of the first surface that each camera ray meets, whatever its alpha; infinity where it meets none.
void rk_native_depths(
    RkLevel level, const RkTables *tables, const RkView *view, const RkCameraPoint *points, size_t count, float *depths);

// MARK: Kernel text.

/// The text of the OpenCL program; `*length` bytes, not terminated.
const char *rk_kernel_text(size_t *length);

// MARK: Doors for tests.

/// 0 sin, 1 cos, 2 exp, 3 log, 4 pow(x, y), 5 atan2(x, y), 6 acos.
float rk_test_function(uint32_t function, float x, float y);
void rk_test_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);
/// A BRDF with the given base, f0, metallic and alpha.
typedef struct {
    float base[3], f0[3], f90, metallic, alpha;
} RkBsdfInput;
void rk_test_bsdf_evaluate(const RkBsdfInput *bsdf, const float wo[3], const float wi[3], float f[3], float *pdf);
void rk_test_bsdf_sample(const RkBsdfInput *bsdf, const float wo[3], const float random[3], float weight[3], float wi[3], float *pdf);
/// A surface with layers on that BRDF; members that are 0 leave a layer out.
typedef struct {
    RkBsdfInput base;
    /// Roughness along x, squared; 0: that of the base.
    float alphaX;
    float transmission, diffuseTransmission;
    /// With indices above 0 the surface bounds a volume: on the side of `wo`, and on the other.
    float etaI, etaO;
    uint32_t isSmooth;
    /// Half the spread of the index over the colours.
    float spread;
    float iridescence, iridescenceIor, iridescenceThickness;
    float sheen, sheenRoughness;
    /// The coat's normal leans by this much over the surface's.
    float coat, coatAlpha, coatLean;
} RkLayersInput;
void rk_test_layers_evaluate(const RkLayersInput *layers, const float wo[3], const float wi[3], float f[3], float *pdf);
/// `random`: lobe, two for the direction, colour. A pdf below 0 is that of a direction which light sampling does not see.
void rk_test_layers_sample(
    const RkLayersInput *layers, const float wo[3], const float random[4], float weight[3], float wi[3], float *pdf);
/// Directional albedo of the sheen lobe by its table; and the lobe itself at colour 1, times the cosine of `wi`.
float rk_test_sheen_albedo(float roughness, float cosine);
float rk_test_sheen(float roughness, const float wo[3], const float wi[3]);
/// Closest hit by the tree, or by all triangles in turn where `brute` is not 0. t, u, v in `hit`; draw and primitive in `ids`.
void rk_test_trace(RkLevel level, const RkScene *scene, const float origin[3], const float direction[3], float tMax, uint32_t brute,
    float hit[3], uint32_t ids[2]);
/// A record by the kernels as a graphics processor runs them: one path after the other.
void rk_test_record(const RkScene *scene, const RkView *view, const RkRecordPlace *place, RkRecord *out);
/// Samples the sky: direction and density; and the density of a direction.
void rk_test_sky_sample(const RkScene *scene, const float random[2], float direction[3], float *pdf);
float rk_test_sky_pdf(const RkScene *scene, const float direction[3]);
/// Draws a light and a direction to it from a point; the density is 0 where it gives no light.
void rk_test_light_sample(const RkScene *scene, const float from[3], const float random[3], float direction[3], float *pdf);
