/* SPDX-License-Identifier: MIT */
/* sim/net/kept.h: options of sockets that change nothing here: a program reads what it has set. */
#ifndef EDOI_SIM_NET_KEPT_H
#define EDOI_SIM_NET_KEPT_H

#include "sim/net/sock.h"

/* The options of `k` (may be NULL) for one more socket. */
edoi_simkept *edoi_simkept_share(edoi_simkept *k);
void edoi_simkept_unref(edoi_simkept *k);

/* Sets one. Errors: -ENOMEM. */
EDO_MUST_USE int edoi_simkept_set(edoi_simsock *s, int level, int name, int value);

/* What was set, or else `value`. */
int edoi_simkept_get(const edoi_simsock *s, int level, int name, int value);

#endif
