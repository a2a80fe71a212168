/* SPDX-License-Identifier: MIT */
/* web/request/web.h: one request in its handler. It lies on the stack of the handler's fiber. */
#ifndef EDOI_WEB_REQUEST_WEB_H
#define EDOI_WEB_REQUEST_WEB_H

#include "web/router/router.h"

#include <edo/sse.h>
#include <edo/ws.h>

/* A router that is served. */
typedef struct edoi_web_app {
    edo_router *router; /* built */
    void *state;
    size_t body_max;
} edoi_web_app;

struct edo_web {
    const edoi_web_app *app;
    edo_request *req;
    edo_response *res;
    edo_str path, query;       /* views into the target */
    const edoi_route_step *at; /* the steps that are left */
    edo_web_fn *fn;            /* after them; NULL: the default of `not_found` or `not_allowed` */
    const edoi_place *place;   /* NULL: a fallback */
    const edoi_route *route;   /* with `place` */
    const edoi_settings *settings;
    uint32_t nested_n; /* segments of the path before the innermost nested router */
    bool has_body;     /* `body` is all of it: a layer, or an extractor before, has read it */
    edo_str body;
    int body_failure; /* why it could not be read as a whole: what is left of it is no body */
    bool in_handler;  /* no layer is to be met any more */
    bool is_refused;  /* the response is that of `rejection` */
    edo_web_rejection *rejection; /* the last one; NULL: none */
    const char *own_type;         /* `Content-Type` that was set before; NULL: none */
    edo_ws *ws;                   /* what the request has become; NULL: nothing */
    edo_sse_events *events;       /* that are being sent; NULL: none */
    const edoi_pattern *captured; /* what `match` has the captures of: a route, or the prefix of a
                                     fallback; NULL: there are none */
    edoi_match match;             /* with `captured` */
};

/* Was the response made already for a handler that has returned the failure `code`? With another
 * code than that of the rejection something else has failed since. */
static inline bool edoi_web_is_refusal(const edo_web *w, int code) {
    return w->is_refused && code == w->rejection->code;
}

/* Handles a request, for edo_http_serve(); `app` is an edoi_web_app. */
int edoi_web_handle(edo_request *req, edo_response *res, void *app);

/* Sets `Allow`: the methods that the request's path has. `w->place` is not NULL. Returns 0 or
 * -ENOMEM. */
int edoi_web_set_allow(edo_web *w);

/* Reads the body as a whole, if it is of that content type; else the request is refused. */
int edoi_web_json_text(edo_web *w, edo_str *out);
int edoi_web_form_text(edo_web *w, edo_str *out);

/* What the client says in `Accept`: several lines are one list (RFC 9110 section 5.3). NULL as the
 * pointer: nothing, so it takes all. `*out` lives as long as the request. Returns 0 or -ENOMEM. */
int edoi_web_accept(edo_web *w, edo_str *out);

/* The content type of a response that is usually of the type `usual`. */
const char *edoi_web_type(const edo_web *w, const char *usual);

/* Makes what `text` has the response, and takes it on success. */
int edoi_web_reply_buf(edo_web *w, edo_status status, const char *type, edo_buf *text);

/* Appends the fields of a struct that `link` does not capture as a query, with its '?'; nothing if
 * there are none. Returns 0, -ENOMEM, or a code of a value without a text. */
int edoi_web_print_query(edo_buf *out, const edoi_pattern *link, const void *value,
                         const edo_desc *desc);

/* What is wrong with the fields of all parts of a request that want its body; NULL: nothing. */
const char *edoi_web_input_fault(const edo_desc *desc);

/* Is one of `faults` about a part of the path that the route has no capture for? Then not the
 * client, but the program is wrong, and the failure says so; else 0. */
int edoi_web_lacks_capture(const edo_web *w, const edo_faults *faults);

/* Makes a failure of the request the response, and returns `err`. */
int edoi_web_refuse(edo_web *w, int err, edo_status status, const char *detail);

/* Makes the response for a request that no route or layer lets through, as edo_router_on_reject()
 * says; `code` is for that function. printf; NULL as `detail`: none. Returns 0 or a code. */
int edoi_web_turn_away(edo_web *w, int code, edo_status status, const char *detail, ...)
    EDO_PRINTF(4, 5);

/* As edoi_web_refuse(), for fields that are not as described; `faults` lie in the request's arena.
 */
int edoi_web_refuse_fields(edo_web *w, int err, edo_status status, const edo_faults *faults);

/* Makes the response for a handler that has returned the failure `err`. Returns 0 or a code. */
int edoi_web_respond_failure(edo_web *w, int err);

#endif
