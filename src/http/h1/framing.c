/* SPDX-License-Identifier: MIT */
/* http/h1/framing.c: see framing.h. */
#include "http/h1/framing.h"

#include "base/assert.h"
#include "http/types/list.h"

/* Bits of edoi_h1_head.codings. */
#define CODED         1u /* Transfer-Encoding is there */
#define CHUNKED_LAST  2u /* the last coding so far is chunked */
#define CHUNKED_INNER 4u /* chunked came before another coding, or twice */
#define CODED_OTHER   8u /* another coding is there */

static int h1_framing_refuse(edoi_h1_head *h, const char *why) {
    return edoi_h1_refuse(h, EDO_STATUS_BAD_REQUEST, why);
}

int edoi_h1_content_length(edoi_h1_head *h, edo_str value) {
    uint64_t n = 0;
    if (value.len == 0 || !edoi_bytes_are(value, EDOI_BYTE_DIGIT))
        return h1_framing_refuse(h, "Content-Length is no number");
    for (size_t i = 0; i < value.len; i++) {
        uint64_t digit = (uint64_t)(value.ptr[i] - '0');
        if (n > (INT64_MAX - digit) / 10)
            return h1_framing_refuse(h, "Content-Length is too large");
        n = n * 10 + digit;
    }
    if (h->has_length && h->content_length != n)
        return h1_framing_refuse(h, "two lengths of one body");
    h->has_length = true;
    h->content_length = n;
    return 0;
}

void edoi_h1_transfer_encoding(edoi_h1_head *h, edo_str value) {
    edo_str coding;
    h->codings |= CODED;
    while (edoi_list_next(&value, &coding)) {
        if (h->codings & CHUNKED_LAST) h->codings |= CHUNKED_INNER;
        bool is_chunked = edoi_is_word(coding, EDO_STR("chunked"));
        h->codings &= ~CHUNKED_LAST;
        h->codings |= is_chunked ? CHUNKED_LAST : CODED_OTHER;
    }
}

/* Decides on a body with Transfer-Encoding. */
static int coded(edoi_h1_head *h) {
    if (h->version < EDO_HTTP_11) return h1_framing_refuse(h, "Transfer-Encoding on HTTP/1.0");
    if (h->has_length && !(h->opts.lenient & EDO_HTTP_LENIENT_BOTH_LENGTHS))
        return h1_framing_refuse(h, "Transfer-Encoding and Content-Length");
    if (h->has_length) h->keeps_alive = false;
    h->has_length = false;
    h->framing = h->codings & CHUNKED_LAST ? EDOI_H1_CHUNKED : EDOI_H1_UNTIL_CLOSE;
    if (h->kind == EDOI_H1_RESPONSE) return 0;
    if (!(h->codings & CHUNKED_LAST))
        return h1_framing_refuse(h, "the last transfer coding is not chunked");
    if (h->codings & CHUNKED_INNER)
        return h1_framing_refuse(h, "chunked is not the last transfer coding only");
    if (h->codings & CODED_OTHER)
        return edoi_h1_refuse(h, EDO_STATUS_NOT_IMPLEMENTED, "a transfer coding besides chunked");
    EDO_ASSERT(h->framing == EDOI_H1_CHUNKED); // a request whose end only the close tells has none
    return 0;
}

int edoi_h1_framing_end(edoi_h1_head *h) {
    if (h->codings & CODED) return coded(h);
    if (h->has_length)
        h->framing = h->content_length > 0 ? EDOI_H1_LENGTH : EDOI_H1_NO_BODY;
    else
        h->framing = h->kind == EDOI_H1_RESPONSE ? EDOI_H1_UNTIL_CLOSE : EDOI_H1_NO_BODY;
    return 0;
}

edoi_h1_framing edoi_h1_response_framing(const edoi_h1_head *h, edo_method method) {
    bool is_final_ok = edo_status_class(h->status) == EDO_STATUS_CLASS_SUCCESS;
    if (method == EDO_METHOD_HEAD || edo_status_class(h->status) == 1 ||
        h->status == EDO_STATUS_NO_CONTENT || h->status == EDO_STATUS_NOT_MODIFIED)
        return EDOI_H1_NO_BODY;
    if (method == EDO_METHOD_CONNECT && is_final_ok) return EDOI_H1_NO_BODY;
    return h->framing;
}
