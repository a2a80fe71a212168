/* SPDX-License-Identifier: MIT */
/* edo-tls-load: a bounded load on an HTTPS or HTTP server of this machine; prints one line of JSON.
 *
 *     edo-tls-load HOST:PORT get  -c conns -d seconds --pid PID      kept connections, GET /
 *     edo-tls-load HOST:PORT full -c conns -d seconds --pid PID      connect, handshake, GET /, reset
 *     edo-tls-load HOST:PORT resumed ...                             the same with resumed sessions
 *     edo-tls-load HOST:PORT file --pid PID                          GET /16k.bin once, whole
 *     edo-tls-load HOST:PORT idle -c conns --pid PID                 one GET each, then silence
 *     edo-tls-load HOST:PORT paced -c conns -r rate -d seconds       kept connections, GET / that
 *                                                                    often in all: how long each takes
 *     edo-tls-load HOST:PORT clear ...                               as paced, without TLS
 *     edo-tls-load HOST:PORT storm -c conns                          that many at once: handshake, GET /
 *
 * `--path PATH` is asked for instead of "/". PID is the server: its CPU time comes from the clocks of its threads (to the ns), its memory from
 * /proc/PID/smaps_rollup. Certificates are not checked; TLS 1.3, AES-128-GCM, X25519.
 *
 * inv. 1: only 127.0.0.0/8 is ever contacted.
 * inv. 2: it ends: an alarm stops a run whose server hangs. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { RECORD = 16384, EVENTS = 256, CONNS_MAX = 20000, SECONDS_MAX = 60, CLOSING_S = 60 };

typedef enum run_mode {
    MODE_GET,
    MODE_FULL,
    MODE_RESUMED,
    MODE_FILE,
    MODE_IDLE,
    MODE_PACED,
    MODE_STORM
} run_mode;

static const char *const mode_names[] = {
    "get", "full", "resumed", "file", "idle", "paced", "storm"
};

typedef struct conn {
    SSL *ssl; /* NULL: in clear */
    int fd;
    bool has_sent;
    double due_s;    /* MODE_PACED: when the next request is to be sent */
    double asked_s;  /* MODE_PACED: when the last one was; 0: it has its response */
    uint64_t left;   /* bytes of the response that are to come, once its head was read */
    uint32_t head_n; /* bytes of the head so far */
    char head[1024];
} conn;

static struct {
    run_mode mode;
    struct sockaddr_in to;
    uint32_t conns_n;
    double seconds, rate;
    bool is_clear;
    char request[256];
    long pid;
    int set;
    SSL_CTX *ctx;
    SSL_SESSION *sessions[64]; /* MODE_RESUMED: each good for one connection, which brings more */
    uint32_t sessions_n;
    conn *conns;
    uint64_t done, bytes, resumed;
    uint32_t waiting; /* MODE_IDLE, MODE_FILE, MODE_STORM, MODE_PACED at first: connections
                         without their response */
    double *took_s;   /* MODE_PACED: of each response */
    size_t took_n, took_max;
    bool is_over;
} run;

static void fail(const char *what) {
    fprintf(stderr, "edo-tls-load: %s: %s\n", what, strerror(errno));
    ERR_print_errors_fp(stderr);
    exit(1);
}

/* ---- The server ------------------------------------------------------------------------------ */

static uint64_t cpu_ns(void) {
    char path[300];
    uint64_t sum = 0;
    (void)snprintf(path, sizeof path, "/proc/%ld/task", run.pid);
    DIR *tasks = opendir(path);
    if (!tasks) fail("the server's threads");
    for (struct dirent *t; (t = readdir(tasks));) {
        unsigned long long ns = 0;
        (void)snprintf(path, sizeof path, "/proc/%ld/task/%s/schedstat", run.pid, t->d_name);
        FILE *f = t->d_name[0] != '.' ? fopen(path, "re") : NULL;
        if (f && fscanf(f, "%llu", &ns) == 1) sum += ns;
        if (f) fclose(f);
    }
    closedir(tasks);
    return sum;
}

static long rss_kb(void) {
    char path[64], line[200];
    long kb = -1;
    (void)snprintf(path, sizeof path, "/proc/%ld/smaps_rollup", run.pid);
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "Rss: %ld", &kb) == 1) break;
    if (f) fclose(f);
    return kb;
}

