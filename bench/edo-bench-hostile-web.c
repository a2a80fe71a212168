/* SPDX-License-Identifier: MIT */
/* edo-bench-hostile-web [-d SECONDS] [-i IDLE] [-a ADDRESSES] [-k KIND] [--chat] [--bombs DIR]
 * --pid PID HOST:PORT: clients that mean no good by a web server and its WebSockets, and
 * well-behaved ones beside them.
 *
 * Question: what do the well-behaved ones notice, what does it cost the server, and what is left of
 * it? The server is edo-bench-service, or with --chat edo-chat. DIR has the files gzip and deflate,
 * bodies that are much larger when they are decoded (bench/hostile-web makes them).
 *
 * Two well-behaved clients: a steady one sends a message over its WebSocket and a request over
 * another connection in turn, each millisecond; a newcomer connects anew, shakes hands, has one
 * message back, and leaves, each 20 ms. The hostile ones come from 40 addresses, or ADDRESSES.
 *
 * Exit status 1: a well-behaved client was not served; a hostile one was not refused as it should
 * be; the memory grew beyond the bound of the kind; descriptors were left; or a server that was
 * stopped for two seconds, amid 2,000 connections a second, took more than a second to recover. */
#include "victim.h"

#include <signal.h>

enum { EXIT_USAGE = 2 };

#define TEXT_BYTES 2048
#define BIG_FRAME  65536
#define STORM_RATE 2000 /* connections a second */
#define STALL_MS   2000
#define RECOVERY_S 1
#define CALM_US    20000 /* a visit that takes less is as usual, on a machine with other work */

#define HANDSHAKE(path, more)                                                                      \
    "GET " path " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"    \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" more "\r\n"

typedef struct options {
    const char *address;
    int seconds;
    int idle_n;
    int pid;
    const char *only;  /* NULL: all kinds */
    const char *bombs; /* NULL: none */
} options;

/* The differences between the servers. */
typedef struct target {
    const char *handshakes[2]; /* taken in turn */
    const char *hello;         /* the first message, of somebody new; "": none */
    const char *tab;           /* that of a page that comes back */
    const char *newcomer;      /* that of the well-behaved ones */
    const char *steady;
    const char *say_begin, *say_end; /* a message that comes back, around a text */
    const char *get;                 /* a request */
    const char *post;                /* the first line of one that has a body */
    const char *greedy;              /* a message whose reply is long; "": one of BIG_FRAME bytes */
    bool takes_files;                /* by POST /upload */
} target;

#define SESSION "0123456789abcdef012345"

static const target service = {
    .handshakes = { HANDSHAKE("/ws", ""), HANDSHAKE("/fiber", "") },
    .hello = "",
    .tab = "",
    .newcomer = "",
    .steady = "",
    .say_begin = "",
    .say_end = "",
    .get = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    .post = "POST /json HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n",
    .greedy = "",
    .takes_files = true,
};

static const target chat = {
    .handshakes = { HANDSHAKE("/ws", ""), HANDSHAKE("/ws", "") },
    .hello = "{\"type\":\"hello\",\"rooms\":[{\"room\":\"loud\"}]}",
    .tab = "{\"type\":\"hello\",\"session\":\"tab" SESSION "\",\"rooms\":[{\"room\":\"loud\"}]}",
    .newcomer =
        "{\"type\":\"hello\",\"session\":\"new" SESSION "\",\"rooms\":[{\"room\":\"quiet\"}]}",
    .steady =
        "{\"type\":\"hello\",\"session\":\"old" SESSION "\",\"rooms\":[{\"room\":\"quiet\"}]}",
    .say_begin = "{\"type\":\"say\",\"room\":\"quiet\",\"text\":\"",
    .say_end = "\"}",
    .get = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n",
    .post = "POST /api/rooms/loud/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
            "application/json\r\n",
    .greedy = "{\"type\":\"history\",\"room\":\"loud\",\"limit\":200}",
};

static const target *to = &service;
static edo_addr server_at;
static atomic_bool ends; /* the kind of hostility that runs */
static atomic_int connected_n;
static atomic_int unexpected_n; /* replies to hostile clients */
static atomic_int uploaded_mib;
static unsigned addresses_n = 40;

