/* SPDX-License-Identifier: MIT */
/* http/server/exchange/respond.c: one request, from the moment it is there until its response was
 * sent. */
#include "base/assert.h"
#include "http/headers/map.h"
#include "http/server/count.h"
#include "http/server/exchange/hooks.h"

#include <edo/error.h>
#include <edo/scope.h>

#define EDO_TARGET "http"
#include <edo/log.h>

#include <errno.h>

void edoi_http_exchange_begin(edoi_http_exchange *x) {
    x->upgraded = false;
    x->detached.ops = NULL;
    x->res.status = EDO_STATUS_OK;
    x->res.reason = (edo_str){ 0 };
    x->res.hooks = NULL;
    x->res.is_told = false;
    edoi_http_exchange_no_fields(x);
    edoi_response_body_init(x);
    EDO_INV("exchange inv. 1", !x->res.ext.first && !x->req.ext.first);
    edoi_http_count_begin(x);
}

/* The status, for logs and metrics only, of a request whose client left before any response was
 * sent. nginx has it, too. */
#define CLIENT_HAS_GONE ((edo_status)499)

/* Returns the status for a failure that a handler has returned. */
static edo_status respond_status_of(edoi_http_exchange *x, int code) {
    switch (code) {
    case -EMSGSIZE: return EDO_STATUS_CONTENT_TOO_LARGE;
    case -EBADMSG: return EDO_STATUS_BAD_REQUEST;
    case -ETIMEDOUT: return EDO_STATUS_REQUEST_TIMEOUT;
    case -EMFILE: // others give theirs back
    case -ENFILE: return EDO_STATUS_SERVICE_UNAVAILABLE;
    case -EDO_EEOF: // a body that broke off: its client may still read
        if (edo_request_body_failure(&x->req) == code) return EDO_STATUS_BAD_REQUEST;
        break;
    default: break;
    }
    bool ends_early = edo_request_body_failure(&x->req) == -EDO_EEOF;
    if (ends_early && x->server->opts.half_close) return EDO_STATUS_BAD_REQUEST; // it may read
    return edo_request_is_lost(&x->req) ? CLIENT_HAS_GONE : EDO_STATUS_INTERNAL_SERVER_ERROR;
}

/* Is the failure the client's doing? A client may leave, and send bad bodies, as often as it likes,
 * so such a failure is no warning. */
static bool exchange_is_the_clients(edoi_http_exchange *x, edo_status status, int code) {
    bool is_of_body = status == EDO_STATUS_BAD_REQUEST || status == EDO_STATUS_CONTENT_TOO_LARGE;
    return code == -ECANCELED || (is_of_body && x->req.length != 0) || edo_request_is_lost(&x->req);
}

/* Logs a failure in one line, unless a layer has logged it. `status` is what the failure means. */
static void tell_failure(edoi_http_exchange *x, edo_status status, int code) {
    char why[512];
    const edo_str m = x->req.method_name, r = x->req.route;
    const char *blank = r.len > 0 ? " " : "";
    edo_level level = exchange_is_the_clients(x, status, code) ? EDO_LEVEL_DEBUG : EDO_LEVEL_WARN;
    if (x->res.is_told || !edo_log_enabled(level, EDO_TARGET)) return;
    x->res.is_told = true;
    (void)edo_trail_print_text(why, sizeof why, code, EDO_TRAIL_LINE);
    if (level == EDO_LEVEL_WARN)
        edo_warn("%.*s%s%.*s failed: %s", (int)m.len, m.ptr, blank, (int)r.len, r.ptr, why);
    else
        edo_debug("%.*s%s%.*s failed: %s", (int)m.len, m.ptr, blank, (int)r.len, r.ptr, why);
}