static double now_s(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- Connections ----------------------------------------------------------------------------- */

/* TLS 1.3 brings sessions behind the handshake. */
static int keep_session(SSL *ssl, SSL_SESSION *session) {
    (void)ssl;
    if (run.mode != MODE_RESUMED || run.sessions_n == sizeof run.sessions / sizeof *run.sessions)
        return 0;
    run.sessions[run.sessions_n++] = session;
    return 1;
}

static void resume(SSL *ssl) {
    SSL_SESSION *session = run.sessions[--run.sessions_n];
    if (SSL_set_session(ssl, session) != 1) fail("a session");
    SSL_SESSION_free(session);
}

static void setup(void) {
    run.ctx = SSL_CTX_new(TLS_client_method());
    if (!run.ctx || SSL_CTX_set_ciphersuites(run.ctx, "TLS_AES_128_GCM_SHA256") != 1 ||
        SSL_CTX_set1_groups_list(run.ctx, "X25519") != 1)
        fail("OpenSSL");
    SSL_CTX_set_min_proto_version(run.ctx, TLS1_3_VERSION);
    SSL_CTX_set_session_cache_mode(run.ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(run.ctx, keep_session);
    SSL_CTX_set_mode(run.ctx, SSL_MODE_RELEASE_BUFFERS);
}

/* Is the connection ready for a request? */
static bool shake_hands(conn *c) {
    if (run.is_clear) return true;
    int n = SSL_do_handshake(c->ssl);
    if (n != 1 && SSL_get_error(c->ssl, n) != SSL_ERROR_WANT_READ) fail("the handshake");
    return n == 1;
}

static int conn_write(conn *c, const char *bytes, int n) {
    return run.is_clear ? (int)send(c->fd, bytes, (size_t)n, MSG_NOSIGNAL)
                        : SSL_write(c->ssl, bytes, n);
}

/* Returns the number of bytes that were read; 0: none are there. */
static int conn_read(conn *c, char *to, int n) {
    int got = run.is_clear ? (int)recv(c->fd, to, (size_t)n, 0) : SSL_read(c->ssl, to, n);
    if (got > 0) return got;
    bool is_empty = run.is_clear ? got < 0 && errno == EAGAIN
                                 : SSL_get_error(c->ssl, got) == SSL_ERROR_WANT_READ;
    if (!is_empty) fail("the connection has ended");
    return 0;
}

static void begin(conn *c) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    struct linger reset = { .l_onoff = 1 };
    if (fd < 0 || connect(fd, (struct sockaddr *)&run.to, sizeof run.to) < 0) fail("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset,
               sizeof reset); // no TIME_WAIT: ports do not run out
    *c = (conn){ .ssl = run.is_clear ? NULL : SSL_new(run.ctx), .fd = fd };
    if (!run.is_clear && (!c->ssl || SSL_set_fd(c->ssl, fd) != 1)) fail("SSL_new");
    if (c->ssl) SSL_set_connect_state(c->ssl);
    if (run.sessions_n > 0) resume(c->ssl);
    struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };
    BIO_socket_nbio(fd, 1);
    if (epoll_ctl(run.set, EPOLL_CTL_ADD, fd, &ev) < 0) fail("epoll_ctl");
}

static void end(conn *c) {
    SSL_set_shutdown(c->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN); // the session stays good
    SSL_free(c->ssl);
    close(c->fd);
}

static void ask(conn *c) {
    double period_s = run.conns_n / run.rate;
    if (run.mode == MODE_PACED) {
        c->asked_s = c->due_s; // not now: what waits behind a slow response is late, too
        c->due_s += period_s;
    }
    int n = (int)strlen(run.request);
    if (conn_write(c, run.request, n) != n) fail("a request");
    c->has_sent = true;
    c->head_n = 0;
    c->left = 0;
}

/* ---- Responses ------------------------------------------------------------------------------- */

/* The first response of a connection is not counted: it has the handshake before it. */
static void take_time(conn *c) {
    double now = now_s();
    bool is_first = run.waiting > 0;
    if (is_first) run.waiting--;
    if (!is_first && run.took_n < run.took_max) run.took_s[run.took_n++] = now - c->asked_s;
    c->asked_s = 0;
    if (!is_first && c->due_s <= now) ask(c);
}

/* A response is there as a whole. */
static void respond(conn *c) {
    run.done++;
    if (c->ssl) run.resumed += (uint64_t)SSL_session_reused(c->ssl);
    if (run.mode == MODE_GET) {
        if (!run.is_over) ask(c);
    } else if (run.mode == MODE_PACED) {
        take_time(c);
    } else if (run.mode == MODE_STORM) {
        run.waiting--;
        end(c);
    } else if (run.mode == MODE_IDLE || run.mode == MODE_FILE) {
        run.waiting--;
    } else {
        end(c);
        begin(c);
        (void)shake_hands(c); // the hello leaves now
    }
}

