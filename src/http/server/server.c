/* SPDX-License-Identifier: MIT */
/* http/server/server.c: see server.h. */
#include "http/server/server.h"

#include "http/server/exchange.h"
#include "io/source_io.h"

#include <errno.h>

static void server_deinit(void *self) {
    edoi_http_server *s = self;
    edo_http_metrics_unref(s->opts.metrics);
    edo_cancel_unref(s->kill);
    edo_cancel_unref(s->hurry);
    edo_slab_free(s->exchanges);
    edo_slab_free(s->conns);
    edo_keyed_sem_free(s->addresses);
    pthread_mutex_destroy(&s->lock);
    if (s->opts.drop) s->opts.drop(s->arg);
}

int edoi_http_server_new(edoi_http_server **out, edo_http_handler *handler, void *arg,
                         const edo_http_server_opts *opts) {
    size_t bytes = sizeof(edoi_http_server) + opts->proxies_n * sizeof(edo_addr_range);
    edoi_http_server *s = edo_rc_new(bytes, server_deinit);
    if (!s) return -ENOMEM;
    *s = (edoi_http_server){ .handler = handler, .arg = arg, .opts = *opts };
    s->opts.drop = NULL; // until all else has gone well
    s->heads = (edoi_h1_opts){ .head_bytes_max = opts->head_bytes_max,
                               .target_bytes_max = opts->target_bytes_max,
                               .headers_max = opts->headers_max,
                               .lenient = opts->lenient,
                               .keep_case = opts->preserve_case,
                               .scan = edoi_scan_best() };
    s->trusted_n = opts->proxies_n;
    if (opts->metrics) edo_rc_ref(opts->metrics);
    pthread_mutex_init(&s->lock, NULL);
    edo_tracker_init(&s->alive);
    s->places = (edo_sem)EDO_SEM_INIT(opts->conns_max);
    int err =
        opts->address_conns_max > 0 ? edo_keyed_sem_new(&s->addresses, opts->address_conns_max) : 0;
    if (err == 0)
        err = edo_slab_new(&s->conns, sizeof(edoi_http_conn),
                           &(edo_slab_opts){ .name = "HTTP connections" });
    if (err == 0)
        err = edo_slab_new(&s->exchanges, sizeof(edoi_http_exchange),
                           &(edo_slab_opts){ .name = "HTTP exchanges",
                                             .construct = edoi_http_exchange_construct,
                                             .destruct = edoi_http_exchange_destruct });
    if (err == 0) err = edo_cancel_new(&s->hurry);
    if (err == 0) err = edo_cancel_new(&s->kill);
    for (size_t i = 0; i < opts->proxies_n && err == 0; i++)
        err = edo_addr_range_parse(&s->trusted[i], opts->proxies[i]);
    if (err < 0) {
        edo_rc_unref(s);
        return err;
    }
    s->opts.drop = opts->drop;
    *out = s;
    return 0;
}

void edoi_http_server_add(edoi_http_server *s, edoi_http_conn *c) {
    edo_tracker_add(&s->alive);
    pthread_mutex_lock(&s->lock);
    c->next = s->first;
    c->prev = NULL;
    if (s->first) s->first->prev = c;
    s->first = c;
    pthread_mutex_unlock(&s->lock);
}

/* With the lock held. */
static void unlink_conn(edoi_http_server *s, edoi_http_conn *c) {
    if (c->next) c->next->prev = c->prev;
    if (c->prev) {
        c->prev->next = c->next;
    } else {
        s->first = c->next;
    }
}

void edoi_http_server_forget(edoi_http_server *s, edoi_http_conn *c) {
    pthread_mutex_lock(&s->lock);
    // relaxed: whoever takes it does so with the lock held
    if (edoi_load_rlx_u32(&c->phase) != EDOI_HTTP_DRAINED) unlink_conn(s, c);
    pthread_mutex_unlock(&s->lock);
    edo_keyed_sem_release(s->addresses, c->address);
    edo_sem_release(&s->places, 1);
    edo_tracker_done(&s->alive);
}

/* ---- Closing what is idle --------------------------------------------------------------------
 *
 * A close wakes the state machine, so it has to wait until the lock is free. */

/* With the lock held: takes the connection from the list, with a reference, if it is idle as
 * `phase` says. */
static bool take_idle(edoi_http_server *s, edoi_http_conn *c, uint32_t phase) {
    // HS2: pairs with HS1 and HS6
    if (!edoi_cas_seq_u32(&c->phase, &phase, EDOI_HTTP_DRAINED)) return false;
    unlink_conn(s, c);
    edoi_add_rlx_u32(&c->refs, 1); // relaxed: its state machine, which was in the list, has one
    return true;
}

