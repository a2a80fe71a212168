/* SPDX-License-Identifier: MIT */
/* company.c: see company.h. What is told of a room is heard by those who have members there:
 *
 *     joined, left, renamed   with a number, and that of the notice before it in the room
 *     typing
 *     who                     all others reply with a roster
 *     roster                  who is there, and the number of the last notice
 *
 * and by all programs:
 *
 *     beat                    each second
 *     list                    in its place, each five seconds, and after a change: in which rooms
 *                             there are people, how many, and the number of the last notice in each
 *     who                     all others reply with a list
 *     gone                    the program ends
 *
 * A notice that is lost is missed by the number of the next one, or by that in the next list; then
 * the room's people are asked for. What is repeated, or comes late, has a number that was passed.
 *
 * inv. 1: what is published goes out in the order of the numbers: it is numbered and published with
 *         the lock held.
 *
 * Locks: the directory's or the carrier's, then this one's, then that of the queue of what is
 * published. */
#include "node/company.h"

#include "clock.h"
#include "node/crowd.h"
#include "node/herald.h"
#include "node/notice.h"

#include <edo/error.h>
#include <edo/log.h>
#include <edo/notify.h>
#include <edo/runtime.h>
#include <edo/scope.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static const edo_duration silence = COMPANY_SILENCE, list_every = COMPANY_LISTED,
                          fold = COMPANY_FOLDED, second = EDO_S(1);

struct company {
    room_presence ways; /* const; of the directory */
    directory *in;      /* const */
    company_ways by;    /* const */
    uint64_t program;   /* const */
    herald herald;      /* const */
    edo_notify due;     /* something is to be done at once */

    pthread_mutex_t lock; /* guards the rest */
    crowd crowd;
    herald_list news; /* of which the rooms here are to be told, without the lock */
    bool has_changed; /* who is elsewhere, without news */
    uint64_t number;  /* of the last notice */
    uint64_t came_us; /* when the last one came here, by the clock; no two at once */
    bool is_carried;
    int64_t carried_ns;         /* when that has changed */
    int64_t beat_ns, listed_ns; /* when it was told last */
    int64_t ticked_ns;          /* when it was looked at last */
    bool is_list_new;           /* it has changed since it was told */
    bool is_list_asked;         /* somebody has asked for it */
    bool is_to_ask;             /* others are to be asked for theirs */
};

/* ---- Publishing ------------------------------------------------------------------------------ */

/* Lock held. Without memory, or while nothing is carried, it is lost. */
static void publish_notice(company *self, const name *where, notice *what) {
    what->by = self->program;
    if (where) what->room = edo_str_of(where->text);
    edo_buf text = { 0 };
    if (self->is_carried && notice_print(&text, what) == 0) {
        self->by.publish(self->by.arg, where, &text);
    } else {
        edo_buf_deinit(&text);
    }
}

/* Lock held. Something befell a person who is here: what the notice says already. */
static void publish_move(company *self, crowd_spot *at, notice what, const char *person,
                         const name *nick) {
    what.number = ++self->number;
    what.after = at->told;
    what.n = at->here_n;
    what.person = edo_str_of(person);
    what.nick = edo_str_of(nick->text);
    at->told = self->number;
    self->is_list_new = true;
    publish_notice(self, &at->name, &what);
}

/* Lock held. If the question is lost, too, the next list tells whether something was missed. */
static void ask_anew(company *self, crowd_spot *at) {
    at->is_to_ask = true;
    edo_notify_one(&self->due);
}

/* ---- People who are here: of the directory --------------------------------------------------- */

/* Lock held. It grows, also where the clock goes back, or is too coarse. */
static uint64_t company_now_us(company *self) {
    uint64_t now = (uint64_t)clock_now_ms() * 1000;
    if (now <= self->came_us) now = self->came_us + 1;
    return self->came_us = now;
}

/* Lock held. */
static void member_comes(company *self, const name *where, const member *who) {
    bool is_first;
    crowd_spot *at = crowd_need_spot(&self->crowd, where);
    if (!at) return;
    bool has_begun = at->here_n > 0;
    uint64_t now = company_now_us(self);
    int err = crowd_come(&self->crowd, at, who->person, &who->name, now, &is_first);
    if (err == 0 && !has_begun) ask_anew(self, at);
    if (err == 0 && is_first) {
        const crowd_guest *g = crowd_find_guest(at, who->person);
        const notice joined = { .kind = NOTICE_JOINED,
                                .is_quiet = who->moves_quietly,
                                .since = g->seated };
        publish_move(self, at, joined, who->person, &who->name);
    }
    crowd_settle(&self->crowd, at);
}

