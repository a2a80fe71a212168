/* SPDX-License-Identifier: MIT */
/* sim/world/world.c: hosts take turns, and time goes on when none of them can run.
 *
 *     at one time:   each host that has something to do has a turn, in an order by the seed, until
 *                    none has
 *     then:          time goes on to what is first: an event of the network, a timer of a host, or
 *                    a deed
 *
 * inv. 1: a host's program runs in its turns only, and at its end.
 * inv. 1 is not asserted: it is how the world calls hosts. */
#include "sim/world/world.h"

#include "base/memory/alloc.h"
#include "base/opts.h"
#include "base/world/worlds.h"
#include "log/receivers.h"
#include "log/tell.h"
#include "net/raw_socket.h"
#include "sim/disk/disk.h"

#include <edo/error.h>
#include <edo/receiver.h>

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define CRASH_WITHIN_NS    2000000
#define CRASH_WITHIN_CALLS 24
#define HOSTS_MAX          60000u              /* that have an address each */
#define BEGIN_S            INT64_C(1893456000) /* 2030-01-01 */
#define TURNS_MAX          4000000 /* of a host at one time: some seconds of the machine's */
#define LOOKS_MAX          100000000

static EDOI_THREAD_LOCAL edoi_sim_host *here;
static EDOI_THREAD_LOCAL edo_sim *world_here; /* the thread's world; NULL: none */

EDOI_OPAQUE edoi_sim_host *edoi_sim_here(void) {
    EDOI_COMPILER_BARRIER();
    return here;
}

EDOI_OPAQUE edoi_sim_host *edoi_sim_switch(edoi_sim_host *to) {
    EDOI_COMPILER_BARRIER();
    edoi_sim_host *before = here;
    here = to;
    edoi_worlds_switch(to != NULL);
    edoi_receivers_switch(to ? ntohl(to->v4.s_addr) : 0);
    return before;
}

/* ---- What goes wrong ------------------------------------------------------------------------- */

void edoi_sim_fail(edo_sim *sim, int err, const char *form, ...) {
    va_list args;
    if (sim->failure < 0) return;
    sim->failure = err;
    sim->failed_at = sim->events.n;
    va_start(args, form);
    (void)vsnprintf(sim->why, sizeof sim->why, form, args);
    va_end(args);
}

void edoi_sim_refuse(edoi_sim_host *self, const char *call) {
    int64_t ms = edo_sim_now(self->in).ns / 1000000;
    edoi_tell("edo sim: after %" PRId64 " ms host %s calls %s, which a simulated world does not "
              "have\n",
              ms, self->name, call);
    edoi_sim_fail(self->in, -ENOTSUP, "host %s has called %s", self->name, call);
}

static void on_blocking(void *arg, edoi_simnode *node, int fd) {
    (void)arg, (void)node, (void)fd;
    if (edoi_sim_here()) edoi_sim_refuse(edoi_sim_here(), "a socket that blocks");
}

/* ---- The world ------------------------------------------------------------------------------- */

static uint64_t seed_of_world(const edo_sim_opts *opts) {
    const char *text = opts->seed == 0 ? getenv("EDO_SIM_SEED") : NULL;
    uint64_t seed = text ? strtoull(text, NULL, 0) : opts->seed;
    return seed > 0 ? seed : 1;
}

static bool sim_opts_are_good(const edo_sim_opts *opts, edoi_simlink_opts *link) {
    return edoi_sim_clock_opts_are_good(opts) && edoi_sim_link_opts(&opts->link, link) &&
           opts->begin.ns >= 0 && opts->begin.ns < 1000000000 &&
           edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved));
}