/* Prints a frame with a mask of zeros; returns its length. */
static size_t print_frame(char *out, unsigned first, const void *payload, size_t n) {
    size_t at = 0;
    out[at++] = (char)first;
    out[at++] = (char)(0x80 | (n < 126 ? n : n < 65536 ? 126 : 127));
    for (int bytes = n < 126 ? 0 : n < 65536 ? 2 : 8; bytes > 0; bytes--)
        out[at++] = (char)((uint64_t)n >> (8 * (bytes - 1)));
    memset(out + at, 0, 4);
    memcpy(out + at + 4, payload, n);
    return at + 4 + n;
}

/* ---- Well-behaved clients -------------------------------------------------------------------- */

static void must_send(int fd, const void *bytes, size_t n) {
    if (send(fd, bytes, n, MSG_NOSIGNAL) != (ssize_t)n) fail("well-behaved client: send");
}

static void must_recv(int fd, void *into, size_t n) {
    ssize_t got = recv(fd, into, n, MSG_WAITALL);
    if (got >= 0 && (size_t)got < n) errno = ECONNRESET;
    if (got != (ssize_t)n) fail("well-behaved client: recv");
}

/* Reads the head of a response, and nothing behind it; `text` gets it. */
static void must_recv_head(int fd, char text[TEXT_BYTES]) {
    const char *end = NULL;
    size_t n = 0;
    while (!end) {
        // one byte more than there was, and what has come with it
        ssize_t got = recv(fd, text, n + 1, MSG_PEEK | MSG_WAITALL);
        if (got == (ssize_t)n + 1) got = recv(fd, text, TEXT_BYTES - 1, MSG_PEEK);
        if (got >= 0 && (size_t)got <= n) errno = ECONNRESET;
        if (got < 0 || (size_t)got <= n) fail("well-behaved client: head");
        n = (size_t)got;
        text[n] = '\0';
        end = strstr(text, "\r\n\r\n");
    }
    n = (size_t)(end + 4 - text);
    must_recv(fd, text, n);
    text[n] = '\0';
}

/* Receives messages until one contains the text. */
static void must_hear(int fd, const char *wanted) {
    static _Thread_local char text[1 << 20];
    for (;;) {
        unsigned char head[8];
        must_recv(fd, head, 2);
        size_t n = head[1] & 0x7f, more = n == 126 ? 2 : n == 127 ? 8 : 0;
        bool is_close = (head[0] & 0x0f) == 8;
        if (more > 0) {
            must_recv(fd, head, more);
            n = 0;
            for (size_t i = 0; i < more; i++) n = n << 8 | head[i];
        }
        if (n >= sizeof text) fail("well-behaved client: a long message");
        must_recv(fd, text, n);
        text[n] = '\0';
        if (is_close) fail("well-behaved client: it was closed");
        if (strstr(text, wanted)) return;
    }
}

static void must_say(int fd, const char *text) {
    char frame[512];
    must_send(fd, frame, print_frame(frame, 0x81, text, strlen(text)));
}

static int opens_socket(const char *first) {
    char head[TEXT_BYTES];
    int fd = plain_client(&server_at);
    must_send(fd, to->handshakes[0], strlen(to->handshakes[0]));
    must_recv_head(fd, head);
    if (strncmp(head, "HTTP/1.1 101 ", 13) != 0) {
        (void)fputs(head, stderr);
        errno = EPROTO;
        fail("well-behaved client: handshake");
    }
    if (*first) {
        must_say(fd, first);
        must_hear(fd, "\"welcome\"");
    }
    return fd;
}

static void says(int fd) {
    static atomic_long number;
    char text[128], wanted[32];
    long n = atomic_fetch_add(&number, 1);
    (void)snprintf(wanted, sizeof wanted, "number %ld.", n);
    (void)snprintf(text, sizeof text, "%s%s%s", to->say_begin, wanted, to->say_end);
    must_say(fd, text);
    must_hear(fd, wanted);
}

