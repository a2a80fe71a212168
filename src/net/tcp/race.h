/* SPDX-License-Identifier: MIT */
/* net/tcp/race.h: attempts at several addresses of one name: Happy Eyeballs, RFC 8305 section 5.
 *
 * The families of the addresses take turns, the one of the best address first. An attempt begins
 * when the one before has failed, or 250 ms after it; the first that is connected wins. */
#ifndef EDOI_NET_TCP_RACE_H
#define EDOI_NET_TCP_RACE_H

#include "net/names/names.h"

typedef struct edoi_race edoi_race;

/* Borrows `names`, after a successful lookup, and `opts`. Errors: -ENOMEM. */
EDO_MUST_USE int edoi_race_new(edoi_race **out, const edoi_names *names, const edo_tcp_opts *opts);

/* Ready with 0 and the stream in `*out`, or with the first failure, which belongs to the best
 * address. */
edo_polled edoi_race_poll(edoi_race *r, edo_cx *cx, edo_stream **out, int *result);

/* Gives up what is under way. NULL is allowed. */
void edoi_race_free(edoi_race *r);

#endif
