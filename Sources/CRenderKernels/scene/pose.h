// The hierarchy at one time: animation, local and world matrices.
#pragma once

#include "model.h"

/// 3×4 affine, row by row.
typedef struct {
    float m[12];
} RkMatrix;

/// World matrices by node, and where each node's morph weights come from.
typedef struct {
    RkMatrix *world;
    /// Weights of node k: `weights[weightFirst[k]] …`; RK_NONE where the node's or the mesh's own weights hold.
    uint32_t *weightFirst;
    RkArray weights;
    size_t nodeCount;
} RkPose;

RkStatus rk_pose(RkModel *model, uint32_t frame, RkPose *pose);
void rk_pose_free(RkModel *model, RkPose *pose);

RkMatrix rk_identity(void);
RkMatrix rk_multiply(const RkMatrix *a, const RkMatrix *b);
/// T·R·S of translation 0…2, rotation 3…6, scale 7…9. The rotation is normalised; a zero one is the identity.
RkMatrix rk_compose(const float trs[10]);
/// The top three rows of a column-major 4×4 matrix.
RkMatrix rk_from_columns(const float columns[16]);
float rk_determinant(const RkMatrix *a);
/// Where the determinant is 0 or not finite all elements are 0.
RkMatrix rk_inverse(const RkMatrix *a);
