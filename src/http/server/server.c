/* SPDX-License-Identifier: MIT */
/* http/server/server.c: see server.h. */
#include "http/server/server.h"

#include "base/assert.h"

#include "http/server/http2_ops.h"
#include "io/source_io.h"
#include "tls/ops.h"

#include <edo/error.h>
#include <edo/task.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- For those who look at what is open ------------------------------------------------------ */

/* What a connection does, whose phase is `phase`. Only atomics are read: its burst may run. */
static const char *conn_state(edoi_http_conn *c, uint32_t phase) {
    uint8_t version = EDOI_ATOMIC_LOAD(&c->version, EDOI_RELAXED); // relaxed, both: for a report
    uint32_t watch = edoi_load_rlx_u16(&c->watch);
    if (phase == EDOI_HTTP_IDLE) return "waits for a request";
    if (phase == EDOI_HTTP_DRAINED) return "is being closed";
    if (phase == EDOI_HTTP_LINGERS) return "its client has not taken all";
    if (version == EDOI_HTTP_CONN_2)
        return phase == EDOI_HTTP_DETACHED ? "HTTP/2 without a stream" : "HTTP/2 with streams";
    if (version == EDOI_HTTP_CONN_DETACHED)
        return phase == EDOI_HTTP_DETACHED ? "a WebSocket that waits" : "a WebSocket that runs";
    if (watch == EDOI_HTTP_WATCHED) return "in its handler";
    return watch == EDOI_HTTP_LEFT ? "its client has left" : "reads or writes";
}

#define STATES_MAX 10u /* that conn_state() tells */

/* Connections in one state. */
typedef struct state_count {
    const char *state;
    uint32_t n;
    int64_t since_ns; /* as that of a row */
} state_count;

static void state_count_add(state_count counts[STATES_MAX], const char *state, int64_t since_ns) {
    uint32_t i = 0;
    while (i < STATES_MAX - 1 && counts[i].n > 0 && counts[i].state != state) i++;
    counts[i].state = state;
    counts[i].n++;
    if (since_ns != 0 && (counts[i].since_ns == 0 || since_ns < counts[i].since_ns))
        counts[i].since_ns = since_ns;
}

/* Counts the streams of a connection, if it has any. Called with `lock` held, as `c` stays so. */
static void server_look_at_streams(edoi_http_conn *c, uint32_t *streams) {
    uint32_t n = 0;
    // HS8: pairs with HS8 in edoi_http2_begin
    if (EDOI_ATOMIC_LOAD(&c->version, EDOI_ACQUIRE) != EDOI_HTTP_CONN_2) return;
    for (uint32_t i = 0; i < EDOI_HTTP2_STREAM_STATES; i++) n += streams[i];
    if (n < EDOI_OPEN_AT_ONCE) edoi_http2_server.look(c, streams, EDOI_OPEN_AT_ONCE - n);
}

static void server_add_row(edoi_http_server *s, edoi_open_table *to, edoi_open_row *row) {
    row->by = *s->shown_as ? " of" : NULL;
    memcpy(row->text, s->shown_as, sizeof s->shown_as);
    if (row->n > 0) edoi_open_add(to, row);
}

static void server_add_streams(edoi_http_server *s, edoi_open_table *to, const uint32_t *streams) {
    static const char *const names[EDOI_HTTP2_STREAM_STATES] = {
        [EDOI_HTTP2_STREAM_HANDLED] = "in its handler",
        [EDOI_HTTP2_STREAM_READS] = "waits for bytes of its client",
        [EDOI_HTTP2_STREAM_WINDOW] = "waits for its client's window",
        [EDOI_HTTP2_STREAM_WRITES] = "writes",
        [EDOI_HTTP2_STREAM_TUNNEL] = "a tunnel",
        [EDOI_HTTP2_STREAM_ENDS] = "ends",
    };
    for (uint32_t i = 0; i < EDOI_HTTP2_STREAM_STATES; i++) {
        edoi_open_row row = { .kind = "HTTP/2 stream", .state = names[i], .n = streams[i] };
        server_add_row(s, to, &row);
    }
}

