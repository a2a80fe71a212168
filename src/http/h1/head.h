/* SPDX-License-Identifier: MIT */
/* http/h1/head.h: parses the head of a request or a response, and trailers (RFC 9112).
 *
 *     edoi_h1_head head;
 *     edoi_h1_head_init(&head, EDOI_H1_REQUEST, &headers, NULL);
 *     while ((n = edoi_h1_head_parse(&head, buf, have)) == 0) … read more behind `buf + have` …
 *     if (n < 0) … respond with head.refusal, log head.why, close …
 *     … head.method, head.target, headers; the body begins at buf + n …
 *
 * A head is parsed line by line. The bytes of a line that is not whole are looked at once, whatever
 * the pieces in which it comes, so that a slow sender costs no more than a fast one; and neither a
 * result nor an error depends on the pieces. Results are views into `buf`. */
#ifndef EDOI_HTTP_H1_HEAD_H
#define EDOI_HTTP_H1_HEAD_H

#include "http/h1/parsed_head.h"

/* Prepares for a head. `headers` is empty, and lives as long as the head is used. */
void edoi_h1_head_init(edoi_h1_head *h, edoi_h1_kind kind, edo_headers *headers,
                       const edoi_h1_opts *opts);

/* Parses more. `buf` has all bytes of the head so far, those of earlier calls first, and may have
 * moved; names in it are put into lower case. Returns how many bytes the head has, or 0 if more are
 * wanted.
 * Errors: -EPROTO         it breaks the rules
 *         -EDO_ETOOLONG   it is beyond a limit
 *         -ENOMEM */
int edoi_h1_head_parse(edoi_h1_head *h, char *buf, size_t n);

#endif
