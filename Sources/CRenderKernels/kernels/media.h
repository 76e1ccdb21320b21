// The volumes that a path is in (KHR_materials_volume). Boundaries are closed meshes: a front face is entered, a back face left.

#define RK_MEDIA_MAX 4u

/// What a path carries besides its ray and its throughput.
typedef struct {
    /// Materials of the volumes around the path's end, the innermost last. Deeper nesting is not followed.
    uint media[RK_MEDIA_MAX];
    uint mediaCount;
    /// The colour that a dispersive refraction has picked, 0 to 2; else 3.
    uint colour;
} RkPath;

RK_FN void rk_media_enter(RkPath *path, uint material) {
    if (path->mediaCount < RK_MEDIA_MAX) path->media[path->mediaCount++] = material;
}

/// Takes out the innermost volume of this material; the innermost of all where a mesh has different materials in front and behind.
RK_FN void rk_media_leave(RkPath *path, uint material) {
    if (path->mediaCount == 0u) return;
    uint k = path->mediaCount;
    while (k > 0u && path->media[k - 1u] != material) k--;
    if (k == 0u) k = path->mediaCount;
    for (; k < path->mediaCount; k++) path->media[k - 1u] = path->media[k];
    path->mediaCount--;
}

/// Index of refraction for the path's colour. 0 stands for a very large one (KHR_materials_ior).
RK_FN float rk_material_ior(RK_GLOBAL const RkMaterial *material, uint colour) {
    float ior = material->ior == 0.0f ? 1.0e4f : material->ior;
    if (colour > 2u) return ior;
    return rk_max(ior + ((float)colour - 1.0f) * ((ior - 1.0f) * 0.025f * material->dispersion), 1.0f);
}

/// Index of refraction of the innermost volume, once a volume of `except` is left out; RK_NONE leaves out none.
RK_FN float rk_media_ior(const RkTables *scene, const RkPath *path, uint except) {
    RkPath rest = *path;
    if (except != RK_NONE) rk_media_leave(&rest, except);
    if (rest.mediaCount == 0u) return 1.0f;
    return rk_material_ior(scene->materials + rest.media[rest.mediaCount - 1u], path->colour);
}

/// What is left of one colour after a way through a medium: Beer's law, colour^(way / distance).
RK_FN float rk_beer(float colour, float depths) {
    if (colour >= 1.0f || !(depths > 0.0f)) return 1.0f;
    return colour > 0.0f ? rk_exp(rk_log(colour) * depths) : 0.0f;
}

RK_FN float3 rk_attenuation(RK_GLOBAL const RkMaterial *material, float way) {
    float depths = way / material->attenuationDistance;
    return F3(rk_beer(material->attenuationRed, depths), rk_beer(material->attenuationGreen, depths),
        rk_beer(material->attenuationBlue, depths));
}

/// Transmittance of the innermost volume over a way.
RK_RARE float3 rk_media_transmittance(const RkTables *scene, const RkPath *path, float way) {
    if (path->mediaCount == 0u) return F3(1.0f, 1.0f, 1.0f);
    return rk_attenuation(scene->materials + path->media[path->mediaCount - 1u], way);
}
