/* SPDX-License-Identifier: MIT */
/* recall.c: see recall.h, and in room.h what a room tells of its past. */
#include "room/recall.h"

#include "storage/storage.h"

#include <edo/scope.h>
#include <edo/task.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LOST_MAX        128 /* messages that are marked as lost */
#define PLACE_TRIES_MAX 30  /* of a reader whose place is kept, at a store that seems to be well */
/* Others of its address are before it for so long, a try a second: twice as long as pages that do
 * not read have until they are cut, so those keep nobody from what is there. */
#define PLACE_WAITS_MAX 120

/* What the store has told is news for that long, if nobody asks it again and again. */
static const edo_duration knows_for = EDO_MS(1500);

message *recall_forget(room *self) {
    message *oldest = STAILQ_FIRST(&self->past);
    STAILQ_REMOVE_HEAD(&self->past, next);
    self->past_n--;
    return oldest;
}

message *recall_put(room *self, message *m) {
    STAILQ_INSERT_TAIL(&self->past, m, next);
    return ++self->past_n > self->past_max ? recall_forget(self) : NULL;
}

uint64_t room_forgotten(room *self, uint64_t after, uint64_t *kept_from) {
    pthread_mutex_lock(&self->lock);
    const message *oldest = STAILQ_FIRST(&self->past);
    *kept_from = oldest ? oldest->what.number : self->numbers.last + 1;
    uint64_t n = room_between(&self->numbers, after, *kept_from);
    pthread_mutex_unlock(&self->lock);
    return n;
}

int room_lack(room *self, uint64_t from) {
    pthread_mutex_lock(&self->lock);
    int lack = from <= self->lacking_to ? self->lack : 0;
    pthread_mutex_unlock(&self->lock);
    return lack;
}

bool room_is_unread(room *self, uint64_t before) {
    pthread_mutex_lock(&self->lock);
    bool is_unread = self->unread < 0 && before > self->numbers.last + 1;
    pthread_mutex_unlock(&self->lock);
    return is_unread;
}

bool room_has_unstored(room *self, uint64_t before) {
    bool has_some = false;
    const message *m;
    pthread_mutex_lock(&self->lock);
    STAILQ_FOREACH(m, &self->marked, marked) has_some |= m->what.number < before;
    pthread_mutex_unlock(&self->lock);
    return has_some;
}

void recall_remember(room *self, message *m) {
    message *older = NULL, *at, *gone = m;
    if (!m) return;
    STAILQ_FOREACH(at, &self->past, next) {
        if (at->what.number >= m->what.number) break;
        older = at;
    }
    bool is_there = at && at->what.number == m->what.number;
    bool is_too_old = !older && self->past_n >= self->past_max;
    if (!is_there && !is_too_old) {
        if (older) {
            STAILQ_INSERT_AFTER(&self->past, older, m, next);
        } else {
            STAILQ_INSERT_HEAD(&self->past, m, next);
        }
        gone = ++self->past_n > self->past_max ? recall_forget(self) : NULL;
    }
    edo_rc_unref(gone);
}

static void remember(room *self, message *m) {
    pthread_mutex_lock(&self->lock);
    recall_remember(self, m);
    pthread_mutex_unlock(&self->lock);
}

static void note_lack(room *self, int lack, uint64_t to) {
    pthread_mutex_lock(&self->lock);
    self->lack = lack;
    self->lacking_to = to;
    pthread_mutex_unlock(&self->lock);
}

/* The newest one first, so that those for which there is no room are the oldest. Returns whether
 * the past has all that it can have: else the store is asked again. */
static bool recall(room *self) {
    store_found *found;
    room_numbers now = room_numbers_now(self);
    if (storage_page(self->storage, &self->name, 0, now.last + 1, self->past_max, &found) < 0)
        return false;
    message *m = NULL;
    size_t i = found->n;
    for (; i > 0 && (m = unseen_message(self->namer, &found->messages[i - 1])); i--)
        remember(self, m);
    bool has_all = found->fault == 0 && (found->n == 0 || m);
    note_lack(self, found->fault, room_newest(&now));
    free(found);
    return has_all;
}

