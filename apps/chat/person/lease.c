/* SPDX-License-Identifier: MIT */
/* lease.c: see lease.h. */
#include "person/lease.h"

#include "person/sessions.h"
#include "room/claim.h"
#include "storage/storage.h"

#include <edo/error.h>
#include <edo/log.h>
#include <edo/random.h>
#include <edo/runtime.h>

#include <stdlib.h>
#include <string.h>

#define ASKED_AT_ONCE 4096 /* people of one statement */

/* ---- One person with a session --------------------------------------------------------------- */

typedef struct stray {
    server *at;
    user *user; /* a share */
    store_move what;
    claim of;
} stray;

/* With the user's `using` locked. */
static void stray_settle(const stray *self) {
    directory *in = &self->at->directory;
    if (!claim_is_as_it_was(in, &self->what, &self->of)) return;
    if (self->what.is == STORE_IS_ELSEWHERE) {
        edo_info_kv("is at another program now", EDO_KV("name", self->what.name.text));
        sessions_let_go(self->at->sessions, self->user);
    } else if (self->what.is == STORE_NAME_TAKEN) {
        user_lose_name(self->user);
    } else {
        user_ask_again(self->user);
    }
}

/* `arg` is a stray, which it ends; a task's function. */
static int stray_run(void *arg) {
    stray *self = arg;
    user *u = self->user;
    page_aim at; // before the look: a page that comes back meanwhile says so first
    bool has_page = page_socket_aim(u->me.socket, &at);
    bool is_elsewhere = self->what.is == STORE_IS_ELSEWHERE &&
                        claim_is_as_it_was(&self->at->directory, &self->what, &self->of);
    if (has_page) page_aim_take_over(&at, is_elsewhere); // so that the wait is short
    int err = edo_mutex_lock(&u->using);
    if (err == 0) {
        stray_settle(self);
        edo_mutex_unlock(&u->using);
    }
    atomic_store(&u->is_settling, false);
    edo_rc_unref(u);
    free(self);
    return 0;
}

/* Those with sessions, by their persons, once one of them is looked for: each a share. */
typedef struct regulars {
    user **all;
    size_t n;
} regulars;

static int compare_regular(const void *person, const void *one) {
    return strcmp(person, (*(user *const *)one)->me.person);
}

/* Owns: returns a share; NULL: there is none, or no memory. */
static user *find_regular(regulars *self, server *at, const char *person) {
    if (!self->all) self->all = sessions_by_person(at->sessions, &self->n);
    if (!self->all) return NULL;
    user **one = bsearch(person, self->all, self->n, sizeof(user *), compare_regular);
    return one ? edo_rc_ref(*one) : NULL;
}

static void regulars_free(regulars *self) {
    for (size_t i = 0; self->all && i < self->n; i++) edo_rc_unref(self->all[i]);
    free(self->all);
}

/* One for which a task is under way is looked at again the next time. */
static void settle_page(server *at, const store_move *what, const claim *of, regulars *among,
                        edo_scope *tellers) {
    user *u = find_regular(among, at, what->person);
    if (!u) return;
    stray *arg = atomic_exchange(&u->is_settling, true) ? NULL : malloc(sizeof *arg);
    if (!arg) {
        edo_rc_unref(u);
        return;
    }
    *arg = (stray){ .at = at, .user = u, .what = *what, .of = *of };
    if (edo_scope_spawn(tellers, stray_run, arg) == 0) return;
    atomic_store(&u->is_settling, false);
    edo_rc_unref(u);
    free(arg);
}

/* ---- All of them ----------------------------------------------------------------------------- */

static void lease_settle(server *at, const store_move *what, const claim *of, regulars *among,
                         edo_scope *tellers) {
    bool is_lost = what->is == STORE_NAME_TAKEN || what->is == STORE_IS_ELSEWHERE;
    if (what->is == STORE_IS_UNKNOWN) claim_stay(&at->directory, what, of);
    if (is_lost && !of->is_page) claim_note_lost(&at->directory, what, of);
    bool is_due = is_lost || (what->is == STORE_HAS_NAME && of->is_wanting);
    if (is_due && of->is_page) settle_page(at, what, of, among, tellers);
}

static int lease_look(server *at, edo_scope *tellers) {
    store_move *moves;
    claim *of;
    size_t n;
    regulars among = { .n = 0 };
    uint64_t lost_n = storage_moves_lost_n(at->storage), before, after;
    // the list leaves out those of whom something is on its way
    bool has_all = storage_no_move_waits(at->storage, &before);
    int err = claim_list(&at->directory, &moves, &of, &n);
    if (err < 0) return err;
    for (size_t i = 0; i < n && err == 0; i += ASKED_AT_ONCE) {
        size_t end = n - i < ASKED_AT_ONCE ? n : i + ASKED_AT_ONCE;
        err = storage_where(at->storage, moves + i, end - i);
        for (size_t k = i; k < end && err == 0; k++)
            lease_settle(at, &moves[k], &of[k], &among, tellers);
    }
    regulars_free(&among);
    has_all = has_all && storage_no_move_waits(at->storage, &after) && before == after;
    if (err == 0 && lost_n > 0 && has_all)
        err = storage_make_up_moves(at->storage, moves, n, lost_n);
    free(moves);
    free(of);
    return err;
}

int lease_renew(server *at, edo_scope *tellers) {
    int err = storage_renew(at->storage);
    return err < 0 ? err : lease_look(at, tellers);
}

/* Between 0 and `below`, without that. */
static int64_t lease_below(int64_t below) {
    uint64_t random;
    if (edo_random(&random, sizeof random) < 0) return 0;
    return (int64_t)(random % (uint64_t)below);
}

int lease_run(void *arg) {
    static const edo_duration every = LEASE_EVERY, jitter = LEASE_JITTER;
    EDO_SCOPE(tellers, &(edo_scope_opts){ .policy = EDO_SCOPE_ALL });
    int err = 0;
    while ((err = edo_sleep(edo_ns(every.ns - jitter.ns + lease_below(2 * jitter.ns)))) == 0) {
        (void)lease_renew(arg, &tellers); // the log and the health have why not
        edo_trail_clear();
    }
    return err;
}
