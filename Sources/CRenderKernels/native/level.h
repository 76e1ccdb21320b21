// One build of the kernels for one instruction set. The including file defines RK_LEVEL_NAME(name) and, around this header,
// the target attribute. All kernel functions are inlined here, so every level has its own copy and the same arithmetic.

static void RK_LEVEL_NAME(render)(const RkTables *tables, const RkView *view, const RkTileShape *tile, uint32_t x0, uint32_t y0,
    uint32_t x1, uint32_t y1, uint32_t firstBucket, uint32_t lastBucket, const RkTileOutput *output, RkCounts *counts) {
    uint32_t bucketCount = (tile->lastSample - tile->firstSample + 15u) / 16u;
    uint32_t layerFloats = rk_layer_floats(view->layers);
    for (uint32_t y = y0; y < y1; y++) {
        for (uint32_t x = x0; x < x1; x++) {
            for (uint32_t bucket = firstBucket; bucket < lastBucket; bucket++) {
                uint32_t first = tile->firstSample + 16u * bucket;
                uint32_t last = first + 16u < tile->lastSample ? first + 16u : tile->lastSample;
                RkRecord record;
                rk_record(tables, view, tile->tileX + x, tile->tileY + y, first, last, &record);
                size_t index = ((size_t)y * tile->tileWidth + x) * bucketCount + bucket;
                output->sums[3 * index] = record.red;
                output->sums[3 * index + 1] = record.green;
                output->sums[3 * index + 2] = record.blue;
                output->rays[index] = (uint16_t)record.rays;
                for (uint32_t k = 0; k < layerFloats; k++) output->layers[layerFloats * index + k] = record.layers[k];
                counts->rays += record.rays;
                counts->nonFinite += record.nonFinite;
            }
        }
    }
}

static void RK_LEVEL_NAME(single)(
    const RkTables *tables, const RkView *view, uint32_t x, uint32_t y, uint32_t first, uint32_t last, RkRecord *out) {
    rk_record(tables, view, x, y, first, last, out);
}

static void RK_LEVEL_NAME(closest)(const RkTables *tables, const RkRay *ray, RkHit *hit) {
    RkSampler sampler = {0, 0, 0, 0, 0};
    rk_trace(tables, ray, 0u, 0u, &sampler, 0u, hit);
}

const RkNativeLevel RK_LEVEL_NAME(level) = {RK_LEVEL_NAME(render), RK_LEVEL_NAME(single), RK_LEVEL_NAME(closest)};