static void asks(int fd) {
    char head[TEXT_BYTES], body[256];
    must_send(fd, to->get, strlen(to->get));
    must_recv_head(fd, head);
    const char *length = strstr(head, "content-length: ");
    size_t n = length ? strtoul(length + strlen("content-length: "), NULL, 10) : 0;
    if (strncmp(head, "HTTP/1.1 200 ", 13) != 0 || n > sizeof body) {
        errno = EPROTO;
        fail("well-behaved client: response");
    }
    must_recv(fd, body, n);
}

static int steady_http; /* the thread's of the steady visitor */

static int steady_opens(void) {
    steady_http = plain_client(&server_at);
    return opens_socket(to->steady);
}

static void steady_visits(int fd) {
    static unsigned turn;
    if (turn++ % 2 == 0) {
        says(fd);
    } else {
        asks(steady_http);
    }
}

static void newcomer_visits(int none) {
    (void)none;
    int fd = opens_socket(to->newcomer);
    says(fd);
    (void)close(fd);
}

static visitor steady = { .open = steady_opens, .visit = steady_visits, .pause_ms = 1 };
static visitor newcomer = { .visit = newcomer_visits, .pause_ms = 20 };

static void start_visits(void) {
    visitor_start(&steady);
    visitor_start(&newcomer);
}

static void stop_visits(void) {
    visitor_stop(&steady);
    visitor_stop(&newcomer);
    (void)close(steady_http);
}

typedef struct noticed {
    times steady, newcomer;
} noticed;

/* The times that they see for that long, while tasks of this runtime run. */
static noticed measure(int seconds) {
    start_visits();
    (void)edo_sleep(edo_s(seconds));
    stop_visits();
    return (noticed){ visitor_times(&steady), visitor_times(&newcomer) };
}

/* ---- Hostile clients: what they have in common ----------------------------------------------- */

static bool sends(edo_stream *c, const void *bytes, size_t n) {
    return edo_write_all(c, bytes, n) >= 0;
}

static bool sends_text(edo_stream *c, const char *text) {
    return sends(c, text, strlen(text));
}

static bool sends_message(edo_stream *c, const char *text) {
    char frame[512];
    return sends(c, frame, print_frame(frame, 0x81, text, strlen(text)));
}

/* Clients that pause for one time would come all at once. */
static void pause_about(int ms) {
    static uint32_t random = 1;
    random = random * 1664525 + 1013904223;
    int64_t us = ms * 1000;
    (void)edo_sleep(edo_us(us / 2 + (int64_t)(random >> 16) * us / 65536));
}

static edo_stream *connected(void) {
    static unsigned at;
    char from[32];
    edo_stream *c;
    (void)snprintf(from, sizeof from, "127.0.0.%u:0", 2 + at++ % addresses_n);
    if (edo_tcp_connect_addr(&c, &server_at, &(edo_tcp_opts){ .bind = from }) < 0) {
        pause_about(20);
        return NULL;
    }
    atomic_fetch_add(&connected_n, 1);
    return c;
}

/* Reads until the server closes. */
static void reads_on(edo_stream *c) {
    char text[TEXT_BYTES];
    while (edo_read(c, text, sizeof text) > 0) {
    }
}

/* Reads a response, which must begin like that if there is one: a server may break off a client
 * that is in the middle of its request. */
static bool is_told(edo_stream *c, const char *wanted) {
    char text[TEXT_BYTES];
    int n = edo_read(c, text, sizeof text - 1);
    if (n <= 0) return false;
    text[n] = '\0';
    if (strncmp(text, wanted, strlen(wanted)) == 0) return true;
    if (atomic_fetch_add(&unexpected_n, 1) == 0)
        (void)fprintf(stderr, "not %s but %.*s\n", wanted, (int)strcspn(text, "\r"), text);
    return false;
}

/* A WebSocket that has said hello. NULL: it was refused, or this kind ends. */
static edo_stream *upgraded_with(const char *handshake, const char *hello) {
    edo_stream *c = connected();
    if (c && sends_text(c, handshake) && is_told(c, "HTTP/1.1 101 ") &&
        (!*hello || sends_message(c, hello)))
        return c;
    edo_close(c);
    pause_about(20);
    return NULL;
}

