// Philox4x32-10. Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.

/// Names one sample of one pixel of one frame, and the key of the task.
typedef struct {
    uint pixel;
    uint sample;
    uint frame;
    uint keyLow;
    uint keyHigh;
} RkSampler;

RK_FN uint4 rk_philox(uint4 counter, uint key0, uint key1) {
    // Scalars: ten rounds through the lanes of a vector register take four times as long.
    uint c0 = counter.x, c1 = counter.y, c2 = counter.z, c3 = counter.w;
    for (int round = 0; round < 10; round++) {
        uint high0, low0, high1, low1;
        RK_MUL_WIDE(0xD2511F53u, c0, high0, low0);
        RK_MUL_WIDE(0xCD9E8D57u, c2, high1, low1);
        c0 = high1 ^ c1 ^ key0;
        c1 = low1;
        c2 = high0 ^ c3 ^ key1;
        c3 = low0;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    return U4(c0, c1, c2, c3);
}

/// Uniform in [0, 1): the upper 24 bits.
RK_FN float rk_unit(uint bits) { return (float)(bits >> 8) * 5.9604644775390625e-8f; }

/// Dimensions 4·block … 4·block + 3 of a sample.
RK_FN float4 rk_draw(const RkSampler *s, uint block) {
    uint4 r = rk_philox(U4(s->pixel, s->sample, s->frame, block), s->keyLow, s->keyHigh);
    return F4(rk_unit(r.x), rk_unit(r.y), rk_unit(r.z), rk_unit(r.w));
}

/// The coin of an alpha-blended hit: a function of pixel, sample, frame, query, draw and primitive alone, so that no result
/// depends on the order in which a ray meets its layers. `query` is 2·bounce for closest hits, 2·bounce + 1 for shadow rays:
/// a path and the shadow ray that leaves its end must not share their coins.
RK_FN float rk_coin(const RkSampler *s, uint query, uint draw, uint primitive) {
    uint4 r = rk_philox(
        U4(s->pixel, s->sample, draw, primitive), s->keyLow ^ (0x416C7068u + query), s->keyHigh ^ (0x61436F69u + s->frame));
    return rk_unit(r.x);
}
