/* SPDX-License-Identifier: MIT */
/* sim/world/world.h: a world and its hosts, as the parts of the world see them.
 *
 *     world.c   a world, its hosts, and its time
 *     clock.c   what time it is at a host
 *     turns.c   which host has the next turn, and which one has too many
 *     host.c    a host's program begins, and ends in one of several ways
 *     plan.c    what is to happen at a time
 *     ways.c    what is said of the ways between hosts
 *     split.c   hosts that fall apart into two sets
 *     disks.c   disks of hosts, and what goes wrong with them
 *     log.c     what hosts log, if EDO_SIM_LOG asks for it
 *     events.c  what has happened, as numbers that two runs of a seed have in common
 *
 *     faults/faults.c   the list of faults, some of which may be left out
 *     faults/bounce.c   a program is replaced by a new one
 *     faults/chaos.c    faults by chance
 *     faults/points.c   fault points that fail by chance
 *     faults/calm.c     what faults disturb, and when
 *
 * A thread has one world at most. While something of a host runs, edoi_sim_here() has the host: so
 * the calls of src/sim/calls know who calls.
 *
 * Threads: a world is used by one. */
#ifndef EDOI_SIM_WORLD_WORLD_H
#define EDOI_SIM_WORLD_WORLD_H

#include "runtime/control/world.h"
#include "sim/net/net.h"

#include <edo/sim.h>

#include <stdio.h>

#define EDOI_SIM_NAME_BYTES 64
#define EDOI_SIM_WHY_BYTES  1024

struct edoi_simdisk;
typedef struct edoi_sim_host edoi_sim_host;

/* A variable of an environment. */
typedef struct edoi_sim_var {
    struct edoi_sim_var *next;
    char *value; /* in `name` behind its NUL */
    char name[];
} edoi_sim_var;

/* How the clocks of a host go wrong. */
typedef struct edoi_sim_clock {
    int64_t skew_ns;   /* how far its wall clock is ahead */
    int64_t drift_ppb; /* ns that its clocks gain in a second */
} edoi_sim_clock;

/* What a host has done since its time has moved on. */
typedef struct edoi_sim_moment {
    int64_t at_ns;
    uint64_t turns_n, looks_n; /* turns it had; how often it has looked at the clock */
} edoi_sim_moment;

/* What a host's program does. */
typedef enum edoi_sim_state {
    EDOI_SIM_FRESH, /* it begins with the next run */
    EDOI_SIM_RUNS,
    EDOI_SIM_ENDED,   /* its root has returned */
    EDOI_SIM_KILLED,  /* a signal has ended it */
    EDOI_SIM_CRASHED, /* the machine stands */
} edoi_sim_state;

struct edoi_sim_host {
    edoi_world world; /* first */
    edo_sim *in;      /* const */
    edoi_simnode *node;
    struct in_addr v4;    /* const */
    struct in6_addr v6;   /* const */
    edoi_sim_clock clock; /* const */
    edo_task_fn *fn;      /* const */
    void *arg;            /* const */
    bool is_client;       /* const */

    edoi_sim_state state;
    uint64_t life;       /* how often its program has begun */
    edo_runtime *rt;     /* NULL unless it runs */
    bool has_more;       /* its last turn has left tasks that can run */
    bool is_poked;       /* something has happened to it outside its turns */
    bool is_over;        /* its root has returned, and its end is due */
    bool is_ending;      /* its tasks run to their end, in a time of their own */
    bool is_crash_due;   /* its machine crashes within the next calls of its disk, or soon */
    bool is_told_to_end; /* its program, by a signal */
    bool is_late;        /* it has looked too often at a clock that stood still: now it goes on */
    edoi_sim_moment moment;
    unsigned paused_n;
    unsigned jobs_n;   /* whose time has come while it stands still */
    bool is_start_due; /* a crash was due since its last start, be it one that was left out */
    uint64_t crash;    /* the last of these that was not left out; 0: none */
    int64_t due_ns;    /* when its first timer is due; INT64_MAX: none */
    int64_t ahead_ns;  /* of the world's time: while it ends, or is late */
    int result;        /* of its root */
    edoi_sim_var *vars;
    struct edoi_simdisk *disk; /* NULL: its files are the machine's */
    int64_t slow_ns;           /* so much later do its jobs begin */

    char name[EDOI_SIM_NAME_BYTES]; /* const */
};

