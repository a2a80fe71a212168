/* SPDX-License-Identifier: MIT */
/* sync.c: mutexes, conditions, and the kernel's events.
 *
 * A mutex hands over what its holder knew, a condition and an event hand over nothing, but those of
 * a ring, whose memory is the kernel's: who relies on more than is promised is found. A wait with a
 * time does not end by time, nothing is woken without a signal, and a signal wakes the thread with
 * the lowest number: of these the models hold no more than one that matters. There is one eventfd a
 * driver, and sockets that the model makes. */
#include "state.h"

#include "shim/libc.h"

#include <errno.h>
#include <stdio.h>

static sync_object *object_at(const void *at) {
    for (unsigned i = 0; i < ck->syncs_n; i++)
        if (ck->syncs[i].at == at) return &ck->syncs[i];
    if (ck->syncs_n == SYNCS_MAX) fail("the model is too large: SYNCS_MAX");
    sync_object *s = &ck->syncs[ck->syncs_n++];
    *s = (sync_object){ .at = at, .holder = NOBODY };
    return s;
}

bool sync_is_free(const op *o, const thread *t) {
    if (o->kind == OP_LOCK) return object_at(o->at)->holder == NOBODY;
    if (o->kind == OP_WOKEN) return t->woken;
    return o->kind != OP_SLEEP || object_at(o->at)->events > 0;
}

static sync_object *begin(op_kind kind, const void *at, const char *file, int line) {
    announce(&(op){ .kind = kind, .at = at, .site = site_of(file, line, EDOI_MODEL_RLX) });
    sync_check(at);
    return object_at(at);
}

static int end(void) {
    done(true, 0, 0, 0);
    me()->now.clock[ck->now]++;
    return 0;
}

int edoi_model_lock(const void *mutex, const char *file, int line) {
    if (!ck || !ck->running) return 0;
    sync_object *s = begin(OP_LOCK, mutex, file, line);
    s->holder = ck->now;
    join_bundle(&me()->now, &s->handed);
    return end();
}

bool edoi_model_locks_are_steps(void) {
    return ck && ck->running && !ck->model->real_locks;
}

bool edoi_model_try(const void *lock, const char *file, int line) {
    sync_object *s = begin(OP_TRY, lock, file, line);
    bool taken = s->holder == NOBODY;
    if (taken) {
        s->holder = ck->now;
        join_bundle(&me()->now, &s->handed);
    }
    (void)end();
    return taken;
}

int edoi_model_unlock(const void *mutex, const char *file, int line) {
    if (!ck || !ck->running) return 0;
    sync_object *s = begin(OP_UNLOCK, mutex, file, line);
    if (s->holder != ck->now) fail("a mutex is unlocked by a thread that does not hold it");
    s->holder = NOBODY;
    s->handed = me()->now;
    return end();
}

int edoi_model_wait_on(const void *cond, const void *mutex, const char *file, int line) {
    sync_object *s = begin(OP_ENROLL, cond, file, line);
    s->waiting |= bit(ck->now);
    me()->woken = false;
    (void)end();
    (void)edoi_model_unlock(mutex, file, line);
    (void)begin(OP_WOKEN, cond, file, line);
    (void)end();
    return edoi_model_lock(mutex, file, line);
}

int edoi_model_signal(const void *cond, bool all, const char *file, int line) {
    if (!ck || !ck->running) return 0;
    sync_object *s = begin(OP_SIGNAL, cond, file, line);
    for (unsigned n = 0; n < ck->threads_n && s->waiting; n++) {
        if (!(s->waiting & bit(n))) continue;
        s->waiting &= ~bit(n);
        ck->threads[n].woken = true;
        if (!all) break;
    }
    return end();
}