/* Lock held. */
static void member_goes(company *self, const name *where, const member *who) {
    crowd_spot *at = crowd_find_spot(&self->crowd, where);
    if (!at) return;
    bool is_last = crowd_go(&self->crowd, at, who->person);
    const notice left = { .kind = NOTICE_LEFT, .is_quiet = who->moves_quietly };
    if (is_last) publish_move(self, at, left, who->person, &who->name);
    crowd_settle(&self->crowd, at);
}

static void company_seated(void *arg, const name *where, const member *who, bool comes) {
    company *self = arg;
    pthread_mutex_lock(&self->lock);
    if (comes) {
        member_comes(self, where, who);
    } else {
        member_goes(self, where, who);
    }
    pthread_mutex_unlock(&self->lock);
}

static void company_renamed(void *arg, const name *where, const member *who) {
    company *self = arg;
    pthread_mutex_lock(&self->lock);
    crowd_spot *at = crowd_find_spot(&self->crowd, where);
    crowd_guest *g = at ? crowd_find_guest(at, who->person) : NULL;
    if (g && g->seats_n > 0) {
        const name old = g->name;
        g->name = who->name;
        const notice renamed = { .kind = NOTICE_RENAMED,
                                 .old = edo_str_of(old.text),
                                 .since = g->seated };
        publish_move(self, at, renamed, who->person, &who->name);
    }
    pthread_mutex_unlock(&self->lock);
}

/* Nobody is told of it in a large room. */
static void company_typing(void *arg, const name *where, const member *who) {
    company *self = arg;
    notice what = { .kind = NOTICE_TYPING,
                    .person = edo_str_of(who->person),
                    .nick = edo_str_of(who->name.text) };
    pthread_mutex_lock(&self->lock);
    const crowd_spot *at = crowd_find_spot(&self->crowd, where);
    if (at && at->here_n + crowd_others_n(at) <= ROOM_TOLD_MAX)
        publish_notice(self, &at->name, &what);
    pthread_mutex_unlock(&self->lock);
}

static bool company_has(void *arg, const name *where, const char *person) {
    company *self = arg;
    pthread_mutex_lock(&self->lock);
    const crowd_spot *at = crowd_find_spot(&self->crowd, where);
    const crowd_guest *g = at ? crowd_find_guest(at, person) : NULL;
    bool has = g && crowd_is_elsewhere(g);
    pthread_mutex_unlock(&self->lock);
    return has;
}

static size_t company_members_n(void *arg, const name *where) {
    company *self = arg;
    pthread_mutex_lock(&self->lock);
    const crowd_spot *at = crowd_find_spot(&self->crowd, where);
    size_t n = at ? crowd_others_n(at) : 0;
    pthread_mutex_unlock(&self->lock);
    return n;
}

static size_t company_members(void *arg, const name *where, presence *out, size_t most) {
    company *self = arg;
    size_t n = 0;
    pthread_mutex_lock(&self->lock);
    const crowd_spot *at = crowd_find_spot(&self->crowd, where);
    const crowd_guest *g = at ? TAILQ_FIRST(&at->guests) : NULL;
    for (; g && n < most; g = TAILQ_NEXT(g, in_spot)) {
        out[n] = (presence){ .name = g->name,
                             .naming = naming_of(&self->in->namer, &g->name, g->person) };
        memcpy(out[n++].person, g->person, sizeof g->person);
    }
    pthread_mutex_unlock(&self->lock);
    return n;
}

static int count_by_name(const void *a, const void *b) {
    return name_compare(a, b); // each begins with it
}

/* Lock held. */
static void add_counts(const struct crowd_spots *of, room_count *to, size_t *n) {
    const crowd_spot *at;
    TAILQ_FOREACH(at, of, link) {
        size_t others_n = crowd_others_n(at);
        if (others_n > 0) to[(*n)++] = (room_count){ at->name, others_n };
    }
}