/* What is to happen at a time. */
typedef struct edoi_sim_deed {
    int64_t at_ns;
    uint64_t nth; /* counts deeds as they were planned; orders deeds of the same time */
    void (*fn)(edo_sim *sim, const struct edoi_sim_deed *self);
    edoi_sim_host *a, *b; /* NULL: all others */
    uint64_t number;      /* as the deed has it */
    void (*call)(void *arg);
    void *arg;
} edoi_sim_deed;

/* What is said of one way between two hosts. */
typedef struct edoi_sim_way {
    edoi_sim_host *from, *to;
    unsigned cut_n, held_n;
} edoi_sim_way;

/* Hosts that fall apart into two sets. */
typedef struct edoi_sim_split {
    struct edoi_sim_split *next;
    size_t cut_n; /* hosts that existed when it began: later ones are not cut off */
    size_t n;     /* hosts that `is_in` knows; later ones are in the other set */
    bool is_in[];
} edoi_sim_split;

/* Each event has a number, and a digest of all so far says whether two runs are equal: no address
 * of memory is in it, and no time but the world's. */
typedef enum edoi_sim_event_kind {
    EDOI_SIM_BEGINS, /* a program */
    EDOI_SIM_TURN,   /* of a host; what it has done so far */
    EDOI_SIM_ENDS,   /* a program; its result */
    EDOI_SIM_CRASH,
    EDOI_SIM_JOB,
    EDOI_SIM_DRAW,   /* random bytes of a host; how many */
    EDOI_SIM_DEED,   /* of the plan; which one of all */
    EDOI_SIM_POINT,  /* a fault point fails */
    EDOI_SIM_PACKET, /* what becomes of it */
} edoi_sim_event_kind;

typedef struct edoi_sim_events {
    uint64_t n, digest;
    uint64_t stop_at; /* EDO_SIM_STOP; 0: nowhere */
    FILE *trace;      /* EDO_SIM_TRACE: a line for each event; NULL: none */
} edoi_sim_events;

/* What is done to hosts and ways. */
typedef struct edoi_sim_faults {
    uint64_t n;       /* faults asked for so far */
    const char *skip; /* EDO_SIM_SKIP: the faults that are left out */
    FILE *report;     /* EDO_SIM_REPORT; NULL: none */
} edoi_sim_faults;

/* A fault that is done: of one host (both are it), of ways between hosts (NULL: all others). */
typedef enum edoi_sim_trouble_kind {
    EDOI_SIM_BESET,  /* for a time */
    EDOI_SIM_DOWN,   /* until the host starts */
    EDOI_SIM_UP,     /* a crash that is left out, with the start behind it */
    EDOI_SIM_STARTS, /* for a moment */
} edoi_sim_trouble_kind;

typedef struct edoi_sim_trouble {
    const edoi_sim_host *a, *b;
    int64_t from_ns, until_ns; /* `until_ns` EDOI_SIM_TIME_MAX: never; of EDOI_SIM_BESET alone */
    edoi_sim_trouble_kind kind;
} edoi_sim_trouble;

typedef struct edoi_sim_calm {
    edoi_sim_trouble *all;
    size_t n, room;
} edoi_sim_calm;

typedef struct edoi_sim_point edoi_sim_point;
typedef struct edoi_sim_points edoi_sim_points;

struct edo_sim {
    edoi_simnet *net;
    edoi_sim_events events;
    edoi_sim_faults faults;
    edoi_sim_calm calm;
    edoi_sim_point *points;       /* that hosts have passed */
    edoi_sim_points *points_fail; /* when they fail */
    struct edo_receiver *log;     /* EDO_SIM_LOG; NULL: none */
    int result;                   /* of the last run */
    edo_wall begin;
    uint64_t seed;
    edoi_sim_clock clock_most; /* of hosts: the most */
    int64_t job_max_ns;
    bool has_drawn_file; /* a host has read /dev/urandom */

    edoi_sim_host **hosts;
    int machine;           /* an epoll set with the descriptors of all that run; -1: none yet */
    edoi_sim_host **ready; /* room for each host: turns.c */
    size_t hosts_n, clients_n;
    bool has_fresh;                /* a host that has not begun */
    uint64_t turns_max, looks_max; /* of a host at one time */
    edoi_sim_var *vars;            /* of all hosts */

