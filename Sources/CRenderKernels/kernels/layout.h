#ifndef RK_LAYOUT_H
#define RK_LAYOUT_H

// The tables a prepared scene consists of. Members are four bytes each, so that both dialects lay them out alike.

#define RK_NONE 0xffffffffu

/// Bit 31 of a packed primitive: its material lets rays through in places.
#define RK_PRIMITIVE_ALPHA 0x80000000u
/// Bit 30: only camera rays see it, and its coverage holds whatever the settings ignore.
#define RK_PRIMITIVE_CAMERA 0x40000000u
#define RK_PRIMITIVE_MASK 0x3fffffffu

/// Children of a node and triangles of a pack, 4 or 8 each. They change speed and layout, never a bit of a picture: tests build
/// the kernels with other widths and compare.
#ifndef RK_NODE_WIDTH
#define RK_NODE_WIDTH 8
#endif
#ifndef RK_PACK_WIDTH
#define RK_PACK_WIDTH 8
#endif

/// Child references: bit 31 marks a leaf, bits 28…30 hold its kind or size, the rest an index. Unused children are RK_NONE.
#define RK_CHILD_LEAF 0x80000000u
#define RK_CHILD_PACKS_SHIFT 28
#define RK_CHILD_INDEX 0x0fffffffu
/// A leaf of size 7 is a placement: one instance of a tree of its own. Sizes 1…6 count packs.
#define RK_CHILD_PLACEMENT 7u
#define RK_LEAF_PACKS_MAX 6u

/// Entries of the traversal stack; the builder refuses trees that need more.
#define RK_STACK_SIZE 256

/// A node's children: the one with the largest box, then the others from the smallest on, which a stack gives in falling order. Planes
/// lo x, lo y, lo z, hi x, hi y, hi z. An empty child has lo = +inf, hi = -inf.
typedef struct {
    float planes[6][RK_NODE_WIDTH];
    uint child[RK_NODE_WIDTH];
} RkNode;

/// Triangles as a corner and two edges. An unused lane has zero edges.
typedef struct {
    float v0[3][RK_PACK_WIDTH];
    float e1[3][RK_PACK_WIDTH];
    float e2[3][RK_PACK_WIDTH];
    uint primitive[RK_PACK_WIDTH];
    /// Index of the draw, relative to the placement's first.
    uint draw[RK_PACK_WIDTH];
} RkPack;

/// One use of a tree in object space.
typedef struct {
    float toObject[12];
    float bounds[6];
    /// Largest absolute coordinate of the tree in object space: scale of the padding of its boxes.
    float extent;
    uint root;
    uint firstDraw;
} RkPlacement;

/// What an opacity map says of a part of a triangle: rays pass, stop, or it takes a lookup. A triangle's word holds the level of its map
/// (2^level cells along an edge) and from bit 4 on where its cells begin, two bits each.
#define RK_OPACITY_CLEAR 0u
#define RK_OPACITY_OPAQUE 1u
#define RK_OPACITY_MIXED 2u
#define RK_OPACITY_LEVEL 15u
#define RK_OPACITY_SHIFT 4

#define RK_DRAW_MIRRORED 1u
#define RK_DRAW_PLACED 2u

/// A primitive with a material at one place. Attribute offsets count floats; RK_NONE where the source has none.
typedef struct {
    uint indices, positions, normals, tangents, uv0, uv1, colors;
    uint material;
    uint triangles;
    /// Light of the first triangle, or RK_NONE.
    uint firstLight;
    /// Where the words of its triangles' opacity maps begin, or RK_NONE.
    uint opacity;
    uint flags;
    /// Used with RK_DRAW_PLACED; otherwise attributes are in world space.
    float toWorld[12];
    float toObject[12];
} RkDraw;

typedef struct {
    uint texture;
    uint uvSet;
    float m0, m1, m2, m3, m4, m5;
} RkTextureSlot;

#define RK_ALPHA_OPAQUE 0u
#define RK_ALPHA_MASK 1u
#define RK_ALPHA_BLEND 2u
#define RK_MATERIAL_DOUBLE_SIDED 1u
#define RK_MATERIAL_UNLIT 2u
#define RK_MATERIAL_CAMERA_ONLY 4u
/// The material has more lobes than the core BRDF: set by the model, not by its input.
#define RK_MATERIAL_LAYERED 8u

#define RK_TEXTURE_SLOTS 18

typedef struct {
    float baseRed, baseGreen, baseBlue, baseAlpha;
    float metallic, roughness;
    float emissionRed, emissionGreen, emissionBlue;
    float normalScale, alphaCutoff;
    uint alphaMode, flags;
    float ior, specular, specularRed, specularGreen, specularBlue;
    float transmission, thickness;
    float attenuationRed, attenuationGreen, attenuationBlue, attenuationDistance;
    float clearcoat, clearcoatRoughness, clearcoatNormalScale;
    float sheenRed, sheenGreen, sheenBlue, sheenRoughness;
    float anisotropy, anisotropyRotation;
    /// Thicknesses in nanometres.
    float iridescence, iridescenceIor, iridescenceThicknessMin, iridescenceThicknessMax;
    float dispersion;
    float diffuseTransmission, diffuseTransmissionRed, diffuseTransmissionGreen, diffuseTransmissionBlue;
    /// RK_TEXTURE_SLOTS of them, from here on.
    RkTextureSlot baseColorTexture, metallicRoughnessTexture, normalTexture, emissiveTexture, specularTexture,
        specularColorTexture, transmissionTexture, thicknessTexture, clearcoatTexture, clearcoatRoughnessTexture,
        clearcoatNormalTexture, sheenColorTexture, sheenRoughnessTexture, anisotropyTexture, iridescenceTexture,
        iridescenceThicknessTexture, diffuseTransmissionTexture, diffuseTransmissionColorTexture;
} RkMaterial;

