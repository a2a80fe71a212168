/* SPDX-License-Identifier: MIT */
/* edo look: says what is wrong in a program, by the number of its process (ask.h); or looks twice
 * at what it has open, by its route GET /open of edo_dump_routes(), and names what has grown
 * between. */
#include "ask.h"
#include "plain.h"

#include <edo/http_client.h>
#include <edo/runtime.h>
#include <edo/time.h>
#include <edo/value.h>

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: edo look [--wait TIME] [--signal N] PID\n"
    "       edo look [--wait TIME] [--all] [--help] URL\n"
    "\n"
    "Lets the process PID look at itself, and prints what is wrong there, with stacks: workers\n"
    "that stand, tasks that are not run, deadlocks, locks that are kept, what only grows. It\n"
    "goes on meanwhile. Asked for is every program of edo_main(), by a signal.\n"
    "\n"
    "Asks URL, as http://127.0.0.1:8081/open, which edo_dump_routes() serves, twice, and names "
    "what\n"
    "has grown between, by what made it, the quickest first.\n"
    "\n"
    "  --wait TIME  from the first look to the last, as 2s or 500ms; else 2 s\n"
    "  --signal N   by which the program dumps, if that is not SIGQUIT (3)\n"
    "  --all        shows what has not grown, too\n"
    "  --help       this text\n"
    "\n"
    "Status: 0 if nothing is wrong, 1 if something is or has grown, 2 if it could not be asked.\n";

/* ---- What is asked --------------------------------------------------------------------------- */

typedef struct open_row {
    const char *kind, *name, *state;
    uint64_t n, values;
} open_row;
EDO_DESCRIBE(open_row, EDO_FIELD(open_row, kind),
             EDO_FIELD(open_row, name, .optional = true, .preset = ""),
             EDO_FIELD(open_row, state, .optional = true, .preset = ""), EDO_FIELD(open_row, n),
             EDO_FIELD(open_row, values, .optional = true, .preset = "0"))

typedef struct open_look {
    int64_t pid, at_ms;
    uint64_t rest; /* objects that are in no row */
    open_row *rows;
    size_t rows_n;
} open_look;
EDO_DESCRIBE(open_look, EDO_FIELD(open_look, pid, .optional = true, .preset = "0"),
             EDO_FIELD(open_look, at_ms),
             EDO_FIELD(open_look, rest, .optional = true, .preset = "0"),
             EDO_FIELD_LIST_OF(open_look, rows, rows_n, open_row_desc))

typedef struct open_args {
    const char *url;
    edo_duration wait;
    bool shows_all, has_grown;
} open_args;

static int look_ask(open_look *look, const char *url) {
    edo_headers headers;
    edo_headers_init(&headers);
    int err = edo_headers_append(&headers, EDO_HEADER_ACCEPT, EDO_STR("application/json"));
    if (err == 0)
        err = edo_fetch_json(look, &open_look_desc, edo_str_of(url),
                             &(edo_fetch_opts){ .headers = &headers, .timeout = edo_s(10) });
    edo_headers_deinit(&headers);
    return err;
}

/* ---- What has grown -------------------------------------------------------------------------- */

/* A number of both looks. */
typedef struct grown {
    const open_row *row;
    uint64_t before, now;
    bool is_values; /* that lie in the objects; else the objects */
} grown;

static bool is_same(const open_row *a, const open_row *b) {
    return strcmp(a->kind, b->kind) == 0 && strcmp(a->name, b->name) == 0 &&
           strcmp(a->state, b->state) == 0;
}

/* Of all rows like this one: two may be alike. */
static uint64_t look_sum(const open_look *look, const open_row *like, bool is_values) {
    uint64_t sum = 0;
    for (size_t i = 0; i < look->rows_n; i++)
        if (is_same(&look->rows[i], like))
            sum += is_values ? look->rows[i].values : look->rows[i].n;
    return sum;
}

/* Numbers of a runtime come and go, and name nothing that has made them, as waits do, whose tasks
 * are in other rows. */
static bool is_compared(const open_look *look, const open_row *row) {
    static const char *const passed[] = { "timer", "blocking thread", "wait" };
    for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
        if (strcmp(row->kind, passed[i]) == 0) return false;
    const open_row *first = look->rows;
    while (!is_same(first, row)) first++;
    return first == row;
}

static int64_t grown_gain(const grown *g) {
    return (int64_t)g->now - (int64_t)g->before;
}

static int grown_compare(const void *a, const void *b) {
    int64_t x = grown_gain(a), y = grown_gain(b);
    return x < y ? 1 : x > y ? -1 : 0;
}

