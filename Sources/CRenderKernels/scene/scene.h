// A prepared scene under construction, and the steps that fill it.
#pragma once

#include "pose.h"

/// One triangle on its way into the tree: a corner and two edges, as the packs hold them.
typedef struct {
    float v0[3], e1[3], e2[3];
    /// With RK_PRIMITIVE_ALPHA where the material lets rays through, RK_PRIMITIVE_CAMERA where only the camera sees it.
    uint32_t primitive;
    uint32_t draw;
} RkBuildTriangle;

struct RkScene {
    RkModel *model;
    RkHeader header;
    RkArray nodes, packs, placements, draws, indices, attributes, materials, lights, lightCumulative, punctuals, skyCumulative,
        opacity;
    /// World matrices of the cameras by camera; identity where no node carries one.
    RkArray cameras;
    uint64_t triangles;
    double cost;
};

/// The bits that a packed primitive has besides its number.
static inline uint32_t rk_primitive_flags(const RkMaterial *material) {
    return (material->alphaMode == RK_ALPHA_OPAQUE ? 0 : RK_PRIMITIVE_ALPHA)
        | ((material->flags & RK_MATERIAL_CAMERA_ONLY) == 0 ? 0 : RK_PRIMITIVE_CAMERA);
}

/// Local budget shorthand: everything a scene holds is counted against its model's cap.
static inline RkBudget *rk_budget(RkScene *scene) { return &scene->model->budget; }

/// Appends draws, attributes and placements; world-space triangles go to `world`. Trees of placed meshes are built here;
/// `*stackNeed` becomes the most stack entries that one of them needs.
RkStatus rk_assemble(RkScene *scene, const RkPose *pose, RkArray *world, uint32_t *stackNeed);

/// Builds a tree over triangles and, with `placements`, over all placements of the scene. `*root` is RK_NONE for nothing.
/// `bounds` gets the box, lo then hi; with `placements` without what only the camera sees, so that such geometry moves no other ray.
RkStatus rk_build_tree(RkScene *scene, const RkArray *triangles, bool placements, uint32_t *root, float bounds[6], uint32_t *stackNeed);

/// Fills lights, cumulative powers and the sky tables. Needs the draws and the bounds of the scene.
RkStatus rk_make_lights(RkScene *scene, const RkPose *pose);

/// Positions, normals and tangents of a primitive after morphing and skinning, in object space or, skinned, in world space.
typedef struct {
    float *positions, *normals, *tangents;
} RkDeformed;
/// Writes 3·n, 3·n and 4·n floats where the pointers are set.
RkStatus rk_deform(RkScene *scene, const RkPose *pose, size_t node, const RkModelPrimitive *primitive, const RkDeformed *out);
/// Carries a normal: the cofactor matrix of the linear part times the sign of the determinant, brought back to unit length.
void rk_apply_normal(const float *matrix, const float *normal, float *out);
void rk_apply(const float *matrix, const float *v, bool point, float *out);
/// Whether a node's mesh changes shape: it has a skin or morph targets.
bool rk_deforms(const RkModel *model, const RkModelNode *node);
