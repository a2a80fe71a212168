/* SPDX-License-Identifier: MIT */
/* web/layers/normalize.c: edo_router_normalize_path(), whose work is in web/request/slash.c. */
#include "web/router/router.h"

#include <edo/web_layers.h>

#include <errno.h>

void edo_router_normalize_path(edo_router *r, edo_path_slash slash) {
    if (!edoi_router_is_open(r)) return;
    if (slash > EDO_PATH_SLASH_REDIRECTED) {
        edoi_router_fail(r, -EINVAL, "there is no such way to end a path: %d", (int)slash);
        return;
    }
    r->slash = (uint8_t)slash;
}
