/* SPDX-License-Identifier: MIT */
/* edo-bench-hostile [-d SECONDS] [-i IDLE] [-k KIND] --pid PID HOST:PORT: clients that mean no
 * good, against a server by the contract of edo-bench-http, and one that is well-behaved.
 *
 * Question: what does the good client notice? For each kind of hostility it prints the 50th and
 * 99th percentile of its requests' time before and during it, their ratio, and how much memory and
 * how many descriptors the server has then.
 *
 * The good client is a plain thread with one connection, a request every millisecond. It is alone
 * before each kind, since machines drift. The server runs on one thread and the hostile clients on
 * another, so two cores are needed. Kinds that connect often (10 clients, some 500 connections a
 * second) keep the server busy for a moment each: a request that comes meanwhile waits for that. */
#include "victim.h"

enum { EXIT_USAGE = 2 };

#define HELLO     "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
#define FILE_16K  "GET /16k.bin HTTP/1.1\r\nHost: h\r\n\r\n"
#define SLOW_HEAD "GET / HTTP/1.1\r\nHost: h\r\nX: "
#define SLOW_BODY "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n"
#define CHUNKED                                                                                    \
    "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
#define SMUGGLED                                                                                   \
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" HELLO
#define STALL_MS 2000

typedef struct options {
    const char *address;
    int seconds;
    int idle_n;
    int pid;
    const char *only; /* NULL: all kinds */
} options;

static edo_addr server_at;
static atomic_bool ends; /* the kind of hostility that runs */
static atomic_int connected_n;

/* ---- The good client ------------------------------------------------------------------------- */

/* A response to HELLO is read whole: it has 13 bytes of body. */
static void exchange(int fd) {
    char text[2048];
    size_t n = 0;
    if (send(fd, HELLO, sizeof HELLO - 1, MSG_NOSIGNAL) < 0) fail("good client: send");
    while (n < 13 || memcmp(text + n - 13, "Hello, World!", 13) != 0) {
        ssize_t got = recv(fd, text + n, sizeof text - n, 0);
        if (got <= 0) fail("good client: recv");
        n += (size_t)got;
    }
}

static int comes(void) {
    return plain_client(&server_at);
}

static visitor good = { .open = comes, .visit = exchange, .pause_ms = 1 };

/* What the good client sees for that long, while tasks of this runtime run. */
static times measure(int seconds) {
    visitor_start(&good);
    (void)edo_sleep(edo_s(seconds));
    visitor_stop(&good);
    return visitor_times(&good);
}

/* ---- Hostile clients ------------------------------------------------------------------------- */

static bool sends(edo_stream *c, const char *bytes, size_t n) {
    return edo_write_all(c, bytes, n) >= 0;
}

static edo_stream *connected(void) {
    edo_stream *c;
    if (edo_tcp_connect_addr(&c, &server_at, NULL) < 0) return NULL;
    atomic_fetch_add(&connected_n, 1);
    return c;
}

/* Clients that pause for one time would come all at once. */
static void pause_about(int ms) {
    static uint32_t random = 1;
    random = random * 1664525 + 1013904223;
    int64_t us = ms * 1000;
    (void)edo_sleep(edo_us(us / 2 + (int64_t)(random >> 16) * us / 65536));
}

/* Each of these is a client of one connection; it is called again until `ends`. */

static void drips(const char *begin) {
    edo_stream *c = connected();
    bool ok = c && sends(c, begin, strlen(begin));
    while (ok && !atomic_load(&ends)) ok = edo_sleep(edo_ms(250)) == 0 && sends(c, "x", 1);
    edo_close(c);
}

static void drips_head(void) {
    drips(SLOW_HEAD);
}

static void drips_body(void) {
    drips(SLOW_BODY);
}

static void idles(void) {
    char text[2048];
    edo_stream *c = connected();
    bool ok = c && sends(c, HELLO, sizeof HELLO - 1) && edo_read(c, text, sizeof text) > 0;
    if (ok) (void)edo_read(c, text, 1); // until the kind ends
    edo_close(c);
}

