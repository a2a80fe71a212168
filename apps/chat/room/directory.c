/* SPDX-License-Identifier: MIT */
/* directory.c: the names are trees of tsearch(3), which stay balanced whatever names are chosen.
 * Their keys are pointers to members and to rooms, which begin with their name. */
#include "room/directory.h"

#include "clock.h"
#include "room/claim.h"
#include "storage/storage.h"

#include <edo/error.h>
#include <edo/random.h>

#include <errno.h>
#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A double, as browsers have it, holds the time in us exactly up to 2255. */
#define CLOCK_MAX_US (INT64_C(9000000000) * 1000000)
#define FORMER_SETS  1024     /* of names of which it is known who had them last */
#define FORMER_NAMES 4        /* in each set */
#define GUEST        "guest-" /* begins the names of those who have given none */
#define RUN_BITS     52       /* of a number that stands for the time, so below it for long */

/* Names of which the hash chooses one set, those that were given up last first; 0: none. */
struct former_names {
    uint64_t namings[FORMER_NAMES];
};

typedef struct kept_numbers {
    name name; /* first */
    room_numbers numbers;
} kept_numbers;

/* See directory_note_made(). */
typedef struct made_room {
    name name;
    int64_t until_ns;
    TAILQ_ENTRY(made_room) link;
} made_room;

static int directory_by_name(const void *a, const void *b) {
    return name_compare(a, b);
}

static void *tree_find(void *const *tree, const name *wanted) {
    void *const *node = tfind(wanted, tree, directory_by_name);
    return node ? *node : NULL;
}

/* One session may be here twice, for a moment: as a person that leaves and one that has come back.
 * An id of 0 is that of any of them. */
static int directory_by_person(const void *a, const void *b) {
    const member *one = a, *other = b;
    int order = strcmp(one->person, other->person);
    if (order != 0 || one->id == 0 || other->id == 0) return order;
    return one->id < other->id ? -1 : one->id > other->id;
}

/* Lock held. Returns false without memory. */
static bool keep_numbers(directory *self, const name *of, room_numbers numbers) {
    kept_numbers *kept = tree_find(&self->numbers, of);
    if (!kept) {
        kept = malloc(sizeof *kept);
        if (!kept) return false;
        kept->name = *of;
        if (!tsearch(kept, &self->numbers, directory_by_name)) {
            free(kept);
            return false;
        }
    }
    kept->name = *of; // as it is written now
    kept->numbers = numbers;
    return true;
}

/* The numbers of a room that has had none since the start; `stored`: the last one in the store, and
 * `gap` those that it has passed over.
 *
 * Pages may know numbers that the store does not have: of messages that it failed to keep, or of a
 * store that was another file. So numbers begin at the time of the start, in us, which is more than
 * any that was given before; and if the clock went back, or is none, after those that are lost at
 * most. A store that gives the numbers has all that were given. */
static room_numbers first_numbers(const directory *self, uint64_t stored, store_gap gap) {
    if (!self->storage) return (room_numbers){ 0 };
    if (storage_gives_numbers(self->storage)) return (room_numbers){ stored, gap.after, gap.to };
    uint64_t lost = stored > 0 ? stored + STORAGE_UNSTORED_MAX : 0;
    uint64_t from = self->started_us > lost ? self->started_us : lost;
    return (room_numbers){ .last = from, .gap_after = stored, .gap_to = from };
}

static bool keep_stored_numbers(directory *self) {
    size_t n;
    const store_room *rooms = storage_rooms(self->storage, &n);
    for (size_t i = 0; i < n; i++) {
        const room_numbers first = first_numbers(self, rooms[i].last, rooms[i].gap);
        if (!keep_numbers(self, &rooms[i].name, first)) return false;
    }
    return true;
}

/* What tells this run from others: the time of its start. If the clock is none a number that none
 * of them is likely to have had. */
static uint64_t new_run(uint64_t started_us) {
    uint64_t random = 0;
    if (started_us > 0) return started_us;
    if (edo_random(&random, sizeof random) < 0)
        random = (uint64_t)edo_now().ns; // since the machine was started
    return random >> (64 - RUN_BITS);
}

