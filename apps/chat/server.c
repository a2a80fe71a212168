/* SPDX-License-Identifier: MIT */
/* server.c: see server.h. */
#include "server.h"

#include <edo/runtime.h>
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
#define DESCRIPTORS_WORKER 2 /* of each worker */

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
    err = edo_keyed_sem_new(&self->addresses, self->address_conns_max);
    if (err == 0) err = edo_keyed_limiter_new(&self->arrivals, &arrivals);
    if (err == 0) err = edo_keyed_limiter_new(&self->reads, &reads);
    if (err == 0 && o->rate > 0) err = edo_keyed_limiter_new(&self->speech, &speech);
    if (err == 0) err = edo_keyed_sem_new(&self->found, FOUND_WANTED);
    if (err == 0) err = edo_cancel_new(&self->draining);
    if (err < 0) server_deinit(self);
    return err;
}

void server_deinit(server *self) {
    edo_cancel_unref(self->draining);
    directory_deinit(&self->directory);
    edo_keyed_limiter_free(self->speech);
    edo_keyed_limiter_free(self->reads);
    edo_keyed_limiter_free(self->arrivals);
    edo_keyed_sem_free(self->found);
    edo_keyed_sem_free(self->addresses);
}

bool server_may_speak(const server *self, edo_str address) {
    return !self->speech || edo_keyed_limiter_check(self->speech, NULL, address, 1) == 0;
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
