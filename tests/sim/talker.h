/* SPDX-License-Identifier: MIT */
/* sim/talker.h: a client of the chat's pages, as the book's chapter 27 wants one, and what it
 * checks of what it is told. It keeps its session, the number of the newest message that it has and
 * the life of the room, says again what is not confirmed, asks for what is missing, and comes back
 * for as long as it takes.
 *
 * The texts are "a3-7": what the fourth talker says as its eighth message. All talkers use the same
 * references.
 *
 * inv. 1: a message has one number, the same for all talkers, and so is there once; but while the
 *         store cannot be asked whether it has one, that may be said again, as one that is not
 *         stored, and never will be.
 * inv. 2: what a connection is told comes by number, each once, but for the reply to something that
 *         is said again.
 * inv. 3: nothing is told whose author has not said it.
 * A talker has ended well when it has seen all that was confirmed since it came first. */
#ifndef EDO_TESTS_TALKER_H
#define EDO_TESTS_TALKER_H

#include "inside.h"

#include <edo/error.h>
#include <edo/json.h>
#include <edo/runtime.h>
#include <edo/ws_client.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TALKERS_MAX     100
#define TALKER_SAYS_MAX 120
#define TALKER_GAPS_MAX 64

static const edo_duration talker_silence = EDO_S(5); /* then it asks, and after two comes anew */

/* A saying of its own. */
typedef struct talker_own {
    bool is_said, is_out, is_acked; /* is_out: on the way, by this connection */
    bool is_unstored;               /* as who heard of it last was told: it may be lost */
    uint64_t number;                /* by which all have it; 0: nobody yet */
    uint64_t lost;                  /* by which it was not stored; 0: none */
    edo_instant again;              /* not before */
} talker_own;

/* Between two numbers messages may be missing. */
typedef struct talker_gap {
    uint64_t after, before;
    bool is_out;       /* was asked for */
    edo_instant again; /* not before */
} talker_gap;

typedef struct talker {
    struct talk *of;
    int index;
    char session[32];
    uint64_t random;
    talker_own own[TALKER_SAYS_MAX];
    int said_n;
    edo_instant next; /* when it says the next one */

    // Of the room, over all connections.
    bool is_known;                               /* it has been welcomed */
    uint64_t first, life;                        /* as it was then */
    uint64_t newest, after;                      /* it has all of the room up to `after` */
    uint64_t seen[TALKERS_MAX][TALKER_SAYS_MAX]; /* numbers; 0: not yet */

    // Of this connection.
    edo_ws *ws;
    uint64_t told; /* inv. 2 */
    talker_gap gaps[TALKER_GAPS_MAX];
    int gaps_n;
    bool is_welcome, has_asked;
    edo_instant heard;
    int unanswered_n; /* hellos that were given up since it was last closed by 4001 */

    int visits_n, lost_n, gaps_all_n, repeats_n;
} talker;

/* What the talkers of a world have in common. */
typedef struct talk {
    const char *const *servers; /* their names */
    int servers_n, talkers_n, says_n;
    edo_duration pause_max; /* between two sayings of one talker */
    talker all[TALKERS_MAX];
} talk;

