/* SPDX-License-Identifier: MIT */
/* page_socket.c: see page_socket.h. The lock is a leaf, but for what an outlet takes.
 *
 * inv. 1: what is told is kept by its number, up to the last that was given. The page gets it in
 *         that order, since it is posted with `telling` held.
 *
 * Locks: `telling`, then `lock` or that of `known`. */
#include "room/page_socket.h"

#include "clock.h"

#include <edo/error.h>

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define NOW_MS_MAX (INT64_C(9000000000000)) /* numbers in us are exact in a browser up to that */

struct page_socket {
    pthread_mutex_t lock;
    outlet by;        /* lock: lock */
    const void *full; /* lock: lock; the client of the last outlet that was full, while no other has
                         come */

    pthread_mutex_t telling; /* guards all down to `told` */
    bool is_resumed;         /* the page that is there was told what is kept */
    bool counts;             /* it says what it has */
    bool is_over;            /* the person has gone */
    uint64_t given;          /* the last number that was given */
    messages told;           /* of the person alone: told_n that the page may not have */
    size_t told_n, told_bytes;

    known_names known;
    atomic_uint_fast64_t *full_n; /* const; NULL: nobody counts */

    size_t key_bytes;
    char key[];
};

/* Takes the oldest of what is kept, which is some. */
static message *told_take(page_socket *self) {
    message *m = STAILQ_FIRST(&self->told);
    STAILQ_REMOVE_HEAD(&self->told, next);
    self->told_n--;
    self->told_bytes -= m->frame.len;
    return m;
}

static void outlet_drop(const outlet *self) {
    if (self->to) self->ops->unref(self->to);
}

static void page_socket_drop(void *arg) {
    page_socket *self = arg;
    while (self->told_n > 0) edo_rc_unref(told_take(self));
    outlet_drop(&self->by);
    known_deinit(&self->known);
    pthread_mutex_destroy(&self->telling);
    pthread_mutex_destroy(&self->lock);
}

page_socket *page_socket_new(edo_str key, atomic_uint_fast64_t *full_n) {
    page_socket *self = edo_rc_new(sizeof *self + key.len, page_socket_drop);
    if (!self) return NULL;
    *self = (page_socket){ .full_n = full_n, .key_bytes = key.len };
    if (key.len > 0) memcpy(self->key, key.ptr, key.len);
    pthread_mutex_init(&self->lock, NULL);
    pthread_mutex_init(&self->telling, NULL);
    STAILQ_INIT(&self->told);
    known_init(&self->known, KNOWN_PAGE);
    // A session outlives the server: numbers that a page has seen of another run are smaller.
    int64_t now_ms = clock_now_ms();
    if (now_ms > 0 && now_ms < NOW_MS_MAX) self->given = 1000 * (uint64_t)now_ms;
    return self;
}

void page_socket_attach(page_socket *self, outlet by) {
    if (by.to) by.ops->ref(by.to);
    pthread_mutex_lock(&self->telling);
    self->is_resumed = false;
    pthread_mutex_unlock(&self->telling);
    pthread_mutex_lock(&self->lock);
    outlet old = self->by;
    self->by = by;
    if (by.to) self->full = NULL;
    pthread_mutex_unlock(&self->lock);
    outlet_drop(&old);
}

/* The outlet, for outlet_drop(). */
static outlet outlet_of(page_socket *self) {
    pthread_mutex_lock(&self->lock);
    outlet by = self->by;
    if (by.to) by.ops->ref(by.to);
    pthread_mutex_unlock(&self->lock);
    return by;
}

bool page_socket_is_away(page_socket *self) {
    pthread_mutex_lock(&self->lock);
    bool is_away = !self->by.to;
    pthread_mutex_unlock(&self->lock);
    return is_away;
}

void page_socket_take_over(page_socket *self) {
    outlet by = outlet_of(self);
    if (by.to) by.ops->take_over(by.to);
    outlet_drop(&by);
}

/* The outlet was full, and has ended: it is the page's no more. Two threads may both find it so,
 * and its page may have been detached already. */
