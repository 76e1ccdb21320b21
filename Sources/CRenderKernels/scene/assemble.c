// Draws and placements. A mesh that is used once, or is small, is baked into world space and shares the scene's tree; a large
// one used several times keeps one tree in object space and is placed.
#include "opacity.h"

#include <string.h>

/// A mesh is placed where all its uses together have more triangles than this.
#define RK_BAKED_TRIANGLES_MAX 4096u

/// Parts of a primitive that all its draws share, as offsets; RK_NONE: not yet there, or absent.
typedef struct {
    bool shared, object;
    uint32_t indices, uv0, uv1, colors, opacity;
    uint32_t positions, normals, tangents;
} RkSharedParts;

typedef struct {
    uint64_t uses;
    bool built;
    uint32_t root, stackNeed;
    float bounds[6];
} RkMeshTree;

typedef struct {
    RkScene *scene;
    const RkPose *pose;
    RkArray *world;
    RkSharedParts *parts;
    RkMeshTree *meshes;
    RkOpacityBuilder *opacity;
} RkAssembly;

static RkStatus rk_attribute_run(RkScene *scene, const float *values, size_t count, uint32_t *offset) {
    *offset = RK_NONE;
    if (count == 0) return RK_OK;
    if (count > RK_NONE - 1 - (uint64_t)scene->attributes.count) return RK_TOO_LARGE;
    *offset = (uint32_t)scene->attributes.count;
    float *to = rk_append(rk_budget(scene), &scene->attributes, count, sizeof(float));
    if (to == NULL) return RK_OUT_OF_MEMORY;
    if (values != NULL) memcpy(to, values, count * sizeof(float));
    return RK_OK;
}

static const RkMaterial *rk_scene_material(const RkScene *scene, uint32_t index) {
    return (const RkMaterial *)scene->materials.data + index;
}

static bool rk_uses_textures(const RkMaterial *material) {
    const RkTextureSlot *slots = &material->baseColorTexture;
    for (size_t k = 0; k < RK_TEXTURE_SLOTS; k++) {
        if (slots[k].texture != RK_NONE) return true;
    }
    return false;
}

static RkStatus rk_share(RkAssembly *a, const RkModelPrimitive *p, RkSharedParts *parts) {
    if (parts->shared) return RK_OK;
    RkScene *scene = a->scene;
    const RkModel *m = scene->model;
    const RkMaterial *material = rk_scene_material(scene, p->material);
    if (p->indices.count > RK_NONE - 1 - (uint64_t)scene->indices.count) return RK_TOO_LARGE;
    parts->indices = (uint32_t)scene->indices.count;
    if (!rk_append_copy(rk_budget(scene), &scene->indices, rk_model_words(m, p->indices), p->indices.count, sizeof(uint32_t)))
        return RK_OUT_OF_MEMORY;
    bool textured = rk_uses_textures(material);
    RkStatus status = rk_attribute_run(scene, rk_model_floats(m, p->uv0), textured ? p->uv0.count : 0, &parts->uv0);
    if (status == RK_OK) status = rk_attribute_run(scene, rk_model_floats(m, p->uv1), textured ? p->uv1.count : 0, &parts->uv1);
    if (status == RK_OK) status = rk_attribute_run(scene, rk_model_floats(m, p->colors), p->colors.count, &parts->colors);
    RkTriangleRun run = {parts->indices, parts->uv0, parts->uv1, (uint32_t)(p->indices.count / 3), parts->colors != RK_NONE};
    if (status == RK_OK) status = rk_opacity_maps(a->opacity, p->material, &run, &parts->opacity);
    parts->shared = true;
    return status;
}

static size_t rk_tangent_floats(const RkScene *scene, const RkModelPrimitive *p) {
    const RkMaterial *m = rk_scene_material(scene, p->material);
    bool needed = m->normalTexture.texture != RK_NONE || m->anisotropy > 0.0f
        || (m->clearcoat > 0.0f && m->clearcoatNormalTexture.texture != RK_NONE);
    return needed ? p->tangents.count : 0;
}

