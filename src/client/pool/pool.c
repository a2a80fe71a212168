/* SPDX-License-Identifier: MIT */
/* client/pool/pool.c: connections that are lent, kept and closed; see pool.h. */
#include "client/pool/pool.h"
#include "http/client/conn.h"
#include "http/client/http2_ops.h"

#include "base/assert.h"
#include "driver/clock.h"
#include "service/own_wait.h"
#include "time/random.h"

#include <edo/span.h>

#include <errno.h>
#include <stdio.h>

/* ---- Kept connections ------------------------------------------------------------------------ */

/* Called with `mu` held. */
static void pool_unkeep(edoi_client_pool *pool, edoi_client_pool_conn *c) {
    TAILQ_REMOVE(&c->host->kept, c, of_host);
    TAILQ_REMOVE(&pool->kept, c, of_pool);
    c->host->kept_n--;
    pool->kept_n--;
    edoi_conn_count_keep(&c->count, false);
}

/* Called with `mu` held. */
static void pool_keep(edoi_client_pool *pool, edoi_client_pool_conn *c, edo_instant now) {
    c->kept_at = now;
    c->kept_until =
        edo_instant_add(now, c->http ? edoi_client_keeps(c->http) : edo_ns(EDO_FOREVER_NS));
    c->user.task = NULL;
    c->is_reused = true;
    TAILQ_INSERT_HEAD(&c->host->kept, c, of_host);
    TAILQ_INSERT_HEAD(&pool->kept, c, of_pool);
    c->host->kept_n++;
    pool->kept_n++;
    edoi_conn_count_keep(&c->count, true);
}

/* Moves what was kept too long, or is too much, to `out`. Called with `mu` held. */
static void pool_sweep(edoi_client_pool *pool, edo_instant now,
                       struct edoi_client_pool_conns *out) {
    edoi_client_pool_conn *c;
    while ((c = TAILQ_LAST(&pool->kept, edoi_client_pool_conns))) {
        bool is_old = edo_instant_since(now, c->kept_at).ns > pool->idle_timeout.ns;
        if (!is_old && pool->kept_n <= pool->idle_max) return;
        pool_unkeep(pool, c);
        TAILQ_INSERT_TAIL(out, c, of_pool);
    }
}

static void pool_drop_all(struct edoi_client_pool_conns *conns) {
    edoi_client_pool_conn *c;
    while ((c = TAILQ_FIRST(conns))) {
        TAILQ_REMOVE(conns, c, of_pool);
        edoi_client_pool_drop(c);
    }
}

void edoi_client_pool_close_kept(edoi_client_pool *pool) {
    struct edoi_client_pool_conns all = TAILQ_HEAD_INITIALIZER(all);
    edoi_client_pool_conn *c;
    (void)pthread_mutex_lock(&pool->mu);
    while ((c = TAILQ_FIRST(&pool->kept))) {
        pool_unkeep(pool, c);
        TAILQ_INSERT_TAIL(&all, c, of_pool);
    }
    (void)pthread_mutex_unlock(&pool->mu);
    pool_drop_all(&all);
}

void edoi_client_pool_sweep_kept(edoi_client_pool *pool) {
    struct edoi_client_pool_conns old = TAILQ_HEAD_INITIALIZER(old);
    (void)pthread_mutex_lock(&pool->mu);
    pool_sweep(pool, edo_now(), &old);
    (void)pthread_mutex_unlock(&pool->mu);
    pool_drop_all(&old);
}

void edoi_client_pool_close(edoi_client_pool *pool) {
    (void)pthread_mutex_lock(&pool->mu);
    pool->is_closed = true;
    (void)pthread_mutex_unlock(&pool->mu);
    edoi_client_pool_close_kept(pool);
    edoi_client_sweeper_end(pool);
}

/* Has it served long enough? Its host may have other addresses by now. One of HTTP/1.1 is the
 * caller's, or the pool's. */
static bool conn_is_old(const edoi_client_pool_conn *c, edo_instant now) {
    return c->is_retired || edo_instant_since(now, c->made_at).ns >= c->age_max.ns;
}

/* Likewise of a kept one: will its server close it? */
static bool pool_conn_is_over(const edoi_client_pool_conn *c, edo_instant now) {
    return conn_is_old(c, now) || now.ns >= c->kept_until.ns;
}

