#include "CImageIO.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include <jpeglib.h>
#include <jerror.h>

static void put_message(char *message, const char *text) {
    snprintf(message, CIMAGE_MESSAGE_MAX, "%s", text);
}

// PNG -----------------------------------------------------------------------------------------------------------------

typedef struct {
    jmp_buf jump;
    char *message;
    const uint8_t *bytes;
    size_t count;
    size_t position;
} png_source;

static void png_failed(png_structp png, png_const_charp text) {
    png_source *source = png_get_error_ptr(png);
    put_message(source->message, text);
    longjmp(source->jump, 1);
}

static void png_warned(png_structp png, png_const_charp text) {
    (void)png;
    (void)text;
}

static void png_pull(png_structp png, png_bytep out, size_t count) {
    png_source *source = png_get_io_ptr(png);
    if (count > source->count - source->position) png_error(png, "the file ends too early");
    memcpy(out, source->bytes + source->position, count);
    source->position += count;
}

/// Opens, reads the header and sets the transformations; on failure both pointers are freed by the caller.
static void png_open(png_source *source, png_structp *png, png_infop *info) {
    *png = png_create_read_struct(PNG_LIBPNG_VER_STRING, source, png_failed, png_warned);
    if (!*png) {
        put_message(source->message, "out of memory");
        longjmp(source->jump, 1);
    }
    *info = png_create_info_struct(*png);
    if (!*info) png_error(*png, "out of memory");
    // Ancillary chunks (text, profiles) are skipped: glTF ignores colour profiles, and compressed text is a known bomb.
    png_set_keep_unknown_chunks(*png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_set_chunk_cache_max(*png, 64);
    png_set_chunk_malloc_max(*png, 8u << 20);
    png_set_user_limits(*png, 1u << 16, 1u << 16);
    png_set_read_fn(*png, source, png_pull);
    png_read_info(*png, *info);
    png_set_expand(*png);
    png_set_gray_to_rgb(*png);
    png_set_add_alpha(*png, 0xffff, PNG_FILLER_AFTER);
    const uint16_t one = 1;
    if (*(const uint8_t *)&one == 1) png_set_swap(*png);
    png_set_interlace_handling(*png);
    png_read_update_info(*png, *info);
}

int cimage_png_info(const uint8_t *bytes, size_t count, cimage_info *out, char message[CIMAGE_MESSAGE_MAX]) {
    png_source source = {.message = message, .bytes = bytes, .count = count};
    png_structp volatile png = NULL;
    png_infop volatile info = NULL;
    if (setjmp(source.jump)) {
        png_destroy_read_struct((png_structpp)&png, (png_infopp)&info, NULL);
        return 1;
    }
    png_open(&source, (png_structpp)&png, (png_infopp)&info);
    out->width = png_get_image_width(png, info);
    out->height = png_get_image_height(png, info);
    out->depth = png_get_bit_depth(png, info) == 16 ? 16 : 8;
    png_destroy_read_struct((png_structpp)&png, (png_infopp)&info, NULL);
    return 0;
}

int cimage_png_decode(const uint8_t *bytes, size_t count, cimage_info expected, uint8_t *texels, char message[CIMAGE_MESSAGE_MAX]) {
    png_source source = {.message = message, .bytes = bytes, .count = count};
    png_structp volatile png = NULL;
    png_infop volatile info = NULL;
    png_bytep *volatile rows = NULL;
    if (setjmp(source.jump)) {
        png_destroy_read_struct((png_structpp)&png, (png_infopp)&info, NULL);
        free(rows);
        return 1;
    }
    png_open(&source, (png_structpp)&png, (png_infopp)&info);
    const size_t row = (size_t)expected.width * 4 * expected.depth / 8;
    if (png_get_image_width(png, info) != expected.width || png_get_image_height(png, info) != expected.height
        || png_get_rowbytes(png, info) != row) {
        png_error(png, "the header differs from the one announced");
    }
    rows = malloc(expected.height * sizeof(png_bytep));
    if (!rows) png_error(png, "out of memory");
    for (uint32_t y = 0; y < expected.height; y++) rows[y] = texels + row * y;
    png_read_image(png, rows);
    png_read_end(png, NULL);
    png_destroy_read_struct((png_structpp)&png, (png_infopp)&info, NULL);
    free(rows);
    return 0;
}

typedef struct {
    jmp_buf jump;
    char *message;
    cimage_sink sink;
    void *context;
} png_target;

static void png_write_failed(png_structp png, png_const_charp text) {
    png_target *target = png_get_error_ptr(png);
    put_message(target->message, text);
    longjmp(target->jump, 1);
}

static void png_push(png_structp png, png_bytep bytes, size_t count) {
    png_target *target = png_get_io_ptr(png);
    if (target->sink(target->context, bytes, count) != 0) png_error(png, "the bytes could not be taken");
}

static void png_flushed(png_structp png) {
    (void)png;
}

int cimage_png_encode(
    const uint8_t *texels, uint32_t width, uint32_t height, uint32_t channels, cimage_sink sink, void *context,
    char message[CIMAGE_MESSAGE_MAX]) {
    png_target target = {.message = message, .sink = sink, .context = context};
    png_structp volatile png = NULL;
    png_infop volatile info = NULL;
    if (setjmp(target.jump)) {
        png_destroy_write_struct((png_structpp)&png, (png_infopp)&info);
        return 1;
    }
    png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &target, png_write_failed, png_warned);
    if (!png) {
        put_message(message, "out of memory");
        return 1;
    }
    info = png_create_info_struct(png);
    if (!info) png_error(png, "out of memory");
    png_set_write_fn(png, &target, png_push, png_flushed);
    const int type = channels == 4 ? PNG_COLOR_TYPE_RGB_ALPHA : PNG_COLOR_TYPE_RGB;
    png_set_IHDR(png, info, width, height, 8, type, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_sRGB(png, info, PNG_sRGB_INTENT_PERCEPTUAL);
    png_write_info(png, info);
    for (uint32_t y = 0; y < height; y++) png_write_row(png, texels + (size_t)y * width * channels);
    png_write_end(png, info);
    png_destroy_write_struct((png_structpp)&png, (png_infopp)&info);
    return 0;
}

// JPEG ----------------------------------------------------------------------------------------------------------------

typedef struct {
    struct jpeg_error_mgr base;
    jmp_buf jump;
    char *message;
} jpeg_errors;

static void jpeg_failed(j_common_ptr jpeg) {
    jpeg_errors *errors = (jpeg_errors *)jpeg->err;
    char text[JMSG_LENGTH_MAX];
    jpeg->err->format_message(jpeg, text);
    put_message(errors->message, text);
    longjmp(errors->jump, 1);
}

/// libjpeg fills missing data with grey and goes on; a picture with missing data is refused here.
static void jpeg_emitted(j_common_ptr jpeg, int level) {
    if (level < 0 && (jpeg->err->msg_code == JWRN_JPEG_EOF || jpeg->err->msg_code == JWRN_HIT_MARKER)) jpeg_failed(jpeg);
}

static void jpeg_printed(j_common_ptr jpeg) {
    (void)jpeg;
}

/// A progressive file may carry any number of scans over the same texels, each as costly as the first.
enum { JPEG_SCANS_MAX = 200 };

static void jpeg_progressed(j_common_ptr jpeg) {
    if (jpeg->is_decompressor && ((j_decompress_ptr)jpeg)->input_scan_number > JPEG_SCANS_MAX) {
        jpeg_errors *errors = (jpeg_errors *)jpeg->err;
        put_message(errors->message, "more than 200 scans");
        longjmp(errors->jump, 1);
    }
}

static void jpeg_open(
    struct jpeg_decompress_struct *jpeg, jpeg_errors *errors, struct jpeg_progress_mgr *progress, const uint8_t *bytes, size_t count) {
    jpeg_create_decompress(jpeg);
    progress->progress_monitor = jpeg_progressed;
    jpeg->progress = progress;
    jpeg->mem->max_memory_to_use = 1l << 30;
    jpeg_mem_src(jpeg, bytes, count);
    jpeg_read_header(jpeg, TRUE);
    jpeg->dct_method = JDCT_ISLOW;
    jpeg->out_color_space = jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK ? JCS_CMYK : JCS_EXT_RGBA;
    (void)errors;
}

static void jpeg_prepare(jpeg_errors *errors, struct jpeg_decompress_struct *jpeg, char *message) {
    jpeg->err = jpeg_std_error(&errors->base);
    errors->base.error_exit = jpeg_failed;
    errors->base.emit_message = jpeg_emitted;
    errors->base.output_message = jpeg_printed;
    errors->message = message;
}

int cimage_jpeg_info(const uint8_t *bytes, size_t count, cimage_info *info, char message[CIMAGE_MESSAGE_MAX]) {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_progress_mgr progress;
    jpeg_errors errors;
    memset(&jpeg, 0, sizeof jpeg);
    memset(&progress, 0, sizeof progress);
    jpeg_prepare(&errors, &jpeg, message);
    if (setjmp(errors.jump)) {
        jpeg_destroy_decompress(&jpeg);
        return 1;
    }
    jpeg_open(&jpeg, &errors, &progress, bytes, count);
    info->width = jpeg.image_width;
    info->height = jpeg.image_height;
    info->depth = 8;
    jpeg_destroy_decompress(&jpeg);
    return 0;
}

int cimage_jpeg_decode(const uint8_t *bytes, size_t count, cimage_info expected, uint8_t *texels, char message[CIMAGE_MESSAGE_MAX]) {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_progress_mgr progress;
    jpeg_errors errors;
    memset(&jpeg, 0, sizeof jpeg);
    memset(&progress, 0, sizeof progress);
    jpeg_prepare(&errors, &jpeg, message);
    if (setjmp(errors.jump)) {
        jpeg_destroy_decompress(&jpeg);
        return 1;
    }
    jpeg_open(&jpeg, &errors, &progress, bytes, count);
    jpeg_start_decompress(&jpeg);
    if (jpeg.output_width != expected.width || jpeg.output_height != expected.height || jpeg.output_components != 4) {
        put_message(message, "the header differs from the one announced");
        jpeg_destroy_decompress(&jpeg);
        return 1;
    }
    while (jpeg.output_scanline < jpeg.output_height) {
        uint8_t *row = texels + (size_t)jpeg.output_scanline * expected.width * 4;
        jpeg_read_scanlines(&jpeg, &row, 1);
        if (jpeg.out_color_space == JCS_CMYK) {
            // Adobe stores CMYK inverted: 255 means no ink.
            for (uint32_t x = 0; x < expected.width; x++) {
                uint8_t *texel = row + (size_t)x * 4;
                const uint32_t black = jpeg.saw_Adobe_marker ? texel[3] : 255u - texel[3];
                for (int channel = 0; channel < 3; channel++) {
                    const uint32_t light = jpeg.saw_Adobe_marker ? texel[channel] : 255u - texel[channel];
                    texel[channel] = (uint8_t)((light * black + 127) / 255);
                }
                texel[3] = 255;
            }
        }
    }
    jpeg_finish_decompress(&jpeg);
    jpeg_destroy_decompress(&jpeg);
    return 0;
}
