/* SPDX-License-Identifier: MIT */
/* state.h: what the checker knows during one run ("execution") of a model, and of the way it took.
 *
 * All of it lies outside the program's own memory, which goes back to its beginning before each
 * run.
 *
 *   explore.c  which thread is next, which value a load returns; going back and trying another
 *   memory.c   the memory model: what a load may answer, what happens before what
 *   seq.c      the order of sequentially consistent operations
 *   later.c    loads that answer a store that comes later
 *   plain.c    data races, lifetime of allocations
 *   threads.c  stacks, thread-locals, the beginning of each run
 *   statics.c  static data, which begin anew in each run
 *   sync.c     mutexes, conditions, the kernel's events
 *   libc.c     what else the code under test asks of the C library
 *   report.c   options, what is printed */
#ifndef EDOI_MODEL_STATE_H
#define EDOI_MODEL_STATE_H

#include "model.h"

#include <edo/compiler.h>

#define THREADS_MAX 4
#define LOCS_MAX    256
#define STORES_MAX  64
#define STEPS_MAX   2000
#define NOBODY      THREADS_MAX

/* A place in the source where an atomic operation stands. */
typedef struct site {
    struct site *next;   /* of the hash chain */
    const char *literal; /* one of the texts of the code that were met with it */
    char file[128];
    int line;
    int order;  /* as it is written, the strongest of the line */
    int weaken; /* EDOI_MODEL_ order that it is limited to, or -1 */
    bool hit;   /* met while several threads lived */
} site;

/* What a thread has seen of each location: the index of a store. */
typedef struct view {
    uint16_t at[LOCS_MAX];
} view;

/* A set of sequentially consistent operations: seq.c. */
#define SEQ_MAX 256
typedef struct seq_set {
    uint64_t bits[SEQ_MAX / 64];
} seq_set;

/* What a release hands over to an acquire. */
typedef struct bundle {
    uint16_t clock[THREADS_MAX];
    view seen;
    seq_set before; /* that come before what follows the acquire */
    /* that come before the acquire itself, if that is sequentially consistent */
    seq_set before_seq;
} bundle;

typedef struct store {
    uint64_t value;
    const bundle *release; /* NULL: nothing is handed over */
    uint8_t thread;
    uint16_t seq; /* number + 1 of the sequentially consistent operation that made it, or 0 */
    seq_set seq_readers; /* those that have read it */
} store;

/* An atomic word. Stores are numbered in modification order, which is the order of execution; those
 * that nobody can read any more are forgotten. */
typedef struct location {
    char *at;
    uint8_t bytes;
    bool dead;                                        /* plain memory again */
    uint16_t first;                                   /* number of stores[0] */
    uint16_t stores_n;                                /* kept */
    uint16_t read[THREADS_MAX], written[THREADS_MAX]; /* clock of the last atomic access */
    store stores[STORES_MAX];
} location;

typedef enum op_kind {
    OP_START,
    OP_LOAD,
    OP_STORE,
    OP_RMW,
    OP_CAS,
    OP_FENCE,
    OP_BARRIER, /* a fence in every thread */
    OP_YIELD,
    OP_CHOOSE,
    OP_LOCK,
    OP_TRY,
    OP_UNLOCK,
    OP_ENROLL, /* among the waiters of a condition */
    OP_WOKEN,
    OP_SIGNAL,
    OP_KICK,  /* makes an event */
    OP_SLEEP, /* takes an event */
    OP_POLL,  /* takes one if there is one */
    OP_JOIN,
    OP_QUIET, /* all others have ended, or sleep and nobody wakes them */
    OP_END,
    OP_HELD, /* of a thread that has failed: see later.c */
} op_kind;

/* The next operation of a thread. */
typedef struct op {
    op_kind kind;
    int order;
    const void *at; /* what it is done to */
    const site *site;
    uint64_t watched[LOCS_MAX / 64]; /* OP_YIELD: locations */
} op;

/* A mutex, a condition or an event. */
typedef struct sync_object {
    const void *at;
    unsigned holder;  /* mutex: thread or NOBODY */
    unsigned waiting; /* condition: mask of threads */
    uint64_t events;  /* of an epoll: mask of descriptors */
    bundle handed;
} sync_object;

typedef struct thread {
    void *sp;
    char *stack, *stack_top, *tls;
    edoi_model_thread_fn *fn;
    void *arg;
    void *(*pthread_fn)(void *); /* of a thread that the code under test made */
    bool alive;
    bool woken;                      /* from a condition */
    op op;                           /* announced, not yet done */
    bundle now;                      /* what it knows: its clock and view */
    bundle unacquired;               /* what an acquire fence would add */
    const bundle *released;          /* what relaxed stores after a release fence hand over */
    uint64_t watched[LOCS_MAX / 64]; /* read since its last yield */
    uint16_t oldest[LOCS_MAX];       /* of those: the oldest store that was read */
    uint64_t round, last_round;      /* what it has done since it came around: a sum */
    uint16_t steps[THREADS_MAX]; /* for the reduction: the last step of each thread before mine */
} thread;

