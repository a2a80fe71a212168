/* SPDX-License-Identifier: MIT */
/* http/h1/fields.c: what becomes of the connection (RFC 9112 section 9), what a client expects, and
 * Host. framing.c has the fields that say how long the body is. */
#include "http/h1/fields.h"

#include "http/h1/framing.h"
#include "http/types/list.h"

#include <edo/uri.h>

/* Bits of edoi_h1_head.marks. */
#define CLOSE         1u  /* Connection: close */
#define KEEP_ALIVE    2u  /* Connection: keep-alive */
#define MAY_UPGRADE   4u  /* Connection: upgrade */
#define UPGRADE       8u  /* Upgrade is there */
#define EXPECTS       16u /* Expect: 100-continue */
#define EXPECTS_OTHER 32u /* Expect with anything else */
#define HOST          64u /* Host is there */
#define HOST_TWICE    128u

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
    switch ((int)id) {
    case EDO_HEADER_HOST: host(h, value); return 0;
    case EDO_HEADER_CONTENT_LENGTH: return edoi_h1_content_length(h, value);
    case EDO_HEADER_TRANSFER_ENCODING: edoi_h1_transfer_encoding(h, value); return 0;
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

static int h1_head_refuse(edoi_h1_head *h, const char *why) {
    return edoi_h1_refuse(h, EDO_STATUS_BAD_REQUEST, why);
}

int edoi_h1_fields_end(edoi_h1_head *h) {
    bool is_11 = h->version >= EDO_HTTP_11;
    h->keeps_alive = !(h->marks & CLOSE) && (is_11 || h->marks & KEEP_ALIVE);
    int err = edoi_h1_framing_end(h);
    if (err < 0) return err;
    h->is_upgrade = is_11 && h->marks & MAY_UPGRADE && h->marks & UPGRADE;
    h->expects_continue = is_11 && h->marks & EXPECTS;
    if (h->kind == EDOI_H1_REQUEST && h->marks & EXPECTS_OTHER)
        return edoi_h1_refuse(h, EDO_STATUS_EXPECTATION_FAILED, "an expectation that is not known");
    return 0;
}

/* Is it a name or an IPv4 address, perhaps with a port, as nearly every Host is? */
static bool is_plain_host(edo_str host) {
    const char *at = host.ptr, *end = host.ptr + host.len;
    while (at < end && edoi_byte_is(*at, EDOI_BYTE_NAME)) at++;
    if (at == host.ptr) return false;
    if (at == end) return true;
    if (*at++ != ':' || end - at > 5) return false;
    while (at < end && edoi_byte_is(*at, EDOI_BYTE_DIGIT)) at++;
    return at == end;
}

bool edoi_http_host_is_valid(edo_str host) {
    edo_uri uri;
    return is_plain_host(host) || edo_uri_parse_authority(&uri, host) == 0;
}

int edoi_h1_check_host(edoi_h1_head *h) {
    if (!(h->marks & HOST))
        return h->version < EDO_HTTP_11 ? 0 : h1_head_refuse(h, "Host is missing");
    if (h->marks & HOST_TWICE) return h1_head_refuse(h, "two Hosts");
    if (h->host.len > 0 && !edoi_http_host_is_valid(h->host))
        return h1_head_refuse(h, "Host is no host with a port");
    return 0;
}