static void floods_unread(void) {
    edo_writev_future f;
    edo_stream *c = connected();
    bool ok = c != NULL;
    while (ok && !atomic_load(&ends))
        ok = edo_timeout(edo_write_all_init(&f, c, HELLO, sizeof HELLO - 1), edo_ms(200)) == 0;
    if (c) (void)edo_sleep(edo_s(1000)); // until the kind ends
    edo_close(c);
}

static void floods_and_reads(void) {
    char text[8192];
    edo_stream *c = connected();
    for (int i = 0; c && i < 16; i++)
        if (!sends(c, HELLO, sizeof HELLO - 1)) break;
    while (c && !atomic_load(&ends) && edo_read(c, text, sizeof text) > 0 &&
           sends(c, HELLO HELLO HELLO HELLO, 4 * (sizeof HELLO - 1))) {
    }
    edo_close(c);
}

static void resets_within(const char *bytes, size_t n) {
    edo_stream *c = connected();
    if (c && sends(c, bytes, n)) (void)edo_tcp_set_reset_on_close(c, true);
    pause_about(20);
    edo_close(c);
}

static void resets(void) {
    static size_t at;
    at = (at + 1) % sizeof CHUNKED;
    resets_within(CHUNKED, at);
}

static void half_closes(void) {
    static size_t at;
    char text[2048];
    edo_stream *c = connected();
    at = (at + 1) % sizeof CHUNKED;
    if (c && sends(c, CHUNKED, at) && edo_shutdown(c) == 0)
        while (edo_read(c, text, sizeof text) > 0) {
        }
    pause_about(20);
    edo_close(c);
}

static void smuggles(void) {
    char text[2048];
    edo_stream *c = connected();
    if (c && sends(c, SMUGGLED, sizeof SMUGGLED - 1))
        while (edo_read(c, text, sizeof text) > 0) {
        }
    pause_about(20);
    edo_close(c);
}

static void oversizes(void) {
    static char head[40000];
    char text[2048];
    memset(head, 'x', sizeof head);
    memcpy(head, SLOW_HEAD, sizeof SLOW_HEAD - 1);
    edo_stream *c = connected();
    if (c && sends(c, head, sizeof head))
        while (edo_read(c, text, sizeof text) > 0) {
        }
    pause_about(20);
    edo_close(c);
}

static void churns(void) {
    char text[2048];
    edo_stream *c = connected();
    if (c && sends(c, HELLO, sizeof HELLO - 1)) (void)edo_read(c, text, sizeof text);
    pause_about(20);
    edo_close(c);
}

/* Asks for a hundred files, reads nothing for two seconds, and then all. */
static void stalls(void) {
    static char piece[65536];
    edo_stream *c = connected();
    bool ok = c != NULL;
    for (int i = 0; ok && i < 100; i++) ok = sends(c, FILE_16K, sizeof FILE_16K - 1);
    (void)edo_sleep(edo_ms(STALL_MS));
    for (uint64_t total = 0; ok && !atomic_load(&ends) && total < 100 * 16384;) {
        int n = edo_read(c, piece, sizeof piece);
        ok = n > 0;
        total += ok ? (uint64_t)n : 0;
    }
    edo_close(c);
}

static void stalls_or_churns(void) {
    static int turn;
    if (turn++ % 2 == 0) {
        stalls();
    } else {
        for (int i = 0; i < 50 && !atomic_load(&ends); i++) churns();
    }
}

/* ---- The kinds ------------------------------------------------------------------------------- */

typedef struct kind {
    const char *name;
    void (*client)(void);
    int n; /* clients at once; 0: as many as the option -i says */
} kind;

