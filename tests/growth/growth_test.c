/* SPDX-License-Identifier: MIT */
/* Goal: the cost of an operation of edo on n of a kind (waiters, tasks, timers, sources, jobs), and
 * of edo-chat on n members of a room, is at most in proportion to n, whatever the order in which
 * they come, are cancelled, woken, dumped or ended.
 * Method: callgrind counts each case with n, 2n and 4n; the instructions for 4n, kernel not
 * included, must be at most 5 times those for n: 4 is linear, 4.5 is n log n, 16 is quadratic. Up
 * to 8 times pass if the cost of one takes a step, where a cache is full, and does not rise with n:
 * a slope rises from 2n to 4n by 1.3 to 5 times what it does from n to 2n. Cases share a process,
 * since its start costs more than most of them; one that is out of proportion there runs again in
 * a process of its own, and only that counts. Where several threads run, their order varies and the
 * count with it, so such a case fails only if it is out of proportion three times in a row by
 * itself. Two processes run at a time. Where Valgrind cannot run the program (sanitizers) each case
 * runs once as it is, with few.
 *
 *     growth_test                  all cases; with EDO_GROWTH_FULL=1 as many as there is room for,
 *                                  each in a process of its own
 *     growth_test CASE             one, with its numbers
 *     growth_test CASE N           one as it is, not counted
 *     growth_test --count CASE...  what Valgrind runs */
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
#define GROUP        8 /* cases of a process, at most */
#define TRIES        3
#define PARTS_MAX    16
#define SIZES        3
#define GROWTH_MAX   5.0
#define STEP_MAX     8.0
#define CASE_MAX_S   300u
#define FEW          64u
#define NAME_BYTES   48       /* of a case or a part */
#define FLOOR_INSTRS 100000.0 /* less for 4n is start-up only */

/* ---- In the process of a case ---------------------------------------------------------------- */

static uint32_t n_now;
static const growth_case *case_now;

void growth_begin(void) {
#ifdef CALLGRIND_ZERO_STATS
    CALLGRIND_ZERO_STATS;
#endif
}

void growth_end(const char *part) {
#ifdef CALLGRIND_DUMP_STATS_AT
    char label[2 * NAME_BYTES + 16];
    (void)snprintf(label, sizeof label, "%u %s %s", n_now, case_now->name, part);
    CALLGRIND_DUMP_STATS_AT(label);
#else
    (void)part;
#endif
}