int directory_init(directory *self, size_t past_max, storage *kept) {
    *self = (directory){ .past_max = past_max, .storage = kept };
    int err = turns_init(&self->turns);
    namer_init(&self->namer);
    int64_t now_ms = clock_now_ms();
    bool is_clock = now_ms > 0 && now_ms < CLOCK_MAX_US / 1000;
    self->started_us = is_clock ? 1000 * (uint64_t)now_ms : 0;
    self->run = self->last_life = new_run(self->started_us);
    TAILQ_INIT(&self->in_order);
    TAILQ_INIT(&self->made);
    pthread_mutex_init(&self->lock, NULL);
    self->is_shared = storage_shares_people(kept);
    kept_init(&self->kept, self->is_shared ? NULL : kept); // else the store says whose a name is
    self->former = calloc(FORMER_SETS, sizeof *self->former);
    if (err == 0 && self->former && keep_stored_numbers(self))
        self->lobby = directory_open_room(self, &(name){ "general" });
    if (self->lobby) return 0;
    directory_deinit(self);
    return -ENOMEM;
}

void directory_set_carrier(directory *self, const room_carrier *by) {
    self->carrier = self->lobby->carrier = by;
}

void directory_set_presence(directory *self, const room_presence *by) {
    self->others = by;
}

/* Frees those in which nobody is, and which wait for a store that has not responded. */
static void free_rooms_behind(directory *self) {
    room *next;
    for (room *r = TAILQ_FIRST(&self->in_order); r; r = next) {
        next = TAILQ_NEXT(r, link);
        if (r->users_n > 0) continue;
        tdelete(r, &self->rooms, directory_by_name);
        TAILQ_REMOVE(&self->in_order, r, link);
        room_free(r);
    }
}

/* Lock held, or nobody else is there. */
static void forget_first_made(directory *self) {
    made_room *first = TAILQ_FIRST(&self->made);
    TAILQ_REMOVE(&self->made, first, link);
    self->made_n--;
    free(first);
}

void directory_deinit(directory *self) {
    directory_close_room(self, self->lobby);
    free_rooms_behind(self);
    while (self->made_n > 0) forget_first_made(self);
    while (self->numbers) {
        kept_numbers *kept = *(kept_numbers **)self->numbers;
        tdelete(kept, &self->numbers, directory_by_name);
        free(kept);
    }
    free(self->former);
    kept_deinit(&self->kept);
    turns_deinit(&self->turns);
    pthread_mutex_destroy(&self->lock);
}

/* A terminal is another person whenever it comes, also after a restart, or at another program.
 * Lock held. */
static void name_terminal(const directory *self, member *who) {
    char text[80];
    uint64_t program = self->is_shared ? storage_program(self->storage) : 0;
    (void)snprintf(text, sizeof text, "terminal %" PRIu64 " %" PRIu64 " %" PRIu64, self->run,
                   who->id, program);
    token_person(text, who->person);
}

/* Lock held. The set of the name; `*at` is the name's index in it, FORMER_NAMES: it has none. */
static uint64_t *former_of(const directory *self, uint64_t naming, size_t *at) {
    uint64_t *all = self->former[naming_name(naming) % FORMER_SETS].namings;
    for (*at = 0; *at < FORMER_NAMES && naming_name(all[*at]) != naming_name(naming);) ++*at;
    return all;
}

/* The number in the name of somebody who has given none; 0: it is another name. */
static uint64_t guest_number(const name *n) {
    uint64_t number = 0;
    char rest;
    const char *text = n->text + sizeof GUEST - 1;
    bool is_guest = text_begins(n->text, GUEST) && text[0] != '0' &&
                    sscanf(text, "%" SCNu64 "%c", &number, &rest) == 1;
    return is_guest ? number : 0;
}

/* Lock held. The member gives its name up, if it has one. A name that several people have had is
 * kept as nobody's, so who takes it again is an heir, too. Of the name that a guest has by its
 * number it is known without that: so guests who come and go push no other name out. */