edo_sim *edo_sim_new(const edo_sim_opts *opts) {
    static const edo_sim_opts defaults = { 0 };
    edoi_simlink_opts link;
    if (!opts) opts = &defaults;
    if (world_here || !sim_opts_are_good(opts, &link)) return NULL;
    edo_sim *sim = edoi_calloc(1, sizeof *sim);
    if (!sim) return NULL;
    bool has_begin = opts->begin.s != 0 || opts->begin.ns != 0;
    sim->seed = seed_of_world(opts);
    sim->clock_most = edoi_sim_clock_most(opts);
    sim->begin = has_begin ? opts->begin : (edo_wall){ .s = BEGIN_S };
    sim->turns_max = TURNS_MAX;
    sim->looks_max = LOOKS_MAX;
    sim->job_max_ns = opts->job_max.ns == 0 ? edo_ms(1).ns : opts->job_max.ns;
    const edoi_simnet_opts net = { .seed = sim->seed,
                                   .shuffle = true,
                                   .on_blocking = on_blocking,
                                   .on_packet = edoi_sim_event_packet,
                                   .arg = sim };
    sim->machine = epoll_create1(EPOLL_CLOEXEC);
    int err = sim->machine < 0 ? -errno : edoi_sim_events_begin(&sim->events);
    if (err == 0) err = edoi_simnet_new(&sim->net, &net);
    if (err == 0) err = edoi_simlink_set(sim->net, NULL, NULL, &link);
    if (err == 0) err = edoi_sim_faults_begin(&sim->faults);
    if (err == 0) err = edoi_sim_log_begin(sim);
    if (err < 0) {
        edo_sim_free(sim);
        return NULL;
    }
    edoi_calls_see_libc();
    edoi_sim_chance_begin(sim->seed);
    const uint64_t once = edoi_simnet_random(sim->net);
    edoi_worlds_begin((const uint64_t[]){ once, edoi_simnet_random(sim->net) });
    world_here = sim;
    return sim;
}

static void vars_free(edoi_sim_var *first) {
    for (edoi_sim_var *next; first; first = next) {
        next = first->next;
        edoi_free(first);
    }
}

void edo_sim_free(edo_sim *sim) {
    if (!sim) return;
    edoi_sim_faults_end(sim); // as of the last run: what follows is no part of it
    for (size_t i = 0; i < sim->hosts_n; i++) edoi_sim_host_stop(sim->hosts[i]);
    for (size_t i = 0; i < sim->hosts_n; i++) edoi_sim_host_free(sim->hosts[i]);
    vars_free(sim->vars);
    edoi_sim_points_free(sim);
    edoi_sim_chance_end(sim);
    edoi_simnet_free(sim->net);
    edoi_sim_events_end(&sim->events);
    edo_log_remove(sim->log);
    edoi_free(sim->hosts);
    if (sim->machine >= 0) (void)close(sim->machine);
    edoi_free(sim->ready);
    edoi_free(sim->deeds);
    edoi_free(sim->ways);
    edoi_sim_splits_free(sim);
    edoi_free(sim->calm.all);
    if (world_here == sim) edoi_worlds_end();
    if (world_here == sim) world_here = NULL;
    edoi_free(sim);
}

uint64_t edo_sim_digest(const edo_sim *sim) {
    return sim->events.digest;
}

uint64_t edo_sim_events_n(const edo_sim *sim) {
    return sim->events.n;
}

edo_duration edo_sim_now(const edo_sim *sim) {
    return edo_ns(edoi_simnet_now(sim->net));
}

/* ---- Hosts ----------------------------------------------------------------------------------- */

edoi_sim_host *edoi_sim_find(const edo_sim *sim, const char *name) {
    for (size_t i = 0; i < sim->hosts_n; i++)
        if (strcmp(sim->hosts[i]->name, name) == 0) return sim->hosts[i];
    return NULL;
}

static bool host_name_is_good(const char *name) {
    size_t n = strlen(name);
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
    return n > 0 && n < EDOI_SIM_NAME_BYTES && strspn(name, allowed) == n &&
           strcmp(name, "localhost") != 0;
}

static int sim_host_new(edoi_sim_host **out, edo_sim *sim, const char *name) {
    edoi_sim_host *self = edoi_calloc(1, sizeof *self);
    if (!self) return -ENOMEM;
    uint32_t nth = (uint32_t)sim->hosts_n + 1;
    self->in = sim;
    self->clock = edoi_sim_clock_draw(sim, nth);
    (void)snprintf(self->name, sizeof self->name, "%s", name);
    self->v4.s_addr = htonl(UINT32_C(10) << 24 | nth);
    self->v6.s6_addr[0] = 0xfd;
    self->v6.s6_addr[14] = (uint8_t)(nth >> 8);
    self->v6.s6_addr[15] = (uint8_t)nth;
    int err = edoi_simnode_add(sim->net, &self->node, self->name, &self->v4, &self->v6);
    if (err < 0) {
        edoi_free(self);
        return err;
    }
    *out = self;
    return 0;
}