/* Connections that were made at once do not end at once: each has up to a tenth more or less. */
static edo_duration conn_age_max(const edoi_client_pool *pool) {
    if (pool->conn_age_max.ns == EDO_FOREVER_NS) return pool->conn_age_max;
    uint64_t random = edoi_random();
    const int64_t ns = pool->conn_age_max.ns, thousandth = ns / 1000;
    return edo_ns(
        edoi_time_after(ns - 100 * thousandth, thousandth * edoi_random_to(&random, 200)));
}

/* Takes the newest kept connection that is not too old; older ones go to `out`. Called with `mu`
 * held. */
static edoi_client_pool_conn *host_take_kept(edoi_client_pool_host *h, edo_instant now,
                                             struct edoi_client_pool_conns *out) {
    edoi_client_pool_conn *c;
    while ((c = TAILQ_FIRST(&h->kept))) {
        pool_unkeep(h->pool, c);
        bool is_good = c->http2 ? edoi_shared_is_good(c, now) : !pool_conn_is_over(c, now);
        if (is_good && c->http2) edoi_shared_lend(c);
        if (is_good) return c;
        TAILQ_INSERT_TAIL(out, c, of_pool);
    }
    return NULL;
}

/* ---- Given to a task ------------------------------------------------------------------------- */

/* `task`: its name, or NULL for a plain thread. */
static edoi_client_pool_user pool_user_now(const char *task) {
    return (edoi_client_pool_user){ task ? task : "no task", edo_now_coarse() };
}

/* Called with `mu` held, as the following. After it `w` may be gone. */
static void waiter_wake(edoi_client_pool_waiter *w) {
    edo_notify_one(&w->notify);
}

static void waiter_unlist(edoi_client_pool_host *h, edoi_client_pool_waiter *w) {
    if (!w->is_listed) return;
    TAILQ_REMOVE(&h->waiters, w, next);
    w->is_listed = false;
    h->pool->waiting_n--;
}

/* Gives a connection to the task that waits longest, or to `owner`, which has dialled it. False:
 * none waits. */
static bool host_give(edoi_client_pool_host *h, edoi_client_pool_conn *c,
                      edoi_client_pool_waiter *owner) {
    bool is_owners = owner && owner->wants_new && owner->is_listed; // else it has another one
    edoi_client_pool_waiter *w = is_owners ? owner : TAILQ_FIRST(&h->waiters);
    while (w && w->wants_new && c->is_reused) w = TAILQ_NEXT(w, next);
    if (!w) return false;
    waiter_unlist(h, w);
    c->user = pool_user_now(w->user.task);
    w->conn = c;
    waiter_wake(w);
    return true;
}

/* Gives a connection of HTTP/2 to all tasks that wait and may have it; `owner` has dialled it.
 * Returns whether there was one. */
static bool host_share(edoi_client_pool_host *h, edoi_client_pool_conn *c,
                       edoi_client_pool_waiter *owner) {
    edoi_client_pool_waiter *w, *next;
    for (w = TAILQ_FIRST(&h->waiters); w; w = next) {
        next = TAILQ_NEXT(w, next);
        if ((w->wants_new && w != owner) || w->conn) continue;
        if (w != owner && c->users_n > 0 && !edoi_http2_client.is_open(c->http2, true) &&
            h->open_n < h->pool->http2_conns_max)
            break; // they want another one
        waiter_unlist(h, w);
        edoi_shared_lend(c);
        w->conn = c;
        waiter_wake(w);
    }
    return c->users_n > 0;
}

/* May one more connection be made? Of HTTP/2 one that is being made is for all. */
static bool host_has_place(const edoi_client_pool_host *h, const edoi_client_pool_waiter *w) {
    const edoi_client_pool *pool = h->pool;
    if (pool->host_conns_max > 0 && h->open_n >= pool->host_conns_max) return false;
    return w->wants_new || !edoi_shared_is_awaited(h);
}

static void host_give_place(edoi_client_pool_host *h, edoi_client_pool_waiter *w) {
    w->has_place = true;
    h->open_n++;
    h->pool->open_n++;
}

