/* SPDX-License-Identifier: MIT */
/* edo-bench-web get|get_parent|get_traced|get_traced_all|get2|ws [-n OPERATIONS]
 * Question: how many instructions does a request take through the router, and a message through a
 * WebSocket? bench/insn counts them.
 * Guards: neither allocates for an operation, nor parks more than it has to.
 * One operation after the other, over a pipe in memory: `get` is a small GET, whose response is a
 * line; `ws` is a masked binary message of 64 bytes that comes back; `get2` is that GET by HTTP/2,
 * 32 at a time, where libedo-http2 is built; else it exits 3. The client's part counts.
 * get_parent has edo_traceparent_layer() around; get_traced a receiver of spans besides, as an
 * exporter is, with one of 100 traces sampled; get_traced_all with all. */
#include <edo/edo.h>
#include <edo/receiver.h>
#include <edo/streams.h>
#include <edo/web.h>
#include <edo/web_layers.h>
#include <edo/ws.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { EXIT_USAGE = 2, EXIT_NO_SUCH = 3 };

#define MESSAGE 64

#define HELLO "Hello"
#define GET   "GET /users/4711 HTTP/1.1\r\nhost: localhost\r\naccept: */*\r\n\r\n"
#define UPGRADE                                                                                    \
    "GET /ws HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: upgrade\r\n"         \
    "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

typedef struct bench {
    edo_stream *ours, *theirs;
    const struct kind *kind;
    long n;
} bench;

typedef struct kind {
    const char *name;
    int (*ask_all)(bench *b); /* NULL: not built */
    bool has_layer, is_traced;
    double ratio;
} kind;

/* ---- The server ------------------------------------------------------------------------------ */

static int hello(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_OK, HELLO);
}

static int say_again(edo_ws *ws, const edo_ws_message *m) {
    return edo_ws_send(ws, m);
}

static int echo(edo_web *w) {
    static const edo_ws_handler handler = { .on_message = say_again };
    return edo_ws_handle(w, &handler, NULL, NULL);
}

static int serve(void *arg) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/users/{id}", hello);
    edo_router_get(r, "/ws", echo);
    if (((bench *)arg)->kind->has_layer) edo_router_wrap_all(r, edo_traceparent_layer(NULL));
    int err = edo_web_serve_stream(r, ((bench *)arg)->theirs, NULL);
    edo_router_free(r);
    return err;
}

/* ---- The client ------------------------------------------------------------------------------ */

/* Asks once, and returns the length of the response, which ends with `end`, or a negative code. */
static int first_length(edo_stream *s, const char *asked, const char *end) {
    char buf[1024];
    size_t n = 0, end_n = strlen(end);
    int err = edo_write_all(s, asked, strlen(asked));
    while (err >= 0 && (n < end_n || memcmp(buf + n - end_n, end, end_n) != 0)) {
        err = edo_read(s, buf + n, sizeof buf - n);
        if (err > 0)
            n += (size_t)err;
        else if (err == 0)
            err = -EPIPE;
    }
    return err < 0 ? err : (int)n;
}

static int ask(bench *b, const void *asked, size_t asked_n, size_t length) {
    char buf[1024];
    int err = 0;
    for (long i = 0; i < b->n && err >= 0; i++) {
        err = edo_write_all(b->ours, asked, asked_n);
        if (err >= 0) err = edo_read_exact(b->ours, buf, length);
    }
    return err < 0 ? err : 0;
}

static int ask_get(bench *b) {
    int length = first_length(b->ours, GET, HELLO);
    return length < 0 ? length : ask(b, GET, sizeof GET - 1, (size_t)length);
}

static int ask_ws(bench *b) {
    static const char message[2 + 4 + MESSAGE] = { '\x82', (char)(0x80 | MESSAGE), 1, 2, 3, 4 };
    int length = first_length(b->ours, UPGRADE, "\r\n\r\n");
    return length < 0 ? length : ask(b, message, sizeof message, 2 + MESSAGE);
}

#ifdef EDOI_HAVE_HTTP2

/* ---- A client of HTTP/2 ---------------------------------------------------------------------- */

#    define AT_ONCE  32
#    define HEAD     9 /* bytes of a frame's head */
#    define END_FLAG 1