static room_count *company_rooms(void *arg, size_t *n) {
    company *self = arg;
    *n = 0;
    pthread_mutex_lock(&self->lock);
    const crowd *all = &self->crowd;
    room_count *counts = calloc(all->here_n + all->elsewhere_n + 1, sizeof *counts);
    if (counts) {
        add_counts(&all->here, counts, n);
        add_counts(&all->elsewhere, counts, n);
    }
    pthread_mutex_unlock(&self->lock);
    if (counts) qsort(counts, *n, sizeof *counts, count_by_name);
    return counts;
}

/* ---- People elsewhere: what others tell ------------------------------------------------------ */

/* Lock held. The rooms' lists are others now, of which nobody is told: pages get new ones. */
static void set_people_n(company *self, crowd_share *of, uint64_t n) {
    if (of->n != n) self->has_changed = true;
    of->n = n;
}

static void clear_quietly(company *self, crowd_share *of) {
    if (crowd_clear_share(&self->crowd, of)) self->has_changed = true;
}

/* Lock held. The share lacks something. */
static void share_lacks(company *self, crowd_share *of) {
    of->is_whole = false;
    edo_notify_one(&self->due);
}

/* Lock held. Without memory nobody is told, and it returns NULL. */
static herald_news *add_news(company *self, const crowd_spot *at, notice_kind kind,
                             const char *person, const name *nick, const name *old) {
    herald_news *what = malloc(sizeof *what);
    if (!what) return NULL;
    *what = (herald_news){ .kind = kind, .where = at->name, .nick = *nick };
    if (old) what->old = *old;
    memcpy(what->person, person, sizeof what->person);
    STAILQ_INSERT_TAIL(&self->news, what, next);
    return what;
}

/* Lock held. Of somebody who comes or goes. */
static void add_move(company *self, const crowd_spot *at, notice_kind kind, const char *person,
                     const name *nick, bool is_quiet) {
    herald_news *what = add_news(self, at, kind, person, nick, NULL);
    if (what) what->is_quiet = is_quiet;
}

/* Somebody of another program, as the notice has it. */
typedef struct stranger {
    char person[PERSON_BYTES + 1];
    name nick;
    uint64_t since;
    bool is_quiet;
} stranger;

static stranger stranger_of(edo_str person, edo_str nick, uint64_t since) {
    stranger is = { .person = "", .since = since };
    memcpy(is.person, person.ptr, PERSON_BYTES); // as notice_read() has checked
    (void)name_read(&is.nick, nick);
    return is;
}

/* Lock held. Without room, or memory, the number of people is right all the same. */
static void stranger_comes(company *self, crowd_share *at, const stranger *who) {
    if (crowd_find_stay(at, who->person)) return;
    const crowd_stay *st = crowd_add_stay(&self->crowd, at, who->person, &who->nick, who->since);
    const crowd_guest *g = st ? st->who : NULL;
    bool is_news = g && g->seats_n == 0 && !SLIST_NEXT(st, in_guest);
    if (is_news) add_move(self, at->in, NOTICE_JOINED, g->person, &g->name, who->is_quiet);
}

/* Lock held. */
static void stranger_goes(company *self, crowd_share *at, const char *person, bool is_quiet) {
    crowd_stay *st = crowd_find_stay(at, person);
    if (!st) return;
    stranger who = { .nick = st->who->name };
    memcpy(who.person, st->who->person, sizeof who.person);
    bool is_news = crowd_end_stay(&self->crowd, st);
    if (is_news) add_move(self, at->in, NOTICE_LEFT, who.person, &who.nick, is_quiet);
}

/* Lock held. Before the roster of another program has come, its notices tell of those who leave.
 * One that may be at a third program has perhaps not left. */
static void unknown_one_goes(company *self, const crowd_share *at, const stranger *who) {
    const crowd_share *s;
    bool may_be_elsewhere = crowd_find_guest(at->in, who->person) != NULL;
    TAILQ_FOREACH(s, &at->in->shares, in_spot) {
        may_be_elsewhere |= s != at && !s->was_whole && s->n > 0;
    }
    if (!at->was_whole && !may_be_elsewhere)
        add_move(self, at->in, NOTICE_LEFT, who->person, &who->nick, who->is_quiet);
}