/* Rows are made when the lock is free again: accepts wait for it. */
static void server_look(edoi_open_thing *thing, edoi_open_table *to) {
    edoi_http_server *s = EDO_CONTAINER_OF(thing, edoi_http_server, open);
    state_count counts[STATES_MAX] = { { 0 } };
    uint32_t n = 0, streams[EDOI_HTTP2_STREAM_STATES] = { 0 };
    pthread_mutex_lock(&s->lock);
    for (edoi_http_conn *c = s->first; c && n < EDOI_OPEN_AT_ONCE; c = c->next, n++) {
        uint32_t phase = edoi_load_rlx_u16(&c->phase); // relaxed, both: for a report
        bool is_idle = phase == EDOI_HTTP_IDLE;
        state_count_add(counts, conn_state(c, phase),
                        is_idle ? (int64_t)edoi_load_rlx_u64(&c->idle_ns) : 0);
        server_look_at_streams(c, streams);
    }
    pthread_mutex_unlock(&s->lock);
    for (uint32_t i = 0; i < STATES_MAX && counts[i].n > 0; i++) {
        edoi_open_row row = { .kind = "HTTP connection",
                              .state = counts[i].state,
                              .n = counts[i].n,
                              .since_ns = counts[i].since_ns };
        server_add_row(s, to, &row);
    }
    server_add_streams(s, to, streams);
}

/* The program's texts end before the server may. */
static void server_show_as(edoi_http_server *s) {
    const edo_http_server_opts *o = &s->opts;
    if (o->listen) {
        (void)snprintf(s->shown_as, sizeof s->shown_as, "%s", o->listen);
    } else if (o->listeners_n > 0) {
        (void)snprintf(s->shown_as, sizeof s->shown_as, "port %u",
                       (unsigned)edo_listener_port(o->listeners[0]));
    }
}

/* ---- Begin and end --------------------------------------------------------------------------- */

static void server_deinit(void *self) {
    edoi_http_server *s = self;
    edoi_open_strike(&s->open);
    if (s->http2) edoi_http2_server.server_end(s);
    edo_http_metrics_unref(s->opts.metrics);
    edo_rc_unref(s->opts.tls);
    edo_cancel_unref(s->kill);
    edo_cancel_unref(s->late);
    edo_cancel_unref(s->hurry);
    edo_slab_free(s->exchanges);
    edo_slab_free(s->conns);
    edo_keyed_sem_free(s->addresses);
    edo_rc_unref(s->alive);
    pthread_mutex_destroy(&s->lock);
    if (s->opts.drop) s->opts.drop(s->arg);
}

static int server_new_tracker(edo_tracker **out) {
    *out = edo_rc_new(sizeof **out, NULL);
    if (!*out) return -ENOMEM;
    edo_tracker_init(*out);
    return 0;
}

/* A program that has libedo-http2 speaks HTTP/2 unless it says otherwise. */
static int server_begin_http2(edoi_http_server *s) {
    const edo_http_server_opts *o = &s->opts;
    bool has_library = &edoi_http2_server != NULL;
    if (o->http2 && (!has_library || o->no_http2))
        return edo_fail(-EINVAL, has_library ? "no_http2 beside http2" : "without libedo-http2");
    return has_library && !o->no_http2 ? edoi_http2_server.server_begin(s) : 0;
}

int edoi_http_server_new(edoi_http_server **out, edo_http_handler *handler, void *arg,
                         const edo_http_server_opts *opts, edo_slab *exchanges) {
    size_t bytes = sizeof(edoi_http_server) + opts->proxies_n * sizeof(edo_addr_range);
    edoi_http_server *s = edo_rc_new(bytes, server_deinit);
    if (!s) return -ENOMEM;
    *s = (edoi_http_server){ .handler = handler, .arg = arg, .opts = *opts };
    s->opts.drop = NULL; // until nothing can fail any more
    s->heads = (edoi_h1_opts){ .head_bytes_max = opts->head_bytes_max,
                               .target_bytes_max = opts->target_bytes_max,
                               .headers_max = opts->headers_max,
                               .lenient = opts->lenient,
                               .keep_case = opts->preserve_case,
                               .scan = edoi_scan_best() };
    s->trusted_n = opts->proxies_n;
    if (opts->metrics) edo_rc_ref(opts->metrics);
    if (opts->tls) edo_rc_ref(opts->tls);
    pthread_mutex_init(&s->lock, NULL);
    s->places = (edo_sem)EDO_SEM_INIT(opts->conns_max);
    int err =
        opts->address_conns_max > 0 ? edo_keyed_sem_new(&s->addresses, opts->address_conns_max) : 0;
    if (err == 0)
        err = edo_slab_new(&s->conns, sizeof(edoi_http_conn),
                           &(edo_slab_opts){ .name = "HTTP connections" });
    if (err == 0) err = server_new_tracker(&s->alive);
    if (err == 0) err = edo_cancel_new(&s->hurry);
    if (err == 0) err = edo_cancel_new(&s->late);
    if (err == 0) err = edo_cancel_new(&s->kill);
    for (size_t i = 0; i < opts->proxies_n && err == 0; i++)
        err = edo_addr_range_parse(&s->trusted[i], opts->proxies[i]);
    if (err == 0) err = server_begin_http2(s);
    if (err < 0) {
        edo_rc_unref(s);
        return err;
    }
    s->opts.drop = opts->drop;
    s->exchanges = exchanges;
    server_show_as(s);
    edoi_open_enlist(&s->open, server_look, NULL);
    *out = s;
    return 0;
}

