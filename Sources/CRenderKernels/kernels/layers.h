// Materials with extensions: KHR_materials_transmission, _volume, _diffuse_transmission, _anisotropy, _iridescence, _dispersion,
// _sheen and _clearcoat on top of the core BRDF of `bsdf.h`. From the base up:
//
//   dielectric = F · D·V + (1 - max F) · mix(mix(base/π, color/π below, diffuseTransmission), base · btdf, transmission)
//   material   = mix(dielectric, metal, metallic)
//   sheened    = sheenColor · sheen + material · (1 - max(sheenColor) · max(E(wo), E(wi)))
//   coated     = mix(sheened, coat, clearcoat · F(0.04, wo·coatNormal))
//
// Four lobes are sampled: coat, interface (reflection and refraction at microfacets), diffuse, sheen. Directions are in the
// shading frame, whose x is the direction of anisotropy.

typedef struct {
    /// Roughness along x and along y, squared.
    float alphaX, alphaY;
    float transmission, diffuseTransmission;
    float3 diffuseTransmissionColor;
    /// The surface bounds a volume: indices of refraction on the side of `wo` and on the other.
    uint volume;
    float etaI, etaO;
    /// 1 where next-event estimation does not see the refraction: it is smooth, goes straight on, or picks a colour.
    uint hidden;
    /// 1 where refraction does not turn rays: they go straight through.
    uint straight;
    /// 1 where the microsurface is a mirror for what is transmitted.
    uint smooth;
    /// Half the spread of the index of refraction over the colours; 0 once a path has its colour.
    float spread;
    float iridescence, iridescenceIor, iridescenceThickness;
    float3 sheen;
    float sheenAlpha, sheenRow;
    float coat, coatAlpha;
    float3 coatNormal;

    // Set by `rk_layers_prepare`, for one direction `wo`.

    /// clearcoat × Fresnel.
    float coatWeight;
    /// Albedo of the sheen towards `wo`.
    float sheenAlbedo;
    /// Probability of reflection at a smooth interface.
    float mirrorShare;
    /// Share of the diffuse lobe that goes through.
    float throughShare;
    /// Probabilities of the lobes.
    float coatShare, interfaceShare, diffuseShare, sheenShare;
} RkLayers;

/// The cosine that Schlick's approximation takes: that on the side of the lower index. Below 0: total reflection.
RK_FN float rk_fresnel_cosine(const RkLayers *l, float cosine) {
    if (l->volume == 0u || l->etaO >= l->etaI) return cosine;
    float ratio = l->etaI / l->etaO;
    float sine2 = ratio * ratio * (1.0f - cosine * cosine);
    return sine2 < 1.0f ? rk_sqrt(1.0f - sine2) : -1.0f;
}

RK_FN float3 rk_mix3(float3 a, float3 b, float t) { return a + (b - a) * t; }

RK_FN float3 rk_dielectric_fresnel(const RkBsdf *b, const RkLayers *l, float cosine) {
    float3 one = F3(1.0f, 1.0f, 1.0f);
    float c = rk_fresnel_cosine(l, cosine);
    if (c < 0.0f) return one;
    float3 f = b->f0 + (one * b->f90 - b->f0) * rk_schlick_weight(c);
    if (l->iridescence > 0.0f) f = rk_mix3(f, rk_film_fresnel(l->iridescenceIor, b->f0, l->iridescenceThickness, c), l->iridescence);
    return f;
}

RK_FN float3 rk_metal_fresnel(const RkBsdf *b, const RkLayers *l, float cosine) {
    float3 f = b->base + (F3(1.0f, 1.0f, 1.0f) - b->base) * rk_schlick_weight(cosine);
    if (l->iridescence > 0.0f)
        f = rk_mix3(f, rk_film_fresnel(l->iridescenceIor, b->base, l->iridescenceThickness, cosine), l->iridescence);
    return f;
}

/// Probability with which a microfacet seen under `cosine` is taken as a mirror.
RK_FN float rk_mirror_share(const RkBsdf *b, const RkLayers *l, float3 dielectric, float3 metal) {
    float reflected = (1.0f - b->metallic) * rk_luminance(dielectric) + b->metallic * rk_luminance(metal);
    float refracted
        = (1.0f - b->metallic) * (1.0f - rk_max3(dielectric)) * l->transmission * rk_luminance(b->base);
    if (!(refracted > 0.0f)) return 1.0f;
    return reflected / (reflected + refracted);
}

