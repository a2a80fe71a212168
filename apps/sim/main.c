/* SPDX-License-Identifier: MIT */
/* edo sim: runs a program that has a world of edo/sim.h with many seeds, prints the seeds that fail
 * and the faults that are needed for that, and runs a seed again. docs/man/edo-sim.1 */
#include "run.h"
#include "seeds.h"

#include <edo/error.h>
#include <edo/process.h>
#include <edo/runtime.h>

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: edo sim [OPTION...] PROGRAM [-- ARGUMENT...]\n"
    "\n"
    "Runs PROGRAM once with each seed in EDO_SIM_SEED, and says with which it fails: by a status\n"
    "other than 0, a signal, or no end. PROGRAM makes one world (edo/sim.h) whose .seed is 0.\n"
    "\n"
    "  --seeds A..B     these seeds; else 1..100\n"
    "  -j, --jobs N     N seeds run at the same time; else one for each core\n"
    "  --twice          each seed has two runs, which have to be equal\n"
    "  --failures N     after N failures no other seed begins; else 10\n"
    "  --no-shrink      does not look which faults of a failure can be left out\n"
    "  --most SECONDS   a run that takes longer is killed and has failed; else 60\n"
    "\n"
    "  --replay SEED    runs that seed alone, and prints what its hosts log\n"
    "  --skip LIST      leaves out the faults with these numbers, as 1,3-5\n"
    "  --log FILTER     what is logged, as EDO_LOG has it; else info\n"
    "  --trace FILE     writes a line for each event\n"
    "  --stop N         runs it in gdb, and stops at event N\n"
    "\n"
    "  --help           this text\n"
    "\n"
    "Status: 0 if none fails, 1 if one does, 2 if PROGRAM cannot be run.\n";

typedef struct sim_args {
    plan p;
    seeds_opts seeds;
    bool is_replay;
    uint64_t seed;
    const char *skip, *log, *trace, *stop;
    char words[PATH_MAX]; /* the program with its arguments */
    int status;
} sim_args;

/* ---- One seed again -------------------------------------------------------------------------- */

static void set_or_not(const char *name, const char *value) {
    if (value && *value) {
        (void)setenv(name, value, 1);
    } else {
        (void)unsetenv(name);
    }
}

static void set_environment(const sim_args *a, const char *report) {
    char seed[32];
    (void)snprintf(seed, sizeof seed, "%" PRIu64, a->seed);
    set_or_not("EDO_SIM_SEED", seed);
    set_or_not("EDO_SIM_SKIP", a->skip);
    set_or_not("EDO_SIM_LOG", a->log ? a->log : "info");
    set_or_not("EDO_SIM_TRACE", a->trace);
    set_or_not("EDO_SIM_STOP", a->stop);
    set_or_not("EDO_SIM_REPORT", report);
}

/* Does not return but on failure. */
static int run_in_gdb(const sim_args *a) {
    static const char *const head[] = {
        "gdb", "-q",  "-ex",   "set breakpoint pending on", "-ex", "break edo_sim_stop",
        "-ex", "run", "--args"
    };
    size_t n = 0;
    while (a->p.argv[n]) n++;
    char **all = calloc(EDO_COUNT(head) + n + 1, sizeof *all);
    if (!all) return -ENOMEM;
    memcpy(all, head, sizeof head);
    memcpy(all + EDO_COUNT(head), a->p.argv, n * sizeof *all);
    execvp("gdb", all);
    int err = -errno;
    free(all);
    return edo_fail(err, "starting gdb");
}

static int sim_args_replay(sim_args *a) {
    char report[PATH_MAX], words[64];
    outcome o = { 0 };
    (void)snprintf(report, sizeof report, "%s/report", a->p.dir);
    set_environment(a, report);
    o.status = edo_process_run(a->p.argv, NULL);
    if (o.status < 0) return edo_fail(o.status, "starting %s", a->p.argv[0]);
    outcome_read(&o, report);
    (void)unlink(report);
    if (o.faults) printf("%s", o.faults);
    printf("seed %" PRIu64 " %s: %s", a->seed, o.status == 0 ? "succeeds" : "fails",
           outcome_words(&o, words));
    if (o.is_told) printf(", %" PRIu64 " events, digest %016" PRIx64, o.events, o.digest);
    printf("\n");
    a->status = o.status != 0;
    outcome_free(&o);
    return 0;
}

/* ---- What is asked --------------------------------------------------------------------------- */

static int sim_args_run(void *arg) {
    sim_args *a = arg;
    char dir[] = "/tmp/edo-sim-XXXXXX";
    if (!mkdtemp(dir)) return edo_fail(-errno, "making a folder in /tmp");
    a->p.dir = dir;
    int64_t failed_n = a->is_replay ? sim_args_replay(a) : seeds_run(&a->p, &a->seeds);
    (void)rmdir(dir);
    if (failed_n < 0) return (int)failed_n;
    if (!a->is_replay) a->status = failed_n > 0;
    return 0;
}

