/* SPDX-License-Identifier: MIT */
/* support/http1_vectors.h: the vectors of tests/http/vectors/http1.tsv, for the parser. */
#ifndef EDO_TESTS_HTTP1_VECTORS_H
#define EDO_TESTS_HTTP1_VECTORS_H

#include "http1_file.h"
#include "http1_talk.h"

static inline edoi_h1_kind kind_of(const vector *v) {
    return v->side[2] == 'q' ? EDOI_H1_REQUEST : EDOI_H1_RESPONSE;
}

#endif
