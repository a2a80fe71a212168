/* SPDX-License-Identifier: MIT */
/* addresses.c: see addresses.h. */
#include "addresses.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

typedef struct count {
    char key[ADDRESS_KEY_BYTES];
    uint32_t n;
} count;

static int by_key(const void *a, const void *b) {
    return memcmp(((const count *)a)->key, ((const count *)b)->key, ADDRESS_KEY_BYTES);
}

edo_str address_key(const edo_addr *from, char key[ADDRESS_KEY_BYTES]) {
    memset(key, 0, ADDRESS_KEY_BYTES);
    key[0] = (char)from->sock.any.sa_family;
    if (from->sock.any.sa_family == AF_INET) memcpy(key + 1, &from->sock.v4.sin_addr, 4);
    if (from->sock.any.sa_family == AF_INET6) memcpy(key + 1, &from->sock.v6.sin6_addr, 8);
    return (edo_str){ key, ADDRESS_KEY_BYTES };
}

void addresses_init(addresses *self, uint32_t most) {
    *self = (addresses){ .most = most };
    pthread_mutex_init(&self->lock, NULL);
}

void addresses_deinit(addresses *self) {
    while (self->counts) {
        count *c = *(count **)self->counts;
        tdelete(c, &self->counts, by_key);
        free(c);
    }
    pthread_mutex_destroy(&self->lock);
}

/* Lock held. */
static count *find(addresses *self, const edo_addr *from) {
    count wanted;
    (void)address_key(from, wanted.key);
    count *const *node = tfind(&wanted, &self->counts, by_key);
    return node ? *node : NULL;
}

/* Lock held. NULL without memory. */
static count *add(addresses *self, const edo_addr *from) {
    count *c = calloc(1, sizeof *c);
    if (!c) return NULL;
    (void)address_key(from, c->key);
    if (tsearch(c, &self->counts, by_key)) return c;
    free(c);
    return NULL;
}

bool addresses_enter(addresses *self, const edo_addr *from) {
    pthread_mutex_lock(&self->lock);
    count *c = find(self, from);
    if (!c) c = add(self, from);
    bool has_place = c && c->n < self->most;
    if (has_place) c->n++;
    pthread_mutex_unlock(&self->lock);
    return has_place;
}

void addresses_leave(addresses *self, const edo_addr *from) {
    pthread_mutex_lock(&self->lock);
    count *c = find(self, from);
    if (c && --c->n == 0) {
        tdelete(c, &self->counts, by_key);
        free(c);
    }
    pthread_mutex_unlock(&self->lock);
}
