/* SPDX-License-Identifier: MIT */
/* console/own/recording.c: see recording.h. */
#include "console/own/recording.h"

#include <errno.h>
#include <string.h>

#define LENGTH_BYTES 4u /* of a length below EDOI_LOOKS_ONE_MAX, as a varint */

_Static_assert(EDOI_LOOKS_ONE_MAX <= 1u << 28, "a length has four bytes");

int edoi_looks_put(edo_buf *out, edo_str message) {
    char length[LENGTH_BYTES];
    size_t bytes = 0, left = message.len;
    if (message.len > EDOI_LOOKS_ONE_MAX) return -EMSGSIZE;
    do {
        length[bytes++] = (char)((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
        left >>= 7;
    } while (left > 0);
    int err = edo_buf_append(out, length, bytes);
    return err < 0 ? err : edo_buf_append(out, message.ptr, message.len);
}

int edoi_looks_begin(edo_str *rest) {
    const edo_str head = EDO_STR(EDOI_LOOKS_HEAD);
    if (rest->len < head.len || memcmp(rest->ptr, head.ptr, head.len) != 0) return -EINVAL;
    rest->ptr += head.len;
    rest->len -= head.len;
    return 0;
}

/* The bytes of the length at the beginning of `rest`; 0: it is cut off. */
static int length_take(edo_str rest, size_t *length) {
    *length = 0;
    for (size_t i = 0; i < rest.len && i < LENGTH_BYTES; i++) {
        *length |= (size_t)((unsigned char)rest.ptr[i] & 0x7f) << (7 * i);
        if (((unsigned char)rest.ptr[i] & 0x80) == 0) return (int)i + 1;
    }
    return rest.len < LENGTH_BYTES ? 0 : -EBADMSG;
}

int edoi_looks_next(edo_str *rest, edo_str *message) {
    size_t length;
    const int bytes = length_take(*rest, &length);
    if (bytes < 0 || length > EDOI_LOOKS_ONE_MAX) return -EBADMSG;
    if (bytes == 0 || rest->len - (size_t)bytes < length) return 0;
    *message = (edo_str){ rest->ptr + bytes, length };
    rest->ptr += (size_t)bytes + length;
    rest->len -= (size_t)bytes + length;
    return 1;
}
