// Opacity maps of alpha-tested triangles: see opacity.c, and `rk_opacity` for how they are read.
#pragma once

#include "scene.h"

typedef struct RkOpacityBuilder RkOpacityBuilder;

/// Triangles of one primitive: offsets as in RkDraw, RK_NONE where there are no coordinates.
typedef struct {
    uint32_t indices, uv0, uv1, triangles;
    bool colored;
} RkTriangleRun;

/// NULL where memory is used up. The scene's materials must be in place.
RkOpacityBuilder *rk_opacity_begin(RkScene *scene);
/// Appends the maps of a primitive; `*offset` is what `RkDraw.opacity` holds: RK_NONE where no map would help.
RkStatus rk_opacity_maps(RkOpacityBuilder *builder, uint32_t material, const RkTriangleRun *run, uint32_t *offset);
void rk_opacity_end(RkOpacityBuilder *builder);
