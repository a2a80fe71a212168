/* SPDX-License-Identifier: MIT */
/* server.c: see server.h. */
#include "server.h"

#include <edo/runtime.h>
#include <edo/scope.h>
#include <edo/stats.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#define CLIENTS_WANTED     10000
#define ADDRESS_WANTED     1000 /* connections of an address */
#define REQUESTS_AT_ONCE   256  /* connections of HTTP of an address, beside its pages */
#define COMING_PER_SECOND  100  /* terminals of an address that come, as many as pages */
#define COMING_BURST       1000
#define READS_PER_SECOND   10 /* of the store, for terminals of an address that come back */
#define FOUND_WANTED       32 /* of an address, that are shown what was read of the store at once */
#define SPEECH_SHARE       10 /* an address may say as much as this many people */
#define SPEECH_BURST       1000
#define DESCRIPTORS_WORKER 2   /* of each worker */
#define LEAVE_PER_SECOND   100 /* at least; where there are more, as many as --drain allows */

static const edo_duration leave_tick = EDO_MS(20);
static const edo_duration leave_last = EDO_S(2); /* for those who were told to be gone */

/* How many clients the descriptor limit allows; edo_main() has raised it as far as it could. */
static uint64_t clients_max(void) {
    struct rlimit limit;
    edo_runtime_stats now = { .w_max = 0 };
    edo_runtime_get_stats(edo_runtime_current(), &now);
    uint64_t other = SERVER_DESCRIPTORS + DESCRIPTORS_WORKER * (uint64_t)now.workers;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= EDO_SEM_PERMITS_MAX)
        return EDO_SEM_PERMITS_MAX;
    uint64_t most = limit.rlim_cur > other ? limit.rlim_cur - other : 1;
    if (most < CLIENTS_WANTED) {
        fprintf(stderr,
                "edo-chat: the descriptor limit of %llu is low: at most %llu clients at once. "
                "Raise the hard limit (ulimit -Hn).\n",
                (unsigned long long)limit.rlim_cur, (unsigned long long)most);
    }
    return most;
}