static void member_give_name_up(const directory *self, const member *who) {
    size_t at;
    if (who->naming == 0 || (!who->is_heir && guest_number(&who->name) == who->id)) return;
    if (self->is_shared && claim_is_own_guest(self, who, &who->name)) return;
    uint64_t *all = former_of(self, who->naming, &at);
    if (at == FORMER_NAMES) at--; // instead of the oldest
    memmove(all + 1, all, at * sizeof *all);
    all[0] = who->is_heir ? (uint64_t)naming_name(who->naming) << 32 : who->naming;
}

/* Lock held. The member, who has an id, has the name `n`, of that naming. */
static void member_take_name(const directory *self, member *who, const name *n, uint64_t naming) {
    size_t at;
    const uint64_t *all = former_of(self, naming, &at), guest = guest_number(n);
    bool is_guests = !self->is_shared && guest > 0 && guest <= self->arrivals_n && guest != who->id;
    who->naming = naming;
    who->is_heir = is_guests || (at < FORMER_NAMES && all[at] != naming);
}

/* ---- People ---------------------------------------------------------------------------------- */

int directory_arrive(directory *self, member *who) {
    int err = 0;
    pthread_mutex_lock(&self->lock);
    do {
        who->id = ++self->arrivals_n;
        if (self->is_shared) {
            who->name = claim_guest_name(self, who);
        } else {
            (void)snprintf(who->name.text, sizeof who->name.text, GUEST "%" PRIu64, who->id);
        }
    } while (tree_find(&self->people, &who->name));
    if (!*who->person) name_terminal(self, who);
    bool is_in = tsearch(who, &self->by_person, directory_by_person) != NULL;
    if (is_in && !tsearch(who, &self->people, directory_by_name)) {
        tdelete(who, &self->by_person, directory_by_person);
        is_in = false;
    }
    if (!is_in) {
        who->name.text[0] = '\0'; // so directory_depart() finds nobody
        err = -ENOMEM;
    } else {
        member_take_name(self, who, &who->name, naming_of(&self->namer, &who->name, who->person));
        if (self->is_shared && !who->socket) claim_again(self, who, edo_now());
    }
    pthread_mutex_unlock(&self->lock);
    return err;
}

int directory_succeed(directory *self, member *guest, member *heir) {
    pthread_mutex_lock(&self->lock);
    heir->id = guest->id;
    heir->name = guest->name;
    heir->naming = guest->naming;
    heir->is_heir = guest->is_heir;
    bool is_in = tsearch(heir, &self->by_person, directory_by_person) != NULL;
    if (is_in) {
        tdelete(guest, &self->by_person, directory_by_person);
        member **node = tfind(guest, &self->people, directory_by_name);
        *node = heir;
        if (self->is_shared) claim_note_departed(self, guest);
    }
    pthread_mutex_unlock(&self->lock);
    return is_in ? 0 : -ENOMEM;
}

/* Whether it keeps its name when it goes, and it is not for the store alone to say so. */
static bool has_kept_name(const directory *self, const member *who) {
    return !self->is_shared && who->socket && who->has_spoken && guest_number(&who->name) == 0;
}

void directory_note_spoken(directory *self, member *who) {
    if (who->has_spoken) return;
    pthread_mutex_lock(&self->lock);
    who->has_spoken = true;
    if (has_kept_name(self, who)) kept_use(&self->kept, &who->name, who->person, who->address);
    pthread_mutex_unlock(&self->lock);
    if (self->is_shared) claim_note_spoken(self, who);
}

void directory_depart(directory *self, member *who) {
    pthread_mutex_lock(&self->lock);
    tdelete(who, &self->people, directory_by_name);
    tdelete(who, &self->by_person, directory_by_person);
    member_give_name_up(self, who);
    if (self->is_shared) claim_note_departed(self, who);
    if (has_kept_name(self, who) && who->is_over) {
        kept_give_up(&self->kept, &who->name);
    } else if (has_kept_name(self, who)) {
        kept_put(&self->kept, &who->name, who->person, who->address);
    }
    pthread_mutex_unlock(&self->lock);
}

member *directory_owner(directory *self, const name *of) {
    return tree_find(&self->people, of);
}

member *directory_member(directory *self, const char *person, uint64_t id) {
    member wanted = { .id = id };
    memcpy(wanted.person, person, sizeof wanted.person);
    member *const *node = tfind(&wanted, &self->by_person, directory_by_person);
    return node ? *node : NULL;
}

