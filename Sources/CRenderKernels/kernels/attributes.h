// Vertex attributes of a triangle.

typedef struct {
    uint i0, i1, i2;
} RkCorners;

RK_FN RkCorners rk_corners(const RkTables *scene, RK_GLOBAL const RkDraw *draw, uint primitive) {
    RK_GLOBAL const uint *index = scene->indices + draw->indices + 3u * primitive;
    RkCorners c;
    c.i0 = index[0];
    c.i1 = index[1];
    c.i2 = index[2];
    return c;
}

RK_FN float3 rk_attribute3(const RkTables *scene, uint offset, uint index) {
    RK_GLOBAL const float *p = scene->attributes + offset + 3u * index;
    return F3(p[0], p[1], p[2]);
}

RK_FN float3 rk_interpolate3(const RkTables *scene, uint offset, const RkCorners *c, float u, float v) {
    float w = (1.0f - u) - v;
    return (rk_attribute3(scene, offset, c->i0) * w + rk_attribute3(scene, offset, c->i1) * u)
        + rk_attribute3(scene, offset, c->i2) * v;
}

RK_FN float4 rk_interpolate4(const RkTables *scene, uint offset, const RkCorners *c, float u, float v) {
    RK_GLOBAL const float *a = scene->attributes + offset;
    float w = (1.0f - u) - v;
    return (rk_load4(a + 4u * c->i0) * w + rk_load4(a + 4u * c->i1) * u) + rk_load4(a + 4u * c->i2) * v;
}

RK_FN float2 rk_interpolate2(const RkTables *scene, uint offset, const RkCorners *c, float u, float v) {
    RK_GLOBAL const float *a = scene->attributes + offset;
    float w = (1.0f - u) - v;
    float2 out;
    out.x = (a[2u * c->i0] * w + a[2u * c->i1] * u) + a[2u * c->i2] * v;
    out.y = (a[2u * c->i0 + 1u] * w + a[2u * c->i1 + 1u] * u) + a[2u * c->i2 + 1u] * v;
    return out;
}

RK_FN RkTexturePoint rk_texture_point(
    const RkTables *scene, RK_GLOBAL const RkDraw *draw, const RkCorners *c, float u, float v) {
    RkTexturePoint at;
    at.u0 = at.v0 = at.u1 = at.v1 = 0.0f;
    if (draw->uv0 != RK_NONE) {
        float2 t = rk_interpolate2(scene, draw->uv0, c, u, v);
        at.u0 = t.x;
        at.v0 = t.y;
    }
    if (draw->uv1 != RK_NONE) {
        float2 t = rk_interpolate2(scene, draw->uv1, c, u, v);
        at.u1 = t.x;
        at.v1 = t.y;
    }
    return at;
}

/// Base colour and coverage: factor × texture × vertex colour.
RK_FN float4 rk_base_color(const RkTables *scene, RK_GLOBAL const RkMaterial *material, RK_GLOBAL const RkDraw *draw,
    const RkCorners *c, const RkTexturePoint *at, float u, float v) {
    float4 base = F4(material->baseRed, material->baseGreen, material->baseBlue, material->baseAlpha);
    if (material->baseColorTexture.texture != RK_NONE) base = base * rk_slot_lookup(scene, &material->baseColorTexture, at);
    if (draw->colors != RK_NONE) base = base * rk_interpolate4(scene, draw->colors, c, u, v);
    return base;
}

/// The last component of `rk_base_color`.
RK_FN float rk_base_alpha(const RkTables *scene, RK_GLOBAL const RkMaterial *material, RK_GLOBAL const RkDraw *draw,
    const RkCorners *c, const RkTexturePoint *at, float u, float v) {
    float alpha = material->baseAlpha;
    if (material->baseColorTexture.texture != RK_NONE) alpha = alpha * rk_slot_alpha(scene, &material->baseColorTexture, at);
    if (draw->colors != RK_NONE) alpha = alpha * rk_interpolate4(scene, draw->colors, c, u, v).w;
    return alpha;
}

/// The share of rays that a surface stops, by its alpha mode.
RK_FN float rk_coverage(RK_GLOBAL const RkMaterial *material, float alpha) {
    if (material->alphaMode == RK_ALPHA_OPAQUE) return 1.0f;
    if (material->alphaMode == RK_ALPHA_MASK) return alpha >= material->alphaCutoff ? 1.0f : 0.0f;
    return rk_clamp(alpha, 0.0f, 1.0f);
}

/// Emitted radiance: factor × texture.
RK_FN float3 rk_emission(const RkTables *scene, RK_GLOBAL const RkMaterial *material, const RkTexturePoint *at) {
    float3 e = F3(material->emissionRed, material->emissionGreen, material->emissionBlue);
    if (material->emissiveTexture.texture != RK_NONE) {
        float4 t = rk_slot_lookup(scene, &material->emissiveTexture, at);
        e = e * F3(t.x, t.y, t.z);
    }
    return e;
}