/* A dial has shown which version the host speaks: tasks that waited for that may dial now. */
static void host_give_places(edoi_client_pool_host *h) {
    edoi_client_pool_waiter *w, *next;
    for (w = TAILQ_FIRST(&h->waiters); w; w = next) {
        next = TAILQ_NEXT(w, next);
        if (w->dials || w->has_place || !host_has_place(h, w)) continue;
        host_give_place(h, w);
        waiter_wake(w);
    }
}

/* A connection has ended, or was not made: another task may make one. */
static void host_free_place(edoi_client_pool_host *h) {
    edoi_client_pool_waiter *w = TAILQ_FIRST(&h->waiters);
    while (w && (w->dials || w->has_place)) w = TAILQ_NEXT(w, next);
    if (w) {
        w->has_place = true;
        waiter_wake(w);
        return;
    }
    EDO_INV("pool inv. 1", h->open_n > 0);
    h->open_n--;
    h->pool->open_n--;
}

/* ---- A dial ---------------------------------------------------------------------------------- */

/* Reference-counted: the dialling task and the waiting task share it. */
typedef struct dial_job {
    edoi_client_pool_host *host;    /* a reference */
    edoi_client_pool_waiter *owner; /* lock: mu; NULL: it waits no more */
} dial_job;

static void dial_job_deinit(void *arg) {
    dial_job *job = arg;
    edoi_client_pool_host_unref(job->host);
}

/* One that any host may use is counted for the proxy. */
static void pool_conn_count(edoi_client_pool_conn *c) {
    const edoi_client_pool_host *h = c->host;
    char name[EDOI_PROXY_HOST_MAX + 1];
    if (h->is_forward)
        (void)snprintf(name, sizeof name, "%.*s", (int)h->proxy->host.len, h->proxy->host.ptr);
    edoi_conn_count_begin(&c->count, &h->pool->counts, h->is_forward ? name : h->name,
                          h->is_forward ? h->proxy->port : h->port);
}

static int dial_make(edoi_client_pool_conn **out, edoi_client_pool_host *h) {
    edoi_client_pool_conn *c = edo_rc_new(sizeof *c, NULL);
    if (!c) return -ENOMEM;
    *c = (edoi_client_pool_conn){ .http = NULL };
    int err = edoi_dial(c, h);
    if (err < 0) {
        edo_rc_unref(c);
        return err;
    }
    c->host = edoi_client_pool_host_ref(h);
    c->made_at = edo_now();
    c->age_max = conn_age_max(h->pool);
    pool_conn_count(c);
    *out = c;
    return 0;
}

/* A connection was made. Returns whether a task has it now. */
static bool dial_give(edoi_client_pool_host *h, edoi_client_pool_conn *c,
                      edoi_client_pool_waiter *owner) {
    edo_http_version before = h->version;
    h->version = c->http2 ? EDO_HTTP_2 : EDO_HTTP_11;
    h->conns_n++;
    LIST_INSERT_HEAD(&h->all, c, of_all);
    bool is_given = c->http2 ? host_share(h, c, owner) : host_give(h, c, owner);
    if (h->version != before && edoi_shared_may_be(h)) host_give_places(h);
    return is_given;
}

/* None was made. Where another one is shared its streams are waited for. */
static void dial_has_failed(edoi_client_pool_host *h, edoi_client_pool_waiter *owner) {
    edoi_client_pool_conn *other = edoi_shared_find(h, edo_now_coarse());
    if (other) (void)host_share(h, other, owner);
    if (!owner || owner->conn) return;
    owner->is_over = true;
    waiter_wake(owner);
    waiter_unlist(h, owner);
}

static int dial_run(void *arg) {
    dial_job *job = arg;
    edoi_client_pool_host *h = job->host;
    edoi_client_pool *pool = h->pool;
    edoi_client_pool_conn *c = NULL;
    bool is_given, is_lost = false;
    int err = dial_make(&c, h);
    (void)pthread_mutex_lock(&pool->mu);
    edoi_client_pool_waiter *owner = job->owner;
    job->owner = NULL;
    if (owner) owner->dials = false;
    if (err < 0) {
        pool->failures++;
        dial_has_failed(h, owner);
        host_free_place(h);
    } else {
        pool->connects++;
        is_given = dial_give(h, c, owner);
        if (!is_given && !pool->is_closed) pool_keep(pool, c, edo_now_coarse());
        is_lost = !is_given && pool->is_closed;
    }
    (void)pthread_mutex_unlock(&pool->mu);
    if (is_lost) edoi_client_pool_drop(c);
    edoi_client_sweeper_begin(pool);
    edo_rc_unref(job);
    return err;
}

