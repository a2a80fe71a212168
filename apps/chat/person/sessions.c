/* SPDX-License-Identifier: MIT */
/* sessions.c: see sessions.h.
 *
 * inv. 1: a user is in the table until it is gone, and gone users are nowhere.
 * inv. 2: a user is held only while it has no connection. One that is claimed is taken out under
 *         the lock, by the task that holds its `using`; so the reaper and a claim never both have
 *         it. The reaper takes it out first and then waits for its `using`: a late visit or claim
 *         may still look at it, and lets go at once.
 *
 * Locks: a user's `using`, then `lock`, then a page socket's. */
#include "person/sessions.h"

#include "server.h"

#include <edo/scope.h>

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HELD_MAX 10000

static const edo_duration hold = EDO_S(60);

/* ---- The table, with its lock held ----------------------------------------------------------- */

static int by_token(const void *a, const void *b) {
    return strcmp(((const user *)a)->session, ((const user *)b)->session);
}

static user *find_user(sessions *self, const char *token) {
    user wanted;
    (void)snprintf(wanted.session, sizeof wanted.session, "%s", token);
    user *const *node = tfind(&wanted, &self->by_token, by_token);
    return node ? *node : NULL;
}

/* A new user in the table, with its `using` locked. NULL without memory. */
static user *add_user(sessions *self, server *at, const char *token) {
    user *u = user_new(at, token);
    if (!u) return NULL;
    bool is_locked = edo_mutex_try_lock(&u->using) == 0; // nobody else knows it
    if (!is_locked || !tsearch(u, &self->by_token, by_token)) {
        if (is_locked) edo_mutex_unlock(&u->using);
        edo_rc_unref(u);
        return NULL;
    }
    self->users_n++;
    return u;
}

/* The people of an address who are held. */
typedef struct held_share {
    char address[EDO_ADDR_KEY_BYTES];
    size_t n;
    TAILQ_HEAD(, user) users;     /* the one that was lost first is the first */
    TAILQ_ENTRY(held_share) next; /* of those with as many */
} held_share;

static int by_address(const void *a, const void *b) {
    return memcmp(((const held_share *)a)->address, ((const held_share *)b)->address,
                  EDO_ADDR_KEY_BYTES);
}

/* NULL without memory. */
static held_share *find_share(sessions *self, const char *address) {
    held_share wanted = { .n = 0 };
    memcpy(wanted.address, address, sizeof wanted.address);
    held_share *const *known = tfind(&wanted, &self->shares, by_address);
    if (known) return *known;
    held_share *share = malloc(sizeof *share);
    if (!share) return NULL;
    *share = wanted;
    TAILQ_INIT(&share->users);
    if (tsearch(share, &self->shares, by_address)) return share;
    free(share);
    return NULL;
}

static size_t held_level(size_t n) {
    return n < SESSIONS_LEVELS ? n : SESSIONS_LEVELS;
}

/* The share has `n` people from now on. It changes by one. */
static void held_share_resize(sessions *self, held_share *of, size_t n) {
    size_t before = held_level(of->n), now = held_level(n);
    of->n = n;
    if (before == now) return;
    if (before > 0) TAILQ_REMOVE(&self->of_size[before], of, next);
    if (now > 0) TAILQ_INSERT_TAIL(&self->of_size[now], of, next);
    if (now > self->most || TAILQ_EMPTY(&self->of_size[self->most])) self->most = now;
}

static void put_in(sessions *self, user *u) {
    TAILQ_INSERT_TAIL(&self->held, u, held);
    self->held_n++;
    u->is_held = true;
    u->share = find_share(self, u->me.address);
    if (!u->share) return;
    TAILQ_INSERT_TAIL(&u->share->users, u, of_share);
    held_share_resize(self, u->share, u->share->n + 1);
}

static void sessions_take_out(sessions *self, user *u) {
    if (!u->is_held) return;
    TAILQ_REMOVE(&self->held, u, held);
    self->held_n--;
    u->is_held = false;
    held_share *share = u->share;
    u->share = NULL;
    if (!share) return;
    TAILQ_REMOVE(&share->users, u, of_share);
    held_share_resize(self, share, share->n - 1);
    if (share->n > 0) return;
    tdelete(share, &self->shares, by_address);
    free(share);
}