/* Takes `n` bytes. Returns true if they end a response. */
static bool take(conn *c, const char *bytes, size_t n) {
    run.bytes += n;
    if (c->left > 0) {
        if (n > c->left) fail("more than a response");
        c->left -= n;
        return c->left == 0;
    }
    if (c->head_n + n >= sizeof c->head) n = sizeof c->head - 1 - c->head_n;
    memcpy(c->head + c->head_n, bytes, n);
    c->head_n += (uint32_t)n;
    c->head[c->head_n] = '\0';
    const char *body = strstr(c->head, "\r\n\r\n"),
               *length = strcasestr(c->head, "content-length:");
    if (!body) return false;
    if (strncmp(c->head, "HTTP/1.1 200", 12) != 0 || !length) fail("no response of 200");
    uint64_t here = (uint64_t)(c->head + c->head_n - (body + 4)),
             all = strtoull(length + 15, NULL, 10);
    c->left = all - here;
    return c->left == 0;
}

static void serve(conn *c) {
    static char in[RECORD];
    for (;;) {
        ERR_clear_error();
        if (!c->has_sent && shake_hands(c)) ask(c);
        size_t room = c->left == 0 && sizeof c->head - c->head_n - 1 < sizeof in
                          ? sizeof c->head - c->head_n - 1
                          : sizeof in;
        int n = c->has_sent ? conn_read(c, in, (int)room) : 0;
        if (n == 0) return;
        if (!take(c, in, (size_t)n)) continue;
        respond(c);
        if (run.mode != MODE_GET && !(run.mode == MODE_PACED && c->asked_s > 0)) return;
    }
}

static void turn(void) {
    struct epoll_event events[EVENTS];
    int n = epoll_wait(run.set, events, EVENTS, 100);
    for (int i = 0; i < n; i++) serve(events[i].data.ptr);
}

static void start_all(uint32_t from, uint32_t to) {
    for (uint32_t i = from; i < to; i++) {
        begin(&run.conns[i]);
        run.waiting++;
        if (shake_hands(&run.conns[i])) ask(&run.conns[i]);
        if (run.mode == MODE_IDLE)
            while (run.waiting > 0) turn();
    }
}

/* ---- Runs ------------------------------------------------------------------------------------ */

static void run_idle(void) {
    uint32_t warm = run.conns_n / 10;
    start_all(0, warm);
    long before = rss_kb();
    start_all(warm, run.conns_n);
    sleep(1);
    printf("{\"bytes_per_conn\":%.0f}\n",
           (double)(rss_kb() - before) * 1024 / (double)(run.conns_n - warm));
}

