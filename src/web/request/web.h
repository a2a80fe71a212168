/* SPDX-License-Identifier: MIT */
/* web/request/web.h: a request in its handler. It lies on the stack of the handler's fiber. */
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
    size_t decoded_max;               /* 0: in proportion to the longest body */
    const struct edoi_web_door *door; /* NULL: none, as it is no server of a router */
} edoi_web_app;

/* What stands in front of all routes of a server, and of its layers. */
typedef struct edoi_web_door {
    /* Called first. Returns 0 or a code. */
    int (*begin)(const struct edoi_web_door *self, edo_web *w);
    /* Called when the target is known: does the request come in? If not, `*code` is what the
     * refusal has returned. */
    bool (*lets_in)(const struct edoi_web_door *self, edo_web *w, int *code);
} edoi_web_door;

/* Where a request leads: to a route, to a fallback, or to the response for a method that is not
 * allowed. */
typedef struct edoi_web_target {
    edo_web_fn *fn;               /* called behind the layers */
    const edoi_route_step *steps; /* the layers; NULL: none */
    const edoi_settings *settings;
    uint32_t nested_n;            /* segments of the path in front of the innermost nested router */
    const edoi_place *place;      /* NULL: no route */
    const edoi_route *route;      /* with `place` */
    const edoi_pattern *captured; /* the pattern of the captures in `match`: of a route, or the
                                      prefix of a fallback; NULL: none */
} edoi_web_target;

struct edo_web {
    const edoi_web_app *app;
    edo_request *req;
    edo_response *res;
    edo_str path, query; /* views into the target */
    edo_str spelt;       /* the path in the spelling in which routes are compared */
    edoi_web_target to;
    const edoi_route_step *at; /* of `to.steps`, those that are left */
    bool has_body; /* `body` is the whole body: a layer, or an earlier extractor, has read it */
    edo_str body;
    int body_failure; /* why it could not be read as a whole: the rest of it is no body */
    bool in_handler;  /* behind all layers */
    bool is_refused;  /* the response is that of `rejection` */
    edo_web_rejection *rejection; /* the last one; NULL: none */
    const char *own_type;         /* the `Content-Type` that was set before; NULL: none */
    edo_ws *ws;                   /* the socket that the request has become; NULL: none */
    edo_sse_events *events;       /* the events that are being sent; NULL: none */
    edoi_match match;             /* set with `to.captured` */
};

/* Has a refusal already made the response for a handler that returns `code`? With another code than
 * that of the rejection something else has failed since. */
static inline bool edoi_web_is_refusal(const edo_web *w, int code) {
    return w->is_refused && code == w->rejection->code;
}

/* Handles a request. An edo_http_handler, whose argument `app` is an edoi_web_app. */
int edoi_web_handle(edo_request *req, edo_response *res, void *app);

/* Sets `Allow` to the methods of the request's path, which has led to `place`. Returns 0 or
 * -ENOMEM. */
int edoi_web_set_allow(edo_web *w, const edoi_place *place);

/* Reads the body as a whole if it is of that content type; otherwise refuses the request. */
int edoi_web_json_text(edo_web *w, edo_str *out);
int edoi_web_form_text(edo_web *w, edo_str *out);

/* Is that the content type, whatever its parameters? */
bool edoi_web_is_of_type(const edo_web *w, const char *type);

/* Refuses the request, whose body could not be read because of `err`. Returns `err`. */
int edoi_web_refuse_body(edo_web *w, int err);

/* Called before and after a part of the request is decoded: bounds the memory that this takes from
 * the arena. The second gets the decoder's result and returns it; or, if the bound was met, it
 * refuses the request and returns -EMSGSIZE. */
size_t edoi_web_decode_begin(const edo_web *w, edo_arena *arena);
int edoi_web_decode_end(edo_web *w, edo_arena *arena, size_t arena_max, int err);

/* Sets `*out` to the value of `Accept`, several lines as one list (RFC 9110 section 5.3), which
 * lives as long as the request. NULL as its pointer: there is none, so the client takes all types.
 * Returns 0 or -ENOMEM. */
int edoi_web_accept(edo_web *w, edo_str *out);

/* Returns the content type of a response that is usually of the type `usual`. */
const char *edoi_web_type(const edo_web *w, const char *usual);

/* Makes a response of `text`, which it takes on success. */
int edoi_web_reply_buf(edo_web *w, edo_status status, const char *type, edo_buf *text);

/* Appends the fields of a struct that `link` does not capture as a query, with its '?'; nothing if
 * there are none. Returns 0, -ENOMEM, or the code of a value without a text. */
int edoi_web_print_query(edo_buf *out, const edoi_pattern *link, const void *value,
                         const edo_desc *desc);

/* Returns what is wrong with the description of the fields that take the request's body; NULL:
 * nothing. */
const char *edoi_web_input_fault(const edo_desc *desc);

/* Is one of `faults` about a field of the path for which the route has no capture? Then the program
 * is wrong, not the client, and the failure says so. Returns the failure, or 0. */
int edoi_web_lacks_capture(const edo_web *w, const edo_faults *faults);

/* Makes the response for a failure of the request. Returns `err`. */
int edoi_web_refuse(edo_web *w, int err, edo_status status, const char *detail);

/* Returns after how long a client is to ask again that was refused by `failure`; from the trail, if
 * it is there. */
edo_duration edoi_web_retry_after(int failure);

/* Makes the response for a request that no route or layer lets through, as edo_router_on_reject()
 * says; `code` is for that function. `detail` is a format as of printf; NULL: none. Returns 0 or a
 * code. */
int edoi_web_turn_away(edo_web *w, int code, edo_status status, const char *detail, ...)
    EDO_PRINTF(4, 5);

/* As edoi_web_refuse(), for fields that are not as described. `faults` lie in the request's
 * arena. */
int edoi_web_refuse_fields(edo_web *w, int err, edo_status status, const edo_faults *faults);

/* Warns of a handler that a limit of time has ended, unless the failure `err` was told already; of
 * one a second in the whole program. */
void edoi_web_log_late(edo_web *w, int err);

/* Warns of a request that a guard of the server has refused, and why; of one a second. */
void edoi_web_log_guarded(edo_web *w, const char *why);

/* Returns the status that the client gets of a handler that has returned `code`, unless `on_error`
 * of the options makes another one; 0: it gets none, since it has gone. */
edo_status edoi_web_status_of(const edo_web *w, int code);

/* Makes the response for a handler that has returned the failure `err`. Returns 0 or a code. */
int edoi_web_respond_failure(edo_web *w, int err);

#endif