static void run_case(const growth_case *c, uint32_t n) {
    (void)alarm(CASE_MAX_S);
    case_now = c;
    n_now = n;
    c->run(c->arg, n);
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

static int run_counted(char **names) {
    for (; *names; names++) {
        const growth_case *c = case_named(*names);
        run_case(c, FEW); // allocations that happen only once
        for (uint32_t n = most_of(c) / 4; n <= most_of(c); n *= 2) run_case(c, n);
    }
    return 0;
}

/* ---- Counting -------------------------------------------------------------------------------- */

typedef struct part {
    char name[NAME_BYTES];
    double instrs[SIZES];
} part;

typedef struct count {
    const growth_case *of;
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

/* One dump: "desc: Trigger: Client Request: N CASE PART" and "summary: INSTRS". */
static bool read_dump(const char *path, count *counts, uint32_t counts_n) {
    FILE *in = fopen(path, "r");
    if (!in) return false;
    static const char said[] = "desc: Trigger: Client Request: ", sum[] = "summary: ";
    char line[512], name[NAME_BYTES] = "", of_part[NAME_BYTES] = "";
    unsigned n = 0;
    double instrs = 0;
    while (fgets(line, sizeof line, in)) {
        if (strncmp(line, said, sizeof said - 1) == 0)
            (void)sscanf(line + sizeof said - 1, "%u %47s %47[^\n]", &n, name, of_part);
        if (strncmp(line, sum, sizeof sum - 1) == 0) instrs = strtod(line + sizeof sum - 1, NULL);
    }
    (void)fclose(in);
    for (count *c = counts; c < counts + counts_n; c++) {
        uint32_t size = n == c->n ? 0 : n == 2 * c->n ? 1 : n == 4 * c->n ? 2 : SIZES;
        if (strcmp(c->of->name, name) == 0 && size < SIZES)
            part_named(c, of_part)->instrs[size] += instrs;
    }
    return true;
}

static void read_dumps(const char *path, count *counts, uint32_t counts_n) {
    char at[300];
    for (unsigned i = 1;; i++) {
        (void)snprintf(at, sizeof at, "%s.%u", path, i);
        if (!read_dump(at, counts, counts_n)) break;
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

static bool is_in_proportion(const count *c) {
    for (uint32_t i = 0; i < c->parts_n; i++)
        if (is_wrong(c, &c->parts[i])) return false;
    return c->parts_n > 0;
}

/* Prints the parts that are out of proportion, with `all` also the others; returns how many are. */
static uint32_t judge(const count *c, bool all) {
    uint32_t failed_n = 0;
    for (uint32_t i = 0; i < c->parts_n; i++) {
        const part *p = &c->parts[i];
        double growth = p->instrs[0] > 0 ? p->instrs[2] / p->instrs[0] : 0;
        bool wrong = is_wrong(c, p);
        failed_n += wrong;
        if (!wrong && !all) continue;
        printf("%s %s: %s: %.0f, %.0f, %.0f instructions each for %u, %u, %u: x %.2f\n",
               wrong ? "FAILED" : "ok", c->of->name, p->name, p->instrs[0] / c->n,
               p->instrs[1] / (2.0 * c->n), p->instrs[2] / (4.0 * c->n), c->n, 2 * c->n, 4 * c->n,
               growth);
    }
    if (c->parts_n == 0) printf("FAILED %s: nothing was counted\n", c->of->name);
    return failed_n + (c->parts_n == 0);
}

/* ---- Processes ------------------------------------------------------------------------------- */

/* Cases that still have to be judged: all in one process, then those that were out of proportion
 * there one by one, the last one first. */
typedef struct job {
    const growth_case *cases[GROUP];
    uint32_t cases_n; /* 0: this place is free */
    bool alone;       /* only the last case runs */
    uint32_t tries_n; /* of the last case, alone */
    pid_t pid;
} job;

static char where[] = "/tmp/edo-growth-XXXXXX";

/* Under Valgrind one `rep stosb` counts as an instruction for each byte, and takes as long: that of
 * a large block would hide all else. */
#define NO_REP                                                                                     \
    "glibc.cpu.x86_rep_stosb_threshold=1000000000:glibc.cpu.x86_rep_movsb_threshold=1000000000"

static void become_cases(const job *j, const char *self) {
    char out[300];
    const char *argv[GROUP + 8] = { "valgrind", "--tool=callgrind", "--log-file=/dev/null", out,
                                    self,       "--count" };
    (void)snprintf(out, sizeof out, "--callgrind-out-file=%s/%%p", where);
    for (uint32_t i = j->alone ? j->cases_n - 1 : 0, at = 6; i < j->cases_n; i++)
        argv[at++] = j->cases[i]->name;
    (void)setenv("GLIBC_TUNABLES", NO_REP, 1);
    (void)execvp(argv[0], (char **)(uintptr_t)argv);
    (void)fprintf(stderr, "growth: valgrind: %s: run scripts/setup test\n", strerror(errno));
    _exit(127);
}

static void start(job *j, const char *self) {
    (void)fflush(stdout);
    j->pid = fork();
    GROWTH_CHECK(j->pid >= 0);
    if (j->pid == 0) become_cases(j, self);
}

static void count_job(const job *j, count *counts) {
    char path[256];
    for (uint32_t i = 0; i < j->cases_n; i++)
        counts[i] = (count){ .of = j->cases[i], .n = most_of(j->cases[i]) / 4 };
    (void)snprintf(path, sizeof path, "%s/%d", where, (int)j->pid);
    read_dumps(path, counts, j->cases_n);
}

/* The case of a process of its own has ended with `status`. It leaves the job unless it gets
 * another try; returns how many of its parts failed for good. */
static uint32_t finish_alone(job *j, const count *c, int status, bool all) {
    uint32_t failed_n = judge(c, all || status != 0);
    if (status != 0) {
        bool is_late = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
        printf("FAILED %s: %s %d\n", c->of->name, is_late ? "no end in time, signal" : "status",
               is_late ? SIGALRM : status);
        failed_n++;
    }
    if (failed_n > 0 && status == 0 && c->of->varies && ++j->tries_n < TRIES) return 0;
    j->tries_n = 0;
    j->cases_n--;
    return failed_n;
}

/* Those in proportion leave the job; none does if the process failed. */
static void finish_group(job *j, const count *counts, int status) {
    uint32_t left_n = 0;
    for (uint32_t i = 0; i < j->cases_n; i++)
        if (status != 0 || !is_in_proportion(&counts[i])) j->cases[left_n++] = j->cases[i];
    j->cases_n = left_n;
    j->alone = true;
}

/* Waits until one of the jobs is done. Returns how many parts of its cases failed for good. */
static uint32_t finish_one(job *jobs, const char *self, bool all) {
    static count counts[GROUP];
    for (uint32_t failed_n = 0;;) {
        int status;
        pid_t pid = wait(&status);
        job *j = jobs;
        while (j->pid != pid || j->cases_n == 0) j++;
        count_job(j, counts);
        if (j->alone) {
            failed_n += finish_alone(j, &counts[j->cases_n - 1], status, all);
        } else {
            finish_group(j, counts, status);
        }
        if (j->cases_n == 0) return failed_n;
        start(j, self);
    }
}

/* The cases from `at` on that share a process. */
static job group_at(size_t at) {
    uint32_t most = getenv("EDO_GROWTH_FULL") ? 1 : GROUP;
    job j = { .alone = most == 1 };
    while (j.cases_n < most && (j.cases[j.cases_n] = case_at(at + j.cases_n)) != NULL) j.cases_n++;
    return j;
}

static uint32_t count_one(const growth_case *c, const char *self) {
    job j = { .cases = { c }, .cases_n = 1, .alone = true };
    start(&j, self);
    return finish_one(&j, self, true);
}

static uint32_t count_all(const char *self) {
    job jobs[AT_ONCE] = { { .cases_n = 0 } };
    uint32_t failed_n = 0, running_n = 0;
    for (size_t at = 0; case_at(at);) {
        if (running_n == AT_ONCE) {
            failed_n += finish_one(jobs, self, false);
            running_n--;
        }
        job *j = jobs[0].cases_n == 0 ? &jobs[0] : &jobs[1];
        *j = group_at(at);
        at += j->cases_n;
        start(j, self);
        running_n++;
    }
    for (; running_n > 0; running_n--) failed_n += finish_one(jobs, self, false);
    return failed_n;
}

static int run_few(void) {
    const growth_case *c;
    for (size_t i = 0; (c = case_at(i)) != NULL; i++) run_case(c, FEW);
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
    if (argc > 1 && strcmp(argv[1], "--count") == 0) return run_counted(argv + 2);
    const growth_case *only = argc > 1 ? case_named(argv[1]) : NULL;
    if (argc > 2) {
        run_case(only, (uint32_t)strtoul(argv[2], NULL, 10));
        return 0;
    }
    if (!CAN_COUNT) return run_few();
    GROWTH_CHECK(mkdtemp(where));
    char self[256] = "";
    GROWTH_CHECK(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    uint32_t failed_n = only ? count_one(only, self) : count_all(self);
    (void)rmdir(where);
    if (failed_n > 0) printf("%u of all parts cost more than in proportion\n", failed_n);
    return failed_n > 0;
}