int directory_take_name(directory *self, member *who, const name *to, uint64_t naming) {
    member renamed = { .name = *to };
    void **node =
        tsearch(&renamed, &self->people, directory_by_name); // found, or a place for the name
    const member *owner = node ? *node : NULL;
    bool is_free = owner == &renamed;
    bool is_own = owner && owner == who && strcmp(who->name.text, to->text) != 0; // another case
    if (is_free) {
        tdelete(who, &self->people, directory_by_name);
        node = tfind(to, &self->people, directory_by_name); // it may have moved
        *node = who;
        member_give_name_up(self, who);
        if (has_kept_name(self, who)) kept_give_up(&self->kept, &who->name);
        member_take_name(self, who, to, naming);
        who->has_spoken = kept_take(&self->kept, to);
        if (who->has_spoken) kept_use(&self->kept, to, who->person, who->address);
    }
    if (is_free || is_own) who->name = *to;
    return is_free || is_own ? 0 : owner ? -EEXIST : -ENOMEM;
}

int directory_rename(directory *self, member *who, const name *to) {
    if (self->is_shared) return claim_name(self, who, to);
    uint64_t naming = naming_of(&self->namer, to, who->person);
    pthread_mutex_lock(&self->lock);
    bool is_anothers = kept_is_anothers(&self->kept, to, who->person);
    int err = is_anothers ? -EEXIST : directory_take_name(self, who, to, naming);
    pthread_mutex_unlock(&self->lock);
    return err;
}

bool directory_is_kept(directory *self, const name *of) {
    if (self->is_shared) return claim_is_anothers(self, of);
    pthread_mutex_lock(&self->lock);
    bool is_kept = kept_is_anothers(&self->kept, of, "");
    pthread_mutex_unlock(&self->lock);
    return is_kept;
}

/* Lock held. */
static reach reach_of(const member *who) {
    reach way = { .mailbox = who->mailbox ? edo_mpsc_tx_ref(who->mailbox) : NULL,
                  .is_stuck = who->is_stuck,
                  .socket = who->socket ? edo_rc_ref(who->socket) : NULL,
                  .name = who->name,
                  .naming = who->naming,
                  .is_heir = who->is_heir };
    memcpy(way.person, who->person, sizeof way.person);
    return way;
}

bool directory_find(directory *self, const name *of, reach *out) {
    pthread_mutex_lock(&self->lock);
    const member *who = tree_find(&self->people, of);
    if (who) *out = reach_of(who);
    if (who) out->is_heir |= claim_may_be_heir(self, &who->name);
    pthread_mutex_unlock(&self->lock);
    return who != NULL;
}

bool directory_find_person(directory *self, edo_str person, reach *out) {
    member wanted = { .id = 0 };
    if (person.len != PERSON_BYTES) return false;
    memcpy(wanted.person, person.ptr, PERSON_BYTES);
    pthread_mutex_lock(&self->lock);
    const member *const *node = tfind(&wanted, &self->by_person, directory_by_person);
    if (node) *out = reach_of(*node);
    pthread_mutex_unlock(&self->lock);
    return node != NULL;
}

int directory_find_elsewhere(directory *self, const name *of, edo_str person, reach *out) {
    int err = self->is_shared ? claim_find_elsewhere(self, of, person, out) : -EDO_ECLOSED;
    if (err < 0) return err;
    out->naming = naming_of(&self->namer, &out->name, out->person);
    out->is_heir = claim_may_be_heir(self, &out->name);
    return 0;
}

typedef struct sockets {
    page_socket **all; /* each a share */
    size_t n;
} sockets;

static void count_socket(const void *node, VISIT which, void *arg) {
    const member *who = *(const member *const *)node;
    if (which == postorder || which == leaf) ((sockets *)arg)->n += who->socket != NULL;
}

static void add_socket(const void *node, VISIT which, void *arg) {
    const member *who = *(const member *const *)node;
    sockets *to = arg;
    if (who->socket && (which == postorder || which == leaf))
        to->all[to->n++] = edo_rc_ref(who->socket);
}

