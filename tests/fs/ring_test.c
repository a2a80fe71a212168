/* SPDX-License-Identifier: MIT */
/* Goal: what is read, written and synced at places of a file is the same with an io_uring as by
 * threads, also where there is none, where the kernel refuses it at once or in the middle of a run,
 * and in the child of a fork; and a call that was cancelled leaves its memory alone.
 * Method: each case is a process of its own, since EDO_FILES is read once in one. Reads are longer
 * than those that are made at once. */
#include "child.h"
#include "inside.h"
#include "rings.h"
#include "rounds.h"
#include "seed.h"
#include "stress.h"

#include <edo/edo.h>
#include <edo/file.h>
#include <edo/fs.h>
#include <edo/stats.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>

#define LONG ((size_t)260 << 10) /* bytes: a read of so many is not made at once */

static char home[] = "/tmp/edo-ring-XXXXXX"; // on a disk, where there is one

static int enter_ring_home(void **state) {
    (void)state;
    return mkdtemp(home) ? chdir(home) : -1;
}

static int leave_ring_home(void **state) {
    (void)state;
    return chdir("/") + edo_fs_remove_dir_all(home);
}

static uint64_t jobs_started(void) {
    edo_blocking_stats s = { 0 };
    edo_blocking_get_stats(edo_runtime_current(), &s);
    return s.started;
}

static edo_stream *ring_open(const char *path) {
    edo_stream *file;
    const edo_fs_open_opts opts = { .read = true, .write = true, .create = true };
    CHECK_EQ(edo_fs_open(&file, path, &opts), 0);
    return file;
}

/* A read may return fewer bytes than there are: up to `n`, or the end. */
static int read_long(edo_stream *file, unsigned char *to, size_t n, uint64_t at) {
    size_t all = 0;
    int got = 1;
    while (got > 0 && all < n) {
        got = edo_file_read_at(file, to + all, n - all, at + all);
        if (got > 0) all += (size_t)got;
    }
    return all > 0 ? (int)all : got;
}

/* ---- A user of files ------------------------------------------------------------------------- */

#define USERS 20
#define BLOCK 3000u

typedef struct user {
    edo_stream *file;
    unsigned n; /* which block is its own */
} user;

/* Writes its block again and again, and reads it. */
static int user_main(void *arg) {
    const user *u = arg;
    unsigned char block[BLOCK], *all = malloc(LONG);
    uint64_t at = (uint64_t)u->n * BLOCK;
    CHECK(all != NULL);
    for (int round = 0; round < 5; round++) {
        memset(block, (int)u->n * 5 + round, sizeof block);
        CHECK_EQ(edo_file_write_at(u->file, block, sizeof block, at), BLOCK);
        if (round == 2) CHECK_EQ(edo_file_sync(u->file), 0);
        memset(all, 0, BLOCK);
        CHECK(read_long(u->file, all, LONG, at) >= (int)BLOCK);
        CHECK(memcmp(all, block, BLOCK) == 0);
    }
    free(all);
    return 0;
}

static int use_file(void *arg) {
    user users[USERS];
    edo_task *tasks[USERS];
    edo_stream *file = ring_open("used");
    (void)arg;
    for (unsigned i = 0; i < USERS; i++) {
        users[i] = (user){ file, i };
        tasks[i] = edo_spawn(user_main, &users[i]);
        CHECK(tasks[i] != NULL);
    }
    for (unsigned i = 0; i < USERS; i++) CHECK_EQ(edo_task_join(tasks[i]), 0);
    edo_close(file);
    return 0;
}

/* ---- Both ways ------------------------------------------------------------------------------- */

#define CALLS 400

typedef struct record {
    int rings_n;
    uint64_t jobs;
    edo_runtime_stats stats;
    int results[CALLS];
    uint64_t sums[CALLS]; /* of what was read */
    unsigned char file[LONG];
} record;

