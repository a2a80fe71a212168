/* SPDX-License-Identifier: MIT */
/* stores/memory.h: a store that ends with the program: to which numbers are given, or which gives
 * them.
 *
 * inv. 1: each message is in the list of its room, by number, and in the list of all, by arrival.
 * inv. 2: a room without messages is in no list and does not exist.
 *
 * Rooms and references are looked for one after the other: what it keeps is bounded. */
#ifndef CHAT_TESTS_MEMORY_H
#define CHAT_TESTS_MEMORY_H

#include "store/store.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#define MEMORY_GAP      1000 /* numbers */
#define MEMORY_NAMES    16
#define MEMORY_PEOPLE   128
#define MEMORY_PROGRAMS 32

/* A message. */
typedef struct memory_kept {
    TAILQ_ENTRY(memory_kept) in_room, in_all;
    struct kept_room *home;
    saying message;
    char texts[]; /* the text, then the reference */
} memory_kept;

typedef struct kept_room {
    name name;
    int64_t made_ms;
    store_gap gap;
    TAILQ_ENTRY(kept_room) place;
    TAILQ_HEAD(kept_list, memory_kept) messages; /* by number */
} kept_room;

/* A name of people of several programs, as a row of chat_name is. */
typedef struct memory_name {
    name name;
    char person[STORE_PERSON_BYTES + 1];
    char address[EDO_ADDR_KEY_BYTES];
    int64_t until_ms; /* 0 and STORE_NAME_IS_USED: the person is at a program */
} memory_name;

typedef struct memory_person {
    char person[STORE_PERSON_BYTES + 1];
    uint64_t program;
    int64_t since_ms;
} memory_person;

typedef struct memory_program {
    uint64_t program;
    int64_t lease_ms, since_ms;
} memory_program;

typedef struct memory_store {
    store base;           /* first */
    pthread_mutex_t lock; /* held for no wait */
    size_t messages_max;  /* const; 0: no bound */
    size_t n;
    int64_t clock_ms;              /* of a store that gives the numbers */
    struct kept_list all;          /* by arrival */
    TAILQ_HEAD(, kept_room) rooms; /* by name */
    store_name names[MEMORY_NAMES];
    size_t names_n;
    int64_t people_ms; /* the clock of people; a test moves it */
    uint64_t last_program;
    memory_name people_names[MEMORY_PEOPLE];
    size_t people_names_n;
    memory_person people[MEMORY_PEOPLE];
    size_t people_n;
    memory_program programs[MEMORY_PROGRAMS];
    size_t programs_n;
} memory_store;

/* ---- Rooms ----------------------------------------------------------------------------------- */

static kept_room *find_room(memory_store *self, const name *of) {
    kept_room *r;
    TAILQ_FOREACH(r, &self->rooms, place) {
        if (strcasecmp(r->name.text, of->text) == 0) return r;
    }
    return NULL;
}

static kept_room *memory_add_room(memory_store *self, const name *of) {
    kept_room *added = malloc(sizeof *added), *r;
    if (!added) return NULL;
    added->name = *of;
    added->made_ms = ++self->clock_ms;
    added->gap = (store_gap){ 0 };
    TAILQ_INIT(&added->messages);
    TAILQ_FOREACH(r, &self->rooms, place) {
        if (strcasecmp(r->name.text, of->text) > 0) break;
    }
    if (r) {
        TAILQ_INSERT_BEFORE(r, added, place);
    } else {
        TAILQ_INSERT_TAIL(&self->rooms, added, place);
    }
    return added;
}

/* ---- Messages -------------------------------------------------------------------------------- */

static void memory_forget(memory_store *self, memory_kept *k) {
    kept_room *home = k->home;
    TAILQ_REMOVE(&self->all, k, in_all);
    TAILQ_REMOVE(&home->messages, k, in_room);
    self->n--;
    free(k);
    if (!TAILQ_EMPTY(&home->messages)) return;
    TAILQ_REMOVE(&self->rooms, home, place); // inv. 2
    free(home);
}

