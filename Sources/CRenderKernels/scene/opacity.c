// Opacity maps: what alpha testing would find, told beforehand wherever the texels leave no doubt.
//
// A triangle is cut into 4^level cells by its barycentric coordinates. A cell is opaque or clear only if every texel that a lookup in
// it can read is so, with room for the rounding of the lookup; elsewhere the lookup decides. So maps change speed, never a hit.
#include "opacity.h"

#include <string.h>

/// Cells along an edge of a triangle: 2^7 at most, and 2^3 once the maps hold so many words.
#define RK_LEVEL_MAX 7u
#define RK_LEVEL_SMALL 3u
#define RK_OPACITY_WORDS 262144u
/// Texels along an edge of a cell: an edge of fewer would seldom lie clear of what changes.
#define RK_CELL_TEXELS 2.0
/// Blocks along an edge of a summary.
#define RK_SUMMARY_MAX 1024u
/// Beyond, texture coordinates have few digits left within a texel.
#define RK_COORDINATE_MAX 4096.0

/// For each corner of the grid of blocks how many blocks before it are wholly opaque, and how many wholly clear.
typedef struct {
    uint32_t *opaque, *clear;
    uint32_t columns, rows, shift;
    bool made;
} RkOpacitySummary;

typedef struct {
    uint32_t material;
    float corners[6];
    uint32_t word;
} RkOpacityEntry;

/// Direct-mapped: cards of leaves share their coordinates, and so their maps.
#define RK_KNOWN_MAPS 4096u

struct RkOpacityBuilder {
    RkScene *scene;
    RkOpacitySummary *summaries;
    size_t summaryCount;
    uint64_t summaryBytes;
    RkOpacityEntry *known;
};

/// State of one texel under a material; RK_OPACITY_MIXED where rounding might decide.
static uint32_t rk_texel_state(const RkMaterial *m, float alpha) {
    if (!(alpha >= 0.0f && alpha <= 1.0f)) return RK_OPACITY_MIXED;
    if (m->alphaMode == RK_ALPHA_BLEND) {
        // Interpolating ones gives one, and zeros zero, without rounding.
        if (alpha == 0.0f) return RK_OPACITY_CLEAR;
        return alpha == 1.0f && m->baseAlpha == 1.0f ? RK_OPACITY_OPAQUE : RK_OPACITY_MIXED;
    }
    float value = alpha * m->baseAlpha;
    if (value - 1.0e-5f >= m->alphaCutoff) return RK_OPACITY_OPAQUE;
    return value + 1.0e-5f < m->alphaCutoff ? RK_OPACITY_CLEAR : RK_OPACITY_MIXED;
}

/// Gives the summary of a material's base colour texture; NULL where it is too large.
static const RkOpacitySummary *rk_summary(RkOpacityBuilder *b, uint32_t index, const RkMaterial *m, const RkImage *image) {
    RkOpacitySummary *s = b->summaries + index;
    if (s->made) return s->opaque != NULL ? s : NULL;
    s->made = true;
    while ((image->width - 1) >> s->shift >= RK_SUMMARY_MAX || (image->height - 1) >> s->shift >= RK_SUMMARY_MAX) s->shift++;
    s->columns = ((image->width - 1) >> s->shift) + 1;
    s->rows = ((image->height - 1) >> s->shift) + 1;
    RkBudget *budget = rk_budget(b->scene);
    size_t stride = s->columns + 1, count = 2 * stride * (s->rows + 1);
    // A small part of what is free: summaries must not take the place of the scene.
    if (count * sizeof(uint32_t) > (budget->max - budget->used) / 16) return NULL;
    s->opaque = rk_allocate(budget, count, sizeof(uint32_t));
    if (s->opaque == NULL) return NULL;
    s->clear = s->opaque + count / 2;
    memset(s->opaque, 0, count * sizeof(uint32_t));
    const uint32_t *texels = (const uint32_t *)b->scene->model->texels.data + image->offset;
    for (uint32_t row = 0; row < s->rows; row++) {
        uint32_t opaque = 0, clear = 0;
        for (uint32_t column = 0; column < s->columns; column++) {
            uint32_t states = 0;
            uint32_t y1 = (row + 1) << s->shift, x1 = (column + 1) << s->shift;
            for (uint32_t y = row << s->shift; y < y1 && y < image->height; y++) {
                for (uint32_t x = column << s->shift; x < x1 && x < image->width; x++)
                    states |= 1u << rk_texel_state(m, rk_texel_alpha(texels, image->format, y * image->width + x));
            }
            if (states == 1u << RK_OPACITY_OPAQUE) opaque++;
            if (states == 1u << RK_OPACITY_CLEAR) clear++;
            size_t at = (row + 1) * stride + column + 1;
            s->opaque[at] = s->opaque[at - stride] + opaque;
            s->clear[at] = s->clear[at - stride] + clear;
        }
    }
    return s;
}

