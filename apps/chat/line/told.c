/* SPDX-License-Identifier: MIT */
/* told.c: see told.h. */
#include "line/told.h"

#include "room/reach.h"

#include <edo/net.h>
#include <edo/time.h>

#include <errno.h>

void told_init(told_messages *self) {
    *self = (told_messages){ .n = 0 };
    STAILQ_INIT(&self->list);
}

/* Forgets the oldest of them. */
static void told_forget_first(told_messages *self) {
    message *m = STAILQ_FIRST(&self->list);
    STAILQ_REMOVE_HEAD(&self->list, next);
    self->n--;
    if (m->told > self->got) self->got = m->told;
    edo_rc_unref(m);
}

void told_forget_arrived(told_messages *self, edo_stream *peer) {
    edo_tcp_taken now = { .left = 0 };
    int err = self->n > 0 ? edo_tcp_get_taken(peer, &now) : 0;
    if (err < 0 && err != -ENOTSUP) return; // what is no TCP keeps nothing back
    uint64_t arrived = self->written_n > now.left ? self->written_n - now.left : 0;
    while (self->n > 0 && STAILQ_FIRST(&self->list)->ends_at <= arrived) told_forget_first(self);
}

bool told_follows(const message *m) {
    return m->author || m->told > 0;
}

void told_add(told_messages *self, edo_stream *peer, message *m, bool is_written) {
    if (is_written) self->written_n += m->line.len;
    if (!told_follows(m)) return;
    told_forget_arrived(self, peer);
    m->ends_at = is_written ? self->written_n : UINT64_MAX;
    STAILQ_INSERT_TAIL(&self->list, m, next);
    (void)edo_rc_ref(m);
    self->n++;
}

/* Whether its machine may still acknowledge something. */
static bool may_arrive(const told_messages *self, edo_stream *peer) {
    edo_tcp_taken now = { .is_gone = true };
    if (self->n == 0 || STAILQ_FIRST(&self->list)->ends_at == UINT64_MAX) return false;
    (void)edo_tcp_get_taken(peer, &now);
    return !now.is_gone;
}

bool told_has_room(told_messages *self, edo_stream *peer, size_t n) {
    if (self->n + n > TOLD_MAX) told_forget_arrived(self, peer);
    return self->n + n <= TOLD_MAX;
}

void told_await(told_messages *self, edo_stream *peer, size_t left_max) {
    const int64_t most_ms = 50;
    int err = 0;
    told_forget_arrived(self, peer);
    for (int64_t ms = 1; err == 0 && self->n > left_max && may_arrive(self, peer);
         ms = ms < most_ms ? 2 * ms : ms) {
        err = edo_sleep(edo_ms(ms));
        told_forget_arrived(self, peer);
    }
}

void told_end(told_messages *self, edo_stream *peer) {
    undelivered rest = { .n = 0 };
    told_forget_arrived(self, peer);
    for (; self->n > 0; self->n--) {
        message *m = STAILQ_FIRST(&self->list);
        STAILQ_REMOVE_HEAD(&self->list, next);
        undelivered_add(&rest, m);
    }
    undelivered_tell(&rest);
}