static bool read_number(const char *text, uint64_t most, uint64_t *out) {
    char *end;
    errno = 0;
    uint64_t n = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno != 0 || n == 0 || n > most) return false;
    *out = n;
    return true;
}

static bool sim_args_read_range(const char *text, seeds_opts *out) {
    char first[32];
    const char *dots = strstr(text, "..");
    if (!dots) return read_number(text, UINT64_MAX, &out->first) && (out->last = out->first) > 0;
    if ((size_t)(dots - text) >= sizeof first) return false;
    memcpy(first, text, (size_t)(dots - text));
    first[dots - text] = '\0';
    return read_number(first, UINT64_MAX, &out->first) &&
           read_number(dots + 2, UINT64_MAX - 1, &out->last) && out->last >= out->first;
}

enum { SEEDS = 256, TWICE, FAILURES, NO_SHRINK, MOST, REPLAY, SKIP, LOG, TRACE, STOP, HELP };

static const struct option options[] = {
    { "seeds", required_argument, NULL, SEEDS },
    { "jobs", required_argument, NULL, 'j' },
    { "twice", no_argument, NULL, TWICE },
    { "failures", required_argument, NULL, FAILURES },
    { "no-shrink", no_argument, NULL, NO_SHRINK },
    { "most", required_argument, NULL, MOST },
    { "replay", required_argument, NULL, REPLAY },
    { "skip", required_argument, NULL, SKIP },
    { "log", required_argument, NULL, LOG },
    { "trace", required_argument, NULL, TRACE },
    { "stop", required_argument, NULL, STOP },
    { "help", no_argument, NULL, HELP },
    { NULL, 0, NULL, 0 },
};

/* Returns whether the option has a value that it may have. */
static bool take_option(sim_args *a, int option, const char *value) {
    uint64_t n = 0;
    switch (option) {
    case SEEDS: return sim_args_read_range(value, &a->seeds);
    case 'j': return read_number(value, 1000, &n) && (a->seeds.jobs = (unsigned)n) > 0;
    case TWICE: return a->seeds.is_twice = true;
    case FAILURES: return read_number(value, UINT64_MAX, &a->seeds.failures_max);
    case NO_SHRINK: return !(a->seeds.shrinks = false);
    case MOST: return read_number(value, 1000000, &n) && (a->p.most = edo_s((int64_t)n)).ns > 0;
    case REPLAY: return a->is_replay = read_number(value, UINT64_MAX, &a->seed);
    case SKIP: return (a->skip = value) != NULL;
    case LOG: return (a->log = value) != NULL;
    case TRACE: return (a->trace = value) != NULL;
    case STOP: return read_number(value, UINT64_MAX, &n) && (a->stop = value) != NULL;
    default: return false;
    }
}

/* The program, and its arguments behind "--". */
static void note_words(sim_args *a, char **argv) {
    size_t n = (size_t)snprintf(a->words, sizeof a->words, "%s", argv[0]);
    for (int i = 1; argv[i] && n < sizeof a->words; i++)
        n += (size_t)snprintf(a->words + n, sizeof a->words - n, "%s %s", i == 1 ? " --" : "",
                              argv[i]);
    a->seeds.words = a->words;
}

/* Returns a status to end with, or -1. */
static int read_args(sim_args *a, int argc, char **argv) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    a->p.most = edo_s(60);
    a->seeds = (seeds_opts){
        .first = 1,
        .last = 100,
        .jobs = cores > 0 ? (unsigned)cores : 1,
        .failures_max = 10,
        .shrinks = true,
    };
    for (int option; (option = getopt_long(argc, argv, "j:", options, NULL)) != -1;) {
        if (option == HELP) return fputs(usage, stdout), 0;
        if (option == '?') return fputs(usage, stderr), 2;
        if (take_option(a, option, optarg)) continue;
        fprintf(stderr, "edo sim: an option has a value that it cannot have: %s\n", optarg);
        return 2;
    }
    if (!argv[optind]) return fputs(usage, stderr), 2;
    a->p.argv = (const char *const *)&argv[optind];
    note_words(a, &argv[optind]);
    return -1;
}

int main(int argc, char **argv) {
    static sim_args a;
    int status = read_args(&a, argc, argv);
    if (status >= 0) return status;
    if (a.stop) {
        a.is_replay = true;
        set_environment(&a, NULL);
        edo_trail_print(stderr, run_in_gdb(&a), EDO_TRAIL_LINE);
        return 2;
    }
    // to start a program takes its thread some milliseconds
    const edo_runtime_opts runtime = { .flavor = EDO_RUNTIME_CURRENT, .watchdog = edo_ns(-1) };
    status = edo_main_with(sim_args_run, &a, &runtime);
    return status != 0 ? 2 : a.status;
}
