// Elementary functions of profile D: own polynomials, so that no device's library can change a bit.
//
// Coefficients are weighted minimax fits (Lawson iteration) rounded to float. Error bounds, in units of the last place of the
// correctly rounded result, are tested over the stated ranges: sin, cos 2 (|x| ≤ 1,000, absolute 1e-7 near zeros), exp 2,
// log 2, atan2 3, pow 2 + 2·|y·ln x|.

/// sin in .x and cos in .y, for |x| ≤ 10,000; beyond that the reduction loses accuracy, and 0, 1 is given above 1e9.
RK_FN float2 rk_sincos(float x) {
    float2 out;
    if (!(rk_abs(x) < 1.0e9f)) {
        out.x = 0.0f;
        out.y = 1.0f;
        return out;
    }
    float turns = rk_floor(x * 0.636619746685028076171875f + 0.5f);
    int quadrant = (int)turns;
    float r = x - turns * 1.5703125f;
    r = r - turns * 4.825592041015625e-4f;
    r = r - turns * 1.2665987014770508e-6f;
    r = r - turns * 9.92093629470503e-10f;
    float z = r * r;
    float s = r + r * z * (-1.666665524e-01f + z * (8.332154714e-03f + z * -1.951408049e-04f));
    float c = (1.0f - 0.5f * z) + z * z * (4.166664556e-02f + z * (-1.388733741e-03f + z * 2.443483936e-05f));
    float first = (quadrant & 1) ? c : s;
    float second = (quadrant & 1) ? s : c;
    out.x = (quadrant & 2) ? -first : first;
    out.y = ((quadrant + 1) & 2) ? -second : second;
    return out;
}

/// e^x: 0 below -104, infinity above 89; subnormal results are rounded once more.
RK_FN float rk_exp(float x) {
    if (x != x) return x;
    if (x < -104.0f) return 0.0f;
    if (x > 89.0f) return RK_INFINITY;
    float k = rk_floor(x * 1.44269502162933349609375f + 0.5f);
    float r = x - k * 0.693115234375f;
    r = r - k * 3.194618329871446e-05f;
    float p = 5.000000000e-01f
        + r * (1.666651219e-01f + r * (4.166618735e-02f + r * (8.369599469e-03f + r * 1.395171159e-03f)));
    float y = 1.0f + (r + r * r * p);
    int lower = (int)k / 2;
    int rest = (int)k - lower;
    return y * rk_float((uint)(lower + 127) << 23) * rk_float((uint)(rest + 127) << 23);
}

/// Natural logarithm; -infinity at 0, NaN below.
RK_FN float rk_log(float x) {
    if (!(x > 0.0f)) return x == 0.0f ? -RK_INFINITY : rk_float(0x7fc00000u);
    if (!rk_is_finite(x)) return x;
    float k = 0.0f;
    if (x < 1.17549435e-38f) {
        x = x * 8388608.0f;
        k = -23.0f;
    }
    uint bits = rk_bits(x);
    // The mantissa lies in [sqrt(1/2), sqrt(2)).
    uint shifted = bits + (0x3f800000u - 0x3f3504f3u);
    k = k + (float)((int)(shifted >> 23) - 127);
    float f = rk_float((shifted & 0x007fffffu) + 0x3f3504f3u) - 1.0f;
    float s = f / (2.0f + f);
    float z = s * s;
    float tail = z * (6.666666269e-01f + z * (4.000035524e-01f + z * (2.853589058e-01f + z * 2.361053526e-01f)));
    float square = 0.5f * f * f;
    // log(1 + f) = f - f²/2 + s·(f²/2 + tail)
    return k * 0.693115234375f + (f - (square - (s * (square + tail) + k * 3.194618329871446e-05f)));
}

/// x^y for x ≥ 0: exp(y·log x). 0^0 = 1.
RK_FN float rk_pow(float x, float y) {
    if (y == 0.0f) return 1.0f;
    if (x == 0.0f) return y > 0.0f ? 0.0f : RK_INFINITY;
    return rk_exp(y * rk_log(x));
}

/// Angle of (x, y) in (-π, π]; 0 for (0, 0).
RK_FN float rk_atan2(float y, float x) {
    float ax = rk_abs(x), ay = rk_abs(y);
    float big = rk_max(ax, ay), small = rk_min(ax, ay);
    if (!(big > 0.0f)) return 0.0f;
    float t = small / big;
    float base = 0.0f;
    if (t > 0.4142135679721832275390625f) {
        t = (small - big) / (small + big);
        base = 0.785398185253143310546875f;
    }
    float z = t * t;
    float a = base
        + (t + t * z * (-3.333294094e-01f + z * (1.997732818e-01f + z * (-1.387283653e-01f + z * 8.035998791e-02f))));
    if (ay > ax) a = 1.57079637050628662109375f - a;
    if (x < 0.0f) a = 3.1415927410125732421875f - a;
    return y < 0.0f ? -a : a;
}

/// Arc cosine of x clamped to [-1, 1].
RK_FN float rk_acos(float x) {
    float c = rk_clamp(x, -1.0f, 1.0f);
    return rk_atan2(rk_sqrt((1.0f - c) * (1.0f + c)), c);
}
