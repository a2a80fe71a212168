/* SPDX-License-Identifier: MIT */
/* service/kind.h: whether a function fits the kind of requests that a service takes: see
 * edo/service.h.
 *
 * A function in a layer's options, such as an edo_outcome_fn, has no mark of the kind of requests
 * that it is for. edo's own functions have one: their files give it by EDOI_KIND_OF, and layers
 * check it by edoi_kind_by(). */
#ifndef EDOI_SERVICE_KIND_H
#define EDOI_SERVICE_KIND_H

#include <edo/service.h>

#include <errno.h>
#include <string.h>

EDOI_INLINE bool edoi_kind_is_any(const char *kind) {
    return !kind || *kind == '\0';
}

EDOI_INLINE bool edoi_kind_fits(const char *kind, const edo_service *svc) {
    return edoi_kind_is_any(kind) || edoi_kind_is_any(svc->kind) || strcmp(kind, svc->kind) == 0;
}

/* Returns 0, or -EINVAL and both kinds in the trail. `what` has the requests of `kind`. */
EDOI_INLINE int edoi_kind_check(const char *what, const char *kind, const edo_service *svc) {
    if (edoi_kind_fits(kind, svc)) return 0;
    return edo_fail(-EINVAL, "%s is for requests of the kind %s, and the service takes %s", what,
                    kind, svc->kind);
}

/* ---- Functions that are for requests of one kind --------------------------------------------- */

typedef void edoi_any_fn(void);

typedef struct edoi_kind_known {
    edoi_any_fn *fn;
    const char *kind;
    struct edoi_kind_known *next;
} edoi_kind_known;

/* Called as a library is loaded, by EDOI_KIND_OF; none of edo's is unloaded again
 * (cmake/EdoGroup.cmake). */
EDO_API void edoi_kind_add(edoi_kind_known *known);

/* `EDOI_KIND_OF(function, "kind");` at file scope, where the function is defined: a program that
 * has the function knows its kind then. */
#define EDOI_KIND_OF(function, of_kind)                                                            \
    __attribute__((constructor)) static void function##_has_kind(void) {                           \
        static edoi_kind_known known = { .fn = (edoi_any_fn *)(function), .kind = (of_kind) };     \
        edoi_kind_add(&known);                                                                     \
    }                                                                                              \
    extern int edoi_kind_of_end

/* `made` will call `fn`, which may be NULL, with its requests or responses: it is of the kind of
 * `fn` then, if that is known. Returns 0, or -EINVAL and both kinds in the trail. */
EDO_MUST_USE int edoi_kind_by(edo_service *made, edoi_any_fn *fn);

#endif
