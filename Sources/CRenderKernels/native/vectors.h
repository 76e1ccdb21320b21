// The short vectors of the kernels for C++: plain numbers side by side. A loop over paths then holds nothing but numbers, which is
// what a compiler can turn into wide vectors.
#pragma once

#include <stdint.h>

#define RK_INLINE inline __attribute__((always_inline))

// The copies are spelled out so that no calling convention packs numbers into a vector on their way into a function.
struct float2 {
    float x, y;
    RK_INLINE float2() {}
    RK_INLINE float2(float x, float y) : x(x), y(y) {}
    RK_INLINE float2(const float2 &o) : x(o.x), y(o.y) {}
    RK_INLINE float2 &operator=(const float2 &o) {
        x = o.x;
        y = o.y;
        return *this;
    }
};

struct float3 {
    float x, y, z;
    RK_INLINE float3() {}
    RK_INLINE float3(float x, float y, float z) : x(x), y(y), z(z) {}
    RK_INLINE float3(const float3 &o) : x(o.x), y(o.y), z(o.z) {}
    RK_INLINE float3 &operator=(const float3 &o) {
        x = o.x;
        y = o.y;
        z = o.z;
        return *this;
    }
};

struct float4 {
    float x, y, z, w;
    RK_INLINE float4() {}
    RK_INLINE float4(float x, float y, float z, float w) : x(x), y(y), z(z), w(w) {}
    RK_INLINE float4(const float4 &o) : x(o.x), y(o.y), z(o.z), w(o.w) {}
    RK_INLINE float4 &operator=(const float4 &o) {
        x = o.x;
        y = o.y;
        z = o.z;
        w = o.w;
        return *this;
    }
};

struct uint4 {
    uint32_t x, y, z, w;
};

static RK_INLINE float3 operator+(const float3 &a, const float3 &b) { return float3(a.x + b.x, a.y + b.y, a.z + b.z); }
static RK_INLINE float3 operator-(const float3 &a, const float3 &b) { return float3(a.x - b.x, a.y - b.y, a.z - b.z); }
static RK_INLINE float3 operator*(const float3 &a, const float3 &b) { return float3(a.x * b.x, a.y * b.y, a.z * b.z); }
static RK_INLINE float3 operator/(const float3 &a, const float3 &b) { return float3(a.x / b.x, a.y / b.y, a.z / b.z); }
static RK_INLINE float3 operator*(const float3 &a, float b) { return float3(a.x * b, a.y * b, a.z * b); }
static RK_INLINE float3 operator-(const float3 &a) { return float3(-a.x, -a.y, -a.z); }
static RK_INLINE float4 operator+(const float4 &a, const float4 &b) { return float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w); }
static RK_INLINE float4 operator-(const float4 &a, const float4 &b) { return float4(a.x - b.x, a.y - b.y, a.z - b.z, a.w - b.w); }
static RK_INLINE float4 operator*(const float4 &a, const float4 &b) { return float4(a.x * b.x, a.y * b.y, a.z * b.z, a.w * b.w); }
static RK_INLINE float4 operator/(const float4 &a, const float4 &b) { return float4(a.x / b.x, a.y / b.y, a.z / b.z, a.w / b.w); }
static RK_INLINE float4 operator*(const float4 &a, float b) { return float4(a.x * b, a.y * b, a.z * b, a.w * b); }
