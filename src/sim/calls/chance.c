/* SPDX-License-Identifier: MIT */
/* sim/calls/chance.c: random numbers of a host, by the seed of its world. */
#include "sim/calls/calls.h"

#include <string.h>
#include <sys/random.h>
#include <unistd.h>

static void sim_fill(edoi_sim_host *h, unsigned char *at, size_t n) {
    while (n > 0) {
        uint64_t random = edoi_simnet_random(h->in->net);
        size_t piece = n < sizeof random ? n : sizeof random;
        memcpy(at, &random, piece);
        at += piece;
        n -= piece;
    }
}

ssize_t getrandom(void *buf, size_t n, unsigned flags) {
    edoi_sim_host *h = edoi_sim_here();
    if (!h) return EDOI_SIM_NEXT(getrandom)(buf, n, flags);
    sim_fill(h, buf, n);
    return (ssize_t)n;
}

int getentropy(void *buf, size_t n) {
    edoi_sim_host *h = edoi_sim_here();
    if (!h) return EDOI_SIM_NEXT(getentropy)(buf, n);
    sim_fill(h, buf, n);
    return 0;
}