/* The preface, empty SETTINGS, and a window of the connection that never shuts. */
static const char hello2[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
                             "\0\0\0\4\0\0\0\0\0"
                             "\0\0\4\10\0\0\0\0\0\x7f\0\0\0";

/* The fields of GET, which the compression keeps, and what it says of them later. */
static const char get2_first[] = "\x82\x86\x44\x0b/users/4711\x41\x09localhost\x53\x03*/*";
static const char get2[] = "\x82\x86\xc0\xbf\xbe";

static size_t put_head(char *to, size_t n, char type, char flags, uint32_t id) {
    const char head[HEAD] = { (char)(n >> 16),  (char)(n >> 8),   (char)n,         type,    flags,
                              (char)(id >> 24), (char)(id >> 16), (char)(id >> 8), (char)id };
    memcpy(to, head, sizeof head);
    return sizeof head;
}

/* Writes a request. Returns its bytes. */
static size_t put_get2(char *to, uint32_t id) {
    const char *fields = id == 1 ? get2_first : get2;
    size_t n = id == 1 ? sizeof get2_first - 1 : sizeof get2 - 1;
    size_t head = put_head(to, n, 1, 4 | END_FLAG, id);
    memcpy(to + head, fields, n);
    return head + n;
}

/* Takes the whole frames among `n` bytes, and counts the ends of streams. Returns how many bytes
 * that are. */
static size_t take_frames(const char *at, size_t n, long *ended) {
    size_t taken = 0;
    while (n - taken >= HEAD) {
        const unsigned char *f = (const unsigned char *)at + taken;
        size_t bytes = HEAD + ((size_t)f[0] << 16 | (size_t)f[1] << 8 | f[2]);
        if (n - taken < bytes) break;
        *ended += f[3] <= 1 && f[4] & END_FLAG; // DATA, HEADERS
        taken += bytes;
    }
    return taken;
}

/* Reads until so many streams have ended. */
static int read_ends(edo_stream *s, long wanted) {
    static char buf[16384];
    size_t n = 0;
    for (long ended = 0; ended < wanted;) {
        int got = edo_read(s, buf + n, sizeof buf - n);
        if (got <= 0) return got < 0 ? got : -EPIPE;
        n += (size_t)got;
        size_t taken = take_frames(buf, n, &ended);
        n -= taken;
        memmove(buf, buf + taken, n);
    }
    return 0;
}

static int ask_get2(bench *b) {
    char requests[AT_ONCE * (HEAD + sizeof get2_first)];
    uint32_t id = 1;
    int err = edo_write_all(b->ours, hello2, sizeof hello2 - 1);
    for (long left = b->n; left > 0 && err >= 0;) {
        long n = left < AT_ONCE ? left : AT_ONCE;
        size_t bytes = 0;
        for (long i = 0; i < n; i++, id += 2) bytes += put_get2(requests + bytes, id);
        err = edo_write_all(b->ours, requests, bytes);
        if (err >= 0) err = read_ends(b->ours, n);
        left -= n;
    }
    return err < 0 ? err : 0;
}

#endif

/* ---- The program ----------------------------------------------------------------------------- */

static int64_t now_ns(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void take_span(void *arg, const edo_event *e) {
    *(long *)arg += e->ended != NULL;
}

static int trace(double ratio) {
    static const edo_receiver_ops ops = { .event = take_span };
    static long spans_n;
    edo_receiver *r; // it lasts as long as the process
    edo_span_sample(ratio);
    return edo_log_add(&r, &ops, &spans_n,
                       &(edo_receiver_opts){ .filter = "info", .spans = true, .sampled = true });
}

static int run(void *arg) {
    bench *b = arg;
    if (b->kind->is_traced && trace(b->kind->ratio) < 0) return -ENOMEM;
    int err = edo_duplex(&b->ours, &b->theirs, 1 << 16);
    if (err < 0) return err;
    edo_task *task = edo_spawn(serve, b);
    int64_t begin = now_ns();
    err = task ? b->kind->ask_all(b) : -ENOMEM;
    double ns = (double)(now_ns() - begin) / (double)b->n;
    edo_close(b->ours);
    int served = task ? edo_task_join(task) : 0;
    if (err == 0 && printf("%.0f ns an operation\n", ns) < 0) err = -EIO;
    return err < 0 ? err : served;
}

static const kind kinds[] = {
    { "get", ask_get, false, false, 0 },         { "get_parent", ask_get, true, false, 0 },
    { "get_traced", ask_get, true, true, 0.01 }, { "get_traced_all", ask_get, true, true, 1 },
    { "ws", ask_ws, false, false, 0 },
#ifdef EDOI_HAVE_HTTP2
    { "get2", ask_get2, false, false, 0 },
#else
    { "get2", NULL, false, false, 0 },
#endif
};

int main(int argc, char **argv) {
    bench b = { .n = argc > 3 && strcmp(argv[2], "-n") == 0 ? strtol(argv[3], NULL, 10) : 100000 };
    const kind *k = kinds;
    while (argc > 1 && k < kinds + EDO_COUNT(kinds) && strcmp(argv[1], k->name) != 0) k++;
    if (argc < 2 || b.n < 1 || k == kinds + EDO_COUNT(kinds)) return EXIT_USAGE;
    if (!k->ask_all) return EXIT_NO_SUCH;
    b.kind = k;
    return edo_main_with(run, &b, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT });
}