/* Begins the dial of a waiter that has a place. Returns 0 or a negative code. */
static int waiter_dial(edoi_client_pool_host *h, edoi_client_pool_waiter *w, dial_job **job,
                       edo_task **task) {
    dial_job *made = edo_rc_new(sizeof *made, dial_job_deinit);
    if (!made) return -ENOMEM;
    *made = (dial_job){ .host = edoi_client_pool_host_ref(h), .owner = w };
    (void)pthread_mutex_lock(&h->pool->mu);
    w->has_place = false;
    w->dials = true;
    (void)pthread_mutex_unlock(&h->pool->mu);
    *task = edo_spawn(dial_run, edo_rc_ref(made));
    if (*task) {
        *job = made;
        return 0;
    }
    (void)pthread_mutex_lock(&h->pool->mu);
    w->has_place = true; // it is given on by the caller
    w->dials = false;
    (void)pthread_mutex_unlock(&h->pool->mu);
    edo_rc_unref(made);
    edo_rc_unref(made);
    return edo_task_join(NULL);
}

/* ---- A wait ---------------------------------------------------------------------------------- */

/* Ends the wait of a task that goes with `err`, which it returns, unless it was given a
 * connection. What it was given and does not want goes on. */
static int waiter_end(edoi_client_pool_host *h, edoi_client_pool_waiter *w, dial_job *job,
                      int err) {
    (void)pthread_mutex_lock(&h->pool->mu);
    waiter_unlist(h, w);
    if (job) job->owner = NULL;
    bool has_place = w->has_place;
    w->has_place = false;
    if (has_place) host_free_place(h);
    (void)pthread_mutex_unlock(&h->pool->mu);
    if (err == 0 || !w->conn) return err;
    edoi_client_pool_put(w->conn);
    w->conn = NULL;
    return err;
}

typedef enum waiter_next { NEXT_WAIT, NEXT_DIAL, NEXT_TAKE, NEXT_FAIL } waiter_next;

static waiter_next waiter_look(const edoi_client_pool_host *h, const edoi_client_pool_waiter *w) {
    (void)pthread_mutex_lock(&h->pool->mu);
    waiter_next next = w->conn        ? NEXT_TAKE
                       : w->has_place ? NEXT_DIAL
                       : w->is_over   ? NEXT_FAIL
                                      : NEXT_WAIT;
    (void)pthread_mutex_unlock(&h->pool->mu);
    return next;
}

/* What a task has that waits: the dial that it has begun. */
typedef struct own_dial {
    dial_job *job; /* NULL: none */
    edo_task *task;
} own_dial;

/* Its connection may still go to another task. */
static void own_dial_leave(own_dial *own) {
    edo_task_detach(own->task);
    if (own->job) edo_rc_unref(own->job);
    *own = (own_dial){ NULL, NULL };
}

/* Returns why it has failed, with the trail. */
static int own_dial_join(own_dial *own) {
    int err = edo_task_join(own->task);
    own->task = NULL;
    return err < 0 ? err : -EIO;
}

/* Goes on until a connection is there. Returns 0, or why none comes. */
static int waiter_run(edoi_client_pool_host *h, edoi_client_pool_waiter *w, own_dial *own) {
    int err = 0;
    while (err == 0) {
        switch (waiter_look(h, w)) {
        case NEXT_TAKE: return 0;
        case NEXT_FAIL: return own_dial_join(own);
        case NEXT_DIAL:
            own_dial_leave(own);
            err = waiter_dial(h, w, &own->job, &own->task);
            break;
        case NEXT_WAIT: err = edo_notify_wait(&w->notify); break;
        }
    }
    return err;
}

static int host_wait(edoi_client_pool_conn **out, edoi_client_pool_host *h,
                     edoi_client_pool_waiter *w) {
    own_dial own = { NULL, NULL };
    int err = waiter_run(h, w, &own);
    if (err < 0 && own.task) edo_task_cancel(own.task);
    // The line is the program's: a limit that passes there says nothing of the host.
    if (w->is_in_line && !own.job) err = edoi_own_wait_ended(err);
    err = waiter_end(h, w, own.job, err);
    own_dial_leave(&own);
    if (err == 0) *out = w->conn;
    return err;
}

