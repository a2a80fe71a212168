/* SPDX-License-Identifier: MIT */
/* web/static/mount.c: adds routes that serve files. */
#include "web/static/mount.h"
#include "base/opts.h"
#include "web/router/router.h"

#include <edo/openapi.h>

#define EDO_TARGET "web.static"
#include <edo/log.h>

#include <errno.h>
#include <unistd.h>

#define GET_BIT EDO_METHOD_BIT(EDO_METHOD_GET)

static void mount_deinit(void *self) {
    edoi_static_mount *m = self;
    edoi_static_backend_deinit(&m->backend);
    edo_arena_deinit(&m->arena);
}

static int static_mount_copy(edoi_static_mount *m, const char **text) {
    if (!*text) return 0;
    *text = edo_arena_copy(&m->arena, *text, strlen(*text));
    return *text ? 0 : -ENOMEM;
}

static int make_absent(edoi_static_mount *m) {
    m->absent = edo_arena_alloc(&m->arena, EDOI_STATIC_ABSENT_N * sizeof *m->absent);
    if (!m->absent) return -ENOMEM;
    memset(m->absent, 0, EDOI_STATIC_ABSENT_N * sizeof *m->absent);
    return 0;
}

static int take_opts(edoi_static_mount *m, const edo_static_opts *opts) {
    if (opts && !edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    if (opts) m->opts = *opts;
    m->opts.cache = NULL; // the backend has used it
    if (!m->opts.index) m->opts.index = "index.html";
    int err = static_mount_copy(m, &m->opts.index);
    if (err == 0) err = static_mount_copy(m, &m->opts.cache_control);
    if (err == 0) err = static_mount_copy(m, &m->opts.fallback);
    if (err == 0 && m->opts.precompressed) err = make_absent(m);
    bool is_field =
        !m->opts.cache_control || edo_header_value_is_valid(edo_str_of(m->opts.cache_control));
    return err == 0 && !is_field ? -EINVAL : err;
}

/* Makes a mount. Takes the backend in any case. Returns NULL after a failure, which the router
 * keeps. */
static edoi_static_mount *mount_of(edo_router *r, edoi_static_backend *b,
                                   const edo_static_opts *opts, const char *file) {
    edoi_static_mount *m = r ? edo_rc_new(sizeof *m, mount_deinit) : NULL;
    if (!m) {
        if (r) edoi_router_fail(r, -ENOMEM, "no memory");
        edoi_static_backend_deinit(b);
        return NULL;
    }
    *m = (edoi_static_mount){ .backend = *b, .file = file };
    int err = take_opts(m, opts);
    if (err == 0) err = static_mount_copy(m, &m->file);
    if (err == 0) return m;
    edoi_router_fail(r, err, "options of files that are served: %s", edo_strerror(err));
    edo_rc_unref(m);
    return NULL;
}

/* Adds the route for `path` and more text behind it, with a share of the mount. */
static void mount_add(edo_router *r, edoi_static_mount *m, edo_str path, const char *more,
                      edo_web_fn *fn) {
    size_t n = path.len, more_n = strlen(more);
    char *whole = edo_arena_text(&m->arena, n + more_n + 1);
    if (!whole) {
        edoi_router_fail(r, -ENOMEM, "no memory");
        return;
    }
    memcpy(whole, path.ptr, n);
    memcpy(whole + n, more, more_n + 1);
    edo_router_add_with(r, GET_BIT, whole, fn, edo_rc_ref(m), edo_rc_unref);
    edo_router_doc(r, &(edo_route_doc){ .hidden = true });
}

static void mount_serve(edo_router *r, const char *path, edoi_static_backend *b,
                        const edo_static_opts *opts) {
    edoi_static_mount *m = mount_of(r, b, opts, NULL);
    if (!m) return;
    edo_str at = edo_str_of(path);
    if (at.len > 0 && at.ptr[at.len - 1] == '/') at.len--;
    if (at.len > 0) mount_add(r, m, at, "", edoi_static_serve);
    mount_add(r, m, at, "/", edoi_static_serve);
    mount_add(r, m, at, "/{*" EDOI_STATIC_CAPTURE "}", edoi_static_serve);
    edo_rc_unref(m);
}

static void mount_fail(edo_router *r, const char *what, int err) {
    if (r) edoi_router_fail(r, err, "%s cannot be served: %s", what, edo_strerror(err));
}

void edo_serve_backend(edo_router *r, const char *path, const edo_static_backend_ops *ops,
                       void *self, const edo_static_opts *opts) {
    edoi_static_backend b = { .ops = ops, .self = self };
    mount_serve(r, path, &b, opts);
}

/* Logs that the directory is missing. It may be made later, but as a rule the program was started
 * in another directory than its author thought, and all requests would get a 404 without a
 * reason. */
static void tell_if_missing(const char *path, const char *what) {
    if (access(what, R_OK) < 0)
        edo_warn("%s, which is to be served at %s: %s", what, path, edo_strerror(-errno));
}

void edo_serve_dir(edo_router *r, const char *path, const char *dir, const edo_static_opts *opts) {
    edoi_static_backend b;
    int err = edoi_static_disk_new(&b, dir, opts ? opts->cache : NULL);
    if (err < 0)
        mount_fail(r, dir, err);
    else
        mount_serve(r, path, &b, opts);
    tell_if_missing(path, dir);
}

void edo_serve_assets(edo_router *r, const char *path, const edo_asset *assets, size_t n,
                      const edo_static_opts *opts) {
    edoi_static_backend b;
    int err = edoi_static_assets_new(&b, assets, n);
    if (err < 0)
        mount_fail(r, "assets", err);
    else
        mount_serve(r, path, &b, opts);
}

void edo_serve_file(edo_router *r, const char *path, const char *file,
                    const edo_static_opts *opts) {
    edoi_static_backend b;
    int err = edoi_static_disk_new(&b, NULL, opts ? opts->cache : NULL);
    if (err < 0) {
        mount_fail(r, file, err);
        return;
    }
    edoi_static_mount *m = mount_of(r, &b, opts, file);
    if (!m) return;
    mount_add(r, m, edo_str_of(path), "", edoi_static_serve);
    edo_rc_unref(m);
    tell_if_missing(path, file);
}