static void recall_as_asked(room *self, bool is_now) {
    if (!self || !self->storage) return;
    if (storage_gives_numbers(self->storage)) {
        learn_recall(self, is_now);
        return;
    }
    if (self->past_max == 0) return;
    unsigned tries_n = atomic_load(&self->recalls_n);
    if (edo_mutex_lock(&self->recalling) < 0) return;
    if (!self->is_recalled && self->recalls_n == tries_n) { // else this one has waited for a try
        self->is_recalled = recall(self);
        self->recalls_n++;
    }
    edo_mutex_unlock(&self->recalling);
}

void room_recall(room *self) {
    recall_as_asked(self, false);
}

void room_recall_now(room *self) {
    recall_as_asked(self, true);
}

/* Lock held. */
static message **past(const room *self, uint64_t after, uint64_t before, size_t limit, size_t *n) {
    size_t found = 0;
    message *m;
    STAILQ_FOREACH(m, &self->past, next) {
        found += m->what.number > after && m->what.number < before;
    }
    size_t skipped = found > limit ? found - limit : 0;
    message **all = calloc(found - skipped + 1, sizeof(message *));
    *n = 0;
    STAILQ_FOREACH(m, &self->past, next) {
        if (!all || m->what.number <= after || m->what.number >= before) continue;
        if (skipped > 0) {
            skipped--;
        } else {
            all[(*n)++] = edo_rc_ref(m);
        }
    }
    return all;
}

message **room_past(room *self, uint64_t after, uint64_t before, size_t limit, size_t *n) {
    pthread_mutex_lock(&self->lock);
    message **all = past(self, after, before, limit, n);
    pthread_mutex_unlock(&self->lock);
    return all;
}

message *room_find_said(room *self, edo_str ref) {
    pthread_mutex_lock(&self->lock);
    message *m = STAILQ_FIRST(&self->past);
    while (m && !edo_str_equal(m->what.ref, ref)) m = STAILQ_NEXT(m, next);
    if (m) (void)edo_rc_ref(m);
    pthread_mutex_unlock(&self->lock);
    return m;
}

/* ---- What somebody has not seen -------------------------------------------------------------- */

bool room_has_begun_anew(room *self, const bookmark *at) {
    if (at->life > 0 && at->life != self->life) return true;
    if (storage_gives_numbers(self->storage)) return room_reach(self, at->number) == -EAGAIN;
    return at->number > room_numbers_now(self).last;
}

/* Why it does not know where it is, since it could not be read; 0: it does. */
static int room_blindness(room *self) {
    pthread_mutex_lock(&self->lock);
    int why = self->is_followed ? 0 : self->unread;
    pthread_mutex_unlock(&self->lock);
    return why;
}

bool room_keep_place(room *self, kept_place *out, const bookmark *at, int found) {
    bool has_no_turn = found == -EAGAIN && out->is_kept; // it has waited, and does so on
    bool has_failed = found < 0 && found != -EAGAIN && found != -ENOMEM && found != -ECANCELED;
    if (!storage_gives_numbers(self->storage)) return false;
    int why = has_no_turn || has_failed ? found : room_blindness(self);
    if (why == 0) return false;
    bool has_asked = why != -EAGAIN && why != -EBUSY;
    kept_place now = { true, *at, 0, 0 };
    bool has_moved = out->is_kept && at->number > out->at.number;
    if (out->is_kept) now.tries_n = out->tries_n + has_asked;
    if (out->is_kept) now.waits_n = (has_moved ? 0 : out->waits_n) + !has_asked;
    if (now.tries_n > PLACE_TRIES_MAX || now.waits_n > PLACE_WAITS_MAX) return false;
    *out = now;
    return true;
}

int recall_unseen(const room *self, uint64_t after, unseen *out) {
    const message *oldest = STAILQ_FIRST(&self->past);
    bool has_lack = self->lack < 0 && oldest && oldest->what.number <= self->lacking_to;
    *out = (unseen){ .until = self->numbers.last,
                     .numbers = self->numbers,
                     .namer = self->namer,
                     .is_cut = has_lack && after < self->lacking_to };
    out->messages = past(self, after, UINT64_MAX, SIZE_MAX, &out->n);
    return out->messages ? 0 : -ENOMEM;
}

int room_unseen(room *self, uint64_t after, unseen *out) {
    pthread_mutex_lock(&self->lock);
    int err = recall_unseen(self, after, out);
    pthread_mutex_unlock(&self->lock);
    return err;
}

/* ---- What is ahead: with the room's lock ----------------------------------------------------- */

