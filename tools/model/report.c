/* SPDX-License-Identifier: MIT */
/* report.c: the options of a program of models, and what it prints. */
#include "state.h"

#include <edo/base.h>

#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const order_names[] = { "relaxed", "acquire", "release", "acq_rel", "seq_cst" };
static const char *const kind_names[] = { "start",   "load",  "store",  "rmw",  "cas",   "fence",
                                          "barrier", "yield", "choose", "lock", "try",   "unlock",
                                          "enroll",  "woken", "signal", "kick", "sleep", "poll",
                                          "join",    "quiet", "end",    "held" };

checker *ck;

/* ---- Sites ----------------------------------------------------------------------------------- */

site *site_of(const char *file, int line, int order) {
    unsigned h = (unsigned)line % SITES_HASH;
    site *s = ck->sites[h];
    while (s && (s->line != line || (s->literal != file && strcmp(s->file, file) != 0)))
        s = s->next;
    if (!s) {
        s = calloc(1, sizeof *s);
        if (!s) abort();
        *s = (site){ .next = ck->sites[h], .line = line, .weaken = -1 };
        (void)snprintf(s->file, sizeof s->file, "%s", file);
        ck->sites[h] = s;
    }
    s->literal = file; // one of those with this text, most often the only one
    if (s->order < order) s->order = order;
    return s;
}

/* Those that the last model has met. */
static void print_sites(void) {
    for (unsigned h = 0; h < SITES_HASH; h++)
        for (site *s = ck->sites[h]; s; s = s->next) {
            if (s->hit && s->order != EDOI_MODEL_RLX)
                printf("site %s:%d %s\n", s->file, s->line, order_names[s->order]);
            s->hit = false;
        }
}

/* FILE:LINE or FILE:LINE=ORDER */
static bool weaken(const char *arg) {
    char file[sizeof((site *)NULL)->file];
    const char *colon = strrchr(arg, ':');
    if (!colon) return false;
    (void)snprintf(file, sizeof file, "%.*s", (int)(colon - arg), arg);
    char *end;
    long line = strtol(colon + 1, &end, 10);
    int order = EDOI_MODEL_RLX;
    if (*end == '=')
        while (order < EDOI_MODEL_SEQ && strcmp(end + 1, order_names[order]) != 0) order++;
    site *s = site_of(file, (int)line, EDOI_MODEL_RLX);
    s->weaken = order;
    s->literal = NULL; // `file` is none
    return true;
}

/* ---- The way to a failure -------------------------------------------------------------------- */

static void print_site(const site *s) {
    if (s) printf("  %s:%d", s->file, s->line);
}

static void print_step(unsigned n, const step *s) {
    const op *o = &s->ops[s->chosen];
    printf("  %3u  T%u %-7s", n, s->chosen, kind_names[o->kind]);
    if (o->kind <= OP_FENCE && o->kind > OP_START) printf(" %-8s", order_names[o->order]);
    if (o->at) printf(" %p", o->at);
    if (o->kind == OP_RMW || (o->kind == OP_CAS && s->wrote)) {
        printf(" %#llx -> %#llx", (unsigned long long)s->before, (unsigned long long)s->value);
    } else if (o->kind == OP_LOAD || o->kind == OP_CAS) {
        printf(" = %#llx", (unsigned long long)s->value);
        if (s->store < s->before) printf(" (old: %u newer)", (unsigned)s->before - s->store);
    } else if (o->kind == OP_STORE) {
        printf(" := %#llx", (unsigned long long)s->value);
    }
    print_site(o->site);
    printf("\n");
}

/* Function and line of a program counter, by the tool that knows. */
static void print_pc(const void *pc) {
    extern char __executable_start[], **environ;
    char exe[64], at[32], name[] = "addr2line", options[] = "-fpse";
    (void)fflush(stdout);
    (void)snprintf(exe, sizeof exe, "/proc/%ld/exe", (long)getpid());
    (void)snprintf(at, sizeof at, "%#zx", (size_t)((const char *)pc - __executable_start - 1));
    char *const args[] = { name, options, exe, at, NULL };
    pid_t pid;
    if (posix_spawnp(&pid, args[0], NULL, NULL, args, environ) != 0 || waitpid(pid, NULL, 0) < 0)
        printf("%s\n", at);
}

