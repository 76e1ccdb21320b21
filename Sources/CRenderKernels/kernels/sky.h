// What a ray that leaves the scene sees: nothing, a constant, or an equirectangular image with y up whose centre lies along -z.

/// Image coordinates of a unit direction.
RK_FN float2 rk_sky_point(RK_GLOBAL const RkHeader *header, float3 d) {
    float2 out;
    float u = 0.5f + rk_atan2(d.x, -d.z) * (0.5f * RK_INVERSE_PI) - header->skyTurn;
    out.x = u - rk_floor(u);
    out.y = rk_atan2(rk_sqrt(d.x * d.x + d.z * d.z), d.y) * RK_INVERSE_PI;
    return out;
}

RK_FN float3 rk_sky_radiance(const RkTables *scene, float3 d) {
    RK_GLOBAL const RkHeader *header = scene->header;
    if (header->skyKind == RK_SKY_CONSTANT) return F3(header->skyRed, header->skyGreen, header->skyBlue);
    if (header->skyKind != RK_SKY_IMAGE) return F3(0.0f, 0.0f, 0.0f);
    float2 p = rk_sky_point(header, d);
    float4 t = rk_image_lookup(scene, scene->images + header->skyImage, p.x, p.y, RK_WRAP_REPEAT, RK_WRAP_CLAMP, 0u);
    return F3(t.x, t.y, t.z) * header->skyIntensity;
}

/// Largest index i < count with cumulative[i] ≤ x and cumulative[i + 1] > x; the table has count + 1 entries from 0 to 1.
RK_FN uint rk_search(RK_GLOBAL const float *cumulative, uint count, float x) {
    uint low = 0u, high = count;
    while (high - low > 1u) {
        uint middle = low + (high - low) / 2u;
        // Masked, not branched to: nothing foresees a random number.
        uint above = cumulative[middle] <= x ? 0xffffffffu : 0u;
        low = (middle & above) | (low & ~above);
        high = (high & above) | (middle & ~above);
    }
    return low;
}

/// Where in the chosen cell a number falls, in [0, 1).
RK_FN float rk_cell_position(RK_GLOBAL const float *cumulative, uint cell, float x) {
    float width = cumulative[cell + 1u] - cumulative[cell];
    return width > 0.0f ? rk_clamp((x - cumulative[cell]) / width, 0.0f, 0.99999994f) : 0.5f;
}

/// Density over solid angle of sampling `d` from the sky.
RK_FN float rk_sky_pdf(const RkTables *scene, float3 d) {
    RK_GLOBAL const RkHeader *header = scene->header;
    if (header->skyKind != RK_SKY_IMAGE) return 0.25f * RK_INVERSE_PI;
    RK_GLOBAL const RkImage *image = scene->images + header->skyImage;
    float2 p = rk_sky_point(header, d);
    uint x = (uint)rk_clamp(p.x * (float)image->width, 0.0f, (float)(image->width - 1u));
    uint y = (uint)rk_clamp(p.y * (float)image->height, 0.0f, (float)(image->height - 1u));
    RK_GLOBAL const float *rows = scene->skyCumulative;
    RK_GLOBAL const float *row = rows + (image->height + 1u) + y * (image->width + 1u);
    float sine = rk_sqrt(d.x * d.x + d.z * d.z);
    if (!(sine > 0.0f)) return 0.0f;
    float cell = (rows[y + 1u] - rows[y]) * (row[x + 1u] - row[x]);
    return cell * (float)image->width * (float)image->height / (2.0f * RK_PI * RK_PI * sine);
}

/// A direction of uniform density over the sphere.
RK_FN float3 rk_uniform_direction(float u, float v) {
    float z = 1.0f - 2.0f * u;
    float radius = rk_sqrt(rk_max(1.0f - z * z, 0.0f));
    float2 sc = rk_sincos(2.0f * RK_PI * v);
    return F3(radius * sc.y, z, radius * sc.x);
}

RK_FN float3 rk_sky_sample(const RkTables *scene, float u, float v) {
    RK_GLOBAL const RkHeader *header = scene->header;
    if (header->skyKind != RK_SKY_IMAGE) return rk_uniform_direction(u, v);
    RK_GLOBAL const RkImage *image = scene->images + header->skyImage;
    RK_GLOBAL const float *rows = scene->skyCumulative;
    uint y = rk_search(rows, image->height, v);
    RK_GLOBAL const float *row = rows + (image->height + 1u) + y * (image->width + 1u);
    uint x = rk_search(row, image->width, u);
    float pu = ((float)x + rk_cell_position(row, x, u)) / (float)image->width;
    float pv = ((float)y + rk_cell_position(rows, y, v)) / (float)image->height;
    float2 polar = rk_sincos(RK_PI * pv);
    float2 turn = rk_sincos(2.0f * RK_PI * ((pu - 0.5f) + header->skyTurn));
    return F3(polar.x * turn.x, polar.y, -(polar.x * turn.y));
}