/* Lock held. One that was not known is from now on. */
static void stranger_is_renamed(company *self, crowd_share *at, const stranger *who,
                                const name *before) {
    const crowd_stay *st = crowd_find_stay(at, who->person);
    crowd_guest *g = st ? st->who : NULL;
    if (!g) {
        bool is_news = *before->text && !crowd_find_guest(at->in, who->person);
        st = crowd_add_stay(&self->crowd, at, who->person, &who->nick, who->since);
        self->has_changed |= st != NULL;
        if (st && is_news) add_news(self, at->in, NOTICE_RENAMED, who->person, &who->nick, before);
    } else if (g->seats_n == 0 && strcmp(g->name.text, who->nick.text) != 0) {
        name old = g->name;
        g->name = who->nick;
        add_news(self, at->in, NOTICE_RENAMED, g->person, &g->name, &old);
    }
}

/* Lock held. */
static void hear_move(company *self, crowd_share *at, const notice *what) {
    if (what->number <= at->known) return; // it comes again, or late
    if (what->after == 0) {
        clear_quietly(self, at);
        at->is_whole = at->was_whole = true;
    } else if (what->after != at->known) {
        share_lacks(self, at);
    }
    at->known = what->number;
    at->n = what->n;
    stranger who = stranger_of(what->person, what->nick, what->since);
    who.is_quiet = what->is_quiet;
    name old = { "" };
    if (what->old.ptr) (void)name_read(&old, what->old); // as notice_read() has checked
    if (what->kind == NOTICE_JOINED) stranger_comes(self, at, &who);
    if (what->kind == NOTICE_LEFT && crowd_find_stay(at, who.person)) {
        stranger_goes(self, at, who.person, who.is_quiet);
    } else if (what->kind == NOTICE_LEFT) {
        unknown_one_goes(self, at, &who);
    }
    if (what->kind == NOTICE_RENAMED) stranger_is_renamed(self, at, &who, &old);
    self->has_changed = true;
}

/* Lock held. Somebody who types is known to be there, once the roster has come. */
static void hear_typing(company *self, const crowd_share *at, const notice *what) {
    const stranger who = stranger_of(what->person, what->nick, 0);
    const crowd_stay *st = crowd_find_stay(at, who.person);
    const crowd_guest *g = crowd_find_guest(at->in, who.person);
    if (st && g->seats_n == 0) add_news(self, at->in, NOTICE_TYPING, who.person, &g->name, NULL);
    if (!g && !at->was_whole) add_news(self, at->in, NOTICE_TYPING, who.person, &who.nick, NULL);
}

/* Lock held. One that is older than a notice that has come is not used: it is asked for again. */
static void hear_roster(company *self, crowd_share *at, const notice *what) {
    if (what->number < at->known) return;
    uint64_t roster = ++at->in->rosters_n;
    for (size_t i = 0; i < what->people_n; i++) {
        const notice_person *p = &what->people[i];
        const stranger who = stranger_of(p->person, p->nick, p->since);
        crowd_stay *st = crowd_find_stay(at, who.person);
        if (!st) {
            st = crowd_add_stay(&self->crowd, at, who.person, &who.nick, who.since);
            self->has_changed |= st != NULL;
        }
        if (!st) continue;
        st->roster = roster;
        crowd_note_since(st, who.since);
        bool is_other = st->who->seats_n == 0 && strcmp(st->who->name.text, who.nick.text) != 0;
        if (is_other) st->who->name = who.nick;
        self->has_changed |= is_other;
    }
    for (crowd_stay *st = TAILQ_FIRST(&at->stays), *next; st; st = next) {
        next = TAILQ_NEXT(st, in_share);
        if (st->roster == roster) continue;
        (void)crowd_end_stay(&self->crowd, st);
        self->has_changed = true;
    }
    at->known = what->number;
    at->is_whole = at->was_whole = true;
    set_people_n(self, at, what->n);
}

