/* SPDX-License-Identifier: MIT */
/* web/layers/watch/access_log.c: edo_access_log_layer(). */
#define EDO_TARGET "web.access_log"
#include "web/layers/watch/access_log.h"

#include "base/opts.h"
#include "log/out/queue.h"
#include "web/layers/layer.h"

#include <edo/web_guard.h>
#include <edo/web_layers.h>
#include <edo/web_log.h>

#include <errno.h>
#include <time.h>
#include <unistd.h>

typedef struct log_service {
    edo_service base;
    edo_access_log_opts opts;
    edoi_log_queue *queue;   /* of `fd`, or, without one, */
    edoi_log_output *output; /* NULL, too: of `fn` */
} log_service;

typedef struct log_hook {
    edoi_layer_hook base;
    edo_instant begun_at;
} log_hook;

static int log_fd(const edo_access_log_opts *o) {
    return o->fd ? o->fd : STDOUT_FILENO;
}

edo_str edoi_access_client(edo_request *req, char text[EDO_ADDR_TEXT_MAX]) {
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

static void log_service_tell_lost(edoi_log_output *out) {
    if (!edoi_log_output_has_lost(out) || !edo_log_enabled(EDO_LEVEL_WARN, EDO_TARGET)) return;
    uint64_t n = edoi_log_output_take_lost(out); // 0: another thread tells of them
    if (n > 0) edo_warn_kv("lines were dropped: they were not read", EDO_KV("lines", n));
}

static void queue_tell_lost(edoi_log_queue *q) {
    edoi_log_lost lost;
    uint64_t n = 0;
    if (!edo_log_enabled(EDO_LEVEL_WARN, EDO_TARGET) || !edoi_log_queue_take_lost(q, &lost)) return;
    for (size_t level = 0; level < EDOI_LOG_LEVELS; level++) n += lost.n[level];
    edo_warn_kv("lines were dropped: they were not read", EDO_KV("lines", n));
}

/* What was lost is told once the writer has caught up: at the edge of a full queue each second line
 * would be told of, by one more line. */
static void write_to_queue(edoi_log_queue *q, edo_str line) {
    bool is_added = edoi_log_queue_add(q, line, EDO_LEVEL_INFO);
    if (is_added && !edoi_log_ring_is_filling(&q->ring)) queue_tell_lost(q);
}

/* At once. The line is lost if nobody reads the descriptor, since the request was served. The
 * program may have made that lead elsewhere by dup2(). */
static void write_to_fd(const log_service *self, edo_str line) {
    int fd = log_fd(&self->opts);
    bool leads = edoi_log_output_leads(self->output, fd);
    edoi_log_output *other = leads ? NULL : edoi_log_output_of(fd);
    edoi_log_output *out = other ? other : self->output; // without memory
    if (edoi_log_output_write(out, fd, line)) log_service_tell_lost(out);
    edoi_log_output_unref(other);
}

static void write_line(log_service *self, edo_str line) {
    if (self->opts.fn)
        self->opts.fn(self->opts.arg, line);
    else if (self->queue)
        write_to_queue(self->queue, line);
    else
        write_to_fd(self, line);
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
    const edoi_access a = { .client = edoi_access_client(req, client),
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

static void log_deinit(edo_service *self) {
    const log_service *s = (log_service *)(void *)self;
    if (s->queue) queue_tell_lost(s->queue); // no line of this layer comes any more that would
    if (s->output) log_service_tell_lost(s->output);
    edoi_log_queue_leave(s->queue);
    edoi_log_output_unref(s->output);
}

static const edo_service_ops log_ops = { .name = "edo_access_log",
                                         .call = log_call,
                                         .deinit = log_deinit };

static int log_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    edo_access_log_opts o;
    memcpy(&o, &layer->opts, sizeof o);
    if (o.format > EDO_ACCESS_LOG_JSON || o.fd < 0 ||
        !edoi_all_zero(o.reserved, EDO_COUNT(o.reserved)))
        return edo_fail(-EINVAL, "edo_access_log_layer(): a bad format, `fd` or `reserved`");
    edoi_log_queue *queue = o.fn ? NULL : edoi_log_queue_use(log_fd(&o));
    edoi_log_output *output = o.fn || queue ? NULL : edoi_log_output_of(log_fd(&o));
    if (!o.fn && !queue && !output) return -ENOMEM;
    int err = edo_service_new(out, sizeof(log_service), &log_ops, inner);
    if (err < 0) {
        edoi_log_queue_leave(queue);
        edoi_log_output_unref(output);
        return err;
    }
    log_service *self = (log_service *)(void *)*out;
    self->opts = o;
    self->queue = queue;
    self->output = output;
    return 0;
}

edo_layer edo_access_log_layer(const edo_access_log_opts *opts) {
    return edoi_web_layer(log_wrap, opts, opts ? sizeof *opts : 0);
}
