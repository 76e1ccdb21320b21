// The Trowbridge-Reitz distribution with two roughnesses, and what samples it. α along x and y of the shading frame.

/// D(h): 1 / (π αx αy (hx²/αx² + hy²/αy² + hz²)²), written so that it keeps its bits for small α.
RK_FN float rk_ggx(float ax, float ay, float3 h) {
    float a2 = ax * ay;
    float t = (h.x * h.x * (ay / ax) + h.y * h.y * (ax / ay)) + a2 * (h.z * h.z);
    return t > 0.0f ? a2 / (RK_PI * t * t) : 0.0f;
}

/// cos + sqrt(α²·sin² + cos²): half of it is cos / G1, so that the separable visibility of two directions is 1 / (s(wo)·s(wi)).
RK_FN float rk_ggx_shadow(float ax, float ay, float3 w) {
    float x = w.x * ax, y = w.y * ay;
    return rk_abs(w.z) + rk_sqrt((x * x + y * y) + w.z * w.z);
}

/// A microfacet normal visible from `wo`: a spherical cap, stretched.
/// Source: Dupuy and Benyoub, "Sampling visible GGX normals with spherical caps", HPG 2023.
RK_FN float3 rk_sample_visible_normal(float3 wo, float ax, float ay, float u, float v) {
    float3 view = rk_normalize(F3(wo.x * ax, wo.y * ay, wo.z));
    float2 sc = rk_sincos(2.0f * RK_PI * v);
    float z = (1.0f - u) * (1.0f + view.z) - view.z;
    float radius = rk_sqrt(rk_clamp(1.0f - z * z, 0.0f, 1.0f));
    float3 cap = F3(radius * sc.y, radius * sc.x, z) + view;
    return rk_normalize(F3(cap.x * ax, cap.y * ay, rk_max(cap.z, 0.0f)));
}