void learn_last(room *self, uint64_t last) {
    if (last > self->known_to) self->known_to = last;
}

/* The one with the largest number; NULL: there is none. */
static message *ahead_last(const room *self) {
    message *last = STAILQ_FIRST(&self->ahead);
    for (message *m = last; m; m = STAILQ_NEXT(m, next)) last = m;
    return last;
}

/* The message is the caller's. */
static message *ahead_take(room *self, message *m) {
    STAILQ_REMOVE(&self->ahead, m, message, next);
    self->ahead_n--;
    self->ahead_bytes -= m->what.text.len;
    return m;
}

static void ahead_drop(room *self, message *m) {
    edo_rc_unref(ahead_take(self, m));
}

static bool ahead_is_too_much(const room *self) {
    return self->ahead_n > LEARN_AHEAD_MAX || self->ahead_bytes > LEARN_AHEAD_BYTES;
}

void learn_put(room *self, message *m) {
    uint64_t number = m->what.number;
    message *lower = NULL, *at = NULL;
    learn_last(self, number);
    STAILQ_FOREACH(at, &self->ahead, next) {
        if (at->what.number >= number) break;
        lower = at;
    }
    bool is_known = number <= self->numbers.last || (at && at->what.number == number);
    if (is_known) {
        edo_rc_unref(m);
        return;
    }
    if (lower) {
        STAILQ_INSERT_AFTER(&self->ahead, lower, m, next);
    } else {
        STAILQ_INSERT_HEAD(&self->ahead, m, next);
    }
    self->ahead_n++;
    self->ahead_bytes += m->what.text.len;
    while (ahead_is_too_much(self)) ahead_drop(self, ahead_last(self));
}

message *learn_next(room *self) {
    message *m = STAILQ_FIRST(&self->ahead);
    if (!m || m->what.number > self->numbers.last + 1) return NULL;
    return ahead_take(self, m);
}

/* The store, which was asked after it was told that there is more, has no message behind that
 * number: what came from elsewhere with a larger one was said by nobody, or the store has lost
 * it. What has come meanwhile goes with it, and is read the next time. */
static void learn_no_more_than(room *self, uint64_t last) {
    if (last < self->numbers.last) last = self->numbers.last;
    for (message *m; (m = ahead_last(self)) && m->what.number > last;) ahead_drop(self, m);
    self->known_to = last;
}

/* Everything up to that number is shown, or will not be. */
static void go_on_behind(room *self, uint64_t number) {
    self->numbers.last = self->number_given = number;
    learn_last(self, number);
}

/* The store has no messages with after < number <= until but those that were put: the numbers of
 * those that it cannot read are passed over, up to the first one that was put. */
static void learn_pass(room *self, uint64_t after, uint64_t until) {
    const message *first = STAILQ_FIRST(&self->ahead);
    if (first && first->what.number <= until) until = first->what.number - 1;
    if (self->numbers.last >= after && self->numbers.last < until) go_on_behind(self, until);
}

/* The room goes on behind that number, which is larger than its last: what is before it is in the
 * store. */
static void learn_jump(room *self, uint64_t to) {
    message *m;
    while ((m = STAILQ_FIRST(&self->ahead)) && m->what.number <= to) ahead_drop(self, m);
    while (self->past_n > 0) edo_rc_unref(recall_forget(self));
    go_on_behind(self, to);
    self->jumped_to = to;
}

/* ---- Lessons: with the room's lock ----------------------------------------------------------- */

/* What is being stored, and what the store has, may be one message: its answer may be under way, or
 * lost. */
static message *find_own(const room *self, const saying *found) {
    message *m;
    STAILQ_FOREACH(m, &self->unshown, next) {
        bool is_by_ref = found->ref.len > 0 && edo_str_equal(m->what.ref, found->ref);
        bool is_by_serial = found->serial > 0 && m->what.ref.len == 0;
        if (is_by_ref || (is_by_serial && m->what.serial == found->serial)) return m;
    }
    return NULL;
}

/* A message that the store has: of the room's own author, if it waits for it to be stored; else of
 * nobody who is known. NULL without memory. */
static message *learn_message(const room *self, const saying *found) {
    message *own = find_own(self, found);
    saying what = *found;
    what.room = *room_shown(self);
    if (!own) return unseen_message(self->namer, &what);
    what.from = own->is_late ? 0 : own->what.from;
    what.naming = own->what.naming;
    own->is_learned = true;
    return message_said(&what);
}

