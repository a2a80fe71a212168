/* SPDX-License-Identifier: MIT */
/* addresses.h: how many connections each address has. Of IPv6 the first 64 bits count, since those
 * below are the client's own. Threads: all functions may be called from any, at once. */
#ifndef CHAT_ADDRESSES_H
#define CHAT_ADDRESSES_H

#include <edo/limiter.h>
#include <edo/net.h>

#include <pthread.h>

typedef struct addresses {
    pthread_mutex_t lock;
    void *counts; /* lock: lock; a tree by key */
    uint32_t most;
} addresses;

/* At most `most` connections of each address. */
void addresses_init(addresses *self, uint32_t most);
void addresses_deinit(addresses *self);

/* Whether it is this machine's own (127.0.0.0/8, ::1). */
bool address_is_own(const edo_addr *from);

/* Counts one connection more of the address with that edo_addr_key(); false: there are as many as
 * may be, or there is no memory. */
bool addresses_enter(addresses *self, const char key[EDO_ADDR_KEY_BYTES]);
void addresses_leave(addresses *self, const char key[EDO_ADDR_KEY_BYTES]);

#endif
