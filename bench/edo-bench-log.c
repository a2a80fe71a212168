/* SPDX-License-Identifier: MIT */
/* edo-bench-log BENCH [-n EVENTS] [--file PATH]: prints one line of JSON; --list names the benches.
 *
 *     off        an event with five fields that is off: the log is at INFO
 *     off_other  the same while another target is at DEBUG
 *     line       the line of such an event, as JSON, made and thrown away
 *     burst      2,000 events in a row to PATH by the queue, then 20 ms of nothing, and so on
 *     paced      the same with 10 events in a row, then 1 ms
 *     at_once    2,000 events in a row, each by a write of its own
 *     span       a span with two fields, opened and closed, before one receiver that drops it
 *     span_kept  the same: tracing's peer then keeps fields and times, as edo's spans do
 *     span_off   the same where the receiver wants none
 *
 * edo-bench-log echo|echo_lines|echo_alone [--file PATH] HOST:PORT: an echo server on one worker.
 * Beside it two threads log to PATH as fast as they can (echo), or make the same lines and throw
 * them away (echo_lines), or there are none. At its end it prints how many lines those were.
 *
 * ns_per_op is the time of the thread that logs, of an event of the median batch; cpu_ns_per_op the
 * CPU time of the whole process until all is written. The rests between batches count for neither;
 * they are there so that the queue has room for a whole batch, and no line is dropped.
 *
 * Question: what does an event cost, and whom does it hold up?
 * Guards: an event that is off is a load and a branch; one that is on waits for no write. */
#include <edo/blocking.h>
#include <edo/edo.h>
#include <edo/receiver.h>

#include "log/line.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, EXIT_NO_SUCH_BENCH = 3, NOISY = 2, BATCHES_MAX = 10000 };

#define NS_PER_S 1e9
#define LAP_MS   100  /* how long echo writes before it writes over that again */
#define MESSAGE  4096 /* bytes */

static double clock_ns(clockid_t clock) {
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec * NS_PER_S + (double)t.tv_nsec;
}

static void must(int err) {
    if (err >= 0) return;
    fprintf(stderr, "edo-bench-log: %s\n", edo_strerror(err));
    exit(1);
}

/* ---- The event ------------------------------------------------------------------------------- */

static const char *const paths[] = { "/", "/articles/4711?page=2", "/users/17/photo.jpeg",
                                     "/static/site-4f3a2b.css" };

#define FIELDS(i)                                                                                  \
    EDO_KV("method", "GET"), EDO_KV("path", paths[(i) % EDO_COUNT(paths)]), EDO_KV("status", 200), \
        EDO_KV("bytes", (i)), EDO_KV("ms", (double)((i) % 1000) / 4)

EDOI_INLINE void event_off(uint64_t i) {
    edo_debug_kv("request", FIELDS(i));
}

/* For `objdump`, which shows what an event costs that is off. */
EDOI_NOINLINE void edo_bench_log_off(uint64_t i);
EDOI_NOINLINE void edo_bench_log_off(uint64_t i) {
    event_off(i);
}
static void (*volatile shown)(uint64_t i) = edo_bench_log_off; /* else there would be none */

static void log_off(uint64_t first, uint64_t n) {
    for (uint64_t i = first; i < first + n; i++) event_off(i);
}

static void log_on(uint64_t first, uint64_t n) {
    for (uint64_t i = first; i < first + n; i++) edo_info_kv("request", FIELDS(i));
}

/* What edoi_log_write() does before it has a line. */
static void make_line(edoi_log_line *line, uint64_t i) {
    static const edo_callsite site = { NULL,           __FILE__, __func__, __LINE__,
                                       EDO_LEVEL_INFO, { 0 },    NULL };
    struct timespec now;
    const edo_kv fields[] = { FIELDS(i) };
    (void)clock_gettime(CLOCK_REALTIME, &now);
    edoi_event event = { .site = &site,
                         .time = &now,
                         .message = "request",
                         .message_n = 7,
                         .fields = fields,
                         .fields_n = EDO_COUNT(fields) };
    edoi_log_line_write(line, &event, &(edoi_log_look){ .format = EDO_LOG_JSON });
    __asm__ volatile("" : : "r"(line) : "memory"); // the line counts as read
}

static void make_lines(uint64_t first, uint64_t n) {
    static edoi_log_line line; // of one thread at a time
    for (uint64_t i = first; i < first + n; i++) make_line(&line, i);
}

