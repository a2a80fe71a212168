/* SPDX-License-Identifier: MIT */
/* web/request/failure.c: makes the response for a handler that has failed. The client is told what
 * it can mend; what has gone wrong inside is logged. */
#include "base/atomic.h"
#include "base/error/away.h"
#include "base/world/worlds.h"
#include "http/server/exchange/exchange.h"
#include "web/request/origin.h"
#include "web/request/web.h"

#include <edo/breaker.h>
#include <edo/web_layers.h>

#define EDO_TARGET "web"
#include <edo/log.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Did the request's body end early? Other inputs of the handler may have ended as well. */
static bool is_end_of_body(const edo_web *w, int err) {
    return err == -EDO_EEOF && edo_request_body_failure(w->req) == err;
}

/* Is something away, or busy, that the handler depends on? Descriptors, which have run out, too:
 * that passes as soon as others give theirs back. */
static bool is_away(int err) {
    return err == -EMFILE || err == -ENFILE || edoi_code_is_of_absence(err) ||
           edoi_trail_tells_away(err);
}

static edo_status failure_status_of(const edo_web *w, int err) {
    if (is_end_of_body(w, err)) return EDO_STATUS_BAD_REQUEST;
    switch (err) {
    case -EMSGSIZE: return EDO_STATUS_CONTENT_TOO_LARGE;
    case -EBADMSG: return EDO_STATUS_BAD_REQUEST;
    case -EDO_ERATELIMITED: return EDO_STATUS_TOO_MANY_REQUESTS;
    case -EDO_ECIRCUITOPEN:
    case -EDO_EOVERLOADED:
    case -ETIMEDOUT: return EDO_STATUS_SERVICE_UNAVAILABLE;
    default: break;
    }
    // the handler is no gateway: to the client it does not matter what it is that is away
    return is_away(err) ? EDO_STATUS_SERVICE_UNAVAILABLE : EDO_STATUS_INTERNAL_SERVER_ERROR;
}

/* Logs the reason in one line, so that lines of other requests do not come between. `more_n` is how
 * many failures were not logged. */
static void log_reason(edo_web *w, edo_str at, int err, uint64_t more_n) {
    char why[512], more[64] = "";
    const edo_str m = w->req->method_name, id = edo_request_id(w->req);
    if (!edo_log_enabled(EDO_LEVEL_WARN, EDO_TARGET)) return;
    (void)edo_trail_print_text(why, sizeof why, err, EDO_TRAIL_LINE);
    if (more_n > 0)
        (void)snprintf(more, sizeof more, "; %" PRIu64 " more since the last such line", more_n);
    if (id.len > 0)
        edo_log_event(EDO_LEVEL_WARN, EDO_TARGET, (EDO_KV_STR("id", id.ptr, id.len)),
                      "%.*s %.*s failed: %s%s", (int)m.len, m.ptr, (int)at.len, at.ptr, why, more);
    else
        edo_warn("%.*s %.*s failed: %s%s", (int)m.len, m.ptr, (int)at.len, at.ptr, why, more);
}

/* Is it the failure of a cookie that was changed? The trail knows, until the handler clears it. */
static bool is_of_cookie(const edo_web *w, int err) {
    const edo_trail_entry *e = err == -EBADMSG ? edo_trail_find(err) : NULL;
    return e && e->payload_bytes == sizeof w && memcmp(e->payload, &w, sizeof w) == 0;
}

/* Is the failure the client's? Clients may send bad bodies and cookies, and too many requests, as
 * often as they like. */
static bool failure_is_the_clients(const edo_web *w, int err) {
    bool may_be_of_body = err == -EMSGSIZE || err == -EBADMSG;
    return err == -ECANCELED || err == -EDO_ERATELIMITED ||
           (may_be_of_body && w->req->length != 0) || is_end_of_body(w, err) ||
           is_of_cookie(w, err);
}

#define WARN_EVERY_NS INT64_C(1000000000)
#define PATH_SHOWN    200 /* bytes of a path that anybody may have sent */

/* Failures of one kind in the whole program, of which one a second is a warning. */
typedef struct flood {
    edo_atomic_u64 warned_ns, others_n; /* atomic, relaxed: a limit and a number for the log */
} flood;

/* An overload may be a client's doing, or the server's own, which its operator has to see, and
 * which every request meets, as is a circuit that is open. */
static flood overloads;
static flood absences;      /* every request meets what is away */
static flood late_handlers; /* their limit may be one that the client has set */
static flood guarded;       /* anybody may send what is refused */

static void floods_forget(void) {
    flood *const all[] = { &overloads, &absences, &late_handlers, &guarded };
    for (size_t i = 0; i < EDO_COUNT(all); i++) {
        edoi_store_rlx_u64(&all[i]->warned_ns, 0);
        edoi_store_rlx_u64(&all[i]->others_n, 0);
    }
}

EDOI_ON_WORLD(floods_forget);