/// Appends the triangles of a draw that have an area and are finite.
static RkStatus rk_add_triangles(RkScene *scene, const RkDraw *draw, uint32_t drawNumber, RkArray *to) {
    if (draw->triangles == 0) return RK_OK;
    size_t before = to->count;
    RkBuildTriangle *t = rk_append(rk_budget(scene), to, draw->triangles, sizeof(RkBuildTriangle));
    if (t == NULL) return RK_OUT_OF_MEMORY;
    const uint32_t *index = (const uint32_t *)scene->indices.data + draw->indices;
    const float *positions = (const float *)scene->attributes.data + draw->positions;
    uint32_t flags = rk_primitive_flags(rk_scene_material(scene, draw->material));
    size_t kept = 0;
    for (uint32_t k = 0; k < draw->triangles; k++, index += 3) {
        RkBuildTriangle *out = t + kept;
        const float *p0 = positions + (size_t)3 * index[0], *p1 = positions + (size_t)3 * index[1],
                    *p2 = positions + (size_t)3 * index[2];
        for (int axis = 0; axis < 3; axis++) {
            out->v0[axis] = p0[axis];
            out->e1[axis] = p1[axis] - p0[axis];
            out->e2[axis] = p2[axis] - p0[axis];
        }
        float3 e1 = F3(out->e1[0], out->e1[1], out->e1[2]), e2 = F3(out->e2[0], out->e2[1], out->e2[2]);
        float3 n = rk_cross(e1, e2);
        float size = rk_dot(n, n) + 0.0f * ((rk_max_abs(F3(p0[0], p0[1], p0[2])) + rk_max_abs(e1)) + rk_max_abs(e2));
        if (!(size >= 0.0f) || !rk_is_finite(size) || (n.x == 0.0f && n.y == 0.0f && n.z == 0.0f)) continue;
        out->primitive = k | flags;
        out->draw = drawNumber;
        kept++;
    }
    to->count = before + kept;
    return RK_OK;
}

static RkStatus rk_add_draw(RkScene *scene, const RkDraw *draw, uint32_t *number) {
    if (scene->draws.count >= RK_NONE / 2) return RK_TOO_LARGE;
    *number = (uint32_t)scene->draws.count;
    scene->triangles += draw->triangles;
    return rk_append_copy(rk_budget(scene), &scene->draws, draw, 1, sizeof *draw) ? RK_OK : RK_OUT_OF_MEMORY;
}

static void rk_draw_from(RkDraw *draw, const RkModelPrimitive *p, const RkSharedParts *parts, const RkMatrix *matrix) {
    memset(draw, 0, sizeof *draw);
    draw->indices = parts->indices;
    draw->uv0 = parts->uv0;
    draw->uv1 = parts->uv1;
    draw->colors = parts->colors;
    draw->opacity = parts->opacity;
    draw->material = p->material;
    draw->triangles = (uint32_t)(p->indices.count / 3);
    draw->firstLight = RK_NONE;
    draw->flags = rk_determinant(matrix) < 0.0f ? RK_DRAW_MIRRORED : 0;
}

/// Bakes one primitive of a node into world space.
static RkStatus rk_bake(RkAssembly *a, size_t node, const RkModelPrimitive *p, RkSharedParts *parts, const RkMatrix *matrix, bool deforms) {
    RkScene *scene = a->scene;
    const RkModel *m = scene->model;
    RkStatus status = rk_share(a, p, parts);
    if (status != RK_OK) return status;
    RkDraw draw;
    rk_draw_from(&draw, p, parts, matrix);
    size_t tangents = rk_tangent_floats(scene, p);
    status = rk_attribute_run(scene, rk_model_floats(m, p->positions), p->positions.count, &draw.positions);
    if (status == RK_OK) status = rk_attribute_run(scene, rk_model_floats(m, p->normals), p->normals.count, &draw.normals);
    if (status == RK_OK) status = rk_attribute_run(scene, rk_model_floats(m, p->tangents), tangents, &draw.tangents);
    if (status != RK_OK) return status;
    float *base = scene->attributes.data;
    RkDeformed out = {draw.positions == RK_NONE ? NULL : base + draw.positions, draw.normals == RK_NONE ? NULL : base + draw.normals,
        draw.tangents == RK_NONE ? NULL : base + draw.tangents};
    if (deforms) status = rk_deform(scene, a->pose, node, p, &out);
    if (status != RK_OK) return status;
    for (size_t v = 0; v < p->vertexCount; v++) {
        rk_apply(matrix->m, out.positions + 3 * v, true, out.positions + 3 * v);
        if (out.normals != NULL) {
            float n[3];
            rk_apply_normal(matrix->m, out.normals + 3 * v, n);
            memcpy(out.normals + 3 * v, n, sizeof n);
        }
        if (out.tangents != NULL) rk_apply(matrix->m, out.tangents + 4 * v, false, out.tangents + 4 * v);
    }
    uint32_t number;
    status = rk_add_draw(scene, &draw, &number);
    return status == RK_OK ? rk_add_triangles(scene, &draw, number, a->world) : status;
}