typedef struct bed {
    edo_stream *both, *reads, *writes, *appends, *full, *zero, *version;
    unsigned char *buf;
} bed;

static edo_stream *open_as(const char *path, const edo_fs_open_opts *opts) {
    edo_stream *file;
    CHECK_EQ(edo_fs_open(&file, path, opts), 0);
    return file;
}

static bed bed_make(void) {
    bed b = { .both = ring_open("both"), .buf = malloc(2 * LONG) };
    CHECK(b.buf != NULL);
    b.reads = open_as("both", NULL);
    b.writes = open_as("both", &(edo_fs_open_opts){ .write = true });
    b.appends = open_as("both", &(edo_fs_open_opts){ .append = true });
    b.full = open_as("/dev/full", &(edo_fs_open_opts){ .write = true });
    b.zero = open_as("/dev/zero", NULL);
    b.version = open_as("/proc/version", &(edo_fs_open_opts){ .flags = O_NONBLOCK });
    return b;
}

static void bed_end(const bed *b) {
    edo_stream *all[] = { b->both, b->reads, b->writes, b->appends, b->full, b->zero, b->version };
    for (size_t i = 0; i < EDO_COUNT(all); i++) edo_close(all[i]);
    free(b->buf);
}

/* Three parts of `buf`, and one of no bytes. */
static int move_parts(const bed *b, bool writes, size_t n, uint64_t at) {
    struct iovec parts[] = { { b->buf, n / 3 },
                             { b->buf + LONG, 0 },
                             { b->buf + n / 3, n / 2 },
                             { b->buf + n / 3 + n / 2, n - n / 3 - n / 2 } };
    if (writes) return edo_file_writev_at(b->both, parts, EDO_COUNT(parts), at);
    int got = edo_file_readv_at(b->both, parts, EDO_COUNT(parts), at);
    if (got <= 0) return got;
    int rest = read_long(b->both, b->buf + got, n - (size_t)got, at + (uint64_t)got);
    return rest > 0 ? got + rest : got;
}

/* One call, of a kind that `seed` says. */
static int call_any(const bed *b, uint64_t *seed) {
    uint64_t at = stress_random(seed) % 100000;
    size_t n = stress_random(seed) % 5000;
    switch (stress_random(seed) % 20) {
    case 0: return edo_file_sync(b->both);
    case 1: return edo_file_sync_data(b->both);
    case 2: return edo_file_set_len(b->both, at);
    case 3: return edo_file_write_at(b->reads, b->buf, n, at);
    case 4: return edo_file_read_at(b->writes, b->buf, LONG, at);
    case 5: return edo_file_write_at(b->appends, b->buf, n % 100, at);
    case 6: return edo_file_write_at(b->both, b->buf, n, UINT64_MAX - at);
    case 7: return edo_file_read_at(b->both, b->buf, LONG, INT64_MAX - at);
    case 8: return edo_file_write_at(b->both, b->buf, n, INT64_MAX - at);
    case 9: return edo_file_write_at(b->full, b->buf, n + 1, at);
    case 10: return read_long(b->zero, b->buf, LONG, at);
    case 11: return edo_file_read_at(b->version, b->buf, LONG, at % 8);
    case 12: return edo_file_readv_at(b->both, NULL, 0, at);
    case 13: return edo_file_writev_at(b->both, NULL, 0, at);
    case 14: return edo_file_read_at(b->both, NULL, LONG, 0);
    case 15: return move_parts(b, true, n, at);
    case 16: return move_parts(b, false, LONG, at);
    case 17: return read_long(b->both, b->buf, LONG, at);
    case 18: return edo_file_sync(b->version);
    default: return edo_file_write_at(b->both, b->buf, n, at);
    }
}

static uint64_t sum_of(const unsigned char *bytes, int n) {
    uint64_t sum = 0;
    for (int i = 0; i < n; i++) sum = sum * 31 + bytes[i];
    return sum;
}