/* Lock held. What is told of a room in which nobody is here is not used. */
static void hear_in_room(company *self, const notice *what) {
    name where;
    (void)room_name_parse(&where, what->room); // as notice_read() has checked
    crowd_spot *at = crowd_find_spot(&self->crowd, &where);
    if (!at || at->here_n == 0) return;
    if (what->kind == NOTICE_WHO) {
        at->is_asked = true;
        edo_notify_one(&self->due);
        return;
    }
    crowd_program *by = crowd_need_program(&self->crowd, what->by);
    crowd_share *s = by ? crowd_need_share(&self->crowd, at, by) : NULL;
    if (by) by->heard_ns = edo_now().ns;
    if (!s) return;
    if (what->kind == NOTICE_TYPING) {
        hear_typing(self, s, what);
    } else if (what->kind == NOTICE_ROSTER) {
        hear_roster(self, s, what);
    } else {
        hear_move(self, s, what);
    }
}

/* Lock held. Of a room with members here the list tells whether something was missed. */
static void hear_listed(company *self, crowd_program *by, const notice_room *of) {
    name where;
    (void)room_name_parse(&where, of->room); // likewise
    crowd_spot *at = crowd_need_spot(&self->crowd, &where);
    crowd_share *s = at ? crowd_need_share(&self->crowd, at, by) : NULL;
    if (s) {
        s->in_list = by->lists_n;
        if (at->here_n == 0 || of->number >= s->known) set_people_n(self, s, of->n);
        if (at->here_n > 0 && of->number > s->known) share_lacks(self, s);
    } else if (at) {
        crowd_settle(&self->crowd, at);
    }
}

/* Lock held. Nobody of the program is in rooms that are not in its list, unless they have come
 * since. */
static void hear_list(company *self, crowd_program *by, const notice *what) {
    if (what->number < by->listed) return;
    by->listed = what->number;
    by->lists_n++;
    for (size_t i = 0; i < what->rooms_n; i++) hear_listed(self, by, &what->rooms[i]);
    for (crowd_share *s = TAILQ_FIRST(&by->shares), *next; s && !what->is_cut; s = next) {
        next = TAILQ_NEXT(s, in_program);
        if (s->in_list == by->lists_n || s->known > what->number) continue;
        set_people_n(self, s, 0);
        clear_quietly(self, s);
        if (s->in->here_n == 0) crowd_end_share(&self->crowd, s);
    }
}

/* Lock held. All of its people leave their rooms. Rooms hear of it as of others who leave. */
static void program_goes(company *self, crowd_program *of, bool is_told) {
    crowd_share *s;
    TAILQ_FOREACH(s, &of->shares, in_program) {
        bool is_small = s->in->here_n + crowd_others_n(s->in) <= ROOM_TOLD_MAX;
        while (is_told && is_small && s->named_n > 0)
            stranger_goes(self, s, TAILQ_FIRST(&s->stays)->who->person, false);
        clear_quietly(self, s);
        set_people_n(self, s, 0);
    }
    crowd_end_program(&self->crowd, of);
}

/* Lock held. */
static void hear_of_program(company *self, const notice *what) {
    if (what->kind == NOTICE_WHO) {
        self->is_list_asked = true;
        edo_notify_one(&self->due);
        return;
    }
    bool is_end = what->kind == NOTICE_GONE;
    crowd_program *by = is_end ? crowd_find_program(&self->crowd, what->by)
                               : crowd_need_program(&self->crowd, what->by);
    if (!by) return;
    by->heard_ns = edo_now().ns;
    if (what->kind == NOTICE_LIST) hear_list(self, by, what);
    if (is_end) program_goes(self, by, true);
}

/* Lock held; it is given back. The rooms here are told. */
static void unlock_and_tell(company *self) {
    herald_list news = STAILQ_HEAD_INITIALIZER(news);
    STAILQ_CONCAT(&news, &self->news);
    bool has_changed = self->has_changed;
    self->has_changed = false;
    pthread_mutex_unlock(&self->lock);
    if (has_changed) atomic_fetch_add(&self->in->changes_n, 1);
    herald_tell(&self->herald, &news);
}

bool company_hear(company *self, edo_str text, edo_arena *of) {
    notice what;
    if (!notice_is(text)) return false;
    if (notice_read(text, of, &what) < 0) {
        edo_debug("what another node has published is no notice");
    } else if (what.by != self->program) {
        pthread_mutex_lock(&self->lock);
        if (what.room.ptr) {
            hear_in_room(self, &what);
        } else {
            hear_of_program(self, &what);
        }
        unlock_and_tell(self);
    }
    return true;
}

