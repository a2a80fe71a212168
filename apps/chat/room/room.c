/* SPDX-License-Identifier: MIT */
/* room.c: see room.h. The queues of a room, and who moves messages on:
 *
 *     room_say()                        room_announce()
 *         │ numbered, under the lock          │
 *         v                                   │
 *     unshown   being stored, by number       │
 *         │ end_storing(): stored             │
 *         ├──────────────────┐                │
 *         v                  v                v
 *     past   for newcomers   due   everybody is to be told, by order
 *                            │ tell_pages(), with `posting`: to the pages
 *                            v
 *                            due_lines   terminals are to be told
 *                            │ tell_terminals(), with `sending`
 *                            v
 *                            channel   waits for terminals that read
 *
 * With a store that gives the numbers others may give it messages of the room, too:
 *
 *     room_say()                                                room_learn()
 *         │ under the lock                                          │ from the store, or told
 *         v                                                         │
 *     unshown   being stored, in order                              │
 *         │ room_show_stored(): stored, with its number                  │
 *         └──────────────┬──────────────────────────────────────────┘
 *                        v
 *                      ahead   by number, until all before it has come
 *                        │ room_show_ahead()
 *         ┌──────────────┴───┐
 *         v                  v
 *     past                 due   as above
 *
 * Numbers of such a store have no gap, so it is known whether something lacks: it is read from the
 * store. A message may come by both ways, or twice by one: the number tells.
 *
 * `marked` has shares of those that were told as not stored, until they are, or never will be.
 *
 * A message is first numbered and given to the storage, under the lock; with a store that gives the
 * numbers it is given to it without one, in the same order. When it is stored it goes to the past,
 * and into the line of what is `due`, with all that have lower numbers: the storage keeps its
 * order, so they are stored, too. The fan-out first posts all that is due to the pages; the holder
 * of `posting` does. Lines then go to `due_lines`, and the holder of `sending` sends them to the
 * channel, which waits for terminals that read. So everybody sees one order, and no page waits for
 * a terminal.
 *
 * A newcomer may come in between. A terminal subscribes first and then copies the past: so it
 * misses nothing, and what comes twice it knows by its order. A page begins to listen under the
 * lock, between two messages, and of each page it is known what it got.
 *
 * A room may have thousands of pages, and each costs a call of the system. So they are told in
 * pieces: a piece is chosen under the lock, and posted without it, in a turn of the address whose
 * message it is (turns.h). A page that leaves waits for the piece that is just being posted.
 *
 * inv. 1: the past has `past_n` messages, `past_max` at most, by number, up to the last number.
 * inv. 2: what is being stored follows by number, up to the last one that was given; or none of it
 *         has a number.
 * inv. 3: what is due stands by its order, up to the last one that was given; what is due to
 *         terminals alone stands before what is due to all.
 * inv. 4: while a message is marked as not stored, the room is known to have one.
 * inv. 5: no page has got more than was said, or announced; but a page that comes from another
 *         program has seen what that had shown it.
 * inv. 6: a piece that was chosen is posted before the next one is.
 * inv. 7: what is ahead stands by number; the first one is not the next to be shown; the store is
 *         known to have the last one.
 *
 * Locks: `posting` or `sending`, then a turn, then the room's, then a page socket's, or that of the
 *        storage's queue. */
#include "room/room.h"

#include "room/recall.h"
#include "room/turns.h"
#include "storage/storage.h"

#include <edo/scope.h>
#include <edo/span.h>

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

room *room_new(const name *of, size_t past_max, room_numbers numbers) {
    static const edo_broadcast_opts pointers = {
        .clone = message_clone, .drop = message_drop, .lossless = true, .behind_after = EDO_S(5)
    };
    static const edo_limiter_opts moves = { .num = 1, .per = EDO_S(1), .burst = ROOM_MOVES_BURST };
    room *self = calloc(1, sizeof *self);
    if (!self) return NULL;
    if (edo_broadcast_new(&self->channel, NULL, sizeof(message *), ROOM_MESSAGES, &pointers) < 0) {
        free(self);
        return NULL;
    }
    if (edo_limiter_init(&self->moves, &moves) < 0) {
        edo_broadcast_tx_unref(self->channel);
        free(self);
        return NULL;
    }
    self->name = *of;
    self->past_max = past_max;
    self->numbers = numbers;
    self->number_given = self->known_to = numbers.last;
    TAILQ_INIT(&self->members);
    TAILQ_INIT(&self->listeners);
    STAILQ_INIT(&self->past);
    STAILQ_INIT(&self->unshown);
    STAILQ_INIT(&self->ahead);
    STAILQ_INIT(&self->due);
    STAILQ_INIT(&self->due_lines);
    STAILQ_INIT(&self->marked);
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->posted, NULL);
    return self;
}

