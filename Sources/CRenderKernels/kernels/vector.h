// Three-component vectors. Sums run x, y, z: the order is part of profile D.

#define RK_PI 3.1415927410125732421875f
#define RK_INVERSE_PI 0.3183098733425140380859375f

RK_FN float rk_dot(float3 a, float3 b) { return (a.x * b.x + a.y * b.y) + a.z * b.z; }
RK_FN float rk_length(float3 a) { return rk_sqrt(rk_dot(a, a)); }

RK_FN float3 rk_cross(float3 a, float3 b) {
    return F3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x);
}

/// The unit vector, or zero where the length is zero.
RK_FN float3 rk_normalize(float3 a) {
    float length = rk_length(a);
    return length > 0.0f ? a * (1.0f / length) : F3(0.0f, 0.0f, 0.0f);
}

RK_FN float rk_max3(float3 a) { return rk_max(a.x, rk_max(a.y, a.z)); }
RK_FN float rk_max_abs(float3 a) { return rk_max(rk_abs(a.x), rk_max(rk_abs(a.y), rk_abs(a.z))); }

/// Rec. 709 luminance.
RK_FN float rk_luminance(float3 c) { return (0.2126f * c.x + 0.7152f * c.y) + 0.0722f * c.z; }

/// 3×4 affine matrix, row by row.
RK_FN float3 rk_transform_point(RK_GLOBAL const float *m, float3 p) {
    return F3(((m[0] * p.x + m[1] * p.y) + m[2] * p.z) + m[3], ((m[4] * p.x + m[5] * p.y) + m[6] * p.z) + m[7],
        ((m[8] * p.x + m[9] * p.y) + m[10] * p.z) + m[11]);
}

RK_FN float3 rk_transform_vector(RK_GLOBAL const float *m, float3 v) {
    return F3((m[0] * v.x + m[1] * v.y) + m[2] * v.z, (m[4] * v.x + m[5] * v.y) + m[6] * v.z,
        (m[8] * v.x + m[9] * v.y) + m[10] * v.z);
}

/// Multiplies by the transpose of the linear part: with the inverse matrix this carries normals.
RK_FN float3 rk_transform_transposed(RK_GLOBAL const float *m, float3 v) {
    return F3((m[0] * v.x + m[4] * v.y) + m[8] * v.z, (m[1] * v.x + m[5] * v.y) + m[9] * v.z,
        (m[2] * v.x + m[6] * v.y) + m[10] * v.z);
}

/// Orthonormal tangents of a unit normal, without a branch at the pole but one on the sign of z.
/// Source: Duff et al., "Building an orthonormal basis, revisited", JCGT 2017.
RK_FN void rk_basis(float3 n, float3 *tangent, float3 *bitangent) {
    float sign = n.z < 0.0f ? -1.0f : 1.0f;
    float a = -1.0f / (sign + n.z);
    float b = n.x * n.y * a;
    *tangent = F3(1.0f + sign * n.x * n.x * a, sign * b, -sign * n.x);
    *bitangent = F3(b, sign + n.y * n.y * a, -n.y);
}