void directory_give_up_away(directory *self) {
    sockets found = { .n = 0 };
    pthread_mutex_lock(&self->lock);
    twalk_r(self->people, count_socket, &found);
    found.all = calloc(found.n + 1, sizeof(page_socket *));
    found.n = 0;
    if (found.all) twalk_r(self->people, add_socket, &found);
    pthread_mutex_unlock(&self->lock);
    for (size_t i = 0; i < found.n; i++) {
        undelivered rest = { .n = 0 };
        if (page_socket_is_away(found.all[i]))
            page_socket_end(found.all[i], undelivered_add, &rest);
        undelivered_tell(&rest);
        edo_rc_unref(found.all[i]);
    }
    free(found.all);
}

/* ---- Rooms ----------------------------------------------------------------------------------- */

/* Lock held. NULL without memory. */
static room *add_room(directory *self, const name *of) {
    const kept_numbers *kept = tree_find(&self->numbers, of);
    const room_numbers first = first_numbers(self, 0, (store_gap){ 0 });
    room *r = room_new(kept ? &kept->name : of, self->past_max, kept ? kept->numbers : first);
    if (r) {
        r->storage = self->storage;
        r->turns = &self->turns;
        r->namer = &self->namer;
        r->carrier = self->carrier;
        r->life = self->storage ? 1 : ++self->last_life; // with a store numbers go on
    }
    if (!r || !tsearch(r, &self->rooms, directory_by_name)) {
        room_free(r);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&self->in_order, r, link);
    self->rooms_n++;
    return r;
}

static room *open_room(directory *self, const name *of, bool is_new_allowed) {
    pthread_mutex_lock(&self->lock);
    room *r = tree_find(&self->rooms, of);
    if (!r && (is_new_allowed || tree_find(&self->numbers, of))) r = add_room(self, of);
    if (r) r->users_n++;
    pthread_mutex_unlock(&self->lock);
    return r;
}

room *directory_open_room(directory *self, const name *of) {
    return open_room(self, of, true);
}

room *directory_open_known_room(directory *self, const name *of) {
    return open_room(self, of, false);
}

void directory_close_room(directory *self, room *r) {
    if (!r) return;
    pthread_mutex_lock(&self->lock);
    bool is_last = --r->users_n == 0 && !atomic_load(&r->is_behind);
    if (is_last) {
        room_numbers now = room_numbers_now(r);
        // Without memory the numbers begin anew, and the store refuses messages that it has.
        if (self->storage && room_newest(&now) > 0) (void)keep_numbers(self, room_shown(r), now);
        tdelete(r, &self->rooms, directory_by_name);
        TAILQ_REMOVE(&self->in_order, r, link);
        self->rooms_n--;
    }
    pthread_mutex_unlock(&self->lock);
    if (is_last) room_free(r);
}

/* Whether the room is to be looked after: it has told of messages which are not stored, or is to
 * show some that were not stored in time. */
static bool is_waiting(room *r) {
    return atomic_load(&r->is_marked) || atomic_load(&r->is_behind);
}

/* Opens the next room that waits for the store, or any room with `is_any`, of those behind `after`,
 * or of all. NULL: there is none. */
static room *next_marked(directory *self, room *after, bool is_any) {
    pthread_mutex_lock(&self->lock);
    room *r = after ? TAILQ_NEXT(after, link) : TAILQ_FIRST(&self->in_order);
    while (r && !is_any && !is_waiting(r)) r = TAILQ_NEXT(r, link);
    if (r) r->users_n++;
    pthread_mutex_unlock(&self->lock);
    return r;
}

/* A room that is kept open. */
typedef struct opened {
    directory *in;
    room *room;
} opened;

/* Owns: takes `arg`, which is an opened. A task's function. */
static int opened_tell(void *arg) {
    opened *self = arg;
    (void)room_tell_stored(self->room); // without memory the next message comes first
    directory_close_room(self->in, self->room);
    free(self);
    return 0;
}