static void run_file(void) {
    uint64_t cpu = cpu_ns();
    start_all(0, 1);
    while (run.waiting > 0) turn();
    double gib = (double)run.bytes / (double)(1 << 30);
    printf("{\"cpu_ms_per_gib\":%.2f,\"gib\":%.3f}\n", (double)(cpu_ns() - cpu) / 1e6 / gib, gib);
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double at_part(double part) {
    return run.took_s[(size_t)(part * (double)(run.took_n - 1))] * 1e3;
}

/* Sends what is due, and returns the time until more is. */
static double send_due(double now) {
    double next = now + 0.1;
    for (uint32_t i = 0; i < run.conns_n; i++) {
        conn *c = &run.conns[i];
        if (c->asked_s > 0) continue;
        if (c->due_s <= now)
            ask(c);
        else if (c->due_s < next)
            next = c->due_s;
    }
    return next - now;
}

static void run_paced(void) {
    run.took_max = (size_t)(run.rate * (run.seconds + 1));
    run.took_s = calloc(run.took_max, sizeof *run.took_s);
    if (!run.took_s) fail("memory");
    start_all(0, run.conns_n);
    while (run.waiting > 0) turn();
    double begin_s = now_s(), until = begin_s + run.seconds;
    for (uint32_t i = 0; i < run.conns_n; i++) run.conns[i].due_s = begin_s + i / run.rate;
    for (double now = begin_s; now < until; now = now_s()) {
        struct epoll_event events[EVENTS];
        double left = send_due(now);
        struct timespec wait = { 0, (long)(left * 1e9) };
        int n = epoll_pwait2(run.set, events, EVENTS, &wait, NULL);
        for (int i = 0; i < n; i++) serve(events[i].data.ptr);
    }
    for (uint32_t i = 0; i < run.conns_n;
         i++) // those that wait still count as what they have waited
        if (run.conns[i].asked_s > 0 && run.took_n < run.took_max)
            run.took_s[run.took_n++] = now_s() - run.conns[i].asked_s;
    qsort(run.took_s, run.took_n, sizeof *run.took_s, compare);
    if (run.took_n == 0) fail("no response");
    printf("{\"requests\":%zu,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f}\n", run.took_n,
           at_part(0.5), at_part(0.99), at_part(1));
}

static void run_storm(void) {
    double begin_s = now_s();
    start_all(0, run.conns_n);
    while (run.waiting > 0) turn();
    printf("{\"done\":%llu,\"seconds\":%.2f}\n", (unsigned long long)run.done, now_s() - begin_s);
}

static void run_timed(void) {
    start_all(0, run.conns_n);
    for (double warm = now_s() + 0.2; now_s() < warm;) turn();
    uint64_t cpu = cpu_ns(), done = run.done, resumed = run.resumed;
    double begin_s = now_s(), until = begin_s + run.seconds;
    while (now_s() < until) turn();
    double n = (double)(run.done - done), took = now_s() - begin_s;
    if (n < 1) fail("no response");
    printf("{\"server_cpu_us_per_req\":%.3f,\"rps\":%.0f,\"resumed\":%.3f}\n",
           (double)(cpu_ns() - cpu) / 1e3 / n, n / took, (double)(run.resumed - resumed) / n);
}

static bool parse(int argc, char **argv) {
    char *colon = argc > 2 ? strrchr(argv[1], ':') : NULL;
    if (!colon) return false;
    *colon = '\0';
    run.to = (struct sockaddr_in){ .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10)) };
    if (inet_pton(AF_INET, argv[1], &run.to.sin_addr) != 1 ||
        ntohl(run.to.sin_addr.s_addr) >> 24 != 127)
        return false;
    run.is_clear = strcmp(argv[2], "clear") == 0;
    const char *mode = run.is_clear ? "paced" : argv[2], *path = "/";
    while (run.mode <= MODE_STORM && strcmp(mode, mode_names[run.mode])) run.mode++;
    if (run.mode == MODE_FILE) path = "/16k.bin";
    for (int i = 3; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "-c")) run.conns_n = (uint32_t)strtoul(argv[i + 1], NULL, 10);
        if (!strcmp(argv[i], "-d")) run.seconds = strtod(argv[i + 1], NULL);
        if (!strcmp(argv[i], "-r")) run.rate = strtod(argv[i + 1], NULL);
        if (!strcmp(argv[i], "--path")) path = argv[i + 1];
        if (!strcmp(argv[i], "--pid")) run.pid = strtol(argv[i + 1], NULL, 10);
    }
    if (run.mode == MODE_FILE) run.conns_n = 1;
    int n = snprintf(run.request, sizeof run.request, "GET %s HTTP/1.1\r\nhost: localhost\r\n\r\n",
                     path);
    if (n < 0 || (size_t)n >= sizeof run.request) return false;
    bool needs_pid = run.mode < MODE_PACED;
    if (run.mode > MODE_STORM || (needs_pid && run.pid <= 0)) return false;
    return (run.mode != MODE_PACED || run.rate > 0) && run.conns_n > 0 &&
           run.conns_n <= CONNS_MAX && run.seconds <= SECONDS_MAX;
}

int main(int argc, char **argv) {
    run.seconds = 2;
    run.rate = 1;
    if (!parse(argc, argv)) {
        fprintf(stderr,
                "usage: edo-tls-load HOST:PORT get|full|resumed|file|idle|paced|clear|storm "
                "-c CONNS [-r RATE] [-d SECONDS] [--path PATH] --pid PID\n");
        return 2;
    }
    struct rlimit files;
    (void)getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files);
    (void)alarm((unsigned)run.seconds + CLOSING_S);
    setup();
    (void)prctl(PR_SET_TIMERSLACK, 1); // MODE_PACED: what is due is sent when it is due
    run.set = epoll_create1(EPOLL_CLOEXEC);
    run.conns = calloc(run.conns_n, sizeof(conn));
    if (run.set < 0 || !run.conns) fail("setup");
    if (run.mode == MODE_IDLE) {
        run_idle();
    } else if (run.mode == MODE_FILE) {
        run_file();
    } else if (run.mode == MODE_PACED) {
        run_paced();
    } else if (run.mode == MODE_STORM) {
        run_storm();
    } else {
        run_timed();
    }
    return 0;
}
