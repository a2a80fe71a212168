/* SPDX-License-Identifier: MIT */
/* console/page/page.c: the page and what it asks for, as routes of the program's own router. The
 * file has nothing of the program in it, so everybody gets it; who.c is around the service. */
#include "console/page/page.h"

#include "console/own/service.h"
#include "console/page/who.h"
#include "web/router/router.h"

#include <edo/openapi.h>
#include <edo/web_guard.h>
#include <edo/web_layers.h>

#include <errno.h>
#include <stdio.h>

/* It is small, and another version of the program has another one. */
static int show_page(edo_web *w) {
    int err = edo_web_set_header(w, "cache-control", "no-store");
    return err < 0 ? err
                   : edo_web_reply_bytes(
                         w, EDO_STATUS_OK, "text/html; charset=utf-8",
                         (edo_str){ (const char *)edoi_console_page, edoi_console_page_n });
}

/* Relative, for a proxy may have put the program below a path of its own. */
static int redirect_to_page(edo_web *w) {
    return edo_web_reply_redirect(w, EDO_STATUS_PERMANENT_REDIRECT, EDO_STR("console/"));
}

/* Requests that a page of another origin has a browser send are refused, whatever layers the
 * program has for its own routes. */
static edo_router *service_routes(const edoi_page_who *who) {
    edo_router *r = edo_router_new();
    edoi_look_routes(r);
    edo_router_wrap_all(r, edo_csrf_layer(NULL), edoi_page_who_layer(who));
    return r;
}

void edo_console_routes(edo_router *r, const edo_console_page_opts *opts) {
    const edo_security_headers_opts headers = { .policy = edoi_console_policy,
                                                .referrer = "no-referrer" };
    edoi_page_who who;
    int err = edoi_page_who_read(&who, opts);
    if (err == -ENOENT) return;
    if (err < 0) {
        if (r) edoi_router_fail(r, err, "the console's page");
        return;
    }
    edo_router *inner = edo_router_new();
    edo_router_get(inner, "/", show_page);
    edo_router_doc(inner, &(edo_route_doc){ .hidden = true });
    edo_router_merge(inner, service_routes(&who));
    edo_router_wrap_all(inner, edo_security_headers_layer(&headers));
    edo_router_nest(r, "/console/", inner);
    edo_router_get(r, "/console", redirect_to_page);
    edo_router_doc(r, &(edo_route_doc){ .hidden = true });
}

int edo_console_path(char out[EDO_CONSOLE_PATH_BYTES], const edo_console_page_opts *opts) {
    edoi_page_who who;
    int err = edoi_page_who_read(&who, opts);
    if (err < 0) return err;
    (void)snprintf(out, EDO_CONSOLE_PATH_BYTES, "/console/%s%s",
                   who.is_given ? "" : "#token=", who.is_given ? "" : who.token);
    return 0;
}