static int add_host(edo_sim *sim, const char *name, edo_task_fn *fn, void *arg, bool is_client) {
    if (!host_name_is_good(name) || sim->hosts_n >= HOSTS_MAX) return -EINVAL;
    if (edoi_sim_find(sim, name)) return -EEXIST;
    edoi_sim_host **hosts = edoi_realloc(sim->hosts, (sim->hosts_n + 1) * sizeof *hosts);
    if (!hosts) return -ENOMEM;
    sim->hosts = hosts;
    edoi_sim_host **ready = edoi_realloc(sim->ready, (sim->hosts_n + 1) * sizeof *ready);
    if (!ready) return -ENOMEM;
    sim->ready = ready;
    int err = sim_host_new(&hosts[sim->hosts_n], sim, name);
    if (err < 0) return err;
    edoi_sim_host *self = hosts[sim->hosts_n++];
    self->fn = fn;
    self->arg = arg;
    self->is_client = is_client;
    sim->clients_n += is_client;
    sim->has_fresh = true;
    return 0;
}

int edo_sim_host(edo_sim *sim, const char *name, edo_task_fn *fn, void *arg) {
    return add_host(sim, name, fn, arg, false);
}

int edo_sim_client(edo_sim *sim, const char *name, edo_task_fn *fn, void *arg) {
    return add_host(sim, name, fn, arg, true);
}

int edo_sim_env(edo_sim *sim, const char *host, const char *name, const char *value) {
    edoi_sim_host *of = host ? edoi_sim_find(sim, host) : NULL;
    size_t name_bytes = strlen(name) + 1, value_bytes = strlen(value) + 1;
    if (host && !of) return -EINVAL;
    edoi_sim_var *v = edoi_calloc(1, sizeof *v + name_bytes + value_bytes);
    if (!v) return -ENOMEM;
    edoi_sim_var **list = of ? &of->vars : &sim->vars;
    memcpy(v->name, name, name_bytes);
    memcpy(v->name + name_bytes, value, value_bytes);
    v->value = v->name + name_bytes;
    v->next = *list;
    *list = v;
    return 0;
}

/* ---- Deeds of hosts -------------------------------------------------------------------------- */

/* Unless its disk has crashed in between, and the host with it. */
static void deed_crash_at_last(edo_sim *sim, const edoi_sim_deed *deed) {
    (void)sim;
    if (deed->a->is_crash_due) edoi_sim_host_crash(deed->a); // whatever its program has done since
}

/* Hosts run only between deeds, and a job that uses a disk runs whole. So of a host with a disk
 * chance has the crash at once, or within the next calls of its disk, if they come soon. */
static void deed_crash(edo_sim *sim, const edoi_sim_deed *deed) {
    edoi_sim_host *self = deed->a;
    self->is_start_due = true;
    if (!edoi_sim_fault_is_done(sim, deed->number)) return;
    self->crash = deed->number;
    bool is_at_once =
        !self->disk || self->state != EDOI_SIM_RUNS || edoi_simnet_random(sim->net) % 3 == 0;
    edoi_sim_deed last = { .at_ns = edoi_simnet_now(sim->net) + CRASH_WITHIN_NS,
                           .fn = deed_crash_at_last,
                           .a = self };
    self->is_crash_due = true;
    if (is_at_once || edoi_sim_plan(sim, &last) < 0) {
        edoi_sim_host_crash(self);
    } else {
        edoi_simdisk_crash_within(self->disk,
                                  1 + edoi_simnet_random(sim->net) % CRASH_WITHIN_CALLS);
    }
}

static void start_machine(edoi_sim_host *self) {
    edoi_simnode_restart(self->node);
    int err = edoi_sim_host_begin(self);
    if (err < 0) edoi_sim_fail(self->in, err, "host %s does not begin", self->name);
}

/* A start belongs to the crash before it in time, whichever was asked for first: without the crash
 * there is none. One without a crash before it is a fault by itself. */