/* ---- Lent ------------------------------------------------------------------------------------ */

/* Moves the oldest kept connection to `out`, which frees its place. */
static void host_make_place(edoi_client_pool_host *h, struct edoi_client_pool_conns *out) {
    edoi_client_pool_conn *last = TAILQ_LAST(&h->kept, edoi_client_pool_conns);
    if (!last) return;
    pool_unkeep(h->pool, last);
    TAILQ_INSERT_TAIL(out, last, of_pool);
}

/* Takes the newest kept connection, NULL if there is none; else lists `w`, with a place if there is
 * one. */
static edoi_client_pool_conn *host_begin(edoi_client_pool_host *h, edoi_client_pool_waiter *w) {
    edoi_client_pool *pool = h->pool;
    struct edoi_client_pool_conns old = TAILQ_HEAD_INITIALIZER(old);
    edo_instant now = edo_now_coarse(); // the limits are seconds
    (void)pthread_mutex_lock(&pool->mu);
    pool_sweep(pool, now, &old);
    edoi_client_pool_conn *c = w->wants_new ? NULL : edoi_shared_take(h, now);
    if (!c && !w->wants_new) c = host_take_kept(h, now, &old);
    if (c) {
        pool->reuses++;
        if (!c->http2) c->user = w->user;
    } else {
        if (host_has_place(h, w)) host_give_place(h, w);
        TAILQ_INSERT_TAIL(&h->waiters, w, next);
        w->is_listed = true;
        w->is_in_line = pool->host_conns_max > 0 && h->conns_n >= pool->host_conns_max;
        pool->waiting_n++;
        if (!w->has_place && w->wants_new) host_make_place(h, &old);
    }
    (void)pthread_mutex_unlock(&pool->mu);
    pool_drop_all(&old);
    return c;
}

int edoi_client_pool_get(edoi_client_pool_conn **out, edoi_client_pool_host *host, bool is_new) {
    edoi_client_pool_waiter w = { .notify = EDO_NOTIFY_INIT,
                                  .user = pool_user_now(edo_task_current_name()),
                                  .wants_new = is_new };
    *out = host_begin(host, &w);
    if (*out) return 0;
    edo_span_block span;
    edo_span_begin(&span, edo_span_new(EDO_LEVEL_DEBUG, "pool", edo_span_current(),
                                       (EDO_KV("pool", "http.client")), "wait"));
    return edo_span_end(&span, host_wait(out, host, &w));
}

/* Called with `mu` held. */
static edoi_client_pool_conn *host_find_shared(edoi_client_pool_host *h, edo_instant now) {
    edoi_client_pool_conn *c = edoi_shared_find(h, now);
    if (c && edoi_http2_client.is_open(c->http2, true)) return c;
    TAILQ_FOREACH(c, &h->kept, of_host)
    if (c->http2 && edoi_shared_is_good(c, now) && edoi_http2_client.is_open(c->http2, true))
        return c;
    return NULL;
}

edoi_client_pool_conn *edoi_client_pool_get_shared(edoi_client_pool_host *h) {
    edoi_client_pool *pool = h->pool;
    if (!edoi_shared_may_be(h)) return NULL;
    (void)pthread_mutex_lock(&pool->mu);
    edoi_client_pool_conn *c = host_find_shared(h, edo_now_coarse()); // the limits are seconds
    if (c && c->users_n == 0) pool_unkeep(pool, c);
    if (c) edoi_shared_lend(c);
    if (c) pool->reuses++;
    (void)pthread_mutex_unlock(&pool->mu);
    return c;
}

bool edoi_client_pool_may_dial_shared(const edoi_client_pool_host *h) {
    (void)pthread_mutex_lock(&h->pool->mu);
    bool may_be = h->version != EDO_HTTP_11;
    (void)pthread_mutex_unlock(&h->pool->mu);
    return may_be;
}