/* ---- What was missed ------------------------------------------------------------------------- */

void company_note_followed(company *self, const name *where) {
    pthread_mutex_lock(&self->lock);
    crowd_spot *at = crowd_find_spot(&self->crowd, where);
    if (at && at->here_n > 0) ask_anew(self, at);
    pthread_mutex_unlock(&self->lock);
}

void company_note_lost(company *self) {
    crowd_spot *at;
    pthread_mutex_lock(&self->lock);
    TAILQ_FOREACH(at, &self->crowd.here, link) ask_anew(self, at);
    self->is_to_ask = true;
    edo_notify_one(&self->due);
    pthread_mutex_unlock(&self->lock);
}

/* The others have not been silent, as nothing could be heard. */
void company_note_carried(company *self, bool is_carried) {
    crowd_spot *at;
    crowd_program *p;
    pthread_mutex_lock(&self->lock);
    if (is_carried != self->is_carried) {
        self->is_carried = is_carried;
        self->carried_ns = edo_now().ns;
        self->is_to_ask = self->is_list_asked = is_carried;
        edo_notify_one(&self->due);
        TAILQ_FOREACH(p, &self->crowd.programs, link) p->heard_ns = self->carried_ns;
        TAILQ_FOREACH(at, &self->crowd.here, link) ask_anew(self, at);
    }
    pthread_mutex_unlock(&self->lock);
}

/* ---- Again and again ------------------------------------------------------------------------- */

/* Lock held. */
static void let_silent_ones_go(company *self, int64_t now_ns) {
    crowd_program *next;
    bool are_forgotten = !self->is_carried && now_ns - self->carried_ns >= silence.ns;
    for (crowd_program *p = TAILQ_FIRST(&self->crowd.programs); p; p = next) {
        next = TAILQ_NEXT(p, link);
        bool is_silent = self->is_carried && now_ns - p->heard_ns >= silence.ns;
        if (is_silent || are_forgotten) program_goes(self, p, is_silent);
    }
}

/* Lock held. */
static void publish_list(company *self) {
    const crowd_spot *at;
    size_t most = self->crowd.here_n < NOTICE_ROOMS ? self->crowd.here_n : NOTICE_ROOMS, n = 0;
    notice_room *rooms = calloc(most + 1, sizeof *rooms);
    notice what = { .kind = NOTICE_LIST, .number = self->number, .rooms = rooms };
    if (!rooms) return;
    TAILQ_FOREACH(at, &self->crowd.here, link) {
        if (n < most) rooms[n++] = (notice_room){ edo_str_of(at->name.text), at->here_n, at->told };
    }
    what.rooms_n = n;
    what.is_cut = n < self->crowd.here_n;
    publish_notice(self, NULL, &what);
    free(rooms);
}

/* Lock held. */
static void publish_beat(company *self, int64_t now_ns) {
    bool is_early = self->is_list_new && self->crowd.here_n <= COMPANY_EARLY;
    bool is_list = self->is_list_asked || is_early || now_ns - self->listed_ns >= list_every.ns;
    notice beat = { .kind = NOTICE_BEAT }, who = { .kind = NOTICE_WHO };
    self->beat_ns = now_ns;
    if (is_list) {
        self->listed_ns = now_ns;
        self->is_list_new = self->is_list_asked = false;
        publish_list(self);
    } else {
        publish_notice(self, NULL, &beat);
    }
    if (self->is_to_ask) publish_notice(self, NULL, &who);
    self->is_to_ask = false;
}

/* Lock held. */
static void publish_roster(company *self, crowd_spot *at) {
    const crowd_guest *g;
    size_t most = at->here_n < NOTICE_PEOPLE ? at->here_n : NOTICE_PEOPLE, n = 0;
    notice_person *people = calloc(most + 1, sizeof *people);
    if (!people) return;
    TAILQ_FOREACH(g, &at->guests, in_spot) {
        if (g->seats_n > 0 && n < most)
            people[n++] =
                (notice_person){ edo_str_of(g->person), edo_str_of(g->name.text), g->seated };
    }
    notice what = {
        .kind = NOTICE_ROSTER, .number = at->told, .n = at->here_n, .people = people, .people_n = n
    };
    publish_notice(self, &at->name, &what);
    free(people);
}

