/* SPDX-License-Identifier: MIT */
/* crowd.c: see crowd.h. Rooms and the people of a room are trees of tsearch(3), whose keys are
 * pointers to spots and guests, which begin with their name, or with the person.
 *
 * inv. 1: a guest has a seat here, or a stay; `here_n` counts the former, `others_n` the rest.
 * inv. 2: a spot in `elsewhere` has shares and no guests; one in `here` may have no shares.
 * inv. 3: the guests of a spot are in the order of `since`, and of the person where that is equal:
 *         so all programs have one order once each knows what the others have told. */
#include "node/crowd.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

static int crowd_by_name(const void *a, const void *b) {
    return name_compare(a, b);
}

static int crowd_by_person(const void *a, const void *b) {
    return strcmp(a, b);
}

void crowd_init(crowd *self) {
    *self = (crowd){ .by_name = NULL };
    TAILQ_INIT(&self->here);
    TAILQ_INIT(&self->elsewhere);
    TAILQ_INIT(&self->programs);
}

/* ---- Guests ---------------------------------------------------------------------------------- */

crowd_guest *crowd_find_guest(const crowd_spot *at, const char *person) {
    void *const *node = tfind(person, (void *const *)&at->by_person, crowd_by_person);
    return node ? *node : NULL;
}

bool crowd_is_elsewhere(const crowd_guest *who) {
    return !SLIST_EMPTY(&who->stays);
}

/* Takes the guest off the counts, or puts it there, as it is now. */
static void guest_uncount(crowd_spot *at, const crowd_guest *who) {
    if (who->seats_n > 0) {
        at->here_n--;
    } else if (crowd_is_elsewhere(who)) {
        at->others_n--;
    }
}

static bool guest_is_behind(const crowd_guest *who, const crowd_guest *other) {
    if (who->since != other->since) return who->since > other->since;
    return strcmp(who->person, other->person) > 0;
}

/* Takes it out of the order, which begins to be searched at the one before it. */
static void guest_unplace(crowd_spot *at, crowd_guest *who) {
    if (at->placed == who) at->placed = TAILQ_PREV(who, crowd_guests, in_spot);
    TAILQ_REMOVE(&at->guests, who, in_spot);
}

/* With clocks that agree, a guest that comes now is the last one; of a roster each is behind the
 * one before it. */
static void guest_place(crowd_spot *at, crowd_guest *who) {
    const crowd_stay *st;
    uint64_t since = who->seats_n > 0 ? who->seated : UINT64_MAX;
    SLIST_FOREACH(st, &who->stays, in_guest) {
        if (st->since < since) since = st->since;
    }
    who->since = since;
    guest_unplace(at, who);
    crowd_guest *before = TAILQ_LAST(&at->guests, crowd_guests), *next;
    if (before && guest_is_behind(before, who) && at->placed) before = at->placed;
    while (before && guest_is_behind(before, who))
        before = TAILQ_PREV(before, crowd_guests, in_spot);
    next = before ? TAILQ_NEXT(before, in_spot) : TAILQ_FIRST(&at->guests);
    for (; next && guest_is_behind(who, next); next = TAILQ_NEXT(next, in_spot)) before = next;
    if (before) {
        TAILQ_INSERT_AFTER(&at->guests, before, who, in_spot);
    } else {
        TAILQ_INSERT_HEAD(&at->guests, who, in_spot);
    }
    at->placed = who;
}

static void guest_count(crowd_spot *at, crowd_guest *who) {
    if (who->seats_n > 0) {
        at->here_n++;
    } else if (crowd_is_elsewhere(who)) {
        at->others_n++;
    } else {
        return;
    }
    guest_place(at, who);
}

/* NULL without memory. One that is new is nowhere yet. */
static crowd_guest *need_guest(crowd_spot *at, const char *person, const name *nick) {
    crowd_guest *g = crowd_find_guest(at, person);
    if (g) return g;
    g = malloc(sizeof *g);
    if (!g) return NULL;
    *g = (crowd_guest){ .name = *nick };
    memcpy(g->person, person, sizeof g->person);
    SLIST_INIT(&g->stays);
    if (!tsearch(g, &at->by_person, crowd_by_person)) {
        free(g);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&at->guests, g, in_spot);
    return g;
}