/// Builds the tree of a mesh in object space, once.
static RkStatus rk_mesh_tree(RkAssembly *a, const RkModelMesh *mesh, RkMeshTree *tree) {
    if (tree->built) return RK_OK;
    RkScene *scene = a->scene;
    const RkModel *m = scene->model;
    RkArray triangles = {0};
    RkStatus status = RK_OK;
    for (size_t k = 0; k < mesh->primitives.count && status == RK_OK; k++) {
        const RkModelPrimitive *p = (const RkModelPrimitive *)m->primitives.data + mesh->primitives.first + k;
        RkSharedParts *parts = a->parts + mesh->primitives.first + k;
        status = rk_share(a, p, parts);
        if (status == RK_OK) status = rk_attribute_run(scene, rk_model_floats(m, p->positions), p->positions.count, &parts->positions);
        if (status == RK_OK) status = rk_attribute_run(scene, rk_model_floats(m, p->normals), p->normals.count, &parts->normals);
        if (status == RK_OK)
            status = rk_attribute_run(scene, rk_model_floats(m, p->tangents), rk_tangent_floats(scene, p), &parts->tangents);
        if (status != RK_OK) break;
        RkMatrix identity = rk_identity();
        RkDraw draw;
        rk_draw_from(&draw, p, parts, &identity);
        draw.positions = parts->positions;
        status = rk_add_triangles(scene, &draw, (uint32_t)k, &triangles);
    }
    if (status == RK_OK) status = rk_build_tree(scene, &triangles, false, &tree->root, tree->bounds, &tree->stackNeed);
    rk_array_free(rk_budget(scene), &triangles);
    tree->built = true;
    return status;
}

static RkStatus rk_place(RkAssembly *a, const RkModelMesh *mesh, RkMeshTree *tree, const RkMatrix *matrix) {
    RkScene *scene = a->scene;
    RkStatus status = rk_mesh_tree(a, mesh, tree);
    if (status != RK_OK) return status;
    RkMatrix inverse = rk_inverse(matrix);
    RkPlacement placement;
    memcpy(placement.toObject, inverse.m, sizeof placement.toObject);
    placement.root = tree->root;
    placement.firstDraw = (uint32_t)scene->draws.count;
    placement.extent = 0.0f;
    bool usable = tree->root != RK_NONE && rk_determinant(&inverse) != 0.0f;
    for (int k = 0; k < 6; k++) {
        placement.extent = rk_max(placement.extent, rk_abs(tree->bounds[k]));
        placement.bounds[k] = k < 3 ? RK_INFINITY : -RK_INFINITY;
    }
    for (int corner = 0; corner < 8; corner++) {
        float p[3];
        for (int axis = 0; axis < 3; axis++) p[axis] = tree->bounds[((corner >> axis) & 1) * 3 + axis];
        rk_apply(matrix->m, p, true, p);
        for (int axis = 0; axis < 3; axis++) {
            placement.bounds[axis] = rk_min(p[axis], placement.bounds[axis]);
            placement.bounds[3 + axis] = rk_max(p[axis], placement.bounds[3 + axis]);
            usable = usable && rk_is_finite(p[axis]);
        }
    }
    for (size_t k = 0; k < mesh->primitives.count; k++) {
        const RkModelPrimitive *p = (const RkModelPrimitive *)scene->model->primitives.data + mesh->primitives.first + k;
        const RkSharedParts *parts = a->parts + mesh->primitives.first + k;
        RkDraw draw;
        rk_draw_from(&draw, p, parts, matrix);
        draw.positions = parts->positions;
        draw.normals = parts->normals;
        draw.tangents = parts->tangents;
        draw.flags |= RK_DRAW_PLACED;
        memcpy(draw.toWorld, matrix->m, sizeof draw.toWorld);
        memcpy(draw.toObject, inverse.m, sizeof draw.toObject);
        uint32_t number;
        status = rk_add_draw(scene, &draw, &number);
        if (status != RK_OK) return status;
    }
    if (!usable) return RK_OK;
    if (scene->placements.count >= RK_CHILD_INDEX) return RK_TOO_LARGE;
    return rk_append_copy(rk_budget(scene), &scene->placements, &placement, 1, sizeof placement) ? RK_OK : RK_OUT_OF_MEMORY;
}

