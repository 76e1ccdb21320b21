// Textures in buffers: decoded texels, filtered in linear light.

/// 8-bit sRGB to linear, correctly rounded (IEC 61966-2-1).
RK_CONSTANT static const float rk_srgb[256] = {
    0.0f, 0.000303526991f, 0.000607053982f, 0.000910580973f, 0.00121410796f, 0.00151763496f, 0.00182116195f, 0.00212468882f,
    0.00242821593f, 0.0027317428f, 0.00303526991f, 0.00334653584f, 0.00367650739f, 0.00402471703f, 0.00439144205f, 0.00477695325f,
    0.00518151652f, 0.00560539169f, 0.00604883302f, 0.00651209056f, 0.00699541019f, 0.00749903219f, 0.00802319311f, 0.00856812578f,
    0.00913405884f, 0.00972121768f, 0.010329823f, 0.0109600937f, 0.0116122449f, 0.012286488f, 0.0129830325f, 0.0137020834f,
    0.0144438436f, 0.0152085144f, 0.0159962941f, 0.0168073755f, 0.0176419541f, 0.01850022f, 0.0193823613f, 0.0202885624f,
    0.0212190095f, 0.0221738853f, 0.0231533665f, 0.0241576321f, 0.0251868591f, 0.0262412224f, 0.0273208916f, 0.02842604f,
    0.0295568351f, 0.0307134446f, 0.0318960324f, 0.0331047662f, 0.0343398079f, 0.0356013142f, 0.0368894488f, 0.0382043719f,
    0.0395462364f, 0.0409151986f, 0.0423114114f, 0.043735031f, 0.045186203f, 0.0466650873f, 0.0481718257f, 0.0497065671f,
    0.0512694567f, 0.0528606474f, 0.054480277f, 0.0561284907f, 0.0578054301f, 0.0595112368f, 0.0612460524f, 0.0630100146f,
    0.064803265f, 0.0666259378f, 0.0684781671f, 0.0703600943f, 0.0722718537f, 0.0742135718f, 0.0761853829f, 0.078187421f,
    0.0802198201f, 0.0822827071f, 0.0843762085f, 0.0865004584f, 0.0886555836f, 0.0908417106f, 0.0930589661f, 0.0953074694f,
    0.097587347f, 0.0998987257f, 0.102241732f, 0.104616486f, 0.107023105f, 0.10946171f, 0.111932427f, 0.114435375f,
    0.116970666f, 0.119538426f, 0.122138776f, 0.124771819f, 0.127437681f, 0.130136475f, 0.13286832f, 0.135633335f,
    0.138431609f, 0.141263291f, 0.144128472f, 0.147027269f, 0.149959788f, 0.152926147f, 0.155926466f, 0.158960834f,
    0.162029371f, 0.165132195f, 0.168269396f, 0.171441108f, 0.174647406f, 0.177888423f, 0.18116425f, 0.18447499f,
    0.187820777f, 0.191201687f, 0.194617838f, 0.198069319f, 0.20155625f, 0.205078736f, 0.208636865f, 0.212230757f,
    0.215860501f, 0.219526201f, 0.223227963f, 0.226965874f, 0.230740055f, 0.23455058f, 0.238397568f, 0.242281124f,
    0.246201321f, 0.25015828f, 0.254152089f, 0.258182853f, 0.262250662f, 0.266355604f, 0.270497799f, 0.274677306f,
    0.278894275f, 0.283148736f, 0.287440836f, 0.291770637f, 0.296138257f, 0.300543785f, 0.304987311f, 0.309468925f,
    0.313988715f, 0.318546772f, 0.323143214f, 0.327778101f, 0.332451522f, 0.337163627f, 0.341914415f, 0.346704066f,
    0.351532608f, 0.356400132f, 0.361306787f, 0.366252601f, 0.371237695f, 0.376262128f, 0.38132602f, 0.386429429f,
    0.391572475f, 0.396755219f, 0.401977777f, 0.407240212f, 0.412542611f, 0.417885065f, 0.423267663f, 0.428690493f,
    0.434153646f, 0.439657182f, 0.445201188f, 0.450785786f, 0.456411034f, 0.462076992f, 0.467783809f, 0.473531485f,
    0.479320168f, 0.48514995f, 0.491020858f, 0.496932983f, 0.502886474f, 0.50888133f, 0.514917672f, 0.520995557f,
    0.527115107f, 0.533276379f, 0.539479494f, 0.545724452f, 0.55201143f, 0.558340371f, 0.564711511f, 0.571124852f,
    0.577580452f, 0.584078431f, 0.590618849f, 0.597201765f, 0.603827357f, 0.610495567f, 0.617206573f, 0.623960376f,
    0.630757153f, 0.637596846f, 0.644479692f, 0.651405632f, 0.658374846f, 0.665387273f, 0.672443151f, 0.679542482f,
    0.686685324f, 0.693871737f, 0.701101899f, 0.708375752f, 0.715693474f, 0.723055124f, 0.730460763f, 0.73791039f,
    0.745404184f, 0.752942204f, 0.760524511f, 0.768151164f, 0.775822222f, 0.783537805f, 0.791297913f, 0.799102724f,
    0.806952238f, 0.814846575f, 0.822785735f, 0.830769897f, 0.838799f, 0.846873224f, 0.854992628f, 0.863157213f,
    0.871367097f, 0.8796224f, 0.887923121f, 0.896269381f, 0.904661179f, 0.913098633f, 0.921581864f, 0.930110872f,
    0.938685715f, 0.947306514f, 0.955973327f, 0.964686275f, 0.973445296f, 0.982250571f, 0.991102099f, 1.0f};