static void forget_newest(memory_store *self, size_t n) {
    for (memory_kept *k = TAILQ_LAST(&self->all, kept_list), *older; n > 0; n--, k = older) {
        older = TAILQ_PREV(k, kept_list, in_all);
        memory_forget(self, k);
    }
}

static void forget_oldest(memory_store *self, size_t n) {
    for (memory_kept *k = TAILQ_FIRST(&self->all), *newer; n > 0; n--, k = newer) {
        newer = TAILQ_NEXT(k, in_all);
        memory_forget(self, k);
    }
}

static memory_kept *copy(const saying *m) {
    memory_kept *k = malloc(sizeof *k + m->text.len + m->ref.len);
    if (!k) return NULL;
    k->message = *m;
    k->message.from = 0; // a store does not keep it
    k->message.text.ptr = k->texts;
    k->message.ref.ptr = k->texts + m->text.len;
    if (m->text.len > 0) memcpy(k->texts, m->text.ptr, m->text.len);
    if (m->ref.len > 0) memcpy(k->texts + m->text.len, m->ref.ptr, m->ref.len);
    return k;
}

static int add(memory_store *self, const saying *m) {
    kept_room *home = find_room(self, &m->room);
    memory_kept *older = home ? TAILQ_LAST(&home->messages, kept_list) : NULL;
    while (older && older->message.number > m->number)
        older = TAILQ_PREV(older, kept_list, in_room);
    if (older && older->message.number == m->number) return -EEXIST;
    memory_kept *k = copy(m);
    if (k && !home) home = memory_add_room(self, &m->room);
    if (!k || !home) {
        free(k);
        return -ENOMEM;
    }
    k->home = home;
    if (older) {
        TAILQ_INSERT_AFTER(&home->messages, older, k, in_room);
    } else {
        TAILQ_INSERT_HEAD(&home->messages, k, in_room);
    }
    TAILQ_INSERT_TAIL(&self->all, k, in_all);
    self->n++;
    return 0;
}

static int memory_append(store *base, const saying *batch, size_t n) {
    memory_store *self = (memory_store *)base;
    int err = 0;
    size_t added = 0;
    pthread_mutex_lock(&self->lock);
    while (added < n && (err = add(self, &batch[added])) == 0) added++;
    if (err < 0) forget_newest(self, added);
    if (self->messages_max > 0 && self->n > self->messages_max)
        forget_oldest(self, self->n - self->messages_max);
    pthread_mutex_unlock(&self->lock);
    return err;
}

/* As of a store_room. */
static uint64_t memory_last(const kept_room *of) {
    uint64_t last = TAILQ_LAST(&of->messages, kept_list)->message.number;
    return last > of->gap.to ? last : of->gap.to;
}

static bool is_same_said(const memory_kept *k, const saying *m) {
    if (m->ref.len > 0) return edo_str_equal(k->message.ref, m->ref);
    return m->serial > 0 && k->message.ref.len == 0 && k->message.serial == m->serial;
}

/* Lock held. Gives the message its place, and keeps it if it is not there. */
static int memory_place(memory_store *self, const saying *m, place *out) {
    const memory_kept *k = TAILQ_LAST(&self->all, kept_list);
    while (k && !is_same_said(k, m)) k = TAILQ_PREV(k, kept_list, in_all);
    if (k) {
        bool is_here = name_equal(&k->message.room, &m->room);
        *out = (place){ is_here ? k->message.number : 0, k->message.time_ms, true };
        return 0;
    }
    const kept_room *home = find_room(self, &m->room);
    saying placed = *m;
    placed.number = home ? memory_last(home) + 1 : 1;
    placed.time_ms = ++self->clock_ms;
    *out = (place){ placed.number, placed.time_ms, false };
    return add(self, &placed);
}

