/* SPDX-License-Identifier: MIT */
/* service/layers/steer.c: a function picks the service for each request. The chosen one is made
 * ready in call, with the caller's permit: no two of the services are ever held in one permit, so
 * they share the slots below this service's. */
#include <edo/steer.h>

#include "base/memory/alloc.h"
#include "service/kind.h"

#include <errno.h>
#include <limits.h>

typedef struct steer {
    edo_service base;
    edo_steer_fn *pick;
    void *arg;
    edo_service **services; /* references; const */
    size_t n;
} steer;

static steer *steer_of(edo_service *base) {
    return (steer *)(void *)base;
}

static int steer_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    const steer *self = steer_of(base);
    int at = self->pick(self->arg, request, self->n);
    if (at < 0) return at;
    if (EDO_MISUSE((size_t)at >= self->n, "edo_steer_fn picked a service that is not there"))
        return -EDO_EMISUSE;
    edo_service *chosen = self->services[at];
    int err = edo_service_ready(chosen, permit);
    return err < 0 ? err : edo_service_call(chosen, permit, request, response);
}

static void steer_deinit(edo_service *base) {
    steer *self = steer_of(base);
    for (size_t i = 0; i < self->n; i++) edo_service_unref(self->services[i]);
    edoi_free(self->services);
}

/* Levels that the deepest of the services takes in a permit. */
static uint32_t levels_of(edo_service *const *services, size_t n) {
    uint32_t levels = 0;
    for (size_t i = 0; i < n; i++)
        if (services[i]->level >= levels) levels = services[i]->level + 1;
    return levels;
}

/* Each of them may get any request, so all take one kind, which is left in `*kind`. */
static int steer_kind(const char **kind, edo_service *const *services, size_t n) {
    *kind = NULL;
    for (size_t i = 0; i < n; i++) {
        int err = edoi_kind_check("edo_steer_new()", *kind, services[i]);
        if (err < 0) return err;
        if (edoi_kind_is_any(*kind)) *kind = services[i]->kind;
    }
    return 0;
}

int edo_steer_new(edo_service **out, edo_service *const *services, size_t n, edo_steer_fn *pick,
                  void *arg) {
    static const edo_service_ops ops = { .name = "edo_steer_new",
                                         .call = steer_call,
                                         .deinit = steer_deinit };
    if (n == 0 || n > INT_MAX) return -EINVAL;
    edo_service *base;
    const char *kind;
    int err = steer_kind(&kind, services, n);
    if (err < 0) return err;
    err = edo_service_new(&base, sizeof(steer), &ops, NULL);
    if (err < 0) return err;
    base->kind = kind;
    steer *self = steer_of(base);
    self->pick = pick;
    self->arg = arg;
    self->services = edoi_calloc(n, sizeof(edo_service *));
    err = self->services ? edo_service_set_levels(base, levels_of(services, n)) : -ENOMEM;
    if (err < 0) {
        edo_service_unref(base);
        return err;
    }
    for (size_t i = 0; i < n; i++) self->services[i] = edo_service_ref(services[i]);
    self->n = n;
    *out = base;
    return 0;
}