static int record_calls(void *arg) {
    record *r = arg;
    uint64_t seed = test_seed(5);
    bed b = bed_make();
    uint64_t before = jobs_started();
    for (size_t i = 0; i < CALLS; i++) {
        for (size_t k = 0; k < 5000; k++) b.buf[k] = (unsigned char)(k * 7 + i);
        r->results[i] = call_any(&b, &seed);
        if (r->results[i] > 0) r->sums[i] = sum_of(b.buf, r->results[i]);
    }
    edo_runtime_get_stats(edo_runtime_current(), &r->stats);
    r->jobs = jobs_started() - before;
    r->rings_n = rings_n();
    CHECK_EQ(edo_file_set_len(b.both, LONG), 0);
    CHECK_EQ(read_long(b.both, r->file, LONG, 0), LONG);
    bed_end(&b);
    CHECK_EQ(unlink("both"), 0);
    return 0;
}

static int record_here(void *arg) {
    return in_runtime(record_calls, arg, &one_thread);
}

static int record_by_threads(void *arg) {
    CHECK_EQ(setenv("EDO_FILES", "threads", 1), 0);
    return record_here(arg);
}

static void ring_does_as_threads_do(void **state) {
    (void)state;
    NEED_RING();
    record *r =
        mmap(NULL, 2 * sizeof *r, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(r != MAP_FAILED);
    assert_int_equal(child_status(record_here, &r[0]), 0);
    assert_int_equal(child_status(record_by_threads, &r[1]), 0);
    assert_int_equal(r[0].rings_n, 1);
    assert_int_equal(r[1].rings_n, 0);
    assert_true(r[0].stats.ring_ops > CALLS / 4 && r[1].stats.ring_ops == 0);
    assert_true(r[0].jobs < r[1].jobs - CALLS / 4); // but for devices and files of /proc
    for (size_t i = 0; i < CALLS; i++) {
        if (r[0].results[i] != r[1].results[i])
            fail_msg("call %zu: %d, and %d by threads", i, r[0].results[i], r[1].results[i]);
        assert_true(r[0].sums[i] == r[1].sums[i]);
    }
    assert_memory_equal(r[0].file, r[1].file, LONG);
    assert_int_equal(munmap(r, 2 * sizeof *r), 0);
}

/* ---- By itself ------------------------------------------------------------------------------- */

typedef struct other_job {
    sem_t may_end;
    atomic_bool has_begun;
} other_job;

static int be_another_job(void *arg) {
    other_job *o = arg;
    atomic_store(&o->has_begun, true);
    return sem_wait(&o->may_end);
}

static int make_another_job(void *arg) {
    return edo_blocking(be_another_job, arg);
}

/* A write that is alone is a thread's, one beside another job the ring's. */
static int write_alone_and_beside(void *arg) {
    other_job other = { .has_begun = false };
    edo_stream *file = ring_open("alone");
    (void)arg;
    CHECK_EQ(sem_init(&other.may_end, 0, 0), 0);
    uint64_t before = jobs_started();
    CHECK_EQ(edo_file_write_at(file, "a", 1, 0), 1);
    CHECK_EQ(jobs_started() - before, 1);
    CHECK_EQ(rings_n(), 0);
    edo_task *t = edo_spawn(make_another_job, &other);
    while (!atomic_load(&other.has_begun)) CHECK_EQ(edo_yield(), 0);
    before = jobs_started();
    CHECK_EQ(edo_file_write_at(file, "b", 1, 1), 1);
    CHECK_EQ(edo_file_sync(file), 0);
    CHECK_EQ(jobs_started() - before, 0);
    CHECK_EQ(rings_n(), 1);
    CHECK_EQ(sem_post(&other.may_end), 0);
    CHECK_EQ(edo_task_join(t), 0);
    CHECK_EQ(sem_destroy(&other.may_end), 0);
    edo_close(file);
    return 0;
}

static int write_as_it_pays(void *arg) {
    CHECK_EQ(setenv("EDO_FILES", "auto", 1), 0);
    return in_runtime(write_alone_and_beside, arg, &one_thread);
}

static void ring_has_what_is_not_alone(void **state) {
    (void)state;
    NEED_RING();
    assert_int_equal(child_status(write_as_it_pays, NULL), 0);
}

/* ---- Cancelled at any time ------------------------------------------------------------------- */

#define SLOTS  16
#define PART   4096u
#define POISON 0xa5

typedef struct slot {
    edo_stream *file;
    uint64_t seed;
    unsigned char *buf; /* LONG bytes */
    unsigned n;
    edo_task *task;
} slot;

/* Part 0 is only read, and each slot has one that it writes. */
static unsigned char part_byte(size_t i) {
    return (unsigned char)(i % 127);
}

static void slot_fill(slot *s) {
    for (size_t i = 0; i < PART; i++) s->buf[i] = part_byte(i);
}

static int slot_move(slot *s) {
    uint64_t own = (uint64_t)(s->n + 1) * PART;
    switch (stress_random(&s->seed) % 4) {
    case 0: return edo_file_sync(s->file);
    case 1: return edo_file_read_at(s->file, s->buf, LONG, 0);
    default: slot_fill(s); return edo_file_write_at(s->file, s->buf, PART, own);
    }
}

static int slot_main(void *arg) {
    slot *s = arg;
    edo_deadline d;
    bool has_limit = stress_random(&s->seed) % 4 == 0;
    if (has_limit) edo_deadline_begin(&d, edo_us((int64_t)(stress_random(&s->seed) % 200)));
    int result = slot_move(s);
    if (has_limit) result = edo_deadline_end(&d, result);
    CHECK(result >= 0 || result == -ECANCELED || result == -ETIMEDOUT);
    for (size_t i = 0; result > 0 && i < PART; i++) CHECK_EQ(s->buf[i], part_byte(i));
    memset(s->buf, POISON, PART); // from now on the memory is ours
    return 0;
}

static void slots_check(const slot *slots) {
    for (size_t k = 0; k < SLOTS; k++)
        for (size_t i = 0; i < PART; i++) CHECK_EQ(slots[k].buf[i], POISON);
}

static void slots_round(slot *slots, uint64_t *seed) {
    for (size_t i = 0; i < SLOTS; i++) {
        slots[i].seed = stress_random(seed);
        slots[i].task = edo_spawn(slot_main, &slots[i]);
        CHECK(slots[i].task != NULL);
        for (uint64_t yields = stress_random(seed) % 3; yields > 0; yields--)
            CHECK_EQ(edo_yield(), 0);
        size_t victim = stress_random(seed) % (i + 1);
        if (stress_random(seed) % 2) edo_task_cancel(slots[victim].task);
    }
    for (size_t i = 0; i < SLOTS; i++) {
        int result = edo_task_join(slots[i].task);
        if (result == -ECANCELED)
            memset(slots[i].buf, POISON, PART); // it did not begin
        else
            CHECK_EQ(result, 0);
    }
    slots_check(slots);
}

/* What the kernel reads late is poison, and in the file. */
static void slots_file_check(slot *slots) {
    slots_check(slots);
    for (unsigned k = 0; k < SLOTS; k++) {
        slot *s = &slots[k];
        CHECK(edo_file_read_at(s->file, s->buf, PART, (uint64_t)(k + 1) * PART) == (int)PART);
        for (size_t i = 0; i < PART; i++) CHECK_EQ(s->buf[i], part_byte(i));
    }
}

static int cancel_at_random(void *arg) {
    slot slots[SLOTS];
    uint64_t seed = test_seed(9);
    edo_stream *file = ring_open("cancelled");
    uint32_t rounds = test_rounds(1000, 10000) / SLOTS;
    (void)arg;
    for (unsigned i = 0; i < SLOTS; i++) {
        slots[i] = (slot){ .file = file, .n = i, .buf = malloc(LONG) };
        CHECK(slots[i].buf != NULL);
        slot_fill(&slots[i]);
        CHECK_EQ(edo_file_write_at(file, slots[i].buf, PART, (uint64_t)i * PART), PART);
        CHECK_EQ(edo_file_write_at(file, slots[i].buf, PART, (uint64_t)(i + 1) * PART), PART);
    }
    for (uint32_t i = 0; i < rounds; i++) slots_round(slots, &seed);
    slots_file_check(slots);
    CHECK(rings_n() > 0);
    for (unsigned i = 0; i < SLOTS; i++) free(slots[i].buf);
    edo_close(file);
    return 0;
}

static void cancelled_calls_leave_their_memory_alone(void **state) {
    (void)state;
    NEED_RING();
    for (size_t i = 0; i < KINDS_N; i++)
        assert_int_equal(inside_with(cancel_at_random, NULL, &kinds[i]), 0);
}

/* ---- Refused --------------------------------------------------------------------------------- */

static int refused_amid(void *arg) {
    (void)arg;
    CHECK_EQ(use_file(NULL), 0);
    CHECK(rings_n() > 0);
    refuse(SYS_io_uring_enter, EPERM);
    uint64_t before = jobs_started();
    for (int i = 0; i < 3; i++) CHECK_EQ(use_file(NULL), 0);
    CHECK(jobs_started() - before >= 100); // by threads
    return 0;
}

static int refused_amid_in_child(void *arg) {
    return in_runtime(refused_amid, NULL, arg);
}

static void refusal_amid_a_run_is_not_noticed(void **state) {
    (void)state;
    NEED_RING();
    NEED_FILTERS();
    for (size_t i = 0; i < KINDS_N; i++) {
        edo_runtime_opts kind = kinds[i];
        assert_int_equal(child_status(refused_amid_in_child, &kind), 0);
    }
}

static int without_ring(void *arg) {
    (void)arg;
    CHECK_EQ(use_file(NULL), 0);
    CHECK_EQ(rings_n(), 0);
    return 0;
}

static int refused_at_once(void *arg) {
    refuse(SYS_io_uring_setup, *(const unsigned *)arg);
    return in_runtime(without_ring, NULL, &kinds[2]);
}

static void refusal_at_once_is_not_noticed(void **state) {
    static unsigned codes[] = { EPERM, ENOSYS, ENOMEM };
    (void)state;
    NEED_FILTERS();
    for (size_t i = 0; i < EDO_COUNT(codes); i++)
        assert_int_equal(child_status(refused_at_once, &codes[i]), 0);
}

/* As a job: no ring is asked. */
static int open_by_thread(void *arg) {
    *(edo_stream **)arg = ring_open("used");
    return 0;
}

static int without_descriptors(void *arg) {
    struct rlimit before, none;
    user u = { NULL, 0 };
    (void)arg;
    CHECK_EQ(edo_blocking(open_by_thread, &u.file), 0);
    CHECK_EQ(rings_n(), 0);
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
    CHECK_EQ(user_main(&u), 0);
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
    CHECK_EQ(rings_n(), 0);
    CHECK_EQ(user_main(&u), 0);
    edo_close(u.file);
    return 0;
}

static int without_descriptors_in_child(void *arg) {
    return in_runtime(without_descriptors, arg, &one_thread);
}

static void without_descriptors_there_are_threads(void **state) {
    (void)state;
    assert_int_equal(child_status(without_descriptors_in_child, NULL), 0);
}

/* ---- More at once than a ring has room for --------------------------------------------------- */

#define CROWD 2000

static int crowd_main(void *arg) {
    const user *u = arg;
    CHECK_EQ(edo_file_write_at(u->file, &u->n, sizeof u->n, (uint64_t)u->n * sizeof u->n),
             sizeof u->n);
    return u->n % 8 ? 0 : edo_file_sync(u->file);
}

static int crowd_writes(void *arg) {
    static user users[CROWD];
    static edo_task *tasks[CROWD];
    static unsigned written[LONG / sizeof(unsigned)];
    edo_stream *file = ring_open("crowded");
    (void)arg;
    for (unsigned i = 0; i < CROWD; i++) {
        users[i] = (user){ file, i };
        tasks[i] = edo_spawn(crowd_main, &users[i]);
        CHECK(tasks[i] != NULL);
    }
    for (unsigned i = 0; i < CROWD; i++) CHECK_EQ(edo_task_join(tasks[i]), 0);
    CHECK_EQ(read_long(file, (unsigned char *)written, LONG, 0), sizeof written[0] * CROWD);
    for (unsigned i = 0; i < CROWD; i++) CHECK_EQ(written[i], i);
    edo_close(file);
    return 0;
}

static void crowd_is_served(void **state) {
    (void)state;
    for (size_t i = 0; i < KINDS_N; i++)
        assert_int_equal(inside_with(crowd_writes, NULL, &kinds[i]), 0);
}

/* ---- Threads that end ------------------------------------------------------------------------ */

#define READERS 8
#define PIECE   ((size_t)200 << 10)

typedef struct reader {
    edo_stream *file;
    unsigned char *buf;
    edo_task *tasks[READERS];
    edo_runtime *rt;
} reader;

typedef struct piece {
    reader *of;
    unsigned n;
} piece;

static piece pieces[READERS];

static int piece_read(void *arg) {
    const piece *p = arg;
    return read_long(p->of->file, p->of->buf + p->n * PIECE, PIECE, p->n * PIECE);
}

/* Where there is a disk, the kernel has to fetch the bytes. */
static int reader_begin(void *arg) {
    reader *r = arg;
    CHECK_EQ(edo_file_sync(r->file), 0);
    CHECK_EQ(edo_file_advise(r->file, POSIX_FADV_DONTNEED, 0, 0), 0);
    memset(r->buf, POISON, READERS * PIECE);
    for (unsigned i = 0; i < READERS; i++) {
        pieces[i] = (piece){ r, i };
        r->tasks[i] = edo_spawn(piece_read, &pieces[i]);
        CHECK(r->tasks[i] != NULL);
    }
    for (int i = 0; i < 100; i++) CHECK_EQ(edo_yield(), 0); // the kernel begins
    return 0;
}

static void *reader_thread(void *arg) {
    reader *r = arg;
    CHECK_EQ(edo_run(r->rt, reader_begin, r), 0);
    return NULL;
}

static int reader_end(void *arg) {
    const reader *r = arg;
    for (unsigned i = 0; i < READERS; i++) CHECK_EQ(edo_task_join(r->tasks[i]), PIECE);
    for (size_t i = 0; i < READERS * PIECE; i++) CHECK_EQ(r->buf[i], part_byte(i));
    return 0;
}

static int reader_fill(void *arg) {
    reader *r = arg;
    r->file = ring_open("pieces");
    for (size_t i = 0; i < READERS * PIECE; i++) r->buf[i] = part_byte(i);
    for (size_t i = 0; i < READERS; i++)
        CHECK_EQ(edo_file_write_at(r->file, r->buf + i * PIECE, PIECE, i * PIECE), PIECE);
    return 0;
}

static int reader_close(void *arg) {
    edo_close(((const reader *)arg)->file);
    return 0;
}

static void read_outlives_the_thread_that_began_it(void **state) {
    (void)state;
    NEED_RING();
    reader r = { .buf = malloc(READERS * PIECE) };
    assert_non_null(r.buf);
    assert_int_equal(edo_runtime_new(&r.rt, &one_thread), 0);
    assert_int_equal(edo_run(r.rt, reader_fill, &r), 0);
    for (uint32_t rounds = test_rounds(5, 50); rounds > 0; rounds--) {
        pthread_t t;
        assert_int_equal(pthread_create(&t, NULL, reader_thread, &r), 0);
        assert_int_equal(pthread_join(t, NULL), 0);
        assert_int_equal(edo_run(r.rt, reader_end, &r), 0);
    }
    assert_int_equal(edo_run(r.rt, reader_close, &r), 0);
    assert_int_equal(edo_runtime_shutdown(r.rt, edo_s(30)), 0);
    edo_runtime_free(r.rt);
    free(r.buf);
}

/* ---- Forks ----------------------------------------------------------------------------------- */

static int use_with_own_ring(void *arg) {
    int inherited = rings_n();
    (void)arg;
    CHECK_EQ(use_file(NULL), 0);
    return rings_n() == inherited + 1 ? 0 : 3;
}

static int use_in_new_runtime(void *arg) {
    return in_runtime(use_with_own_ring, arg, &one_thread);
}

static int keep_using(void *arg) {
    edo_stream *file = ring_open("kept");
    static const char bytes[PART];
    int err = 0;
    (void)arg;
    while (err >= 0) err = edo_file_write_at(file, bytes, sizeof bytes, 0);
    edo_close(file);
    return err;
}

static int fork_amid(void *arg) {
    edo_task *others[4];
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(others); i++) others[i] = edo_spawn(keep_using, NULL);
    for (int i = 0; i < 5; i++) {
        CHECK_EQ(use_file(NULL), 0);
        CHECK_EQ(child_status(use_in_new_runtime, NULL), 0);
    }
    for (size_t i = 0; i < EDO_COUNT(others); i++) {
        edo_task_cancel(others[i]);
        CHECK_EQ(edo_task_join(others[i]), -ECANCELED);
    }
    return use_file(NULL);
}

