// The sheen lobe of KHR_materials_sheen: the "Charlie" distribution with its own visibility.
// Source: Conty Estevez and Kulla, "Production friendly microfacet sheen BRDF", SIGGRAPH 2017 course.

/// Least roughness: below it the lobe is a seam at the horizon that no table resolves.
#define RK_SHEEN_ROUGHNESS_MIN 0.07f
#define RK_SHEEN_ROWS 16
#define RK_SHEEN_COLUMNS 32

/// Directional albedo of the lobe at colour 1: rows by roughness 0.07 + 0.93·(row/15)^1.5, columns by cosine (column/31)².
/// By quadrature in double precision; a test repeats it.
RK_CONSTANT static const float rk_sheen_table[RK_SHEEN_ROWS * RK_SHEEN_COLUMNS] = {
    2.7704f, 2.9216f, 2.8453f, 2.5365f, 2.1495f, 1.7544f, 1.3858f, 1.0603f, 0.78486f, 0.56056f, 0.38484f, 0.25276f, 0.15789f,
    0.093172f, 0.051517f, 0.026438f, 0.012453f, 0.0053128f, 0.002021f, 0.00067257f, 0.00019136f, 4.5241e-05f, 8.5737e-06f,
    1.2441e-06f, 1.2997e-07f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f,
    2.2697f, 2.4116f, 2.3874f, 2.1755f, 1.8938f, 1.5959f, 1.309f, 1.0466f, 0.81566f, 0.6187f, 0.45573f, 0.32498f, 0.22352f,
    0.14761f, 0.093105f, 0.055743f, 0.031447f, 0.016572f, 0.0080743f, 0.0035921f, 0.0014372f, 0.00050747f, 0.00015442f,
    3.9299e-05f, 8.0294e-06f, 1.2442e-06f, 1.3466e-07f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f,
    1.7196f, 1.8433f, 1.8605f, 1.7396f, 1.5623f, 1.3659f, 1.169f, 0.98184f, 0.80972f, 0.65548f, 0.52031f, 0.40434f, 0.30701f,
    0.22718f, 0.16336f, 0.11375f, 0.076391f, 0.049235f, 0.030279f, 0.017646f, 0.0096624f, 0.004919f, 0.0022973f, 0.00096843f,
    0.0003602f, 0.00011443f, 2.9636e-05f, 5.8219e-06f, 7.6811e-07f, 0.0f, 0.0f, 0.0f,
    1.3285f, 1.4338f, 1.4697f, 1.4021f, 1.2899f, 1.1598f, 1.025f, 0.89278f, 0.76732f, 0.65088f, 0.54469f, 0.44935f, 0.36502f,
    0.29156f, 0.2286f, 0.17558f, 0.13178f, 0.096382f, 0.068459f, 0.047032f, 0.031098f, 0.019668f, 0.011807f, 0.0066696f,
    0.0035f, 0.0016739f, 0.00070984f, 0.00025593f, 7.3099e-05f, 1.4414e-05f, 1.38e-06f, 0.0f,
    1.0696f, 1.1601f, 1.2033f, 1.1652f, 1.0911f, 1.0011f, 0.90533f, 0.80924f, 0.71596f, 0.6273f, 0.54429f, 0.4675f, 0.39725f,
    0.33365f, 0.27668f, 0.22625f, 0.18215f, 0.14411f, 0.11181f, 0.084849f, 0.062782f, 0.045119f, 0.03134f, 0.020947f, 0.01337f,
    0.008051f, 0.0044953f, 0.002267f, 0.00098841f, 0.0003425f, 7.6373e-05f, 3.1107e-06f,
    0.90097f, 0.98036f, 1.0264f, 1.0052f, 0.95374f, 0.8882f, 0.81674f, 0.74378f, 0.6718f, 0.60226f, 0.53598f, 0.47346f,
    0.41497f, 0.36067f, 0.31062f, 0.26485f, 0.22332f, 0.18599f, 0.15277f, 0.12353f, 0.098123f, 0.076365f, 0.058038f, 0.042984f,
    0.030883f, 0.021346f, 0.014029f, 0.0086151f, 0.0048028f, 0.0023022f, 0.00083184f, 0.00012134f,
    0.79352f, 0.86465f, 0.9123f, 0.90134f, 0.86374f, 0.81339f, 0.75728f, 0.69917f, 0.64116f, 0.58447f, 0.52978f, 0.47752f,
    0.42789f, 0.38104f, 0.33702f, 0.29587f, 0.25762f, 0.22226f, 0.18979f, 0.16019f, 0.13343f, 0.10948f, 0.088272f, 0.069895f,
    0.054206f, 0.040924f, 0.029828f, 0.020731f, 0.01347f, 0.0078906f, 0.0038352f, 0.0011373f,
    0.72944f, 0.79405f, 0.8433f, 0.83901f, 0.8102f, 0.76947f, 0.72313f, 0.67455f, 0.62563f, 0.57744f, 0.53058f, 0.4854f,
    0.44208f, 0.40071f, 0.36135f, 0.32401f, 0.2887f, 0.25544f, 0.22422f, 0.19507f, 0.168f, 0.14301f, 0.12012f, 0.099582f,
    0.081361f, 0.065211f, 0.050954f, 0.038468f, 0.027668f, 0.018499f, 0.010919f, 0.0048876f,
    0.69822f, 0.75687f, 0.8082f, 0.80858f, 0.78547f, 0.75083f, 0.71063f, 0.66807f, 0.62492f, 0.58219f, 0.54043f, 0.49994f,
    0.46087f, 0.42329f, 0.38722f, 0.35266f, 0.31961f, 0.28805f, 0.25799f, 0.22945f, 0.20242f, 0.17694f, 0.15304f, 0.13109f,
    0.11114f, 0.092914f, 0.076233f, 0.060976f, 0.047073f, 0.034497f, 0.023249f, 0.013346f,
    0.69371f, 0.74569f, 0.79969f, 0.80352f, 0.78408f, 0.75316f, 0.71663f, 0.67764f, 0.63793f, 0.59847f, 0.5598f, 0.52218f,
    0.48575f, 0.45055f, 0.41658f, 0.38382f, 0.35225f, 0.32183f, 0.29256f, 0.26443f, 0.23745f, 0.21163f, 0.18701f, 0.16406f,
    0.14286f, 0.12312f, 0.10464f, 0.087245f, 0.070861f, 0.055442f, 0.040985f, 0.027505f,
    0.71208f, 0.75526f, 0.81235f, 0.81878f, 0.80156f, 0.77265f, 0.738f, 0.70081f, 0.66282f, 0.62502f, 0.58792f, 0.55178f,
    0.51673f, 0.48278f, 0.44992f, 0.4181f, 0.38728f, 0.35742f, 0.32849f, 0.30046f, 0.27334f, 0.24713f, 0.22185f, 0.19806f,
    0.17589f, 0.155f, 0.13515f, 0.11615f, 0.097892f, 0.080301f, 0.063357f, 0.047063f,
    0.74988f, 0.78077f, 0.84104f, 0.84933f, 0.83321f, 0.80501f, 0.7709f, 0.73418f, 0.69665f, 0.6593f, 0.62266f, 0.58697f,
    0.55234f, 0.51877f, 0.48623f, 0.45467f, 0.42401f, 0.3942f, 0.3652f, 0.33696f, 0.30949f, 0.28277f, 0.25682f, 0.23227f,
    0.20927f, 0.18745f, 0.16655f, 0.14636f, 0.12673f, 0.10759f, 0.088904f, 0.070668f,
    0.80169f, 0.81616f, 0.87921f, 0.88862f, 0.8727f, 0.84428f, 0.80979f, 0.77265f, 0.73472f, 0.69703f, 0.66009f, 0.62417f,
    0.58934f, 0.55559f, 0.52287f, 0.49112f, 0.46023f, 0.43015f, 0.40082f, 0.37219f, 0.34424f, 0.31696f, 0.29038f, 0.26515f,
    0.24146f, 0.21892f, 0.19724f, 0.17621f, 0.15566f, 0.13551f, 0.11574f, 0.096349f,
    0.85704f, 0.85223f, 0.91714f, 0.92699f, 0.91073f, 0.88163f, 0.84635f, 0.80843f, 0.76979f, 0.73148f, 0.69402f, 0.65764f,
    0.62242f, 0.58834f, 0.55532f, 0.52327f, 0.49211f, 0.46174f, 0.4321f, 0.40314f, 0.37482f, 0.34714f, 0.32011f, 0.29444f,
    0.27032f, 0.24735f, 0.22523f, 0.20373f, 0.1827f, 0.16206f, 0.14177f, 0.1219f,
    0.89728f, 0.87514f, 0.94059f, 0.95048f, 0.93392f, 0.90441f, 0.86873f, 0.83048f, 0.79159f, 0.75311f, 0.71557f, 0.67918f,
    0.644f, 0.61001f, 0.5771f, 0.54519f, 0.51417f, 0.48394f, 0.45443f, 0.42558f, 0.39736f, 0.36975f, 0.34276f, 0.31714f,
    0.29307f, 0.27016f, 0.2481f, 0.22665f, 0.20568f, 0.18509f, 0.16487f, 0.14509f,
    0.89567f, 0.86655f, 0.93102f, 0.94102f, 0.92507f, 0.89644f, 0.8618f, 0.82468f, 0.78699f, 0.74975f, 0.71345f, 0.67832f,
    0.64439f, 0.61164f, 0.57996f, 0.54925f, 0.5194f, 0.49032f, 0.46192f, 0.43414f, 0.40694f, 0.3803f, 0.35424f, 0.3295f,
    0.3063f, 0.28423f, 0.26299f, 0.24235f, 0.22215f, 0.2023f, 0.18281f, 0.16376f};

