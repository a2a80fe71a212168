/* SPDX-License-Identifier: MIT */
/* http/server/h1/half.h: a head that has come in part, kept between two bursts: its bytes, and the
 * time that the rest of it has. So a client that sends a head slowly has neither a fiber nor an
 * exchange. */
#ifndef EDOI_HTTP_SERVER_H1_HALF_H
#define EDOI_HTTP_SERVER_H1_HALF_H

#include "http/server/conn.h"

#define EDOI_HTTP_HALF_MAX 2048u /* bytes; the rest of a longer head is waited for in the fiber */
#define EDOI_HTTP_HURRY_S  1     /* s: the time of the rest of a head once the server drains */

/* Counted by edo_rc. */
typedef struct edoi_http_half {
    edo_instant end; /* set by the header timeout, or by the drain */
    bool hurried;    /* a drain has begun */
    uint32_t n;
    char bytes[];
} edoi_http_half;

/* Gives the connection a half; it has none yet. Returns 0 or -ENOMEM. */
int edoi_http_half_keep(edoi_http_conn *c, edo_str bytes, edo_instant end, bool hurried);

/* Returns the half of a connection that has one. */
edoi_http_half *edoi_http_half_of(const edoi_http_conn *c);

/* Takes the half from the connection; the caller unrefs it. NULL: there is none. */
edoi_http_half *edoi_http_half_take(edoi_http_conn *c);

/* Leaves the half no more than a second, since a drain begins. */
void edoi_http_half_hurry(edoi_http_half *h, edo_instant now);

#endif