/* Frees the guest if it is nowhere. Returns whether it was. */
static bool guest_settle(crowd_spot *at, crowd_guest *who) {
    if (who->seats_n > 0 || crowd_is_elsewhere(who)) return false;
    tdelete(who, &at->by_person, crowd_by_person);
    guest_unplace(at, who);
    free(who);
    return true;
}

/* ---- Rooms ----------------------------------------------------------------------------------- */

crowd_spot *crowd_find_spot(const crowd *self, const name *of) {
    void *const *node = tfind(of, (void *const *)&self->by_name, crowd_by_name);
    return node ? *node : NULL;
}

crowd_spot *crowd_need_spot(crowd *self, const name *of) {
    crowd_spot *at = crowd_find_spot(self, of);
    if (at) return at;
    at = malloc(sizeof *at);
    if (!at) return NULL;
    *at = (crowd_spot){ .name = *of };
    TAILQ_INIT(&at->guests);
    TAILQ_INIT(&at->shares);
    if (!tsearch(at, &self->by_name, crowd_by_name)) {
        free(at);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&self->elsewhere, at, link);
    self->elsewhere_n++;
    return at;
}

void crowd_settle(crowd *self, crowd_spot *at) {
    if (at->here_n > 0 || !TAILQ_EMPTY(&at->shares)) return;
    tdelete(at, &self->by_name, crowd_by_name);
    TAILQ_REMOVE(&self->elsewhere, at, link);
    self->elsewhere_n--;
    free(at);
}

/* The first one has come. */
static void spot_begin(crowd *self, crowd_spot *at) {
    TAILQ_REMOVE(&self->elsewhere, at, link);
    self->elsewhere_n--;
    TAILQ_INSERT_TAIL(&self->here, at, link);
    self->here_n++;
}

/* The last one has gone. What is told there is not heard any more. */
static void spot_end(crowd *self, crowd_spot *at) {
    crowd_share *next;
    TAILQ_REMOVE(&self->here, at, link);
    self->here_n--;
    TAILQ_INSERT_TAIL(&self->elsewhere, at, link);
    self->elsewhere_n++;
    for (crowd_share *s = TAILQ_FIRST(&at->shares); s; s = next) {
        next = TAILQ_NEXT(s, in_spot);
        (void)crowd_clear_share(self, s);
        s->known = 0;
        s->is_whole = s->was_whole = false;
    }
}

int crowd_come(crowd *self, crowd_spot *at, const char *person, const name *nick, uint64_t now,
               bool *is_first) {
    crowd_guest *g = need_guest(at, person, nick);
    if (!g) return -ENOMEM;
    bool has_begun = at->here_n > 0;
    guest_uncount(at, g);
    *is_first = g->seats_n++ == 0;
    if (*is_first) g->seated = crowd_is_elsewhere(g) ? g->since : now;
    g->name = *nick;
    guest_count(at, g);
    if (!has_begun) spot_begin(self, at);
    return 0;
}

bool crowd_go(crowd *self, crowd_spot *at, const char *person) {
    crowd_guest *g = crowd_find_guest(at, person);
    if (!g || g->seats_n == 0) return false; // there was no memory for it
    guest_uncount(at, g);
    bool is_last = --g->seats_n == 0;
    guest_count(at, g);
    (void)guest_settle(at, g);
    if (is_last && at->here_n == 0) spot_end(self, at);
    return is_last;
}

size_t crowd_unnamed_n(const crowd_spot *at) {
    const crowd_share *s;
    size_t n = 0;
    TAILQ_FOREACH(s, &at->shares, in_spot) n += s->n > s->named_n ? s->n - s->named_n : 0;
    return n;
}

size_t crowd_others_n(const crowd_spot *at) {
    return at->others_n + crowd_unnamed_n(at);
}

/* ---- What other programs have ---------------------------------------------------------------- */

crowd_program *crowd_find_program(const crowd *self, uint64_t id) {
    crowd_program *p;
    TAILQ_FOREACH(p, &self->programs, link) {
        if (p->id == id) return p;
    }
    return NULL;
}