static edo_stream *upgraded(void) {
    static unsigned turn;
    return upgraded_with(to->handshakes[turn++ % 2], to->hello);
}

/* ---- Each of these is a client of one connection; it is called again until `ends` */

static void is_silent(void) {
    edo_stream *c = connected();
    if (c) reads_on(c);
    edo_close(c);
}

static void sends_half_a_head(void) {
    static size_t at;
    edo_stream *c = connected();
    at = 1 + at % (strlen(to->handshakes[0]) - 2);
    if (c && sends(c, to->handshakes[0], at)) reads_on(c);
    edo_close(c);
}

static void is_silent_when_upgraded(void) {
    edo_stream *c = upgraded_with(to->handshakes[0], "");
    if (c) reads_on(c);
    edo_close(c);
}

/* Writes the frame again and again, and never reads, until the server takes no more; then it keeps
 * the connection until the kind ends. */
static void floods(const char *frame, size_t n) {
    edo_writev_future f;
    edo_stream *c = upgraded();
    bool ok = c != NULL;
    while (ok && !atomic_load(&ends))
        ok = edo_timeout(edo_write_all_init(&f, c, frame, n), edo_ms(200)) == 0;
    if (c) (void)edo_sleep(edo_s(1));
    edo_close(c);
}

static void floods_with_messages(void) {
    static char big[BIG_FRAME], frame[BIG_FRAME + 16];
    memset(big, 'x', sizeof big);
    size_t n = *to->greedy ? print_frame(frame, 0x81, to->greedy, strlen(to->greedy))
                           : print_frame(frame, 0x81, big, sizeof big);
    floods(frame, n);
}

static void floods_with_pings(void) {
    static const char payload[125];
    static char frames[64 * 131];
    size_t n = 0;
    for (int i = 0; i < 64; i++) n += print_frame(frames + n, 0x89, payload, sizeof payload);
    floods(frames, n);
}

static void floods_with_pieces(void) {
    static char frames[1024 * 7];
    size_t n = print_frame(frames, 0x01, "a", 1); // a text that never ends
    while (n + 7 <= sizeof frames) n += print_frame(frames + n, 0x00, "a", 1);
    floods(frames, n);
}

/* As a page that is reloaded all the time: half of them bring their session. */
static void comes_and_goes(void) {
    static unsigned turn;
    char text[TEXT_BYTES];
    edo_stream *c = upgraded_with(to->handshakes[0], turn++ % 2 ? to->tab : to->hello);
    if (c && *to->hello) (void)edo_read(c, text, sizeof text);
    if (c && turn % 3 == 0) (void)edo_tcp_set_reset_on_close(c, true);
    pause_about(20);
    edo_close(c);
}

static void drips_a_body(void) {
    edo_stream *c = connected();
    bool ok =
        c && sends_text(c, to->post) && sends_text(c, "Content-Length: 1000\r\n\r\n{\"text\":\"");
    while (ok && !atomic_load(&ends)) ok = edo_sleep(edo_ms(250)) == 0 && sends(c, "x", 1);
    edo_close(c);
}

static void sends_too_much(void) {
    static const char zeros[65536];
    edo_stream *c = connected();
    bool ok = c && sends_text(c, to->post) && sends_text(c, "Content-Length: 1000000000\r\n\r\n");
    for (int i = 0; ok && i < 100; i++) ok = sends(c, zeros, sizeof zeros);
    if (c) (void)is_told(c, "HTTP/1.1 413 ");
    pause_about(20);
    edo_close(c);
}

#define FILE_BYTES (32u << 20)
#define FILE_BEGIN "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"file\"\r\n\r\n"
#define FILE_END   "\r\n--x--\r\n"

/* Means no harm, but is as fast as it can be. */
static void sends_a_file(void) {
    static const char zeros[65536];
    char head[256];
    edo_stream *c = connected();
    (void)snprintf(head, sizeof head,
                   "POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; "
                   "boundary=x\r\nContent-Length: %zu\r\n\r\n" FILE_BEGIN,
                   strlen(FILE_BEGIN) + FILE_BYTES + strlen(FILE_END));
    bool ok = c && sends_text(c, head);
    for (size_t sent = 0; ok && sent < FILE_BYTES; sent += sizeof zeros)
        ok = sends(c, zeros, sizeof zeros);
    if (ok && sends_text(c, FILE_END) && is_told(c, "HTTP/1.1 201 "))
        atomic_fetch_add(&uploaded_mib, FILE_BYTES >> 20);
    edo_close(c);
}

