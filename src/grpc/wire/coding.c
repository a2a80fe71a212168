/* SPDX-License-Identifier: MIT */
/* grpc/wire/coding.c: see coding.h. The coders are those of the web framework. */
#include "grpc/wire/coding.h"
#include "base/text/ascii.h"

#include <edo/headers.h>
#include <edo/task.h>
#include <edo/web_compress.h>

#include <errno.h>
#include <string.h>

#define PIECE_BYTES 16384u
#define TURN_BYTES  65536u /* after these other tasks run */

/* ---- Names ----------------------------------------------------------------------------------- */

static const struct {
    uint32_t bit;
    edoi_coding coding;
    edo_str name;
} codings[] = {
    // in the order of preference
    { EDO_CODING_ZSTD, EDOI_CODING_ZSTD, { "zstd", 4 } },
    { EDO_CODING_GZIP, EDOI_CODING_GZIP, { "gzip", 4 } },
    { EDO_CODING_DEFLATE, EDOI_CODING_DEFLATE, { "deflate", 7 } },
};

uint32_t edoi_grpc_codings(uint32_t wanted) {
    uint32_t known = 0;
    for (size_t i = 0; i < EDO_COUNT(codings); i++) known |= codings[i].bit;
    return wanted & known & edo_web_codings();
}

int edoi_grpc_coding_of(edo_str name, uint32_t accepted) {
    if (!name.ptr || edoi_equal_nocase(name, EDO_STR("identity"))) return EDOI_CODING_NONE;
    for (size_t i = 0; i < EDO_COUNT(codings); i++)
        if (accepted & codings[i].bit && edoi_equal_nocase(name, codings[i].name))
            return (int)codings[i].coding;
    return -1;
}

edo_str edoi_grpc_coding_name(edoi_coding coding) {
    for (size_t i = 0; i < EDO_COUNT(codings); i++)
        if (codings[i].coding == coding) return codings[i].name;
    return EDO_STR("identity");
}

static bool coding_is_named(edo_str names, edo_str name) {
    for (size_t at = 0; at < names.len;) {
        while (at < names.len && (names.ptr[at] == ' ' || names.ptr[at] == ',')) at++;
        size_t end = at;
        while (end < names.len && names.ptr[end] != ' ' && names.ptr[end] != ',') end++;
        if (edoi_equal_nocase((edo_str){ names.ptr + at, end - at }, name)) return true;
        at = end;
    }
    return false;
}

edoi_coding edoi_grpc_coding_choose(edo_str names, uint32_t offered) {
    for (size_t i = 0; i < EDO_COUNT(codings); i++)
        if (offered & codings[i].bit && coding_is_named(names, codings[i].name))
            return codings[i].coding;
    return EDOI_CODING_NONE;
}

edoi_coding edoi_grpc_coding_agree(const edo_headers *h, edo_str field, uint32_t offered) {
    if (edo_str_equal(field, EDO_STR("accept-encoding")))
        return edoi_coding_choose(h, offered).best;
    edoi_coding best = EDOI_CODING_NONE; // the last of all
    const edo_header *f = NULL;
    while ((f = edo_headers_next_named(h, f, field))) {
        const edoi_coding coding = edoi_grpc_coding_choose(f->value, offered);
        if (coding < best) best = coding;
    }
    return best;
}

size_t edoi_grpc_coding_names(char text[EDOI_GRPC_CODINGS_TEXT], uint32_t wanted) {
    const edo_str identity = EDO_STR("identity");
    size_t n = identity.len;
    memcpy(text, identity.ptr, identity.len);
    for (size_t i = 0; i < EDO_COUNT(codings); i++) {
        if (!(wanted & codings[i].bit)) continue;
        text[n++] = ',';
        memcpy(text + n, codings[i].name.ptr, codings[i].name.len);
        n += codings[i].name.len;
    }
    return n;
}

/* ---- Messages -------------------------------------------------------------------------------- */

/* One message on its way through a coder. */
typedef struct coding_run {
    const edoi_coder_ops *ops;
    void *state;
    edoi_spans spans;
    edo_buf *out;
    size_t most; /* bytes that it may become */
    size_t made; /* since other tasks had their turn */
} coding_run;

/* Calls the coder with as much as one turn may take. An encoder learns of the end with the last
 * piece. */
static int coding_call(coding_run *r, edoi_code_op op) {
    const size_t later = r->spans.in_n > TURN_BYTES ? r->spans.in_n - TURN_BYTES : 0;
    const bool ends = op == EDOI_CODE_END;
    r->spans.in_n -= later;
    int got = r->ops->code(r->state, &r->spans, ends && later > 0 ? EDOI_CODE_RUN : op);
    r->spans.in_n += later;
    return got > 0 && ends && later > 0 ? 0 : got;
}

/* Codes a piece. Returns 0, EDOI_CODE_DONE or a code. */
static int coding_step(coding_run *r, edoi_code_op op) {
    int err = edo_buf_reserve(r->out, PIECE_BYTES);
    if (err < 0) return err;
    const size_t left = r->out->cap - r->out->len, in = r->spans.in_n;
    const size_t room = left < TURN_BYTES ? left : TURN_BYTES;
    r->spans.out = r->out->ptr + r->out->len;
    r->spans.out_n = room;
    int got = coding_call(r, op);
    const size_t made = room - r->spans.out_n;
    if (got < 0) return got;
    r->out->len += made;
    r->made += made + in - r->spans.in_n;
    if (made > r->most) return -EMSGSIZE;
    r->most -= made;
    if (got == 0 && made == 0 && in == r->spans.in_n) return -EBADMSG; // nothing follows
    if (r->made < TURN_BYTES) return got;
    r->made = 0;
    err = edo_yield();
    return err < 0 ? err : got;
}

/* Does another member follow, as gzip may have several (RFC 1952 section 2.2)? */
static bool coding_goes_on(coding_run *r) {
    return r->spans.in_n > 0 && r->ops->again && r->ops->again(r->state);
}

static int coding_run_all(coding_run *r, edoi_code_op op) {
    int got = 0;
    r->state = r->ops->make(0);
    if (!r->state) return -ENOMEM;
    do {
        got = 0;
        while (got == 0) got = coding_step(r, op);
    } while (got > 0 && coding_goes_on(r));
    r->ops->free(r->state);
    return got < 0 ? got : r->spans.in_n > 0 ? -EBADMSG : 0;
}

int edoi_grpc_compress(edo_buf *out, edo_str message, edoi_coding coding) {
    coding_run r = { .ops = edoi_encoder_of(coding),
                     .spans = { .in = message.ptr, .in_n = message.len },
                     .out = out,
                     .most = message.len };
    int err = message.len == 0 ? -EMSGSIZE : coding_run_all(&r, EDOI_CODE_END);
    return err == -EMSGSIZE ? -E2BIG : err;
}

int edoi_grpc_expand(edo_buf *out, edo_str message, edoi_coding coding, size_t most) {
    coding_run r = { .ops = edoi_decoder_of(coding),
                     .spans = { .in = message.ptr, .in_n = message.len },
                     .out = out,
                     .most = most };
    return coding_run_all(&r, EDOI_CODE_RUN);
}
