/* SPDX-License-Identifier: MIT */
/* picture.c: reads how large a PNG is from its first bytes, whose numbers have the high byte first,
 * and makes the head of a BMP of that size, where they have the low byte first. */
#include <edo/binary.h>
#include <edo/edo.h>
#include <edo/str.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PNG_HEAD  24u /* bytes up to the width and the height, and these */
#define BMP_HEAD  54u
#define BMP_PIXEL 3u /* bytes */
#define SIDE_MAX  16384u

typedef struct picture {
    uint32_t width, height;
} picture;

static int read_png(picture *out, edo_str head) {
    if (head.len < PNG_HEAD || !edo_str_begins(head, EDO_STR("\x89PNG\r\n\x1a\n"))) return -EBADMSG;
    out->width = edo_load_u32be(head.ptr + 16);
    out->height = edo_load_u32be(head.ptr + 20);
    bool is_small = out->width <= SIDE_MAX && out->height <= SIDE_MAX;
    return is_small ? 0 : -EDO_ETOOLONG;
}

static void print_bmp(char head[BMP_HEAD], const picture *p) {
    const uint32_t row = (p->width * BMP_PIXEL + 3) / 4 * 4; // a row ends at a multiple of 4
    memset(head, 0, BMP_HEAD);
    memcpy(head, "BM", 2);
    edo_store_u32le(head + 2, BMP_HEAD + row * p->height);
    edo_store_u32le(head + 10, BMP_HEAD); // where the pixels begin
    edo_store_u32le(head + 14, BMP_HEAD - 14);
    edo_store_u32le(head + 18, p->width);
    edo_store_u32le(head + 22, p->height);
    edo_store_u16le(head + 26, 1); // planes
    edo_store_u16le(head + 28, 8 * BMP_PIXEL);
}

static int app(void *arg) {
    const edo_str png = EDO_STR("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\2\x80\0\0\1\xe0\x08\2");
    char head[BMP_HEAD];
    picture p;
    (void)arg;
    int err = read_png(&p, png);
    if (err < 0) return err;
    printf("a PNG of %" PRIu32 " x %" PRIu32 "\n", p.width, p.height);
    print_bmp(head, &p);
    printf("a BMP of %" PRIu32 " bytes\n", edo_load_u32le(head + 2));
    return 0;
}

int main(void) {
    return edo_main(app, NULL);
}