static int memory_number_all(store *base, const saying *batch, size_t n, place *places) {
    memory_store *self = (memory_store *)base;
    int err = 0;
    pthread_mutex_lock(&self->lock);
    size_t had_n = self->n;
    for (size_t i = 0; i < n && err == 0; i++) err = memory_place(self, &batch[i], &places[i]);
    if (err < 0) forget_newest(self, self->n - had_n);
    pthread_mutex_unlock(&self->lock);
    return err;
}

/* Lock held. */
static int gather(memory_store *self, gathering *g, const name *of, uint64_t after, uint64_t before,
                  size_t limit) {
    kept_room *home = find_room(self, of);
    const memory_kept *k = home ? TAILQ_LAST(&home->messages, kept_list) : NULL;
    int err = 0;
    if (home) g->gap = home->gap;
    for (; k && k->message.number > after && g->n <= limit && err == 0;
         k = TAILQ_PREV(k, kept_list, in_room)) {
        if (k->message.number < before) err = gathering_add(g, &k->message);
    }
    return err;
}

static int memory_page(store *base, const name *of, uint64_t after, uint64_t before, size_t limit,
                       store_found **out) {
    memory_store *self = (memory_store *)base;
    gathering g = { 0 };
    pthread_mutex_lock(&self->lock);
    int err = gather(self, &g, of, after, before, limit);
    pthread_mutex_unlock(&self->lock);
    if (err == 0) return gathering_end(&g, limit, out);
    gathering_drop(&g);
    return err;
}

static bool has_ref(const memory_kept *k, const char *ref, size_t bytes) {
    return k->message.ref.len == bytes && memcmp(k->message.ref.ptr, ref, bytes) == 0;
}

static int memory_find(store *base, edo_str ref, store_found **out) {
    memory_store *self = (memory_store *)base;
    gathering g = { 0 };
    int err = 0;
    pthread_mutex_lock(&self->lock);
    const memory_kept *k = ref.len > 0 ? TAILQ_LAST(&self->all, kept_list) : NULL;
    while (k && !has_ref(k, ref.ptr, ref.len)) k = TAILQ_PREV(k, kept_list, in_all);
    if (k) err = gathering_add(&g, &k->message);
    pthread_mutex_unlock(&self->lock);
    if (err == 0) return gathering_end(&g, 1, out);
    gathering_drop(&g);
    return err;
}

static int memory_rooms(store *base, store_room **out, size_t *n) {
    memory_store *self = (memory_store *)base;
    size_t rooms_n = 0;
    const kept_room *r;
    pthread_mutex_lock(&self->lock);
    TAILQ_FOREACH(r, &self->rooms, place) rooms_n++;
    store_room *rooms = calloc(rooms_n + 1, sizeof *rooms);
    if (rooms) {
        *n = 0;
        TAILQ_FOREACH(r, &self->rooms, place) {
            rooms[(*n)++] = (store_room){ .name = r->name, .last = memory_last(r), .gap = r->gap };
        }
    }
    pthread_mutex_unlock(&self->lock);
    if (!rooms) return -ENOMEM;
    *out = rooms;
    return 0;
}

/* ---- What is new ----------------------------------------------------------------------------- */

/* Lock held. The messages of a room that are new, `*left` at most, into `to`, oldest first. */
static void memory_add_new(memory_store *self, const store_asked *of, store_new *out,
                           const saying **to, size_t *left) {
    const kept_room *home = find_room(self, &of->room);
    const memory_kept *k = home ? TAILQ_FIRST(&home->messages) : NULL;
    *out = (store_new){ .until = of->after, .last = of->after };
    for (; k && *left > 0 && out->n < STORE_NEWS_OF_ROOM; k = TAILQ_NEXT(k, in_room)) {
        if (k->message.number <= of->after) continue;
        to[out->n++] = &k->message;
        out->until = k->message.number;
        --*left;
    }
    if (!home || memory_last(home) <= of->after) return;
    out->last = memory_last(home);
    out->gap = home->gap;
    if (out->n == 0) out->until = out->last;
}

