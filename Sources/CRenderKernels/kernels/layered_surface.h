// From a hit on a material with extensions to its layers.

/// One channel of a texture, or 1 where the slot is empty.
RK_FN float4 rk_slot_or_one(const RkTables *scene, RK_GLOBAL const RkTextureSlot *slot, const RkTexturePoint *at) {
    return slot->texture == RK_NONE ? F4(1.0f, 1.0f, 1.0f, 1.0f) : rk_slot_lookup(scene, slot, at);
}

RK_FN float rk_unit_clamp(float x) { return rk_clamp(x, 0.0f, 1.0f); }

RK_FN float rk_clearcoat(const RkTables *scene, RK_GLOBAL const RkMaterial *material, const RkTexturePoint *at) {
    if (!(material->clearcoat > 0.0f)) return 0.0f;
    return rk_unit_clamp(material->clearcoat * rk_slot_or_one(scene, &material->clearcoatTexture, at).x);
}

/// What a clear coat leaves of the emission below it, seen along `direction`.
RK_RARE float rk_coat_dimming(const RkTables *scene, RK_GLOBAL const RkView *view, RK_GLOBAL const RkDraw *draw, const RkCorners *c,
    const RkTexturePoint *at, float u, float v, float3 face, float3 direction) {
    RK_GLOBAL const RkMaterial *material = scene->materials + draw->material;
    float coat = rk_clearcoat(scene, material, at);
    RkNormalData data;
    rk_fetch_normal(scene, view, draw, &material->clearcoatNormalTexture, material->clearcoatNormalScale, c, at, u, v, &data);
    float3 n = rk_shading_normal(&data, face);
    return 1.0f - coat * (0.04f + 0.96f * rk_schlick_weight(rk_abs(rk_dot(n, direction))));
}

/// Turns the shading frame so that x is the direction of anisotropy, and sets the two roughnesses.
RK_FN void rk_set_anisotropy(const RkTables *scene, RK_GLOBAL const RkDraw *draw, RK_GLOBAL const RkMaterial *material,
    const RkCorners *c, const RkTexturePoint *at, float u, float v, RkSurface *s, RkLayers *l) {
    if (!(material->anisotropy > 0.0f) || draw->tangents == RK_NONE) return;
    float strength = material->anisotropy, x = 1.0f, y = 0.0f;
    if (material->anisotropyTexture.texture != RK_NONE) {
        float4 t = rk_slot_lookup(scene, &material->anisotropyTexture, at);
        float3 direction = rk_normalize(F3(t.x * 2.0f - 1.0f, t.y * 2.0f - 1.0f, 0.0f));
        x = direction.x;
        y = direction.y;
        strength = strength * t.z;
    }
    float2 turn = rk_sincos(material->anisotropyRotation);
    float3 tangent, bitangent;
    // About the front's normal, so that both sides agree about the direction.
    rk_tangent_frame(rk_fetch_tangent(scene, draw, c, u, v), s->front ? s->normal : -s->normal, &tangent, &bitangent);
    float3 along = rk_normalize(tangent * (turn.y * x - turn.x * y) + bitangent * (turn.x * x + turn.y * y));
    if (!(rk_dot(along, along) > 0.0f)) return;
    s->tangent = along;
    s->bitangent = rk_cross(s->normal, along);
    strength = rk_unit_clamp(strength);
    l->alphaX = l->alphaX + (1.0f - l->alphaX) * (strength * strength);
}

/// Indices of refraction on the two sides, and whether the refraction can be seen by next-event estimation.
RK_FN void rk_set_refraction(const RkTables *scene, RK_GLOBAL const RkMaterial *material, uint index, const RkTexturePoint *at,
    const RkPath *path, RkSurface *s, RkLayers *l, uint isSmooth) {
    l->volume = material->thickness > 0.0f ? 1u : 0u;
    l->etaI = l->etaO = 1.0f;
    l->spread = 0.0f;
    l->smooth = isSmooth;
    l->straight = isSmooth;
    l->hidden = isSmooth;
    if (l->volume == 0u) return;
    float own = rk_material_ior(material, path->colour);
    float other = rk_media_ior(scene, path, s->front ? RK_NONE : index);
    l->etaI = s->front ? other : own;
    l->etaO = s->front ? own : other;
    float3 color;
    float specular = rk_specular(scene, material, at, &color);
    s->bsdf.f0 = rk_dielectric_f0(color, (own - other) / (own + other), specular);
    float difference = rk_abs(own - other);
    // Nearly equal indices turn no ray, and the half vector would be lost in rounding.
    l->straight = difference < 1.0e-3f * own ? 1u : 0u;
    if (path->colour > 2u && material->dispersion > 0.0f) l->spread = (own - 1.0f) * 0.025f * material->dispersion;
    l->hidden = isSmooth || l->straight || l->spread > 0.0f ? 1u : 0u;
}