    edoi_sim_deed *deeds; /* a heap, the first one at 0 */
    size_t deeds_n, deeds_room;
    uint64_t deeds_ever;

    edoi_sim_split *splits;
    edoi_sim_way *ways;
    size_t ways_n, ways_room;

    int failure;                  /* the first one; 0: none */
    uint64_t failed_at;           /* the event before it */
    char why[EDOI_SIM_WHY_BYTES]; /* what it was */
};

/* From now on OpenSSL, if the program has it, draws a host's random numbers by the world's seed;
 * libc's rand() begins by it. */
void edoi_sim_chance_begin(uint64_t seed);

/* No library goes on with numbers that it had from a world. */
void edoi_sim_chance_end(const edo_sim *sim);

/* Ends what the program of a host has open of lists of folders, with its descriptors, as its end
 * does. */
void edoi_sim_close_lists(const edoi_sim_host *host);

/* ---- The host that runs ---------------------------------------------------------------------- */

/* The host whose code runs on this thread; NULL: none. */
edoi_sim_host *edoi_sim_here(void);

/* From now on code of that host runs on this thread; NULL: of none. Returns the previous host. */
edoi_sim_host *edoi_sim_switch(edoi_sim_host *to);

/* Notes the first failure of the world. */
void edoi_sim_fail(edo_sim *sim, int err, const char *form, ...) EDO_PRINTF(3, 4);

/* A host has done what a world does not have; `call` names it. */
void edoi_sim_refuse(edoi_sim_host *self, const char *call);

/* NULL: there is none. */
edoi_sim_host *edoi_sim_find(const edo_sim *sim, const char *name);

/* ---- Events: events.c ------------------------------------------------------------------------ */

/* Opens the file that an environment variable names; NULL: it names none. Errors: as of fopen(),
 * and printed. */
EDO_MUST_USE int edoi_sim_file(const char *variable, FILE **out);

/* Errors: those of edoi_sim_file(). */
EDO_MUST_USE int edoi_sim_events_begin(edoi_sim_events *self);
void edoi_sim_events_end(edoi_sim_events *self);

/* Something happens; `host` NULL: to none alone. */
void edoi_sim_event(edo_sim *sim, const edoi_sim_host *host, edoi_sim_event_kind what,
                    uint64_t detail);

/* The net's hook; `arg` is the world. */
void edoi_sim_event_packet(void *arg, const struct edoi_simpacket *p, edoi_simfate fate);

/* ---- What hosts say: log.c ------------------------------------------------------------------- */

/* edo_log_remove() of `log` ends it. Errors: those of edo_log_add(). */
EDO_MUST_USE int edoi_sim_log_begin(edo_sim *sim);

/* ---- Faults: faults.c ------------------------------------------------------------------------ */

/* Errors: those of edoi_sim_file(). */
EDO_MUST_USE int edoi_sim_faults_begin(edoi_sim_faults *self);

/* Ends the report. */
void edoi_sim_faults_end(edo_sim *sim);

/* The number of a new fault. */
uint64_t edoi_sim_fault(edo_sim *sim);

/* False: it is left out. */
bool edoi_sim_fault_is_done(const edo_sim *sim, uint64_t number);

/* Writes into the report what the fault is. */
void edoi_sim_fault_note(edo_sim *sim, uint64_t number, int64_t at_ns, const char *form, ...)
    EDO_PRINTF(4, 5);

/* ---- Of machines: world.c -------------------------------------------------------------------- */

/* The machine crashes, and starts when that is over, if it is down then: crashes may overlap.
 * Errors: as edo_sim_crash(). */
EDO_MUST_USE int edoi_sim_crash_for(edo_sim *sim, const char *host, edo_duration at,
                                    edo_duration within);

/* ---- What faults disturb: calm.c ------------------------------------------------------------- */

/* Copies `trouble`. Errors: -ENOMEM. */
EDO_MUST_USE int edoi_sim_disturb(edo_sim *sim, const edoi_sim_trouble *trouble);

/* ---- Fault points: points.c ------------------------------------------------------------------ */

/* Fault points of a host fail for a time: `share` of all passes, as the fault with that number. */
struct edoi_sim_points {
    edoi_sim_points *next;
    const edoi_sim_host *at;
    uint64_t fault;
    double share;
    int64_t from_ns, until_ns;
};