static void drop_full(page_socket *self, const outlet *full) {
    outlet old = { .to = NULL };
    pthread_mutex_lock(&self->lock);
    if (self->by.to == full->to) {
        old = self->by;
        self->by.to = NULL;
    }
    bool is_first = self->full != full->to;
    self->full = full->to;
    pthread_mutex_unlock(&self->lock);
    if (is_first && self->full_n)
        atomic_fetch_add_explicit(self->full_n, 1, memory_order_relaxed); // a number to look at
    outlet_drop(&old);
}

static void note_shown(page_socket *self, const message *m) {
    for (size_t i = 0; i < EDO_COUNT(m->shown); i++) known_note(&self->known, m->shown[i]);
}

/* The reference of the message, if its author is at this page. */
static edo_str own_ref(const page_socket *self, const message *m) {
    return message_own_ref(m->what.ref, (edo_str){ self->key, self->key_bytes });
}

bool page_socket_has_said(const page_socket *self, const message *m) {
    return own_ref(self, m).len > 0;
}

/* The message with its reference, if its author is at this page; else the message itself. NULL
 * without memory. */
static message *own_form(const page_socket *self, message *m) {
    edo_str ref = own_ref(self, m);
    return ref.len > 0 ? message_with_ref(m, ref) : m;
}

bool page_socket_aim(page_socket *self, page_aim *out) {
    outlet by = outlet_of(self);
    if (by.to) *out = (page_aim){ edo_rc_ref(self), by };
    return by.to != NULL;
}

/* Posts to outlets of one kind. */
static void outlets_post(const outlet_ops *ops, outlet_post *all, size_t n) {
    if (ops->post_many) {
        ops->post_many(all, n);
        return;
    }
    for (size_t i = 0; i < n; i++)
        all[i].result = all[i].m ? ops->post(all[i].to, all[i].m) : -ENOMEM;
}

/* The message was posted there, in its page's form. Owns: takes what `self` has, and the form. */
static void aim_end(page_aim *self, const message *m, const outlet_post *posted) {
    if (posted->m != m) edo_rc_unref(posted->m);
    if (posted->result == 0) note_shown(self->socket, m);
    if (posted->result == -ENOBUFS) drop_full(self->socket, &self->by);
    outlet_drop(&self->by);
    edo_rc_unref(self->socket);
}

void page_aims_post(page_aim *all, size_t n, message *m) {
    outlet_post posts[OUTLET_POSTS_MAX];
    assert(n <= OUTLET_POSTS_MAX);
    for (size_t i = 0; i < n; i++)
        posts[i] = (outlet_post){ all[i].by.to, own_form(all[i].socket, m), 0 };
    for (size_t at = 0, end; at < n; at = end) {
        for (end = at + 1; end < n && all[end].by.ops == all[at].by.ops; end++) continue;
        outlets_post(all[at].by.ops, &posts[at], end - at);
    }
    for (size_t i = 0; i < n; i++) aim_end(&all[i], m, &posts[i]);
}

static int page_aim_post(page_aim *self, message *m) {
    message *own = own_form(self->socket, m);
    outlet_post one = { self->by.to, own, own ? self->by.ops->post(self->by.to, own) : -ENOMEM };
    aim_end(self, m, &one);
    return one.result;
}

void page_aim_take_over(page_aim *self, bool is_due) {
    if (is_due) self->by.ops->take_over(self->by.to);
    outlet_drop(&self->by);
    edo_rc_unref(self->socket);
}

int page_socket_post(page_socket *self, message *m) {
    page_aim at;
    return page_socket_aim(self, &at) ? page_aim_post(&at, m) : -EDO_ECLOSED;
}

int page_socket_reply(page_socket *self, message *m) {
    if (!m) return -ENOMEM;
    int err = page_socket_post(self, m);
    edo_rc_unref(m);
    return err;
}

int page_socket_send(page_socket *self, message *m) {
    if (!m) return -ENOMEM;
    outlet by = outlet_of(self);
    message *own = own_form(self, m);
    int err = !own ? -ENOMEM : by.to ? by.ops->send(by.to, own) : -EDO_ECLOSED;
    if (own != m) edo_rc_unref(own);
    if (err == 0) note_shown(self, m);
    edo_rc_unref(m);
    outlet_drop(&by);
    return err;
}

known_names *page_socket_known(page_socket *self) {
    return &self->known;
}

/* ---- What is told to the person alone -------------------------------------------------------- */

