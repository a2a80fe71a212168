/* SPDX-License-Identifier: MIT */
/* ares/lookup.h: one lookup on a c-ares channel of its own. */
#ifndef EDOI_ARES_LOOKUP_H
#define EDOI_ARES_LOOKUP_H

#include <edo/net.h>

#include <ares.h>

#define EDOI_ARES_ADDRS_MAX   16u /* of one name; further ones are dropped */
#define EDOI_ARES_SERVERS_MAX 8u  /* each may have a UDP and a TCP socket open */

/* What all channels have in common. const once made */
typedef struct edoi_ares_config {
    struct ares_options opts;
    int mask;
    char *servers; /* NULL: the system's */
} edoi_ares_config;

/* Addresses of a name. */
typedef struct edoi_ares_addrs {
    edo_addr list[EDOI_ARES_ADDRS_MAX];
    uint32_t n;
    int ttl_s; /* how long all addresses are valid; 0: not to be cached */
} edoi_ares_addrs;

/* Negative codes of edo for those of c-ares. */
int edoi_ares_code(int status);

/* Makes a channel by the configuration, and ends it: are the options good? */
EDO_MUST_USE int edoi_ares_check(const edoi_ares_config *config);

/* Fills `*out`. Errors: as edo_ares_resolve(). */
EDO_MUST_USE int edoi_ares_look_up(const edoi_ares_config *config, edoi_ares_addrs *out,
                                   const char *host);

#endif