static void deed_restart(edo_sim *sim, const edoi_sim_deed *deed) {
    edoi_sim_host *self = deed->a;
    uint64_t number = self->is_start_due ? self->crash : edoi_sim_fault(sim);
    self->is_start_due = false;
    self->crash = 0;
    if (number == 0 || !edoi_sim_fault_is_done(sim, number)) return;
    const bool is_down = self->state == EDOI_SIM_CRASHED;
    edoi_sim_fault_note(sim, number, deed->at_ns, "host %s %sstarts again", self->name,
                        is_down ? "" : "crashes, and ");
    if (!is_down) edoi_sim_host_crash(self);
    start_machine(self);
}

/* The fault that has the deed's number is over. Another one may have had the host start before. */
static void deed_start_if_down(edo_sim *sim, const edoi_sim_deed *deed) {
    edoi_sim_host *self = deed->a;
    if (self->is_crash_due) edoi_sim_host_crash(self);
    if (self->state != EDOI_SIM_CRASHED) return;
    self->is_start_due = false;
    self->crash = 0;
    edoi_sim_fault_note(sim, deed->number, deed->at_ns, "host %s starts again", self->name);
    start_machine(self);
}

static void deed_resume(edo_sim *sim, const edoi_sim_deed *deed) {
    edoi_sim_host *self = deed->a;
    (void)sim;
    if (self->paused_n == 0 || self->life != deed->number) return; // it has crashed since
    self->paused_n--;
    edoi_sim_host_go_on(self);
}

/* Its number is for how long, in ns. What follows is for the program that stands still now, not for
 * one that begins later. */
static void deed_pause(edo_sim *sim, const edoi_sim_deed *deed) {
    edoi_sim_host *self = deed->a;
    edo_duration within = edo_ns((int64_t)deed->number);
    if (self->state != EDOI_SIM_RUNS) return;
    self->paused_n++;
    if (within.ns < 0) return;
    const edoi_sim_deed resume = { .at_ns = edoi_sim_end_of(sim, edo_sim_now(sim), within),
                                   .fn = deed_resume,
                                   .a = self,
                                   .number = self->life };
    if (edoi_sim_plan(sim, &resume) < 0) edoi_sim_fail(sim, -ENOMEM, "no memory for a pause");
}

static void deed_signal(edo_sim *sim, const edoi_sim_deed *deed) {
    (void)sim;
    edoi_sim_host_signal(deed->a, (int)deed->number);
}

static void deed_call(edo_sim *sim, const edoi_sim_deed *deed) {
    (void)sim;
    deed->call(deed->arg);
}

static int find_host(const edo_sim *sim, const char *host, edoi_sim_deed *deed) {
    deed->a = edoi_sim_find(sim, host);
    return deed->a && deed->at_ns >= 0 ? 0 : -EINVAL;
}

/* A fault that is left out has happened, as far as the caller is concerned. The host is disturbed
 * from then on. */
static int plan_trouble(edo_sim *sim, uint64_t number, const edoi_sim_deed *deed, int64_t until_ns,
                        edoi_sim_trouble_kind kind) {
    const edoi_sim_trouble trouble = { deed->a, deed->a, deed->at_ns, until_ns, kind };
    if (!edoi_sim_fault_is_done(sim, number)) return 0;
    int err = edoi_sim_disturb(sim, &trouble);
    return err < 0 ? err : edoi_sim_plan(sim, deed);
}

int edo_sim_crash(edo_sim *sim, const char *host, edo_duration at) {
    edoi_sim_deed deed = { .at_ns = at.ns, .fn = deed_crash };
    int err = find_host(sim, host, &deed);
    if (err < 0) return err;
    deed.number = edoi_sim_fault(sim);
    edoi_sim_fault_note(sim, deed.number, at.ns, "host %s crashes", host);
    edoi_sim_trouble_kind kind =
        edoi_sim_fault_is_done(sim, deed.number) ? EDOI_SIM_DOWN : EDOI_SIM_UP;
    err = edoi_sim_disturb(sim, &(edoi_sim_trouble){ deed.a, deed.a, at.ns, 0, kind });
    return err < 0 ? err : edoi_sim_plan(sim, &deed); // if it is left out for the start behind it
}

