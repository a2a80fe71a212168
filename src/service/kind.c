/* SPDX-License-Identifier: MIT */
/* service/kind.c: see kind.h. */
#include "service/kind.h"

static edoi_kind_known *functions; /* const once main() runs */

void edoi_kind_add(edoi_kind_known *known) {
    known->next = functions;
    functions = known;
}

int edoi_kind_by(edo_service *made, edoi_any_fn *fn) {
    const edoi_kind_known *known = functions;
    while (known && known->fn != fn) known = known->next;
    if (!known) return 0;
    if (!edoi_kind_fits(known->kind, made))
        return edo_fail(-EINVAL,
                        "a function of %s is for requests of the kind %s, and the service takes %s",
                        made->ops->name, known->kind, made->kind);
    made->kind = known->kind;
    return 0;
}
