/* SPDX-License-Identifier: MIT */
/* edo-bench-load [-d SECONDS] [-k KIND]: a runtime that has too much to do, or no memory for more
 * stacks. Each kind runs for a while in a process of its own.
 *
 * Question: how late does a task run that is woken beside 200 tasks which are always ready, each
 * for 0.3 ms, on two workers? It is woken by a timer, from a plain thread, or by a cancel; the busy
 * ones are state machines, fibers, or fibers that may change workers. And do fibers for whose stack
 * there is no memory run, once those that have one end?
 *
 * A wake may take a round, in which each worker polls each of its tasks once; two where the busy
 * ones stay at one worker, which may have more of them or be kept off its core. A timer comes
 * before these; and a cancel takes two, as the cancelled task has a turn, and then the one that
 * waits for its end. A round is what the polls take if no worker rests: computed from their time
 * and the cores that the machine gave, which is all of the time but that in which a thread waited
 * for a core. A scheduler that loses polls makes no round longer.
 *
 * Exit status 1: one wake in a hundred took LATE_MS more than that, or half of them LATE_MS more
 * than half of it, since tasks wait for half a round on average; or any one took WORST_MS more; or
 * a fiber did not run within FOR_EVER_S. */
#include <edo/async.h>
#include <edo/edo.h>

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_USAGE = 2 };

#define WORKERS    2
#define BUSY       200
#define POLL_US    300
#define LATE_MS    10
#define WORST_MS   1000
#define SAMPLES    100000
#define FOR_EVER_S 10

static unsigned seconds = 5;

static int64_t now_us(void) {
    return edo_now().ns / 1000;
}

/* ---- Busy tasks ------------------------------------------------------------------------------ */

static bool is_over; /* atomic */

static bool over(void) {
    return __atomic_load_n(&is_over, __ATOMIC_RELAXED);
}

static void work(void) {
    int64_t end = now_us() + POLL_US;
    while (now_us() < end) {
    }
}

static edo_polled machine(void *arg, edo_cx *cx, int *result) {
    (void)arg;
    work();
    *result = 0;
    if (over()) return EDO_READY;
    edo_cx_wake(cx);
    return EDO_PENDING;
}

static int fiber(void *arg) {
    (void)arg;
    int err = 0;
    while (err == 0 && !over()) {
        work();
        err = edo_yield();
    }
    return err;
}

/* ---- One that is woken ----------------------------------------------------------------------- */

static int64_t us[SAMPLES]; /* that a wake took */
static size_t us_n;

static void note(int64_t since_us) {
    if (us_n < SAMPLES) us[us_n++] = now_us() - since_us;
}

static int timers(void) {
    while (!over()) {
        int64_t due = now_us() + 1000;
        int err = edo_sleep(edo_ms(1));
        if (err < 0) return err;
        note(due);
    }
    return 0;
}

typedef struct bell {
    edo_notify word;
    int64_t rung_us; /* atomic */
} bell;

static void *rings(void *arg) {
    bell *b = arg;
    while (!over()) {
        (void)nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
        if (__atomic_load_n(&b->rung_us, __ATOMIC_ACQUIRE) != 0) continue;
        __atomic_store_n(&b->rung_us, now_us(), __ATOMIC_RELEASE);
        edo_notify_one(&b->word);
    }
    edo_notify_one(&b->word);
    return NULL;
}

static int wakes(void) {
    bell b = { .word = EDO_NOTIFY_INIT };
    pthread_t thread;
    int err = -pthread_create(&thread, NULL, rings, &b);
    if (err < 0) return err;
    while (err == 0 && !over()) {
        err = edo_notify_wait(&b.word);
        int64_t rung_us = __atomic_load_n(&b.rung_us, __ATOMIC_ACQUIRE);
        if (rung_us != 0) note(rung_us);
        __atomic_store_n(&b.rung_us, 0, __ATOMIC_RELEASE);
    }
    (void)pthread_join(thread, NULL);
    return err;
}

static int never(void *arg) {
    (void)arg;
    edo_pending_future f;
    return edo_await(edo_pending_init(&f));
}

static int cancels(void) {
    while (!over()) {
        edo_task *t = edo_spawn(never, NULL);
        if (!t) return -ENOMEM;
        int err = edo_sleep(edo_ms(1));
        int64_t at_us = now_us();
        edo_task_cancel(t);
        if (edo_task_join(t) != -ECANCELED) return -EPROTO;
        if (err < 0) return err;
        note(at_us);
    }
    return 0;
}