void directory_tell_stored(directory *self, edo_scope *tellers) {
    uint64_t relapses_n = storage_relapses_n(self->storage);
    bool is_any = relapses_n != self->relapses_told;
    self->relapses_told = relapses_n;
    for (room *r = next_marked(self, NULL, is_any), *next; r; r = next) {
        next = next_marked(self, r, is_any);
        opened *arg = malloc(sizeof *arg);
        if (arg) *arg = (opened){ self, r };
        if (arg && edo_scope_spawn(tellers, opened_tell, arg) == 0) continue;
        free(arg);
        directory_close_room(self, r);
    }
}

/* Lock held. A room has members now that had none, or none any more. */
static void tell_carrier(const directory *self) {
    if (self->carrier) self->carrier->followed(self->carrier->arg);
}

/* Lock held. */
static void tell_elsewhere(const directory *self, const seat *s, bool comes) {
    const room_presence *to = self->others;
    if (to) to->seated(to->arg, &s->room->name, s->member, comes);
}

void directory_seat(directory *self, seat *s, room *to) {
    pthread_mutex_lock(&self->lock);
    if (s->room) {
        tell_elsewhere(self, s, false);
        TAILQ_REMOVE(&s->room->members, s, link);
        if (--s->room->members_n == 0) {
            room_note_members(s->room, false);
            tell_carrier(self);
        }
    }
    s->room = to;
    if (to) {
        TAILQ_INSERT_TAIL(&to->members, s, link);
        room_note_members(to, true);
        if (to->members_n++ == 0) tell_carrier(self);
        tell_elsewhere(self, s, true);
    }
    self->changes_n++;
    pthread_mutex_unlock(&self->lock);
}

bool directory_is_elsewhere(directory *self, const room *in, const member *who) {
    const room_presence *by = self->others;
    return by && by->has(by->arg, &in->name, who->person);
}

void directory_note_renamed(directory *self, const name *where, const member *who) {
    const room_presence *to = self->others;
    if (to) to->renamed(to->arg, where, who);
}

void directory_note_typing(directory *self, const room *in, const member *who) {
    const room_presence *to = self->others;
    if (to) to->typing(to->arg, &in->name, who);
}

/* Lock held. */
static size_t others_n(const directory *self, const name *where) {
    const room_presence *by = self->others;
    return by ? by->members_n(by->arg, where) : 0;
}

size_t directory_members_n(directory *self, const room *of) {
    pthread_mutex_lock(&self->lock);
    size_t n = of->members_n + others_n(self, &of->name);
    pthread_mutex_unlock(&self->lock);
    return n;
}

presence *directory_members(directory *self, const room *of, size_t most, size_t *n) {
    const room_presence *by = self->others;
    const seat *s;
    *n = 0;
    pthread_mutex_lock(&self->lock);
    size_t there = of->members_n + others_n(self, &of->name);
    if (most > there) most = there;
    presence *all = calloc(most + 1, sizeof *all);
    if (all && by) *n = by->members(by->arg, &of->name, all, most);
    TAILQ_FOREACH(s, &of->members, link) {
        const member *who = s->member;
        if (!all || by || *n == most) break;
        all[*n] = (presence){ .name = who->name, .naming = who->naming };
        memcpy(all[(*n)++].person, who->person, sizeof who->person);
    }
    pthread_mutex_unlock(&self->lock);
    return all;
}

room **directory_followed(directory *self, size_t *n) {
    room *r;
    *n = 0;
    pthread_mutex_lock(&self->lock);
    room **all = calloc(self->rooms_n + 1, sizeof *all);
    TAILQ_FOREACH(r, &self->in_order, link) {
        if (!all || r->members_n == 0 || atomic_load(&r->is_learning)) continue;
        r->users_n++;
        all[(*n)++] = r;
    }
    pthread_mutex_unlock(&self->lock);
    return all;
}

room *directory_open_followed(directory *self, const name *of) {
    pthread_mutex_lock(&self->lock);
    room *r = tree_find(&self->rooms, of);
    if (r && r->members_n == 0) r = NULL;
    if (r) r->users_n++;
    pthread_mutex_unlock(&self->lock);
    return r;
}

name *directory_followed_names(directory *self, size_t *n) {
    const room *r;
    *n = 0;
    pthread_mutex_lock(&self->lock);
    name *all = calloc(self->rooms_n + 1, sizeof *all);
    TAILQ_FOREACH(r, &self->in_order, link) {
        if (all && r->members_n > 0) all[(*n)++] = r->name;
    }
    pthread_mutex_unlock(&self->lock);
    if (all) qsort(all, *n, sizeof *all, directory_by_name);
    return all;
}

