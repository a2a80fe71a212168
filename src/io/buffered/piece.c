/* SPDX-License-Identifier: MIT */
/* io/buffered/piece.c: see piece.h. */
#include "io/buffered/piece.h"

#include <edo/scope.h>

#include <errno.h>

#define REST_S 1 /* s: that the reader has for the rest of a piece */

int edoi_write_rest(edo_stream *s, edo_str rest) {
    EDO_SHIELD(shield, edo_s(REST_S));
    return edo_write_all(s, rest.ptr, rest.len);
}

int edoi_write_piece(edo_stream *s, edo_str piece, bool *is_torn) {
    edo_writev_future f;
    int err = edo_await(edo_write_all_init(&f, s, piece.ptr, piece.len));
    *is_torn = false;
    if (err == 0 || f.done == 0) return err;
    if (err == -ECANCELED)
        err = edoi_write_rest(s, (edo_str){ piece.ptr + f.done, piece.len - f.done });
    *is_torn = err < 0;
    return err;
}