static inline uint64_t talker_random(uint64_t *state) {
    uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* Up to that long. */
static inline edo_duration talker_random_time(uint64_t *state, edo_duration most) {
    return edo_ns((int64_t)(talker_random(state) % (uint64_t)(most.ns + 1)));
}

/* ---- What it is told ------------------------------------------------------------------------- */

typedef struct talker_said {
    edo_str text, ref;
    uint64_t number;
    bool unstored;
} talker_said;
EDO_DESCRIBE(talker_said, EDO_FIELD(talker_said, text), EDO_FIELD(talker_said, number),
             EDO_FIELD(talker_said, ref, .optional = true),
             EDO_FIELD(talker_said, unstored, .optional = true))

typedef struct talker_state {
    edo_str room;
    uint64_t last, life;
} talker_state;
EDO_DESCRIBE(talker_state, EDO_FIELD(talker_state, room),
             EDO_FIELD(talker_state, last, .optional = true),
             EDO_FIELD(talker_state, life, .optional = true))

typedef struct talker_heard {
    edo_str type, text, ref, code, missing;
    uint64_t number, after, before;
    bool unstored, more;
    talker_state *rooms;
    talker_said *messages;
    uint64_t *numbers;
    size_t rooms_n, messages_n, numbers_n;
} talker_heard;
EDO_DESCRIBE(
    talker_heard, EDO_FIELD(talker_heard, type), EDO_FIELD(talker_heard, text, .optional = true),
    EDO_FIELD(talker_heard, ref, .optional = true), EDO_FIELD(talker_heard, code, .optional = true),
    EDO_FIELD(talker_heard, missing, .optional = true),
    EDO_FIELD(talker_heard, number, .optional = true),
    EDO_FIELD(talker_heard, after, .optional = true),
    EDO_FIELD(talker_heard, before, .optional = true),
    EDO_FIELD(talker_heard, unstored, .optional = true),
    EDO_FIELD(talker_heard, more, .optional = true),
    EDO_FIELD_LIST(talker_heard, numbers, numbers_n, .optional = true),
    EDO_FIELD_LIST_OF(talker_heard, rooms, rooms_n, talker_state_desc, .optional = true),
    EDO_FIELD_LIST_OF(talker_heard, messages, messages_n, talker_said_desc, .optional = true))

/* It has seen a message, by whichever way: inv. 1 and 3. */
static inline int talker_see(talker *self, const talker_said *m) {
    char text[32];
    int author, nth;
    (void)snprintf(text, sizeof text, "%.*s", (int)m->text.len, m->text.ptr);
    if (sscanf(text, "a%d-%d", &author, &nth) != 2 || author < 0 || nth < 0 ||
        author >= self->of->talkers_n || nth >= self->of->says_n)
        return edo_fail(-EPROTO, "%s is nobody's", text);
    talker_own *own = &self->of->all[author].own[nth];
    uint64_t *seen = &self->seen[author][nth];
    if (!own->is_said) return edo_fail(-EPROTO, "%s was not said yet", text);
    bool is_repeat = *seen != m->number && own->number != 0 && !own->is_unstored;
    if (is_repeat && m->unstored && m->number > own->number) return 0; // inv. 1
    if (own->number == 0 || (own->is_unstored && m->number > own->number)) {
        own->lost = own->number; // and was said again, if there was one
        own->number = m->number;
    }
    if (*seen != 0 && *seen == own->lost) *seen = 0;
    own->is_unstored = m->unstored;
    if (own->number != m->number || (*seen != 0 && *seen != m->number))
        return edo_fail(-EPROTO, "%s is there twice: as %" PRIu64 " and %" PRIu64, text,
                        own->number, m->number);
    *seen = m->number;
    return 0;
}

static inline void talker_move_on(talker *self) {
    self->after = self->newest;
    for (int i = 0; i < self->gaps_n; i++)
        if (self->gaps[i].after < self->after) self->after = self->gaps[i].after;
}

/* The saying of its own with that reference; NULL: none. */
static inline talker_own *talker_own_of(talker *self, edo_str ref) {
    char text[32];
    int nth;
    (void)snprintf(text, sizeof text, "%.*s", (int)ref.len, ref.ptr);
    if (sscanf(text, "r%d", &nth) != 1 || nth < 0 || nth >= self->said_n) return NULL;
    return &self->own[nth];
}

/* inv. 2 */
static inline int talker_on_message(talker *self, const talker_said *m) {
    talker_own *own = m->ref.len > 0 ? talker_own_of(self, m->ref) : NULL;
    if (m->ref.len > 0 && !own) return edo_fail(-EPROTO, "a reference that it has not used");
    if (m->number <= self->told) {
        if (!own)
            return edo_fail(-EPROTO, "%.*s comes as %" PRIu64 " behind %" PRIu64, (int)m->text.len,
                            m->text.ptr, m->number, self->told);
        self->repeats_n++;
    } else {
        self->told = m->number;
    }
    if (own) own->is_acked = true;
    if (m->number > self->newest) self->newest = m->number;
    talker_move_on(self);
    return talker_see(self, m);
}

static inline int talker_on_lagged(talker *self, const talker_heard *h) {
    uint64_t after = h->after > self->told ? h->after : self->told;
    if (self->gaps_n == TALKER_GAPS_MAX) return edo_fail(-EPROTO, "too many gaps");
    if (h->before <= h->after || h->before - 1 <= self->told)
        return edo_fail(-EPROTO, "a gap from %" PRIu64 " to %" PRIu64 " behind %" PRIu64, h->after,
                        h->before, self->told);
    self->gaps[self->gaps_n++] = (talker_gap){ .after = after, .before = h->before };
    self->gaps_all_n++;
    if (h->before - 1 > self->newest) self->newest = h->before - 1;
    talker_move_on(self);
    return 0;
}

static inline talker_gap *talker_gap_of(talker *self, edo_str ref) {
    char text[32];
    uint64_t after;
    (void)snprintf(text, sizeof text, "%.*s", (int)ref.len, ref.ptr);
    if (sscanf(text, "g%" SCNu64, &after) != 1) return NULL;
    for (int i = 0; i < self->gaps_n; i++)
        if (self->gaps[i].after == after) return &self->gaps[i];
    return NULL;
}

static inline int talker_on_history(talker *self, const talker_heard *h) {
    talker_gap *gap = talker_gap_of(self, h->ref);
    int err = 0;
    if (!gap) return edo_fail(-EPROTO, "a history that it has not asked for");
    if (edo_str_equal(h->missing, EDO_STR("damaged"))) return edo_fail(-EPROTO, "damage");
    uint64_t last = 0;
    for (size_t i = 0; i < h->messages_n && err == 0; i++) {
        const talker_said *m = &h->messages[i];
        if (m->number <= last || m->number >= gap->before)
            return edo_fail(-EPROTO, "a history that is not in order");
        last = m->number;
        err = talker_see(self, m);
    }
    gap->is_out = false;
    if (h->messages_n > 0 && h->missing.len == 0) gap->before = h->messages[0].number;
    if (h->missing.len > 0) gap->again = edo_instant_add(edo_now(), edo_s(1));
    if (h->missing.len > 0 || (h->more && gap->before > gap->after + 1)) return err; // once more
    *gap = self->gaps[--self->gaps_n];
    talker_move_on(self);
    return err;
}

/* Messages of these numbers are stored, or not. */
static inline int talker_on_marks(talker *self, const talker_heard *h, bool is_stored) {
    for (int who = 0; who < self->of->talkers_n; who++)
        for (int nth = 0; nth < self->of->says_n; nth++)
            for (size_t i = 0; i < h->numbers_n; i++)
                if (self->of->all[who].own[nth].number == h->numbers[i])
                    self->of->all[who].own[nth].is_unstored = !is_stored;
    return 0;
}

/* Has it seen something behind that number that was stored? */
static inline bool talker_has_stored(const talker *self, uint64_t after) {
    for (int who = 0; who < self->of->talkers_n; who++)
        for (int nth = 0; nth < self->of->says_n; nth++)
            if (self->seen[who][nth] > after && !self->of->all[who].own[nth].is_unstored)
                return true;
    return false;
}

static inline int talker_on_welcome(talker *self, const talker_heard *h) {
    if (self->is_welcome || h->rooms_n != 1) return edo_fail(-EPROTO, "an odd welcome");
    const talker_state *room = &h->rooms[0];
    if (self->is_known && room->life != self->life) return edo_fail(-EPROTO, "another life");
    bool is_alone = self->of->servers_n == 1; // else it may not have asked for what is new
    if (self->is_known && is_alone && room->last < self->after &&
        talker_has_stored(self, room->last))
        return edo_fail(-EPROTO,
                        "the room has lost what was seen of it: %" PRIu64 " after %" PRIu64,
                        room->last, self->after);
    if (!self->is_known) {
        self->first = self->newest = self->after = room->last;
        self->life = room->life;
    }
    self->is_known = self->is_welcome = true;
    self->unanswered_n--;
    return 0;
}

static inline int talker_on_error(talker *self, const talker_heard *h) {
    bool may_pass =
        edo_str_equal(h->code, EDO_STR("too_fast")) || edo_str_equal(h->code, EDO_STR("try_later"));
    if (!may_pass)
        return edo_fail(-EPROTO, "%.*s: %.*s", (int)h->code.len, h->code.ptr, (int)h->text.len,
                        h->text.ptr);
    talker_own *own = talker_own_of(self, h->ref);
    talker_gap *gap = talker_gap_of(self, h->ref);
    if (own) own->is_out = false;
    if (own) own->again = edo_instant_add(edo_now(), edo_s(1));
    if (gap) gap->is_out = false;
    if (gap) gap->again = edo_instant_add(edo_now(), edo_s(1));
    return 0;
}

static inline int talker_on_frame(talker *self, edo_str frame) {
    edo_arena memory = { 0 };
    talker_heard h = { .number = 0 };
    const edo_json_opts opts = { .arena = &memory };
    int err = edo_json_decode_with(&h, &talker_heard_desc, frame, &opts);
    const talker_said m = {
        .text = h.text, .ref = h.ref, .number = h.number, .unstored = h.unstored
    };
    if (err < 0) {
        err = edo_fail(-EPROTO, "%.*s", (int)frame.len, frame.ptr);
    } else if (edo_str_equal(h.type, EDO_STR("message"))) {
        err = talker_on_message(self, &m);
    } else if (edo_str_equal(h.type, EDO_STR("welcome"))) {
        err = talker_on_welcome(self, &h);
    } else if (edo_str_equal(h.type, EDO_STR("lagged"))) {
        err = talker_on_lagged(self, &h);
    } else if (edo_str_equal(h.type, EDO_STR("history"))) {
        err = talker_on_history(self, &h);
    } else if (edo_str_equal(h.type, EDO_STR("stored"))) {
        err = talker_on_marks(self, &h, true);
    } else if (edo_str_equal(h.type, EDO_STR("unstored"))) {
        err = talker_on_marks(self, &h, false);
    } else if (edo_str_equal(h.type, EDO_STR("error"))) {
        err = talker_on_error(self, &h);
    }
    edo_arena_deinit(&memory);
    return err;
}

/* ---- What it says ---------------------------------------------------------------------------- */

static inline int talker_say_hello(talker *self) {
    char text[256], seen[96] = "";
    if (self->is_known)
        (void)snprintf(seen, sizeof seen, ",\"after\":%" PRIu64 ",\"life\":%" PRIu64, self->after,
                       self->life);
    (void)snprintf(
        text, sizeof text,
        "{\"type\":\"hello\",\"session\":\"%s\",\"nick\":\"ann-%d\",\"rooms\":[{\"room\":"
        "\"tea\"%s}]}",
        self->session, self->index, seen);
    self->unanswered_n++;
    return edo_ws_send_text(self->ws, edo_str_of(text));
}

/* What is due. */
static inline int talker_say_what_is_due(talker *self) {
    char text[160];
    int err = 0;
    edo_instant now = edo_now();
    if (self->said_n < self->of->says_n && edo_instant_since(now, self->next).ns >= 0) {
        self->own[self->said_n++].is_said = true;
        self->next = edo_instant_add(now, talker_random_time(&self->random, self->of->pause_max));
    }
    for (int i = 0; i < self->said_n && err == 0; i++) {
        talker_own *own = &self->own[i];
        if (own->is_acked || own->is_out || edo_instant_since(now, own->again).ns < 0) continue;
        (void)snprintf(text, sizeof text,
                       "{\"type\":\"say\",\"room\":\"tea\",\"text\":\"a%d-%d\",\"ref\":\"r%d\"}",
                       self->index, i, i);
        own->is_out = true;
        err = edo_ws_send_text(self->ws, edo_str_of(text));
    }
    for (int i = 0; i < self->gaps_n && err == 0; i++) {
        talker_gap *gap = &self->gaps[i];
        if (gap->is_out || edo_instant_since(now, gap->again).ns < 0) continue;
        (void)snprintf(text, sizeof text,
                       "{\"type\":\"history\",\"room\":\"tea\",\"before\":%" PRIu64
                       ",\"limit\":200,\"ref\":\"g%" PRIu64 "\"}",
                       gap->before, gap->after);
        gap->is_out = true;
        err = edo_ws_send_text(self->ws, edo_str_of(text));
    }
    return err;
}

/* ---- Its life -------------------------------------------------------------------------------- */

/* Whether all is said and confirmed, and it has seen it. */
static inline bool talker_is_done(const talker *self) {
    const talk *all = self->of;
    for (int who = 0; who < all->talkers_n; who++) {
        for (int i = 0; i < all->says_n; i++) {
            const talker_own *own = &all->all[who].own[i];
            if (!own->is_acked) return false;
            if (own->number > self->first && self->seen[who][i] == 0 && !own->is_unstored)
                return false;
        }
    }
    return self->gaps_n == 0;
}

/* Waits for a frame for a second at most. */
static inline int talker_hear(talker *self) {
    edo_ws_message m;
    edo_instant begun = edo_now();
    EDO_DEADLINE(d, edo_s(1));
    int err = edo_deadline_end(&d, edo_ws_recv(self->ws, &m));
    edo_duration silent = edo_instant_since(edo_now(), self->heard);
    if (err == 0) {
        self->heard = edo_now();
        self->has_asked = false;
        return talker_on_frame(self, m.data);
    }
    if (err != -ETIMEDOUT || edo_instant_since(edo_now(), begun).ns < edo_s(1).ns) return err;
    edo_trail_clear();
    if (silent.ns >= 2 * talker_silence.ns) return -ETIMEDOUT;
    if (silent.ns < talker_silence.ns || self->has_asked || !self->is_welcome) return 0;
    self->has_asked = true;
    return edo_ws_send_text(self->ws, EDO_STR("{\"type\":\"rooms\"}"));
}

static inline int talker_converse(talker *self) {
    self->told = self->is_known ? self->after : 0;
    self->gaps_n = 0;
    self->newest = self->after;
    self->is_welcome = self->has_asked = false;
    self->heard = edo_now();
    for (int i = 0; i < self->said_n; i++) self->own[i].is_out = false;
    int err = talker_say_hello(self);
    while (err == 0 && !(self->is_welcome && talker_is_done(self))) {
        err = talker_hear(self);
        if (err == 0 && self->is_welcome) err = talker_say_what_is_due(self);
    }
    return err;
}

/* Whether it is to come back after a close. */
static inline bool talker_may_come_back(talker *self, uint16_t code) {
    if (code != 4001) return code == 1001 || code == 1006 || code == 1011 || code == 4002;
    bool may = self->unanswered_n > 0; // one of these was answered just now
    self->unanswered_n = 0;
    return may;
}

/* Whether it is to come back after that. */
static inline bool talker_has_lost(talker *self, int err, uint16_t code) {
    switch (err) {
    case -EDO_ECLOSED: return talker_may_come_back(self, code);
    case -ECONNREFUSED:
    case -ECONNRESET:
    case -EDO_EEOF:
    case -EHOSTUNREACH:
    case -EPIPE:
    case -ETIMEDOUT: return true;
    default: return false;
    }
}

/* One connection. Returns 0 also after a loss. */
static inline int talker_visit(talker *self) {
    char url[64];
    uint64_t at = talker_random(&self->random) % (uint64_t)self->of->servers_n;
    edo_ws_refusal refusal = { .status = 0 };
    const edo_ws_client_opts opts = { .timeout = edo_s(5), .refusal = &refusal };
    (void)snprintf(url, sizeof url, "ws://%s/ws", self->of->servers[at]);
    self->visits_n++;
    int err = edo_ws_connect(&self->ws, edo_str_of(url), &opts);
    uint16_t code = 0;
    if (err == 0) {
        err = talker_converse(self);
        code = err < 0 ? edo_ws_close_code(self->ws) : 0;
        (void)edo_ws_end(self->ws, err); // which takes each close for a good end
        self->ws = NULL;
    }
    const int status = (int)refusal.status;
    edo_ws_refusal_deinit(&refusal);
    if (status == EDO_STATUS_SERVICE_UNAVAILABLE) err = -ECONNREFUSED; // it ends just now
    if (err == 0) return 0;
    if (!talker_has_lost(self, err, code))
        return edo_fail(err, "talker %d, closed with %d, refused with %d", self->index, code,
                        status);
    self->lost_n++;
    edo_trail_clear();
    return 0;
}

/* `arg` is a talker; the program of a client. */
static inline int talker_run(void *arg) {
    talker *self = arg;
    int err = 0;
    self->next = edo_instant_add(edo_now(), talker_random_time(&self->random, self->of->pause_max));
    for (int tries = 0; err == 0 && !(self->is_known && talker_is_done(self)); tries++) {
        int64_t most_s = tries < 3 ? 1 << tries : 8;
        if (tries > 0) err = edo_sleep(talker_random_time(&self->random, edo_s(most_s)));
        if (err == 0) err = talker_visit(self);
        if (self->is_welcome) tries = 0;
    }
    return err;
}

/* What it still waits for. */
static inline void talker_tell(const talker *self) {
    const talk *all = self->of;
    for (int who = 0; who < all->talkers_n; who++)
        for (int i = 0; i < all->says_n; i++) {
            const talker_own *own = &all->all[who].own[i];
            if (!own->is_acked)
                (void)fprintf(stderr, "    talker %d: a%d-%d is not confirmed\n", self->index, who,
                              i);
            else if (own->number > self->first && self->seen[who][i] == 0 && !own->is_unstored)
                (void)fprintf(stderr, "    talker %d: a%d-%d, %" PRIu64 ", was not seen\n",
                              self->index, who, i, own->number);
        }
    for (int i = 0; i < self->gaps_n; i++)
        (void)fprintf(stderr, "    talker %d: nothing between %" PRIu64 " and %" PRIu64 "\n",
                      self->index, self->gaps[i].after, self->gaps[i].before);
}

static inline void talker_init(talker *self, talk *of, int index, uint64_t seed) {
    *self = (talker){ .of = of, .index = index, .random = seed * 1000 + (uint64_t)index };
    (void)snprintf(self->session, sizeof self->session, "session-of-a-talker-0%d", index);
}

#endif