/// Row of the table, as a float.
RK_FN float rk_sheen_row(float roughness) {
    float share = (rk_clamp(roughness, RK_SHEEN_ROUGHNESS_MIN, 1.0f) - RK_SHEEN_ROUGHNESS_MIN) / (1.0f - RK_SHEEN_ROUGHNESS_MIN);
    return rk_pow(share, 0.666666687f) * (float)(RK_SHEEN_ROWS - 1);
}

/// Directional albedo at a row from `rk_sheen_row`.
RK_FN float rk_sheen_albedo(float row, float cosine) {
    float x = rk_sqrt(rk_clamp(cosine, 0.0f, 1.0f)) * (float)(RK_SHEEN_COLUMNS - 1);
    int i = (int)x, j = (int)row;
    i = i < RK_SHEEN_COLUMNS - 2 ? i : RK_SHEEN_COLUMNS - 2;
    j = j < RK_SHEEN_ROWS - 2 ? j : RK_SHEEN_ROWS - 2;
    float fx = x - (float)i, fy = row - (float)j;
    int k = j * RK_SHEEN_COLUMNS + i;
    float above = rk_sheen_table[k] + (rk_sheen_table[k + 1] - rk_sheen_table[k]) * fx;
    int l = k + RK_SHEEN_COLUMNS;
    float below = rk_sheen_table[l] + (rk_sheen_table[l + 1] - rk_sheen_table[l]) * fx;
    return above + (below - above) * fy;
}