/* A gathering takes the newest first. */
static int memory_news(store *base, const store_asked *of, size_t n, store_new *out, size_t *done_n,
                       store_found **found) {
    memory_store *self = (memory_store *)base;
    const saying **all = calloc(STORE_NEWS, sizeof *all);
    size_t left = STORE_NEWS;
    int err = all ? 0 : -ENOMEM;
    gathering g = { 0 };
    pthread_mutex_lock(&self->lock);
    for (*done_n = 0; all && *done_n < n && left > 0; ++*done_n)
        memory_add_new(self, &of[*done_n], &out[*done_n], all + STORE_NEWS - left, &left);
    for (size_t i = STORE_NEWS - left; all && i > 0 && err == 0; i--)
        err = gathering_add(&g, all[i - 1]);
    pthread_mutex_unlock(&self->lock);
    free(all);
    if (err == 0) return gathering_end(&g, STORE_NEWS, found);
    gathering_drop(&g);
    return err;
}

static int memory_made(store *base, int64_t after_ms, store_made **out, size_t *n) {
    memory_store *self = (memory_store *)base;
    const kept_room *r;
    store_made *all = calloc(STORE_MADE, sizeof *all);
    if (!all) return -ENOMEM;
    *n = 0;
    pthread_mutex_lock(&self->lock);
    if (after_ms > self->clock_ms) after_ms = 0;
    TAILQ_FOREACH(r, &self->rooms, place) {
        if (r->made_ms <= after_ms || *n == STORE_MADE) continue;
        size_t at = (*n)++;
        for (; at > 0 && all[at - 1].made_ms > r->made_ms; at--) all[at] = all[at - 1];
        all[at] = (store_made){ r->name, r->made_ms, self->clock_ms };
    }
    pthread_mutex_unlock(&self->lock);
    *out = all;
    return 0;
}

/* The newest `n` messages of the room, which has more, are lost, and its numbers go on far behind
 * all that were given: as of a server whose place a standby takes. */
static inline void memory_lose(store *base, const name *of, size_t n) {
    memory_store *self = (memory_store *)base;
    pthread_mutex_lock(&self->lock);
    kept_room *home = find_room(self, of);
    for (uint64_t last = memory_last(home); n > 0; n--) {
        memory_forget(self, TAILQ_LAST(&home->messages, kept_list));
        home->gap = (store_gap){ TAILQ_LAST(&home->messages, kept_list)->message.number,
                                 last + MEMORY_GAP };
    }
    pthread_mutex_unlock(&self->lock);
}

/* ---- Names ----------------------------------------------------------------------------------- */

/* Lock held. Puts a name where its time ends in order, unless it is free. */
static int keep_name(memory_store *self, const store_name *what) {
    size_t at = 0;
    for (size_t i = 0; i < self->names_n; i++)
        if (!name_equal(&self->names[i].name, &what->name)) self->names[at++] = self->names[i];
    self->names_n = at;
    if (what->until_ms == STORE_NAME_IS_FREE) return 0;
    if (self->names_n == MEMORY_NAMES) return -ENOMEM;
    while (at > 0 && self->names[at - 1].until_ms > what->until_ms) {
        self->names[at] = self->names[at - 1];
        at--;
    }
    self->names[at] = *what;
    self->names_n++;
    return 0;
}

static int memory_keep(store *base, const store_name *batch, size_t n) {
    memory_store *self = (memory_store *)base;
    int err = 0;
    pthread_mutex_lock(&self->lock);
    for (size_t i = 0; i < n && err == 0; i++) err = keep_name(self, &batch[i]);
    pthread_mutex_unlock(&self->lock);
    return err;
}

static int memory_names(store *base, store_name **out, size_t *n) {
    memory_store *self = (memory_store *)base;
    store_name *names = calloc(MEMORY_NAMES, sizeof *names);
    if (!names) return -ENOMEM;
    pthread_mutex_lock(&self->lock);
    memcpy(names, self->names, self->names_n * sizeof *names);
    *n = self->names_n;
    pthread_mutex_unlock(&self->lock);
    *out = names;
    return 0;
}

