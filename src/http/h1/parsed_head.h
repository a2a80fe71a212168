/* SPDX-License-Identifier: MIT */
/* http/h1/parsed_head.h: what head.h parses a head into. */
#ifndef EDOI_HTTP_H1_PARSED_HEAD_H
#define EDOI_HTTP_H1_PARSED_HEAD_H

#include "http/h1/scan.h"

#include <edo/headers.h>
#include <edo/http.h>

#include <errno.h>

typedef enum edoi_h1_kind {
    EDOI_H1_REQUEST,
    EDOI_H1_RESPONSE,
    EDOI_H1_TRAILERS /* fields and an empty line; no fields of the struct are set */
} edoi_h1_kind;

#define EDOI_H1_HEAD_BYTES   32768u
#define EDOI_H1_TARGET_BYTES 65534u
#define EDOI_H1_HEADERS      100u

typedef struct edoi_h1_opts {
    uint32_t head_bytes_max;   /* 0: EDOI_H1_HEAD_BYTES; of trailers, too */
    uint32_t target_bytes_max; /* 0: EDOI_H1_TARGET_BYTES */
    uint32_t headers_max;      /* 0: EDOI_H1_HEADERS */
    uint32_t lenient;          /* bits EDO_HTTP_LENIENT_… */
    bool keep_case;            /* names stay as they came; otherwise they are put into lower case */
    bool unfolds;              /* a folded field is one line: of trailers of a response, whose head
                                  is always read so */
    const edoi_scan *scan;     /* NULL: the fastest */
} edoi_h1_opts;

typedef enum edoi_h1_framing {
    EDOI_H1_NO_BODY,
    EDOI_H1_LENGTH,     /* `content_length` bytes, at least 1 */
    EDOI_H1_CHUNKED,    /* see chunked.h */
    EDOI_H1_UNTIL_CLOSE /* of responses */
} edoi_h1_framing;

typedef struct edoi_h1_head {
    edo_method method; /* of requests */
    edo_status status; /* of responses */
    edo_http_version version;
    edo_str method_name, target, reason; /* views */
    edo_str host;                        /* of requests: a view; the first field */
    edo_headers *headers;                /* the caller's; views */
    edoi_h1_framing framing;             /* of responses: see edoi_h1_response_framing() */
    uint64_t content_length;             /* if has_length */
    bool has_length;                     /* also of a response to HEAD, which has no body */
    bool keeps_alive;                    /* the sender would keep the connection after this
                                            message */
    bool is_upgrade;                     /* Connection: upgrade, and Upgrade, on 1.1 */
    bool expects_continue;               /* Expect: 100-continue, on 1.1 */
    bool takes_trailers;                 /* TE: trailers */

    edo_status refusal; /* after an error: the status to refuse a request with */
    const char *why;    /* the reason, a static text */

    /* Used by the parser alone. */
    edoi_h1_opts opts;
    const char *base;     /* the buffer at the last call */
    size_t line, scanned; /* where the line begins that is not whole; how far it was scanned */
    size_t folded;        /* where the last fold ended */
    uint32_t marks;       /* what was seen, see fields.c */
    uint32_t codings;     /* what Transfer-Encoding said, see framing.c */
    edoi_h1_kind kind;
    bool is_in_fields;
    bool is_in_fold; /* `scanned` is among the blanks with which a folded line goes on */
} edoi_h1_head;

/* For the parser: keeps the status and the reason of a refusal. Returns the code that goes with the
 * status. */
EDOI_INLINE int edoi_h1_refuse(edoi_h1_head *h, edo_status status, const char *why) {
    h->refusal = status;
    h->why = why;
    bool is_long = status == EDO_STATUS_HEADERS_TOO_LARGE || status == EDO_STATUS_URI_TOO_LONG;
    return is_long ? -EDO_ETOOLONG : -EPROTO;
}

#endif
