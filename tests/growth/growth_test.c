/* SPDX-License-Identifier: MIT */
/* Goal: the cost of an operation of edo on n of a kind (waiters, tasks, timers, sources, jobs), and
 * of edo-chat on n members of a room, is at most in proportion to n, whatever the order in which
 * they come, are cancelled, woken, dumped or ended.
 * Method: each case runs in a process of its own under callgrind with n, 2n and 4n; the
 * instructions for 4n, kernel not included, must be at most 5 times those for n: 4 is linear, 4.5
 * is n log n, 16 is quadratic. Up to 8 times pass if the cost of one takes a step, where a cache is
 * full, and does not rise with n: a slope rises from 2n to 4n by 1.3 to 5 times what it does from n
 * to 2n. Where several threads run, their order varies and the count with it, so such a case fails
 * only if it is out of proportion three times in a row. Two cases run at a time. Where Valgrind
 * cannot run the program (sanitizers) each case runs once as it is, with few.
 *
 *     growth_test             all cases; with EDO_GROWTH_FULL=1 as many as there is room for
 *     growth_test CASE        one, with its numbers
 *     growth_test CASE N      one as it is, not counted; Valgrind runs this, with CASE N 3 */
#include "growth.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#    define SANITIZED 1
#elif defined(__has_feature)
#    if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#        define SANITIZED 1
#    endif
#endif
#if defined(__has_include) && !defined(SANITIZED)
#    if __has_include(<valgrind/callgrind.h>)
#        include <valgrind/callgrind.h>
#    endif
#endif

#ifdef CALLGRIND_ZERO_STATS
#    define CAN_COUNT true
#else
#    define CAN_COUNT false
#endif

#define AT_ONCE      2
#define TRIES        3
#define PARTS_MAX    16
#define SIZES        3
#define GROWTH_MAX   5.0
#define STEP_MAX     8.0
#define CASE_MAX_S   300u
#define FEW          64u
#define PART_MAX     48
#define FLOOR_INSTRS 100000.0 /* less for 4n is start-up only */

/* ---- In the process of a case ---------------------------------------------------------------- */

static uint32_t n_now;

void growth_begin(void) {
#ifdef CALLGRIND_ZERO_STATS
    CALLGRIND_ZERO_STATS;
#endif
}

void growth_end(const char *part) {
#ifdef CALLGRIND_DUMP_STATS_AT
    char label[PART_MAX + 16];
    (void)snprintf(label, sizeof label, "%u %s", n_now, part);
    CALLGRIND_DUMP_STATS_AT(label);
#else
    (void)part;
#endif
}

static int run_case(const growth_case *c, uint32_t n, uint32_t times) {
    (void)alarm(CASE_MAX_S);
    if (times > 1) c->run(c->arg, FEW); // allocations that happen only once
    for (uint32_t i = 0; i < times; i++, n *= 2) {
        n_now = n;
        c->run(c->arg, n);
    }
    return 0;
}

/* ---- Finding cases --------------------------------------------------------------------------- */

static const growth_case *const tables[] = { growth_waiters,  growth_sources, growth_sockets,
                                             growth_channels, growth_tasks,   growth_told,
                                             growth_things,   growth_ends,    growth_chat };

static const growth_case *case_at(size_t at) {
    for (size_t i = 0; i < EDO_COUNT(tables); i++)
        for (const growth_case *c = tables[i]; c->name; c++)
            if (at-- == 0) return c;
    return NULL;
}

static const growth_case *case_named(const char *name) {
    const growth_case *c;
    for (size_t i = 0; (c = case_at(i)) != NULL; i++)
        if (strcmp(c->name, name) == 0) return c;
    (void)fprintf(stderr, "growth: no case %s\n", name);
    exit(2);
}

static uint32_t most_of(const growth_case *c) {
    uint32_t most = c->n_max ? c->n_max : GROWTH_N_MAX;
    bool is_quick = !c->many && most > GROWTH_N_QUICK && !getenv("EDO_GROWTH_FULL");
    return is_quick ? GROWTH_N_QUICK : most;
}

