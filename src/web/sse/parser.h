/* SPDX-License-Identifier: MIT */
/* web/sse/parser.h: takes a stream of events apart (WHATWG HTML, "Interpreting an event stream"). */
#ifndef EDOI_WEB_SSE_PARSER_H
#define EDOI_WEB_SSE_PARSER_H

#include <edo/sse.h>

typedef struct edoi_sse_parser {
    size_t bytes_max;
    edo_buf line;       /* that has begun */
    edo_buf data, type; /* of the event that has begun */
    edo_buf id;         /* of the last event that has ended: the next connection is told it */
    edo_buf new_id;     /* of the event that has begun, with `has_id` */
    edo_duration retry; /* that the server has said last; 0: none */
    bool after_cr;      /* an LF that comes next belongs to the line before */
    bool has_begun;     /* a byte order mark may stand at the very beginning only */
    bool has_id;
    bool has_told; /* `data` and `type` are of an event that was told */
} edoi_sse_parser;

/* Takes bytes from `*in` up to the end of an event. Returns 1 with the event in `*m`, which lives
 * until the next call, or 0 when all bytes are taken.
 * Errors: -EDO_ETOOLONG; -ENOMEM */
int edoi_sse_parse(edoi_sse_parser *p, edo_str *in, edo_sse_message *m);

/* Drops what a connection has left unfinished; the id and the pause stay. */
void edoi_sse_parser_reset(edoi_sse_parser *p);

void edoi_sse_parser_deinit(edoi_sse_parser *p);

#endif