int edoi_sim_crash_for(edo_sim *sim, const char *host, edo_duration at, edo_duration within) {
    edoi_sim_deed deed = { .at_ns = at.ns, .fn = deed_crash };
    int err = find_host(sim, host, &deed);
    if (err < 0) return err;
    deed.number = edoi_sim_fault(sim);
    if (!edoi_sim_fault_is_done(sim, deed.number)) return 0;
    edoi_sim_fault_note(sim, deed.number, at.ns, "host %s crashes", host);
    const int64_t until_ns = edoi_sim_end_of(sim, at, within);
    err = plan_trouble(sim, deed.number, &deed, until_ns, EDOI_SIM_BESET);
    deed.at_ns = until_ns;
    deed.fn = deed_start_if_down;
    return err < 0 ? err : edoi_sim_plan(sim, &deed);
}

int edo_sim_restart(edo_sim *sim, const char *host, edo_duration at) {
    edoi_sim_deed deed = { .at_ns = at.ns, .fn = deed_restart };
    int err = find_host(sim, host, &deed);
    if (err < 0) return err;
    err = edoi_sim_disturb(sim, &(edoi_sim_trouble){ deed.a, deed.a, at.ns, 0, EDOI_SIM_STARTS });
    return err < 0 ? err : edoi_sim_plan(sim, &deed);
}

int edo_sim_pause(edo_sim *sim, const char *host, edo_duration at, edo_duration within) {
    edoi_sim_deed deed = { .at_ns = at.ns, .fn = deed_pause, .number = (uint64_t)within.ns };
    int err = find_host(sim, host, &deed);
    if (err < 0) return err;
    uint64_t number = edoi_sim_fault(sim);
    edoi_sim_fault_note(sim, number, at.ns, "host %s stands still%s", host,
                        edoi_sim_spell(within, (char[EDOI_SIM_SPELL_BYTES]){ 0 }));
    int64_t until_ns = within.ns < 0 ? EDOI_SIM_TIME_MAX : edoi_sim_end_of(sim, at, within);
    return plan_trouble(sim, number, &deed, until_ns, EDOI_SIM_BESET);
}

int edo_sim_signal(edo_sim *sim, const char *host, int signo, edo_duration at) {
    edoi_sim_deed deed = { .at_ns = at.ns, .fn = deed_signal, .number = (uint64_t)signo };
    if (signo <= 0 || signo >= NSIG || find_host(sim, host, &deed) < 0) return -EINVAL;
    uint64_t number = edoi_sim_fault(sim);
    edoi_sim_fault_note(sim, number, at.ns, "host %s gets signal %d", host, signo);
    bool is_end = signo == SIGINT || signo == SIGTERM || signo == SIGKILL;
    return plan_trouble(sim, number, &deed, at.ns, is_end ? EDOI_SIM_DOWN : EDOI_SIM_BESET);
}

int edo_sim_at(edo_sim *sim, edo_duration at, void (*fn)(void *arg), void *arg) {
    const edoi_sim_deed deed = { .at_ns = at.ns, .fn = deed_call, .call = fn, .arg = arg };
    return at.ns < 0 ? -EINVAL : edoi_sim_plan(sim, &deed);
}

/* ---- Running --------------------------------------------------------------------------------- */

/* Also hosts that edo_sim_at()'s function has added. */
static int begin_fresh(edo_sim *sim) {
    int err = 0;
    for (size_t i = 0; sim->has_fresh && i < sim->hosts_n && err == 0; i++)
        if (sim->hosts[i]->state == EDOI_SIM_FRESH) err = edoi_sim_host_begin(sim->hosts[i]);
    sim->has_fresh = sim->has_fresh && err < 0;
    return err < 0 ? edo_fail(err, "a host does not begin") : 0;
}

/* Makes hosts ready that have events on real descriptors, as pipes. Returns whether one is. */
static bool look_at_machine(edo_sim *sim) {
    struct epoll_event came[64];
    bool has_some = false;
    int n = epoll_wait(sim->machine, came, (int)EDO_COUNT(came), 0);
    for (int i = 0; i < n; i++) {
        edoi_sim_host *h = came[i].data.ptr;
        if (h->state != EDOI_SIM_RUNS || h->paused_n > 0) continue;
        h->is_poked = has_some = true;
    }
    return has_some;
}