/* Of an address that has most of those who are held the one that was lost first. */
static user *find_surplus(const sessions *self) {
    const held_share *share = TAILQ_FIRST(&self->of_size[self->most]);
    return share ? TAILQ_FIRST(&share->users) : TAILQ_FIRST(&self->held);
}

static void forget_user(sessions *self, user *u) {
    sessions_take_out(self, u);
    tdelete(u, &self->by_token, by_token);
    self->users_n--;
    u->is_gone = true;
}

/* ---- Claims ---------------------------------------------------------------------------------- */

void sessions_init(sessions *self) {
    *self = (sessions){ .held_max = HELD_MAX };
    pthread_mutex_init(&self->lock, NULL);
    TAILQ_INIT(&self->held);
    for (size_t i = 0; i <= SESSIONS_LEVELS; i++) TAILQ_INIT(&self->of_size[i]);
}

/* Returns a share of the user; `*is_new`: it is locked. NULL without memory. */
static user *sessions_find_or_add(sessions *self, server *at, const char *token, edo_instant came,
                                  bool *is_new) {
    pthread_mutex_lock(&self->lock);
    user *u = find_user(self, token);
    *is_new = !u;
    if (!u) u = add_user(self, at, token);
    if (u) edo_rc_ref(u);
    if (u && came.ns > u->claimed.ns) u->claimed = came;
    pthread_mutex_unlock(&self->lock);
    return u;
}

static bool is_overtaken(sessions *self, const user *u, edo_instant came) {
    pthread_mutex_lock(&self->lock);
    bool is = came.ns < u->claimed.ns;
    pthread_mutex_unlock(&self->lock);
    return is;
}

/* With `using` locked. Returns 1: the user is this claim's; 0: it has gone meanwhile; -EDO_ECLOSED:
 * it is a later claim's. */
static int claim_come_back(sessions *self, user *u, edo_instant came) {
    pthread_mutex_lock(&self->lock);
    int got = u->is_gone ? 0 : came.ns < u->claimed.ns ? -EDO_ECLOSED : 1;
    if (got == 1) sessions_take_out(self, u);
    pthread_mutex_unlock(&self->lock);
    if (got == 1) page_socket_take_over(u->me.socket); // another claim may have been served
    return got;
}

/* As sessions_claim() of a user that was there; 0: it has gone. */
static int claim_known(sessions *self, user *u, edo_instant came) {
    page_aim at; // before the look: the page of a later claim says so first
    bool has_page = page_socket_aim(u->me.socket, &at);
    bool is_late = is_overtaken(self, u, came);
    if (has_page) page_aim_take_over(&at, !is_late); // so that the wait is short
    int err = is_late ? -EDO_ECLOSED : edo_mutex_lock(&u->using);
    if (err < 0) return err;
    int got = claim_come_back(self, u, came);
    if (got != 1) edo_mutex_unlock(&u->using);
    return got;
}

int sessions_claim(sessions *self, server *at, const char *token, edo_instant came, user **out) {
    for (;;) {
        bool is_new;
        user *u = sessions_find_or_add(self, at, token, came, &is_new);
        if (!u) return -ENOMEM;
        *out = u;
        int got = is_new ? 0 : claim_known(self, u, came);
        if (is_new || got == 1) return got;
        edo_rc_unref(u);
        if (got < 0) return got;
    }
}

void sessions_hold(sessions *self, user *u) {
    pthread_mutex_lock(&self->lock);
    u->held_until = edo_instant_add(edo_now(), hold);
    put_in(self, u);
    pthread_mutex_unlock(&self->lock);
}

void sessions_forget(sessions *self, user *u) {
    pthread_mutex_lock(&self->lock);
    forget_user(self, u);
    pthread_mutex_unlock(&self->lock);
    edo_rc_unref(u); // the table's share
}

