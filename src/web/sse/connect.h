/* SPDX-License-Identifier: MIT */
/* web/sse/connect.h: the connections of a client of events that was given an address. */
#ifndef EDOI_WEB_SSE_CONNECT_H
#define EDOI_WEB_SSE_CONNECT_H

#include <edo/sse.h>

/* Where events come from, and the connection to it. */
typedef struct edoi_sse_place edoi_sse_place;

/* Makes a place. It is freed by edo_rc_unref(), which closes its connection. Borrows `headers`
 * and `client`, which may be NULL. Returns 0, -EINVAL, -ENOTSUP for another scheme than http and
 * https, or -ENOMEM. */
int edoi_sse_place_new(edoi_sse_place **out, edo_str url, const edo_headers *headers,
                       struct edo_http_client *client);

/* An edo_sse_open_fn and an edo_sse_close_fn, whose argument is an edoi_sse_place. */
int edoi_sse_place_open(void *place, edo_str last_id, edo_stream **out);
void edoi_sse_place_close(void *place, edo_stream *stream);

#endif
