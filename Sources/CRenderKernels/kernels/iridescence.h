// The Fresnel term of KHR_materials_iridescence: a thin film over a base.
// Source: Belcour and Barla, "A practical extension to microfacet theory for the modeling of varying iridescence", SIGGRAPH 2017,
// in the form that the extension gives it: no polarisation, Schlick's approximation, base index from its reflectance.

/// Sensitivity of the three colours to an optical path difference in nanometres, with a phase shift per colour.
RK_FN float3 rk_film_sensitivity(float difference, float3 shift) {
    float phase = 2.0f * RK_PI * difference * 1.0e-9f;
    float square = phase * phase;
    // Amplitudes are the extension's val · sqrt(2π · var) / 1.0685e-7.
    float x = 0.846590002f * rk_sincos(1.6810e+06f * phase + shift.x).y * rk_exp(-4.3278e+09f * square);
    float y = 1.00022189f * rk_sincos(1.7953e+06f * phase + shift.y).y * rk_exp(-9.3046e+09f * square);
    float z = 1.00112249f * rk_sincos(2.2084e+06f * phase + shift.z).y * rk_exp(-6.6121e+09f * square);
    x = x + 0.153868307f * rk_sincos(2.2399e+06f * phase + shift.x).y * rk_exp(-4.5282e+09f * square);
    return F3((3.2404542f * x - 1.5371385f * y) - 0.4985314f * z, (-0.9692660f * x + 1.8760108f * y) + 0.0415560f * z,
        (0.0556434f * x - 0.2040259f * y) + 1.0572252f * z);
}

/// Reflectance of the second interface, and the phase it shifts by, for one colour.
RK_FN float2 rk_film_base(float f0, float filmIor, float cosine) {
    // Guard against a reflectance of 1, whose index is infinite.
    float root = rk_sqrt(rk_clamp(f0 + 0.0001f, 0.0f, 0.9999f));
    float ior = (1.0f + root) / (1.0f - root);
    float r = (ior - filmIor) / (ior + filmIor);
    float2 out;
    out.x = r * r + (1.0f - r * r) * rk_schlick_weight(cosine);
    out.y = ior < filmIor ? RK_PI : 0.0f;
    return out;
}

/// Reflectance of a film of `thickness` nanometres in air over a base of reflectance `f0`, seen under `cosine`.
RK_RARE float3 rk_film_fresnel(float filmIor, float3 f0, float thickness, float cosine) {
    float sine2 = (1.0f - cosine * cosine) / (filmIor * filmIor);
    if (!(sine2 < 1.0f)) return F3(1.0f, 1.0f, 1.0f);
    float inside = rk_sqrt(1.0f - sine2);
    float r0 = (filmIor - 1.0f) / (filmIor + 1.0f);
    float r12 = r0 * r0 + (1.0f - r0 * r0) * rk_schlick_weight(cosine);
    float t121 = 1.0f - r12;
    float2 red = rk_film_base(f0.x, filmIor, inside), green = rk_film_base(f0.y, filmIor, inside),
           blue = rk_film_base(f0.z, filmIor, inside);
    float first = filmIor < 1.0f ? 0.0f : RK_PI;
    float3 phase = F3(first + red.y, first + green.y, first + blue.y);
    float3 r23 = F3(red.x, green.x, blue.x);
    float3 r123 = F3(rk_clamp(r12 * r23.x, 1e-5f, 0.9999f), rk_clamp(r12 * r23.y, 1e-5f, 0.9999f),
        rk_clamp(r12 * r23.z, 1e-5f, 0.9999f));
    float3 step = F3(rk_sqrt(r123.x), rk_sqrt(r123.y), rk_sqrt(r123.z));
    float3 one = F3(1.0f, 1.0f, 1.0f);
    float3 rs = r23 * (t121 * t121) / (one - r123);
    float difference = 2.0f * filmIor * thickness * inside;
    float3 sum = rs + one * r12;
    float3 order = rs - one * t121;
    for (int m = 1; m <= 2; m++) {
        order = order * step;
        sum = sum + order * rk_film_sensitivity((float)m * difference, phase * (float)m) * 2.0f;
    }
    return F3(rk_clamp(sum.x, 0.0f, 1.0f), rk_clamp(sum.y, 0.0f, 1.0f), rk_clamp(sum.z, 0.0f, 1.0f));
}
