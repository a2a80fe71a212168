/* SPDX-License-Identifier: MIT */
/* http2/both/block.h: how large a head, or trailers, may be that nghttp2 sends, and that come. */
#ifndef EDOI_HTTP2_BOTH_BLOCK_H
#define EDOI_HTTP2_BOTH_BLOCK_H

#include <edo/base.h>

/* Does nghttp2 send `n` fields that have `bytes` of names and values? Beyond 64 KiB, as
 * nghttp2_hd_deflate_bound() counts them, it drops the frame, and tells nobody but a callback. */
EDOI_INLINE bool edoi_h2_block_fits(size_t n, size_t bytes) {
    const size_t of_frame = 17, of_field = 12;
    return of_frame + of_field * n + bytes <= 65536;
}

#define EDOI_H2_FIELD_BYTES 32u /* that each field counts beside its bytes (RFC 9113, 6.5.2) */
#define EDOI_H2_LISTS_MAX   4u  /* times the limit of a list, until the peer is told to stop */

/* Returns the limit of a list by those of a head of HTTP/1.1: what that lets through passes, up to
 * what nine frames hold, behind which the connection ends. */
EDOI_INLINE uint32_t edoi_h2_list_max(uint32_t head_bytes_max, uint32_t headers_max) {
    const uint64_t most = 128u << 10;
    uint64_t bytes = head_bytes_max + (uint64_t)headers_max * EDOI_H2_FIELD_BYTES;
    return (uint32_t)(bytes < most ? bytes : most);
}

#endif