#define RK_WRAP_REPEAT 0u
#define RK_WRAP_CLAMP 1u
#define RK_WRAP_MIRROR 2u

typedef struct {
    uint image, wrapS, wrapT, nearest;
} RkTexture;

#define RK_TEXEL_SRGB8 0u
#define RK_TEXEL_LINEAR8 1u
#define RK_TEXEL_LINEAR16 2u
#define RK_TEXEL_FLOAT32 3u

/// `offset` counts 32-bit words into the texels.
typedef struct {
    uint width, height, format, offset;
} RkImage;

#define RK_LIGHT_TRIANGLE 0u
#define RK_LIGHT_PUNCTUAL 1u
#define RK_LIGHT_SKY 2u

/// What next-event estimation picks from, in canonical order: emissive triangles by (draw, primitive), punctual lights by
/// node, the sky. `a` and `b`: draw and primitive, or the index of the punctual light.
typedef struct {
    uint kind, a, b;
} RkLight;

#define RK_PUNCTUAL_DIRECTIONAL 0u
#define RK_PUNCTUAL_POINT 1u
#define RK_PUNCTUAL_SPOT 2u

typedef struct {
    uint kind;
    float positionX, positionY, positionZ;
    /// Direction of propagation, unit.
    float directionX, directionY, directionZ;
    float red, green, blue;
    float range;
    /// Spot: attenuation = clamp(cosine · scale + offset)².
    float angleScale, angleOffset;
} RkPunctual;

#define RK_SKY_NONE 0u
#define RK_SKY_CONSTANT 1u
#define RK_SKY_IMAGE 2u

/// Scalars of a prepared scene.
typedef struct {
    uint root;
    float extent;
    uint lightCount;
    /// Index of the sky in the lights, or RK_NONE.
    uint skyLight;
    uint skyKind;
    float skyRed, skyGreen, skyBlue;
    uint skyImage;
    /// Rotation about y as a share of a turn.
    float skyTurn;
    float skyIntensity;
    float centreX, centreY, centreZ, radius;
} RkHeader;

#define RK_FILTER_ENTRIES 128
#define RK_IGNORE_NORMAL_MAPS 1u
#define RK_IGNORE_ALPHA 2u
#define RK_IGNORE_BACKGROUND 4u
#define RK_LAYER_ALPHA 1u
#define RK_LAYER_ALBEDO 2u
#define RK_LAYER_NORMAL 4u
#define RK_LAYER_DEPTH 8u
#define RK_LAYER_FLOATS_MAX 8

#define RK_CAMERA_PERSPECTIVE 0u
#define RK_CAMERA_ORTHOGRAPHIC 1u

/// Camera and settings of one render.
typedef struct {
    uint width, height, depth, filter, ignore, layers, frame, keyLow, keyHigh;
    /// First bounce after which a path may end by Russian roulette; 0: none does.
    uint roulette;
    uint cameraKind;
    float originX, originY, originZ;
    float rightX, rightY, rightZ;
    float upX, upY, upZ;
    float forwardX, forwardY, forwardZ;
    /// Perspective: tangents of the half angles; orthographic: half extents.
    float halfWidth, halfHeight;
    float near, far;
    float lensRadius, focusDistance;
    /// Inverse cumulative distribution of the pixel filter at k / RK_FILTER_ENTRIES, as an offset from the centre in pixels.
    float filterOffset[RK_FILTER_ENTRIES + 1];
} RkView;

/// The tables behind one scene: pointers into buffers.
typedef struct {
    RK_GLOBAL const RkHeader *header;
    RK_GLOBAL const RkNode *nodes;
    RK_GLOBAL const RkPack *packs;
    RK_GLOBAL const RkPlacement *placements;
    RK_GLOBAL const RkDraw *draws;
    RK_GLOBAL const uint *indices;
    RK_GLOBAL const float *attributes;
    RK_GLOBAL const RkMaterial *materials;
    RK_GLOBAL const RkTexture *textures;
    RK_GLOBAL const RkImage *images;
    RK_GLOBAL const uint *texels;
    RK_GLOBAL const RkLight *lights;
    RK_GLOBAL const float *lightCumulative;
    RK_GLOBAL const RkPunctual *punctuals;
    RK_GLOBAL const float *skyCumulative;
    RK_GLOBAL const uint *opacity;
} RkTables;

/// One record: sums over the samples of a bucket in sample order, and the queries they cost.
typedef struct {
    float red, green, blue;
    uint rays;
    uint nonFinite;
    float layers[RK_LAYER_FLOATS_MAX];
} RkRecord;

#endif