/// The largest integer not above x, for |x| < 2^62.
static double rk_whole(double x) {
    double whole = (double)(int64_t)x;
    return whole > x ? whole - 1.0 : whole;
}

static double rk_size(double x) { return x < 0.0 ? -x : x; }

typedef struct {
    uint32_t first[2], last[2];
    int count;
} RkTexelRange;

/// Where the texels [first, last] of an unbounded row lie in an image of `size`.
static RkTexelRange rk_wrapped_range(double first, double last, uint32_t size, uint32_t mode) {
    RkTexelRange whole = {{0, 0}, {size - 1, 0}, 1}, out = {{0, 0}, {0, 0}, 1};
    double limit = (double)size;
    if (mode == RK_WRAP_CLAMP) {
        out.first[0] = (uint32_t)(first < 0 ? 0 : first >= limit ? limit - 1 : first);
        out.last[0] = (uint32_t)(last < 0 ? 0 : last >= limit ? limit - 1 : last);
        return out;
    }
    double period = rk_whole(first / limit);
    first -= period * limit;
    last -= period * limit;
    if (last - first + 1 >= limit) return whole;
    if (mode == RK_WRAP_MIRROR) {
        // One more on each side: a reflected lookup reads the mirror image of its texels or the next ones.
        if (last >= limit) return whole;
        bool turned = ((int64_t)period & 1) != 0;
        double low = (turned ? limit - 1 - last : first) - 1, high = (turned ? limit - 1 - first : last) + 1;
        out.first[0] = (uint32_t)(low < 0 ? 0 : low);
        out.last[0] = (uint32_t)(high >= limit ? limit - 1 : high);
        return out;
    }
    out.first[0] = (uint32_t)first;
    out.last[0] = (uint32_t)(last >= limit ? limit - 1 : last);
    if (last >= limit) {
        out.count = 2;
        out.last[1] = (uint32_t)(last - limit);
    }
    return out;
}

static uint32_t rk_sum(const uint32_t *table, uint32_t stride, uint32_t x0, uint32_t y0, uint32_t x1, uint32_t y1) {
    return table[y1 * stride + x1] - table[y0 * stride + x1] - table[y1 * stride + x0] + table[y0 * stride + x0];
}

/// State of all texels of a rectangle together.
static uint32_t rk_region_state(const RkOpacitySummary *s, const RkTexelRange *x, const RkTexelRange *y) {
    uint32_t blocks = 0, opaque = 0, clear = 0, stride = s->columns + 1;
    for (int j = 0; j < y->count; j++) {
        for (int i = 0; i < x->count; i++) {
            uint32_t x0 = x->first[i] >> s->shift, x1 = (x->last[i] >> s->shift) + 1;
            uint32_t y0 = y->first[j] >> s->shift, y1 = (y->last[j] >> s->shift) + 1;
            blocks += (x1 - x0) * (y1 - y0);
            opaque += rk_sum(s->opaque, stride, x0, y0, x1, y1);
            clear += rk_sum(s->clear, stride, x0, y0, x1, y1);
        }
    }
    return opaque == blocks ? RK_OPACITY_OPAQUE : clear == blocks ? RK_OPACITY_CLEAR : RK_OPACITY_MIXED;
}

/// A triangle in texels, and by how much a coordinate of a lookup can be off.
typedef struct {
    double x[3], y[3], marginX, marginY;
} RkTexelTriangle;

typedef struct {
    const RkOpacitySummary *summary;
    const RkImage *image;
    const RkTexture *texture;
    RkTexelTriangle triangle;
} RkMapping;

static double rk_larger(double a, double b) { return a > b ? a : b; }
static double rk_largest3(const double v[3]) { return rk_larger(v[0], rk_larger(v[1], v[2])); }
static double rk_smallest3(const double v[3]) { return -rk_larger(-v[0], rk_larger(-v[1], -v[2])); }

/// State of the cell whose corners have these barycentric coordinates.
static uint32_t rk_cell_state(const RkMapping *m, const double u[3], const double v[3]) {
    const RkTexelTriangle *t = &m->triangle;
    double x[3], y[3];
    for (int k = 0; k < 3; k++) {
        x[k] = t->x[0] + u[k] * (t->x[1] - t->x[0]) + v[k] * (t->x[2] - t->x[0]);
        y[k] = t->y[0] + u[k] * (t->y[1] - t->y[0]) + v[k] * (t->y[2] - t->y[0]);
    }
    // A lookup at x reads the texels ⌊x - ½⌋ and the next; the nearest one, ⌊x⌋, is one of the two.
    RkTexelRange columns = rk_wrapped_range(rk_whole(rk_smallest3(x) - t->marginX - 0.5), rk_whole(rk_largest3(x) + t->marginX - 0.5) + 1,
        m->image->width, m->texture->wrapS);
    RkTexelRange rows = rk_wrapped_range(rk_whole(rk_smallest3(y) - t->marginY - 0.5), rk_whole(rk_largest3(y) + t->marginY - 0.5) + 1,
        m->image->height, m->texture->wrapT);
    return rk_region_state(m->summary, &columns, &rows);
}