crowd_program *crowd_need_program(crowd *self, uint64_t id) {
    crowd_program *p = crowd_find_program(self, id);
    if (p) return p;
    p = self->programs_n < CROWD_PROGRAMS ? malloc(sizeof *p) : NULL;
    if (!p) return NULL;
    *p = (crowd_program){ .id = id };
    TAILQ_INIT(&p->shares);
    TAILQ_INSERT_TAIL(&self->programs, p, link);
    self->programs_n++;
    return p;
}

crowd_share *crowd_need_share(crowd *self, crowd_spot *at, crowd_program *of) {
    crowd_share *s;
    TAILQ_FOREACH(s, &at->shares, in_spot) {
        if (s->of == of) return s;
    }
    s = self->shares_n < CROWD_SHARES ? malloc(sizeof *s) : NULL;
    if (!s) return NULL;
    *s = (crowd_share){ .of = of, .in = at };
    TAILQ_INIT(&s->stays);
    TAILQ_INSERT_TAIL(&at->shares, s, in_spot);
    TAILQ_INSERT_TAIL(&of->shares, s, in_program);
    self->shares_n++;
    return s;
}

crowd_stay *crowd_find_stay(const crowd_share *at, const char *person) {
    const crowd_guest *g = crowd_find_guest(at->in, person);
    crowd_stay *st;
    if (!g) return NULL;
    SLIST_FOREACH(st, &g->stays, in_guest) {
        if (st->of == at) return st;
    }
    return NULL;
}

crowd_stay *crowd_add_stay(crowd *self, crowd_share *at, const char *person, const name *nick,
                           uint64_t since) {
    crowd_stay *st = self->stays_n < CROWD_STAYS ? malloc(sizeof *st) : NULL;
    crowd_guest *g = st ? need_guest(at->in, person, nick) : NULL;
    if (!g) {
        free(st);
        return NULL;
    }
    *st = (crowd_stay){ .of = at, .who = g, .since = since };
    guest_uncount(at->in, g);
    SLIST_INSERT_HEAD(&g->stays, st, in_guest);
    guest_count(at->in, g);
    TAILQ_INSERT_TAIL(&at->stays, st, in_share);
    at->named_n++;
    self->stays_n++;
    return st;
}

void crowd_note_since(crowd_stay *what, uint64_t since) {
    bool is_other = what->since != since;
    what->since = since;
    if (is_other) guest_place(what->of->in, what->who);
}

bool crowd_end_stay(crowd *self, crowd_stay *what) {
    crowd_share *of = what->of;
    crowd_guest *g = what->who;
    guest_uncount(of->in, g);
    SLIST_REMOVE(&g->stays, what, crowd_stay, in_guest);
    guest_count(of->in, g);
    TAILQ_REMOVE(&of->stays, what, in_share);
    of->named_n--;
    self->stays_n--;
    free(what);
    return guest_settle(of->in, g);
}

bool crowd_clear_share(crowd *self, crowd_share *of) {
    bool had_some = of->named_n > 0;
    while (of->named_n > 0) (void)crowd_end_stay(self, TAILQ_FIRST(&of->stays));
    return had_some;
}

void crowd_end_share(crowd *self, crowd_share *of) {
    crowd_spot *at = of->in;
    (void)crowd_clear_share(self, of);
    TAILQ_REMOVE(&at->shares, of, in_spot);
    TAILQ_REMOVE(&of->of->shares, of, in_program);
    self->shares_n--;
    free(of);
    crowd_settle(self, at);
}

void crowd_end_program(crowd *self, crowd_program *of) {
    crowd_share *s;
    // NOLINTNEXTLINE(clang-analyzer-unix.Malloc): one that is ended is off the list
    while ((s = TAILQ_FIRST(&of->shares))) crowd_end_share(self, s);
    TAILQ_REMOVE(&self->programs, of, link);
    self->programs_n--;
    free(of);
}

void crowd_deinit(crowd *self) {
    crowd_program *p;
    // NOLINTNEXTLINE(clang-analyzer-unix.Malloc): likewise
    while ((p = TAILQ_FIRST(&self->programs))) crowd_end_program(self, p);
}
