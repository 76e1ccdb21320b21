// From a hit to the point that is shaded.

typedef struct {
    float3 position;
    /// Unit geometric normal on the side that the ray came from.
    float3 geometricNormal;
    /// Shading frame; `normal` is on the side that the ray came from.
    float3 tangent, bitangent, normal;
    float3 emission;
    float3 base;
    /// Area of the triangle in world space.
    float area;
    /// Light of this triangle, or RK_NONE.
    uint light;
    /// Not 0: the material is unlit; it has layers.
    uint unlit, layered;
    /// 1 where the hit is on the front face.
    uint front;
    RkBsdf bsdf;
} RkSurface;

typedef struct {
    float3 p0, p1, p2;
} RkTriangle;

RK_FN RkTriangle rk_triangle(const RkTables *scene, RK_GLOBAL const RkDraw *draw, const RkCorners *c) {
    RkTriangle t;
    t.p0 = rk_attribute3(scene, draw->positions, c->i0);
    t.p1 = rk_attribute3(scene, draw->positions, c->i1);
    t.p2 = rk_attribute3(scene, draw->positions, c->i2);
    if ((draw->flags & RK_DRAW_PLACED) != 0u) {
        t.p0 = rk_transform_point(draw->toWorld, t.p0);
        t.p1 = rk_transform_point(draw->toWorld, t.p1);
        t.p2 = rk_transform_point(draw->toWorld, t.p2);
    }
    return t;
}

/// Twice the area times the normal of the front face (counter-clockwise, turned where the transform mirrors).
RK_FN float3 rk_face_vector(uint drawFlags, const RkTriangle *t) {
    float3 n = rk_cross(t->p1 - t->p0, t->p2 - t->p0);
    return (drawFlags & RK_DRAW_MIRRORED) != 0u ? -n : n;
}

/// Distance by which a new ray's origin leaves a surface: covers the rounding of a position computed from its corners.
RK_FN float rk_offset(float3 position) { return 1.52587890625e-5f * rk_max_abs(position) + 1.0e-9f; }

/// The origin of a ray that leaves `position` to the side of `direction`.
RK_FN float3 rk_leave(float3 position, float3 geometricNormal, float3 direction) {
    float shift = rk_offset(position);
    return position + geometricNormal * (rk_dot(geometricNormal, direction) < 0.0f ? -shift : shift);
}

RK_FN float3 rk_to_local(const RkSurface *s, float3 d) {
    return F3(rk_dot(d, s->tangent), rk_dot(d, s->bitangent), rk_dot(d, s->normal));
}

RK_FN float3 rk_to_world(const RkSurface *s, float3 d) {
    return (s->tangent * d.x + s->bitangent * d.y) + s->normal * d.z;
}

/// The mesh's tangent at a point, in world space but not yet at right angles to a normal; handedness in .w. The draw must have
/// tangents.
RK_FN float4 rk_fetch_tangent(const RkTables *scene, RK_GLOBAL const RkDraw *draw, const RkCorners *c, float u, float v) {
    float4 t4 = rk_interpolate4(scene, draw->tangents, c, u, v);
    float3 t = F3(t4.x, t4.y, t4.z);
    if ((draw->flags & RK_DRAW_PLACED) != 0u) t = rk_transform_vector(draw->toWorld, t);
    float handedness = t4.w < 0.0f ? -1.0f : 1.0f;
    return F4(t.x, t.y, t.z, (draw->flags & RK_DRAW_MIRRORED) != 0u ? -handedness : handedness);
}

/// Tangent and bitangent about a normal.
RK_FN void rk_tangent_frame(float4 meshTangent, float3 n, float3 *tangent, float3 *bitangent) {
    float3 t = F3(meshTangent.x, meshTangent.y, meshTangent.z);
    t = rk_normalize(t - n * rk_dot(n, t));
    *tangent = t;
    *bitangent = rk_cross(n, t) * meshTangent.w;
}