static void print_race(void) {
    for (unsigned n = 0; n < ck->depth; n++) {
        const step *s = &ck->path[n];
        if (s->chosen != ck->race_thread || s->clock + 1 < ck->race_clock) continue;
        printf("the earlier access is before step %u; this one is in ", n);
        break;
    }
    print_pc(ck->race_pc);
}

static void print_path(void) {
    for (unsigned n = 0; n < ck->depth; n++) print_step(n, &ck->path[n]);
    for (unsigned n = 0; n < ck->threads_n; n++) {
        const thread *t = &ck->threads[n];
        if (!t->alive) continue;
        printf("       T%u at %s", n, kind_names[t->op.kind]);
        print_site(t->op.site);
        printf("\n");
    }
}

void fail(const char *format, ...) {
    va_list args;
    va_start(args, format);
    if (!ck->held) (void)vsnprintf(ck->said, sizeof ck->said, format, args);
    va_end(args);
    if (ck->running && ck->guesses_n > 0) later_hold();
    ck->failed = true;
    if (!ck->model || !ck->model->fails) {
        printf("%s: FAILED after %llu executions: %s\n", ck->model ? ck->model->name : "model",
               (unsigned long long)ck->executions, ck->said);
        if (ck->race_pc) print_race();
        if (!ck->quiet) print_path();
    }
    if (!ck->running) exit(2);
    go_home();
}

void edoi_model_fail(const char *text, const char *file, int line) {
    fail("%s (%s:%d)", text, file, line);
}

void edoi_model_outcome(unsigned outcome) {
    ck->outcomes[outcome / 64 % EDO_COUNT(ck->outcomes)] |= UINT64_C(1) << outcome % 64;
}

/* A bad address in the code under test, as a stale value leads to; or no crash, see statics.c. */
static void on_crash(int signal_n, siginfo_t *info, void *context) {
    (void)context;
    if (signal_n == SIGSEGV && info->si_code == SEGV_ACCERR && statics_take_write(info->si_addr))
        return;
    if (ck->guesses_n == 0) ck->running = false; // no way back
    fail("an access to a bad address");
}