RK_FN void rk_layers_prepare(const RkBsdf *b, RkLayers *l, float3 wo) {
    float3 dielectric = rk_dielectric_fresnel(b, l, wo.z), metal = rk_metal_fresnel(b, l, wo.z);
    l->coatWeight = 0.0f;
    if (l->coat > 0.0f) {
        float c = rk_dot(wo, l->coatNormal);
        l->coatWeight = l->coat * (0.04f + 0.96f * rk_schlick_weight(rk_abs(c)));
    }
    float sheenMax = rk_max3(l->sheen);
    l->sheenAlbedo = sheenMax > 0.0f ? rk_sheen_albedo(l->sheenRow, wo.z) : 0.0f;
    l->mirrorShare = rk_mirror_share(b, l, dielectric, metal);

    float below = (1.0f - b->metallic) * (1.0f - rk_max3(dielectric));
    float through = l->diffuseTransmission * rk_luminance(l->diffuseTransmissionColor);
    float back = (1.0f - l->diffuseTransmission) * rk_luminance(b->base);
    l->throughShare = through > 0.0f ? through / (through + back) : 0.0f;
    float underSheen = (1.0f - l->coatWeight) * rk_max(1.0f - sheenMax * l->sheenAlbedo, 0.0f);
    float surface = underSheen
        * ((((1.0f - b->metallic) * rk_luminance(dielectric) + b->metallic * rk_luminance(metal)))
            + below * l->transmission * rk_luminance(b->base));
    float diffuse = underSheen * below * (1.0f - l->transmission) * (through + back);
    float sheen = (1.0f - l->coatWeight) * rk_luminance(l->sheen) * rk_min(l->sheenAlbedo, 1.0f);
    float sum = (l->coatWeight + surface) + (diffuse + sheen);
    // Each lobe that can give anything has a tenth of the whole besides its own part: the weights above hold for one microfacet.
    float tenth = 0.1f * sum;
    if (l->coatWeight > 0.0f) l->coatShare = l->coatWeight + tenth;
    else l->coatShare = 0.0f;
    l->interfaceShare = b->f90 > 0.0f || b->metallic > 0.0f || l->transmission > 0.0f || surface > 0.0f ? surface + tenth : 0.0f;
    l->diffuseShare = b->metallic < 1.0f && l->transmission < 1.0f && through + back > 0.0f ? diffuse + tenth : 0.0f;
    l->sheenShare = sheenMax > 0.0f ? sheen + tenth : 0.0f;
    float total = (l->coatShare + l->interfaceShare) + (l->diffuseShare + l->sheenShare);
    float scale = total > 0.0f ? 1.0f / total : 0.0f;
    l->coatShare = l->coatShare * scale;
    l->interfaceShare = l->interfaceShare * scale;
    l->diffuseShare = l->diffuseShare * scale;
    l->sheenShare = l->sheenShare * scale;
}

/// How much of the base the sheen leaves, for directions of these cosines; `*lobe` is the factor that keeps the sheen itself below
/// an albedo of 1, which it exceeds near the horizon at low roughness.
RK_FN float rk_sheen_scale(const RkLayers *l, float cosine, float *lobe) {
    *lobe = 1.0f;
    float most = rk_max3(l->sheen);
    if (!(most > 0.0f)) return 1.0f;
    float albedo = rk_max(l->sheenAlbedo, rk_sheen_albedo(l->sheenRow, cosine));
    if (albedo > 1.0f) *lobe = 1.0f / albedo;
    return rk_max(1.0f - most * albedo, 0.0f);
}

/// The half vector of a pair of directions on two sides; zero where there is none. `*jacobian`: density of directions per density
/// of half vectors.
RK_FN float3 rk_refraction_half(const RkLayers *l, float3 wo, float3 wi, float *jacobian) {
    float3 none = F3(0.0f, 0.0f, 0.0f);
    *jacobian = 0.0f;
    if (l->volume == 0u) {
        float3 h = rk_normalize(wo + F3(wi.x, wi.y, -wi.z));
        float c = rk_dot(wo, h);
        if (!(c > 0.0f)) return none;
        *jacobian = 1.0f / (4.0f * c);
        return h;
    }
    float3 h = rk_normalize(wo * l->etaI + wi * l->etaO);
    if (h.z < 0.0f) h = -h;
    float co = rk_dot(wo, h), ci = rk_dot(wi, h);
    if (!(co > 0.0f) || !(ci < 0.0f)) return none;
    float sum = l->etaI * co + l->etaO * ci;
    *jacobian = l->etaO * l->etaO * rk_abs(ci) / (sum * sum);
    return h;
}