/* One step of the present way: a choice that can be made otherwise. */
typedef struct step {
    uint8_t enabled, tried, wanted, asleep; /* masks of threads */
    uint8_t chosen;
    uint8_t usual;                  /* who goes on if nothing turns the run aside */
    uint8_t turns;                  /* before this step */
    uint16_t row;                   /* steps of the thread before this one, in a row */
    uint16_t choice, choices_n;     /* of its load, CAS or OP_CHOOSE */
    op ops[THREADS_MAX];            /* what each thread was about to do */
    uint16_t explored[THREADS_MAX]; /* asleep at a load: up to this store all is known */
    uint16_t least[THREADS_MAX];    /* woken at a load: older stores are known */
    /* what was done */
    bool wrote;
    uint16_t store;  /* read or written */
    uint16_t newest; /* of the location, when it was read */
    uint64_t value, before;
    uint16_t clock;
    uint16_t before_it[THREADS_MAX]; /* as thread.steps */
} step;

/* Of a step that was taken, what most others need to see that it does not concern them; in few
 * lines of cache, unlike the step itself. */
typedef struct outline {
    const void *at; /* of an operation on memory, else NULL */
    uint8_t chosen;
} outline;

typedef struct block {
    char *at;
    size_t bytes;
    uint8_t thread, freed_by;
    uint16_t clock;
    bool freed, mapped;            /* by mmap() */
    uint16_t touched[THREADS_MAX]; /* clock of the last access */
} block;

/* One byte of memory. */
typedef struct cell {
    uint32_t run;      /* of another run: as after the allocation */
    uint16_t location; /* number + 1 */
    uint16_t wrote;    /* clock of the last plain write, 0: none */
    uint16_t read[THREADS_MAX];
    uint8_t writer;
} cell;

#define DESCRIPTORS_MAX 16

/* An eventfd, if it is in an epoll; or an epoll; or a socket, whose number is used again once it is
 * closed. */
typedef struct descriptor {
    int epoll;
    uint64_t token;
    bool is_socket, is_closed, is_ring;
    uint32_t ready; /* EPOLLIN, ... */
    struct {        /* as what each epoll knows it; 0: it does not */
        uint32_t events;
        uint64_t token;
    } in[DESCRIPTORS_MAX];
} descriptor;

/* A value that was stored to a word in some run. */
typedef struct known_value {
    const char *at;
    uint64_t value;
} known_value;

/* A load has returned a store that has not come yet. */
typedef struct guess {
    location *at;
    uint64_t value;
    uint16_t clock;
    uint8_t thread;
} guess;

/* A part of memory that is watched. */
typedef struct region {
    char *from, *to;
    cell *cells;
} region;

#define REGIONS_N   3 /* allocations, stacks, static data */
#define ARENA_BYTES ((size_t)1 << 20)
#define UNIT_BYTES  ((size_t)64)
#define STACK_BYTES ((size_t)128 * 1024)
#define BLOCKS_MAX  4096
#define BUNDLES_MAX 4096
#define SYNCS_MAX   64
#define SITES_HASH  1024
#define KNOWN_MAX   256
#define GUESSES_MAX 2 /* at a time */

typedef struct checker {
    /* the program */
    const edoi_model *model;
    char *statics;  /* copy of what lies in regions[2] */
    char **written; /* its pages that were written since then */
    size_t written_n;
    char *tls, *tls_first; /* the program's thread-locals, and as they are at first */
    size_t tls_bytes;
    region regions[REGIONS_N];
    site *sites[SITES_HASH];
    void *home_sp; /* the explorer's own stack */
    /* the exploration */
    step path[STEPS_MAX];
    outline outlines[STEPS_MAX];
    unsigned path_n; /* steps that are to be taken again */
    uint64_t executions, blocked;
    uint64_t executions_max; /* --most; 0: none */
    uint64_t outcomes[EDOI_MODEL_OUTCOMES / 64];
    bool all_ways;      /* no reduction */
    bool later_loads;   /* of this model */
    bool all_later;     /* --later: of all */
    uint64_t random_n;  /* if not 0: so many runs at random, for models that do not end */
    uint64_t random;    /* state of the generator */
    unsigned turns_max; /* if not 0: all runs with so many turns, without the reduction */
    known_value known[KNOWN_MAX];
    unsigned known_n;
    bool known_grew;
    bool failed, quiet;
    char said[256];       /* why it failed */
    unsigned race_thread; /* the earlier access of a race, for the report */
    uint16_t race_clock;
    const void *race_pc;
    /* the run */
    uint32_t run;
    bool running; /* in a model's thread */
    bool forked;  /* threads were started */
    bool holds;   /* the code's own threads do not run */
    unsigned depth;
    unsigned now; /* the running thread */
    unsigned threads_n, alive_n;
    thread threads[THREADS_MAX];
    location locations[LOCS_MAX];
    unsigned locations_n;
    view seq, fenced; /* what sequentially consistent operations, and fences, have shown */
    seq_set seq_before[SEQ_MAX]; /* of each sequentially consistent operation */
    unsigned seq_n;
    bundle bundles[BUNDLES_MAX];
    unsigned bundles_n;
    sync_object syncs[SYNCS_MAX];
    unsigned syncs_n;
    descriptor descriptors[DESCRIPTORS_MAX + 1]; /* the last: a dead socket that nobody waits for */
    unsigned descriptors_n;
    bool has_sockets;
    guess guesses[GUESSES_MAX];
    unsigned guesses_n;
    bool guessed;      /* in this run */
    bool held;         /* it has failed already, if the guesses come true */
    size_t arena_used; /* bytes */
    block blocks[BLOCKS_MAX];
    unsigned blocks_n;
    uint16_t unit_block[ARENA_BYTES / UNIT_BYTES]; /* number + 1 */
} checker;