/* ---- Counting -------------------------------------------------------------------------------- */

typedef struct part {
    char name[PART_MAX];
    double instrs[SIZES];
} part;

typedef struct count {
    uint32_t n;
    uint32_t parts_n;
    part parts[PARTS_MAX];
} count;

static part *part_named(count *c, const char *name) {
    for (uint32_t i = 0; i < c->parts_n; i++)
        if (strcmp(c->parts[i].name, name) == 0) return &c->parts[i];
    GROWTH_CHECK(c->parts_n < PARTS_MAX);
    part *p = &c->parts[c->parts_n++];
    (void)snprintf(p->name, sizeof p->name, "%s", name);
    return p;
}

/* One dump: "desc: Trigger: Client Request: N PART" and "summary: INSTRS". */
static bool read_dump(const char *path, count *c) {
    FILE *in = fopen(path, "r");
    if (!in) return false;
    static const char said[] = "desc: Trigger: Client Request: ", sum[] = "summary: ";
    char line[512], name[PART_MAX] = "";
    unsigned n = 0;
    while (fgets(line, sizeof line, in)) {
        if (strncmp(line, said, sizeof said - 1) == 0)
            (void)sscanf(line + sizeof said - 1, "%u %47[^\n]", &n, name);
        if (strncmp(line, sum, sizeof sum - 1) != 0 || !name[0]) continue;
        uint32_t size = n == c->n ? 0 : n == 2 * c->n ? 1 : n == 4 * c->n ? 2 : SIZES;
        if (size < SIZES) part_named(c, name)->instrs[size] += strtod(line + sizeof sum - 1, NULL);
    }
    (void)fclose(in);
    return true;
}

static void read_dumps(const char *path, count *c) {
    char at[256];
    for (unsigned i = 1;; i++) {
        (void)snprintf(at, sizeof at, "%s.%u", path, i);
        if (!read_dump(at, c)) break;
        (void)unlink(at);
    }
    (void)unlink(path);
}

/* ---- Judging --------------------------------------------------------------------------------- */

/* Whether the cost is out of proportion. */
static bool is_wrong(const count *c, const part *p) {
    double growth = p->instrs[0] > 0 ? p->instrs[2] / p->instrs[0] : 0;
    if (growth == 0) return true;
    if (growth <= GROWTH_MAX || p->instrs[2] < FLOOR_INSTRS) return false;
    double each[SIZES];
    for (uint32_t i = 0; i < SIZES; i++) each[i] = p->instrs[i] / (double)(c->n << i);
    double before = each[1] - each[0], after = each[2] - each[1];
    return growth > STEP_MAX || (after > 1.3 * before && after < 5 * before);
}

/* Prints the parts that are out of proportion; with `all` also the others. */
static uint32_t judge(const char *name, const count *c, bool all) {
    uint32_t failed_n = 0;
    for (uint32_t i = 0; i < c->parts_n; i++) {
        const part *p = &c->parts[i];
        double growth = p->instrs[0] > 0 ? p->instrs[2] / p->instrs[0] : 0;
        bool wrong = is_wrong(c, p);
        failed_n += wrong;
        if (!wrong && !all) continue;
        printf("%s %s: %s: %.0f, %.0f, %.0f instructions each for %u, %u, %u: x %.2f\n",
               wrong ? "FAILED" : "ok", name, p->name, p->instrs[0] / c->n,
               p->instrs[1] / (2.0 * c->n), p->instrs[2] / (4.0 * c->n), c->n, 2 * c->n, 4 * c->n,
               growth);
    }
    if (c->parts_n == 0) printf("FAILED %s: nothing was counted\n", name);
    return failed_n + (c->parts_n == 0);
}

/* ---- Processes ------------------------------------------------------------------------------- */

typedef struct job {
    const growth_case *of; /* NULL: this place is free */
    pid_t pid;
    uint32_t tries_n;
} job;

static char where[] = "/tmp/edo-growth-XXXXXX";