static void spans(uint64_t first, uint64_t n) {
    for (uint64_t i = first; i < first + n; i++) {
        EDO_SPAN(span, edo_info_span("request", EDO_KV("path", paths[i % EDO_COUNT(paths)]),
                                     EDO_KV("bytes", i)));
    }
}

/* ---- Batches --------------------------------------------------------------------------------- */

typedef struct log_bench {
    const char *name;
    const char *filter;
    void (*batch)(uint64_t first, uint64_t n);
    uint64_t batch_n, batches_n;
    long rest_us;        /* between two batches */
    bool at_once, drops; /* it goes to a receiver that drops it, not to the log */
} log_bench;

static const log_bench benches[] = {
    { "off", "info", log_off, 1000000, 50, 0, false, false },
    { "off_other", "info,other=debug", log_off, 1000000, 50, 0, false, false },
    { "line", "info", make_lines, 1000, 100, 0, false, false },
    { "burst", "info", log_on, 2000, 50, 20000, false, false },
    { "paced", "info", log_on, 10, 1000, 1000, false, false },
    { "at_once", "info", log_on, 2000, 50, 0, true, false },
    { "span", "info", spans, 1000, 200, 0, false, true },
    { "span_kept", "info", spans, 1000, 200, 0, false, true },
    { "span_off", "warn", spans, 1000000, 50, 0, false, true },
};

typedef struct run {
    const log_bench *bench;
    const char *file;
    uint64_t n;
    double ns[BATCHES_MAX];
} run;

static void rest(long us) {
    const struct timespec t = { us / 1000000, us % 1000000 * 1000 };
    if (us > 0) (void)nanosleep(&t, NULL);
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void batch(run *r, uint64_t number) {
    const log_bench *b = r->bench;
    double start_ns = clock_ns(CLOCK_MONOTONIC);
    b->batch(number * b->batch_n, b->batch_n);
    r->ns[number] = clock_ns(CLOCK_MONOTONIC) - start_ns;
    rest(b->rest_us);
}

static int start(const char *file, const char *filter, bool at_once) {
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) {
        perror(file);
        exit(1);
    }
    must(edo_log_start(&(edo_log_opts){ .filter = filter,
                                        .format = EDO_LOG_JSON,
                                        .fd = fd,
                                        .ignore_env = true,
                                        .at_once = at_once }));
    return fd;
}

static void drop_event(void *arg, const edo_event *e) {
    *(uint64_t *)arg += e->ended != NULL;
}

static const edo_receiver_ops to_nobody = { .event = drop_event };

static edo_receiver *start_dropping(const char *filter) {
    static uint64_t ended;
    edo_receiver *r;
    must(edo_log_add(&r, &to_nobody, &ended,
                     &(edo_receiver_opts){ .filter = filter, .spans = true }));
    return r;
}

/* On a thread of its own, as one of a program that is not edo's would log: `task` is in no line. */
static int measure(void *arg) {
    run *r = arg;
    const log_bench *b = r->bench;
    uint64_t batches = (r->n + b->batch_n - 1) / b->batch_n, warm = batches / 10 + 1;
    if (batches > BATCHES_MAX) batches = BATCHES_MAX;
    if (warm > BATCHES_MAX) warm = BATCHES_MAX;
    edo_receiver *receiver = b->drops ? start_dropping(b->filter) : NULL;
    int fd = b->drops ? -1 : start(r->file, b->filter, b->at_once);
    if (!b->drops) shown(0);
    for (uint64_t i = 0; i < warm; i++) batch(r, i);
    double start_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    for (uint64_t i = 0; i < batches; i++) batch(r, i);
    if (b->drops)
        edo_log_remove(receiver);
    else
        edo_log_stop();
    double cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - start_ns;
    if (fd >= 0) (void)close(fd);
    qsort(r->ns, batches, sizeof r->ns[0], by_size);
    uint64_t n = batches * b->batch_n;
    printf("{\"peer\":\"edo\",\"bench\":\"%s\",\"n\":%" PRIu64 ",\"lines\":%" PRIu64
           ",\"dropped\":%" PRIu64 ",\"ns_per_op\":%.2f,\"cpu_ns_per_op\":%.2f}\n",
           b->name, n, n + warm * b->batch_n, edo_log_dropped(),
           r->ns[batches / 2] / (double)b->batch_n, cpu_ns / (double)n);
    return 0;
}

static int root(void *arg) {
    return edo_blocking(measure, arg);
}

/* ---- The echo beside which others log -------------------------------------------------------- */

