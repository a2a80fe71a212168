/* SPDX-License-Identifier: MIT */
/* victim.h: what a server that is attacked costs, and what a well-behaved client notices: shared by
 * edo-bench-hostile.c, edo-bench-hostile-http2.c and edo-bench-hostile-web.c, a program each.
 *
 * A visitor is a plain thread, so that no work of the hostile clients in this process delays it;
 * one that is not served, or not within PATIENCE_S, ends the program with status 1. */
#ifndef BENCH_VICTIM_H
#define BENCH_VICTIM_H

#include <edo/edo.h>

#include <dirent.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SAMPLES    100000
#define WINDOW     100
#define PATIENCE_S 10

static inline void fail(const char *what) {
    perror(what);
    exit(1);
}

static inline int64_t now_us(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Of this thread, as far as that is allowed. */
static inline void set_nice(int nice) {
    (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), nice);
}

static inline int plain_client(const edo_addr *to) {
    const int on = 1;
    const struct timeval patience = { .tv_sec = PATIENCE_S };
    int fd = socket(to->sock.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) fail("well-behaved client: socket");
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (connect(fd, &to->sock.any, to->bytes) < 0) fail("well-behaved client: connect");
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

/* ---- Visitors -------------------------------------------------------------------------------- */

typedef struct visitor {
    int (*open)(void);     /* returns what `visit` gets; NULL: it gets -1 */
    void (*visit)(int fd); /* one exchange, which is timed; calls fail() if it is not served */
    int pause_ms;          /* between two */
    pthread_t thread;
    atomic_bool stops;
    size_t n;
    int64_t at_us[SAMPLES]; /* when a visit began */
    uint32_t us[SAMPLES];   /* how long it took */
} visitor;

static inline void *visitor_main(void *arg) {
    visitor *v = arg;
    set_nice(0);
    int fd = v->open ? v->open() : -1;
    for (v->n = 0; v->n < SAMPLES && !atomic_load(&v->stops); v->n++) {
        v->at_us[v->n] = now_us();
        v->visit(fd);
        v->us[v->n] = (uint32_t)(now_us() - v->at_us[v->n]);
        (void)nanosleep(&(struct timespec){ .tv_nsec = v->pause_ms * 1000000L }, NULL);
    }
    if (fd >= 0) (void)close(fd);
    return NULL;
}

static inline void visitor_start(visitor *v) {
    atomic_store(&v->stops, false);
    if (pthread_create(&v->thread, NULL, visitor_main, v) != 0) fail("pthread_create");
}

static inline void visitor_stop(visitor *v) {
    atomic_store(&v->stops, true);
    (void)pthread_join(v->thread, NULL);
}

/* When the first of `calm_n` visits in a row began that took at most `calm_us` each, not before
 * `from_us`. Returns -1 if there are none. */
static inline int64_t visitor_calm_at(const visitor *v, int64_t from_us, uint32_t calm_us,
                                      size_t calm_n) {
    size_t in_row = 0;
    for (size_t i = 0; i < v->n; i++) {
        in_row = v->at_us[i] >= from_us && v->us[i] <= calm_us ? in_row + 1 : 0;
        if (in_row == calm_n) return v->at_us[i + 1 - calm_n];
    }
    return -1;
}

/* `usual`: the median of the 99th percentiles of all windows of WINDOW visits. Another program that
 * takes a core for some milliseconds is in a few windows, a server that is slow is in all. */
typedef struct times {
    uint32_t p50, p99, usual, most;
} times;

static inline int by_size(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static inline uint32_t usual_p99(visitor *v) {
    static uint32_t of_windows[SAMPLES / WINDOW];
    size_t n = 0;
    for (size_t at = 0; at + WINDOW <= v->n; at += WINDOW) {
        qsort(v->us + at, WINDOW, sizeof v->us[0], by_size);
        of_windows[n++] = v->us[at + WINDOW - 2];
    }
    if (n == 0) return 0;
    qsort(of_windows, n, sizeof of_windows[0], by_size);
    return of_windows[n / 2];
}

/* Of a visitor that has stopped; the order of its visits is lost. */
static inline times visitor_times(visitor *v) {
    times t = { .usual = usual_p99(v) };
    if (v->n == 0) return t;
    qsort(v->us, v->n, sizeof v->us[0], by_size);
    t.p50 = v->us[v->n / 2];
    t.p99 = v->us[v->n * 99 / 100];
    t.most = v->us[v->n - 1];
    return t;
}

/* ---- The server ------------------------------------------------------------------------------ */

/* A number of /proc/PID/status, as VmRSS or VmHWM, in KiB. */
static inline long status_kib(int pid, const char *name) {
    char path[64], line[256];
    long kib = -1;
    (void)snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *f = fopen(path, "r");
    if (!f) fail(path);
    while (fgets(line, sizeof line, f))
        if (strncmp(line, name, strlen(name)) == 0) kib = strtol(line + strlen(name) + 1, NULL, 10);
    (void)fclose(f);
    if (kib < 0) fail(name);
    return kib;
}

static inline long resident_kib(int pid) {
    return status_kib(pid, "VmRSS");
}

/* CPU time of the main thread. */
static inline int64_t cpu_us(int pid) {
    char path[64];
    long long ns = -1;
    (void)snprintf(path, sizeof path, "/proc/%d/schedstat", pid);
    FILE *f = fopen(path, "r");
    if (!f || fscanf(f, "%lld", &ns) != 1) fail(path);
    (void)fclose(f);
    return ns / 1000;
}

static inline int descriptors(int pid) {
    char path[64];
    int n = -2; // "." and ".."
    (void)snprintf(path, sizeof path, "/proc/%d/fd", pid);
    DIR *d = opendir(path);
    if (!d) fail(path);
    while (readdir(d)) n++;
    (void)closedir(d);
    return n;
}

/* Waits until the server has closed what was opened since it had this number; returns whether it
 * did. */
static inline bool settles(int pid, int descriptors_before) {
    for (int i = 0; i < 300; i++) {
        if (descriptors(pid) <= descriptors_before) return true;
        (void)edo_sleep(edo_ms(100));
    }
    return false;
}

#endif
