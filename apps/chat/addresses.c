/* SPDX-License-Identifier: MIT */
/* addresses.c: see addresses.h. */
#include "addresses.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

typedef struct address_count {
    char key[EDO_ADDR_KEY_BYTES];
    uint32_t n;
} address_count;

static int by_address(const void *a, const void *b) {
    return memcmp(((const address_count *)a)->key, ((const address_count *)b)->key,
                  EDO_ADDR_KEY_BYTES);
}

bool address_is_own(const edo_addr *from) {
    static const char *const texts[] = { "127.0.0.0/8", "::1" };
    edo_addr_range range;
    for (size_t i = 0; i < EDO_COUNT(texts); i++)
        if (edo_addr_range_parse(&range, texts[i]) == 0 && edo_addr_range_has(&range, from))
            return true;
    return false;
}

void addresses_init(addresses *self, uint32_t most) {
    *self = (addresses){ .most = most };
    pthread_mutex_init(&self->lock, NULL);
}

void addresses_deinit(addresses *self) {
    while (self->counts) {
        address_count *c = *(address_count **)self->counts;
        tdelete(c, &self->counts, by_address);
        free(c);
    }
    pthread_mutex_destroy(&self->lock);
}

/* Lock held. */
static address_count *find_address(addresses *self, const char *key) {
    address_count wanted;
    memcpy(wanted.key, key, sizeof wanted.key);
    address_count *const *node = tfind(&wanted, &self->counts, by_address);
    return node ? *node : NULL;
}

/* Lock held. NULL without memory. */
static address_count *add_address(addresses *self, const char *key) {
    address_count *c = calloc(1, sizeof *c);
    if (!c) return NULL;
    memcpy(c->key, key, sizeof c->key);
    if (tsearch(c, &self->counts, by_address)) return c;
    free(c);
    return NULL;
}

bool addresses_enter(addresses *self, const char key[EDO_ADDR_KEY_BYTES]) {
    pthread_mutex_lock(&self->lock);
    address_count *c = find_address(self, key);
    if (!c) c = add_address(self, key);
    bool has_place = c && c->n < self->most;
    if (has_place) c->n++;
    pthread_mutex_unlock(&self->lock);
    return has_place;
}

void addresses_leave(addresses *self, const char key[EDO_ADDR_KEY_BYTES]) {
    pthread_mutex_lock(&self->lock);
    address_count *c = find_address(self, key);
    if (c && --c->n == 0) {
        tdelete(c, &self->counts, by_address);
        free(c);
    }
    pthread_mutex_unlock(&self->lock);
}
