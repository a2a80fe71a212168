/* SPDX-License-Identifier: MIT */
/* edo-echo-load: a bounded load on an echo server of this machine; prints one line of JSON.
 *
 *     edo-echo-load HOST:PORT -c conns -s size -d seconds [-p depth] [--pid PID]
 *     edo-echo-load HOST:PORT --accept -c conns -s size -d seconds [--pid PID]
 *     edo-echo-load HOST:PORT --idle N [-s size] [--pid PID]
 *     edo-echo-load HOST:PORT --ws PATH ...      the same with messages of WebSockets (binary)
 *     edo-echo-load HOST:PORT --ws PATH --fan -c conns -s size -d seconds [--pid PID]
 *     edo-echo-load HOST:PORT --http PATH -c conns -d seconds   GET of HTTP/1.1, one at a time
 *     ... --begin      one of several loads: see below
 *
 * HOST:PORT may be unix:PATH.
 *
 * Echo keeps `depth` messages under way on each connection. Accept connects, sends one message,
 * takes the echo and closes, over and over, on `conns` connections at once. Idle opens N
 * connections, exchanges one message on each and leaves them open. Fan-out has a server that sends
 * each message to all: one connection says the next when all have the last, and a request is a
 * message that has come to one of them. PID is the server: its CPU time
 * a request is read from its clock (to the ns; /proc/PID/stat has ticks of 10 ms), its memory from
 * /proc/PID/smaps_rollup. All responses to a GET have the length of the first one.
 *
 * With --begin a load says "ready" once each connection has had a response, and measures from when
 * a line comes on standard input: so several begin together.
 *
 * inv. 1: only 127.0.0.0/8 and Unix sockets are ever contacted.
 * inv. 2: a connection never has more than depth * size bytes on their way.
 * inv. 3: it ends: an alarm stops a run whose server hangs. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    CONNS_MAX = 200000,
    DEPTH_MAX = 64,
    BYTES_MAX = 1 << 20, /* of depth * size */
    SECONDS_MAX = 60,
    SOURCES = 200,  /* source addresses 127.0.0.2 .. 127.0.0.201: ports do not run out */
    COMING = 256,   /* connections that have had no response, while they are opened */
    OPENING_S = 60, /* with --begin */
    CLOSING_S = 60, /* what a run may take beyond its time */
    EVENTS = 512,
    SUB_BITS = 5, /* 32 steps for each doubling: 3 % */
    BUCKETS = 64 << SUB_BITS
};

typedef enum run_mode { MODE_ECHO, MODE_ACCEPT, MODE_IDLE, MODE_FAN } run_mode;

typedef struct conn {
    int fd;
    uint32_t unsent;   /* bytes that still have to be written */
    uint32_t got;      /* bytes of the message that is arriving */
    uint32_t first;    /* slot in `sent_ns` of the oldest message under way */
    uint32_t echoes_n; /* messages that have come back */
    uint64_t *sent_ns; /* ring of `depth` */
} conn;

typedef struct load {
    union {
        struct sockaddr base;
        struct sockaddr_in in;
        struct sockaddr_un un;
    } target;
    run_mode mode;
    uint32_t conns_n, size, depth;
    uint32_t out_size, in_size; /* of a message as it is sent, and as it comes back */
    const char *ws;             /* path of the WebSocket; NULL: plain bytes */
    const char *http;           /* path of the GET; NULL: none */
    bool has_begin;             /* it begins when it is told to */
    bool is_opening;            /* what has come back is not sent again */
    double seconds;
    long pid;

    int epoll;
    conn *conns;
    uint32_t source; /* of the next connection */
    uint64_t done, failed;
    uint64_t said_ns; /* MODE_FAN: when the last message was said */
    uint32_t awaited; /* MODE_FAN: connections that it has not come to */
    char *payload, *sink;
    double sum_us; /* of all latencies */
    uint64_t latency[BUCKETS];
} load;