/// The texel with a number, y · width + x, as linear red, green, blue and as alpha.
RK_FN float4 rk_texel_at(RK_GLOBAL const uint *texels, uint format, uint index) {
    if (format == RK_TEXEL_SRGB8) {
        uint t = texels[index];
        return F4(rk_srgb[t & 255u], rk_srgb[(t >> 8) & 255u], rk_srgb[(t >> 16) & 255u], (float)(t >> 24) / 255.0f);
    }
    if (format == RK_TEXEL_LINEAR8) return rk_bytes(texels[index]) / SPLAT4(255.0f);
    if (format == RK_TEXEL_LINEAR16) {
        uint rg = texels[2u * index], ba = texels[2u * index + 1u];
        return F4((float)(rg & 65535u) / 65535.0f, (float)(rg >> 16) / 65535.0f, (float)(ba & 65535u) / 65535.0f,
            (float)(ba >> 16) / 65535.0f);
    }
    RK_GLOBAL const uint *t = texels + 4u * index;
    return F4(rk_float(t[0]), rk_float(t[1]), rk_float(t[2]), rk_float(t[3]));
}

RK_FN float4 rk_texel(const RkTables *scene, RK_GLOBAL const RkImage *image, uint x, uint y) {
    return rk_texel_at(scene->texels + image->offset, image->format, y * image->width + x);
}

/// Alpha of a texel: the last component of `rk_texel_at`.
RK_FN float rk_texel_alpha(RK_GLOBAL const uint *texels, uint format, uint index) {
    if (format <= RK_TEXEL_LINEAR8) return (float)(texels[index] >> 24) / 255.0f;
    if (format == RK_TEXEL_LINEAR16) return (float)(texels[2u * index + 1u] >> 16) / 65535.0f;
    return rk_float(texels[4u * index + 3u]);
}

/// Folds a coordinate into [0, 1] by the wrap mode. A coordinate that is not finite, or too large to have a fraction, is 0.
RK_FN float rk_wrap(float u, uint mode) {
    if (!(rk_abs(u) < 8388608.0f)) return 0.0f;
    if (mode == RK_WRAP_CLAMP) return rk_clamp(u, 0.0f, 1.0f);
    if (mode == RK_WRAP_MIRROR) {
        float v = u - 2.0f * rk_floor(u * 0.5f);
        return v > 1.0f ? 2.0f - v : v;
    }
    return u - rk_floor(u);
}

/// The neighbour outside the image: the other side where the texture repeats, else the edge itself.
RK_FN uint rk_wrap_index(int i, uint size, uint mode) {
    if (i < 0) return mode == RK_WRAP_REPEAT ? size - 1u : 0u;
    if ((uint)i >= size) return mode == RK_WRAP_REPEAT ? 0u : size - 1u;
    return (uint)i;
}

/// What a lookup reads: the numbers of four texels and the weights between them; or, `nearest`, the first alone.
typedef struct {
    uint a, b, c, d;
    float fx, fy;
} RkFootprint;

