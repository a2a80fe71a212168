/* SPDX-License-Identifier: MIT */
/* sim/calls/chance.c: random numbers of a host, by the seed of its world.
 *
 * OpenSSL does not get them from libc, but its method can be replaced; its functions are weak here,
 * since a program may not link OpenSSL. SQLite reads /dev/urandom once in a process, and again when
 * getpid() has changed: so each host has numbers of its own, and none are left for the next world.
 */
#include "sim/calls/calls.h"

#include <edo/base.h>

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

EDOI_SIM_CALLS(chance);

#define MEMORY_DEVICES 1 /* the major number of /dev/random and its kin: Linux */
#define DEV_RANDOM     8
#define DEV_URANDOM    9

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

/* ---- Of libc 2.36 ---------------------------------------------------------------------------- */

uint32_t arc4random(void);
uint32_t arc4random(void) {
    edoi_sim_host *h = edoi_sim_here();
    uint32_t drawn;
    if (!h) return EDOI_SIM_NEXT(arc4random)();
    sim_fill(h, (unsigned char *)&drawn, sizeof drawn);
    return drawn;
}

void arc4random_buf(void *buf, size_t n);
void arc4random_buf(void *buf, size_t n) {
    edoi_sim_host *h = edoi_sim_here();
    if (h) {
        sim_fill(h, buf, n);
    } else {
        EDOI_SIM_NEXT(arc4random_buf)(buf, n);
    }
}

uint32_t arc4random_uniform(uint32_t bound);
uint32_t arc4random_uniform(uint32_t bound) {
    edoi_sim_host *h = edoi_sim_here();
    uint64_t drawn;
    if (!h) return EDOI_SIM_NEXT(arc4random_uniform)(bound);
    sim_fill(h, (unsigned char *)&drawn, sizeof drawn);
    return bound > 0 ? (uint32_t)(drawn % bound) : 0; // 64 bits: the modulo favours no number
}

/* ---- Devices --------------------------------------------------------------------------------- */

static bool is_random_device(int fd) {
    struct stat about;
    if (EDOI_SIM_NEXT(fstat)(fd, &about) < 0 || !S_ISCHR(about.st_mode)) return false;
    unsigned is = minor(about.st_rdev);
    return major(about.st_rdev) == MEMORY_DEVICES && (is == DEV_RANDOM || is == DEV_URANDOM);
}

bool edoi_sim_draws(int fd, void *buf, size_t n) {
    edoi_sim_host *h = edoi_sim_here();
    if (!h || edoi_simnet_is_fd(fd) || !is_random_device(fd)) return false;
    sim_fill(h, buf, n);
    h->in->has_drawn_file = true;
    return true;
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

extern EDOI_WEAK void sqlite3_randomness(int n, void *buf);

void edoi_sim_chance_begin(uint64_t seed) {
    static const openssl_method ours = { .seed = openssl_seed,
                                         .bytes = openssl_bytes,
                                         .add = openssl_add,
                                         .pseudorand = openssl_bytes,
                                         .status = openssl_status };
    if (RAND_OpenSSL && RAND_set_rand_method) (void)RAND_set_rand_method(&ours);
    srandom((unsigned)(seed ^ seed >> 32));
}

/* It begins SQLite, if the program has one that has not begun: so only where somebody has read what
 * it reads. */
void edoi_sim_chance_end(const edo_sim *sim) {
    if (sqlite3_randomness && sim->has_drawn_file) sqlite3_randomness(0, NULL);
}
