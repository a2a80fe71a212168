/* SPDX-License-Identifier: MIT */
/* knobs.c: what each option of the tuning page does, measured.
 *
 *     knobs                 all of them
 *     knobs backlog lifo    these
 *
 * Times are the least of several rounds that take turns, so that a busy machine disturbs all alike.
 * Counts are exact. */
#include <edo/edo.h>
#include <edo/streams.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 5

static int64_t now_ns(clockid_t clock) {
    struct timespec t = { 0, 0 };
    (void)clock_gettime(clock, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* Runs `fn(arg)` in a runtime with these options. Returns its result. */
static int run_with(const edo_runtime_opts *opts, edo_task_fn *fn, void *arg) {
    edo_runtime *rt;
    int err = edo_runtime_new(&rt, opts);
    if (err < 0) return err;
    err = edo_run(rt, fn, arg);
    edo_runtime_free(rt);
    return err;
}

/* A connected pair over loopback. */
static int tcp_pair(edo_stream **a, edo_stream **b, const edo_tcp_opts *opts) {
    edo_listener *l;
    edo_addr here;
    int err = edo_tcp_listen(&l, "127.0.0.1:0", NULL);
    if (err < 0) return err;
    err = edo_listener_addr(l, &here);
    if (err == 0) err = edo_tcp_connect_addr(a, &here, opts);
    if (err == 0) {
        err = edo_accept(l, b);
        if (err < 0) edo_close(*a);
    }
    edo_listener_close(l);
    return err;
}

/* ---- backlog --------------------------------------------------------------------------------- */

#define CLIENTS 20

/* Connections that are made while nobody accepts. */
static int connect_some(uint32_t backlog) {
    edo_listener *l;
    edo_addr here;
    edo_stream *clients[CLIENTS];
    int n = 0;
    int err = edo_tcp_listen(&l, "127.0.0.1:0", &(edo_tcp_opts){ .backlog = backlog });
    if (err < 0) return err;
    err = edo_listener_addr(l, &here);
    while (err == 0 && n < CLIENTS) {
        EDO_DEADLINE(d, edo_ms(500));
        err = edo_deadline_end(&d, edo_tcp_connect_addr(&clients[n], &here, NULL));
        n += err == 0;
    }
    for (int i = 0; i < n; i++) edo_close(clients[i]);
    edo_listener_close(l);
    return err < 0 && err != -ETIMEDOUT ? err : n;
}

static int backlog(void *arg) {
    (void)arg;
    int small = connect_some(1), usual = connect_some(0);
    printf("backlog 1: %d of %d connections wait to be accepted, the next is not made\n", small,
           CLIENTS);
    printf("backlog 4096, the default: %d of %d\n", usual, CLIENTS);
    return small < 0 ? small : usual < 0 ? usual : 0;
}

/* ---- delay ----------------------------------------------------------------------------------- */

#define EXCHANGES 20

static int reply(void *arg) {
    char request[2];
    int n;
    while ((n = edo_read_exact(arg, request, 2)) == 0)
        if ((n = edo_write_all(arg, "r", 1)) < 0) break;
    return n == -EDO_EEOF ? 0 : n;
}

/* Each request is written in two pieces. Returns microseconds. */
static int exchange(bool delay) {
    edo_stream *client = NULL, *server = NULL;
    char r;
    int err = tcp_pair(&client, &server, &(edo_tcp_opts){ .delay = delay });
    if (err < 0) return err;
    edo_task *t = edo_spawn(reply, server);
    int64_t start = now_ns(CLOCK_MONOTONIC);
    for (int i = 0; i < EXCHANGES && err >= 0; i++) {
        err = edo_write_all(client, "a", 1);
        if (err >= 0) err = edo_write_all(client, "b", 1);
        if (err >= 0) err = edo_read_exact(client, &r, 1);
    }
    int64_t took = now_ns(CLOCK_MONOTONIC) - start;
    edo_close(client);
    int replied = edo_task_join(t);
    edo_close(server);
    return err < 0 ? err : replied < 0 ? replied : (int)(took / 1000 / EXCHANGES);
}

static int delay(void *arg) {
    (void)arg;
    int on = exchange(true), off = exchange(false);
    printf("delay: %d us for a request in two writes\n", on);
    printf("no delay, the default: %d us\n", off);
    return on < 0 ? on : off < 0 ? off : 0;
}

/* ---- gather ---------------------------------------------------------------------------------- */

#define WRITES 1000

static void count_write(void *arg, uint32_t what, const void *bytes, size_t n) {
    (void)what, (void)bytes, (void)n;
    ++*(int *)arg;
}

/* Counts in `*below` the writes that reach the stream below a writer with a buffer of `buf_bytes`;
 * 0: the default. */
static int write_some(size_t buf_bytes, int *below) {
    edo_stream *nothing, *s;
    edo_buf_writer out;
    int err = edo_stream_empty(&nothing);
    if (err < 0) return err;
    err = edo_stream_inspect(&s, nothing, count_write, below);
    if (err < 0) {
        edo_close(nothing);
        return err;
    }
    err = edo_buf_writer_init(&out, s, &(edo_buf_writer_opts){ .buf_bytes = buf_bytes });
    for (int i = 0; i < WRITES && err >= 0; i++)
        err = edo_write_all(edo_buf_writer_stream(&out), "twenty bytes, a line", 20);
    if (err >= 0) err = edo_flush(edo_buf_writer_stream(&out));
    edo_buf_writer_deinit(&out);
    edo_close(s);
    return err;
}

static int gather(void *arg) {
    int tiny = 0, usual = 0;
    (void)arg;
    int err = write_some(20, &tiny);
    if (err >= 0) err = write_some(0, &usual);
    printf("buf_bytes 20: %d writes of 20 bytes make %d\n", WRITES, tiny);
    printf("buf_bytes 8192, the default: %d\n", usual);
    return err;
}

/* ---- send_buffer ----------------------------------------------------------------------------- */

/* KiB that the kernels take for a peer that never reads. */
static int fill(uint32_t send_buffer) {
    static const char zeros[65536];
    edo_stream *client = NULL, *server = NULL;
    int64_t taken = 0;
    int n = tcp_pair(&client, &server, &(edo_tcp_opts){ .send_buffer = send_buffer });
    if (n < 0) return n;
    while (n >= 0) {
        n = edo_try_write(client, zeros, sizeof zeros);
        if (n == -EAGAIN) { // for good, if no room comes in this time
            EDO_DEADLINE(d, edo_ms(100));
            n = edo_deadline_end(&d, edo_write(client, zeros, sizeof zeros));
        }
        taken += n > 0 ? n : 0;
    }
    edo_close(client);
    edo_close(server);
    return n == -ETIMEDOUT ? (int)(taken / 1024) : n;
}

static int send_buffer(void *arg) {
    (void)arg;
    int small = fill(16384), usual = fill(0);
    printf("send_buffer 16384: %d KiB lie in the kernel for a peer that never reads\n", small);
    printf("send_buffer 0, the default: %d KiB\n", usual);
    return small < 0 ? small : usual < 0 ? usual : 0;
}

/* ---- blocking_max ---------------------------------------------------------------------------- */

#define JOBS 64

static int block(void *arg) {
    (void)arg;
    return nanosleep(&(struct timespec){ .tv_nsec = 10 * 1000000 }, NULL);
}

/* Milliseconds of the longest wait for a thread. */
static int block_all(void *arg) {
    edo_blocking_stats stats;
    edo_task_set jobs = { 0 };
    int err = 0;
    for (int i = 0; i < JOBS && err == 0; i++) err = edo_task_set_spawn_blocking(&jobs, block, arg);
    if (err == 0) err = edo_task_set_join_all(&jobs);
    edo_task_set_deinit(&jobs);
    edo_blocking_get_stats(edo_runtime_current(), &stats);
    return err < 0 ? err : (int)(stats.queue_time_max.ns / 1000000);
}

static int blocking_max(void *arg) {
    int few = run_with(&(edo_runtime_opts){ .blocking_max = 4 }, block_all, arg);
    int usual = run_with(NULL, block_all, arg);
    printf("blocking_max 4: of %d jobs of 10 ms one waited %d ms for a thread\n", JOBS, few);
    printf("blocking_max 512, the default: %d ms\n", usual);
    return few < 0 ? few : usual < 0 ? usual : 0;
}

/* ---- blocking_keep_alive --------------------------------------------------------------------- */

static int do_nothing(void *arg) {
    (void)arg;
    return 0;
}

static int by_value(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Microseconds for a job: the median of many, one after the other. */
static int block_in_turn(void *arg) {
    int64_t took[JOBS];
    int err = 0;
    for (int i = 0; i < JOBS && err == 0; i++) {
        err = edo_sleep(edo_ms(1)); // meanwhile an idle thread may end
        took[i] = -now_ns(CLOCK_MONOTONIC);
        if (err == 0) err = edo_blocking(do_nothing, arg);
        took[i] += now_ns(CLOCK_MONOTONIC);
    }
    if (err < 0) return err;
    qsort(took, JOBS, sizeof took[0], by_value);
    return (int)(took[JOBS / 2] / 1000);
}

static int keep_alive(void *arg) {
    int none = run_with(&(edo_runtime_opts){ .blocking_keep_alive = { 1 } }, block_in_turn, arg);
    int usual = run_with(NULL, block_in_turn, arg);
    printf("blocking_keep_alive 1 ns: %d us for a job\n", none);
    printf("blocking_keep_alive 10 s, the default: %d us\n", usual);
    return none < 0 ? none : usual < 0 ? usual : 0;
}

/* ---- no_lifo --------------------------------------------------------------------------------- */

#define OTHERS   100
#define MESSAGES 1000

typedef struct crowd {
    edo_mpsc_tx *tx[2];
    edo_mpsc_rx *rx[2];
    int64_t polls; /* of the others */
    bool over;
} crowd;

static int yields(void *arg) {
    crowd *c = arg;
    int err = 0;
    for (; !c->over && err == 0; c->polls++) err = edo_yield();
    return err;
}

static int sends_back(void *arg) {
    crowd *c = arg;
    int m, err;
    while ((err = edo_mpsc_recv(c->rx[0], &m)) == 0 && (err = edo_mpsc_send(c->tx[1], &m)) == 0) {
    }
    return err == -EDO_ECLOSED ? 0 : err;
}

/* Turns of the others for each 100 messages that go there and back. */
static int talk(void *arg) {
    crowd c = { .over = false };
    int err = 0;
    (void)arg;
    for (int i = 0; i < 2 && err == 0; i++)
        err = edo_mpsc_new(&c.tx[i], &c.rx[i], sizeof(int), 1, NULL);
    EDO_SCOPE(s, NULL);
    edo_scope_spawn(&s, sends_back, &c);
    for (int i = 0; i < OTHERS; i++) edo_scope_spawn(&s, yields, &c);
    for (int m = 0; m < MESSAGES && err == 0; m++) {
        err = edo_mpsc_send(c.tx[0], &m);
        if (err == 0) err = edo_mpsc_recv(c.rx[1], &m);
    }
    c.over = true;
    edo_mpsc_tx_unref(c.tx[0]);
    err = edo_scope_end(&s, err);
    edo_mpsc_tx_unref(c.tx[1]);
    for (int i = 0; i < 2; i++) edo_mpsc_rx_free(c.rx[i]);
    return err < 0 ? err : (int)(c.polls * 100 / MESSAGES);
}

static int no_lifo(void *arg) {
    edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT, .no_lifo = true };
    int back = run_with(&opts, talk, arg);
    opts.no_lifo = false;
    int front = run_with(&opts, talk, arg);
    printf("no_lifo: 100 messages and replies wait for %d turns of other tasks\n", back);
    printf("the default: %d\n", front);
    return back < 0 ? back : front < 0 ? front : 0;
}

/* ---- event_interval -------------------------------------------------------------------------- */

typedef struct waiting {
    edo_stream *s;
    int polls, seen; /* turns of the yielding task until the byte was read */
} waiting;

static int read_byte(void *arg) {
    waiting *w = arg;
    char byte;
    int n = edo_read(w->s, &byte, 1);
    w->seen = w->polls;
    return n;
}

/* Turns of a busy task until another one learns that its socket has input. */
static int learn(void *arg) {
    edo_stream *client = NULL;
    waiting w = { .seen = -1 };
    (void)arg;
    int err = tcp_pair(&client, &w.s, NULL);
    if (err < 0) return err;
    edo_task *t = edo_spawn(read_byte, &w);
    for (int i = 0; i < 100 && err == 0; i++) err = edo_yield(); // it waits now
    if (err == 0) err = edo_write_all(client, "x", 1);
    w.polls = 0;
    for (; w.seen < 0 && w.polls < 1000000 && err >= 0; w.polls++) err = edo_yield();
    int n = edo_task_join(t);
    edo_close(client);
    edo_close(w.s);
    return err < 0 ? err : n < 0 ? n : w.seen;
}

#define YIELDS 100000

/* Picoseconds of CPU time for each yield of a task that is alone. */
static int yield_all(void *arg) {
    int err = 0;
    (void)arg;
    int64_t start = now_ns(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; i < YIELDS && err == 0; i++) err = edo_yield();
    int64_t took = now_ns(CLOCK_PROCESS_CPUTIME_ID) - start;
    return err < 0 ? err : (int)(took * 1000 / YIELDS);
}

/* The least of several rounds that take turns, for each of the `n` kinds; in ns. */
static int least_yields(const edo_runtime_opts *kinds, double *ns, size_t n) {
    for (size_t i = 0; i < n * ROUNDS; i++) {
        int ps = run_with(&kinds[i % n], yield_all, NULL);
        if (ps < 0) return ps;
        if (i < n || ps < ns[i % n] * 1000) ns[i % n] = ps / 1000.0;
    }
    return 0;
}

static int event_interval(void *arg) {
    static const uint32_t values[] = { 1, 61, 1000 };
    edo_runtime_opts kinds[EDO_COUNT(values)];
    double ns[EDO_COUNT(values)];
    for (size_t i = 0; i < EDO_COUNT(values); i++)
        kinds[i] = (edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT, .event_interval = values[i] };
    int err = least_yields(kinds, ns, EDO_COUNT(kinds));
    for (size_t i = 0; i < EDO_COUNT(values) && err >= 0; i++) {
        err = run_with(&kinds[i], learn, arg);
        printf("event_interval %u%s: %.0f ns for a yield; input is seen after %d turns\n",
               values[i], values[i] == 61 ? ", the default" : "", ns[i], err);
    }
    return err < 0 ? err : 0;
}

/* ---- events_max ------------------------------------------------------------------------------ */

#define PAIRS 64

static int read_all(void *arg) {
    char byte;
    int n;
    while ((n = edo_read(arg, &byte, 1)) > 0) {
    }
    return n;
}

/* Microseconds of CPU time for a round in which all of many sockets get a byte. */
static int feed(void *arg) {
    edo_stream *a[PAIRS], *b[PAIRS];
    int n = 0, err = 0, rounds = 40;
    (void)arg;
    while (n < PAIRS && err == 0) n += (err = tcp_pair(&a[n], &b[n], NULL)) == 0;
    EDO_SCOPE(s, NULL);
    for (int i = 0; i < n; i++) edo_scope_spawn(&s, read_all, b[i]);
    int64_t took = -now_ns(CLOCK_PROCESS_CPUTIME_ID);
    for (int r = 0; r < rounds && err >= 0; r++) {
        for (int i = 0; i < n && err >= 0; i++) err = edo_write_all(a[i], "x", 1);
        if (err >= 0) err = edo_sleep(edo_ms(1)); // they read
    }
    took += now_ns(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; i < n; i++) edo_close(a[i]);
    err = edo_scope_end(&s, err);
    for (int i = 0; i < n; i++) edo_close(b[i]);
    return err < 0 ? err : (int)(took / 1000 / rounds);
}

static int events_max(void *arg) {
    static const uint32_t values[] = { 1, 16, 1024 };
    int us[EDO_COUNT(values)];
    for (size_t i = 0; i < ROUNDS * EDO_COUNT(values); i++) {
        size_t k = i % EDO_COUNT(values);
        edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT, .events_max = values[k] };
        int took = run_with(&opts, feed, arg);
        if (took < 0) return took;
        if (i == k || took < us[k]) us[k] = took;
    }
    for (size_t k = 0; k < EDO_COUNT(values); k++)
        printf("events_max %u%s: %d us for a byte to each of %d sockets\n", values[k],
               values[k] == 1024 ? ", the default" : "", us[k], PAIRS);
    return 0;
}

/* ---- fiber_stack ----------------------------------------------------------------------------- */

#define FIBERS 1000

static int sleeps(void *arg) {
    (void)arg;
    return edo_sleep(edo_s(3600));
}

/* Pages of memory that this process has touched. */
static int touched(double *pages) {
    FILE *f = fopen("/proc/self/statm", "re");
    if (!f) return -errno;
    int n = fscanf(f, "%*f %lf", pages);
    fclose(f);
    return n == 1 ? 0 : -EIO;
}

static int park_all(void *arg) {
    double before = 0, after = 0;
    int err = touched(&before);
    EDO_SCOPE(s, NULL);
    for (int i = 0; i < FIBERS; i++) edo_scope_spawn(&s, sleeps, NULL);
    if (err == 0) err = edo_yield(); // they begin, and sleep
    if (err == 0) err = touched(&after);
    edo_scope_cancel(&s);
    err = edo_scope_end(&s, err);
    *(double *)arg = (after - before) / FIBERS;
    return err;
}

static int fiber_stack(void *arg) {
    static const size_t kib[] = { 64, 256, 1024 };
    int err = 0;
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(kib) && err == 0; i++) {
        double pages = 0;
        edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT, .fiber_stack = kib[i] * 1024 };
        err = run_with(&opts, park_all, &pages);
        printf("fiber_stack %zu KiB%s: a parked fiber has touched %.1f pages\n", kib[i],
               kib[i] == 256 ? ", the default" : "", pages);
    }
    return err;
}