int edoi_model_once(pthread_once_t *once, void (*fn)(void)) {
    // Under a lock of the checker's own, which orders the callers as pthread_once() does.
    (void)edoi_model_lock(once, __FILE__, __LINE__);
    uint64_t *called = &object_at((char *)once + 1)->events;
    if ((*called)++ == 0) fn();
    return edoi_model_unlock(once, __FILE__, __LINE__);
}

/* ---- Threads that the code under test makes -------------------------------------------------- */

void edoi_model_hold_threads(void) {
    ck->holds = true;
}

static void call_pthread_fn(void *arg) {
    void *(*fn)(void *) = me()->pthread_fn;
    (void)fn(arg);
}

int edoi_model_thread(pthread_t *out, void *(*fn)(void *), void *arg) {
    *out = 0;
    if (ck->holds) return 0;
    unsigned n = thread_start(call_pthread_fn, arg);
    ck->threads[n].pthread_fn = fn;
    *out = n;
    return 0;
}

int edoi_model_join(pthread_t n, void **result) {
    if (result) *result = NULL;
    const thread *t = &ck->threads[n];
    announce(&(op){ .kind = OP_JOIN, .at = t });
    join_bundle(&me()->now, &t->now);
    done(false, 0, 0, 0);
    if (ck->alive_n == 1) ck->forked = false;
    return 0;
}

/* ---- Descriptors ----------------------------------------------------------------------------- */

int edoi_model_descriptor(void) {
    if (ck->descriptors_n == DESCRIPTORS_MAX) fail("the model is too large: DESCRIPTORS_MAX");
    ck->descriptors[ck->descriptors_n] = (descriptor){ 0 };
    return (int)ck->descriptors_n++;
}

/* ---- Sockets ----------------------------------------------------------------------------------
 *
 * What is done to one is one step, and its events are edges, as the kernel's are: what is ready
 * when it is made known to an epoll, and what becomes ready then. */

#define ALWAYS ((uint32_t)(EPOLLHUP | EPOLLERR)) /* reported unasked */

static uint32_t reported(const descriptor *d, unsigned epoll) {
    return d->in[epoll].events ? d->ready & (d->in[epoll].events | ALWAYS) : 0;
}

/* An edge in that epoll if it reports any of `events`; none any more if nothing is ready. */
static void make_edge(int fd, unsigned epoll, uint32_t events) {
    const descriptor *d = &ck->descriptors[fd];
    if (!d->in[epoll].events) return;
    uint64_t *edges = &object_at(&ck->descriptors[epoll])->events;
    if (reported(d, epoll) & events) *edges |= UINT64_C(1) << fd;
    if (!reported(d, epoll)) *edges &= ~(UINT64_C(1) << fd);
}

static void make_edges(int fd, uint32_t events) {
    for (unsigned i = 0; i < ck->descriptors_n; i++) make_edge(fd, i, events);
}

static descriptor *begin_socket(op_kind kind, int fd, const char *file, int line) {
    (void)begin(kind, &ck->descriptors[fd], file, line);
    return &ck->descriptors[fd];
}

static int socket_ctl(int epoll, int how, int fd, const struct epoll_event *event, const char *file,
                      int line) {
    descriptor *d = begin_socket(OP_KICK, fd, file, line);
    bool known = d->in[epoll].events != 0;
    bool can = !d->is_closed && known == (how != EPOLL_CTL_ADD);
    if (can) {
        d->in[epoll].events = 0;
        object_at(&ck->descriptors[epoll])->events &= ~(UINT64_C(1) << fd);
        if (how != EPOLL_CTL_DEL) d->in[epoll].events = event->events;
        d->in[epoll].token = event->data.u64;
        make_edge(fd, (unsigned)epoll, UINT32_MAX);
    }
    (void)end();
    errno = d->is_closed ? EBADF : known ? EEXIST : ENOENT;
    return can ? 0 : -1;
}

