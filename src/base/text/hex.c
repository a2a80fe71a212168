/* SPDX-License-Identifier: MIT */
/* base/text/hex.c: see edo/bytes.h. */
#include "base/text/hex.h"

#include <errno.h>

edo_str edo_hex_encode(char *to, edo_str bytes) {
    edoi_hex_print(to, (const unsigned char *)bytes.ptr, bytes.len);
    to[2 * bytes.len] = '\0';
    return (edo_str){ to, 2 * bytes.len };
}

int edo_hex_decode(void *to, size_t n, edo_str text) {
    unsigned char *bytes = to;
    if (text.len / 2 != n || text.len % 2 != 0) return -EINVAL;
    for (size_t i = 0; i < text.len; i++)
        if (edoi_hex_digit(text.ptr[i]) < 0) return -EINVAL;
    for (size_t i = 0; i < n; i++) bytes[i] = (unsigned char)edoi_hex_byte(text.ptr + 2 * i);
    return 0;
}