/* ---- People ---------------------------------------------------------------------------------- */

static bool memory_is_held(const memory_name *n) {
    return n->until_ms == 0 || n->until_ms == STORE_NAME_IS_USED;
}

static memory_person *memory_person_of(memory_store *self, const char *person) {
    for (size_t i = 0; i < self->people_n; i++)
        if (strcmp(self->people[i].person, person) == 0) return &self->people[i];
    return NULL;
}

static memory_name *memory_name_of(memory_store *self, const name *of) {
    for (size_t i = 0; i < self->people_names_n; i++)
        if (name_equal(&self->people_names[i].name, of)) return &self->people_names[i];
    return NULL;
}

/* The name that the person has at a program. */
static memory_name *memory_held_by(memory_store *self, const char *person, const name *but) {
    for (size_t i = 0; i < self->people_names_n; i++) {
        memory_name *n = &self->people_names[i];
        bool is_one = strcmp(n->person, person) == 0 && memory_is_held(n);
        if (is_one && !(but && name_equal(&n->name, but))) return n;
    }
    return NULL;
}

static void memory_free_name(memory_store *self, memory_name *n) {
    *n = self->people_names[--self->people_names_n];
}

/* The person is gone; what it has spoken under is kept up to that time. */
static void memory_let_go(memory_store *self, memory_person *p, int64_t until_ms) {
    memory_name *held = memory_held_by(self, p->person, NULL);
    if (held && held->until_ms == 0) {
        memory_free_name(self, held);
    } else if (held) {
        held->until_ms = until_ms;
    }
    *p = self->people[--self->people_n];
}

static void memory_drop_surplus(memory_store *self, const char *address) {
    for (;;) {
        memory_name *oldest = NULL;
        size_t n = 0;
        for (size_t i = 0; i < self->people_names_n; i++) {
            memory_name *one = &self->people_names[i];
            if (memory_is_held(one) || memcmp(one->address, address, EDO_ADDR_KEY_BYTES) != 0)
                continue;
            n++;
            if (!oldest || one->until_ms < oldest->until_ms) oldest = one;
        }
        if (n <= STORE_KEPT_OF_ADDRESS) return;
        memory_free_name(self, oldest);
    }
}

/* Returns false if somebody else has it. */
static bool memory_give(memory_store *self, store_move *m) {
    memory_name *n = memory_name_of(self, &m->name);
    bool is_own = n && strcmp(n->person, m->person) == 0;
    bool is_over = n && !memory_is_held(n) && n->until_ms <= self->people_ms;
    if ((n && !is_own && !is_over) || (!is_own && m->is_own_only)) return false;
    m->has_spoken |= is_own && n->until_ms > self->people_ms;
    if (!n) n = &self->people_names[self->people_names_n++];
    *n = (memory_name){ .name = m->name, .until_ms = m->has_spoken ? STORE_NAME_IS_USED : 0 };
    memcpy(n->person, m->person, sizeof n->person);
    memcpy(n->address, m->address, sizeof n->address);
    memory_name *other = memory_held_by(self, m->person, &m->name);
    if (other) memory_free_name(self, other);
    return true;
}

static bool memory_gets_name(memory_store *self, store_move *m) {
    const memory_name *held = memory_held_by(self, m->person, NULL);
    if (*m->name.text) return memory_give(self, m);
    if (!held || m->deed != STORE_ARRIVES) return false;
    m->name = held->name;
    m->has_spoken = held->until_ms == STORE_NAME_IS_USED;
    return true;
}

/* Lock held. A program may tell late that somebody has come: who has gone on since stays there. */
static void memory_arrive(memory_store *self, memory_person *p, uint64_t program,
                          const store_move *m) {
    int64_t age_ms = m->at.ns > 0 ? edo_instant_since(edo_now(), m->at).ns / 1000000 : 0;
    int64_t since_ms = self->people_ms - age_ms;
    if (since_ms < p->since_ms) return;
    p->since_ms = since_ms;
    p->program = program;
}