/// Fills the cells of a map; gives the state that they all have, or RK_OPACITY_MIXED.
static uint32_t rk_fill_map(const RkMapping *m, uint32_t level, uint32_t *words) {
    uint32_t n = 1u << level, cell = 0, seen = 0;
    double side = 1.0 / (double)n;
    for (uint32_t j = 0; j < n; j++) {
        for (uint32_t k = 0; k < 2 * (n - j) - 1; k++, cell++) {
            double u = (double)(k / 2) * side, v = (double)j * side;
            double us[3] = {u + side, u, (k & 1) ? u + side : u}, vs[3] = {v, v + side, (k & 1) ? v + side : v};
            uint32_t state = rk_cell_state(m, us, vs);
            seen |= 1u << state;
            words[cell >> 4] |= state << (2 * (cell & 15));
        }
    }
    return seen == 1u << RK_OPACITY_OPAQUE ? RK_OPACITY_OPAQUE : seen == 1u << RK_OPACITY_CLEAR ? RK_OPACITY_CLEAR : RK_OPACITY_MIXED;
}

/// Corners of a triangle in texels; false where floats are too coarse there.
static bool rk_texel_triangle(const RkTextureSlot *slot, const RkImage *image, const float corners[6], RkTexelTriangle *t) {
    const float *factors = &slot->m0;
    double m[6], reachX = 0.0, reachY = 0.0, sum = 0.0;
    for (int k = 0; k < 6; k++) m[k] = (double)factors[k];
    for (int k = 0; k < 3; k++) {
        double u = (double)corners[2 * k], v = (double)corners[2 * k + 1];
        t->x[k] = (m[0] * u + m[1] * v + m[2]) * image->width;
        t->y[k] = (m[3] * u + m[4] * v + m[5]) * image->height;
        double x = rk_size(m[0] * u) + rk_size(m[1] * v) + rk_size(m[2]), y = rk_size(m[3] * u) + rk_size(m[4] * v) + rk_size(m[5]);
        reachX = rk_larger(reachX, x);
        reachY = rk_larger(reachY, y);
        sum += x + y;
    }
    // Twelve roundings of at most 2⁻²⁴ of these sums lie between the corners and a texel's number.
    t->marginX = reachX * image->width * 1.9073486328125e-6 + 0.01;
    t->marginY = reachY * image->height * 1.9073486328125e-6 + 0.01;
    // What is not a number fails too.
    return sum <= RK_COORDINATE_MAX;
}

/// Level and place of a triangle's map, as the kernels read it; RK_NONE where memory is used up.
static uint32_t rk_map_triangle(RkOpacityBuilder *b, RkMapping *m) {
    const RkTexelTriangle *t = &m->triangle;
    RkArray *table = &b->scene->opacity;
    double extent = rk_larger(rk_largest3(t->x) - rk_smallest3(t->x), rk_largest3(t->y) - rk_smallest3(t->y));
    uint32_t level = 0, most = table->count < RK_OPACITY_WORDS ? RK_LEVEL_MAX : RK_LEVEL_SMALL;
    while (level < most && extent / (double)(2u << level) >= RK_CELL_TEXELS) level++;
    uint32_t words[(1u << 2 * RK_LEVEL_MAX) / 16] = {0};
    uint32_t state = rk_fill_map(m, level, words);
    // The table begins with a word for each state, for triangles that need no more.
    if (state != RK_OPACITY_MIXED || level == 0) return state << RK_OPACITY_SHIFT;
    uint32_t place = (uint32_t)table->count, count = ((1u << 2 * level) + 15) / 16;
    if (table->count > (RK_NONE >> RK_OPACITY_SHIFT) - count) return RK_OPACITY_MIXED << RK_OPACITY_SHIFT;
    if (!rk_append_copy(rk_budget(b->scene), table, words, count, sizeof(uint32_t))) return RK_NONE;
    return (place << RK_OPACITY_SHIFT) | level;
}