/* Takes the first message of what is due to pages, or to terminals; NULL: there is none. */
static message *due_take(room *self, messages *from) {
    pthread_mutex_lock(&self->lock);
    message *m = STAILQ_FIRST(from);
    if (m) STAILQ_REMOVE_HEAD(from, later);
    pthread_mutex_unlock(&self->lock);
    return m;
}

void room_free(room *self) {
    if (!self) return;
    assert(!room_check(self));
    while (self->past_n > 0) edo_rc_unref(recall_forget(self));
    for (message *m; (m = due_take(self, &self->due));) edo_rc_unref(m);
    for (message *m; (m = due_take(self, &self->due_lines));) edo_rc_unref(m);
    for (message *m; (m = STAILQ_FIRST(&self->marked));) {
        STAILQ_REMOVE_HEAD(&self->marked, marked);
        edo_rc_unref(m);
    }
    for (message *m; (m = STAILQ_FIRST(&self->ahead));) { // nobody is here
        STAILQ_REMOVE_HEAD(&self->ahead, next);
        edo_rc_unref(m);
    }
    for (message *m; (m = STAILQ_FIRST(&self->unshown));) { // the store has not responded
        STAILQ_REMOVE_HEAD(&self->unshown, next);
        edo_rc_unref(m);
    }
    edo_broadcast_tx_unref(self->channel);
    pthread_cond_destroy(&self->posted);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

/* ---- The fan-out ----------------------------------------------------------------------------- */

/* Lock held. Whether the message, which has an order, is to be posted to the page; notes that it
 * was. One that does not hear all comes upon what is missing itself. */
static bool listener_takes(listener *l, const message *m) {
    bool is_said = m->what.number > 0, is_of_numbers = is_said || m->missing_to > 0;
    if (is_of_numbers && !l->hears_all) return false;
    if (m->missing_to > 0 && l->after >= m->missing_to) return false; // seen at another program
    uint64_t *last = is_said ? &l->after : &l->announced;
    uint64_t own = is_said ? m->what.number : m->order;
    if (*last >= own) return false;
    *last = own;
    return l->to != m->but;
}

_Static_assert(TURN_WORK <= OUTLET_POSTS_MAX, "a turn posts to as many at once");

/* Pages that are told next. */
typedef struct piece {
    unsigned n;
    page_aim at[TURN_WORK];
    bool is_last;
} piece;

/* Chooses the next pages that have not got the message. */
static void piece_aim(room *self, const message *m, piece *out) {
    unsigned takers_n = 0;
    *out = (piece){ .n = 0 };
    pthread_mutex_lock(&self->lock);
    listener *l = self->next_told;
    for (; l && takers_n < TURN_WORK; l = TAILQ_NEXT(l, link)) {
        if (!listener_takes(l, m)) continue;
        takers_n++;
        out->n += page_socket_aim(l->to, &out->at[out->n]);
    }
    self->next_told = l;
    self->aimed_n++;
    out->is_last = l == NULL;
    pthread_mutex_unlock(&self->lock);
}

/* Posts the message to those pages. */
static void piece_post(room *self, piece *p, message *m) {
    page_aims_post(p->at, p->n, m);
    pthread_mutex_lock(&self->lock);
    self->posted_n++;
    pthread_cond_broadcast(&self->posted);
    pthread_mutex_unlock(&self->lock);
}

/* Posts the message to all pages that have not got it, piece by piece. Called with `posting`
 * held. Returns how many they were. */
static uint64_t post_pieces(room *self, message *m) {
    uint64_t n = 0;
    piece p;
    pthread_mutex_lock(&self->lock);
    self->next_told = TAILQ_FIRST(&self->listeners);
    p.is_last = !self->next_told; // a room of terminals
    pthread_mutex_unlock(&self->lock);
    while (!p.is_last) {
        turn t = turn_take(self->turns, TURN_TELL, (edo_str){ m->payer, sizeof m->payer });
        piece_aim(self, m, &p);
        piece_post(self, &p, m);
        n += p.n;
        turn_end(&t, p.is_last ? p.n : TURN_WORK);
    }
    return n;
}

/* Likewise, in a span of that in which it was said: another task than its speaker's may do it. */
static void post_to_all(room *self, message *m) {
    EDO_SPAN(span, edo_span_new(EDO_LEVEL_DEBUG, "chat", m->span ? m->span : edo_span_current(),
                                (EDO_KV("room", &self->name.text[0])), "tell"));
    uint64_t n = post_pieces(self, m);
    edo_span_record(span.span, EDO_KV("pages", n));
    (void)edo_span_end(&span, 0);
}

/* The message, which was due to pages, is due to terminals, unless it is not for them. Owns: takes
 * it. */
static void due_to_terminals(room *self, message *m) {
    if (m->line.len == 0 || m->is_quiet) {
        edo_rc_unref(m);
        return;
    }
    pthread_mutex_lock(&self->lock);
    STAILQ_INSERT_TAIL(&self->due_lines, m, later);
    pthread_mutex_unlock(&self->lock);
}

/* The message, which was taken, is due again. */
static void due_put_back(room *self, messages *to, message *m) {
    pthread_mutex_lock(&self->lock);
    STAILQ_INSERT_HEAD(to, m, later);
    pthread_mutex_unlock(&self->lock);
}

/* Posts all that is due to the pages: it is due to terminals then. What there is no memory for is
 * due again. Waits for others that do, and for turns, but for no page. */
static int tell_pages(room *self) {
    int err = edo_mutex_lock(&self->posting);
    if (err < 0) return err;
    for (message *m; err == 0 && (m = due_take(self, &self->due));) {
        if (m->frame.len > 0) err = message_share(m);
        if (err < 0) {
            due_put_back(self, &self->due, m);
        } else {
            if (m->frame.len > 0) post_to_all(self, m);
            due_to_terminals(self, m);
        }
    }
    edo_mutex_unlock(&self->posting);
    return err;
}

/* Waits for terminals that read. What there is no memory for is due again. */
static int tell_terminals(room *self) {
    int err = edo_mutex_lock(&self->sending);
    if (err < 0) return err;
    for (message *m; err != -ENOMEM && (m = due_take(self, &self->due_lines));) {
        err = edo_broadcast_send(self->channel, &m);
        if (err == -ENOMEM) {
            due_put_back(self, &self->due_lines, m);
        } else if (err < 0) {
            edo_rc_unref(m); // no terminal is there
        }
    }
    edo_mutex_unlock(&self->sending);
    return err == -ENOMEM ? err : 0;
}

int room_fan_out(room *self) {
    EDO_SHIELD(sh, edo_ns(-1));
    int err = tell_pages(self);
    if (err == 0) err = tell_terminals(self);
    (void)edo_shield_end(&sh, 0);
    assert(!room_check(self));
    return err;
}

/* Lock held. Owns: shares `m`. */
static void due_put(room *self, message *m) {
    edo_rc_ref(m);
    m->order = ++self->order_given;
    STAILQ_INSERT_TAIL(&self->due, m, later);
}

/* Lock held. Owns: takes `m`; NULL: there was no memory for it. */
static void due_put_new(room *self, message *m) {
    if (m) due_put(self, m);
    edo_rc_unref(m);
}

/* Lock held. As due_put(), of what is a line for terminals, too. A line before it tells how many
 * came and went without one, if there is memory for it. */
static void due_put_line(room *self, message *m) {
    unsigned in = self->untold_in, out = self->untold_out;
    const char *where = room_shown(self)->text;
    message *moves =
        in + out == 0 ? NULL : message_new(0, "* %u others joined and %u left #%s", in, out, where);
    if (moves) self->untold_in = self->untold_out = 0;
    due_put_new(self, moves);
    due_put(self, m);
}

/* Lock held. Puts a line for terminals, if there is memory for it. Owns: takes it. */
static void due_put_new_line(room *self, message *line) {
    if (line) due_put_line(self, line);
    edo_rc_unref(line);
}

void room_put_notice(room *self, message *m) {
    if (m && m->line.len > 0) {
        due_put_new_line(self, m);
    } else {
        due_put_new(self, m);
    }
}

/* ---- Saying ---------------------------------------------------------------------------------- */

/* Lock held. Tells that a message, which is due, is not stored: pages of each, terminals of the
 * first one. */
static void room_mark(room *self, message *m) {
    const char *where = room_shown(self)->text;
    due_put_new(self, message_marks(room_shown(self), false, &m->what.number, 1));
    if (!atomic_load(&self->is_marked))
        due_put_new_line(self,
                         message_new(0, "* what is said in #%s is not stored for now", where));
    edo_rc_ref(m);
    STAILQ_INSERT_TAIL(&self->marked, m, marked);
    m->is_told = true;
    atomic_store(&self->is_marked, true);
}

/* What was said up to that number is stored, or will not be waited for: newcomers may see it, and
 * the others are to be told. */
static void end_storing(room *self, uint64_t number) {
    message *m;
    pthread_mutex_lock(&self->lock);
    while ((m = STAILQ_FIRST(&self->unshown)) && m->what.number <= number) {
        STAILQ_REMOVE_HEAD(&self->unshown, next);
        self->numbers.last = m->what.number;
        bool is_unstored = message_is_unstored(m);
        if (is_unstored) message_set_unstored(m);
        due_put_line(self, m);
        if (is_unstored) room_mark(self, m);
        edo_rc_unref(recall_put(self, m));
    }
    pthread_mutex_unlock(&self->lock);
}

/* Lock held. The store has the message: other programs are told. */
static void tell_others(const room *self, message *m) {
    if (self->carrier) self->carrier->kept(self->carrier->arg, m);
}

/* Lock held. The store was given a message twice, as it had failed the first time, and has it by
 * that number: so nobody has told other programs of it. It is told as the store has it; what stands
 * before it, and is read with it, perhaps twice. */
static void tell_retried(room *self, uint64_t number) {
    message *m = STAILQ_FIRST(&self->past);
    while (m && m->what.number != number) m = STAILQ_NEXT(m, next);
    if (m) tell_others(self, m);
    if (number > self->numbers.last && number > self->untold_to) self->untold_to = number;
}

/* An author who was told that it is not stored yet is shown it, like all others. */
void room_show_ahead(room *self) {
    for (message *m; (m = learn_next(self));) {
        if (m->is_late) m->what.from = 0;
        if (m->what.number <= self->untold_to) tell_others(self, m);
        self->numbers.last = self->number_given = m->what.number;
        due_put_line(self, m);
        edo_rc_unref(recall_put(self, m));
    }
}

/* Lock held. The store has given the message its number. What its author has called so before may
 * have had another text: so that is read from the store if it was not shown. Owns: takes `m`. */
static void place_stored(room *self, message *m) {
    m->what.time_ms = m->place.time_ms;
    message_set_number(m, m->place.number);
    if (message_is_repeat(m)) {
        m->is_learned |= m->place.number > self->numbers.last;
        learn_last(self, m->place.number);
        if (m->is_retried) tell_retried(self, m->place.number);
        edo_rc_unref(m);
    } else {
        tell_others(self, m);
        learn_put(self, m);
    }
    room_show_ahead(self);
}

/* Lock held. The store does not take the message, though its author was told that it will be said:
 * so its author's terminal is told, if it is here still. A page says it again, and is told then.
 * Owns: takes `m`. */
static void room_tell_refused(room *self, message *m) {
    message *told = m->is_late && m->what.from > 0
                        ? message_new(0, "* what was not kept yet is not said, as the store cannot "
                                         "keep it")
                        : NULL;
    if (told) told->to = m->what.from;
    due_put_new_line(self, told);
    edo_rc_unref(m);
}

void room_show_stored(room *self) {
    message *m;
    while ((m = STAILQ_FIRST(&self->unshown)) && atomic_load(&m->kept) != KEPT_NOT_YET) {
        STAILQ_REMOVE_HEAD(&self->unshown, next);
        if (atomic_load(&m->kept) == KEPT) {
            place_stored(self, m);
        } else {
            room_tell_refused(self, m);
        }
    }
    bool lacks = !STAILQ_EMPTY(&self->ahead) || self->known_to > self->numbers.last;
    if (!m && !lacks) atomic_store(&self->is_behind, false);
}

/* Puts a message without a number. Returns false if there is no room for it. */
static bool room_put_unnumbered(room *self, message *m, edo_oneshot_rx **written) {
    pthread_mutex_lock(&self->lock);
    *written = storage_put(self->storage, m);
    bool is_in = atomic_load(&m->kept) != KEPT_FULL;
    if (is_in) {
        edo_rc_ref(m);
        STAILQ_INSERT_TAIL(&self->unshown, m, next);
    }
    pthread_mutex_unlock(&self->lock);
    return is_in;
}

/* What became of a message that was waited for; as room_say(). One that is stored, and not shown,
 * waits for what others have said before it. One of which it was learned that the store has it was
 * shown: the answer that says so is late, or lost; or it was said before, and news here. Any other
 * one that the room has gone on behind was shown to nobody, so its author is to be told alone. */
static int say_result(room *self, message *m) {
    pthread_mutex_lock(&self->lock);
    int kept = atomic_load(&m->kept);
    bool is_open = kept == KEPT_NOT_YET, is_placed = kept == KEPT;
    bool waits = is_placed ? m->place.number > self->numbers.last : is_open && !m->is_learned;
    bool is_learned = m->is_learned && (!is_placed || m->place.number > self->jumped_to);
    bool is_shown = m->order > 0 || is_learned;
    if (waits) m->is_late = true;
    if (waits || is_open) atomic_store(&self->is_behind, true);
    pthread_mutex_unlock(&self->lock);
    if (waits) return -EINPROGRESS;
    if (!is_open && !is_placed) return -EINVAL;
    return is_shown ? 0 : -EALREADY;
}

static int room_say_unnumbered(room *self, message *m) {
    edo_oneshot_rx *written;
    bool is_in = room_put_unnumbered(self, m, &written);
    int err = -EAGAIN, told = 0;
    if (is_in) {
        storage_wait(self->storage, written);
        told = learn_show_all(self);
        err = say_result(self, m);
    }
    edo_rc_unref(m);
    return err < 0 ? err : told == -ENOMEM ? told : 0;
}

static edo_span *message_span(const room *self) {
    return edo_span_new(EDO_LEVEL_DEBUG, "chat", edo_span_current(),
                        (EDO_KV("otel.kind", "producer"), EDO_KV("room", &self->name.text[0])),
                        "message");
}

static int say_numbered(room *self, message *m) {
    pthread_mutex_lock(&self->lock);
    uint64_t number = ++self->number_given;
    message_set_number(m, number);
    STAILQ_INSERT_TAIL(&self->unshown, m, next);
    edo_oneshot_rx *written = storage_put(self->storage, m);
    pthread_mutex_unlock(&self->lock);
    storage_wait(self->storage, written);
    end_storing(self, number);
    return room_fan_out(self);
}

int room_say(room *self, message *m) {
    if (!m) return -ENOMEM;
    EDO_SPAN(span, message_span(self));
    m->span = edo_span_ref(span.span);
    bool is_numbered = !storage_gives_numbers(self->storage);
    return edo_span_end(&span, is_numbered ? say_numbered(self, m) : room_say_unnumbered(self, m));
}

int room_announce(room *self, message *m) {
    if (!m) return -ENOMEM;
    pthread_mutex_lock(&self->lock);
    due_put_new_line(self, m);
    pthread_mutex_unlock(&self->lock);
    return room_fan_out(self);
}

int room_move(room *self, message *m, bool comes, size_t members_n) {
    if (!m) return -ENOMEM;
    if (members_n > ROOM_TOLD_MAX) return edo_rc_unref(m), 0;
    pthread_mutex_lock(&self->lock);
    if (!m->is_quiet && edo_limiter_check(&self->moves, NULL, 1) < 0) {
        m->is_quiet = true;
        *(comes ? &self->untold_in : &self->untold_out) += 1;
    }
    if (m->is_quiet) {
        due_put_new(self, m);
    } else {
        due_put_new_line(self, m);
    }
    pthread_mutex_unlock(&self->lock);
    return room_fan_out(self);
}

int room_hint(room *self, message *m, const page_socket *but, size_t members_n) {
    if (!m) return -ENOMEM;
    if (members_n > ROOM_TOLD_MAX) return edo_rc_unref(m), 0;
    m->but = but;
    pthread_mutex_lock(&self->lock);
    due_put_new(self, m);
    pthread_mutex_unlock(&self->lock);
    return tell_pages(self);
}

/* Lock held. Takes those out of the marked ones of which it is known what became of them; returns
 * the numbers of those that are stored, `*n` of them, for free(). NULL: none, or no memory. */
static uint64_t *take_settled(room *self, size_t *n) {
    messages left = STAILQ_HEAD_INITIALIZER(left);
    size_t marked_n = 0;
    message *m;
    STAILQ_FOREACH(m, &self->marked, marked) marked_n++;
    uint64_t *stored = calloc(marked_n + 1, sizeof *stored);
    *n = 0;
    while (stored && (m = STAILQ_FIRST(&self->marked))) {
        int kept = atomic_load(&m->kept);
        STAILQ_REMOVE_HEAD(&self->marked, marked);
        if (kept == KEPT) stored[(*n)++] = m->what.number;
        self->lost_n += kept == KEPT_NEVER;
        if (kept == KEPT_NOT_YET || kept == KEPT_UNSURE) {
            STAILQ_INSERT_TAIL(&left, m, marked);
        } else {
            m->is_told = false;
            edo_rc_unref(m);
        }
    }
    if (stored) STAILQ_CONCAT(&self->marked, &left);
    return stored;
}

/* Lock held. What is said is stored again. */
static void put_stored(room *self) {
    const char *where = room_shown(self)->text, *s = self->lost_n == 1 ? "" : "s";
    static const char some[] =
        "* what is said in #%s is stored again, but %u message%s will not be";
    due_put_new_line(self, self->lost_n == 0
                               ? message_new(0, "* what was said in #%s is stored now", where)
                               : message_new(0, some, where, self->lost_n, s));
    self->lost_n = 0;
}

/* Lock held. Tells of messages that were stored, and are so no more. */
static void mark_unsure(room *self) {
    message *m;
    STAILQ_FOREACH(m, &self->past, next) {
        if (!m->is_told && atomic_load(&m->kept) == KEPT_UNSURE) room_mark(self, m);
    }
}

int room_tell_stored(room *self) {
    size_t n;
    pthread_mutex_lock(&self->lock);
    if (storage_gives_numbers(self->storage)) room_show_stored(self);
    mark_unsure(self);
    uint64_t *stored = take_settled(self, &n);
    if (stored && n > 0) due_put_new(self, message_marks(room_shown(self), true, stored, n));
    bool is_over = STAILQ_EMPTY(&self->marked) && !storage_is_failing(self->storage);
    if (is_over && atomic_load(&self->is_marked)) { // else nothing was told
        put_stored(self);
        atomic_store(&self->is_marked, false);
    }
    pthread_mutex_unlock(&self->lock);
    free(stored);
    return learn_tell_all(self);
}

const name *room_shown(const room *self) {
    const name *shown = atomic_load(&self->shown);
    return shown ? shown : &self->name;
}

uint64_t room_last(room *self) {
    pthread_mutex_lock(&self->lock);
    uint64_t last = self->order_given;
    pthread_mutex_unlock(&self->lock);
    return last;
}

room_numbers room_numbers_now(room *self) {
    pthread_mutex_lock(&self->lock);
    room_numbers now = self->numbers;
    pthread_mutex_unlock(&self->lock);
    return now;
}

/* Lock held. Returns the invariant that does not hold; NULL: all do. */
static const char *broken_invariant(const room *self) {
    const message *m;
    const listener *l;
    size_t n = 0;
    uint64_t number = 0, order = 0;
    STAILQ_FOREACH(m, &self->past, next) {
        if (m->what.number <= number || ++n > self->past_max) return "inv. 1";
        number = m->what.number;
    }
    if (n != self->past_n || number > self->numbers.last) return "inv. 1";
    number = self->numbers.last;
    const message *first = STAILQ_FIRST(&self->unshown);
    STAILQ_FOREACH(m, &self->unshown, next) {
        if (first->what.number == 0 && m->what.number == 0) continue;
        if (m->what.number <= number || m->what.number > self->number_given) return "inv. 2";
        number = m->what.number;
    }
    const messages *const all_due[] = { &self->due_lines, &self->due };
    for (size_t i = 0; i < EDO_COUNT(all_due); i++) {
        STAILQ_FOREACH(m, all_due[i], later) {
            if (m->order <= order || m->order > self->order_given) return "inv. 3";
            order = m->order;
        }
    }
    if (!STAILQ_EMPTY(&self->marked) && !self->is_marked) return "inv. 4";
    TAILQ_FOREACH(l, &self->listeners, link) {
        if (l->announced > self->order_given) return "inv. 5";
        bool is_ahead = l->hears_all && l->after > self->numbers.last;
        if (is_ahead && !storage_gives_numbers(self->storage)) return "inv. 5";
    }
    if (self->aimed_n - self->posted_n > 1) return "inv. 6";
    number = self->numbers.last + 1;
    n = 0;
    size_t bytes = 0;
    STAILQ_FOREACH(m, &self->ahead, next) {
        if (m->what.number <= number || ++n > LEARN_AHEAD_MAX) return "inv. 7";
        number = m->what.number;
        bytes += m->what.text.len;
    }
    if (bytes != self->ahead_bytes || bytes > LEARN_AHEAD_BYTES) return "inv. 7";
    if (n != self->ahead_n || (n > 0 && number > self->known_to)) return "inv. 7";
    return NULL;
}

const char *room_check(room *self) {
    pthread_mutex_lock(&self->lock);
    const char *broken = broken_invariant(self);
    pthread_mutex_unlock(&self->lock);
    return broken;
}

/* ---- Pages ----------------------------------------------------------------------------------- */

void room_attend(room *self, listener *l) {
    pthread_mutex_lock(&self->lock);
    l->hears_all = false;
    l->announced = self->order_given;
    TAILQ_INSERT_TAIL(&self->listeners, l, link);
    pthread_mutex_unlock(&self->lock);
}

/* Lock held. Tells a page that begins to listen what is not stored: later it hears of each
 * change. */
static void tell_marks(room *self, const listener *l) {
    size_t n = 0;
    message *m;
    STAILQ_FOREACH(m, &self->past, next) n++;
    STAILQ_FOREACH(m, &self->marked, marked) n++;
    uint64_t *unstored = n > 0 ? calloc(n, sizeof *unstored) : NULL;
    if (!unstored) return;
    n = 0;
    STAILQ_FOREACH(m, &self->past, next) {
        if (atomic_load(&m->kept) == KEPT_NEVER) unstored[n++] = m->what.number;
    }
    STAILQ_FOREACH(m, &self->marked, marked) unstored[n++] = m->what.number;
    message *told = n > 0 ? message_marks(room_shown(self), false, unstored, n) : NULL;
    if (told) (void)page_socket_post(l->to, told);
    edo_rc_unref(told);
    free(unstored);
}

int room_listen(room *self, listener *l, unseen *out) {
    pthread_mutex_lock(&self->lock);
    int err = recall_unseen(self, l->after, out);
    bool has_forgotten = room_between(&self->numbers, l->after, out->until + 1) > 0;
    l->hears_all = err == 0 && out->n == 0 && !has_forgotten;
    if (l->hears_all && l->after < out->until) l->after = out->until;
    if (l->hears_all) tell_marks(self, l);
    pthread_mutex_unlock(&self->lock);
    if (err < 0) return err;
    if (out->n > 0 || has_forgotten) return 1;
    unseen_drop(out);
    return 0;
}

void room_unlisten(room *self, listener *l) {
    pthread_mutex_lock(&self->lock);
    if (self->next_told == l) self->next_told = TAILQ_NEXT(l, link);
    TAILQ_REMOVE(&self->listeners, l, link);
    uint64_t aimed_n = self->aimed_n; // perhaps at this page, which is chosen no more
    while (self->posted_n < aimed_n) pthread_cond_wait(&self->posted, &self->lock);
    pthread_mutex_unlock(&self->lock);
}

/* ---- Terminals ------------------------------------------------------------------------------- */

subscriber *room_subscribe(room *self, uint64_t seen, unseen *before) {
    subscriber *s = calloc(1, sizeof *s);
    if (!s || edo_broadcast_subscribe(&s->news, self->channel) < 0) return free(s), NULL;
    pthread_mutex_lock(&self->lock);
    int err = recall_unseen(self, before ? before->until : 0, &s->past);
    s->past_last = self->order_given;
    pthread_mutex_unlock(&self->lock);
    s->where = *room_shown(self);
    s->life = self->life;
    s->newest = s->past.until = room_newest(&s->past.numbers);
    if (before && seen > s->newest) s->newest = seen; // at another program
    s->is_back = before != NULL;
    s->seen = seen;
    if (err == 0 && before) err = unseen_prepend(&s->past, before);
    if (err == 0) return s;
    subscriber_free(s);
    return NULL;
}

void subscriber_wait(subscriber *self) {
    unseen_drop(&self->past);
    self->newest = self->seen;
    self->is_waiting = true;
}

void subscriber_free(subscriber *self) {
    if (!self) return;
    edo_broadcast_rx_free(self->news);
    unseen_drop(&self->past);
    free(self);
}
