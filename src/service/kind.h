/* SPDX-License-Identifier: MIT */
/* service/kind.h: whether requests of one kind are those that a service takes (edo/service.h). */
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

#endif