/* ---- Wakes under load ------------------------------------------------------------------------ */

typedef enum busy_as { MACHINES, FIBERS, MOVING } busy_as;

typedef struct kind {
    const char *name;
    busy_as busy;
    int (*woken)(void);
    int rounds; /* that a wake may take */
} kind;

static const kind kinds[] = {
    { "machines, timer", MACHINES, timers, 0 },   { "machines, wake", MACHINES, wakes, 1 },
    { "machines, cancel", MACHINES, cancels, 2 }, { "fibers, timer", FIBERS, timers, 0 },
    { "fibers, wake", FIBERS, wakes, 2 },         { "moving, timer", MOVING, timers, 0 },
    { "moving, wake", MOVING, wakes, 1 },
};

static int woken(void *arg) {
    const kind *k = arg;
    return k->woken();
}

static edo_task *spawn_busy(const kind *k, edo_poll_fn_future *f) {
    if (k->busy == MACHINES) return edo_spawn_future(edo_poll_fn_init(f, machine, NULL));
    return edo_spawn_with(
        fiber, NULL,
        &(edo_spawn_opts){ .spread = k->busy == FIBERS, .migrate = k->busy == MOVING });
}

static int64_t round_us;

/* How long threads of this process have waited for a core; 0 where the kernel does not tell. */
static int64_t kept_off_us(void) {
    int64_t sum_ns = 0;
    DIR *threads = opendir("/proc/self/task");
    for (struct dirent *e; threads && (e = readdir(threads));) {
        char path[sizeof "/proc/self/task//schedstat" + sizeof e->d_name];
        long long ran_ns, waited_ns;
        (void)snprintf(path, sizeof path, "/proc/self/task/%s/schedstat", e->d_name);
        FILE *f = e->d_name[0] == '.' ? NULL : fopen(path, "r");
        if (f && fscanf(f, "%lld %lld", &ran_ns, &waited_ns) == 2) sum_ns += waited_ns;
        if (f) (void)fclose(f);
    }
    if (threads) (void)closedir(threads);
    return sum_ns / 1000;
}

/* What a round takes at workers that were kept off their cores for `off_us` in `took_us`. */
static int64_t round_of(int64_t took_us, int64_t off_us) {
    int64_t given_us = WORKERS * took_us - off_us;
    if (given_us < took_us / 2) given_us = took_us / 2; // other threads have waited, too
    return BUSY * POLL_US * took_us / given_us;
}

static int load(void *arg) {
    static edo_poll_fn_future machines[BUSY];
    edo_task *busy[BUSY];
    const kind *k = arg;
    for (int i = 0; i < BUSY; i++) busy[i] = spawn_busy(k, &machines[i]);
    edo_task *one = edo_spawn(woken, arg);
    int64_t from_us = now_us(), off_us = kept_off_us();
    int err = edo_sleep(edo_s(seconds));
    round_us = round_of(now_us() - from_us, kept_off_us() - off_us);
    __atomic_store_n(&is_over, true, __ATOMIC_RELAXED);
    int ended = edo_task_join(one);
    for (int i = 0; i < BUSY; i++) {
        int joined = edo_task_join(busy[i]);
        if (err == 0) err = joined;
    }
    return err < 0 ? err : ended;
}

static int by_size(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int run_load(const kind *k) {
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_MULTI, .workers = WORKERS };
    int err = edo_main_with(load, (void *)(uintptr_t)k, &opts);
    if (err != 0 || us_n == 0) return 1;
    qsort(us, us_n, sizeof us[0], by_size);
    int64_t p50 = us[us_n / 2], p99 = us[us_n * 99 / 100], most = us[us_n - 1];
    int64_t turn = k->rounds * round_us;
    int64_t late = LATE_MS * 1000 * round_us / (BUSY * POLL_US / WORKERS); // more on a busy machine
    long long mid_max = turn / 2 + late, p99_max = turn + late;
    printf("%-16s %6zu wakes: p50 %6lld, p99 %6lld, most %6lld us; a round takes %lld\n", k->name,
           us_n, (long long)p50, (long long)p99, (long long)most, (long long)round_us);
    if (p50 <= mid_max && p99 <= p99_max && most <= turn + WORST_MS * 1000) return 0;
    printf("it should be at most %lld us at p50, %lld at p99\n", mid_max, p99_max);
    return 1;
}

/* ---- No memory for stacks -------------------------------------------------------------------- */

#define CROWD    400 /* fibers of a round */
#define ROOM_MIB 24  /* for less than 100 stacks */