/// Fills the layers of a hit; `s` is what `rk_surface` made of it. Emission is dimmed by the coat.
RK_RARE void rk_layers_surface(const RkTables *scene, RK_GLOBAL const RkView *view, const RkHit *hit, float3 direction,
    const RkPath *path, RkSurface *s, RkLayers *l) {
    RK_GLOBAL const RkDraw *draw = scene->draws + hit->draw;
    RK_GLOBAL const RkMaterial *material = scene->materials + draw->material;
    RkCorners c = rk_corners(scene, draw, hit->primitive);
    RkTexturePoint at = rk_texture_point(scene, draw, &c, hit->u, hit->v);
    float u = hit->u, v = hit->v;

    l->alphaX = l->alphaY = s->bsdf.alpha;
    rk_set_anisotropy(scene, draw, material, &c, &at, u, v, s, l);
    l->transmission = material->transmission;
    if (l->transmission > 0.0f) l->transmission = rk_unit_clamp(l->transmission * rk_slot_or_one(scene, &material->transmissionTexture, &at).x);
    rk_set_refraction(scene, material, draw->material, &at, path, s, l, s->bsdf.alpha <= 0.001f && l->alphaX <= 0.001f ? 1u : 0u);

    l->diffuseTransmission = material->diffuseTransmission;
    l->diffuseTransmissionColor = F3(0.0f, 0.0f, 0.0f);
    if (l->diffuseTransmission > 0.0f) {
        l->diffuseTransmission
            = rk_unit_clamp(l->diffuseTransmission * rk_slot_or_one(scene, &material->diffuseTransmissionTexture, &at).w);
        float4 t = rk_slot_or_one(scene, &material->diffuseTransmissionColorTexture, &at);
        l->diffuseTransmissionColor = F3(rk_unit_clamp(material->diffuseTransmissionRed * t.x),
            rk_unit_clamp(material->diffuseTransmissionGreen * t.y), rk_unit_clamp(material->diffuseTransmissionBlue * t.z));
    }

    l->iridescence = material->iridescence;
    l->iridescenceIor = material->iridescenceIor;
    l->iridescenceThickness = 0.0f;
    if (l->iridescence > 0.0f) {
        l->iridescence = rk_unit_clamp(l->iridescence * rk_slot_or_one(scene, &material->iridescenceTexture, &at).x);
        float low = material->iridescenceThicknessMin, high = material->iridescenceThicknessMax;
        l->iridescenceThickness = low + (high - low) * rk_slot_or_one(scene, &material->iridescenceThicknessTexture, &at).y;
        // No film, no interference.
        if (!(l->iridescenceThickness > 0.0f)) l->iridescence = 0.0f;
    }

    float4 sheen = rk_slot_or_one(scene, &material->sheenColorTexture, &at);
    l->sheen = F3(rk_unit_clamp(material->sheenRed * sheen.x), rk_unit_clamp(material->sheenGreen * sheen.y),
        rk_unit_clamp(material->sheenBlue * sheen.z));
    l->sheenAlpha = 1.0f;
    l->sheenRow = 0.0f;
    if (rk_max3(l->sheen) > 0.0f) {
        float roughness = material->sheenRoughness * rk_slot_or_one(scene, &material->sheenRoughnessTexture, &at).w;
        roughness = rk_clamp(roughness, RK_SHEEN_ROUGHNESS_MIN, 1.0f);
        l->sheenAlpha = roughness * roughness;
        l->sheenRow = rk_sheen_row(roughness);
    }

    l->coat = rk_clearcoat(scene, material, &at);
    l->coatAlpha = 1.0f;
    l->coatNormal = F3(0.0f, 0.0f, 1.0f);
    if (l->coat > 0.0f) {
        float roughness = material->clearcoatRoughness * rk_slot_or_one(scene, &material->clearcoatRoughnessTexture, &at).y;
        l->coatAlpha = rk_clamp(roughness * roughness, 0.001f, 1.0f);
        RkTriangle triangle = rk_triangle(scene, draw, &c);
        float3 face = rk_normalize(rk_face_vector(draw->flags, &triangle));
        RkNormalData data;
        rk_fetch_normal(scene, view, draw, &material->clearcoatNormalTexture, material->clearcoatNormalScale, &c, &at, u, v, &data);
        float3 n = rk_shading_normal(&data, face);
        n = rk_turn_visible(s->front ? n : -n, direction);
        l->coatNormal = rk_normalize(rk_to_local(s, n));
        if (rk_max3(s->emission) > 0.0f) s->emission = s->emission * rk_coat_dimming(scene, view, draw, &c, &at, u, v, face, direction);
    }
}