static RkStatus rk_add_mesh_node(RkAssembly *a, size_t nodeIndex) {
    const RkModel *m = a->scene->model;
    const RkModelNode *node = (const RkModelNode *)m->nodes.data + nodeIndex;
    const RkModelMesh *mesh = (const RkModelMesh *)m->meshes.data + node->input.mesh;
    RkMeshTree *tree = a->meshes + node->input.mesh;
    bool deforms = rk_deforms(m, node), skinned = node->input.skin >= 0;
    bool placed = !deforms && tree->uses >= 2 && mesh->triangles > RK_BAKED_TRIANGLES_MAX / tree->uses;
    size_t instances = node->instances.count == 0 || skinned ? 1 : node->instances.count / 10;
    for (size_t i = 0; i < instances; i++) {
        RkMatrix matrix = a->pose->world[nodeIndex];
        if (node->instances.count != 0 && !skinned) {
            RkMatrix instance = rk_compose(rk_model_floats(m, node->instances) + 10 * i);
            matrix = rk_multiply(&matrix, &instance);
        }
        if (placed) {
            RkStatus status = rk_place(a, mesh, tree, &matrix);
            if (status != RK_OK) return status;
            continue;
        }
        for (size_t k = 0; k < mesh->primitives.count; k++) {
            const RkModelPrimitive *p = (const RkModelPrimitive *)m->primitives.data + mesh->primitives.first + k;
            // A skin gives world positions: the node's own transform does not count.
            RkMatrix own = skinned && p->joints.count != 0 ? rk_identity() : matrix;
            RkStatus status = rk_bake(a, nodeIndex, p, a->parts + mesh->primitives.first + k, &own, deforms);
            if (status != RK_OK) return status;
        }
    }
    return RK_OK;
}

/// Corners of a disc light.
#define RK_DISC_CORNERS 64u

