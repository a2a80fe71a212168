/* SPDX-License-Identifier: MIT */
/* http/io/after.h: the connection as a stream, after HTTP has ended on it. Its input begins with
 * the bytes that were read ahead. */
#ifndef EDOI_HTTP_IO_AFTER_H
#define EDOI_HTTP_IO_AFTER_H

#include "http/io/input.h"

typedef struct edoi_http_after {
    edo_stream stream;
    edoi_http_input *in; /* borrowed; its `from` is the connection */
} edoi_http_after;

void edoi_http_after_init(edoi_http_after *a, edoi_http_input *in);

#endif