static void child_of_a_fork_has_a_ring_of_its_own(void **state) {
    (void)state;
    NEED_RING();
#ifdef EDOI_TSAN
    print_message("skipped: thread-sanitizer loses sight of a child that a fiber has made\n");
    skip();
#endif
    assert_int_equal(inside_with(fork_amid, NULL, &one_thread), 0);
}

/* ---- Where no worker turns ------------------------------------------------------------------- */

static void write_without_a_runtime_begins_nothing(void **state) {
    edo_stream *file;
    const edo_fs_open_opts opts = { .write = true, .create = true };
    (void)state;
    assert_int_equal(edo_fs_open(&file, "outside", &opts), 0);
    assert_int_equal(edo_write(file, "a", 1), -EDO_ENORUNTIME);
    assert_int_equal(edo_file_write_at(file, "a", 1, 0), 1);
    edo_close(file);
}

static int read_from_disk(void *arg) {
    char *byte = arg;
    edo_stream *file = ring_open("fetched");
    CHECK_EQ(edo_file_write_at(file, "x", 1, 0), 1);
    CHECK_EQ(edo_file_sync(file), 0);
    CHECK_EQ(edo_file_advise(file, POSIX_FADV_DONTNEED, 0, 0), 0);
    CHECK_EQ(edo_file_read_at(file, byte, 1, 0), 1);
    edo_close(file);
    return 0;
}