static void comes_from_elsewhere(void) {
    edo_stream *c = connected();
    if (c && sends_text(c, HANDSHAKE("/ws", "Origin: http://evil.example\r\n")))
        (void)is_told(c, "HTTP/1.1 403 ");
    pause_about(20);
    edo_close(c);
}

typedef struct bomb {
    char *bytes;
    size_t n;
} bomb;

static bomb gzip_bomb, deflate_bomb;

static void sends_a_gzip_bomb(void) {
    char fields[128];
    edo_stream *c = connected();
    (void)snprintf(fields, sizeof fields, "Content-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n",
                   gzip_bomb.n);
    if (c && sends_text(c, to->post) && sends_text(c, fields)) {
        (void)sends(c, gzip_bomb.bytes, gzip_bomb.n);
        (void)is_told(c, "HTTP/1.1 4");
    }
    pause_about(20);
    edo_close(c);
}

static void sends_a_deflate_bomb(void) {
    edo_stream *c = upgraded_with(
        HANDSHAKE("/ws", "Sec-WebSocket-Extensions: permessage-deflate\r\n"), to->hello);
    char *frame = malloc(deflate_bomb.n + 16);
    if (!frame) fail("malloc");
    size_t n = print_frame(frame, 0xc1, deflate_bomb.bytes, deflate_bomb.n);
    if (c && sends(c, frame, n))
        reads_on(c); // it is closed: with 1009, or 1002 where none was agreed on
    free(frame);
    pause_about(20);
    edo_close(c);
}

/* ---- The kinds ------------------------------------------------------------------------------- */

typedef struct kind {
    const char *name;
    void (*client)(void);
    int n;          /* clients at once; 0: as many as the option -i says */
    long each_kib;  /* memory that a client may take */
    const bomb *by; /* NULL: it needs none */
} kind;

#define ALL_KIB 16384 /* that a kind may take besides */

static const kind kinds[] = {
    { "silent", is_silent, 0, 2, NULL },
    { "half a head", sends_half_a_head, 0, 40, NULL },
    { "silent page", is_silent_when_upgraded, 0, 2, NULL },
    { "messages", floods_with_messages, 8, 4096, NULL },
    { "pings", floods_with_pings, 8, 1024, NULL },
    { "pieces", floods_with_pieces, 8, 4096, NULL },
    { "tabs", comes_and_goes, 10, 4096, NULL },
    { "slow uploads", drips_a_body, 300, 40, NULL },
    { "large uploads", sends_too_much, 10, 1024, NULL },
    { "files", sends_a_file, 10, 1024, NULL },
    { "other sites", comes_from_elsewhere, 10, 1024, NULL },
    { "gzip bombs", sends_a_gzip_bomb, 10, 256, &gzip_bomb },
    { "deflate bombs", sends_a_deflate_bomb, 10, 256, &deflate_bomb },
};

static int hostile_main(void *arg) {
    void (*const *client)(void) = arg;
    while (!atomic_load(&ends)) (*client)();
    return 0;
}

/* The peak counts from here. */
static void reset_peak(int pid) {
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/clear_refs", pid);
    FILE *f = fopen(path, "w");
    if (!f || fputs("5", f) < 0 || fclose(f) != 0) fail(path);
}

static void print_head(void) {
    printf("us, of a visit:      -------- steady ---------- ------ newcomer ------  server, KiB\n"
           "%-14s %5s %5s %5s %5s %6s %5s %5s %5s %5s %6s %7s %7s %6s\n",
           "", "n", "p50", "p99", "p50", "p99", "ratio", "p50", "p99", "p50", "p99", "peak +",
           "after +", "fds");
}