/* ---- Letting go ------------------------------------------------------------------------------ */

/* Takes the table's share. */
static void user_let_go(user *u) {
    EDO_SHIELD(sh, edo_ns(-1)); // it is in no table: it departs in any case
    int err = edo_mutex_lock(&u->using);
    user_depart(u, true);
    if (err == 0) edo_mutex_unlock(&u->using);
    (void)edo_shield_end(&sh, 0);
    edo_rc_unref(u);
}

/* Takes the next user out whose time is over; NULL: there is none. */
static user *next_to_go(sessions *self, edo_instant now) {
    pthread_mutex_lock(&self->lock);
    user *u = TAILQ_FIRST(&self->held);
    bool is_early = u && u->held_until.ns > now.ns;
    if (is_early) u = self->held_n > self->held_max ? find_surplus(self) : NULL;
    if (u) forget_user(self, u);
    pthread_mutex_unlock(&self->lock);
    return u;
}

void sessions_let_go(sessions *self, user *u) {
    pthread_mutex_lock(&self->lock);
    bool is_here = !u->is_gone;
    if (is_here) forget_user(self, u);
    pthread_mutex_unlock(&self->lock);
    if (!is_here) return;
    user_depart(u, true);
    edo_rc_unref(u); // the table's share
}

typedef struct listing {
    user **all; /* each a share; NULL: they are counted */
    size_t n;
} listing;

static void list_user(const void *node, VISIT which, void *arg) {
    user *u = *(user *const *)node;
    listing *to = arg;
    if (which != postorder && which != leaf) return;
    if (to->all) to->all[to->n] = edo_rc_ref(u);
    to->n++;
}

static int compare_people(const void *a, const void *b) {
    const user *one = *(user *const *)a, *other = *(user *const *)b;
    return strcmp(one->me.person, other->me.person);
}

user **sessions_by_person(sessions *self, size_t *n) {
    listing l = { .n = 0 };
    pthread_mutex_lock(&self->lock);
    twalk_r(self->by_token, list_user, &l);
    l.all = calloc(l.n + 1, sizeof(user *));
    l.n = 0;
    if (l.all) twalk_r(self->by_token, list_user, &l);
    pthread_mutex_unlock(&self->lock);
    *n = l.n;
    if (l.all) qsort(l.all, l.n, sizeof(user *), compare_people);
    return l.all;
}

void sessions_reap(sessions *self) {
    user *u;
    edo_instant now = edo_now();
    while ((u = next_to_go(self, now))) user_let_go(u);
}

void sessions_deinit(sessions *self) {
    user *u;
    while ((u = next_to_go(self, (edo_instant){ .ns = INT64_MAX }))) {
        user_depart(u, false); // no task is left that uses it
        edo_rc_unref(u);
    }
    pthread_mutex_destroy(&self->lock);
}

/* ---- All pages ------------------------------------------------------------------------------- */

typedef struct audience {
    page_socket **sockets; /* each a share */
    size_t n;
} audience;

static void add_page(const void *node, VISIT which, void *arg) {
    const user *u = *(user *const *)node;
    audience *to = arg;
    if (which == postorder || which == leaf) to->sockets[to->n++] = edo_rc_ref(u->me.socket);
}

int sessions_tell_all(sessions *self, turns *in, message *m) {
    audience to = { .n = 0 };
    pthread_mutex_lock(&self->lock);
    to.sockets = calloc(self->users_n + 1, sizeof(page_socket *));
    if (to.sockets) twalk_r(self->by_token, add_page, &to);
    pthread_mutex_unlock(&self->lock);
    if (!to.sockets) return -ENOMEM;
    for (size_t i = 0; i < to.n;) {
        turn t = turn_take(in, TURN_TELL, (edo_str){ 0 });
        for (size_t end = i + TURN_WORK; i < end && i < to.n; i++) {
            (void)page_socket_post(to.sockets[i], m);
            edo_rc_unref(to.sockets[i]);
        }
        turn_end(&t, TURN_WORK);
    }
    free(to.sockets);
    return 0;
}