extern checker *ck;

static inline thread *me(void) {
    return &ck->threads[ck->now];
}

static inline unsigned bit(unsigned n) {
    return 1u << n;
}

/* ---- explore.c ------------------------------------------------------------------------------- */

/* Announces the running thread's next operation; returns when it is to be done. */
void announce(const op *next);

/* How the operation is done: one of `n` ways. */
unsigned choose(unsigned n);

/* The operation is done. */
void done(bool wrote, unsigned store_n, uint64_t value, uint64_t before);

/* The oldest store that is left to try for the running thread's load. */
unsigned least_store(void);

/* Goes on with the thread whose turn it is. */
void schedule(void);

/* Runs `m` in every way that differs; false: it failed. */
bool explore(const edoi_model *m);

/* ---- report.c -------------------------------------------------------------------------------- */

/* Ends the exploration with a report. */
EDOI_NORETURN EDO_PRINTF(1, 2) void fail(const char *format, ...);

/* The site of an operation; known from then on. */
site *site_of(const char *file, int line, int order);

/* ---- memory.c -------------------------------------------------------------------------------- */

void join_bundle(bundle *to, const bundle *from);
location *location_at(const void *at);
/* A plain write has gone over it. */
void forget_location(unsigned n);
bool yield_is_over(const thread *t);
static inline unsigned newest_store(const location *l) {
    return l->first + l->stores_n - 1u;
}

static inline store *store_of(location *l, unsigned store_n) {
    return &l->stores[store_n - l->first];
}

/* ---- seq.c ----------------------------------------------------------------------------------- */

void join_set(seq_set *to, const seq_set *from);
/* Whether a sequentially consistent load of the running thread may answer the store. */
bool seq_may_read(location *l, unsigned store_n);
/* It did. */
void seq_read(location *l, unsigned store_n);
/* It has made the newest store; `read`: in one operation with the last seq_read(). */
void seq_wrote(location *l, bool read);
/* What a release hands over, besides what its thread knows. */
void seq_release(const location *l, bundle *handed);

/* ---- later.c --------------------------------------------------------------------------------- */

/* What a load may guess, which can answer the `n` stores as well: how many. */
unsigned later_values(location *l, int order, const unsigned *stores, unsigned n, uint64_t *values);
void later_guess(location *l, uint64_t value);
/* The running thread is about to touch the word. */
void later_check(const location *l);
/* It has made the store. */
void later_stored(location *l, unsigned store_n);
/* The end of a run. */
void later_end(void);
/* The running thread has failed, but there are guesses. */
EDOI_NORETURN void later_hold(void);

/* ---- plain.c --------------------------------------------------------------------------------- */

void regions_begin(void);
cell *cell_of(const void *at);
void plain_read(const void *at, size_t bytes, const void *pc);
void plain_write(const void *at, size_t bytes, const void *pc);
void atomic_check(location *l, bool write);
void sync_check(const void *at); /* a step of a lock or a condition: is its memory alive? */
void *arena_get(size_t bytes, size_t align, bool mapped);
void arena_put(void *at);

/* ---- threads.c ------------------------------------------------------------------------------- */

void threads_setup(void);
/* Returns new memory, all zero. */
void *map(size_t bytes);
/* Runs the model once. */
void run_once(void);
/* A new thread, which goes on when it is chosen; its number. */
unsigned thread_start(edoi_model_thread_fn *fn, void *arg);
void switch_to(unsigned t);
EDOI_NORETURN void go_home(void);

/* ---- statics.c ------------------------------------------------------------------------------- */

void statics_setup(void);
/* What static data are now is what each run begins with. */
void statics_keep(void);
void statics_restore(void);
/* Of a handler of SIGSEGV: was that the first write to static data there? Then it may be made. */
bool statics_take_write(const void *at);

/* ---- sync.c ---------------------------------------------------------------------------------- */

bool sync_is_free(const op *o, const thread *t);

#endif