/* Those who were shown messages behind `after`, up to `to`, are told that these are lost: a page of
 * each, the last LOST_MAX of them; a terminal how many they are. */
static void room_tell_lost(room *self, uint64_t after, uint64_t to) {
    static const char one[] = "* the last message of #%s was lost where it was kept",
                      some[] = "* the last %" PRIu64 " messages of #%s were lost where they were "
                               "kept";
    const char *where = room_shown(self)->text;
    uint64_t n = to - after, marked_n = n < LOST_MAX ? n : LOST_MAX, numbers[LOST_MAX];
    for (uint64_t i = 0; i < marked_n; i++) numbers[i] = to - marked_n + 1 + i;
    if (!TAILQ_EMPTY(&self->listeners))
        room_put_notice(self, message_marks(room_shown(self), false, numbers, marked_n));
    if (edo_broadcast_receivers(self->channel) > 0)
        room_put_notice(self, n == 1 ? message_new(0, one, where) : message_new(0, some, n, where));
}

/* Numbers of a gap belong to nobody any more: newcomers see none of them. */
static void forget_in_gap(room *self, const store_gap *gap) {
    message *m, *next;
    for (m = STAILQ_FIRST(&self->past); m; m = next) {
        next = STAILQ_NEXT(m, next);
        if (m->what.number <= gap->after || m->what.number > gap->to) continue;
        STAILQ_REMOVE(&self->past, m, message, next);
        self->past_n--;
        edo_rc_unref(m);
    }
    for (m = STAILQ_FIRST(&self->ahead); m; m = next) {
        next = STAILQ_NEXT(m, next);
        if (m->what.number > gap->after && m->what.number <= gap->to) ahead_drop(self, m);
    }
}

/* The store has passed over these numbers. If the room does not know that yet, what it has shown of
 * them is lost, and what comes next stands behind them. */
static void learn_gap(room *self, const store_gap *gap) {
    uint64_t newest = room_newest(&self->numbers);
    if (gap->to <= self->numbers.gap_to) return;
    forget_in_gap(self, gap);
    if (newest > gap->after && newest <= gap->to) room_tell_lost(self, gap->after, newest);
    self->numbers.gap_after = gap->after;
    self->numbers.gap_to = gap->to;
    bool has_all_before = self->numbers.last >= gap->after && self->numbers.last < gap->to;
    if (has_all_before) go_on_behind(self, gap->to);
}

static void learn_name(room *self, const name *as_stored) {
    bool is_other = strcmp(as_stored->text, self->name.text) != 0;
    if (!is_other || atomic_load(&self->shown)) return;
    self->stored_name = *as_stored;
    atomic_store(&self->shown, &self->stored_name);
}

/* Returns 0, or -ENOMEM: what lacks is read again. */
static int take_lesson(room *self, const lesson *what) {
    int err = 0;
    room_show_stored(self);                        // what is its own comes with its author
    bool is_read = what->until > 0 && what->n > 0; // from the store
    if (is_read) learn_name(self, &what->said[0].room);
    learn_gap(self, &what->gap);
    for (size_t i = 0; i < what->n && err == 0; i++) {
        if (what->said[i].number <= self->numbers.last) continue;
        message *m = learn_message(self, &what->said[i]);
        if (!m) err = -ENOMEM;
        if (m) learn_put(self, m);
        room_show_ahead(self);
    }
    learn_last(self, what->last);
    if (err == 0) learn_pass(self, what->after, what->until);
    room_show_ahead(self);
    return err;
}

/* Those who are here are told that messages up to `to` are not shown. */
static void tell_jump(room *self, uint64_t to) {
    uint64_t from = self->numbers.last, missed = room_between(&self->numbers, from, to + 1);
    if (missed == 0) return;
    bool has_pages = !TAILQ_EMPTY(&self->listeners);
    bool has_terminals = edo_broadcast_receivers(self->channel) > 0;
    if (has_pages) room_put_notice(self, message_lagged(room_shown(self), missed, from, to + 1));
    message *line =
        has_terminals ? message_new(0, "* you missed %" PRIu64 " messages", missed) : NULL;
    if (line) line->missing_to = to;
    room_put_notice(self, line);
}