static void server_drop_detached(edoi_http_conn *c) {
    edo_no_await_begin();
    c->detached.ops->drop(c->detached.arg);
    edo_no_await_end();
}

void edoi_http_conn_unref(edoi_http_conn *c) {
    if (edoi_sub_acqrel_u32(&c->refs, 1) != 1) return; // HS5: pairs with HS5
    edoi_http_server *server = c->server;
    edo_tracker *alive = edo_rc_ref(server->alive);
    edo_ext_deinit(&c->ext);
    if (edoi_http_conn_is_detached(c)) server_drop_detached(c);
    if (edoi_http_conn_is_http2(c)) edoi_http2_server.free(c);
    edo_close(c->stream);
    edo_rc_unref(edoi_load_rlx_ptr(&c->client)); // relaxed: HS5 orders
    edo_slab_put(server->conns, c);
    edo_rc_unref(server);
    // last: when all are done the server's end returns, and its caller frees what is used above
    edo_tracker_done(alive);
    edo_rc_unref(alive);
}

void edoi_http_server_add(edoi_http_server *s, edoi_http_conn *c) {
    edo_tracker_add(s->alive);
    pthread_mutex_lock(&s->lock);
    c->next = s->first;
    c->prev = NULL;
    if (s->first) s->first->prev = c;
    s->first = c;
    pthread_mutex_unlock(&s->lock);
}

void edoi_http_server_check(const edoi_http_server *s) {
    const edoi_http_conn *prev = NULL;
    for (const edoi_http_conn *c = s->first; c; c = c->next) {
        EDO_INV("conn inv. 2", c->prev == prev && c->server == s);
        EDO_INV("conn inv. 2", edoi_load_rlx_u16(&c->phase) != EDOI_HTTP_DRAINED);
        EDO_INV("conn inv. 3", edoi_load_rlx_u32(&c->refs) > 0);
        prev = c;
    }
}

void edoi_http_server_unlink(edoi_http_server *s, edoi_http_conn *c) {
    EDO_INV("conn inv. 2", (c->prev ? c->prev->next : s->first) == c);
    if (s->cursor == c) s->cursor = c->next;
    if (c->next) c->next->prev = c->prev;
    if (c->prev) {
        c->prev->next = c->next;
    } else {
        s->first = c->next;
    }
}

void edoi_http_server_forget(edoi_http_server *s, edoi_http_conn *c) {
    edo_sem_release(&s->places, 1); // first: one that leaves makes one place
    pthread_mutex_lock(&s->lock);
    // relaxed: the phase becomes DRAINED with `lock` held
    if (edoi_load_rlx_u16(&c->phase) == EDOI_HTTP_DRAINED) {
        EDO_INV("conn inv. 2", s->leaving > 0); // it counts those that were taken from the list
        s->leaving--;
    } else {
        edoi_http_server_unlink(s, c);
    }
    pthread_mutex_unlock(&s->lock);
    edo_keyed_sem_release(s->addresses, c->address);
}

edo_stream *edoi_http_socket(const edoi_http_conn *c) {
    const edo_tls_server *tls = c->server->opts.tls;
    return EDOI_UNLIKELY(tls) ? edoi_tls_server_ops_of(tls)->below(c->stream) : c->stream;
}

bool edoi_http_has_input(const edoi_http_conn *c) {
    edo_stream *s = edoi_http_socket(c);
    if (!(s->ops->flags & EDOI_STREAM_IS_SOURCE)) return false;
    char byte;
    struct iovec to = { &byte, 1 };
    int result;
    (void)s->ops->poll_read(s, NULL, NULL, &to, 1, EDO_IO_PEEK, &result);
    return result > 0;
}