/// (0, 0) is the top left corner, texel centres lie at (i + 1/2) / size.
RK_FN RkFootprint rk_footprint(RK_GLOBAL const RkImage *image, float u, float v, uint wrapS, uint wrapT, uint nearest) {
    RkFootprint p;
    uint width = image->width, height = image->height;
    float x = rk_wrap(u, wrapS) * (float)width;
    float y = rk_wrap(v, wrapT) * (float)height;
    if (nearest) {
        p.a = rk_wrap_index((int)y, height, RK_WRAP_CLAMP) * width + rk_wrap_index((int)x, width, RK_WRAP_CLAMP);
        p.b = p.c = p.d = p.a;
        p.fx = p.fy = 0.0f;
        return p;
    }
    x -= 0.5f;
    y -= 0.5f;
    float left = rk_floor(x), top = rk_floor(y);
    p.fx = x - left;
    p.fy = y - top;
    uint x0 = rk_wrap_index((int)left, width, wrapS), x1 = rk_wrap_index((int)left + 1, width, wrapS);
    uint y0 = rk_wrap_index((int)top, height, wrapT) * width, y1 = rk_wrap_index((int)top + 1, height, wrapT) * width;
    p.a = y0 + x0;
    p.b = y0 + x1;
    p.c = y1 + x0;
    p.d = y1 + x1;
    return p;
}

/// Bilinear or nearest lookup.
RK_CALL float4 rk_image_lookup(
    const RkTables *scene, RK_GLOBAL const RkImage *image, float u, float v, uint wrapS, uint wrapT, uint nearest) {
    RkFootprint p = rk_footprint(image, u, v, wrapS, wrapT, nearest);
    RK_GLOBAL const uint *texels = scene->texels + image->offset;
    uint format = image->format;
    float4 a = rk_texel_at(texels, format, p.a);
    if (nearest) return a;
    float4 b = rk_texel_at(texels, format, p.b), c = rk_texel_at(texels, format, p.c), d = rk_texel_at(texels, format, p.d);
    float4 above = a + (b - a) * p.fx;
    float4 below = c + (d - c) * p.fx;
    return above + (below - above) * p.fy;
}

/// Alpha alone: the last component of `rk_image_lookup`.
RK_FN float rk_image_alpha(
    const RkTables *scene, RK_GLOBAL const RkImage *image, float u, float v, uint wrapS, uint wrapT, uint nearest) {
    RkFootprint p = rk_footprint(image, u, v, wrapS, wrapT, nearest);
    RK_GLOBAL const uint *texels = scene->texels + image->offset;
    uint format = image->format;
    float a = rk_texel_alpha(texels, format, p.a);
    if (nearest) return a;
    float b = rk_texel_alpha(texels, format, p.b), c = rk_texel_alpha(texels, format, p.c), d = rk_texel_alpha(texels, format, p.d);
    float above = a + (b - a) * p.fx;
    float below = c + (d - c) * p.fx;
    return above + (below - above) * p.fy;
}

/// Texture coordinates of a hit in both sets.
typedef struct {
    float u0, v0, u1, v1;
} RkTexturePoint;

/// Where a slot looks its texture up.
RK_FN float2 rk_slot_point(RK_GLOBAL const RkTextureSlot *slot, const RkTexturePoint *at) {
    float u = slot->uvSet == 0u ? at->u0 : at->u1;
    float v = slot->uvSet == 0u ? at->v0 : at->v1;
    float2 out;
    out.x = (slot->m0 * u + slot->m1 * v) + slot->m2;
    out.y = (slot->m3 * u + slot->m4 * v) + slot->m5;
    return out;
}

RK_FN float4 rk_slot_lookup(const RkTables *scene, RK_GLOBAL const RkTextureSlot *slot, const RkTexturePoint *at) {
    float2 p = rk_slot_point(slot, at);
    RK_GLOBAL const RkTexture *texture = scene->textures + slot->texture;
    return rk_image_lookup(
        scene, scene->images + texture->image, p.x, p.y, texture->wrapS, texture->wrapT, texture->nearest);
}

RK_FN float rk_slot_alpha(const RkTables *scene, RK_GLOBAL const RkTextureSlot *slot, const RkTexturePoint *at) {
    float2 p = rk_slot_point(slot, at);
    RK_GLOBAL const RkTexture *texture = scene->textures + slot->texture;
    return rk_image_alpha(scene, scene->images + texture->image, p.x, p.y, texture->wrapS, texture->wrapT, texture->nearest);
}