static const kind kinds[] = {
    { "slow heads", drips_head, 300 },
    { "slow bodies", drips_body, 300 },
    { "idle", idles, 0 },
    { "floods, unread", floods_unread, 8 },
    { "floods, read", floods_and_reads, 4 },
    { "resets", resets, 10 },
    { "half-closes", half_closes, 10 },
    { "smuggling", smuggles, 10 },
    { "heads of 40 kB", oversizes, 10 },
    { "stalls, churn", stalls_or_churns, 40 },
};

static int hostile_main(void *arg) {
    void (*const *client)(void) = arg;
    while (!atomic_load(&ends)) (*client)();
    return 0;
}

static int run_kind(const options *o, const kind *k) {
    int fds = descriptors(o->pid), n = k->n > 0 ? k->n : o->idle_n;
    long before = resident_kib(o->pid);
    times quiet = measure(o->seconds);
    atomic_store(&ends, false);
    atomic_store(&connected_n, 0);
    edo_scope s;
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < n; i++) edo_scope_spawn(&s, hostile_main, (void *)(uintptr_t)&k->client);
    while (atomic_load(&connected_n) < n) (void)edo_sleep(edo_ms(10));
    (void)edo_sleep(edo_ms(500 + n / 4)); // until the first requests are served
    times loud = measure(o->seconds);
    long after = resident_kib(o->pid);
    int fds_after = descriptors(o->pid);
    atomic_store(&ends, true);
    edo_scope_cancel(&s);
    int err = edo_scope_end(&s, 0);
    printf("%-14s %6d %6u %6u %6u %6u %6u %6u %7.2f %6.2f %7ld %6ld %6d\n", k->name, n, quiet.p50,
           quiet.usual, quiet.p99, loud.p50, loud.usual, loud.p99, (double)loud.usual / quiet.usual,
           (double)loud.p99 / quiet.p99, after, after - before, fds_after);
    (void)fflush(stdout);
    if (!settles(o->pid, fds)) {
        printf("descriptors: %d, before there were %d\n", descriptors(o->pid), fds);
        return 1;
    }
    return err;
}

static int run(void *arg) {
    const options *o = arg;
    int err = 0;
    printf("us, of a request:     ------ alone -------  ---- beside n ------  -- ratio of --   "
           "server\n"
           "%-14s %6s %6s %6s %6s %6s %6s %6s %7s %6s %7s %6s %6s\n",
           "", "n", "p50", "usual", "p99", "p50", "usual", "p99", "usual", "p99", "KiB", "more",
           "fds");
    for (size_t i = 0; i < EDO_COUNT(kinds) && err == 0; i++)
        if (!o->only || !strcmp(o->only, kinds[i].name)) err = run_kind(o, &kinds[i]);
    return err;
}

/* ---- The program ----------------------------------------------------------------------------- */

static void usage(void) {
    (void)fputs("usage: edo-bench-hostile [-d SECONDS] [-i IDLE] [-k KIND] --pid PID HOST:PORT\n",
                stderr);
    exit(EXIT_USAGE);
}

int main(int argc, char **argv) {
    (void)argc;
    options o = { .seconds = 3, .idle_n = 10000 };
    for (char **at = argv + 1; *at; at++) {
        if (!strcmp(*at, "-d") && at[1]) {
            o.seconds = (int)strtol(*++at, NULL, 10);
        } else if (!strcmp(*at, "-i") && at[1]) {
            o.idle_n = (int)strtol(*++at, NULL, 10);
        } else if (!strcmp(*at, "-k") && at[1]) {
            o.only = *++at;
        } else if (!strcmp(*at, "--pid") && at[1]) {
            o.pid = (int)strtol(*++at, NULL, 10);
        } else {
            o.address = *at;
        }
    }
    if (!o.address || o.pid <= 0 || o.seconds <= 0 || o.idle_n <= 0) usage();
    if (edo_addr_parse(&server_at, o.address) < 0) usage();
    set_nice(19); // the hostile clients are to use up the server's time, not that of the good one
    return edo_main_with(run, &o, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT });
}