/* ---- Rooms that were made elsewhere ---------------------------------------------------------- */

/* Lock held. Forgets those whose hour is over. */
static void forget_old_made(directory *self) {
    const made_room *first;
    // NOLINTNEXTLINE(clang-analyzer-unix.Malloc): one that is forgotten is off the list
    while ((first = TAILQ_FIRST(&self->made)) && first->until_ns <= edo_now().ns)
        forget_first_made(self);
}

/* Lock held. */
static bool is_listed_as_made(const directory *self, const name *of) {
    const made_room *m;
    TAILQ_FOREACH_REVERSE(m, &self->made, made_rooms, link) {
        if (name_equal(&m->name, of)) return true;
    }
    return false;
}

/* Lock held. */
static void list_as_made(directory *self, const name *of, int64_t left_ms) {
    made_room *m = left_ms > 0 ? malloc(sizeof *m) : NULL;
    if (!m) return;
    if (self->made_n == DIRECTORY_MADE_MAX) forget_first_made(self);
    *m = (made_room){ .name = *of, .until_ns = edo_now().ns + edo_ms(left_ms).ns };
    TAILQ_INSERT_TAIL(&self->made, m, link);
    self->made_n++;
    self->changes_n++;
}

void directory_note_made(directory *self, const store_made *what) {
    const name *of = &what->name;
    pthread_mutex_lock(&self->lock);
    kept_numbers *kept = tree_find(&self->numbers, of);
    room *r = tree_find(&self->rooms, of);
    if (kept) kept->name = *of;
    if (r) room_note_name(r, of);
    if (!kept && !r) (void)keep_numbers(self, of, first_numbers(self, 0, (store_gap){ 0 }));
    forget_old_made(self);
    if (!is_listed_as_made(self, of))
        list_as_made(self, of, STORE_MADE_MS - (what->now_ms - what->made_ms));
    pthread_mutex_unlock(&self->lock);
}

/* Those in which somebody is elsewhere, sorted by name: each is counted once. */
typedef struct elsewhere_rooms {
    room_count *all;
    size_t n;
} elsewhere_rooms;

/* How many are there; it is counted from now on. */
static size_t take_count(const elsewhere_rooms *from, const name *of) {
    room_count *found =
        from->all ? bsearch(of, from->all, from->n, sizeof *found, directory_by_name) : NULL;
    size_t n = found ? found->members_n : 0;
    if (found) found->members_n = 0;
    return n;
}

/* Lock held. Adds those in which nobody is here. */
static void count_made(directory *self, const elsewhere_rooms *others, room_count *to, size_t *n) {
    const made_room *m;
    forget_old_made(self);
    TAILQ_FOREACH(m, &self->made, link) {
        const room *r = tree_find(&self->rooms, &m->name);
        if (!r || r->members_n == 0)
            to[(*n)++] = (room_count){ m->name, take_count(others, &m->name) };
    }
}

/* Lock held. */
static void count_rooms(directory *self, const elsewhere_rooms *others, room_count *to, size_t *n) {
    const room *r;
    TAILQ_FOREACH(r, &self->in_order, link) {
        if (r->members_n > 0)
            to[(*n)++] =
                (room_count){ *room_shown(r), r->members_n + take_count(others, &r->name) };
    }
    count_made(self, others, to, n);
    for (size_t i = 0; i < others->n; i++) {
        if (others->all[i].members_n > 0) to[(*n)++] = others->all[i];
    }
}

room_count *directory_rooms(directory *self, size_t *n) {
    const room_presence *by = self->others;
    elsewhere_rooms others = { .n = 0 };
    *n = 0;
    pthread_mutex_lock(&self->lock);
    if (by) others.all = by->rooms(by->arg, &others.n);
    room_count *rooms = calloc(self->rooms_n + self->made_n + others.n, sizeof *rooms);
    if (rooms) count_rooms(self, &others, rooms, n);
    pthread_mutex_unlock(&self->lock);
    free(others.all);
    return rooms;
}
