/* SPDX-License-Identifier: MIT */
/* net/proxy/header.c: reads and writes the header of either version. */
#include "base/opts.h"
#include "net/proxy/proxy.h"

#include <errno.h>
#include <string.h>

const unsigned char edoi_proxy_signature[EDOI_PROXY_SIGNATURE_BYTES] = "\r\n\r\n\0\r\nQUIT\n";

/* Do the bytes begin like that, as far as they are there? */
static bool proxy_header_begins(const void *bytes, size_t n, const void *head, size_t head_n) {
    return memcmp(bytes, head, n < head_n ? n : head_n) == 0;
}

int edo_proxy_header_parse(edo_proxy_header *out, const void *bytes, size_t n) {
    static const char word[] = "PROXY ";
    if (n == 0) return 1;
    if (proxy_header_begins(bytes, n, word, sizeof word - 1))
        return edoi_proxy_text_parse(out, bytes, n);
    if (proxy_header_begins(bytes, n, edoi_proxy_signature, EDOI_PROXY_SIGNATURE_BYTES))
        return edoi_proxy_binary_parse(out, bytes, n);
    return -EPROTO;
}

int edo_read_proxy_header(edo_buf_reader *self, edo_proxy_header *out) {
    for (size_t wanted = 1;;) {
        const char *bytes;
        if (wanted > (size_t)self->line_max + 2) return -EDO_ETOOLONG;
        int held = edo_fill(self, &bytes, wanted);
        if (held < 0) return held;
        int n = edo_proxy_header_parse(out, bytes, (size_t)held);
        if (n < 0) return n;
        if (n <= held) {
            edo_consume(self, (size_t)n);
            return 0;
        }
        if ((size_t)held < wanted) return -EDO_EEOF;
        wanted = (size_t)n;
    }
}

/* The parser says how many more bytes there are at least, and no more than these are read. */
int edo_take_proxy_header(edo_stream *s, edo_proxy_header *out, edo_buf *bytes, size_t bytes_max) {
    int err = edo_budget_consume();
    if (err < 0) return err;
    for (;;) {
        int n = edo_proxy_header_parse(out, bytes->ptr, bytes->len);
        if (n < 0) return n;
        if ((size_t)n <= bytes->len) return 0;
        if ((size_t)n > bytes_max) return -EDO_ETOOLONG;
        size_t more = (size_t)n - bytes->len;
        err = edo_buf_reserve(bytes, more);
        if (err >= 0) err = edo_read_exact(s, bytes->ptr + bytes->len, more);
        if (err < 0) return err;
        bytes->len += more;
    }
}

int edo_proxy_header_print(const edo_proxy_header *h, void *bytes, size_t room) {
    bool is_mixed = h->source.sock.any.sa_family != h->dest.sock.any.sa_family ||
                    (h->source.bytes == 0) != (h->dest.bytes == 0);
    if (!edoi_all_zero(h->reserved, EDO_COUNT(h->reserved))) return -EINVAL;
    if (h->version > 2 || (is_mixed && !h->is_local)) return -EINVAL;
    return h->version == 1 ? edoi_proxy_text_print(h, bytes, room)
                           : edoi_proxy_binary_print(h, bytes, room);
}