/* The room has the newest ones of its store, which are some. */
static int take_newest(room *self, const store_found *found) {
    uint64_t before = found->messages[0].number - 1, newest = found->messages[found->n - 1].number;
    if (newest <= found->gap.after) newest = found->gap.to;
    learn_gap(self, &found->gap);
    if (before > self->numbers.last) {
        tell_jump(self, before);
        learn_jump(self, before);
    }
    for (size_t i = 0; i < found->n && found->messages[i].number <= self->numbers.last; i++)
        recall_remember(self, unseen_message(self->namer, &found->messages[i]));
    const lesson rest = { .said = found->messages,
                          .n = found->n,
                          .after = self->numbers.last,
                          .until = newest,
                          .last = newest };
    return take_lesson(self, &rest);
}

/* ---- Reading the store: with `recalling` held, and not the room's lock ----------------------- */

/* What a room has newest of which nobody was told all. */
static int learn_newest(room *self) {
    store_found *found;
    size_t limit = self->past_max > 0 ? self->past_max : 1;
    int64_t now_ns = edo_now().ns;
    int err = storage_page(self->storage, &self->name, 0, STORE_BEFORE_ANY, limit, &found);
    pthread_mutex_lock(&self->lock);
    self->unread = err;
    if (err < 0) {
        pthread_mutex_unlock(&self->lock);
        return err;
    }
    if (found->n > 0) err = take_newest(self, found);
    if (err == 0) self->known_at_ns = now_ns;
    self->lack = found->fault;
    self->lacking_to = self->numbers.last;
    pthread_mutex_unlock(&self->lock);
    free(found);
    return err;
}

/* What follows what was shown, to those who were told all. */
static int learn_following(room *self) {
    store_asked asked = { .room = self->name };
    store_new is;
    store_found *found;
    pthread_mutex_lock(&self->lock);
    asked.after = self->numbers.last;
    uint64_t told_to = self->known_to;
    pthread_mutex_unlock(&self->lock);
    int err = storage_news_of(self->storage, &asked, &is, &found);
    if (err < 0) return err;
    const lesson part = { .said = found->messages,
                          .n = found->n,
                          .after = asked.after,
                          .until = is.until,
                          .last = is.last,
                          .gap = is.gap };
    pthread_mutex_lock(&self->lock);
    err = take_lesson(self, &part);
    if (err == 0 && told_to > is.last) learn_no_more_than(self, is.last);
    pthread_mutex_unlock(&self->lock);
    free(found);
    return err;
}

/* What a room lacks, and where it is. */
typedef struct learn_state {
    uint64_t last;
    bool lacks, is_followed, knows_all;
} learn_state;

/* Called without the lock. */
static learn_state learn_state_of(room *self) {
    pthread_mutex_lock(&self->lock);
    int64_t at = self->known_at_ns;
    learn_state now = { .last = self->numbers.last,
                        .lacks = self->known_to > self->numbers.last,
                        .is_followed = self->is_followed,
                        .knows_all = at > 0 && edo_now().ns - at < knows_for.ns };
    pthread_mutex_unlock(&self->lock);
    return now;
}

/* The next part of what lacks. */
static int learn_part(room *self, const learn_state *before) {
    int err = before->is_followed ? learn_following(self) : learn_newest(self);
    learn_state now = learn_state_of(self);
    return err == 0 && now.lacks && now.last == before->last ? -EAGAIN : err;
}

/* ---- For all others: without a lock ---------------------------------------------------------- */

/* Of the tries of which `tries_n` had ended when somebody came, one has begun later: the first one
 * may have been under way. So many who come at once need two. Called with `recalling` held. */
static bool was_tried_since(const room *self, unsigned tries_n) {
    return self->recalls_n - tries_n >= 2;
}

/* Reads the next part of what lacks; without lack if it is to be `asked`, and not known. Shielded,
 * as room_fan_out(): others wait for what is read, too. */
static int learn_more(room *self, bool is_asked) {
    EDO_SHIELD(sh, edo_ns(-1));
    unsigned tries_n = atomic_load(&self->recalls_n);
    int err = edo_mutex_lock(&self->recalling);
    if (err == 0) {
        learn_state now = learn_state_of(self);
        bool is_known = !now.lacks && was_tried_since(self, tries_n);
        if (is_known) {
            err = self->recall_err;
        } else if (is_asked || now.lacks) {
            self->recall_err = err = learn_part(self, &now);
            self->recalls_n++;
        }
        edo_mutex_unlock(&self->recalling);
    }
    (void)edo_shield_end(&sh, 0);
    return err;
}