static void memory_do(memory_store *self, const store_terms *terms, uint64_t program,
                      store_move *m) {
    memory_person *p = memory_person_of(self, m->person);
    memory_name *n = memory_name_of(self, &m->name);
    if (!p && m->deed <= STORE_RENAMES) {
        p = &self->people[self->people_n++];
        *p = (memory_person){ .program = program };
        memcpy(p->person, m->person, sizeof p->person);
    }
    if (p && m->deed == STORE_ARRIVES) memory_arrive(self, p, program, m);
    m->is = p && p->program == program ? STORE_HAS_NAME : STORE_IS_ELSEWHERE;
    if (m->is != STORE_HAS_NAME) return;
    if (m->deed == STORE_DEPARTS) {
        memory_let_go(self, p, self->people_ms + terms->keep_ms);
        memory_drop_surplus(self, m->address);
    } else if (m->deed == STORE_SPEAKS) {
        if (n && strcmp(n->person, m->person) == 0) n->until_ms = STORE_NAME_IS_USED;
    } else if (!memory_gets_name(self, m)) {
        m->is = STORE_NAME_TAKEN;
    }
}

static int memory_move(store *base, const store_terms *terms, uint64_t program, store_move *batch,
                       size_t n) {
    memory_store *self = (memory_store *)base;
    pthread_mutex_lock(&self->lock);
    bool has_room =
        self->people_n + n <= MEMORY_PEOPLE && self->people_names_n + n <= MEMORY_PEOPLE;
    for (size_t i = 0; has_room && i < n; i++) memory_do(self, terms, program, &batch[i]);
    pthread_mutex_unlock(&self->lock);
    return has_room ? 0 : -ENOSPC;
}

static int memory_where(store *base, uint64_t program, store_move *of, size_t n) {
    memory_store *self = (memory_store *)base;
    pthread_mutex_lock(&self->lock);
    for (size_t i = 0; i < n; i++) {
        const memory_person *p = memory_person_of(self, of[i].person);
        const memory_name *has = memory_name_of(self, &of[i].name);
        bool is_own = has && strcmp(has->person, of[i].person) == 0;
        bool is_taken = has && !is_own && (memory_is_held(has) || has->until_ms > self->people_ms);
        of[i].is = p && p->program != program ? STORE_IS_ELSEWHERE
                   : is_taken                 ? STORE_NAME_TAKEN
                   : p && is_own              ? STORE_HAS_NAME
                                              : STORE_IS_UNKNOWN;
    }
    pthread_mutex_unlock(&self->lock);
    return 0;
}

static int memory_limit(store *base, const store_terms *terms, uint64_t program,
                        const store_move *who, size_t n) {
    memory_store *self = (memory_store *)base;
    pthread_mutex_lock(&self->lock);
    for (size_t i = self->people_n; i > 0; i--) {
        memory_person *p = &self->people[i - 1];
        size_t at = 0;
        while (at < n && strcmp(who[at].person, p->person) != 0) at++;
        if (p->program == program && at == n)
            memory_let_go(self, p, self->people_ms + terms->keep_ms);
    }
    pthread_mutex_unlock(&self->lock);
    return 0;
}

static int memory_find_person(store *base, store_person *of) {
    memory_store *self = (memory_store *)base;
    pthread_mutex_lock(&self->lock);
    bool is_named = *of->person == '\0';
    const memory_name *has =
        is_named ? memory_name_of(self, &of->name) : memory_held_by(self, of->person, NULL);
    bool is_over = has && !memory_is_held(has) && has->until_ms <= self->people_ms;
    if (is_named && has && !is_over) memcpy(of->person, has->person, sizeof of->person);
    const memory_person *p = memory_person_of(self, of->person);
    bool is_found = is_named ? has && !is_over : p != NULL;
    of->program = p ? p->program : 0;
    of->name = has ? has->name : (name){ "" };
    pthread_mutex_unlock(&self->lock);
    return is_found ? 0 : -ENOENT;
}