static void make_failure(edoi_http_exchange *x, edo_status status, int code) {
    tell_failure(x, status, code);
    edo_headers_deinit(&x->res.headers);
    edoi_http_exchange_no_fields(x);
    edoi_response_body_deinit(x);
    edoi_response_body_init(x);
    x->res.reason = (edo_str){ 0 };
    if (status == EDO_STATUS_SERVICE_UNAVAILABLE) // of which a client need not be told when
        (void)edo_headers_set(&x->res.headers, EDO_HEADER_RETRY_AFTER, EDO_STR("1"));
    if (edo_response_text(&x->res, status, edo_status_reason(status)) < 0) x->res.status = status;
}

/* Does a head that was refused make the failure the server's own, whatever its code says? */
static bool has_refused_head(const edoi_http_exchange *x) {
    return x->reply.head_is_refused || x->reply.hints_are_refused;
}

/* Sends the response, or one for the failure `code`. Returns 0, or a negative code if only a part
 * was sent. */
static int send_response(edoi_http_exchange *x, int code) {
    if (code >= 0 && !edoi_http_is_sendable(&x->res)) code = -EINVAL;
    edo_status status =
        has_refused_head(x) ? EDO_STATUS_INTERNAL_SERVER_ERROR : respond_status_of(x, code);
    if (code < 0) make_failure(x, status, code);
    for (;;) {
        code = edoi_http_send_whole(x);
        bool may_go_on = x->res.hooks || x->reply.head_is_refused;
        if (code >= 0 || x->reply.head_sent || !may_go_on || x->reply.skips_hooks) return code;
        make_failure(x, EDO_STATUS_INTERNAL_SERVER_ERROR, code); // of a hook, or of the head
        x->reply.skips_hooks = true;
    }
}

static int end_response(edoi_http_exchange *x) {
    int err = x->res.hooks ? edoi_response_hooks_finish(x) : 0;
    return err < 0 ? err : edoi_response_body_end(x);
}

/* Has the client left before it was sent anything? Then no response is sent; those to its earlier
 * requests are. */
static bool ends_without_response(edoi_http_exchange *x, int code) {
    if (code >= 0 || x->reply.head_sent || has_refused_head(x)) return false;
    if (respond_status_of(x, code) != CLIENT_HAS_GONE) return false;
    tell_failure(x, CLIENT_HAS_GONE, code);
    x->res.status = CLIENT_HAS_GONE;
    x->keeps = false;
    return true;
}

/* Sends what is left of the response. Returns 0 or a code. */
static int respond_rest(edoi_http_exchange *x, int code) {
    if (!x->reply.head_sent) {
        code = send_response(x, code);
    } else if (code >= 0) {
        code = end_response(x);
    }
    return code;
}

/* What a handler responds whose task was cancelled still goes out. */
static int respond_in_time(edoi_http_exchange *x, int code) {
    if (EDOI_LIKELY(!edoi_http_is_cut())) return respond_rest(x, code);
    EDO_SHIELD(last, edo_s(EDOI_HTTP_LAST_S));
    return respond_rest(x, code);
}

int edoi_http_exchange_respond(edoi_http_exchange *x, int code) {
    if (x->upgraded) {
        x->keeps = false;
        return code;
    }
    if (ends_without_response(x, code)) return code;
    code = respond_in_time(x, code);
    if (code < 0) {
        tell_failure(x, EDO_STATUS_INTERNAL_SERVER_ERROR, code);
        x->keeps = false;
        x->broken = true;
        x->wire->break_off(x);
    }
    if (!x->wire->skip_body(x)) x->keeps = false;
    return code < 0 ? code : 0;
}

void edoi_http_exchange_end(edoi_http_exchange *x, int code) {
    edoi_http_count_end(x);
    if (EDOI_UNLIKELY(x->res.hooks)) edoi_response_hooks_done(x, code);
}

void edoi_http_exchange_release(edoi_http_exchange *x) {
    if (EDOI_UNLIKELY(x->res.ext.first)) edo_ext_deinit(&x->res.ext);
    if (EDOI_UNLIKELY(x->req.ext.first)) edo_ext_deinit(&x->req.ext);
    edoi_response_body_deinit(x);
    edoi_headers_drop(&x->res.headers);
    edoi_headers_drop(&x->req.headers);
}