/* Is this one to be a warning? `*more_n` is how many were none since the last one. */
static bool is_warned_of_flood(flood *f, uint64_t *more_n) {
    uint64_t now_ns = (uint64_t)edo_now().ns, last_ns = edoi_load_rlx_u64(&f->warned_ns);
    int64_t since_ns = (int64_t)(now_ns - last_ns); // below 0 by another thread, or a paused clock
    bool is_due = last_ns == 0 || since_ns >= WARN_EVERY_NS || since_ns <= -WARN_EVERY_NS;
    if (!is_due || !edoi_cas_rlx_u64(&f->warned_ns, &last_ns, now_ns)) {
        edoi_add_rlx_u64(&f->others_n, 1);
        return false;
    }
    *more_n = edoi_swap_rlx_u64(&f->others_n, 0);
    return true;
}

static bool is_warned_of(const edo_web *w, int err, uint64_t *more_n) {
    bool is_overload = err == -EDO_EOVERLOADED || err == -EDO_ECIRCUITOPEN;
    if (is_overload) return is_warned_of_flood(&overloads, more_n);
    if (is_away(err)) return is_warned_of_flood(&absences, more_n);
    return !failure_is_the_clients(w, err);
}

/* Logs the failure. A client that leaves is no failure, though the handler has seen one. The server
 * logs again if it has to break a response off. */
static void failure_log(edo_web *w, int err) {
    const edo_str m = w->req->method_name;
    bool is_lost = edo_request_is_lost(w->req);
    uint64_t more_n = 0;
    edo_str at = edo_web_matched_path(w);
    if (w->res->is_told) return;   // a layer inside has logged it
    if (at.len == 0) at = w->path; // a fallback has no route
    w->res->is_told = is_lost || is_warned_of(w, err, &more_n);
    if (!w->res->is_told)
        edo_debug("%.*s %.*s failed: %s", (int)m.len, m.ptr, (int)at.len, at.ptr,
                  edo_strerror(err));
    else if (is_lost)
        edo_debug("%.*s %.*s: the client has gone: %s", (int)m.len, m.ptr, (int)at.len, at.ptr,
                  edo_strerror(err));
    else
        log_reason(w, at, err, more_n);
}

void edoi_web_log_late(edo_web *w, int err) {
    uint64_t more_n = 0;
    edo_str at = edo_web_matched_path(w);
    if (w->res->is_told || !is_warned_of_flood(&late_handlers, &more_n)) return;
    w->res->is_told = true;
    log_reason(w, at.len > 0 ? at : w->path, err, more_n);
}

void edoi_web_log_guarded(edo_web *w, const char *why) {
    uint64_t more_n = 0;
    char more[64] = "";
    const edo_str m = w->req->method_name, origin = edoi_request_origin(w->req);
    const edo_str host = edo_headers_get(&w->req->headers, EDO_HEADER_HOST);
    if (!is_warned_of_flood(&guarded, &more_n)) return;
    if (more_n > 0)
        (void)snprintf(more, sizeof more, "; %" PRIu64 " more since the last such line", more_n);
    edo_log_event(
        EDO_LEVEL_WARN, EDO_TARGET,
        (EDO_KV_STR("origin", origin.ptr, origin.len), EDO_KV_STR("host", host.ptr, host.len)),
        "%.*s %.*s was refused: %s%s", (int)m.len, m.ptr,
        w->path.len < PATH_SHOWN ? (int)w->path.len : PATH_SHOWN, w->path.ptr, why, more);
}

/* When a client is to ask again: a rate limit, or an overload, passes within a second; a circuit is
 * open for as long as it says, or nobody knows. */
#define AFTER_S     1
#define AFTER_MAX_S 60

edo_duration edoi_web_retry_after(int failure) {
    edo_duration left;
    if (!edo_breaker_left_of(&left, failure) || left.ns < edo_s(AFTER_S).ns) return edo_s(AFTER_S);
    return left.ns < edo_s(AFTER_MAX_S).ns ? left : edo_s(AFTER_MAX_S);
}

static int reply_failure(edo_web *w, edo_status status, edo_duration after) {
    bool passes =
        status == EDO_STATUS_TOO_MANY_REQUESTS || status == EDO_STATUS_SERVICE_UNAVAILABLE;
    int err = 0;
    if (passes && !edo_headers_get(&w->res->headers, EDO_HEADER_RETRY_AFTER).ptr)
        err = edo_web_set_retry_after(w, after);
    return err < 0 ? err : edo_web_reply_problem(w, status, NULL);
}

edo_status edoi_web_status_of(const edo_web *w, int code) {
    bool is_made = code >= 0 || edoi_web_is_refusal(w, code) ||
                   edoi_exchange_of_response(w->res)->reply.head_sent;
    if (is_made) return w->res->status;
    return edo_request_is_lost(w->req) ? (edo_status)0 : failure_status_of(w, code);
}

int edoi_web_respond_failure(edo_web *w, int err) {
    edo_status status = failure_status_of(w, err);
    w->own_type = NULL; // it was the type of the response that is not made
    bool is_lost = edo_request_is_lost(w->req);
    edo_duration after = edoi_web_retry_after(err);
    bool is_of_connection = status == EDO_STATUS_INTERNAL_SERVER_ERROR || is_away(err);
    failure_log(w, err);
    if (is_lost && is_of_connection) return err; // no response is sent: it may be the client's own
    if (w->to.settings->on_error && w->to.settings->on_error(w, err) == 0) return 0;
    int made = reply_failure(w, status, after);
    return made == -EBUSY ? err : made; // its head was sent: the connection is broken off
}
