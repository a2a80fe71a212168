/* SPDX-License-Identifier: MIT */
/* http/h1/head.h: reads the head of a request or a response, and trailers (RFC 9112).
 *
 *     edoi_h1_head head;
 *     edoi_h1_head_init(&head, EDOI_H1_REQUEST, &headers, NULL);
 *     while ((n = edoi_h1_head_parse(&head, buf, have)) == 0) … read more behind `buf + have` …
 *     if (n < 0) … answer with head.refusal, log head.why, close …
 *     … head.method, head.target, headers; the body begins at buf + n …
 *
 * A head is read line by line. A line that is not whole is looked at once, whatever the pieces in
 * which it comes, so that a slow sender costs no more than a fast one; and the result, be it an
 * error, does not depend on the pieces. What is found are views into `buf`. */
#ifndef EDOI_HTTP_H1_HEAD_H
#define EDOI_HTTP_H1_HEAD_H

#include "http/h1/scan.h"

#include <edo/headers.h>
#include <edo/http.h>

typedef enum edoi_h1_kind {
    EDOI_H1_REQUEST,
    EDOI_H1_RESPONSE,
    EDOI_H1_TRAILERS /* fields and an empty line; nothing is read into them */
} edoi_h1_kind;

#define EDOI_H1_HEAD_BYTES   32768u
#define EDOI_H1_TARGET_BYTES 65534u
#define EDOI_H1_HEADERS      100u

typedef struct edoi_h1_opts {
    uint32_t head_bytes_max;   /* 0: EDOI_H1_HEAD_BYTES; of trailers, too */
    uint32_t target_bytes_max; /* 0: EDOI_H1_TARGET_BYTES */
    uint32_t headers_max;      /* 0: EDOI_H1_HEADERS */
    uint32_t lenient;          /* bits EDO_HTTP_LENIENT_… */
    bool keep_case;            /* names as they came; otherwise in lower case */
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
    edo_str host;                        /* of requests: a view; the first one */
    edo_headers *headers;                /* the caller's; views */
    edoi_h1_framing framing;             /* of responses: see edoi_h1_response_framing() */
    uint64_t content_length;             /* if has_length */
    bool has_length;                     /* also of a response to HEAD, which has no body */
    bool keeps_alive;                    /* the sender would go on after this message */
    bool is_upgrade;                     /* Connection: upgrade, and Upgrade, on 1.1 */
    bool expects_continue;               /* Expect: 100-continue, on 1.1 */
    bool takes_trailers;                 /* TE: trailers */

    edo_status refusal; /* after an error: with which status to answer a request */
    const char *why;    /* a static text */

    /* The parser's own. */
    edoi_h1_opts opts;
    const char *base;     /* the buffer at the last call */
    size_t line, scanned; /* where the line that is not whole begins; up to where it was scanned */
    uint32_t marks;       /* what was seen, see head.c */
    edoi_h1_kind kind;
    bool is_in_fields;
} edoi_h1_head;

/* Begins a head. `headers` is empty, and lives as long as the head is looked at. */
void edoi_h1_head_init(edoi_h1_head *h, edoi_h1_kind kind, edo_headers *headers,
                       const edoi_h1_opts *opts);

/* Reads on. `buf` has all bytes of the head so far, those of earlier calls first, and may have
 * moved; its bytes are put into lower case where they are names. Returns how many bytes the head
 * has, or 0 if more are wanted.
 * Errors: -EPROTO         it breaks the rules
 *         -EDO_ETOOLONG   it is beyond a limit
 *         -ENOMEM */
int edoi_h1_head_parse(edoi_h1_head *h, char *buf, size_t n);

/* Checks the Host of a request as a server has to (RFC 9112 section 3.2): one on 1.1, at most one
 * before, and what it says. Returns 0 or -EPROTO. */
int edoi_h1_check_host(edoi_h1_head *h);

/* How the body of a response to a request of `method` is framed (RFC 9112 section 6.3). */
edoi_h1_framing edoi_h1_response_framing(const edoi_h1_head *h, edo_method method);

#endif