/* Copies `how`. Errors: -ENOMEM. */
EDO_MUST_USE int edoi_sim_points_fail(edo_sim *sim, const edoi_sim_points *how);
void edoi_sim_points_free(edo_sim *sim);

/* ---- How long something is so ---------------------------------------------------------------- */

#define EDOI_SIM_SPELL_BYTES 40

/* How long something is so: " for 20.000 s", " for ever". Returns `text`. */
char *edoi_sim_spell(edo_duration within, char text[EDOI_SIM_SPELL_BYTES]);

/* ---- Hosts: host.c --------------------------------------------------------------------------- */

/* Makes its runtime and its root. */
EDO_MUST_USE int edoi_sim_host_begin(edoi_sim_host *self);

/* Is there something that it would do in a turn? */
bool edoi_sim_host_is_ready(const edoi_sim_host *self);
void edoi_sim_host_turn(edoi_sim_host *self);

/* The program has ended, by itself or by a signal: its kernel closes what is open. */
void edoi_sim_host_exit(edoi_sim_host *self);
void edoi_sim_host_crash(edoi_sim_host *self);

/* A program that runs gets a signal. */
void edoi_sim_host_signal(edoi_sim_host *self, int signo);

/* It stood still, and does no more: jobs whose time has come meanwhile run. */
void edoi_sim_host_go_on(edoi_sim_host *self);

/* The world ends: a host that runs crashes. Its tasks may look for other hosts. */
void edoi_sim_host_stop(edoi_sim_host *self);
void edoi_sim_host_free(edoi_sim_host *self);

/* ---- Clocks: clock.c ------------------------------------------------------------------------- */

bool edoi_sim_clock_opts_are_good(const edo_sim_opts *opts);
edoi_sim_clock edoi_sim_clock_most(const edo_sim_opts *opts);

/* Draws the clock of a host by the world's seed and the host's number, without a draw from the
 * world's chance: so all else is as in a world whose clocks are right. */
edoi_sim_clock edoi_sim_clock_draw(const edo_sim *sim, uint32_t nth);

/* How long its clocks have run, how much its monotonic one shows, and the wall clock. */
int64_t edoi_sim_host_elapsed(const edoi_sim_host *self);
int64_t edoi_sim_host_now(const edoi_sim_host *self);
edo_wall edoi_sim_host_wall(const edoi_sim_host *self);

/* How long the world waits until the host's clocks have gone on by `ns`, which are not negative. */
int64_t edoi_sim_host_wait(const edoi_sim_host *self, int64_t ns);

/* ---- Turns: turns.c -------------------------------------------------------------------------- */

/* One turn for each host that is ready, in an order by the seed. Returns whether there was one. */
bool edoi_sim_turn_all(edo_sim *sim);

/* A host has a turn. False: too many at one time, and the run has failed. */
bool edoi_sim_count_turn(edoi_sim_host *self);

/* A host looks at a clock, also of its calendar. */
void edoi_sim_count_look(edoi_sim_host *self);

/* ---- Deeds: plan.c --------------------------------------------------------------------------- */

/* No world is as old: clocks of hosts begin later, and do not overflow. */
#define EDOI_SIM_TIME_MAX (INT64_MAX / 4)

/* When something that begins at a time, or now if that has passed, is over. */
int64_t edoi_sim_end_of(const edo_sim *sim, edo_duration at, edo_duration within);

/* Copies the deed, whose `at_ns` may be past. Errors: -ENOMEM. */
EDO_MUST_USE int edoi_sim_plan(edo_sim *sim, const edoi_sim_deed *deed);

/* When the first one is due; INT64_MAX: there is none. */
int64_t edoi_sim_plan_next(const edo_sim *sim);

/* Does what is due. */
void edoi_sim_plan_run(edo_sim *sim);

/* ---- Ways: ways.c ---------------------------------------------------------------------------- */

/* Nothing passes one way, from now on; it is free again when all that cut it have healed it. */
EDO_MUST_USE int edoi_sim_way_cut(edo_sim *sim, edoi_sim_host *from, edoi_sim_host *to);
void edoi_sim_way_heal(edo_sim *sim, edoi_sim_host *from, edoi_sim_host *to);

/* split.c */
void edoi_sim_splits_free(edo_sim *sim);

/* Is `link` allowed? Then `*out` is what it means. */
bool edoi_sim_link_opts(const edo_sim_link *link, edoi_simlink_opts *out);

#endif
