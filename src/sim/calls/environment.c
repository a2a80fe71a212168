/* SPDX-License-Identifier: MIT */
/* sim/calls/environment.c: the environment of a host: edo_sim_env(). */
#include "sim/calls/calls.h"

#include <stdlib.h>
#include <string.h>

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