static uint64_t least(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

/* What one address may have of so much, so that something is left for others. */
static uint64_t share_of_address(uint64_t of) {
    return of > 1 ? of - (of + 3) / 4 : 1;
}

/* Divides what the descriptors allow among the kinds that are served. A place of a page is a
 * connection of the web, too, which may have as many without a page; of streams many may have one
 * connection. */
static void divide_places(server *self, const options *o) {
    bool has_web = !o->http || strcmp(o->http, "none") != 0;
    uint64_t each = clients_max() / (0U + options_have_lines(o) + has_web + (o->grpc != NULL));
    if (each == 0) each = 1;
    for (int i = 0; i < PLACE_KINDS; i++) self->places[i] = (edo_sem)EDO_SEM_INIT(each);
    uint64_t share = share_of_address(each);
    self->address_conns_max =
        o->per_address > 0 ? o->per_address : (uint32_t)least(ADDRESS_WANTED, share);
    self->http_conns_max = (uint32_t)least(each, UINT32_MAX);
    self->http_address_conns_max =
        (uint32_t)least((uint64_t)self->address_conns_max + REQUESTS_AT_ONCE, share);
}

int server_init(server *self, const options *o, storage *kept) {
    *self = (server){ .options = o, .storage = kept };
    const edo_keyed_limiter_opts arrivals = {
        .limit = { .num = COMING_PER_SECOND, .burst = COMING_BURST }, .forgets = true
    };
    const edo_keyed_limiter_opts reads = { .limit = { .num = READS_PER_SECOND,
                                                      .burst = ADDRESS_WANTED } };
    const edo_keyed_limiter_opts speech = { .limit = { .num = SPEECH_SHARE * (uint64_t)o->rate,
                                                       .burst = SPEECH_BURST } };
    divide_places(self, o);
    int err = directory_init(&self->directory, o->history, kept);
    if (err < 0) return err;
    question_init(&self->question, &self->directory);
    late_init(&self->late);
    err = edo_keyed_sem_new(&self->addresses, self->address_conns_max);
    if (err == 0) err = edo_keyed_limiter_new(&self->arrivals, &arrivals);
    if (err == 0) err = edo_keyed_limiter_new(&self->reads, &reads);
    if (err == 0 && o->rate > 0) err = edo_keyed_limiter_new(&self->speech, &speech);
    if (err == 0) err = edo_keyed_sem_new(&self->found, FOUND_WANTED);
    if (err == 0) err = edo_keyed_sem_new(&self->late_found, LATE_SHOWN);
    if (err == 0) err = edo_cancel_new(&self->draining);
    if (err == 0) err = leavers_init(&self->leavers);
    if (err < 0) server_deinit(self);
    return err;
}

void server_deinit(server *self) {
    leavers_deinit(&self->leavers);
    edo_cancel_unref(self->draining);
    directory_deinit(&self->directory);
    edo_keyed_limiter_free(self->speech);
    edo_keyed_limiter_free(self->reads);
    edo_keyed_limiter_free(self->arrivals);
    edo_keyed_sem_free(self->late_found);
    edo_keyed_sem_free(self->found);
    edo_keyed_sem_free(self->addresses);
}

edo_duration server_end_max(const server *self) {
    int64_t ns = self->http_conns_max * SERVER_END_EACH.ns; // of each kind there may be as many
    return edo_ns(ns < SERVER_END_MOST.ns ? ns : SERVER_END_MOST.ns);
}

bool server_may_speak(const server *self, edo_str address) {
    return !self->speech || edo_keyed_limiter_check(self->speech, NULL, address, 1) == 0;
}

/* ---- The end of a server among several ------------------------------------------------------- */

int leavers_init(leavers *self) {
    *self = (leavers){ .waiting_n = 0 };
    pthread_mutex_init(&self->lock, NULL);
    TAILQ_INIT(&self->waiting);
    return edo_cancel_new(&self->begun);
}

void leavers_deinit(leavers *self) {
    edo_cancel_unref(self->begun);
    pthread_mutex_destroy(&self->lock);
}

bool server_is_leaving(const server *self) {
    return edo_cancel_is_set(self->leavers.begun);
}

void leaver_add(server *self, leaver *l) {
    leavers *all = &self->leavers;
    pthread_mutex_lock(&all->lock);
    l->is_in = !all->is_over;
    all->here_n++;
    if (l->is_in) {
        TAILQ_INSERT_TAIL(&all->waiting, l, link);
        all->waiting_n++;
    }
    pthread_mutex_unlock(&all->lock);
    if (!l->is_in) l->leave(l);
}

/* Lock held. */
static void leaver_take(leavers *all, leaver *l) {
    TAILQ_REMOVE(&all->waiting, l, link);
    all->waiting_n--;
    l->is_in = false;
}

void leaver_remove(server *self, leaver *l) {
    leavers *all = &self->leavers;
    pthread_mutex_lock(&all->lock);
    if (l->is_in) leaver_take(all, l);
    all->here_n--;
    pthread_mutex_unlock(&all->lock);
}

/* Tells one client. The lock is held meanwhile, so that it is not freed. Returns whether there was
 * one. */
static bool leave_one(leavers *all) {
    pthread_mutex_lock(&all->lock);
    leaver *l = TAILQ_FIRST(&all->waiting);
    if (l) leaver_take(all, l);
    if (l) l->leave(l);
    pthread_mutex_unlock(&all->lock);
    return l;
}

/* How many of them that number tells of. */
static size_t leavers_n(leavers *all, const size_t *number) {
    pthread_mutex_lock(&all->lock);
    size_t n = *number;
    pthread_mutex_unlock(&all->lock);
    return n;
}

/* Evenly over that time, but not more slowly than is good for anybody. */
static void leave_in_turn(leavers *all, edo_duration over) {
    const double second = (double)edo_s(1).ns, span = (double)over.ns / second;
    double rate = (double)leavers_n(all, &all->waiting_n) / span, least_rate = LEAVE_PER_SECOND,
           told = 0;
    if (rate < least_rate) rate = least_rate;
    edo_instant begun = edo_now();
    double at = 0;
    while (at < span && leavers_n(all, &all->waiting_n) > 0) {
        while (told < at * rate && leave_one(all)) told++;
        if (edo_sleep(leave_tick) < 0) return;
        at = (double)edo_instant_since(edo_now(), begun).ns / second;
    }
}

/* A terminal is read until it is silent; a page has still to close. */
static void leave_await_last(leavers *all) {
    EDO_DEADLINE(d, leave_last);
    int err = 0;
    while (err == 0 && leavers_n(all, &all->here_n) > 0) err = edo_sleep(leave_tick);
    (void)edo_deadline_end(&d, err);
}

edo_duration leave_end_max(const server *self) {
    return edo_ns(self->options->drain.ns + leave_last.ns + edo_s(1).ns);
}

int leave_run(void *arg) {
    server *self = arg;
    leavers *all = &self->leavers;
    int err = edo_sleep(edo_ns(EDO_FOREVER_NS));
    EDO_SHIELD(sh, edo_ns(-1));
    edo_cancel(all->begun, EDO_CANCEL_SIGNAL);
    leave_in_turn(all, self->options->drain);
    pthread_mutex_lock(&all->lock);
    all->is_over = true;
    pthread_mutex_unlock(&all->lock);
    while (leave_one(all)) {
    }
    leave_await_last(all);
    (void)edo_shield_end(&sh, 0);
    return err;
}

/* ---- Places ---------------------------------------------------------------------------------- */

bool address_is_own(const edo_addr *addr) {
    static const char *const texts[] = { "127.0.0.0/8", "::1" };
    edo_addr_range range;
    for (size_t i = 0; i < EDO_COUNT(texts); i++)
        if (edo_addr_range_parse(&range, texts[i]) == 0 && edo_addr_range_has(&range, addr))
            return true;
    return false;
}

int ticket_take(ticket *self, server *at, place_kind kind, const edo_addr *from) {
    *self = (ticket){ .at = at, .kind = kind };
    if (edo_sem_try_acquire(&at->places[kind], 1) < 0) return -EMFILE;
    if (!from || ticket_count(self, from) == 0) return 0;
    edo_sem_release(&at->places[kind], 1);
    return -EBUSY;
}

int ticket_count(ticket *self, const edo_addr *from) {
    edo_str key = edo_addr_key(from, self->key);
    return edo_keyed_sem_try_acquire(self->at->addresses, &self->address, key) == 0 ? 0 : -EBUSY;
}

void ticket_return(ticket *self) {
    edo_keyed_sem_release(self->at->addresses, self->address);
    edo_sem_release(&self->at->places[self->kind], 1);
}

edo_str ticket_key(const ticket *self) {
    return (edo_str){ self->key, sizeof self->key };
}
