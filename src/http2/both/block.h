/* SPDX-License-Identifier: MIT */
/* http2/both/block.h: how large a head, or trailers, may be that nghttp2 sends. */
#ifndef EDOI_HTTP2_BOTH_BLOCK_H
#define EDOI_HTTP2_BOTH_BLOCK_H

#include <edo/base.h>

/* Does nghttp2 send `n` fields that have `bytes` of names and values? Beyond 64 KiB, as
 * nghttp2_hd_deflate_bound() counts them, it drops the frame, and tells nobody but a callback. */
EDOI_INLINE bool edoi_h2_block_fits(size_t n, size_t bytes) {
    const size_t of_frame = 17, of_field = 12;
    return of_frame + of_field * n + bytes <= 65536;
}

#endif