/* `before`: of the memory and the peak, in KiB. */
static void print_row(const char *name, int n, const noticed *q, const noticed *l, long peak,
                      long after, int fds) {
    printf("%-14s %5d %5u %5u %5u %5u %6.2f %5u %5u %5u %5u %7ld %7ld %6d\n", name, n,
           q->steady.p50, q->steady.usual, l->steady.p50, l->steady.usual,
           (double)l->steady.usual / q->steady.usual, q->newcomer.p50, q->newcomer.p99,
           l->newcomer.p50, l->newcomer.p99, peak, after, fds);
    (void)fflush(stdout);
}

static int complain(const char *what, long is, long should) {
    printf("%s: %ld, and it should be at most %ld\n", what, is, should);
    return 1;
}

static int run_kind(const options *o, const kind *k) {
    int fds = descriptors(o->pid), n = k->n > 0 ? k->n : o->idle_n;
    long before = resident_kib(o->pid);
    noticed quiet = measure(o->seconds);
    reset_peak(o->pid);
    int64_t cpu = cpu_us(o->pid);
    atomic_store(&uploaded_mib, 0);
    atomic_store(&ends, false);
    atomic_store(&connected_n, 0);
    atomic_store(&unexpected_n, 0);
    edo_scope s;
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < n; i++) edo_scope_spawn(&s, hostile_main, (void *)(uintptr_t)&k->client);
    while (atomic_load(&connected_n) < n) (void)edo_sleep(edo_ms(10));
    (void)edo_sleep(edo_ms(500 + n / 4));
    noticed loud = measure(o->seconds);
    int fds_then = descriptors(o->pid);
    long peak = status_kib(o->pid, "VmHWM") - before;
    atomic_store(&ends, true);
    edo_scope_cancel(&s);
    int err = edo_scope_end(&s);
    bool is_settled = settles(o->pid, fds);
    print_row(k->name, n, &quiet, &loud, peak, resident_kib(o->pid) - before, fds_then);
    if (atomic_load(&uploaded_mib) > 0)
        printf("%d MiB in whole files, the server's CPU for each at most %.0f us\n",
               atomic_load(&uploaded_mib),
               (double)(cpu_us(o->pid) - cpu) / atomic_load(&uploaded_mib));
    if (!is_settled) return complain("descriptors", descriptors(o->pid), fds);
    if (peak > n * k->each_kib + ALL_KIB)
        return complain("KiB more", peak, n * k->each_kib + ALL_KIB);
    if (atomic_load(&unexpected_n) > 0)
        return complain("unexpected responses", atomic_load(&unexpected_n), 0);
    return err;
}

/* ---- The storm ------------------------------------------------------------------------------- */

static int storm_client(void *arg) {
    static unsigned turn;
    (void)arg;
    edo_stream *c = upgraded();
    if (c && turn++ % 2) (void)edo_tcp_set_reset_on_close(c, true);
    edo_close(c);
    return 0;
}

/* Keeps the rate, whatever becomes of the clients. */
static int storm_main(void *arg) {
    edo_scope *s = arg;
    edo_instant start = edo_now();
    for (int64_t n = 0; !atomic_load(&ends); (void)edo_sleep(edo_ms(5)))
        for (int64_t due = edo_instant_since(edo_now(), start).ns * STORM_RATE / 1000000000;
             n < due; n++)
            edo_scope_spawn(s, storm_client, NULL);
    return 0;
}

/* Stops the server for a while. Returns when it went on. */
static int64_t stall(int pid) {
    if (kill(pid, SIGSTOP) < 0) fail("SIGSTOP");
    (void)edo_sleep(edo_ms(STALL_MS));
    if (kill(pid, SIGCONT) < 0) fail("SIGCONT");
    return now_us();
}

/* How long after `since_us` the visits were as usual again. */
static int64_t recovery_us(const visitor *v, int64_t since_us, size_t calm_n) {
    int64_t at = visitor_calm_at(v, since_us, CALM_US, calm_n);
    return at < 0 ? INT64_MAX : at - since_us;
}