/* Lock held. The program's row; a new one if it has none. */
static memory_program *memory_program_of(memory_store *self, uint64_t number) {
    for (size_t i = 0; i < self->programs_n; i++)
        if (self->programs[i].program == number) return &self->programs[i];
    memory_program *is = &self->programs[self->programs_n++];
    *is = (memory_program){ .program = number };
    return is;
}

static void memory_end_lease(memory_store *self, const store_terms *terms, memory_program *ended) {
    for (size_t i = self->people_n; i > 0; i--) {
        memory_person *p = &self->people[i - 1];
        if (p->program == ended->program) memory_let_go(self, p, ended->lease_ms + terms->keep_ms);
    }
    *ended = self->programs[--self->programs_n];
}

static int memory_renew(store *base, const store_terms *terms, uint64_t *program) {
    memory_store *self = (memory_store *)base;
    pthread_mutex_lock(&self->lock);
    int64_t now_ms = self->people_ms;
    if (*program == 0) *program = ++self->last_program;
    bool has_room = self->programs_n < MEMORY_PROGRAMS;
    memory_program *is = has_room ? memory_program_of(self, *program) : NULL;
    if (is && is->lease_ms <= now_ms) is->since_ms = now_ms;
    if (is) is->lease_ms = now_ms + terms->lease_ms;
    bool may_end = is && is->since_ms + terms->lease_ms <= now_ms;
    for (size_t i = self->programs_n; i > 0 && may_end; i--) {
        memory_program *other = &self->programs[i - 1];
        if (other->program != *program && other->lease_ms <= now_ms)
            memory_end_lease(self, terms, other);
    }
    pthread_mutex_unlock(&self->lock);
    return has_room ? 0 : -ENOSPC;
}

/* ---- The store ------------------------------------------------------------------------------- */

static int memory_sync(store *base) {
    (void)base;
    return 0;
}

static int memory_check(store *base) {
    (void)base;
    return 0;
}

static void memory_damage(store *base, char *out, size_t bytes) {
    (void)base, (void)bytes;
    *out = '\0';
}

static void memory_free(store *base) {
    memory_store *self = (memory_store *)base;
    forget_oldest(self, self->n);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

#define MEMORY_OPS                                                                                 \
    .page = memory_page, .find = memory_find, .rooms = memory_rooms, .keep = memory_keep,          \
    .names = memory_names, .sync = memory_sync, .check = memory_check, .damage = memory_damage,    \
    .free = memory_free

static const store_ops memory_ops = { .append = memory_append, MEMORY_OPS };
static const store_ops memory_ops_that_number = {
    .order = memory_number_all, .news = memory_news, .made = memory_made, MEMORY_OPS
};
static const store_ops memory_ops_that_share = { .order = memory_number_all,
                                                 .news = memory_news,
                                                 .made = memory_made,
                                                 .renew = memory_renew,
                                                 .move = memory_move,
                                                 .where = memory_where,
                                                 .find_person = memory_find_person,
                                                 .limit = memory_limit,
                                                 MEMORY_OPS };

/* One of either way. It forgets the oldest messages of all rooms beyond `messages_max`; 0: it keeps
 * everything. Errors: -ENOMEM. */
static int memory_new(store **out, const store_ops *ops, size_t messages_max) {
    memory_store *self = calloc(1, sizeof *self);
    if (!self) return -ENOMEM;
    self->base.ops = ops;
    self->messages_max = messages_max;
    self->people_ms = 1000000;
    pthread_mutex_init(&self->lock, NULL);
    TAILQ_INIT(&self->all);
    TAILQ_INIT(&self->rooms);
    *out = &self->base;
    return 0;
}

#endif
