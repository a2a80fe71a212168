/* SPDX-License-Identifier: MIT */
/* grpc/wire/text.c: see text.h. */
#include "grpc/wire/text.h"

#include <string.h>

int edoi_grpc_text_decode(edo_buf *out, edo_str text) {
    int err = 0;
    while (err == 0 && text.len > 0) {
        const char *pad = memchr(text.ptr, '=', text.len);
        size_t n = pad ? (size_t)(pad - text.ptr) : text.len;
        while (n < text.len && text.ptr[n] == '=') n++;
        err = edo_base64_decode((edo_str){ text.ptr, n }, EDO_BASE64_STRICT, out);
        text = (edo_str){ text.ptr + n, text.len - n };
    }
    return err;
}