/* Between two parts it can be cancelled: much may lack, and who asks next goes on. */
int learn_tell_all(room *self) {
    int err = room_fan_out(self);
    while (err == 0 && learn_state_of(self).lacks) {
        err = learn_more(self, false);
        int told = room_fan_out(self);
        if (err == 0) err = told;
        if (err == 0 && learn_state_of(self).lacks) err = edo_yield();
    }
    return err;
}

int learn_show_all(room *self) {
    pthread_mutex_lock(&self->lock);
    room_show_stored(self);
    pthread_mutex_unlock(&self->lock);
    return learn_tell_all(self);
}

/* Whether what it has from here on is shown to somebody, each message: it has members, and goes on
 * behind all that the store had a moment ago. They may have gone while that was read. */
static void learn_follow(room *self) {
    bool knows_all = learn_state_of(self).knows_all;
    pthread_mutex_lock(&self->lock);
    self->is_followed = self->has_members && (self->is_followed || knows_all);
    pthread_mutex_unlock(&self->lock);
}

int room_learn(room *self, const lesson *what) {
    int err = 0;
    pthread_mutex_lock(&self->lock);
    bool is_followed = self->is_followed;
    if (is_followed) err = take_lesson(self, what);
    pthread_mutex_unlock(&self->lock);
    if (!is_followed) err = learn_more(self, true); // it has not known where it is
    if (!is_followed && err == 0) learn_follow(self);
    int told = learn_tell_all(self);
    return err < 0 ? err : told;
}

bool room_hear(room *self, const saying *what) {
    const lesson one = { .said = what, .n = 1, .last = what->number };
    pthread_mutex_lock(&self->lock);
    bool is_news = self->is_followed && what->number > self->numbers.last;
    if (is_news) (void)take_lesson(self, &one); // without memory it lacks, and is read
    pthread_mutex_unlock(&self->lock);
    return is_news;
}

bool room_contradicts(room *self, const saying *what) {
    const message *m = NULL;
    pthread_mutex_lock(&self->lock);
    if (what->number <= self->numbers.last) {
        STAILQ_FOREACH(m, &self->past, next) {
            if (m->what.number == what->number) break;
        }
    }
    bool is_other = m && (strcmp(m->what.nick.text, what->nick.text) != 0 ||
                          !edo_str_equal(m->what.text, what->text));
    pthread_mutex_unlock(&self->lock);
    return is_other;
}

int room_tell_heard(room *self) {
    return learn_tell_all(self);
}

int room_reach(room *self, uint64_t number) {
    if (!storage_gives_numbers(self->storage) || number <= room_numbers_now(self).last) return 0;
    int err = learn_more(self, true), told = learn_tell_all(self);
    pthread_mutex_lock(&self->lock);
    bool is_there = number <= self->numbers.last, is_shown = number > self->jumped_to;
    pthread_mutex_unlock(&self->lock);
    if (is_there) return is_shown;
    return err < 0 ? err : told < 0 ? told : -EAGAIN;
}

void room_note_name(room *self, const name *as_stored) {
    pthread_mutex_lock(&self->lock);
    learn_name(self, as_stored);
    pthread_mutex_unlock(&self->lock);
}

void room_note_members(room *self, bool has_some) {
    pthread_mutex_lock(&self->lock);
    self->has_members = has_some;
    pthread_mutex_unlock(&self->lock);
    learn_follow(self);
}

void learn_recall(room *self, bool is_now) {
    EDO_SHIELD(sh, edo_ns(-1));
    unsigned tries_n = atomic_load(&self->recalls_n);
    int err = edo_mutex_lock(&self->recalling);
    if (err == 0) {
        learn_state now = learn_state_of(self);
        bool is_known = is_now ? was_tried_since(self, tries_n) : now.knows_all;
        if (!now.is_followed && !is_known) {
            self->recall_err = err = learn_newest(self);
            self->recalls_n++;
        }
        edo_mutex_unlock(&self->recalling);
    }
    (void)edo_shield_end(&sh, 0);
    if (err == 0) (void)learn_tell_all(self);
}