int edoi_model_socket(void) {
    (void)begin(OP_KICK, &ck->descriptors[0], __FILE__, __LINE__);
    unsigned fd = 0;
    while (fd < ck->descriptors_n && !ck->descriptors[fd].is_closed) fd++;
    if (fd == ck->descriptors_n) fd = (unsigned)edoi_model_descriptor();
    ck->descriptors[fd] = (descriptor){ .is_socket = true };
    ck->has_sockets = true;
    (void)end();
    return (int)fd;
}

int edoi_model_ring(void) {
    int fd = edoi_model_socket();
    ck->descriptors[fd].is_ring = true;
    return fd;
}

void edoi_model_socket_ready(int fd, uint32_t events) {
    descriptor *d = begin_socket(OP_KICK, fd, __FILE__, __LINE__);
    d->ready |= events;
    if (d->is_ring) join_bundle(&object_at(d)->handed, &me()->now);
    make_edges(fd, events);
    (void)end();
}

bool edoi_model_socket_take(int fd, uint32_t events) {
    descriptor *d = begin_socket(OP_POLL, fd, __FILE__, __LINE__);
    bool any = (d->ready & events) != 0;
    d->ready &= ~events;
    make_edges(fd, 0);
    (void)end();
    return any;
}

int edoi_model_shutdown(int fd) {
    edoi_model_socket_ready(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP);
    return 0;
}

int edoi_model_close(int fd, const char *file, int line) {
    if (!ck->descriptors[fd].is_socket) return 0;
    descriptor *d = begin_socket(OP_KICK, fd, file, line);
    d->ready = 0;
    make_edges(fd, 0);
    *d = (descriptor){ .is_socket = true, .is_closed = true };
    return end();
}

/* What takes the number of a closed source: no event ever comes of it. */
int edoi_model_dead_socket(void) {
    return DESCRIPTORS_MAX;
}

/* The file behind `fd` is closed, and a dead socket has the number. */
int edoi_model_replace(int fd, const char *file, int line) {
    if (!ck->descriptors[fd].is_socket) return fd;
    descriptor *d = begin_socket(OP_KICK, fd, file, line);
    d->ready = 0;
    make_edges(fd, 0);
    *d = (descriptor){ .is_socket = true };
    (void)end();
    return fd;
}

/* ---- Events ---------------------------------------------------------------------------------- */

/* `fd` makes events in `epoll`. */
int edoi_model_event_ctl(int epoll, int how, int fd, const struct epoll_event *event,
                         const char *file, int line) {
    descriptor *d = &ck->descriptors[fd];
    if (d->is_socket) return socket_ctl(epoll, how, fd, event, file, line);
    *d = (descriptor){ .epoll = epoll, .token = event->data.u64 };
    return 0;
}

ssize_t edoi_model_event_make(int fd, size_t bytes, const char *file, int line) {
    sync_object *s = begin(OP_KICK, &ck->descriptors[ck->descriptors[fd].epoll], file, line);
    s->events |= UINT64_C(1) << fd; // several edges count as one
    (void)end();
    return (ssize_t)bytes;
}

int edoi_model_event_wait(int epoll, struct epoll_event *events, int timeout_ms, const char *file,
                          int line) {
    op_kind kind = timeout_ms != 0 ? OP_SLEEP : OP_POLL;
    sync_object *s = begin(kind, &ck->descriptors[epoll], file, line);
    unsigned fd = 0;
    while (fd < ck->descriptors_n && !(s->events >> fd & 1)) fd++;
    bool any = fd < ck->descriptors_n;
    if (any) {
        s->events &= ~(UINT64_C(1) << fd);
        const descriptor *d = &ck->descriptors[fd];
        *events = (struct epoll_event){ .events = EPOLLIN, .data.u64 = d->token };
        if (d->is_socket) events->events = reported(d, (unsigned)epoll);
        if (d->is_socket) events->data.u64 = d->in[epoll].token;
        if (d->is_ring) join_bundle(&me()->now, &object_at(d)->handed);
    }
    (void)end();
    return any;
}