static void close_taken(edoi_http_conn *c) {
    edo_close(edo_stream_ref(c->stream));
    edoi_http_conn_unref(c);
}

/* Has a request arrived, or a part of one? The connection's state machine may begin to read at this
 * moment, which sockets stand; of other streams, which are read by one at a time, nothing is known.
 */
static bool has_input(edo_stream *s) {
    if (!(s->ops->flags & EDOI_STREAM_IS_SOURCE)) return false;
    char byte;
    struct iovec to = { &byte, 1 };
    int result;
    (void)s->ops->poll_read(s, NULL, NULL, &to, 1, EDO_IO_PEEK, &result);
    return result > 0;
}

/* Closes the connections that have been idle since `most_ns`, or for longer. */
static void close_idle(edoi_http_server *s, int64_t most_ns) {
    edoi_http_conn *taken = NULL, *next;
    pthread_mutex_lock(&s->lock);
    for (edoi_http_conn *c = s->first; c; c = next) {
        next = c->next;
        // HS4: pairs with HS3; and relaxed: a time that is too old is not that of an idle one
        if (edoi_load_seq_u32(&c->phase) != EDOI_HTTP_IDLE) continue;
        if ((int64_t)edoi_load_rlx_u64(&c->idle_ns) > most_ns || has_input(c->stream)) continue;
        if (!take_idle(s, c, EDOI_HTTP_IDLE)) continue;
        c->next = taken;
        taken = c;
    }
    pthread_mutex_unlock(&s->lock);
    for (edoi_http_conn *c = taken; c; c = next) {
        next = c->next;
        close_taken(c);
    }
}

/* A connection that became idle later may be about to send its next request. */
static int64_t since_last_call_ns(void) {
    return edo_now().ns - INT64_C(1000000) * EDOI_HTTP_LAST_CALL_MS;
}

void edoi_http_server_drain(edoi_http_server *s) {
    edoi_store_rlx_u32(&s->drains, EDOI_HTTP_DRAIN_BEGUN);
    close_idle(s, since_last_call_ns());
    edo_cancel(s->hurry, 0);
}

void edoi_http_server_end_idle(edoi_http_server *s) {
    edoi_store_seq_u32(&s->drains, EDOI_HTTP_DRAIN_IDLE_ENDS); // HS4: pairs with HS3
    close_idle(s, INT64_MAX);
}

bool edoi_http_server_is_busy(edoi_http_server *s) {
    bool is_busy = false;
    pthread_mutex_lock(&s->lock);
    for (edoi_http_conn *c = s->first; c && !is_busy; c = c->next)
        is_busy = edoi_load_rlx_u32(&c->phase) != EDOI_HTTP_LINGERS; // relaxed: as it is just now
    pthread_mutex_unlock(&s->lock);
    return is_busy;
}

/* With the lock held: of those that became idle after `*after_ns`, and not after `most_ns`, the one
 * that has been idle for longest, with the time in `*after_ns`, and how it is idle in `*phase`. */
static edoi_http_conn *next_oldest(edoi_http_server *s, bool detached, int64_t *after_ns,
                                   int64_t most_ns, uint32_t *phase) {
    edoi_http_conn *oldest = NULL;
    for (edoi_http_conn *c = s->first; c; c = c->next) {
        // relaxed: a choice; the swap decides
        uint32_t seen = edoi_load_rlx_u32(&c->phase);
        if (seen != EDOI_HTTP_IDLE && (!detached || seen != EDOI_HTTP_DETACHED)) continue;
        int64_t idle_ns = (int64_t)edoi_load_rlx_u64(&c->idle_ns);
        if (idle_ns <= *after_ns || idle_ns > most_ns) continue; // of one tick: the first made
        oldest = c;
        most_ns = idle_ns;
        *phase = seen;
    }
    *after_ns = most_ns;
    return oldest;
}

#define LOOKS_MAX 8 /* connections, each with a system call under the lock */

bool edoi_http_server_close_oldest(edoi_http_server *s, bool detached) {
    edoi_http_conn *oldest = NULL;
    int64_t after_ns = -1, most_ns = detached ? INT64_MAX : since_last_call_ns();
    uint32_t phase = EDOI_HTTP_IDLE;
    bool taken = false;
    pthread_mutex_lock(&s->lock);
    for (int i = 0; i < LOOKS_MAX && !taken; i++) {
        oldest = next_oldest(s, detached, &after_ns, most_ns, &phase);
        if (!oldest) break;
        taken = !has_input(oldest->stream) && take_idle(s, oldest, phase);
    }
    pthread_mutex_unlock(&s->lock);
    if (taken) close_taken(oldest);
    return taken;
}
