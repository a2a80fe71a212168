/* SPDX-License-Identifier: MIT */
/* http/h1/fields.c: the length of the body (RFC 9112 section 6), and what becomes of the connection
 * (section 9). Where two fields could be understood in two ways, by two programs of which one
 * stands before the other, the message is refused: request smuggling lives there. */
#include "http/h1/fields.h"

#include "http/types/list.h"

#include <edo/uri.h>

/* Bits of edoi_h1_head.marks. */
#define CODED         1u    /* Transfer-Encoding is there */
#define CHUNKED_LAST  2u    /* the last coding so far is chunked */
#define CHUNKED_INNER 4u    /* chunked came before another coding, or twice */
#define CODED_OTHER   8u    /* another coding is there */
#define CLOSE         16u   /* Connection: close */
#define KEEP_ALIVE    32u   /* Connection: keep-alive */
#define MAY_UPGRADE   64u   /* Connection: upgrade */
#define UPGRADE       128u  /* Upgrade is there */
#define EXPECTS       256u  /* Expect: 100-continue */
#define EXPECTS_OTHER 512u  /* Expect with anything else */
#define HOST          1024u /* Host is there */
#define HOST_TWICE    2048u

static int content_length(edoi_h1_head *h, edo_str value) {
    uint64_t n = 0;
    if (value.len == 0 || !edoi_bytes_are(value, EDOI_BYTE_DIGIT))
        return edoi_h1_refuse(h, EDO_STATUS_BAD_REQUEST, "Content-Length is no number");
    for (size_t i = 0; i < value.len; i++) {
        uint64_t digit = (uint64_t)(value.ptr[i] - '0');
        if (n > (INT64_MAX - digit) / 10)
            return edoi_h1_refuse(h, EDO_STATUS_BAD_REQUEST, "Content-Length is too large");
        n = n * 10 + digit;
    }
    if (h->has_length && h->content_length != n)
        return edoi_h1_refuse(h, EDO_STATUS_BAD_REQUEST, "two lengths of one body");
    h->has_length = true;
    h->content_length = n;
    return 0;
}

static void transfer_encoding(edoi_h1_head *h, edo_str value) {
    edo_str coding;
    h->marks |= CODED;
    while (edoi_list_next(&value, &coding)) {
        if (h->marks & CHUNKED_LAST) h->marks |= CHUNKED_INNER;
        bool is_chunked = edoi_is_word(coding, EDO_STR("chunked"));
        h->marks &= ~CHUNKED_LAST;
        h->marks |= is_chunked ? CHUNKED_LAST : CODED_OTHER;
    }
}

static void connection(edoi_h1_head *h, edo_str value) {
    edo_str option;
    while (edoi_list_next(&value, &option)) {
        if (edoi_is_word(option, EDO_STR("close"))) h->marks |= CLOSE;
        if (edoi_is_word(option, EDO_STR("keep-alive"))) h->marks |= KEEP_ALIVE;
        if (edoi_is_word(option, EDO_STR("upgrade"))) h->marks |= MAY_UPGRADE;
    }
}

static void te(edoi_h1_head *h, edo_str value) {
    edo_str coding;
    while (edoi_list_next(&value, &coding))
        if (edoi_is_word(coding, EDO_STR("trailers"))) h->takes_trailers = true;
}

static void host(edoi_h1_head *h, edo_str value) {
    h->marks |= h->marks & HOST ? HOST_TWICE : HOST;
    if (!(h->marks & HOST_TWICE)) h->host = value;
}