static void told_forget(page_socket *self, uint64_t seen) {
    if (seen > self->given) return; // of another count
    while (self->told_n > 0 && STAILQ_FIRST(&self->told)->what.number <= seen)
        edo_rc_unref(told_take(self));
}

static bool is_of_same_author(const message *a, const message *b) {
    static const char nobody[sizeof a->payer] = { 0 };
    if (memcmp(a->payer, b->payer, sizeof nobody) != 0) return false;
    return memcmp(a->payer, nobody, sizeof nobody) != 0 || a->what.from == b->what.from;
}

/* What is kept. */
typedef struct told_amount {
    size_t n, bytes;
} told_amount;

/* Of the author of `m`. */
static told_amount told_of_author(const page_socket *self, const message *m) {
    told_amount of = { 0 };
    const message *other;
    STAILQ_FOREACH(other, &self->told, next) {
        if (!is_of_same_author(other, m)) continue;
        of.n++;
        of.bytes += other->frame.len;
    }
    return of;
}

static bool told_is_full(told_amount is, const message *m, unsigned share) {
    return is.n >= PAGE_TOLD_MAX / share ||
           (is.n > 0 && is.bytes + m->frame.len > PAGE_TOLD_BYTES_MAX / share);
}

/* What is kept, and is to give way to `m`: the oldest one of an author who has its share, or of
 * those who have most. NULL: there is room. */
static message *told_surplus(const page_socket *self, const message *m) {
    const told_amount all = { self->told_n, self->told_bytes };
    bool has_share = told_is_full(told_of_author(self, m), m, PAGE_TOLD_PARTS);
    size_t most = 0;
    message *surplus = NULL, *other;
    if (!has_share && !told_is_full(all, m, 1)) return NULL;
    STAILQ_FOREACH(other, &self->told, next) {
        if (has_share && is_of_same_author(other, m)) return other;
        size_t n = has_share ? 0 : told_of_author(self, other).n;
        if (n > most) surplus = other;
        if (n > most) most = n;
    }
    return surplus;
}

/* Takes it out of what is kept. Returns it. */
static message *told_take_out(page_socket *self, message *m) {
    STAILQ_REMOVE(&self->told, m, message, next);
    self->told_n--;
    self->told_bytes -= m->frame.len;
    return m;
}

int page_socket_tell(page_socket *self, message *m) {
    pthread_mutex_lock(&self->telling);
    message *surplus;
    while ((surplus = told_surplus(self, m)) && !self->counts)
        edo_rc_unref(told_take_out(self, surplus));
    int err = self->is_over ? -EDO_ECLOSED : surplus ? -EAGAIN : 0;
    if (err == 0) {
        message_set_number(m, ++self->given);
        STAILQ_INSERT_TAIL(&self->told, m, next);
        self->told_n++;
        self->told_bytes += m->frame.len;
        if (self->is_resumed) (void)page_socket_post(self, m); // one that fails is told again
    }
    pthread_mutex_unlock(&self->telling);
    if (err < 0) edo_rc_unref(m);
    return err;
}

void page_socket_got(page_socket *self, uint64_t number) {
    pthread_mutex_lock(&self->telling);
    self->counts = true;
    told_forget(self, number);
    pthread_mutex_unlock(&self->telling);
}

void page_socket_resume(page_socket *self, bool has_seen, uint64_t seen) {
    message *m;
    pthread_mutex_lock(&self->telling);
    self->counts = has_seen;
    told_forget(self, seen);
    STAILQ_FOREACH(m, &self->told, next)
    if (page_socket_post(self, m) < 0) break; // it comes back
    self->is_resumed = true;
    pthread_mutex_unlock(&self->telling);
}

uint64_t page_socket_told(page_socket *self) {
    pthread_mutex_lock(&self->telling);
    uint64_t given = self->given;
    pthread_mutex_unlock(&self->telling);
    return given;
}

void page_socket_end(page_socket *self, void (*each)(void *arg, message *m), void *arg) {
    pthread_mutex_lock(&self->telling);
    self->is_over = true;
    messages told = STAILQ_HEAD_INITIALIZER(told);
    STAILQ_CONCAT(&told, &self->told);
    self->told_n = self->told_bytes = 0;
    pthread_mutex_unlock(&self->telling);
    for (message *m; (m = STAILQ_FIRST(&told));) {
        STAILQ_REMOVE_HEAD(&told, next);
        each(arg, m);
    }
}
