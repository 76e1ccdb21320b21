// The glTF metallic-roughness BRDF (glTF 2.0, appendix B) with KHR_materials_ior and KHR_materials_specular.
//
// f = (1 - metallic) · ((1 - max F_d) · base/π + F_d · D·V) + metallic · (base + (1 - base)(1 - v·h)^5) · D·V
// F_d = f0 + (f90 - f0)(1 - v·h)^5, f0 = min(((ior - 1)/(ior + 1))² · specularColor, 1) · specular, f90 = specular.
// D and V: GGX with α = roughness², separable Smith. Directions are in the shading frame, z the normal.

typedef struct {
    float3 base;
    float3 f0;
    float f90;
    float metallic;
    /// roughness², at least 0.001.
    float alpha;
    /// Probability of sampling the microfacet lobe for the current view direction.
    float specularShare;
} RkBsdf;

RK_FN float rk_schlick_weight(float cosine) {
    float m = rk_clamp(1.0f - cosine, 0.0f, 1.0f);
    float m2 = m * m;
    return m2 * m2 * m;
}

/// Sets the share of the microfacet lobe from the reflectances towards `wo`.
RK_FN void rk_bsdf_prepare(RkBsdf *b, float3 wo) {
    float weight = rk_schlick_weight(wo.z);
    float3 one = F3(1.0f, 1.0f, 1.0f);
    float3 dielectric = b->f0 + (one * b->f90 - b->f0) * weight;
    float3 metal = b->base + (one - b->base) * weight;
    float specular = (1.0f - b->metallic) * rk_luminance(dielectric) + b->metallic * rk_luminance(metal);
    float diffuse = (1.0f - b->metallic) * rk_luminance(b->base) * (1.0f - rk_max3(dielectric));
    if (!(specular > 0.0f)) b->specularShare = 0.0f;
    else if (!(diffuse > 0.0f)) b->specularShare = 1.0f;
    else b->specularShare = rk_clamp(specular / (specular + diffuse), 0.125f, 0.875f);
}

/// f · cos(wi), and the density of `wi` under `rk_bsdf_sample`; both 0 below the surface.
RK_FN float3 rk_bsdf_evaluate(const RkBsdf *b, float3 wo, float3 wi, float *pdf) {
    *pdf = 0.0f;
    if (!(wo.z > 0.0f) || !(wi.z > 0.0f)) return F3(0.0f, 0.0f, 0.0f);
    float diffusePdf = wi.z * RK_INVERSE_PI;
    if (b->specularShare == 0.0f) {
        *pdf = diffusePdf;
        return b->base * ((1.0f - b->metallic) * diffusePdf);
    }
    float3 h = rk_normalize(wo + wi);
    float weight = rk_schlick_weight(rk_dot(wo, h));
    float a2 = b->alpha * b->alpha;
    // cos²(a² - 1) + 1, written so that it keeps its bits for small a.
    float t = (h.x * h.x + h.y * h.y) + a2 * (h.z * h.z);
    float distribution = a2 / (RK_PI * t * t);
    float so = wo.z + rk_sqrt(a2 + (1.0f - a2) * wo.z * wo.z);
    float si = wi.z + rk_sqrt(a2 + (1.0f - a2) * wi.z * wi.z);
    float microfacet = distribution / (so * si);
    float3 one = F3(1.0f, 1.0f, 1.0f);
    float3 dielectric = b->f0 + (one * b->f90 - b->f0) * weight;
    float3 metal = b->base + (one - b->base) * weight;
    float3 f = (b->base * ((1.0f - rk_max3(dielectric)) * RK_INVERSE_PI) + dielectric * microfacet) * (1.0f - b->metallic)
        + metal * (microfacet * b->metallic);
    // Visible normals: G1(wo)·D / (4·cos wo), and G1 = 2·cos / so.
    float specularPdf = distribution / (2.0f * so);
    *pdf = b->specularShare * specularPdf + (1.0f - b->specularShare) * diffusePdf;
    return f * wi.z;
}

/// Cosine-weighted direction about z.
RK_FN float3 rk_sample_cosine(float u, float v) {
    float radius = rk_sqrt(u);
    float2 sc = rk_sincos(2.0f * RK_PI * v);
    return F3(radius * sc.y, radius * sc.x, rk_sqrt(rk_max(1.0f - u, 0.0f)));
}

/// Draws `wi`; gives f · cos / pdf and the density. Density 0: the path ends.
RK_FN float3 rk_bsdf_sample(const RkBsdf *b, float3 wo, float select, float u, float v, float3 *wi, float *pdf) {
    if (select < b->specularShare) {
        float3 h = rk_sample_visible_normal(wo, b->alpha, b->alpha, u, v);
        *wi = h * (2.0f * rk_dot(wo, h)) - wo;
    } else {
        *wi = rk_sample_cosine(u, v);
    }
    float3 f = rk_bsdf_evaluate(b, wo, *wi, pdf);
    return *pdf > 0.0f ? f * (1.0f / *pdf) : F3(0.0f, 0.0f, 0.0f);
}
