/* SPDX-License-Identifier: MIT */
/* web/sse/parser.h: parses a stream of events (WHATWG HTML, "Interpreting an event stream"). */
#ifndef EDOI_WEB_SSE_PARSER_H
#define EDOI_WEB_SSE_PARSER_H

#include <edo/sse.h>

typedef struct edoi_sse_parser {
    size_t bytes_max;
    edo_buf line;       /* the line so far */
    edo_buf data, type; /* of the event so far */
    edo_buf id;         /* of the last whole event, for the next connection */
    edo_buf new_id;     /* of the event so far, if `has_id` */
    edo_duration retry; /* the last one that the server has set; 0: none */
    bool after_cr;      /* an LF that comes next ends no line */
    bool has_begun;     /* no byte order mark may follow */
    bool has_id;
    bool has_told; /* `data` and `type` belong to an event that was handed out */
} edoi_sse_parser;

/* Takes bytes from `*in` up to the end of an event. Returns 1 with the event in `*m`, which lives
 * until the next call, or 0 when all bytes are taken.
 * Errors: -EDO_ETOOLONG; -ENOMEM */
int edoi_sse_parse(edoi_sse_parser *p, edo_str *in, edo_sse_message *m);

/* Drops a line and an event that a connection has not ended; the id and the pause stay. */
void edoi_sse_parser_reset(edoi_sse_parser *p);

void edoi_sse_parser_deinit(edoi_sse_parser *p);

#endif
