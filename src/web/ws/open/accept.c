/* SPDX-License-Identifier: MIT */
/* web/ws/open/accept.c: see accept.h. */
#include "web/ws/open/accept.h"

#include "base/text/sha1.h"

#include <edo/random.h>

#include <errno.h>
#include <stdint.h>

#define MAGIC "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

/* Prints base64 with its padding. */
static void print_base64(char *to, const unsigned char *bytes, size_t n) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        size_t here = n - i < 3 ? n - i : 3;
        uint32_t three = (uint32_t)bytes[i] << 16;
        if (here > 1) three |= (uint32_t)bytes[i + 1] << 8;
        if (here > 2) three |= bytes[i + 2];
        *to++ = digits[three >> 18];
        *to++ = digits[three >> 12 & 63];
        *to++ = here > 1 ? digits[three >> 6 & 63] : '=';
        *to++ = here > 2 ? digits[three & 63] : '=';
    }
}

void edoi_ws_accept_of(char out[EDOI_WS_ACCEPT_BYTES], edo_str key) {
    char text[EDOI_WS_KEY_BYTES + sizeof MAGIC - 1];
    unsigned char hash[EDOI_SHA1_BYTES];
    memcpy(text, key.ptr, EDOI_WS_KEY_BYTES);
    memcpy(text + EDOI_WS_KEY_BYTES, MAGIC, sizeof MAGIC - 1);
    edoi_sha1(hash, (edo_str){ text, sizeof text });
    print_base64(out, hash, sizeof hash);
}

bool edoi_ws_is_single(const edo_headers *h, edo_header_id id) {
    const edo_header *f = edo_headers_next(h, NULL, id);
    return !f || !edo_headers_next(h, f, id);
}

int edoi_ws_new_key(char out[EDOI_WS_KEY_BYTES]) {
    unsigned char bytes[16];
    int err = edo_random(bytes, sizeof bytes);
    if (err < 0) return err;
    print_base64(out, bytes, sizeof bytes);
    return 0;
}
