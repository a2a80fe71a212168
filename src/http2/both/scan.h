/* SPDX-License-Identifier: MIT */
/* http2/both/scan.h: finds the resets in what a client sends, before the session gets them: nghttp2
 * ends the connection for one of a stream that has not begun, and no callback can keep it from
 * that. */
#ifndef EDOI_HTTP2_BOTH_SCAN_H
#define EDOI_HTTP2_BOTH_SCAN_H

#include <edo/bytes.h>

#define EDOI_H2_PREFACE_BYTES 24u
#define EDOI_H2_RESET_BYTES   13u

/* The frame that comes. What has come of a head, or of a reset, is held back until it is whole. */
typedef struct edoi_h2_scan {
    uint32_t skip; /* bytes that are left of what came before it: of the preface, or of a frame */
    uint32_t held_n;
    char held[EDOI_H2_RESET_BYTES];
} edoi_h2_scan;

/* Takes the next piece off `*in`: a reset, which `*is_reset` says, or what is none. Returns it,
 * valid until the next call; no bytes: `*in` has no more for now. */
edo_str edoi_h2_scan_next(edoi_h2_scan *s, edo_str *in, bool *is_reset);

#endif