static int64_t first_timer(const edo_sim *sim) {
    int64_t first_ns = INT64_MAX;
    for (size_t i = 0; i < sim->hosts_n; i++) {
        const edoi_sim_host *h = sim->hosts[i];
        bool counts = h->state == EDOI_SIM_RUNS && h->paused_n == 0;
        if (counts && h->due_ns < first_ns) first_ns = h->due_ns;
    }
    return first_ns;
}

static int64_t earlier_of(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static bool all_clients_have_ended(const edo_sim *sim) {
    size_t ended_n = 0;
    for (size_t i = 0; i < sim->hosts_n; i++)
        ended_n += sim->hosts[i]->is_client && sim->hosts[i]->state == EDOI_SIM_ENDED;
    return sim->clients_n > 0 && ended_n == sim->clients_n;
}

/* Are clients that were killed all that has not ended? As long as something is planned one may be
 * started again. */
static bool only_killed_are_left(const edo_sim *sim) {
    size_t killed_n = 0, ended_n = 0;
    for (size_t i = 0; i < sim->hosts_n; i++) {
        const edoi_sim_host *h = sim->hosts[i];
        killed_n += h->is_client && h->state == EDOI_SIM_KILLED;
        ended_n += h->is_client && h->state == EDOI_SIM_ENDED;
    }
    return killed_n > 0 && killed_n + ended_n == sim->clients_n && sim->deeds_n == 0;
}

static const char *words_of_state(edoi_sim_state state) {
    if (state == EDOI_SIM_KILLED) return " (killed)";
    return state == EDOI_SIM_CRASHED ? " (crashed)" : "";
}

/* Which clients have not ended. */
static void name_waiting(const edo_sim *sim, char out[EDOI_SIM_WHY_BYTES]) {
    size_t n = 0;
    *out = '\0';
    for (size_t i = 0; i < sim->hosts_n; i++) {
        const edoi_sim_host *h = sim->hosts[i];
        if (!h->is_client || h->state == EDOI_SIM_ENDED) continue;
        int more = snprintf(out + n, EDOI_SIM_WHY_BYTES - n, "%s%s%s", n > 0 ? ", " : "", h->name,
                            words_of_state(h->state));
        n += more > 0 ? (size_t)more : 0;
        if (n >= EDOI_SIM_WHY_BYTES) return;
    }
}

static int tell_waiting(const edo_sim *sim, int err, const char *why) {
    char names[EDOI_SIM_WHY_BYTES];
    name_waiting(sim, names);
    return edo_fail(err, "%s after %" PRId64 " ms; these clients have not ended: %s", why,
                    edo_sim_now(sim).ns / 1000000, names);
}

/* Time goes on to what is first, at most to `until_ns`. Returns false if it is there, and nothing
 * is due. */
static bool go_on(edo_sim *sim, int64_t next_ns, int64_t until_ns) {
    bool is_in_time = next_ns <= until_ns;
    edoi_simnet_advance(sim->net, is_in_time ? next_ns : until_ns);
    if (is_in_time) edoi_sim_plan_run(sim);
    return is_in_time;
}

static int run_until(edo_sim *sim, int64_t until_ns) {
    for (;;) {
        int err = begin_fresh(sim);
        if (err < 0) return err;
        while (sim->failure == 0 && (edoi_sim_turn_all(sim) || look_at_machine(sim))) {
        }
        if (sim->failure < 0)
            return edo_fail(sim->failure, "%s, at event %" PRIu64, sim->why, sim->failed_at);
        if (all_clients_have_ended(sim)) return 0;
        if (only_killed_are_left(sim)) return tell_waiting(sim, -EINTR, "a signal has ended one");
        int64_t next_ns = earlier_of(earlier_of(edoi_simnet_next(sim->net), first_timer(sim)),
                                     edoi_sim_plan_next(sim));
        if (next_ns == INT64_MAX && sim->clients_n > 0)
            return tell_waiting(sim, -EDEADLK, "nothing can happen any more");
        if (go_on(sim, next_ns, until_ns)) continue;
        return sim->clients_n > 0 ? tell_waiting(sim, -ETIMEDOUT, "the time is over") : 0;
    }
}

int edo_sim_run(edo_sim *sim, edo_duration most) {
    if (most.ns < 0) return -EINVAL;
    return sim->result = run_until(sim, edoi_sim_end_of(sim, edo_ns(0), most));
}