/// f · |cos(wi)| and the density of `wi` under `rk_layers_sample`, without what is hidden.
RK_RARE float3 rk_layers_evaluate(const RkBsdf *b, const RkLayers *l, float3 wo, float3 wi, float *pdf) {
    float3 f = F3(0.0f, 0.0f, 0.0f);
    *pdf = 0.0f;
    if (!(wo.z > 0.0f) || wi.z == 0.0f) return f;
    float density = 0.0f;
    float3 mirrored = wi.z > 0.0f ? wi : F3(wi.x, wi.y, -wi.z);
    if (l->coatShare > 0.0f) {
        float co = rk_dot(wo, l->coatNormal), ci = rk_dot(wi, l->coatNormal);
        if (co > 0.0f && ci > 0.0f) {
            float3 h = rk_normalize(wo + wi);
            float3 across = rk_cross(l->coatNormal, h);
            float a2 = l->coatAlpha * l->coatAlpha, ch = rk_dot(h, l->coatNormal);
            float t = rk_dot(across, across) + a2 * (ch * ch);
            float distribution = a2 / (RK_PI * t * t);
            float so = co + rk_sqrt(a2 + (1.0f - a2) * co * co), si = ci + rk_sqrt(a2 + (1.0f - a2) * ci * ci);
            float coat = distribution / (so * si) * ci * l->coatWeight;
            f = F3(coat, coat, coat);
            density = l->coatShare * distribution / (2.0f * so);
        }
    }
    float lobe;
    float scale = rk_sheen_scale(l, mirrored.z, &lobe) * (1.0f - l->coatWeight);
    float so = rk_ggx_shadow(l->alphaX, l->alphaY, wo), si = rk_ggx_shadow(l->alphaX, l->alphaY, wi);
    // Below the surface too: the diffuse lobe takes the Fresnel term of the mirrored direction.
    float3 h = rk_normalize(wo + mirrored);
    float3 dielectric = rk_dielectric_fresnel(b, l, rk_dot(wo, h));
    float below = (1.0f - b->metallic) * (1.0f - rk_max3(dielectric)) * (1.0f - l->transmission) * RK_INVERSE_PI;
    if (wi.z > 0.0f) {
        float3 metal = rk_metal_fresnel(b, l, rk_dot(wo, h));
        float distribution = rk_ggx(l->alphaX, l->alphaY, h);
        float microfacet = distribution / (so * si);
        float3 base = b->base * (below * (1.0f - l->diffuseTransmission)) + dielectric * (microfacet * (1.0f - b->metallic))
            + metal * (microfacet * b->metallic);
        f = f + base * (wi.z * scale);
        float mirror = l->smooth ? l->mirrorShare : rk_mirror_share(b, l, dielectric, metal);
        density = density + l->interfaceShare * mirror * distribution / (2.0f * so);
        density = density + l->diffuseShare * (1.0f - l->throughShare) * (wi.z * RK_INVERSE_PI);
        if (l->sheenShare > 0.0f) {
            float sheen = rk_sheen_evaluate(l->sheenAlpha, wo, wi, h) * lobe * (1.0f - l->coatWeight);
            f = f + l->sheen * sheen;
            density = density + l->sheenShare * (0.5f * RK_INVERSE_PI);
        }
    } else {
        f = f + l->diffuseTransmissionColor * (below * l->diffuseTransmission * mirrored.z * scale);
        density = density + l->diffuseShare * l->throughShare * (mirrored.z * RK_INVERSE_PI);
        if (l->hidden == 0u && l->transmission > 0.0f) {
            float jacobian;
            float3 ht = rk_refraction_half(l, wo, wi, &jacobian);
            if (jacobian > 0.0f) {
                float co = rk_dot(wo, ht);
                float3 inner = rk_dielectric_fresnel(b, l, co);
                float passed = (1.0f - b->metallic) * (1.0f - rk_max3(inner)) * l->transmission;
                // G1(wo)·D·(wo·h)/cos(wo) is the density of half vectors; times G1(wi) it is the microfacet term.
                float visible = 2.0f * rk_ggx(l->alphaX, l->alphaY, ht) * co / so;
                float masked = 2.0f * mirrored.z / si;
                f = f + b->base * (passed * visible * masked * jacobian * scale);
                float mirror = rk_mirror_share(b, l, inner, rk_metal_fresnel(b, l, co));
                density = density + l->interfaceShare * (1.0f - mirror) * visible * jacobian;
            }
        }
    }
    *pdf = density;
    return f;
}

/// Refracts `wo` at a facet of normal `h`, for indices of refraction on its side and on the other; zero where it is totally reflected.
RK_FN float3 rk_refract(float3 wo, float3 h, float etaI, float etaO) {
    float ratio = etaI / etaO, c = rk_dot(wo, h);
    float sine2 = ratio * ratio * rk_max(1.0f - c * c, 0.0f);
    if (!(sine2 < 1.0f)) return F3(0.0f, 0.0f, 0.0f);
    return rk_normalize(h * (ratio * c - rk_sqrt(1.0f - sine2)) - wo * ratio);
}

/// What `rk_layers_sample` draws.
typedef struct {
    float3 direction;
    /// f · |cos| / pdf.
    float3 weight;
    /// Below 0: no light sampling competes.
    float pdf;
    /// Colour that a dispersive refraction has picked, 0 to 2; else 3.
    uint colour;
} RkLayersSample;