/// What tables say of a shading normal.
typedef struct {
    /// The interpolated normal, of any length; 0 where the mesh has none.
    float3 smooth;
    /// Used where `bent` is set: the mesh's tangent, and the texel of the normal map, scaled.
    float4 tangent;
    float3 texel;
    uint bent;
} RkNormalData;

RK_FN void rk_fetch_normal(const RkTables *scene, RK_GLOBAL const RkView *view, RK_GLOBAL const RkDraw *draw,
    RK_GLOBAL const RkTextureSlot *map, float scale, const RkCorners *c, const RkTexturePoint *at, float u, float v,
    RkNormalData *out) {
    out->smooth = F3(0.0f, 0.0f, 0.0f);
    if (draw->normals != RK_NONE) {
        out->smooth = rk_interpolate3(scene, draw->normals, c, u, v);
        if ((draw->flags & RK_DRAW_PLACED) != 0u) out->smooth = rk_transform_transposed(draw->toObject, out->smooth);
    }
    out->bent = 0u;
    out->tangent = F4(0.0f, 0.0f, 0.0f, 1.0f);
    out->texel = F3(0.0f, 0.0f, 1.0f);
    if (map->texture == RK_NONE || draw->tangents == RK_NONE || (view->ignore & RK_IGNORE_NORMAL_MAPS) != 0u) return;
    out->bent = 1u;
    out->tangent = rk_fetch_tangent(scene, draw, c, u, v);
    float4 texel = rk_slot_lookup(scene, map, at);
    out->texel = F3((texel.x * 2.0f - 1.0f) * scale, (texel.y * 2.0f - 1.0f) * scale, texel.z * 2.0f - 1.0f);
}

/// The interpolated normal, the face's where there is none, bent by the normal map.
RK_FN float3 rk_shading_normal(const RkNormalData *data, float3 face) {
    float3 smooth = rk_normalize(data->smooth);
    float3 n = rk_dot(smooth, smooth) > 0.0f ? smooth : face;
    if (data->bent == 0u) return n;
    float3 t, b;
    rk_tangent_frame(data->tangent, n, &t, &b);
    float3 mapped = rk_normalize((t * data->texel.x + b * data->texel.y) + n * data->texel.z);
    return rk_dot(mapped, mapped) > 0.0f ? mapped : n;
}

/// A shading normal that faces away from the viewer is turned until it is just visible.
RK_FN float3 rk_turn_visible(float3 n, float3 direction) {
    float cosine = -rk_dot(n, direction);
    return cosine < 1.0e-4f ? rk_normalize(n + direction * (cosine - 1.0e-3f)) : n;
}

/// Strength of the dielectric reflection; `*color` is that of its f0 before the index of refraction (KHR_materials_specular).
RK_FN float rk_specular(const RkTables *scene, RK_GLOBAL const RkMaterial *material, const RkTexturePoint *at, float3 *color) {
    float specular = material->specular;
    if (material->specularTexture.texture != RK_NONE) {
        specular = specular * rk_slot_lookup(scene, &material->specularTexture, at).w;
    }
    *color = F3(material->specularRed, material->specularGreen, material->specularBlue);
    if (material->specularColorTexture.texture != RK_NONE) {
        float4 t = rk_slot_lookup(scene, &material->specularColorTexture, at);
        *color = *color * F3(t.x, t.y, t.z);
    }
    return specular;
}

/// f0 at a boundary between two indices of refraction whose difference over sum is `r`.
RK_FN float3 rk_dielectric_f0(float3 color, float r, float specular) {
    float3 f0 = color * (r * r);
    return F3(rk_min(f0.x, 1.0f), rk_min(f0.y, 1.0f), rk_min(f0.z, 1.0f)) * specular;
}