/* ---- What is measured at each poll ----------------------------------------------------------- */

static int observe(void *arg) {
    static const char *const names[] = { "no numbers, the default", "poll_hist", "sched_hist",
                                         "task_monitors" };
    edo_runtime_opts kinds[4];
    double ns[4];
    (void)arg;
    for (size_t i = 0; i < 4; i++)
        kinds[i] = (edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT, .watchdog = EDO_OFF };
    kinds[1].poll_hist.kind = EDO_HIST_LOG;
    kinds[2].sched_hist.kind = EDO_HIST_LOG;
    kinds[3].task_monitors = true;
    int err = least_yields(kinds, ns, 4);
    for (size_t i = 0; i < 4 && err == 0; i++) printf("%s: %.0f ns for a yield\n", names[i], ns[i]);
    return err;
}

/* ---- Which ----------------------------------------------------------------------------------- */

/* Those that make their runtimes themselves run on a plain thread. */
static const struct {
    const char *name;
    edo_task_fn *fn;
    bool makes_runtime;
} knobs[] = {
    { "backlog", backlog, false },
    { "delay", delay, false },
    { "gather", gather, false },
    { "send_buffer", send_buffer, false },
    { "blocking_max", blocking_max, true },
    { "keep_alive", keep_alive, true },
    { "no_lifo", no_lifo, true },
    { "event_interval", event_interval, true },
    { "events_max", events_max, true },
    { "fiber_stack", fiber_stack, true },
    { "observe", observe, true },
};

int main(int argc, char **argv) {
    for (size_t i = 0; i < EDO_COUNT(knobs); i++) {
        bool wanted = argc == 1;
        for (int k = 1; k < argc; k++) wanted = wanted || strcmp(argv[k], knobs[i].name) == 0;
        if (!wanted) continue;
        int err = knobs[i].makes_runtime ? knobs[i].fn(NULL) : run_with(NULL, knobs[i].fn, NULL);
        if (err < 0) {
            fprintf(stderr, "%s: %s\n", knobs[i].name, edo_strerror(err));
            return 1;
        }
    }
    return 0;
}
