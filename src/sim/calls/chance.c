/* SPDX-License-Identifier: MIT */
/* sim/calls/chance.c: random numbers of a host, by the seed of its world.
 *
 * OpenSSL asks no libc for them, but has a method that can be replaced. A program that has no
 * OpenSSL has none of its functions either, which are weak here. */
#include "sim/calls/calls.h"

#include <edo/base.h>

#include <string.h>
#include <sys/random.h>
#include <unistd.h>

static void sim_fill(edoi_sim_host *h, unsigned char *at, size_t n) {
    edoi_sim_event(h->in, h, EDOI_SIM_DRAW, n);
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

/* ---- OpenSSL --------------------------------------------------------------------------------- */

/* As <openssl/rand.h> has it since 1.0: rand_meth_st. */
typedef struct openssl_method {
    int (*seed)(const void *buf, int n);
    int (*bytes)(unsigned char *buf, int n);
    void (*cleanup)(void);
    int (*add)(const void *buf, int n, double entropy);
    int (*pseudorand)(unsigned char *buf, int n);
    int (*status)(void);
} openssl_method;

extern EDOI_WEAK const openssl_method *RAND_OpenSSL(void);
extern EDOI_WEAK int RAND_set_rand_method(const openssl_method *method);

static int openssl_bytes(unsigned char *buf, int n) {
    edoi_sim_host *h = edoi_sim_here();
    if (!h) return RAND_OpenSSL()->bytes(buf, n);
    sim_fill(h, buf, (size_t)n);
    return 1;
}

static int openssl_seed(const void *buf, int n) {
    return edoi_sim_here() ? 1 : RAND_OpenSSL()->seed(buf, n);
}

static int openssl_add(const void *buf, int n, double entropy) {
    return edoi_sim_here() ? 1 : RAND_OpenSSL()->add(buf, n, entropy);
}

static int openssl_status(void) {
    return edoi_sim_here() ? 1 : RAND_OpenSSL()->status();
}

void edoi_sim_openssl_draws(void) {
    static const openssl_method ours = { .seed = openssl_seed,
                                         .bytes = openssl_bytes,
                                         .add = openssl_add,
                                         .pseudorand = openssl_bytes,
                                         .status = openssl_status };
    if (RAND_OpenSSL && RAND_set_rand_method) (void)RAND_set_rand_method(&ours);
}
