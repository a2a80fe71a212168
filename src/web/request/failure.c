/* SPDX-License-Identifier: MIT */
/* web/request/failure.c: the response for a handler that has failed. The client is told what it can
 * do something about; what went wrong inside goes to the log. */
#include "web/request/web.h"

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

static int log_line(void *arg, const edo_trail_entry *entry) {
    (void)arg;
    edo_warn("  %s (%s:%u)", entry->text, entry->file, (unsigned)entry->line);
    return 0;
}

static void log_failure(edo_web *w, int err) {
    edo_str route = edo_web_matched_path(w);
    edo_warn("%.*s %.*s failed: %s", (int)w->req->method_name.len, w->req->method_name.ptr,
             (int)route.len, route.ptr, edo_strerror(err));
    (void)edo_trail_each(log_line, NULL);
}

int edoi_web_respond_failure(edo_web *w, int err) {
    edo_status status = status_of(err);
    if (status == EDO_STATUS_INTERNAL_SERVER_ERROR && err != -ECANCELED) log_failure(w, err);
    int made = edo_web_reply_problem(w, status, NULL);
    return made == -EBUSY ? err : made; // its head was sent: the connection is broken off
}