static uint64_t now_ns(void) {
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void die(const char *what) {
    fprintf(stderr, "edo-echo-load: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* ---- histogram: exact below 32 ns, then 32 steps for each doubling --------------------------- */

static unsigned bucket_of(uint64_t ns) {
    unsigned bits = 0;
    while (ns >> bits >= 2u << SUB_BITS) bits++;
    return (bits << SUB_BITS) + (unsigned)(ns >> bits);
}

static double bucket_us(unsigned bucket) {
    unsigned bits = bucket >> SUB_BITS;
    if (bits > 0) bits--;
    uint64_t step = bucket - (bits << SUB_BITS);
    return ((double)step + 0.5) * (double)(1ull << bits) / 1e3;
}

static double quantile_us(const load *l, double q) {
    uint64_t total = 0, seen = 0;
    for (unsigned i = 0; i < BUCKETS; i++) total += l->latency[i];
    for (unsigned i = 0; i < BUCKETS; i++) {
        seen += l->latency[i];
        if (total > 0 && (double)seen >= q * (double)total) return bucket_us(i);
    }
    return 0;
}

/* ---- the server's numbers -------------------------------------------------------------------- */

/* User and system time of the server in microseconds, all its threads; 0 when no pid was given. */
static double server_cpu_us(const load *l) {
    if (l->pid == 0) return 0;
    clockid_t clock;
    struct timespec ts;
    errno = clock_getcpuclockid((pid_t)l->pid, &clock);
    if (errno != 0 || clock_gettime(clock, &ts) < 0) die("the server's clock");
    return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static long server_rss_kb(const load *l) {
    if (l->pid == 0) return 0;
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%ld/smaps_rollup", l->pid);
    FILE *f = fopen(path, "r");
    if (!f) die(path);
    long kb = 0;
    while (fgets(line, sizeof line, f))
        if (!strncmp(line, "Rss:", 4)) kb = strtol(line + 4, NULL, 10);
    fclose(f);
    return kb;
}

/* ---- connections ----------------------------------------------------------------------------- */

/* The handshake, before the connection is used; the response is not looked at beyond its status. */
static void ws_begin(const load *l, int fd) {
    char text[512];
    int n = snprintf(text, sizeof text,
                     "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
                     "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                     l->ws);
    if (send(fd, text, (size_t)n, MSG_NOSIGNAL) != n) die("the handshake");
    size_t got = 0;
    while (got < 4 || memcmp(text + got - 4, "\r\n\r\n", 4) != 0)
        if (got == sizeof text || recv(fd, text + got++, 1, 0) != 1) die("the handshake");
    if (memcmp(text, "HTTP/1.1 101", 12) != 0) die("the handshake");
}

/* Fills the payload with frames of the client; a mask of zeros leaves the zeros as they are. */
static void ws_frames(load *l) {
    for (uint32_t i = 0; i < l->depth; i++) {
        unsigned char *at = (unsigned char *)l->payload + (size_t)i * l->out_size;
        uint32_t n = l->size;
        *at++ = 0x82;
        *at++ = (unsigned char)(0x80 | (n < 126 ? n : n < 65536 ? 126 : 127));
        for (int shift = n < 65536 ? 8 : 56; n >= 126 && shift >= 0; shift -= 8)
            *at++ = (unsigned char)((uint64_t)n >> shift);
    }
}

/* Asks once, for the length of a response. */
static void http_probe(load *l, int fd) {
    char text[4096];
    size_t got = 0;
    const char *end = NULL, *length;
    if (send(fd, l->payload, l->out_size, MSG_NOSIGNAL) != (ssize_t)l->out_size) die("the probe");
    while (!end && got < sizeof text - 1) {
        ssize_t n = recv(fd, text + got, sizeof text - 1 - got, 0);
        if (n <= 0) die("the probe");
        text[got += (size_t)n] = '\0';
        end = strstr(text, "\r\n\r\n");
    }
    length = strcasestr(text, "\r\ncontent-length:");
    if (!end || !length || memcmp(text, "HTTP/1.1 200", 12) != 0) {
        fprintf(stderr, "edo-echo-load: no 200 with a length: %.*s\n", 200, text);
        exit(1);
    }
    l->in_size = (uint32_t)(end + 4 - text) + (uint32_t)strtoul(length + 17, NULL, 10);
}

/* The payload is the request. */
static void http_begin(load *l) {
    char text[512];
    int n = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", l->http);
    if (n >= (int)sizeof text) die("the path");
    l->payload = strdup(text);
    l->out_size = (uint32_t)n;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (!l->payload || fd < 0 || connect(fd, &l->target.base, sizeof l->target.in) < 0)
        die("the probe");
    http_probe(l, fd);
    close(fd);
}

static uint32_t ws_head(uint32_t n) {
    return n < 126 ? 2 : n < 65536 ? 4 : 10;
}

static void conn_open(load *l, conn *c) {
    int on = 1;
    bool is_tcp = l->target.base.sa_family == AF_INET;
    int kind = SOCK_STREAM | SOCK_CLOEXEC | (l->ws ? 0 : SOCK_NONBLOCK);
    c->fd = socket(l->target.base.sa_family, kind, 0);
    if (c->fd < 0) die("socket");
    if (is_tcp) {
        setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        // The source port is chosen at connect, by the whole pair: else 28,000 would be the end.
        setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        struct sockaddr_in from = { .sin_family = AF_INET };
        from.sin_addr.s_addr = htonl(0x7f000002u + l->source++ % SOURCES);
        if (bind(c->fd, (const struct sockaddr *)&from, sizeof from) < 0) die("bind");
    }
    socklen_t len = is_tcp ? sizeof l->target.in : sizeof l->target.un;
    if (connect(c->fd, &l->target.base, len) < 0 && errno != EINPROGRESS) die("connect");
    if (l->ws) {
        ws_begin(l, c->fd);
        if (fcntl(c->fd, F_SETFL, O_NONBLOCK) < 0) die("fcntl");
    }

    c->unsent = l->mode == MODE_FAN ? 0 : l->out_size * l->depth;
    c->got = c->first = 0;
    for (uint32_t i = 0; i < l->depth; i++) c->sent_ns[i] = now_ns();
    struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET };
    ev.data.ptr = c;
    if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &ev) < 0) die("epoll_ctl");
}

static void conn_close(conn *c) {
    if (c->fd >= 0) close(c->fd);
    c->fd = -1;
}

static bool conn_flush(load *l, conn *c) {
    while (c->unsent > 0) {
        // The unsent rest ends with whole messages, all alike.
        size_t all = (size_t)l->out_size * l->depth;
        ssize_t n = send(c->fd, l->payload + (all - c->unsent), c->unsent, MSG_NOSIGNAL);
        if (n < 0) return errno == EAGAIN || errno == EINTR || errno == ENOTCONN;
        c->unsent -= (uint32_t)n;
    }
    return true;
}

/* Fan-out: lets the first connection say the next message. */
static void say_to_all(load *l, uint64_t now) {
    l->said_ns = now;
    l->awaited = l->conns_n;
    l->conns[0].unsent = l->out_size;
    if (!conn_flush(l, &l->conns[0])) die("send");
}

static void fan_arrived(load *l, uint64_t now) {
    l->latency[bucket_of(now - l->said_ns)]++;
    l->sum_us += (double)(now - l->said_ns) / 1e3;
    l->done++;
    if (--l->awaited == 0) say_to_all(l, now);
}

/* One message is back: count it, and in echo mode send the next in its place. */
static void conn_answered(load *l, conn *c, uint64_t now) {
    c->echoes_n++;
    if (l->mode == MODE_FAN) {
        fan_arrived(l, now);
        return;
    }
    uint64_t ns = now - c->sent_ns[c->first];
    l->latency[bucket_of(ns)]++;
    l->sum_us += (double)ns / 1e3;
    l->done++;
    if (l->mode != MODE_ECHO || l->is_opening) return;
    c->sent_ns[c->first] = now;
    c->first = (c->first + 1) % l->depth;
    c->unsent += l->out_size;
}

/* False when the connection is over. */
static bool conn_read(load *l, conn *c) {
    const size_t room = (size_t)l->in_size * l->depth;
    for (;;) {
        ssize_t n = recv(c->fd, l->sink, room, 0);
        if (n < 0) return errno == EAGAIN || errno == EINTR || errno == ENOTCONN;
        if (n == 0) return false;
        uint64_t now = now_ns();
        uint64_t have = c->got + (uint64_t)n;
        for (; have >= l->in_size; have -= l->in_size) conn_answered(l, c, now);
        c->got = (uint32_t)have;
        if ((size_t)n < room) return true; // edge-triggered: less than asked means drained
    }
}

static void conn_event(load *l, conn *c, uint32_t events) {
    uint64_t before = l->done;
    bool alive = !(events & EPOLLERR) && conn_flush(l, c);
    if (alive && (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP))) alive = conn_read(l, c);
    if (alive && c->unsent > 0) alive = conn_flush(l, c);
    bool over = l->mode == MODE_ACCEPT && l->done > before;
    if (alive && !over) return;
    if (!over) l->failed++;
    if (l->mode == MODE_FAN) die("a connection of the fan-out was lost");
    conn_close(c);
    if (l->failed > l->conns_n) {
        fprintf(stderr, "edo-echo-load: the server keeps dropping connections\n");
        exit(1);
    }
    if (l->mode != MODE_IDLE) conn_open(l, c);
}

static void pump_once(load *l, int timeout_ms) {
    struct epoll_event events[EVENTS];
    int n = epoll_wait(l->epoll, events, EVENTS, timeout_ms);
    for (int i = 0; i < n; i++) conn_event(l, events[i].data.ptr, events[i].events);
}

static void pump_for(load *l, double seconds) {
    uint64_t end = now_ns() + (uint64_t)(seconds * 1e9);
    while (now_ns() < end) pump_once(l, 100);
}

/* ---- the three modes ------------------------------------------------------------------------- */

/* Opens all connections, of which only a few have had no response: more than a queue of the kernel
 * holds would be tried again after a second. Each then rests until the sign to begin: else those
 * that are there would keep the server from the others. */
static void open_and_wait(load *l) {
    l->is_opening = true;
    uint64_t deadline = now_ns() + OPENING_S * 1000000000ull;
    for (uint32_t there = 0, begun = 0; there < l->conns_n;) {
        while (begun < l->conns_n && begun - there < COMING) conn_open(l, &l->conns[begun++]);
        pump_once(l, 100);
        while (there < begun && l->conns[there].echoes_n >= l->depth) there++;
        if (now_ns() > deadline || l->failed > 0) {
            fprintf(stderr, "edo-echo-load: %u connections of %u have come\n", there, l->conns_n);
            exit(1);
        }
    }
    char line[16];
    puts("ready");
    (void)fflush(stdout);
    if (!fgets(line, sizeof line, stdin)) exit(1);
    l->is_opening = false;
    for (uint32_t i = 0; i < l->conns_n; i++) {
        conn *c = &l->conns[i];
        for (uint32_t k = 0; k < l->depth; k++) c->sent_ns[k] = now_ns();
        c->unsent = l->out_size * l->depth;
        if (!conn_flush(l, c)) die("send");
    }
}

static void run_timed(load *l) {
    if (l->has_begin) {
        open_and_wait(l);
    } else {
        for (uint32_t i = 0; i < l->conns_n; i++) conn_open(l, &l->conns[i]);
    }
    pump_for(l, 0.2); // warm-up; a fan-out waits until all are there
    if (l->mode == MODE_FAN) say_to_all(l, now_ns());
    l->done = 0;
    l->sum_us = 0;
    memset(l->latency, 0, sizeof l->latency);
    double cpu = server_cpu_us(l);
    uint64_t start = now_ns();
    pump_for(l, l->seconds);
    double took = (double)(now_ns() - start) / 1e9;
    cpu = server_cpu_us(l) - cpu;

    bool echo = l->mode != MODE_ACCEPT;
    double each = l->done > 0 ? cpu / (double)l->done : 0;
    printf("{\"mode\":\"%s\",\"conns\":%u,\"size\":%u,\"depth\":%u,\"seconds\":%.2f,"
           "\"requests\":%llu,\"failed\":%llu,\"%s\":%.0f,\"mean_us\":%.1f,\"p50_us\":%.1f,"
           "\"p99_us\":%.1f,\"%s\":%.3f}\n",
           l->mode == MODE_FAN ? "fan"
           : echo              ? "echo"
                               : "accept",
           l->conns_n, l->size, l->depth, took, (unsigned long long)l->done,
           (unsigned long long)l->failed, echo ? "rps" : "conns_per_s", (double)l->done / took,
           l->done > 0 ? l->sum_us / (double)l->done : 0, quantile_us(l, 0.5), quantile_us(l, 0.99),
           echo ? "server_cpu_us_per_req" : "server_cpu_us_per_conn", each);
}

static void run_idle(load *l) {
    long before = server_rss_kb(l);
    uint64_t deadline = now_ns() + 30u * 1000000000ull;
    for (uint32_t i = 0; i < l->conns_n; i++) {
        conn_open(l, &l->conns[i]);
        // Not more than a backlog's worth of connections that the server has not answered yet.
        while (i + 1 - l->done - l->failed >= 256 && now_ns() < deadline) pump_once(l, 100);
    }
    while (l->done + l->failed < l->conns_n && now_ns() < deadline) pump_once(l, 100);
    pump_for(l, 0.3);
    long after = server_rss_kb(l);
    printf("{\"mode\":\"idle\",\"conns\":%u,\"size\":%u,\"ok\":%llu,\"empty_rss_kb\":%ld,"
           "\"bytes_per_conn\":%.0f}\n",
           l->conns_n, l->size, (unsigned long long)l->done, before,
           (double)(after - before) * 1024.0 / (double)l->conns_n);
}

/* ---- command line ---------------------------------------------------------------------------- */

static void usage(void) {
    fprintf(stderr, "usage: edo-echo-load HOST:PORT [--accept | --fan] -c conns -s size -d seconds "
                    "[-p depth] [--idle N] [--ws PATH] [--http PATH] [--begin] [--pid PID]\n");
    exit(2);
}

static double number(int argc, char **argv, int at, double low, double high) {
    char *end = NULL;
    double v = at < argc ? strtod(argv[at], &end) : 0;
    if (!end || end == argv[at] || *end || v < low || v > high) usage();
    return v;
}

static void parse_target(load *l, char *text) {
    char *colon = strrchr(text, ':');
    if (!colon) usage();
    *colon++ = '\0';
    if (!strcmp(text, "unix")) {
        l->target.un.sun_family = AF_UNIX;
        strncpy(l->target.un.sun_path, colon, sizeof l->target.un.sun_path - 1);
        return;
    }
    const char *host = strcmp(text, "localhost") ? text : "127.0.0.1";
    unsigned long port = strtoul(colon, NULL, 10);
    l->target.in.sin_family = AF_INET;
    l->target.in.sin_port = htons((uint16_t)port);
    bool parsed = inet_pton(AF_INET, host, &l->target.in.sin_addr) == 1;
    if (!parsed || port == 0 || port > 65535) usage();
    if (ntohl(l->target.in.sin_addr.s_addr) >> 24 != 127) { // inv. 1
        fprintf(stderr, "edo-echo-load: loopback addresses only\n");
        exit(2);
    }
}

static void parse(load *l, int argc, char **argv) {
    bool target = false;
    for (int i = 1; i < argc; i++) {
        const char *a = argv[i];
        if (!strcmp(a, "-c")) {
            l->conns_n = (uint32_t)number(argc, argv, ++i, 1, CONNS_MAX);
        } else if (!strcmp(a, "-s")) {
            l->size = (uint32_t)number(argc, argv, ++i, 1, BYTES_MAX);
        } else if (!strcmp(a, "-p")) {
            l->depth = (uint32_t)number(argc, argv, ++i, 1, DEPTH_MAX);
        } else if (!strcmp(a, "-d")) {
            l->seconds = number(argc, argv, ++i, 0.01, SECONDS_MAX);
        } else if (!strcmp(a, "--pid")) {
            l->pid = (long)number(argc, argv, ++i, 1, 1 << 30);
        } else if (!strcmp(a, "--accept")) {
            l->mode = MODE_ACCEPT;
        } else if (!strcmp(a, "--fan")) {
            l->mode = MODE_FAN;
        } else if (!strcmp(a, "--ws")) {
            if (++i == argc) usage();
            l->ws = argv[i];
        } else if (!strcmp(a, "--http")) {
            if (++i == argc) usage();
            l->http = argv[i];
        } else if (!strcmp(a, "--begin")) {
            l->has_begin = true;
        } else if (!strcmp(a, "--idle")) {
            l->mode = MODE_IDLE;
            l->conns_n = (uint32_t)number(argc, argv, ++i, 1, CONNS_MAX);
        } else if (a[0] == '-' || target) {
            usage();
        } else {
            parse_target(l, argv[i]);
            target = true;
        }
    }
    if (l->mode != MODE_ECHO || l->http) l->depth = 1;
    if (l->has_begin && l->mode != MODE_ECHO) usage();
    if (l->http && (l->ws || l->target.base.sa_family != AF_INET)) usage();
    if (l->mode == MODE_FAN && !l->ws) usage();
    if (!target || l->size * (uint64_t)l->depth > BYTES_MAX) usage();
}

static void prepare(load *l) {
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
        if (files.rlim_max < (rlim_t)l->conns_n + 16) {
            fprintf(stderr, "edo-echo-load: the descriptor limit is too low\n");
            exit(1);
        }
    }
    l->out_size = l->size + (l->ws ? ws_head(l->size) + 4 : 0);
    l->in_size = l->size + (l->ws ? ws_head(l->size) : 0);
    if (l->http) http_begin(l);
    size_t bytes = (size_t)(l->in_size > l->out_size ? l->in_size : l->out_size) * l->depth;
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    l->conns = calloc(l->conns_n, sizeof *l->conns);
    if (!l->http) l->payload = calloc(1, bytes);
    l->sink = calloc(1, bytes);
    uint64_t *rings = calloc((size_t)l->conns_n * l->depth, sizeof *rings);
    if (l->epoll < 0 || !l->conns || !l->payload || !l->sink || !rings) die("prepare");
    if (l->ws) ws_frames(l);
    for (uint32_t i = 0; i < l->conns_n; i++) l->conns[i].sent_ns = rings + (size_t)i * l->depth;
    alarm((unsigned)l->seconds + CLOSING_S); // inv. 3
}

int main(int argc, char **argv) {
    static load l = { .conns_n = 1, .size = 64, .depth = 1, .seconds = 2 };
    parse(&l, argc, argv);
    prepare(&l);
    if (l.mode == MODE_IDLE)
        run_idle(&l);
    else
        run_timed(&l);
    return 0;
}