static uint32_t rk_known_map(RkOpacityBuilder *b, uint32_t material, RkMapping *m, const RkTextureSlot *slot, const float corners[6]) {
    uint32_t hash = material * 2654435761u;
    for (int k = 0; k < 6; k++) hash = (hash ^ rk_bits(corners[k])) * 2654435761u ^ hash >> 15;
    RkOpacityEntry *entry = b->known + (hash >> 7) % RK_KNOWN_MAPS;
    if (entry->word != RK_NONE && entry->material == material && memcmp(entry->corners, corners, sizeof entry->corners) == 0) return entry->word;
    uint32_t word = RK_OPACITY_MIXED << RK_OPACITY_SHIFT;
    if (rk_texel_triangle(slot, m->image, corners, &m->triangle)) word = rk_map_triangle(b, m);
    entry->material = material;
    memcpy(entry->corners, corners, sizeof entry->corners);
    entry->word = word;
    return word;
}

RkOpacityBuilder *rk_opacity_begin(RkScene *scene) {
    RkBudget *budget = rk_budget(scene);
    RkOpacityBuilder *b = rk_allocate(budget, 1, sizeof(RkOpacityBuilder));
    if (b == NULL) return NULL;
    *b = (RkOpacityBuilder){.scene = scene, .summaryCount = scene->materials.count};
    b->summaries = rk_allocate(budget, b->summaryCount + 1, sizeof(RkOpacitySummary));
    b->known = rk_allocate(budget, RK_KNOWN_MAPS, sizeof(RkOpacityEntry));
    if (b->summaries == NULL || b->known == NULL) {
        rk_opacity_end(b);
        return NULL;
    }
    memset(b->summaries, 0, (b->summaryCount + 1) * sizeof(RkOpacitySummary));
    for (uint32_t k = 0; k < RK_KNOWN_MAPS; k++) b->known[k].word = RK_NONE;
    return b;
}

void rk_opacity_end(RkOpacityBuilder *b) {
    if (b == NULL) return;
    RkBudget *budget = rk_budget(b->scene);
    for (size_t k = 0; b->summaries != NULL && k < b->summaryCount; k++) {
        RkOpacitySummary *s = b->summaries + k;
        rk_release(budget, s->opaque, 2 * (size_t)(s->columns + 1) * (s->rows + 1), sizeof(uint32_t));
    }
    rk_release(budget, b->summaries, b->summaryCount + 1, sizeof(RkOpacitySummary));
    rk_release(budget, b->known, RK_KNOWN_MAPS, sizeof(RkOpacityEntry));
    rk_release(budget, b, 1, sizeof(RkOpacityBuilder));
}

RkStatus rk_opacity_maps(RkOpacityBuilder *b, uint32_t materialIndex, const RkTriangleRun *run, uint32_t *offset) {
    RkScene *scene = b->scene;
    const RkModel *model = scene->model;
    const RkMaterial *material = (const RkMaterial *)scene->materials.data + materialIndex;
    const RkTextureSlot *slot = &material->baseColorTexture;
    *offset = RK_NONE;
    bool known = material->baseAlpha >= 0.0f && material->baseAlpha <= 1.0f && slot->texture != RK_NONE;
    uint32_t uv = slot->uvSet == 0 ? run->uv0 : run->uv1;
    // Colours of vertices scale alpha too: left to the lookup, as are textures without coordinates.
    if (material->alphaMode == RK_ALPHA_OPAQUE || !known || run->colored || uv == RK_NONE || run->triangles == 0) return RK_OK;
    RkMapping m = {.texture = (const RkTexture *)model->textures.data + slot->texture};
    m.image = (const RkImage *)model->images.data + m.texture->image;
    m.summary = rk_summary(b, materialIndex, material, m.image);
    if (m.summary == NULL || scene->opacity.count + (uint64_t)run->triangles > RK_NONE >> RK_OPACITY_SHIFT) return RK_OK;
    static const uint32_t states[3] = {RK_OPACITY_CLEAR, RK_OPACITY_OPAQUE, RK_OPACITY_MIXED};
    RkBudget *budget = rk_budget(scene);
    if (scene->opacity.count == 0 && !rk_append_copy(budget, &scene->opacity, states, 3, sizeof(uint32_t))) return RK_OUT_OF_MEMORY;
    *offset = (uint32_t)scene->opacity.count;
    if (rk_append(budget, &scene->opacity, run->triangles, sizeof(uint32_t)) == NULL) return RK_OUT_OF_MEMORY;
    for (uint32_t k = 0; k < run->triangles; k++) {
        const uint32_t *index = (const uint32_t *)scene->indices.data + run->indices + (size_t)3 * k;
        const float *attributes = (const float *)scene->attributes.data + uv;
        float corners[6];
        for (int c = 0; c < 3; c++) memcpy(corners + 2 * c, attributes + (size_t)2 * index[c], 2 * sizeof(float));
        uint32_t word = rk_known_map(b, materialIndex, &m, slot, corners);
        if (word == RK_NONE) return RK_OUT_OF_MEMORY;
        ((uint32_t *)scene->opacity.data)[*offset + k] = word;
    }
    return RK_OK;
}