/* Tenths, of what has grown in `ms`. */
static int64_t tenths_a_second(int64_t gain, int64_t ms) {
    double tenths = (double)gain * 10000 / (double)(ms > 0 ? ms : 1); // may be past int64_t
    return tenths > 1e18    ? INT64_C(1000000000000000000)
           : tenths < -1e18 ? -INT64_C(1000000000000000000)
                            : (int64_t)tenths;
}

static void grown_print(const grown *g, int64_t ms) {
    const open_row *r = g->row;
    const int64_t gain = grown_gain(g), rate = tenths_a_second(gain, ms);
    char rate_text[32];
    (void)snprintf(rate_text, sizeof rate_text, "%s%" PRId64 ".%" PRId64, rate < 0 ? "-" : "",
                   (rate < 0 ? -rate : rate) / 10, (rate < 0 ? -rate : rate) % 10);
    printf("%+12" PRId64 " %10s/s %12" PRIu64 "  %s", gain, rate_text, g->now,
           g->is_values ? "values in " : "");
    look_print_plainly(r->kind, strlen(r->kind));
    if (*r->name) (void)putchar(' ');
    look_print_plainly(r->name, strlen(r->name));
    if (*r->state) (void)fputs(", ", stdout);
    look_print_plainly(r->state, strlen(r->state));
    (void)putchar('\n');
}

static int look_show(open_args *args, const open_look *before, const open_look *now) {
    const int64_t ms = now->at_ms - before->at_ms;
    grown *all = calloc(2 * now->rows_n + 1, sizeof *all);
    size_t n = 0;
    if (!all) return -ENOMEM;
    for (size_t i = 0; i < now->rows_n; i++)
        for (int is_values = 0; is_values < 2 && is_compared(now, &now->rows[i]); is_values++)
            all[n++] = (grown){ .row = &now->rows[i],
                                .before = look_sum(before, &now->rows[i], is_values),
                                .now = look_sum(now, &now->rows[i], is_values),
                                .is_values = is_values };
    qsort(all, n, sizeof *all, grown_compare);
    printf("%12s %12s %12s  in %" PRId64 " ms\n", "grown by", "a second", "now", ms);
    for (size_t i = 0; i < n; i++) {
        if (grown_gain(&all[i]) > 0) args->has_grown = true;
        if (grown_gain(&all[i]) > 0 || (args->shows_all && all[i].now > 0))
            grown_print(&all[i], ms);
    }
    if (now->rest > 0) printf("%" PRIu64 " objects are in no row: too many kinds\n", now->rest);
    if (!args->has_grown) printf("nothing has grown\n");
    free(all);
    return 0;
}

/* ---- The program ----------------------------------------------------------------------------- */

static int look_main(void *arg) {
    open_args *args = arg;
    open_look before = { 0 }, now = { 0 };
    int err = look_ask(&before, args->url);
    if (err == 0) err = edo_sleep(args->wait);
    if (err == 0) err = look_ask(&now, args->url);
    if (err == 0 && before.pid != now.pid) {
        (void)fprintf(stderr, "edo look: two processes have answered: %" PRId64 ", %" PRId64 "\n",
                      before.pid, now.pid);
        err = -ESTALE;
    }
    if (err == 0) err = look_show(args, &before, &now);
    edo_value_deinit(&before, &open_look_desc);
    edo_value_deinit(&now, &open_look_desc);
    return err;
}

static int open_misused(const char *what, const char *arg) {
    (void)fprintf(stderr, "edo look: %s%s\n%s", what, arg, usage);
    return 2;
}

/* Negative: it is none. */
static int open_number(const char *text) {
    char *end;
    long n = strtol(text, &end, 10);
    return *end != '\0' || n <= 0 || n > INT_MAX ? -1 : (int)n;
}

int main(int argc, char **argv) {
    open_args args = { .wait = edo_s(2) };
    int signo = SIGQUIT;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) return fputs(usage, stdout) < 0 ? 2 : 0;
        if (strcmp(argv[i], "--all") == 0) {
            args.shows_all = true;
        } else if (strcmp(argv[i], "--wait") == 0 && i + 1 < argc) {
            if (edo_duration_parse(&args.wait, edo_str_of(argv[++i])) < 0 || args.wait.ns <= 0)
                return open_misused("no time: ", argv[i]);
        } else if (strcmp(argv[i], "--signal") == 0 && i + 1 < argc) {
            signo = open_number(argv[++i]);
            if (signo <= 0 || signo >= NSIG) return open_misused("no signal: ", argv[i]);
        } else if (argv[i][0] == '-' || args.url) {
            return open_misused("unknown argument ", argv[i]);
        } else {
            args.url = argv[i];
        }
    }
    if (!args.url) return open_misused("neither a process nor a URL", "");
    if (open_number(args.url) > 0) return open_ask(open_number(args.url), signo, args.wait);
    edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT };
    if (edo_main_with(look_main, &args, &opts) != 0) return 2;
    return args.has_grown ? 1 : 0;
}
