/* SPDX-License-Identifier: MIT */
/* http/server/addresses.h: how many connections each address has. Of IPv6 the first 64 bits count,
 * since those below are the client's own. Peers without an address (Unix sockets) are not counted.
 *
 * inv. 1: an address is in the table while it has connections, in the chain that its hash names.
 *
 * Threads: all functions but init and deinit may be called from any, at once. */
#ifndef EDOI_HTTP_SERVER_ADDRESSES_H
#define EDOI_HTTP_SERVER_ADDRESSES_H

#include <edo/net.h>

#include <pthread.h>
#include <stdbool.h>

/* One that has connections; each of them has a pointer to it. Counted memory. */
typedef struct edoi_http_address {
    struct edoi_http_address *next; /* lock */
    uint64_t network;               /* const: the rest of its edo_addr_key() */
    uint32_t conns_n;               /* lock */
    char family;                    /* const: the first byte of its edo_addr_key() */
} edoi_http_address;

typedef struct edoi_http_addresses {
    pthread_mutex_t lock;       /* a leaf */
    edoi_http_address **chains; /* lock: lock; const, counted; NULL: nothing is counted */
    uint64_t secret;            /* const: nobody can choose addresses that collide */
    uint32_t most;              /* const */
} edoi_http_addresses;

/* At most `most` connections of each address; 0: no limit. Returns 0 or -ENOMEM. */
int edoi_http_addresses_init(edoi_http_addresses *self, uint32_t most);
void edoi_http_addresses_deinit(edoi_http_addresses *self);

/* Counts a connection. Returns 0 with `*out` for the other end, NULL if it is not counted; -EUSERS:
 * there are as many as may be; -ENOMEM. */
int edoi_http_addresses_enter(edoi_http_addresses *self, edo_stream *stream,
                              edoi_http_address **out);

/* `of` may be NULL. */
void edoi_http_addresses_leave(edoi_http_addresses *self, edoi_http_address *of);

#endif