typedef struct noise {
    void (*batch)(uint64_t first, uint64_t n); /* NULL: make_line() */
    uint64_t lines_n;
} noise;

typedef struct echo {
    const char *kind, *file, *address;
    int fd;
    noise noises[NOISY];
} echo;

static atomic_bool has_ended;

static void *make_noise(void *arg) {
    noise *n = arg;
    edoi_log_line line;
    while (!atomic_load_explicit(&has_ended, memory_order_relaxed)) {
        if (n->batch) {
            n->batch(n->lines_n, 1);
        } else {
            make_line(&line, n->lines_n);
        }
        n->lines_n++;
    }
    return NULL;
}

static int echo_one(void *arg) {
    char buf[MESSAGE];
    int n;
    while ((n = edo_read(arg, buf, sizeof buf)) > 0)
        if ((n = edo_write_all(arg, buf, (size_t)n)) < 0) break;
    edo_close(arg);
    return n;
}

/* A log of gigabytes would measure the disk. */
static int write_in_laps(void *arg) {
    echo *e = arg;
    int err;
    while ((err = edo_sleep(edo_ms(LAP_MS))) == 0) (void)lseek(e->fd, 0, SEEK_SET);
    return err;
}

static int accept_all(edo_listener *listener) {
    int err;
    for (edo_stream *s; (err = edo_accept(listener, &s)) == 0;)
        if (edo_spawn_detached(echo_one, s) < 0) edo_close(s);
    return err;
}

static int serve(void *arg) {
    echo *e = arg;
    edo_listener *listener;
    pthread_t threads[NOISY];
    size_t threads_n = strcmp(e->kind, "echo_alone") != 0 ? NOISY : 0;
    must(edo_tcp_listen(&listener, e->address, NULL));
    e->fd = start(e->file, "info", false);
    must(edo_spawn_detached(write_in_laps, e));
    for (size_t i = 0; i < threads_n; i++) {
        e->noises[i].batch = !strcmp(e->kind, "echo") ? log_on : NULL;
        must(-pthread_create(&threads[i], NULL, make_noise, &e->noises[i]));
    }
    int err = accept_all(listener);
    atomic_store(&has_ended, true);
    for (size_t i = 0; i < threads_n; i++) (void)pthread_join(threads[i], NULL);
    edo_listener_close(listener);
    edo_log_stop();
    printf("{\"peer\":\"edo\",\"bench\":\"%s\",\"lines\":%" PRIu64 ",\"dropped\":%" PRIu64 "}\n",
           e->kind, e->noises[0].lines_n + e->noises[1].lines_n, edo_log_dropped());
    return err;
}

/* ---- The program ----------------------------------------------------------------------------- */

static EDOI_NORETURN void usage(void) {
    fprintf(stderr, "usage: edo-bench-log BENCH [-n EVENTS] [--file PATH] | --list\n"
                    "       edo-bench-log echo|echo_lines|echo_alone [--file PATH] HOST:PORT\n");
    exit(EXIT_USAGE);
}

static int list(void) {
    for (size_t i = 0; i < EDO_COUNT(benches); i++) puts(benches[i].name);
    return 0;
}

static const log_bench *bench_of(const char *name) {
    for (size_t i = 0; i < EDO_COUNT(benches); i++)
        if (!strcmp(name, benches[i].name)) return &benches[i];
    return NULL;
}

int main(int argc, char **argv) {
    static run r = { .file = "/dev/null" };
    static echo e;
    static const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_MULTI, .workers = 1 };
    if (argc < 2) usage();
    if (!strcmp(argv[1], "--list")) return list();
    for (int i = 2; i < argc; i++) {
        if (!strcmp(argv[i], "-n") && i + 1 < argc) {
            r.n = strtoull(argv[++i], NULL, 10);
        } else if (!strcmp(argv[i], "--file") && i + 1 < argc) {
            r.file = argv[++i];
        } else if (argv[i][0] != '-' && !e.address) {
            e.address = argv[i];
        } else {
            usage();
        }
    }
    e.kind = argv[1];
    e.file = r.file;
    if (!strncmp(e.kind, "echo", 4)) return e.address ? edo_main_with(serve, &e, &opts) : 2;
    r.bench = bench_of(argv[1]);
    if (!r.bench) return EXIT_NO_SUCH_BENCH;
    if (r.n == 0) r.n = r.bench->batch_n * r.bench->batches_n;
    return edo_main_with(root, &r, &opts);
}