RK_FN float rk_sheen_fit(float x, float t) {
    float a = 21.5473f + (25.3245f - 21.5473f) * t;
    float b = 3.82987f + (3.32435f - 3.82987f) * t;
    float c = 0.19823f + (0.16801f - 0.19823f) * t;
    float d = -1.97760f + (-1.27393f + 1.97760f) * t;
    float e = -4.32054f + (-4.85967f + 4.32054f) * t;
    return (a / (1.0f + b * rk_pow(x, c)) + d * x) + e;
}

RK_FN float rk_sheen_lambda(float cosine, float alpha) {
    float t = (1.0f - alpha) * (1.0f - alpha);
    if (cosine < 0.5f) return rk_exp(rk_sheen_fit(cosine, t));
    return rk_exp(2.0f * rk_sheen_fit(0.5f, t) - rk_sheen_fit(rk_max(1.0f - cosine, 0.0f), t));
}

/// Distribution × visibility × cosine of `wi` at colour 1, for directions above the surface. `h` is the half vector.
RK_FN float rk_sheen_evaluate(float alpha, float3 wo, float3 wi, float3 h) {
    float inverse = 1.0f / alpha;
    float distribution = (2.0f + inverse) * rk_pow(h.x * h.x + h.y * h.y, 0.5f * inverse) * (0.5f * RK_INVERSE_PI);
    float shadowing = (1.0f + rk_sheen_lambda(wo.z, alpha)) + rk_sheen_lambda(wi.z, alpha);
    return distribution / (shadowing * 4.0f * wo.z);
}