/// What tables say of a hit. All that is left to do is arithmetic.
typedef struct {
    RkTriangle triangle;
    float u, v;
    RkNormalData normal;
    /// Base colour and emission, textures and vertex colours included.
    float3 base, emission;
    float roughness, metallic, specular;
    float3 specularColor;
    float ior;
    uint light;
    /// RK_DRAW_… and RK_MATERIAL_… bits.
    uint drawFlags, materialFlags;
} RkSurfaceData;

RK_FN void rk_fetch_surface(const RkTables *scene, RK_GLOBAL const RkView *view, const RkHit *hit, RkSurfaceData *out) {
    RK_GLOBAL const RkDraw *draw = scene->draws + hit->draw;
    RK_GLOBAL const RkMaterial *material = scene->materials + draw->material;
    RkCorners c = rk_corners(scene, draw, hit->primitive);
    float u = hit->u, v = hit->v;
    out->triangle = rk_triangle(scene, draw, &c);
    out->u = u;
    out->v = v;
    RkTexturePoint at = rk_texture_point(scene, draw, &c, u, v);
    rk_fetch_normal(scene, view, draw, &material->normalTexture, material->normalScale, &c, &at, u, v, &out->normal);
    float4 base = rk_base_color(scene, material, draw, &c, &at, u, v);
    out->base = F3(base.x, base.y, base.z);
    out->emission = rk_emission(scene, material, &at);
    out->roughness = material->roughness;
    out->metallic = material->metallic;
    if (material->metallicRoughnessTexture.texture != RK_NONE) {
        float4 t = rk_slot_lookup(scene, &material->metallicRoughnessTexture, &at);
        out->roughness = out->roughness * t.y;
        out->metallic = out->metallic * t.z;
    }
    out->specular = rk_specular(scene, material, &at, &out->specularColor);
    out->ior = material->ior;
    out->light = draw->firstLight == RK_NONE ? RK_NONE : draw->firstLight + hit->primitive;
    out->drawFlags = draw->flags;
    out->materialFlags = material->flags;
}

/// `direction` is the unit direction of the ray that hit.
RK_FN void rk_surface(const RkSurfaceData *data, float3 direction, RkSurface *s) {
    float u = data->u, v = data->v;
    s->position = (data->triangle.p0 * ((1.0f - u) - v) + data->triangle.p1 * u) + data->triangle.p2 * v;
    float3 face = rk_face_vector(data->drawFlags, &data->triangle);
    float twice = rk_length(face);
    s->area = 0.5f * twice;
    face = twice > 0.0f ? face * (1.0f / twice) : -direction;
    float3 n = rk_shading_normal(&data->normal, face);
    uint front = rk_dot(face, direction) < 0.0f ? 1u : 0u;
    s->geometricNormal = front ? face : -face;
    s->front = front;
    n = rk_turn_visible(front ? n : -n, direction);
    s->normal = n;
    rk_basis(n, &s->tangent, &s->bitangent);
    s->base = data->base;
    uint emits = (front || (data->materialFlags & RK_MATERIAL_DOUBLE_SIDED) != 0u) ? 1u : 0u;
    s->emission = emits ? data->emission : F3(0.0f, 0.0f, 0.0f);
    s->light = data->light;
    s->unlit = data->materialFlags & RK_MATERIAL_UNLIT;
    s->layered = data->materialFlags & RK_MATERIAL_LAYERED;
    float r = (data->ior - 1.0f) / (data->ior + 1.0f);
    RkBsdf *b = &s->bsdf;
    b->base = F3(rk_clamp(data->base.x, 0.0f, 1.0f), rk_clamp(data->base.y, 0.0f, 1.0f), rk_clamp(data->base.z, 0.0f, 1.0f));
    b->f0 = rk_dielectric_f0(data->specularColor, r, data->specular);
    b->f90 = data->specular;
    b->metallic = rk_clamp(data->metallic, 0.0f, 1.0f);
    b->alpha = rk_clamp(data->roughness * data->roughness, 0.001f, 1.0f);
    b->specularShare = 0.0f;
}