static unsigned living_n, living_most, done_n; /* atomic */

static int short_lived(void *arg) {
    unsigned n = __atomic_add_fetch(&living_n, 1, __ATOMIC_RELAXED);
    unsigned most = __atomic_load_n(&living_most, __ATOMIC_RELAXED);
    while (n > most && !__atomic_compare_exchange_n(&living_most, &most, n, false, __ATOMIC_RELAXED,
                                                    __ATOMIC_RELAXED)) {
    }
    int err = (uintptr_t)arg % 3 == 0 ? edo_sleep(edo_us((int64_t)(uintptr_t)arg % 1000)) : 0;
    for (uintptr_t left = (uintptr_t)arg % 5; err == 0 && left > 0; left--) err = edo_yield();
    (void)__atomic_sub_fetch(&living_n, 1, __ATOMIC_RELAXED);
    (void)__atomic_add_fetch(&done_n, 1, __ATOMIC_RELAXED);
    return err;
}

/* No more than ROOM_MIB of addresses from here. */
static void limit_memory(void) {
    unsigned long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%lu", &pages) != 1) abort();
    (void)fclose(f);
    rlim_t bytes = pages * (rlim_t)sysconf(_SC_PAGESIZE) + ((rlim_t)ROOM_MIB << 20);
    if (setrlimit(RLIMIT_AS, &(struct rlimit){ bytes, bytes }) < 0) abort();
}

/* A round: few fibers or many, at the workers that have fewest, or at this one; less where there is
 * no memory for the task itself. */
static int crowd(unsigned *random) {
    edo_task *tasks[CROWD];
    *random = *random * 1664525 + 1013904223;
    unsigned most = *random >> 16 & 1 ? CROWD : 8, number = *random >> 8, n = 0;
    int err = 0;
    (void)alarm(FOR_EVER_S); // a fiber that never runs ends the process
    const edo_spawn_opts opts = { .spread = number & 1, .migrate = number & 2 };
    while (n < most &&
           (tasks[n] = edo_spawn_with(short_lived, (void *)(uintptr_t)(number + n), &opts)))
        n++;
    for (unsigned i = 0; i < n; i++) {
        int joined = edo_task_join(tasks[i]);
        if (err == 0) err = joined;
    }
    return err;
}

static int crowds(void *arg) {
    (void)arg;
    unsigned random = 1;
    edo_task *warm = edo_spawn_with(short_lived, NULL, &(edo_spawn_opts){ .spread = true });
    int err = warm ? edo_task_join(warm) : -ENOMEM;
    limit_memory();
    int64_t end = now_us() + (int64_t)seconds * 1000000;
    while (err == 0 && now_us() < end) err = crowd(&random);
    (void)alarm(0);
    return err;
}

static int run_crowds(void) {
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_MULTI, .workers = WORKERS };
    int err = edo_main_with(crowds, NULL, &opts);
    printf("%-16s %6u fibers, at most %u of %d at once\n", "no stacks", done_n, living_most, CROWD);
    if (err == 0 && living_most >= CROWD) printf("there was memory for all of them\n");
    return err != 0 || living_most >= CROWD;
}

/* ---- The program ----------------------------------------------------------------------------- */

/* `k` NULL: no stacks. In a child, since a runtime leaves its stacks to the next one. */
static int run_apart(const char *name, const kind *k) {
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0) exit(k ? run_load(k) : run_crowds());
    int status = -1;
    if (child < 0 || waitpid(child, &status, 0) < 0) perror("edo-bench-load");
    if (status == 0) return 0;
    printf("%s: %s\n", name, WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "failed");
    return 1;
}

static void usage(void) {
    (void)fputs("usage: edo-bench-load [-d SECONDS] [-k KIND]\n", stderr);
    exit(EXIT_USAGE);
}

int main(int argc, char **argv) {
    const char *only = NULL;
    (void)argc;
    for (char **at = argv + 1; *at; at++) {
        if (!strcmp(*at, "-d") && at[1]) {
            seconds = (unsigned)strtoul(*++at, NULL, 10);
        } else if (!strcmp(*at, "-k") && at[1]) {
            only = *++at;
        } else {
            usage();
        }
    }
    if (seconds == 0) usage();
    int bad = 0;
    for (size_t i = 0; i < EDO_COUNT(kinds); i++)
        if (!only || !strcmp(only, kinds[i].name)) bad |= run_apart(kinds[i].name, &kinds[i]);
    if (!only || !strcmp(only, "no stacks")) bad |= run_apart("no stacks", NULL);
    return bad;
}
