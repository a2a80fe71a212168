/* SPDX-License-Identifier: MIT */
/* web/layers/watch/access_log.c: edo_access_log_layer(). */
#include "web/layers/watch/access_log.h"

#include "base/atomic.h"
#include "base/opts.h"
#include "web/layers/layer.h"

#include <edo/web_guard.h>
#include <edo/web_layers.h>
#include <edo/web_watch.h>

#include <errno.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

typedef struct log_service {
    edo_service base;
    edo_access_log_opts opts;
    edo_atomic_u32 is_torn; /* only a part of the last line was written */
} log_service;

typedef struct log_hook {
    edoi_layer_hook base;
    edo_instant begun_at;
} log_hook;

/* Returns the address without its port. */
static edo_str client_of(edo_request *req, char text[EDO_ADDR_TEXT_MAX]) {
    edo_addr addr;
    if (edo_request_client(req, &addr) < 0) return EDO_STR("");
    int n = edo_addr_print(&addr, text, EDO_ADDR_TEXT_MAX);
    if (n < 0) return EDO_STR("");
    edo_str s = { text, (size_t)n };
    if (addr.sock.any.sa_family != AF_INET && addr.sock.any.sa_family != AF_INET6) return s;
    while (s.len > 0 && s.ptr[s.len - 1] != ':') s.len--;
    if (s.len > 0) s.len--;
    if (s.len > 1 && s.ptr[0] == '[') s = (edo_str){ s.ptr + 1, s.len - 2 };
    return s;
}

static edo_str log_service_target_of(const log_service *self, edo_str target) {
    const char *mark = self->opts.no_query ? memchr(target.ptr, '?', target.len) : NULL;
    return mark ? (edo_str){ target.ptr, (size_t)(mark - target.ptr) } : target;
}

/* ---- Writing --------------------------------------------------------------------------------- */

static bool access_log_write_all(int fd, edo_str text, size_t *done) {
    for (*done = 0; *done < text.len;) {
        ssize_t n = write(fd, text.ptr + *done, text.len - *done);
        if (n > 0) *done += (size_t)n;
        if (n < 0 && errno != EINTR) return false;
    }
    return true;
}

/* Writes a line. If that fails the line is lost, since the request was served. Behind a part of a
 * line the next one begins with a line end. */
static bool write_to_fd(log_service *self, edo_str line) {
    int fd = self->opts.fd ? self->opts.fd : STDOUT_FILENO;
    size_t done;
    if (edoi_load_rlx_u32(&self->is_torn) && !access_log_write_all(fd, EDO_STR("\n"), &done))
        return false;
    bool is_written = access_log_write_all(fd, line, &done);
    edoi_store_rlx_u32(&self->is_torn, !is_written && done > 0); // relaxed: a hint
    return is_written;
}

/* Writes without the SIGPIPE that would end the server when the reader of the log ends: the signal
 * is taken back, unless it was pending before. */
static void write_quietly(log_service *self, edo_str line) {
    sigset_t only, before, pending;
    (void)sigemptyset(&only);
    (void)sigemptyset(&pending);
    (void)sigaddset(&only, SIGPIPE);
    (void)pthread_sigmask(SIG_BLOCK, &only, &before);
    if (sigismember(&before, SIGPIPE) == 1) (void)sigpending(&pending);
    if (!write_to_fd(self, line) && sigismember(&pending, SIGPIPE) != 1)
        (void)sigtimedwait(&only, NULL, &(struct timespec){ 0 });
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void write_line(log_service *self, edo_str line) {
    if (self->opts.fn)
        self->opts.fn(self->opts.arg, line);
    else
        write_quietly(self, line);
}

/* ---- A response ------------------------------------------------------------------------------ */

static void log_done(edo_response_hook *hook, edo_response *res, const edo_response_end *end) {
    const log_hook *h = (const log_hook *)(const void *)hook;
    log_service *self = (log_service *)(void *)h->base.self;
    edo_request *req = h->base.req;
    char client[EDO_ADDR_TEXT_MAX];
    struct timespec now;
    edo_buf line = { 0 };
    (void)clock_gettime(CLOCK_REALTIME, &now); // this cannot fail
    const edoi_access a = { .client = client_of(req, client),
                            .user = edo_request_user(req),
                            .method = req->method_name,
                            .target = log_service_target_of(self, req->target),
                            .protocol = edo_http_version_name(req->version),
                            .route = req->route,
                            .referer = edo_headers_get(&req->headers, EDO_HEADER_REFERER),
                            .agent = edo_headers_get(&req->headers, EDO_HEADER_USER_AGENT),
                            .id = edo_request_id(req),
                            .error = end->err < 0 ? edo_error_name(end->err) : NULL,
                            .status = res->status,
                            .bytes = end->body_bytes,
                            .duration_ns = edo_instant_since(edo_now(), h->begun_at).ns,
                            .seconds = now.tv_sec,
                            .nanoseconds = now.tv_nsec };
    int err = self->opts.format == EDO_ACCESS_LOG_JSON ? edoi_access_print_json(&a, &line)
                                                       : edoi_access_print_combined(&a, &line);
    if (err == 0) write_line(self, (edo_str){ line.ptr, line.len });
    edo_buf_deinit(&line);
}

static const edo_response_hook_ops log_hook_ops = { .done = log_done };

static int log_call(edo_service *self, edo_permit *permit, void *request, void *response) {
    edo_request *req = edo_web_request(request);
    log_hook *h = edo_arena_alloc(req->arena, sizeof *h);
    if (!h) return -ENOMEM;
    *h = (log_hook){ .base = { .base = { .ops = &log_hook_ops }, .self = self, .req = req },
                     .begun_at = edo_now() };
    edo_response_add_hook(edo_web_response(request), &h->base.base);
    return edo_service_call(self->inner, permit, request, response);
}

static const edo_service_ops log_ops = { .name = "edo_access_log", .call = log_call };

static int log_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    edo_access_log_opts o;
    memcpy(&o, &layer->opts, sizeof o);
    if (o.format > EDO_ACCESS_LOG_JSON || o.fd < 0 ||
        !edoi_all_zero(o.reserved, EDO_COUNT(o.reserved)))
        return edo_fail(-EINVAL, "edo_access_log_layer(): a bad format, `fd` or `reserved`");
    int err = edo_service_new(out, sizeof(log_service), &log_ops, inner);
    if (err == 0) ((log_service *)(void *)*out)->opts = o;
    return err;
}

edo_layer edo_access_log_layer(const edo_access_log_opts *opts) {
    return edoi_web_layer(log_wrap, opts, opts ? sizeof *opts : 0);
}