int edoi_h1_field(edoi_h1_head *h, edo_header_id id, edo_str value) {
    switch ((int)id) { // those of no other standard field say how a message is framed
    case EDO_HEADER_HOST: host(h, value); return 0;
    case EDO_HEADER_CONTENT_LENGTH: return content_length(h, value);
    case EDO_HEADER_TRANSFER_ENCODING: transfer_encoding(h, value); return 0;
    case EDO_HEADER_CONNECTION: connection(h, value); return 0;
    case EDO_HEADER_UPGRADE: h->marks |= UPGRADE; return 0;
    case EDO_HEADER_TE: te(h, value); return 0;
    case EDO_HEADER_EXPECT:
        h->marks |= edoi_is_word(value, EDO_STR("100-continue")) ? EXPECTS : EXPECTS_OTHER;
        return 0;
    default: return 0;
    }
}

/* ---- Decisions ------------------------------------------------------------------------------- */

static int refuse(edoi_h1_head *h, const char *why) {
    return edoi_h1_refuse(h, EDO_STATUS_BAD_REQUEST, why);
}

/* A body with Transfer-Encoding. */
static int coded(edoi_h1_head *h) {
    if (h->version < EDO_HTTP_11) return refuse(h, "Transfer-Encoding on HTTP/1.0");
    if (h->has_length && !(h->opts.lenient & EDO_HTTP_LENIENT_BOTH_LENGTHS))
        return refuse(h, "Transfer-Encoding and Content-Length");
    if (h->has_length) h->marks |= CLOSE;
    h->has_length = false;
    h->framing = h->marks & CHUNKED_LAST ? EDOI_H1_CHUNKED : EDOI_H1_UNTIL_CLOSE;
    if (h->kind == EDOI_H1_RESPONSE) return 0;
    if (!(h->marks & CHUNKED_LAST)) return refuse(h, "the last transfer coding is not chunked");
    if (h->marks & CHUNKED_INNER) return refuse(h, "chunked is not the last transfer coding only");
    if (h->marks & CODED_OTHER)
        return edoi_h1_refuse(h, EDO_STATUS_NOT_IMPLEMENTED, "a transfer coding besides chunked");
    return 0;
}

static int framing(edoi_h1_head *h) {
    if (h->marks & CODED) return coded(h);
    if (h->has_length)
        h->framing = h->content_length > 0 ? EDOI_H1_LENGTH : EDOI_H1_NO_BODY;
    else
        h->framing = h->kind == EDOI_H1_RESPONSE ? EDOI_H1_UNTIL_CLOSE : EDOI_H1_NO_BODY;
    return 0;
}

int edoi_h1_fields_end(edoi_h1_head *h) {
    int err = framing(h);
    if (err < 0) return err;
    bool is_11 = h->version >= EDO_HTTP_11;
    h->keeps_alive = !(h->marks & CLOSE) && (is_11 || h->marks & KEEP_ALIVE);
    h->is_upgrade = is_11 && h->marks & MAY_UPGRADE && h->marks & UPGRADE;
    h->expects_continue = is_11 && h->marks & EXPECTS;
    if (h->kind == EDOI_H1_REQUEST && h->marks & EXPECTS_OTHER)
        return edoi_h1_refuse(h, EDO_STATUS_EXPECTATION_FAILED, "an expectation that is not known");
    return 0;
}

/* A name or an IPv4 address, perhaps with a port: what nearly every Host is. */
static bool is_plain_host(edo_str host) {
    const char *at = host.ptr, *end = host.ptr + host.len;
    while (at < end && edoi_byte_is(*at, EDOI_BYTE_NAME)) at++;
    if (at == host.ptr) return false;
    if (at == end) return true;
    if (*at++ != ':' || end - at > 5) return false;
    while (at < end && edoi_byte_is(*at, EDOI_BYTE_DIGIT)) at++;
    return at == end;
}

int edoi_h1_check_host(edoi_h1_head *h) {
    if (!(h->marks & HOST)) return h->version < EDO_HTTP_11 ? 0 : refuse(h, "Host is missing");
    if (h->marks & HOST_TWICE) return refuse(h, "two Hosts");
    edo_uri uri;
    if (h->host.len > 0 && !is_plain_host(h->host) && edo_uri_parse_authority(&uri, h->host) < 0)
        return refuse(h, "Host is no host with a port");
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
