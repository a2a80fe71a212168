/* SPDX-License-Identifier: MIT */
/* coding/choose.c: reads the codings of a message's body, and chooses one that a client accepts. */
#include "base/text/ascii.h"
#include "coding/coding.h"

#include <edo/headers.h>
#include <edo/http_fields.h>

#include <errno.h>

#define UNSAID (-1)

static const edo_str names[] = { [EDOI_CODING_ZSTD] = { "zstd", 4 },
                                 [EDOI_CODING_BR] = { "br", 2 },
                                 [EDOI_CODING_GZIP] = { "gzip", 4 },
                                 [EDOI_CODING_DEFLATE] = { "deflate", 7 },
                                 [EDOI_CODING_NONE] = { "identity", 8 } };

edo_str edoi_coding_name(edoi_coding c) {
    return names[c];
}

int edoi_coding_of(edo_str name) {
    for (int i = 0; i <= EDOI_CODINGS_N; i++)
        if (edoi_equal_nocase(name, names[i])) return i;
    return edoi_equal_nocase(name, EDO_STR("x-gzip")) ? (int)EDOI_CODING_GZIP : -1;
}

uint32_t edoi_codings_decoded(void) {
    uint32_t codings = 0;
    for (int i = 0; i < EDOI_CODINGS_N; i++)
        if (edoi_decoder_of((edoi_coding)i)) codings |= UINT32_C(1) << i;
    return codings;
}

/* Takes the codings of one field behind the first `n`. */
static int read_codings(edoi_coding out[EDOI_CODINGS_MAX], int n, edo_str field, uint32_t known) {
    edo_str name;
    while (edo_header_next(&name, &field)) {
        int coding = edoi_coding_of(name);
        if (coding == EDOI_CODING_NONE) continue;
        bool is_known = coding >= 0 && known & UINT32_C(1) << coding;
        if (!is_known || n == (int)EDOI_CODINGS_MAX) return -ENOTSUP;
        out[n++] = (edoi_coding)coding;
    }
    return n;
}

int edoi_codings_of_body(edoi_coding out[EDOI_CODINGS_MAX], const edo_headers *h, uint32_t known) {
    int n = 0;
    const edo_header *f = NULL;
    while (n >= 0 && (f = edo_headers_next(h, f, EDO_HEADER_CONTENT_ENCODING)))
        n = read_codings(out, n, f->value, known);
    return n;
}

/* A client's weights: of each coding, of "identity", and of "*". */
typedef struct weights {
    int of[EDOI_CODINGS_N + 1];
    int any;
} weights;

static void read_field(weights *w, edo_str field) {
    edo_preference p;
    int got;
    while ((got = edo_accept_next(&p, &field)) != 0) {
        if (got < 0) continue;
        int coding = edoi_coding_of(p.value);
        if (coding >= 0) w->of[coding] = p.weight;
        if (edoi_equal_nocase(p.value, EDO_STR("*"))) w->any = p.weight;
    }
}

static int weights_weight_of(const weights *w, int coding) {
    if (w->of[coding] != UNSAID) return w->of[coding];
    return w->any != UNSAID ? w->any : 0;
}

edoi_coding_choice edoi_coding_choose(const edo_headers *h, uint32_t offered) {
    edoi_coding_choice choice = { .best = EDOI_CODING_NONE };
    weights w = { .any = UNSAID };
    for (int i = 0; i <= EDOI_CODINGS_N; i++) w.of[i] = UNSAID;
    const edo_header *f = NULL;
    while ((f = edo_headers_next(h, f, EDO_HEADER_ACCEPT_ENCODING))) read_field(&w, f->value);
    // unless the client names it the body may be sent as it is, but is liked least
    int plain = w.of[EDOI_CODING_NONE], best = plain > 0 ? plain - 1 : 0;
    for (int i = 0; i < EDOI_CODINGS_N; i++) {
        if (!(offered & UINT32_C(1) << i) || weights_weight_of(&w, i) <= best) continue;
        best = weights_weight_of(&w, i);
        choice.best = (edoi_coding)i;
    }
    bool refuses_plain = plain == 0 || (plain == UNSAID && w.any == 0);
    choice.is_refused = refuses_plain && choice.best == EDOI_CODING_NONE;
    return choice;
}