/* The loop waits for its descriptor between two turns, as one of others does. */
static void operations_of_a_foreign_loop_begin(void **state) {
    edo_runtime *rt;
    char byte = 0;
    (void)state;
    assert_int_equal(edo_runtime_new(&rt, &one_thread), 0);
    struct pollfd ready = { .fd = edo_runtime_fd(rt), .events = POLLIN };
    assert_true(ready.fd >= 0);
    assert_int_equal(edo_spawn_detached_on(rt, read_from_disk, &byte), 0);
    while (byte == 0) {
        while (edo_runtime_turn(rt, edo_ns(0)) > 0) {
        }
        if (byte == 0) assert_int_equal(poll(&ready, 1, 20000), 1);
    }
    assert_int_equal(byte, 'x');
    edo_runtime_free(rt);
}

/* ---- A close meanwhile ----------------------------------------------------------------------- */

typedef struct closing {
    edo_stream *file, *own; /* of the one that closes, and of the other */
    int turns;              /* of the budget that are spent before */
} closing;

static int sync_late(void *arg) {
    closing *c = arg;
    edo_mutex m = EDO_MUTEX_INIT;
    for (int i = 0; i < c->turns; i++) {
        CHECK_EQ(edo_mutex_lock(&m), 0);
        edo_mutex_unlock(&m);
    }
    int err = edo_file_sync(c->own);
    edo_stream_unref(c->own);
    return err;
}