static void catch_crashes(void) {
    const size_t bytes = 65536; // the threads' own stacks are small, and static data read-only
    const stack_t alternate = { .ss_sp = map(bytes), .ss_size = bytes };
    struct sigaction action = { .sa_sigaction = on_crash,
                                .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
    (void)sigaltstack(&alternate, NULL);
    (void)sigaction(SIGSEGV, &action, NULL);
    (void)sigaction(SIGBUS, &action, NULL);
}

uint64_t edoi_model_outcomes(edoi_model_fn *fn, bool reduced,
                             uint64_t outcomes[EDOI_MODEL_OUTCOMES / 64]) {
    const edoi_model m = { .name = "outcomes", .fn = fn };
    if (!ck) {
        threads_setup();
        catch_crashes();
    }
    ck->all_ways = !reduced;
    bool ok = explore(&m);
    ck->all_ways = false;
    memcpy(outcomes, ck->outcomes, sizeof ck->outcomes);
    return ok ? ck->executions : 0;
}

/* ---- The program ----------------------------------------------------------------------------- */

/* Whether it went as the model says. */
static bool is_as_said(const edoi_model *m) {
    if (m->fails) {
        if (ck->failed && strstr(ck->said, m->fails)) return true;
        printf("%s: FAILED: this was not found: %s\n", m->name, m->fails);
        return false;
    }
    if (!m->outcomes || ck->outcomes[0] == m->outcomes) return true;
    if (ck->executions_max) return true; // it may not have come so far
    printf("%s: FAILED: outcomes %#llx, should be %#llx\n", m->name,
           (unsigned long long)ck->outcomes[0], (unsigned long long)m->outcomes);
    return false;
}

/* Explores it, and more than one execution if there are threads: else they meet nowhere, and it
 * shows nothing. One that was cut may not have come so far. */
static bool explore_all(const edoi_model *m) {
    if (!explore(m)) return false;
    if (ck->random_n || ck->executions_max || m->one_way) return true;
    if (ck->threads_n < 2 || ck->executions > 1) return true;
    ck->failed = true;
    (void)snprintf(ck->said, sizeof ck->said, "one execution: its threads meet nowhere");
    if (!m->fails) printf("%s: FAILED: %s\n", m->name, ck->said);
    return false;
}

static bool run(const edoi_model *m) {
    ck->race_pc = NULL;
    ck->failed = false;
    uint64_t random_n = ck->random_n;
    unsigned turns_max = ck->turns_max;
    if (!random_n && !turns_max) ck->random_n = m->random_n;
    if (!random_n && !turns_max) ck->turns_max = m->turns_max;
    ck->later_loads = m->later_loads || ck->all_later;
    bool ok = explore_all(m);
    bool at_random = ck->random_n != 0;
    if (!ok && !m->fails) return false;
    printf("%s: %llu executions", m->name, (unsigned long long)ck->executions);
    if (at_random) printf(" at random, not all");
    if (ck->executions_max) printf(" at most");
    if (ck->turns_max) printf(", all with at most %u turns", ck->turns_max);
    ck->random_n = random_n;
    ck->turns_max = turns_max;
    if (ck->blocked) printf(" (and %llu cut short)", (unsigned long long)ck->blocked);
    if (ck->failed) printf(", found: %s", ck->said);
    printf("\n");
    (void)fflush(stdout);
    return is_as_said(m);
}

static int help(const char *program) {
    printf("%s [OPTION...] [MODEL...]: explores models, all by default\n"
           "  --list                      names them\n"
           "  --weaken FILE:LINE[=ORDER]  limits the memory order of a place, to relaxed\n"
           "  --sites                     prints the places stronger than relaxed that each met\n"
           "  --quiet                     does not print the way to a failure\n"
           "  --random N                  N runs at random, for models that do not end\n"
           "  --turns N                   all runs in which a thread that could go on is left, or "
           "an old\n"
           "                              value is read, N times\n"
           "  --later                     relaxed loads may answer stores that come later, in all "
           "models\n"
           "  --most N                    ends each model after N runs\n"
           "  --no-random                 leaves out the models that do not run in all ways\n"
           "  --first                     ends at the first model that fails\n",
           program);
    return 2;
}

static bool is_named(const char *name, int argc, char **argv) {
    bool any = false;
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) == 0) {
            i += strcmp(argv[i], "--weaken") == 0 || strcmp(argv[i], "--random") == 0 ||
                 strcmp(argv[i], "--turns") == 0 || strcmp(argv[i], "--most") == 0;
            continue;
        }
        any = true;
        if (strcmp(argv[i], name) == 0) return true;
    }
    return !any;
}

int edoi_model_main(int argc, char **argv, const edoi_model *models, size_t models_n) {
    threads_setup();
    catch_crashes();
    ck->random = 1;
    bool list = false, sites = false, first = false, all = true, ok = true;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--list") == 0) {
            list = true;
        } else if (strcmp(argv[i], "--sites") == 0) {
            sites = true;
        } else if (strcmp(argv[i], "--no-random") == 0) {
            all = false;
        } else if (strcmp(argv[i], "--most") == 0 && i + 1 < argc) {
            ck->executions_max = strtoull(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--later") == 0) {
            ck->all_later = true;
        } else if (strcmp(argv[i], "--first") == 0) {
            first = true;
        } else if (strcmp(argv[i], "--quiet") == 0) {
            ck->quiet = true;
        } else if (strcmp(argv[i], "--random") == 0 && i + 1 < argc) {
            ck->random_n = strtoull(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--turns") == 0 && i + 1 < argc) {
            ck->turns_max = (unsigned)strtoul(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--weaken") == 0 && i + 1 < argc) {
            if (!weaken(argv[++i])) return help(argv[0]);
        } else if (strncmp(argv[i], "--", 2) == 0) {
            return help(argv[0]);
        }
    }
    for (size_t i = 0; i < models_n && (ok || !first); i++) {
        if (!is_named(models[i].name, argc, argv) ||
            ((models[i].random_n || models[i].turns_max) && !all))
            continue;
        if (list) {
            printf("%s\n", models[i].name);
        } else {
            ok &= run(&models[i]);
            if (sites) print_sites();
        }
    }
    return ok ? 0 : 1;
}