/// A hidden refraction at a facet of normal `h`: what it weighs over the probability of having been drawn.
RK_FN void rk_sample_hidden(const RkBsdf *b, const RkLayers *l, float3 wo, float3 h, float share, float pick, RkLayersSample *out) {
    float etaI = l->etaI, etaO = l->etaO;
    float3 tint = b->base;
    if (l->spread > 0.0f) {
        // One colour at a time stands for all three. Red has the lowest index.
        uint colour = (uint)(pick * 3.0f);
        out->colour = colour < 2u ? colour : 2u;
        float shift = ((float)out->colour - 1.0f) * l->spread;
        if (etaO > etaI) etaO = rk_max(etaO + shift, 1.0f);
        else etaI = rk_max(etaI + shift, 1.0f);
        tint = F3(out->colour == 0u ? 3.0f * tint.x : 0.0f, out->colour == 1u ? 3.0f * tint.y : 0.0f,
            out->colour == 2u ? 3.0f * tint.z : 0.0f);
    }
    float3 wi = l->straight ? -wo : rk_refract(wo, h, etaI, etaO);
    if (!(wi.z < 0.0f)) return;
    float lobe;
    float masked = l->smooth || l->straight ? 1.0f : -2.0f * wi.z / rk_ggx_shadow(l->alphaX, l->alphaY, wi);
    float3 dielectric = rk_dielectric_fresnel(b, l, rk_dot(wo, h));
    float passed = (1.0f - b->metallic) * (1.0f - rk_max3(dielectric)) * l->transmission;
    float scale = rk_sheen_scale(l, -wi.z, &lobe) * (1.0f - l->coatWeight);
    out->direction = wi;
    out->weight = tint * (passed * masked * scale / share);
    out->pdf = -1.0f;
}

/// Draws a direction; `select` picks the lobe, `pick` the colour. A weight of 0: the path ends.
RK_RARE void rk_layers_sample(
    const RkBsdf *b, const RkLayers *l, float3 wo, float select, float u, float v, float pick, RkLayersSample *out) {
    out->weight = F3(0.0f, 0.0f, 0.0f);
    out->direction = F3(0.0f, 0.0f, 1.0f);
    out->pdf = 0.0f;
    out->colour = 3u;
    float3 wi;
    if (select < l->coatShare) {
        float3 tangent, bitangent;
        rk_basis(l->coatNormal, &tangent, &bitangent);
        float3 seen = F3(rk_dot(wo, tangent), rk_dot(wo, bitangent), rk_dot(wo, l->coatNormal));
        if (!(seen.z > 0.0f)) return;
        float3 h = rk_sample_visible_normal(seen, l->coatAlpha, l->coatAlpha, u, v);
        h = (tangent * h.x + bitangent * h.y) + l->coatNormal * h.z;
        wi = h * (2.0f * rk_dot(wo, h)) - wo;
        if (!(rk_dot(wi, l->coatNormal) > 0.0f)) return;
    } else if (select < l->coatShare + l->interfaceShare) {
        float rest = (select - l->coatShare) / l->interfaceShare;
        float3 h = rk_sample_visible_normal(wo, l->alphaX, l->alphaY, u, v);
        float c = rk_dot(wo, h);
        float mirror = l->smooth ? l->mirrorShare : rk_mirror_share(b, l, rk_dielectric_fresnel(b, l, c), rk_metal_fresnel(b, l, c));
        if (rest < mirror) {
            wi = h * (2.0f * c) - wo;
            if (!(wi.z > 0.0f)) return;
        } else {
            if (l->hidden) {
                if (l->smooth) h = F3(0.0f, 0.0f, 1.0f);
                rk_sample_hidden(b, l, wo, h, l->interfaceShare * (1.0f - mirror), pick, out);
                return;
            }
            wi = l->volume ? rk_refract(wo, h, l->etaI, l->etaO) : h * (2.0f * c) - wo;
            if (l->volume == 0u) wi.z = -wi.z;
            if (!(wi.z < 0.0f)) return;
        }
    } else if (select < (l->coatShare + l->interfaceShare) + l->diffuseShare) {
        float rest = (select - (l->coatShare + l->interfaceShare)) / l->diffuseShare;
        wi = rk_sample_cosine(u, v);
        if (rest < l->throughShare) wi.z = -wi.z;
    } else {
        float radius = rk_sqrt(rk_max(1.0f - u * u, 0.0f));
        float2 sc = rk_sincos(2.0f * RK_PI * v);
        wi = F3(radius * sc.y, radius * sc.x, u);
    }
    out->direction = wi;
    float3 f = rk_layers_evaluate(b, l, wo, wi, &out->pdf);
    if (out->pdf > 0.0f) out->weight = f * (1.0f / out->pdf);
}
