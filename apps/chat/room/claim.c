/* SPDX-License-Identifier: MIT */
/* claim.c: see claim.h.
 *
 * inv. 1: a member's name here is one that the store has given it, or was asked to give it, or its
 *         guest's name.
 * inv. 2: the store is told of a member in the order in which things befall it: so with the
 *         directory's lock held. It is asked without. */
#include "room/claim.h"

#include "storage/storage.h"

#include <errno.h>
#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GUEST "guest-"

name claim_guest_name(const directory *in, const member *who) {
    name is;
    (void)snprintf(is.text, sizeof is.text, GUEST "%" PRIu64 "-%" PRIu64,
                   storage_program(in->storage), who->id);
    return is;
}

bool claim_is_own_guest(const directory *in, const member *who, const name *n) {
    const name own = claim_guest_name(in, who);
    return name_equal(&own, n);
}

/* Whether it may be the name of a guest of any program. */
static bool is_a_guests(const name *n) {
    static const char digits[] = "0123456789";
    const char *at = n->text + sizeof GUEST - 1;
    if (!text_begins(n->text, GUEST)) return false;
    size_t program = strspn(at, digits);
    return program > 0 && at[program] == '-' && strspn(at + program + 1, digits) > 0;
}

bool claim_may_be_heir(const directory *in, const name *of) {
    return in->is_shared && !is_a_guests(of);
}

static store_move claim_move(const directory *in, const member *who, store_deed deed,
                             const name *wanted) {
    store_move m = { .name = *wanted, .deed = deed, .at = who->came_at };
    memcpy(m.person, who->person, sizeof m.person);
    memcpy(m.address, who->address, sizeof m.address);
    m.is_own_only = is_a_guests(wanted) && !claim_is_own_guest(in, who, wanted);
    return m;
}

/* Lock held. The store is to know that the member has its name, by that deed. */
static void claim_tell(directory *in, member *who, store_deed deed) {
    store_move m = claim_move(in, who, deed, &who->name);
    m.has_spoken = who->socket && who->has_spoken && !is_a_guests(&who->name);
    who->move = storage_tell_move(in->storage, &m);
}

/* Lock held. Of two first messages here the one that was read last may be served first. */
static void claim_come(member *who, edo_instant came) {
    if (came.ns > who->came_at.ns) who->came_at = came;
}

void claim_again(directory *in, member *who, edo_instant came) {
    claim_come(who, came);
    claim_tell(in, who, STORE_ARRIVES);
}

/* Terminals and guests keep no name. */
void claim_note_spoken(directory *in, member *who) {
    if (!who->socket || is_a_guests(&who->name)) return;
    store_move m = claim_move(in, who, STORE_SPEAKS, &who->name);
    if (storage_ask_move(in->storage, &m) == 0) return;
    pthread_mutex_lock(&in->lock);
    claim_tell(in, who, STORE_SPEAKS);
    pthread_mutex_unlock(&in->lock);
}

/* Lock held. The store keeps the name that a person has spoken under, but not one that it has given
 * up for another: that of a guest, which goes with the person. */
static void claim_give_name_up(directory *in, member *who) {
    const name own = claim_guest_name(in, who);
    const store_move m = claim_move(in, who, STORE_RENAMES, &own);
    (void)storage_tell_move(in->storage, &m);
}

/* A session that has gone may have come back already: then the person is here. */
void claim_note_departed(directory *in, member *who) {
    const name none = { "" };
    if (directory_member(in, who->person, 0)) return;
    if (who->is_over && who->has_spoken) claim_give_name_up(in, who);
    const store_move m = claim_move(in, who, STORE_DEPARTS, &none);
    who->move = storage_tell_move(in->storage, &m);
}

/* ---- Asking ---------------------------------------------------------------------------------- */

/* Lock held. The store has given the name, unless it is not free here: a person that the store does
 * not know of may have it, or the member's own session, which is leaving. */
static int take_given(directory *in, member *who, const store_move *given) {
    int err = directory_take_name(in, who, &given->name,
                                  naming_of(&in->namer, &given->name, who->person));
    if (err == 0) who->has_spoken = given->has_spoken;
    return err;
}

int claim_arrive(directory *in, member *who, const name *wanted, edo_instant came) {
    const name none = { "" };
    pthread_mutex_lock(&in->lock);
    claim_come(who, came);
    store_move m = claim_move(in, who, STORE_ARRIVES, wanted ? wanted : &none);
    who->is_claiming = true;
    pthread_mutex_unlock(&in->lock);
    int asked = storage_ask_move(in->storage, &m), err = asked;
    pthread_mutex_lock(&in->lock);
    if (asked == 0) err = m.is == STORE_HAS_NAME ? take_given(in, who, &m) : -EEXIST;
    if (err < 0) claim_tell(in, who, asked == 0 ? STORE_RENAMES : STORE_ARRIVES);
    who->is_claiming = false;
    pthread_mutex_unlock(&in->lock);
    return err == -EEXIST && !wanted ? 0 : err;
}

/* Lock held. Whether the name is known here to be another's, or as it is the member's. */
static bool is_known_taken(directory *in, const member *who, const name *to) {
    const member *owner = directory_owner(in, to);
    return owner && (owner != who || strcmp(owner->name.text, to->text) == 0);
}