static int close_now(void *arg) {
    edo_close(((closing *)arg)->file);
    return 0;
}

/* Wherever the one that syncs stands as the other one closes: at the end of its budget, too. */
static int close_amid(void *arg) {
    (void)arg;
    for (int turns = 110; turns < 140; turns++) {
        edo_stream *file = ring_open("closed");
        closing c = { file, edo_stream_ref(file), turns };
        edo_task *syncs = edo_spawn(sync_late, &c), *closes = edo_spawn(close_now, &c);
        int err = edo_task_join(syncs);
        CHECK(err == 0 || err == -EDO_ECLOSED);
        CHECK_EQ(edo_task_join(closes), 0);
    }
    return 0;
}

static int close_amid_by_threads(void *arg) {
    CHECK_EQ(setenv("EDO_FILES", "threads", 1), 0);
    return in_runtime(close_amid, arg, &one_thread);
}

static void close_amid_a_call_is_an_error_of_it(void **state) {
    (void)state;
    assert_int_equal(child_status(close_amid_by_threads, NULL), 0);
    assert_int_equal(inside_with(close_amid, NULL, &one_thread), 0);
}

/* ---- What waits for others ------------------------------------------------------------------- */

static int open_to_write(void *arg) {
    const edo_fs_open_opts opts = { .write = true };
    return edo_fs_open(arg, "fifo", &opts);
}

