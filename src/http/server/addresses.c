/* SPDX-License-Identifier: MIT */
/* http/server/addresses.c: see addresses.h. The number of chains is fixed: it is as large as makes
 * chains short for as many connections as a process usually has descriptors for. */
#include "http/server/addresses.h"

#include <edo/bytes.h>

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#define CHAINS 4096u /* a power of two */

int edoi_http_addresses_init(edoi_http_addresses *self, uint32_t most) {
    *self = (edoi_http_addresses){ .most = most };
    pthread_mutex_init(&self->lock, NULL);
    if (most == 0) return 0;
    if (getrandom(&self->secret, sizeof self->secret, GRND_NONBLOCK) < 0)
        self->secret = (uintptr_t)self; // early at boot, before any attack
    self->chains = edo_rc_new(CHAINS * sizeof *self->chains, NULL);
    if (!self->chains) return -ENOMEM;
    memset(self->chains, 0, CHAINS * sizeof *self->chains);
    return 0;
}

void edoi_http_addresses_deinit(edoi_http_addresses *self) {
    edo_rc_unref(self->chains);
    pthread_mutex_destroy(&self->lock);
}

/* Fills in what tells addresses apart; false: there is nothing. */
static bool tell(edoi_http_address *out, edo_stream *stream) {
    char key[EDO_ADDR_KEY_BYTES];
    edo_addr peer;
    if (edo_stream_peer_addr(stream, &peer) < 0) return false;
    (void)edo_addr_key(&peer, key);
    out->family = key[0];
    memcpy(&out->network, key + 1, sizeof out->network);
    return out->family != 0;
}

/* Mixes as the end of MurmurHash3 does. */
static edoi_http_address **chain_of(edoi_http_addresses *self, const edoi_http_address *a) {
    uint64_t h = (a->network ^ self->secret) + (unsigned char)a->family;
    h = (h ^ h >> 33) * UINT64_C(0xff51afd7ed558ccd);
    h = (h ^ self->secret >> 7 ^ h >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return &self->chains[(h ^ h >> 33) & (CHAINS - 1)];
}

/* With the lock held. Returns where the address is linked, or the end of its chain. */
static edoi_http_address **find(edoi_http_addresses *self, const edoi_http_address *a) {
    edoi_http_address **at = chain_of(self, a);
    while (*at && ((*at)->network != a->network || (*at)->family != a->family)) at = &(*at)->next;
    return at;
}

/* With the lock held. NULL without memory. */
static edoi_http_address *find_or_add(edoi_http_addresses *self, const edoi_http_address *a) {
    edoi_http_address **at = find(self, a);
    if (*at) return *at;
    edoi_http_address *added = edo_rc_new(sizeof *added, NULL);
    if (!added) return NULL;
    *added = *a;
    return *at = added;
}

int edoi_http_addresses_enter(edoi_http_addresses *self, edo_stream *stream,
                              edoi_http_address **out) {
    edoi_http_address asked = { 0 };
    *out = NULL;
    if (!self->chains || !tell(&asked, stream)) return 0;
    pthread_mutex_lock(&self->lock);
    edoi_http_address *found = find_or_add(self, &asked);
    int err = !found ? -ENOMEM : found->conns_n == self->most ? -EUSERS : 0;
    if (err == 0) found->conns_n++;
    pthread_mutex_unlock(&self->lock);
    if (err == 0) *out = found;
    return err;
}

void edoi_http_addresses_leave(edoi_http_addresses *self, edoi_http_address *of) {
    if (!of) return;
    pthread_mutex_lock(&self->lock);
    bool is_last = --of->conns_n == 0;
    if (is_last) {
        edoi_http_address **at = find(self, of);
        *at = of->next;
    }
    pthread_mutex_unlock(&self->lock);
    if (is_last) edo_rc_unref(of);
}