static int run_storm(const options *o) {
    int fds = descriptors(o->pid);
    long before = resident_kib(o->pid);
    noticed quiet = measure(o->seconds);
    reset_peak(o->pid);
    atomic_store(&ends, false);
    atomic_store(&connected_n, 0);
    edo_scope s, pace;
    edo_scope_begin(&s, NULL);
    edo_scope_begin(&pace, NULL);
    edo_scope_spawn(&pace, storm_main, &s);
    (void)edo_sleep(edo_s(1));
    start_visits();
    (void)edo_sleep(edo_s(1));
    int64_t on_at = stall(o->pid);
    int fds_then = descriptors(o->pid);
    (void)edo_sleep(edo_s(o->seconds));
    stop_visits();
    int64_t steady_us = recovery_us(&steady, on_at, 50),
            newcomer_us = recovery_us(&newcomer, on_at, 5);
    noticed loud = { visitor_times(&steady), visitor_times(&newcomer) };
    int came = atomic_load(&connected_n);
    atomic_store(&ends, true);
    (void)edo_scope_end(&pace);
    edo_scope_cancel(&s);
    int err = edo_scope_end(&s);
    bool is_settled = settles(o->pid, fds);
    long peak = status_kib(o->pid, "VmHWM") - before;
    print_row("storm", came, &quiet, &loud, peak, resident_kib(o->pid) - before, fds_then);
    printf("%d connections in %d s, the server stopped for 2 of them: the steady client was as "
           "usual again after %.3f s, the newcomer after %.3f s\n",
           came, 2 + STALL_MS / 1000 + o->seconds, (double)steady_us / 1e6,
           (double)newcomer_us / 1e6);
    if (!is_settled) return complain("descriptors", descriptors(o->pid), fds);
    if (steady_us > RECOVERY_S * 1000000 || newcomer_us > RECOVERY_S * 1000000)
        return complain("seconds of recovery", (long)(steady_us / 1000000), RECOVERY_S);
    return err;
}

static bool is_chosen(const options *o, const char *name) {
    return !o->only || !strcmp(o->only, name);
}

static bool is_possible(const kind *k) {
    return k->client == sends_a_file ? to->takes_files : !k->by || k->by->n > 0;
}

static int run(void *arg) {
    const options *o = arg;
    int err = 0;
    print_head();
    (void)measure(1); // the server warms up
    for (size_t i = 0; i < EDO_COUNT(kinds) && err == 0; i++)
        if (is_chosen(o, kinds[i].name) && is_possible(&kinds[i])) err = run_kind(o, &kinds[i]);
    if (err == 0 && is_chosen(o, "storm")) err = run_storm(o);
    return err;
}

/* ---- The program ----------------------------------------------------------------------------- */

static bomb read_bomb(const char *dir, const char *name) {
    char path[4096];
    bomb b = { .bytes = malloc(1 << 20) };
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "r");
    if (!f || !b.bytes) fail(path);
    b.n = fread(b.bytes, 1, 1 << 20, f);
    (void)fclose(f);
    return b;
}

static void usage(void) {
    (void)fputs("usage: edo-bench-hostile-web [-d SECONDS] [-i IDLE] [-a ADDRESSES] [-k KIND] "
                "[--chat] [--bombs DIR] "
                "--pid PID HOST:PORT\n",
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
        } else if (!strcmp(*at, "-a") && at[1]) {
            addresses_n = (unsigned)strtoul(*++at, NULL, 10);
        } else if (!strcmp(*at, "-k") && at[1]) {
            o.only = *++at;
        } else if (!strcmp(*at, "--bombs") && at[1]) {
            o.bombs = *++at;
        } else if (!strcmp(*at, "--chat")) {
            to = &chat;
        } else if (!strcmp(*at, "--pid") && at[1]) {
            o.pid = (int)strtol(*++at, NULL, 10);
        } else {
            o.address = *at;
        }
    }
    if (!o.address || o.pid <= 0 || o.seconds <= 0 || o.idle_n <= 0 || addresses_n - 1 >= 250)
        usage();
    if (edo_addr_parse(&server_at, o.address) < 0) usage();
    if (o.bombs) {
        gzip_bomb = read_bomb(o.bombs, "gzip");
        deflate_bomb = read_bomb(o.bombs, "deflate");
    }
    set_nice(19); // the hostile clients are to use up the server's time, not that of the good ones
    return edo_main_with(run, &o, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT });
}