/* Without a reader the open waits. */
static int open_fifo(void *arg) {
    edo_stream *end = NULL;
    (void)arg;
    CHECK_EQ(mkfifo("fifo", 0600), 0);
    edo_task *t = edo_spawn(open_to_write, &end);
    CHECK_EQ(use_file(NULL), 0);
    CHECK(!end);
    int peer = open("fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    CHECK(peer >= 0);
    CHECK_EQ(edo_task_join(t), 0);
    edo_close(end);
    CHECK_EQ(close(peer), 0);
    CHECK_EQ(unlink("fifo"), 0);
    return 0;
}

static void open_of_a_fifo_waits(void **state) {
    (void)state;
    assert_int_equal(inside_with(open_fifo, NULL, &one_thread), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ring_does_as_threads_do), // those with children first: no thread is left
        cmocka_unit_test(ring_has_what_is_not_alone),
        cmocka_unit_test(refusal_amid_a_run_is_not_noticed),
        cmocka_unit_test(refusal_at_once_is_not_noticed),
        cmocka_unit_test(without_descriptors_there_are_threads),
        cmocka_unit_test(close_amid_a_call_is_an_error_of_it),
        cmocka_unit_test(cancelled_calls_leave_their_memory_alone),
        cmocka_unit_test(crowd_is_served),
        cmocka_unit_test(read_outlives_the_thread_that_began_it),
        cmocka_unit_test(child_of_a_fork_has_a_ring_of_its_own),
        cmocka_unit_test(write_without_a_runtime_begins_nothing),
        cmocka_unit_test(operations_of_a_foreign_loop_begin),
        cmocka_unit_test(open_of_a_fifo_waits),
    };
    assert_int_equal(setenv("EDO_FILES", "uring", 1), 0); // else one call at a time is a thread's
    return cmocka_run_group_tests(tests, enter_ring_home, leave_ring_home);
}
