#pragma once
// libpng and libjpeg-turbo report errors by longjmp, which must not cross Swift frames: these functions keep it inside C.
// Every function works on memory; none opens a file.

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { CIMAGE_MESSAGE_MAX = 160 };

/// What the header of a picture says, before any texel is allocated.
typedef struct {
    uint32_t width;
    uint32_t height;
    /// 8 or 16 bits per channel of the decoded RGBA texels.
    uint32_t depth;
} cimage_info;

/// Reads the header of a PNG. 0: done. Otherwise `message` says why not (zero-terminated).
int cimage_png_info(const uint8_t *bytes, size_t count, cimage_info *info, char message[CIMAGE_MESSAGE_MAX]);

/// Decodes a PNG to RGBA, `depth` bits a channel (16: host byte order), rows from the top, into `texels` of exactly
/// width × height × 4 × depth / 8 bytes. `info` is what `cimage_png_info` gave; another header is an error.
int cimage_png_decode(const uint8_t *bytes, size_t count, cimage_info info, uint8_t *texels, char message[CIMAGE_MESSAGE_MAX]);

/// Reads the header of a JPEG.
int cimage_jpeg_info(const uint8_t *bytes, size_t count, cimage_info *info, char message[CIMAGE_MESSAGE_MAX]);

/// Decodes a JPEG (grey, YCbCr, RGB, CMYK as Adobe writes it) to RGBA, 8 bits a channel.
int cimage_jpeg_decode(const uint8_t *bytes, size_t count, cimage_info info, uint8_t *texels, char message[CIMAGE_MESSAGE_MAX]);

/// Where an encoder hands over its bytes; returns 0 to go on.
typedef int (*cimage_sink)(void *context, const uint8_t *bytes, size_t count);

/// Encodes 8-bit RGB or RGBA rows (channels 3 or 4) as a PNG tagged sRGB.
int cimage_png_encode(
    const uint8_t *texels, uint32_t width, uint32_t height, uint32_t channels, cimage_sink sink, void *context,
    char message[CIMAGE_MESSAGE_MAX]);

#ifdef __cplusplus
}
#endif