/// An area light of the scene extension: a rectangle or disc in the node's xy plane whose front looks along -z. It is geometry:
/// it is seen and casts shadows.
static RkStatus rk_add_area_light(RkAssembly *a, const RkLightInput *light, const RkMatrix *matrix) {
    RkScene *scene = a->scene;
    RkMaterial material;
    rk_default_material(&material);
    material.baseRed = material.baseGreen = material.baseBlue = 0.0f;
    material.specular = material.metallic = 0.0f;
    material.emissionRed = light->red;
    material.emissionGreen = light->green;
    material.emissionBlue = light->blue;
    uint32_t corners = light->kind == 3 ? 4 : RK_DISC_CORNERS;
    float halfX = 0.5f * light->sizeX, halfY = 0.5f * light->sizeY;
    // A polygon in the ellipse is smaller than the ellipse: scaled to the same area, so that the flux is that of the disc.
    float scale = corners == 4 ? 1.0f : 1.00080377f;
    uint32_t indices[3 * (RK_DISC_CORNERS - 2)];
    float positions[3 * RK_DISC_CORNERS];
    for (uint32_t k = 0; k < corners; k++) {
        // Clockwise seen from +z: the front looks along -z.
        float2 sc = rk_sincos(-2.0f * RK_PI * (float)k / (float)corners);
        float x = corners == 4 ? (k == 0 || k == 3 ? 1.0f : -1.0f) : sc.y * scale;
        float y = corners == 4 ? (k < 2 ? -1.0f : 1.0f) : sc.x * scale;
        float p[3] = {x * halfX, y * halfY, 0.0f};
        rk_apply(matrix->m, p, true, positions + 3 * k);
    }
    for (uint32_t k = 0; k + 2 < corners; k++) {
        indices[3 * k] = 0;
        indices[3 * k + 1] = k + 1;
        indices[3 * k + 2] = k + 2;
    }
    uint32_t indexCount = 3 * (corners - 2), floatCount = 3 * corners;
    if (indexCount > RK_NONE - 1 - (uint64_t)scene->indices.count || scene->materials.count >= RK_NONE - 1) return RK_TOO_LARGE;
    RkDraw draw;
    memset(&draw, 0, sizeof draw);
    draw.indices = (uint32_t)scene->indices.count;
    draw.normals = draw.tangents = draw.uv0 = draw.uv1 = draw.colors = draw.opacity = draw.firstLight = RK_NONE;
    draw.material = (uint32_t)scene->materials.count;
    draw.triangles = corners - 2;
    draw.flags = rk_determinant(matrix) < 0.0f ? RK_DRAW_MIRRORED : 0;
    RkStatus status = rk_attribute_run(scene, positions, floatCount, &draw.positions);
    if (status != RK_OK) return status;
    if (!rk_append_copy(rk_budget(scene), &scene->indices, indices, indexCount, sizeof(uint32_t))
        || !rk_append_copy(rk_budget(scene), &scene->materials, &material, 1, sizeof material))
        return RK_OUT_OF_MEMORY;
    uint32_t number;
    status = rk_add_draw(scene, &draw, &number);
    return status == RK_OK ? rk_add_triangles(scene, &draw, number, a->world) : status;
}

static RkStatus rk_assemble_nodes(RkAssembly *a) {
    const RkModel *m = a->scene->model;
    const RkModelNode *nodes = m->nodes.data;
    for (size_t k = 0; k < m->nodes.count; k++) {
        if (nodes[k].input.mesh < 0 || rk_deforms(m, nodes + k)) continue;
        a->meshes[nodes[k].input.mesh].uses += nodes[k].instances.count == 0 ? 1 : nodes[k].instances.count / 10;
    }
    for (size_t k = 0; k < m->nodes.count; k++) {
        RkStatus status = RK_OK;
        if (nodes[k].input.mesh >= 0) status = rk_add_mesh_node(a, k);
        if (status == RK_OK && nodes[k].input.light >= 0) {
            const RkLightInput *light = (const RkLightInput *)m->lights.data + nodes[k].input.light;
            if (light->kind >= 3) status = rk_add_area_light(a, light, &a->pose->world[k]);
        }
        if (status != RK_OK) return status;
    }
    return RK_OK;
}

RkStatus rk_assemble(RkScene *scene, const RkPose *pose, RkArray *world, uint32_t *stackNeed) {
    RkModel *m = scene->model;
    RkAssembly a = {scene, pose, world, NULL, NULL, NULL};
    if (!rk_append_copy(rk_budget(scene), &scene->materials, m->materials.data, m->materials.count, sizeof(RkMaterial)))
        return RK_OUT_OF_MEMORY;
    a.parts = rk_allocate(rk_budget(scene), m->primitives.count + 1, sizeof(RkSharedParts));
    a.meshes = rk_allocate(rk_budget(scene), m->meshes.count + 1, sizeof(RkMeshTree));
    a.opacity = rk_opacity_begin(scene);
    RkStatus status = RK_OUT_OF_MEMORY;
    if (a.parts != NULL && a.meshes != NULL && a.opacity != NULL) {
        memset(a.parts, 0, m->primitives.count * sizeof(RkSharedParts));
        memset(a.meshes, 0, m->meshes.count * sizeof(RkMeshTree));
        status = rk_assemble_nodes(&a);
        for (size_t k = 0; k < m->meshes.count; k++) {
            if (a.meshes[k].stackNeed > *stackNeed) *stackNeed = a.meshes[k].stackNeed;
        }
    }
    rk_opacity_end(a.opacity);
    rk_release(rk_budget(scene), a.parts, m->primitives.count + 1, sizeof(RkSharedParts));
    rk_release(rk_budget(scene), a.meshes, m->meshes.count + 1, sizeof(RkMeshTree));
    return status;
}
