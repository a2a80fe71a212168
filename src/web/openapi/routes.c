/* SPDX-License-Identifier: MIT */
/* web/openapi/routes.c: descriptions of routes, and the routes that serve the document. */
#include "base/opts.h"
#include "web/openapi/openapi.h"
#include "web/request/web.h"

#include <edo/mutex.h>

#include <errno.h>

/* ---- Descriptions of routes ------------------------------------------------------------------ */

static bool route_doc_is_zero(const edo_route_doc *doc) {
    if (!edoi_all_zero(doc->reserved, EDO_COUNT(doc->reserved))) return false;
    for (size_t i = 0; i < doc->replies_n; i++)
        if (!edoi_all_zero(doc->replies[i].reserved, EDO_COUNT(doc->replies[i].reserved)))
            return false;
    return true;
}

/* Returns what is wrong with a description; NULL: nothing. */
static const char *route_doc_fault_of(const edo_route_doc *doc) {
    if (!route_doc_is_zero(doc)) return "a reserved field is not 0";
    return doc->input ? edoi_web_input_fault(doc->input) : NULL;
}

void edo_router_doc(edo_router *r, const edo_route_doc *doc) {
    if (!edoi_router_is_open(r) || r->failure < 0) return;
    if (!r->last) {
        edoi_router_fail(r, -EINVAL, "a description before any route was added");
        return;
    }
    const char *fault = route_doc_fault_of(doc);
    if (fault) {
        edo_str path = r->last->pattern.text;
        edoi_router_fail(r, -EINVAL, "the description of %.*s: %s", (int)path.len, path.ptr, fault);
        return;
    }
    edo_route_doc *own = edo_arena_alloc(&r->arena, sizeof *own);
    size_t bytes = doc->replies_n * sizeof *doc->replies;
    edo_route_reply *replies = edo_arena_alloc(&r->arena, bytes + 1);
    if (!own || !replies) {
        edoi_router_fail(r, -ENOMEM, "no memory");
        return;
    }
    if (bytes > 0) memcpy(replies, doc->replies, bytes);
    *own = *doc;
    own->replies = replies;
    r->last->doc = own;
}

/* ---- Routes ---------------------------------------------------------------------------------- */

/* The state of the document's route. A router that is served does not change, so the document is
 * made once. */
typedef struct document {
    edo_openapi_opts opts;
    edo_mutex making;
    edo_bytes text; /* lock: making; empty: not made yet */
} document;

static void document_deinit(void *self) {
    edo_bytes_unref(&((document *)self)->text);
}

static int make_document(document *d, const edo_router *r) {
    edo_buf json = { 0 };
    int err = edo_openapi_print(r, &d->opts, &json);
    if (err == 0) d->text = edo_buf_freeze(&json);
    edo_buf_deinit(&json);
    return err;
}

static int get_document(edo_web *w) {
    document *d = edo_web_route_arg(w);
    int err = edo_mutex_lock(&d->making);
    if (err < 0) return err;
    if (d->text.str.len == 0) err = make_document(d, w->app->router);
    edo_bytes body = edo_bytes_ref(&d->text);
    edo_mutex_unlock(&d->making);
    if (err == 0)
        err = edo_response_bytes(w->res, EDO_STATUS_OK, EDO_STR("application/json"), &body);
    edo_bytes_unref(&body);
    return err;
}

/* Sends a part of the page, under a policy that allows only what this server has, and no frames. */
static int reply_part(edo_web *w, const char *type, const char *text) {
    int err = edo_web_set_header(w, "content-security-policy",
                                 "default-src 'none'; script-src 'self'; style-src 'self'; "
                                 "connect-src 'self'; base-uri 'none'; form-action 'none'; "
                                 "frame-ancestors 'none'");
    if (err == 0) err = edo_web_set_header(w, "x-content-type-options", "nosniff");
    return err < 0 ? err : edo_web_reply_bytes(w, EDO_STATUS_OK, type, edo_str_of(text));
}

static int get_page(edo_web *w) {
    return reply_part(w, "text/html; charset=utf-8", edoi_openapi_html);
}

static int get_style(edo_web *w) {
    return reply_part(w, "text/css; charset=utf-8", edoi_openapi_css);
}

static int get_script(edo_web *w) {
    return reply_part(w, "text/javascript; charset=utf-8", edoi_openapi_js);
}

static void openapi_routes_add(edo_router *r, const char *path, edo_web_fn *fn) {
    edo_router_get(r, path, fn);
    edo_router_doc(r, &(edo_route_doc){ .hidden = true });
}

void edo_openapi_routes(edo_router *r, const edo_openapi_opts *opts) {
    static const edo_openapi_opts defaults = { .title = NULL };
    if (!r || r->failure < 0) return;
    document *d = edo_rc_new(sizeof *d, document_deinit);
    if (!d) {
        edoi_router_fail(r, -ENOMEM, "no memory");
        return;
    }
    *d = (document){ .opts = opts ? *opts : defaults, .making = EDO_MUTEX_INIT };
    edo_router_add_with(r, EDO_METHOD_BIT(EDO_METHOD_GET), "/openapi.json", get_document, d,
                        edo_rc_unref);
    edo_router_doc(r, &(edo_route_doc){ .hidden = true });
    openapi_routes_add(r, "/docs", get_page);
    openapi_routes_add(r, "/docs/style.css", get_style);
    openapi_routes_add(r, "/docs/script.js", get_script);
}
