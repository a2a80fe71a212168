/* SPDX-License-Identifier: MIT */
/* ares/cache.h: addresses of a bounded number of names, for as long as their TTL lasts. */
#ifndef EDOI_ARES_CACHE_H
#define EDOI_ARES_CACHE_H

#include "ares/lookup.h"

typedef struct edoi_ares_cache edoi_ares_cache;

/* For `names` names, rounded up to a multiple of 4. Errors: -ENOMEM. */
EDO_MUST_USE int edoi_ares_cache_new(edoi_ares_cache **out, uint32_t names);
void edoi_ares_cache_free(edoi_ares_cache *c);

/* Fills `*out`; false: not there, or no longer. Any thread. */
EDO_MUST_USE bool edoi_ares_cache_get(edoi_ares_cache *c, edoi_ares_addrs *out, const char *host);

/* Keeps a copy, unless its TTL is 0 or memory is short. Any thread. */
void edoi_ares_cache_put(edoi_ares_cache *c, const char *host, const edoi_ares_addrs *addrs);

#endif