int claim_name(directory *in, member *who, const name *to) {
    store_move m = claim_move(in, who, STORE_RENAMES, to);
    pthread_mutex_lock(&in->lock);
    bool is_taken = is_known_taken(in, who, to);
    who->is_claiming = !is_taken;
    pthread_mutex_unlock(&in->lock);
    if (is_taken) return -EEXIST;
    int asked = storage_ask_move(in->storage, &m), err = asked;
    pthread_mutex_lock(&in->lock);
    if (asked == 0)
        err = m.is == STORE_HAS_NAME     ? take_given(in, who, &m)
              : m.is == STORE_NAME_TAKEN ? -EEXIST
                                         : -EAGAIN;
    bool is_unknown = asked < 0 || (err < 0 && m.is == STORE_HAS_NAME);
    if (is_unknown) claim_tell(in, who, STORE_STAYS); // by the name that it has still
    who->is_claiming = false;
    pthread_mutex_unlock(&in->lock);
    return err;
}

bool claim_is_anothers(directory *in, const name *of) {
    store_person who = { .name = *of };
    return storage_find_person(in->storage, &who) == 0;
}

int claim_find_elsewhere(directory *in, const name *of, edo_str person, reach *out) {
    store_person who = { .name = *of };
    if (person.len > 0 && person.len != PERSON_BYTES) return -EDO_ECLOSED;
    if (person.len > 0) memcpy(who.person, person.ptr, PERSON_BYTES);
    int err = storage_find_person(in->storage, &who);
    if (err == -ECANCELED || err == -ENOMEM) return err;
    if (err < 0 && err != -ENOENT) return -EAGAIN;
    bool is_elsewhere = err == 0 && who.program > 0 && who.program != storage_program(in->storage);
    if (!is_elsewhere) return -EDO_ECLOSED;
    *out = (reach){ .name = *who.name.text ? who.name : *of, .program = who.program };
    memcpy(out->person, who.person, sizeof out->person);
    return 0;
}

/* ---- What the store makes of it -------------------------------------------------------------- */

typedef struct claim_walk {
    const directory *in;
    store_move *moves; /* NULL: they are counted */
    claim *of;
    uint64_t done;
    size_t n;
} claim_walk;

static void claim_visit(const void *node, VISIT which, void *arg) {
    const member *who = *(const member *const *)node;
    claim_walk *w = arg;
    bool is_settled = !who->is_claiming && who->move <= w->done;
    if ((which != postorder && which != leaf) || !is_settled) return;
    if (w->moves) {
        store_move *m = &w->moves[w->n];
        *m = claim_move(w->in, who, STORE_STAYS, &who->name);
        m->has_spoken = who->socket && who->has_spoken && !is_a_guests(&who->name);
        w->of[w->n] = (claim){ who->id, who->move, who->socket != NULL, *who->wanted.text != '\0' };
    }
    w->n++;
}

int claim_list(directory *in, store_move **moves, claim **of, size_t *n) {
    claim_walk w = { .in = in, .done = storage_moves_done(in->storage) };
    pthread_mutex_lock(&in->lock);
    twalk_r(in->people, claim_visit, &w);
    *moves = w.moves = calloc(w.n + 1, sizeof **moves);
    *of = w.of = calloc(w.n + 1, sizeof **of);
    bool has_memory = w.moves && w.of;
    w.n = 0;
    if (has_memory) twalk_r(in->people, claim_visit, &w);
    pthread_mutex_unlock(&in->lock);
    *n = w.n;
    if (has_memory) return 0;
    free(*moves);
    free(*of);
    return -ENOMEM;
}

/* Lock held. The member, if nothing has befallen it since. */
static member *claim_find(directory *in, const store_move *what, const claim *of) {
    member *who = directory_member(in, what->person, of->id);
    bool is_same = who && who->id == of->id && who->move == of->move && !who->is_claiming &&
                   name_equal(&who->name, &what->name);
    return is_same ? who : NULL;
}

bool claim_is_as_it_was(directory *in, const store_move *what, const claim *of) {
    pthread_mutex_lock(&in->lock);
    bool is = claim_find(in, what, of) != NULL;
    pthread_mutex_unlock(&in->lock);
    return is;
}

void claim_stay(directory *in, const store_move *what, const claim *of) {
    pthread_mutex_lock(&in->lock);
    member *who = claim_find(in, what, of);
    if (who) claim_tell(in, who, STORE_STAYS);
    pthread_mutex_unlock(&in->lock);
}

void claim_note_lost(directory *in, const store_move *what, const claim *of) {
    pthread_mutex_lock(&in->lock);
    member *who = claim_find(in, what, of);
    if (who) who->has_lost_name = true;
    pthread_mutex_unlock(&in->lock);
}

bool claim_has_lost_name(directory *in, member *who) {
    if (!in->is_shared) return false;
    pthread_mutex_lock(&in->lock);
    bool has_lost = who->has_lost_name;
    who->has_lost_name = false;
    pthread_mutex_unlock(&in->lock);
    return has_lost;
}

void claim_lose_name(directory *in, member *who) {
    const name own = claim_guest_name(in, who);
    pthread_mutex_lock(&in->lock);
    int err = directory_take_name(in, who, &own, naming_of(&in->namer, &own, who->person));
    if (err == 0) claim_tell(in, who, STORE_RENAMES); // else it is tried the next time
    pthread_mutex_unlock(&in->lock);
}
