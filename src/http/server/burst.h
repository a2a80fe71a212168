/* SPDX-License-Identifier: MIT */
/* http/server/burst.h: the fiber that serves the requests which have arrived on a connection. */
#ifndef EDOI_HTTP_SERVER_BURST_H
#define EDOI_HTTP_SERVER_BURST_H

/* `conn` is an edoi_http_conn, of which it gives a reference back. Returns 0. */
int edoi_http_burst(void *conn);

/* The same for one that is detached: it runs once, for `conn->why`. */
int edoi_http_detached_burst(void *conn);

#endif