/* Does a task wait for a place, because it wants a connection that is new? */
static bool host_is_awaited(const edoi_client_pool_host *h) {
    const edoi_client_pool_waiter *w = TAILQ_FIRST(&h->waiters);
    while (w && (w->dials || w->has_place)) w = TAILQ_NEXT(w, next);
    return w != NULL;
}

/* Keeps a connection that no task wants. If too many are kept, the excess goes to `out`. */
static void host_keep(edoi_client_pool_host *h, edoi_client_pool_conn *c, edo_instant now,
                      struct edoi_client_pool_conns *out) {
    edoi_client_pool *pool = h->pool;
    pool_keep(pool, c, now);
    if (pool->is_closed || h->kept_n > pool->host_idle_max || host_is_awaited(h))
        host_make_place(h, out);
    pool_sweep(pool, now, out);
}

/* A reference, since a connection that is kept is no more the caller's, and may end with its pool
 * at any time; NULL: no sweeper is wanted. Called with `mu` held. */
static edoi_client_pool *pool_ref_unswept(edoi_client_pool *pool) {
    return edoi_client_pool_wants_sweeper(pool) ? edo_rc_ref(pool) : NULL;
}

/* Takes the reference. */
static void pool_begin_sweeper(edoi_client_pool *unswept) {
    if (unswept) edoi_client_sweeper_begin(unswept);
    edo_rc_unref(unswept);
}

/* A task gives a connection of HTTP/2 back, which others may have at the same time. */
static void pool_put_shared(edoi_client_pool_conn *c) {
    edoi_client_pool_host *h = c->host;
    edoi_client_pool *pool = h->pool;
    edo_instant now = edo_now_coarse(); // the limits are seconds
    struct edoi_client_pool_conns old = TAILQ_HEAD_INITIALIZER(old);
    (void)pthread_mutex_lock(&pool->mu);
    bool is_good = edoi_shared_leave(c, now), is_free = c->users_n == 0;
    bool has_room = is_good && edoi_http2_client.is_open(c->http2, true);
    if (has_room && (is_free || c->is_shared) && host_share(h, c, NULL)) is_free = false;
    if (is_free && is_good) host_keep(h, c, now, &old);
    edoi_client_pool *unswept = pool_ref_unswept(pool);
    (void)pthread_mutex_unlock(&pool->mu);
    if (is_free && !is_good) edoi_client_pool_drop(c);
    pool_drop_all(&old);
    pool_begin_sweeper(unswept);
}

void edoi_client_pool_put(edoi_client_pool_conn *c) {
    if (c->http2) {
        pool_put_shared(c);
        return;
    }
    edoi_client_pool_host *h = c->host;
    edoi_client_pool *pool = h->pool;
    edo_instant now = edo_now_coarse(); // the limits are seconds
    bool is_kept = edo_http1_rest(c->http) && edoi_client_keeps(c->http).ns > 0;
    if (!is_kept || conn_is_old(c, now)) {
        edoi_client_pool_drop(c);
        return;
    }
    struct edoi_client_pool_conns old = TAILQ_HEAD_INITIALIZER(old);
    (void)pthread_mutex_lock(&pool->mu);
    c->is_reused = true;
    if (!host_give(h, c, NULL)) host_keep(h, c, now, &old);
    edoi_client_pool *unswept = pool_ref_unswept(pool);
    (void)pthread_mutex_unlock(&pool->mu);
    pool_drop_all(&old);
    pool_begin_sweeper(unswept);
}

void edoi_client_pool_retire(edoi_client_pool_conn *c) {
    edoi_client_pool *pool = c->host->pool;
    (void)pthread_mutex_lock(&pool->mu);
    c->is_retired = true;
    (void)pthread_mutex_unlock(&pool->mu);
}

void edoi_client_pool_drop(edoi_client_pool_conn *c) {
    edoi_client_pool_host *h = c->host;
    if (c->http2)
        edoi_http2_client.close(c->http2);
    else
        edo_http1_close(c->http);
    edoi_conn_count_end(&c->count, edo_instant_since(edo_now(), c->made_at));
    (void)pthread_mutex_lock(&h->pool->mu);
    h->conns_n--;
    LIST_REMOVE(c, of_all);
    host_free_place(h);
    (void)pthread_mutex_unlock(&h->pool->mu);
    edo_rc_unref(c);
    edoi_client_pool_host_unref(h);
}