static void path_of(const growth_case *c, char *path, size_t bytes) {
    (void)snprintf(path, bytes, "%s/%s", where, c->name);
}

static void become_case(const char *self, const growth_case *c) {
    char out[300], path[256], n[16];
    path_of(c, path, sizeof path);
    (void)snprintf(out, sizeof out, "--callgrind-out-file=%s", path);
    (void)snprintf(n, sizeof n, "%u", most_of(c) / 4);
    (void)execlp("valgrind", "valgrind", "--tool=callgrind", "--log-file=/dev/null", out, self,
                 c->name, n, "3", (char *)NULL);
    (void)fprintf(stderr, "growth: valgrind: %s: run scripts/setup test\n", strerror(errno));
    _exit(127);
}

static void start(job *j, const growth_case *c, const char *self) {
    (void)fflush(stdout);
    j->tries_n = j->of == c ? j->tries_n + 1 : 1;
    j->of = c;
    j->pid = fork();
    GROWTH_CHECK(j->pid >= 0);
    if (j->pid == 0) become_case(self, c);
}

/* Prints the result of a case that has ended with `status`; returns how many of its parts
 * failed. */
static uint32_t judge_job(const job *j, int status, bool all) {
    const char *name = j->of->name;
    char path[256];
    path_of(j->of, path, sizeof path);
    count c = { .n = most_of(j->of) / 4 };
    read_dumps(path, &c);
    uint32_t failed_n = 0;
    if (status != 0) {
        bool is_late = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
        printf("FAILED %s: %s %d\n", name, is_late ? "no end in time, signal" : "status",
               is_late ? SIGALRM : status);
        failed_n = 1;
    }
    return failed_n + judge(name, &c, all || status != 0);
}

/* Waits for one of the jobs, and counts a case that was out of proportion again. Returns how many
 * of its parts failed for good. */
static uint32_t finish_one(job *jobs, const char *self, bool all) {
    for (;;) {
        int status;
        pid_t pid = wait(&status);
        job *j = jobs;
        while (j->pid != pid || !j->of) j++;
        uint32_t failed_n = judge_job(j, status, all);
        if (failed_n == 0 || status != 0 || !j->of->varies || j->tries_n == TRIES) {
            j->of = NULL;
            return failed_n;
        }
        start(j, j->of, self);
    }
}

/* All cases, or `only`. */
static uint32_t count_all(const char *self, const growth_case *only) {
    job jobs[AT_ONCE] = { { .of = NULL } };
    uint32_t failed_n = 0, running_n = 0;
    const growth_case *c = NULL;
    for (size_t at = 0; (c = only ? (at ? NULL : only) : case_at(at)) != NULL; at++) {
        if (running_n == AT_ONCE) {
            failed_n += finish_one(jobs, self, only != NULL);
            running_n--;
        }
        start(jobs[0].of ? &jobs[1] : &jobs[0], c, self);
        running_n++;
    }
    for (; running_n > 0; running_n--) failed_n += finish_one(jobs, self, only != NULL);
    return failed_n;
}

static int run_few(void) {
    const growth_case *c;
    for (size_t i = 0; (c = case_at(i)) != NULL; i++) (void)run_case(c, FEW, 1);
    return 0;
}

/* Descriptors for the kinds that have one each. */
static void raise_limit(void) {
    struct rlimit limit;
    GROWTH_CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv) {
    raise_limit();
    const growth_case *only = argc > 1 ? case_named(argv[1]) : NULL;
    if (argc > 2) {
        uint32_t times = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 1;
        return run_case(only, (uint32_t)strtoul(argv[2], NULL, 10), times);
    }
    if (!CAN_COUNT) return run_few();
    GROWTH_CHECK(mkdtemp(where));
    char self[256] = "";
    GROWTH_CHECK(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    uint32_t failed_n = count_all(self, only);
    (void)rmdir(where);
    if (failed_n > 0) printf("%u of all parts cost more than in proportion\n", failed_n);
    return failed_n > 0;
}