/* Lock held. Whether what another program has there is not known. */
static bool spot_lacks(const crowd_spot *at) {
    const crowd_share *s;
    TAILQ_FOREACH(s, &at->shares, in_spot) {
        if (!s->is_whole && s->n > 0) return true;
    }
    return false;
}

/* Lock held. Questions in vain come more and more rarely. */
static void ask_in_spot(company *self, crowd_spot *at, int64_t now_ns) {
    notice who = { .kind = NOTICE_WHO };
    bool lacks = spot_lacks(at);
    if (at->is_to_ask || !lacks) at->asks_n = 0;
    bool is_due = lacks && now_ns - at->asked_ns >= second.ns << at->asks_n;
    if (!at->is_to_ask && !is_due) return;
    at->is_to_ask = false;
    at->asked_ns = now_ns;
    if (at->asks_n < COMPANY_ASKS_MAX) at->asks_n++;
    publish_notice(self, &at->name, &who);
}

/* Lock held. */
static void reply_in_spot(company *self, crowd_spot *at, int64_t now_ns) {
    if (!at->is_asked || now_ns - at->roster_ns < second.ns) return;
    at->is_asked = false;
    at->roster_ns = now_ns;
    publish_roster(self, at);
}

/* Lock held. While this program stood still nobody could be heard: that is no silence. */
static void note_standstill(company *self, int64_t now_ns) {
    int64_t still_ns = self->ticked_ns > 0 ? now_ns - self->ticked_ns : 0;
    crowd_program *p;
    self->ticked_ns = now_ns;
    if (still_ns < 3 * second.ns) return;
    TAILQ_FOREACH(p, &self->crowd.programs, link) p->heard_ns += still_ns;
}

void company_tick(company *self) {
    crowd_spot *at;
    pthread_mutex_lock(&self->lock);
    int64_t now_ns = edo_now().ns;
    note_standstill(self, now_ns);
    let_silent_ones_go(self, now_ns);
    if (self->is_carried && now_ns - self->beat_ns >= second.ns) publish_beat(self, now_ns);
    TAILQ_FOREACH(at, &self->crowd.here, link) {
        if (!self->is_carried) break;
        ask_in_spot(self, at, now_ns);
        reply_in_spot(self, at, now_ns);
    }
    unlock_and_tell(self);
}

int company_run(void *arg) {
    company *self = arg;
    int err = 0;
    while (err == 0) {
        company_tick(self);
        EDO_DEADLINE(d, second);
        err = edo_deadline_end(&d, edo_notify_wait(&self->due));
        if (err == 0) err = edo_sleep(fold);
        if (err == -ETIMEDOUT) err = 0;
    }
    return err;
}

/* ---- The whole ------------------------------------------------------------------------------- */

int company_open(company **out, directory *in, uint64_t program, const company_ways *by,
                 hearing_tellers *tellers) {
    company *self = calloc(1, sizeof *self);
    if (!self) return -ENOMEM;
    *self = (company){ .in = in, .by = *by, .program = program, .due = EDO_NOTIFY_INIT };
    self->ways = (room_presence){ .seated = company_seated,
                                  .renamed = company_renamed,
                                  .typing = company_typing,
                                  .has = company_has,
                                  .members_n = company_members_n,
                                  .members = company_members,
                                  .rooms = company_rooms,
                                  .arg = self };
    STAILQ_INIT(&self->news);
    crowd_init(&self->crowd);
    herald_init(&self->herald, in, tellers);
    pthread_mutex_init(&self->lock, NULL);
    directory_set_presence(in, &self->ways);
    *out = self;
    return 0;
}

void company_close(company *self) {
    if (!self) return;
    directory_set_presence(self->in, NULL);
    herald_deinit(&self->herald);
    crowd_deinit(&self->crowd);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

size_t company_unnamed_n(company *self) {
    const crowd_spot *at;
    size_t n = 0;
    pthread_mutex_lock(&self->lock);
    TAILQ_FOREACH(at, &self->crowd.here, link) n += crowd_unnamed_n(at);
    pthread_mutex_unlock(&self->lock);
    return n;
}

int company_print_end(const company *self, edo_buf *out) {
    notice what = { .kind = NOTICE_GONE, .by = self->program };
    return notice_print(out, &what);
}
