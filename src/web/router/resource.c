/* SPDX-License-Identifier: MIT */
/* web/router/resource.c: adds the routes of a resource. */
#include "base/opts.h"
#include "web/layers/layer.h"
#include "web/router/router.h"

#include <edo/web_routes.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void resource_add(edo_router *r, edo_method method, const char *path, edo_web_fn *fn) {
    if (fn) edo_router_add(r, EDO_METHOD_BIT(method), path, fn);
}

/* Returns the path of one thing, in memory of the router, or NULL. */
static const char *member_path(edo_router *r, const char *path, const char *id) {
    size_t most = strlen(path) + strlen(id) + sizeof "/{}";
    char *text = edo_arena_text(&r->arena, most);
    if (text) (void)snprintf(text, most, "%s/{%s}", path[1] ? path : "", id);
    return text;
}

static bool resource_is_good(const char *path, const edo_resource *of) {
    size_t n = strlen(path);
    bool does_nothing = !of->index && !of->create && !of->show && !of->replace && !of->update;
    if (does_nothing && !of->remove) return false;
    bool ends_with_slash = n == 0 || (n > 1 && path[n - 1] == '/');
    return !ends_with_slash && edoi_all_zero(of->reserved, EDO_COUNT(of->reserved));
}

void edo_router_resource(edo_router *r, const char *path, const edo_resource *of) {
    if (!edoi_router_is_open(r) || r->failure < 0) return;
    if (!resource_is_good(path, of)) {
        edoi_router_fail(r, -EINVAL,
                         "the resource %s has no function, a slash at its end, or a reserved field",
                         path);
        return;
    }
    const char *one = member_path(r, path, of->id ? of->id : "id");
    if (!one) {
        edoi_router_fail(r, -ENOMEM, "no memory");
        return;
    }
    resource_add(r, EDO_METHOD_GET, path, of->index);
    resource_add(r, EDO_METHOD_POST, path, of->create);
    resource_add(r, EDO_METHOD_GET, one, of->show);
    resource_add(r, EDO_METHOD_PUT, one, of->replace);
    resource_add(r, EDO_METHOD_PATCH, one, of->update);
    resource_add(r, EDO_METHOD_DELETE, one, of->remove);
}
