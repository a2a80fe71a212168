/* SPDX-License-Identifier: MIT */
/* sim/calls/environment.c: the environment of a host: edo_sim_env(), and its process's number. */
#include "sim/calls/calls.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

EDOI_SIM_CALLS(environment);

#define PIDS_FROM  (1 << 22) /* Linux: no process of a machine has a number as large */
#define LIVES      0x4000    /* then numbers come again, as a machine's do */
#define PLACE_MASK 0xffffffu /* of an address: which of the hosts it is */

static char *sim_find_var(const edoi_sim_var *first, const char *name) {
    for (const edoi_sim_var *v = first; v; v = v->next)
        if (strcmp(v->name, name) == 0) return v->value;
    return NULL;
}

static char *sim_getenv(const edoi_sim_host *h, const char *name) {
    char *of_host = sim_find_var(h->vars, name);
    return of_host ? of_host : sim_find_var(h->in->vars, name);
}

char *getenv(const char *name) {
    const edoi_sim_host *h = edoi_sim_here();
    return h ? sim_getenv(h, name) : EDOI_SIM_NEXT(getenv)(name);
}

char *secure_getenv(const char *name) {
    const edoi_sim_host *h = edoi_sim_here();
    return h ? sim_getenv(h, name) : EDOI_SIM_NEXT(secure_getenv)(name);
}

/* By the host's place, and how often its program has begun. */
pid_t getpid(void) {
    const edoi_sim_host *h = edoi_sim_here();
    if (!h) return EDOI_SIM_NEXT(getpid)();
    pid_t place = (pid_t)(ntohl(h->v4.s_addr) & PLACE_MASK), life = (pid_t)(h->life % LIVES);
    return PIDS_FROM + place + (life << 16);
}

pid_t getppid(void) {
    return edoi_sim_here() ? 1 : EDOI_SIM_NEXT(getppid)();
}
