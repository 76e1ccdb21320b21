// Entry points of the OpenCL program. Tables with no entries are passed as buffers of one unused word.

#define RK_TABLE_ARGUMENTS                                                                                                    \
    __global const RkHeader *header, __global const RkNode *nodes, __global const RkPack *packs,                            \
        __global const RkPlacement *placements, __global const RkDraw *draws, __global const uint *indices,                   \
        __global const float *attributes, __global const RkMaterial *materials, __global const RkTexture *textures,           \
        __global const RkImage *images, __global const uint *texels, __global const RkLight *lights,                          \
        __global const float *lightCumulative, __global const RkPunctual *punctuals, __global const float *skyCumulative,     \
        __global const uint *opacity, __global const RkView *view

#define RK_COLLECT_TABLES(tables)                                                                                             \
    RkTables tables;                                                                                                          \
    tables.header = header;                                                                                                   \
    tables.nodes = nodes;                                                                                                     \
    tables.packs = packs;                                                                                                     \
    tables.placements = placements;                                                                                           \
    tables.draws = draws;                                                                                                     \
    tables.indices = indices;                                                                                                 \
    tables.attributes = attributes;                                                                                           \
    tables.materials = materials;                                                                                             \
    tables.textures = textures;                                                                                               \
    tables.images = images;                                                                                                   \
    tables.texels = texels;                                                                                                   \
    tables.lights = lights;                                                                                                   \
    tables.lightCumulative = lightCumulative;                                                                                 \
    tables.punctuals = punctuals;                                                                                             \
    tables.skyCumulative = skyCumulative;                                                                                     \
    tables.opacity = opacity

/// Renders places: four words each (x, y, first sample, last sample). Three sums, the rays and the samples that were not finite
/// go to five words a place.
__kernel void rk_render_places(
    RK_TABLE_ARGUMENTS, __global const uint *places, uint placeCount, uint layerFloats, __global float *sums,
    __global uint *counts, __global float *layers) {
    uint index = (uint)get_global_id(0);
    if (index >= placeCount) return;
    RK_COLLECT_TABLES(tables);
    __global const uint *place = places + 4u * index;
    RkRecord record;
    rk_record(&tables, view, place[0], place[1], place[2], place[3], &record);
    sums[3u * index] = record.red;
    sums[3u * index + 1u] = record.green;
    sums[3u * index + 2u] = record.blue;
    counts[2u * index] = record.rays;
    counts[2u * index + 1u] = record.nonFinite;
    for (uint k = 0u; k < layerFloats; k++) layers[layerFloats * index + k] = record.layers[k];
}
