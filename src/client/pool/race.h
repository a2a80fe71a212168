/* SPDX-License-Identifier: MIT */
/* client/pool/race.h: attempts at several addresses that the program has chosen: Happy
 * Eyeballs, RFC 8305 section 5, as edo_tcp_connect() does it for those that it looks up. */
#ifndef EDOI_CLIENT_POOL_RACE_H
#define EDOI_CLIENT_POOL_RACE_H

#include <edo/net.h>

#define EDOI_ADDRESSES_MAX 8

/* Connects to one of `n` addresses, at most EDOI_ADDRESSES_MAX. The families take turns, that of
 * the first address first; an attempt begins when one has failed, or 250 ms after the one before.
 * Returns 0, or the first failure. */
int edoi_dial_race(edo_stream **out, const edo_addr *addrs, int n, const edo_tcp_opts *tcp);

#endif
