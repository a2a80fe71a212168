/* SPDX-License-Identifier: MIT */
/* web/request/failure.c: the response for a handler that has failed. The client is told what it can
 * do something about; what went wrong inside goes to the log. */
#include "web/request/web.h"

#include <edo/web_layers.h>

#define EDO_TARGET "web"
#include <edo/trace.h>

#include <errno.h>

static edo_status status_of(int err) {
    switch (err) {
    case -EMSGSIZE: return EDO_STATUS_CONTENT_TOO_LARGE;
    case -EBADMSG:
    case -EDO_EEOF: return EDO_STATUS_BAD_REQUEST;
    case -EDO_ERATELIMITED: return EDO_STATUS_TOO_MANY_REQUESTS;
    case -EDO_EOVERLOADED:
    case -ETIMEDOUT: return EDO_STATUS_SERVICE_UNAVAILABLE;
    default: return EDO_STATUS_INTERNAL_SERVER_ERROR;
    }
}

/* One line: those of other requests do not come between. */
static void log_reason(edo_web *w, edo_str at, int err) {
    char why[512];
    const edo_str m = w->req->method_name, id = edo_request_id(w->req);
    if (!edo_trace_enabled(EDO_LEVEL_WARN, EDO_TARGET)) return;
    (void)edo_trail_format(why, sizeof why, err, EDO_TRAIL_LINE);
    if (id.len > 0)
        edo_trace_event(EDO_LEVEL_WARN, EDO_TARGET, (EDO_KV_STR("id", id.ptr, id.len)),
                        "%.*s %.*s failed: %s", (int)m.len, m.ptr, (int)at.len, at.ptr, why);
    else
        edo_warn("%.*s %.*s failed: %s", (int)m.len, m.ptr, (int)at.len, at.ptr, why);
}

/* Clients may send bad bodies, and come too often, as much as they like. */
static bool is_the_clients(const edo_web *w, int err) {
    bool is_of_body = err == -EMSGSIZE || err == -EBADMSG || err == -EDO_EEOF;
    return err == -ECANCELED || err == -EDO_ERATELIMITED || err == -EDO_EOVERLOADED ||
           (is_of_body && w->req->length != 0);
}

/* A client that leaves is no failure, though the handler has met it. What may be the client's is
 * told again, by the server, if it breaks a response off. */
static void log_failure(edo_web *w, int err) {
    const edo_str m = w->req->method_name;
    bool is_lost = edo_request_is_lost(w->req);
    edo_str at = edo_web_matched_path(w);
    if (w->res->is_told) return;   // by a layer inside
    if (at.len == 0) at = w->path; // of a fallback
    w->res->is_told = is_lost || !is_the_clients(w, err);
    if (!w->res->is_told)
        edo_debug("%.*s %.*s failed: %s", (int)m.len, m.ptr, (int)at.len, at.ptr,
                  edo_strerror(err));
    else if (is_lost)
        edo_debug("%.*s %.*s: the client has gone: %s", (int)m.len, m.ptr, (int)at.len, at.ptr,
                  edo_strerror(err));
    else
        log_reason(w, at, err);
}

/* A rate limit or an overload passes: a second is when to ask again. */
#define RETRY_AFTER EDO_STR("1")

static int reply_failure(edo_web *w, edo_status status) {
    bool passes =
        status == EDO_STATUS_TOO_MANY_REQUESTS || status == EDO_STATUS_SERVICE_UNAVAILABLE;
    edo_headers *h = &w->res->headers;
    int err = 0;
    if (passes && !edo_headers_get(h, EDO_HEADER_RETRY_AFTER).ptr)
        err = edo_headers_set(h, EDO_HEADER_RETRY_AFTER, RETRY_AFTER);
    return err < 0 ? err : edo_web_reply_problem(w, status, NULL);
}

int edoi_web_respond_failure(edo_web *w, int err) {
    edo_status status = status_of(err);
    w->own_type = NULL; // it was that of the response which is not made
    bool is_lost = edo_request_is_lost(w->req);
    log_failure(w, err);
    if (is_lost && status == EDO_STATUS_INTERNAL_SERVER_ERROR) return err; // nothing is sent
    if (w->settings->on_error && w->settings->on_error(w, err) == 0) return 0;
    int made = reply_failure(w, status);
    return made == -EBUSY ? err : made; // its head was sent: the connection is broken off
}
