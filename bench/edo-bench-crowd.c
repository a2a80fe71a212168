/* SPDX-License-Identifier: MIT */
/* edo-bench-crowd [--users N] [--room N] [--per-minute N] [--seconds N] [--threads N]: more pages
 * of the chat than a process has descriptors, over pipes in memory.
 *
 * Question: what does a page cost edo-chat without the kernel's part, and how long does a message
 * take to all pages of a large room among 100,000?
 * Guards: no page that reads misses anything; the memory of a page is that of one over TCP.
 *
 * It is edo-chat whose web takes its connections from pipes: all else is the program as it is, with
 * its routes, layers, limits and threads. Each pipe begins with a header of the PROXY protocol,
 * which says whose it is: 900 pages of an address. The pages are tasks of the same runtime. They
 * and their pipes are made, and written to, before the memory is first looked at: so what it grows
 * by is the server's alone.
 *
 * When all have come one page of each room talks, as in edo-bench-pages.c. It ends when all
 * messages have come everywhere, or nothing has come for ten seconds, as the chat ends on a signal.
 * The last line is JSON: users,
 * sent, delivered, missing, closed, p50_us, p99_us, p999_us, max_us; rss_bytes and private_bytes, a
 * page each; come_s, in which all came; harness_mb, what was there before. */
int chat_main(int argc, char **argv);
#define main chat_main
#include "../apps/chat/main.c"
#undef main

#include "pages.h"

#include <edo/web.h>

static int serve_pipes(edo_router *r, const edo_web_opts *opts);
#define edo_web_serve serve_pipes
#include "../apps/chat/page/web.c"
#undef edo_web_serve

#include <edo/async.h>
#include <edo/future.h>
#include <edo/http_server.h>
#include <edo/notify.h>
#include <edo/sem.h>
#include <edo/streams.h>

#include <inttypes.h>
#include <stdatomic.h>

#define COMING_MAX 64   /* at once */
#define PIPE_BYTES 1024 /* of each direction */
#define INPUT      1024 /* a longer message is passed over */
#define SILENCE_US 10000000

typedef struct page_client {
    edo_stream *ours, *theirs;
    bool is_upgraded, is_there;
    size_t held;   /* bytes of `input` */
    uint64_t skip; /* bytes that come and are passed over */
    char input[INPUT];
} page_client;

static struct {
    size_t users_n, room, per_minute, seconds, threads;
} crowd_opts = { .users_n = 100000, .room = 1000, .per_minute = 12, .seconds = 5, .threads = 1 };

static page_client *clients;
static edo_sem coming = EDO_SEM_INIT(COMING_MAX);
static size_t begun_n; /* the acceptor's */
static atomic_size_t there_n, closed_n;
static atomic_uint_fast64_t delivered_n;
static atomic_int_fast64_t last_us;
static uint64_t sent_n, us_max_n;
static uint32_t *us_all;
static int status = 1; /* of the program; set by the load */

static int64_t crowd_now_us(void) {
    return edo_now().ns / 1000;
}

/* ---- What a page sends ----------------------------------------------------------------------- */

/* A pipe that has no room for a frame is a failure: the server reads. */
static int send_frame(page_client *c, unsigned char opcode, const char *payload, size_t n) {
    char frame[FRAME_BYTES];
    size_t bytes = frame_make(frame, opcode, payload, n);
    if (bytes == 0) return -EMSGSIZE;
    return edo_try_write(c->ours, frame, bytes) == (int)bytes ? 0 : -ENOBUFS;
}

static size_t room_of(const page_client *c) {
    return (size_t)(c - clients) / crowd_opts.room;
}

static int say_hello(page_client *c) {
    char text[128];
    int n = snprintf(text, sizeof text, "{\"type\":\"hello\",\"rooms\":[{\"room\":\"r%zu\"}]}",
                     room_of(c));
    return send_frame(c, FRAME_TEXT, text, (size_t)n);
}

static int say(page_client *c) {
    char text[192];
    int n = snprintf(text, sizeof text,
                     "{\"type\":\"say\",\"room\":\"r%zu\",\"ref\":\"%" PRIu64
                     "\",\"text\":\"at %" PRId64 " twenty-four bytes of it.\"}",
                     room_of(c), sent_n, crowd_now_us());
    sent_n++;
    return send_frame(c, FRAME_TEXT, text, (size_t)n);
}

static int ask_to_upgrade(page_client *c) {
    char text[400];
    uint32_t from = page_address((size_t)(c - clients));
    int n = snprintf(text, sizeof text, "PROXY TCP4 127.0.%u.%u 127.0.0.1 4711 80\r\n" FRAME_ASKS,
                     from >> 8 & 255, from & 255);
    return edo_try_write(c->ours, text, (size_t)n) == n ? 0 : -ENOBUFS;
}

/* ---- What a page gets ------------------------------------------------------------------------ */

static void take_text(page_client *c, const char *text, size_t n) {
    static const char welcome[] = "{\"type\":\"welcome\"", at[] = "\"text\":\"at ";
    if (n >= sizeof welcome && memcmp(text, welcome, sizeof welcome - 1) == 0) {
        if (!c->is_there) {
            atomic_fetch_add(&there_n, 1);
            edo_sem_release(&coming, 1);
        }
        c->is_there = true;
        return;
    }
    const char *when = memmem(text, n, at, sizeof at - 1);
    if (!when) return;
    int64_t now = crowd_now_us(), us = now - strtoll(when + sizeof at - 1, NULL, 10);
    uint64_t i = atomic_fetch_add(&delivered_n, 1);
    if (i < us_max_n) us_all[i] = us > 0 ? (uint32_t)us : 0;
    atomic_store(&last_us, now);
}

/* Takes a message off `held`, from `*at` on; false: it has not come as far as it has to. A message
 * that is longer than the input is told by its begin. */
static bool take_frame(page_client *c, size_t *at) {
    const char *from = c->input + *at;
    size_t left = c->held - *at;
    frame_head head;
    if (!frame_read(&head, from, left)) return false;
    const char *payload = from + head.bytes;
    uint64_t most = INPUT - 10; // a whole head and that much always fit
    size_t wanted = (size_t)(head.payload < most ? head.payload : most);
    if (left - head.bytes < wanted) return false;
    if (head.opcode == FRAME_TEXT) take_text(c, payload, wanted);
    if (head.opcode == FRAME_PING) (void)send_frame(c, FRAME_PONG, payload, wanted);
    if (head.opcode == FRAME_CLOSE) (void)send_frame(c, FRAME_CLOSE, payload, wanted);
    c->skip = head.payload - wanted;
    *at += head.bytes + wanted;
    return true;
}

/* Returns 0 or the reason why this is no page. */
static int take_head(page_client *c, size_t *at) {
    const char *end = memmem(c->input, c->held, "\r\n\r\n", 4);
    if (!end) return c->held < INPUT ? 0 : -EPROTO;
    if (memcmp(c->input, "HTTP/1.1 101", 12) != 0) return -EPROTO;
    *at = (size_t)(end + 4 - c->input);
    c->is_upgraded = true;
    return say_hello(c);
}

/* `n` bytes more have come. */
static int take_input(page_client *c, size_t n) {
    size_t at = 0;
    int err = 0;
    c->held += n;
    if (!c->is_upgraded) err = take_head(c, &at);
    while (err == 0 && c->is_upgraded) {
        size_t passed = c->skip < c->held - at ? (size_t)c->skip : c->held - at;
        c->skip -= passed;
        at += passed;
        if (c->skip > 0 || !take_frame(c, &at)) break;
    }
    memmove(c->input, c->input + at, c->held - at);
    c->held -= at;
    return err;
}

EDO_ASYNC(reader, page_client *of; edo_read_future read;) {
    EDO_BEGIN;
    for (;;) {
        EDO_AWAIT(edo_read_init(&self->read, self->of->ours, self->of->input + self->of->held,
                                INPUT - self->of->held));
        if (edo_result(&self->read) <= 0) break;
        if (take_input(self->of, (size_t)edo_result(&self->read)) < 0) break;
    }
    EDO_CLEANUP;
    atomic_fetch_add(&closed_n, 1);
    edo_close(self->of->ours);
    EDO_END;
}

/* ---- Coming ---------------------------------------------------------------------------------- */

/* Writes and reads all bytes of a pipe, so that their memory is there. */
static int touch(edo_stream *from, edo_stream *to) {
    char bytes[PIPE_BYTES] = { 0 };
    int n = edo_try_write(from, bytes, sizeof bytes);
    if (n == PIPE_BYTES) n = edo_try_read(to, bytes, sizeof bytes);
    return n == PIPE_BYTES ? 0 : -EIO;
}

static int make_client(page_client *c) {
    reader one;
    int err = edo_duplex(&c->ours, &c->theirs, PIPE_BYTES);
    if (err == 0) err = touch(c->ours, c->theirs);
    if (err == 0) err = touch(c->theirs, c->ours);
    memset(c->input, 1, sizeof c->input);
    one.of = c;
    return err == 0 ? edo_spawn_future_detached(reader_init(&one)) : err;
}

/* What edo_http_serve() takes connections from: see edo_http_acceptor. */
static int next_page(void *arg, edo_stream **out) {
    (void)arg;
    if (begun_n == crowd_opts.users_n) return edo_sleep(edo_ns(EDO_FOREVER_NS));
    int err = edo_sem_acquire(&coming, 1);
    if (err < 0) return err;
    page_client *c = &clients[begun_n++];
    err = ask_to_upgrade(c);
    *out = c->theirs;
    return err;
}

typedef struct held_memory {
    int64_t rss, own; /* bytes: resident; resident in no other process */
} held_memory;

static held_memory memory_now(void) {
    held_memory m = { 0 };
    char line[128];
    long kb;
    FILE *f = fopen("/proc/self/smaps_rollup", "r");
    while (f && fgets(line, sizeof line, f)) {
        if (sscanf(line, "Rss: %ld", &kb) == 1) m.rss = kb * INT64_C(1024);
        if (sscanf(line, "Private_Clean: %ld", &kb) == 1) m.own += kb * INT64_C(1024);
        if (sscanf(line, "Private_Dirty: %ld", &kb) == 1) m.own += kb * INT64_C(1024);
    }
    if (f) (void)fclose(f);
    return m;
}

static int all_come(void) {
    int64_t since = crowd_now_us();
    int err = 0;
    for (size_t seen = 0; seen < crowd_opts.users_n && err == 0;) {
        size_t now = atomic_load(&there_n);
        if (now > seen) since = crowd_now_us();
        seen = now;
        if (crowd_now_us() - since > 3 * SILENCE_US || atomic_load(&closed_n) > 0)
            return edo_fail(-ETIMEDOUT, "%zu pages came, %zu were closed", seen,
                            atomic_load(&closed_n));
        err = edo_sleep(edo_ms(20));
    }
    return err;
}

/* ---- Talking --------------------------------------------------------------------------------- */

static int talk(void) {
    size_t rooms_n = crowd_opts.users_n / crowd_opts.room;
    uint64_t n = rooms_n * crowd_opts.per_minute * crowd_opts.seconds / 60;
    int64_t gap_ns = (int64_t)(crowd_opts.seconds * UINT64_C(1000000000) / (n + 1));
    us_max_n = n * crowd_opts.room;
    us_all = calloc(us_max_n + 1, sizeof *us_all);
    if (!us_all) return -ENOMEM;
    edo_instant begin = edo_now();
    int err = 0;
    while (sent_n < n && err == 0) {
        err = edo_sleep_at(edo_instant_add(begin, edo_ns((int64_t)sent_n * gap_ns)));
        if (err == 0) err = say(&clients[sent_n % rooms_n * crowd_opts.room]);
    }
    atomic_store(&last_us, crowd_now_us());
    while (err == 0 && atomic_load(&delivered_n) < us_max_n &&
           crowd_now_us() - atomic_load(&last_us) < SILENCE_US)
        err = edo_sleep(edo_ms(10));
    return err;
}

static void report(held_memory before, held_memory after, int64_t come_us) {
    uint64_t n = atomic_load(&delivered_n);
    if (n > us_max_n) n = us_max_n;
    qsort(us_all, n, sizeof *us_all, compare_us);
    int64_t users = (int64_t)crowd_opts.users_n;
    printf("{\"users\":%zu,\"sent\":%" PRIu64 ",\"delivered\":%" PRIu64 ",\"missing\":%" PRIu64
           ",\"closed\":%zu,\"p50_us\":%u,\"p99_us\":%u,\"p999_us\":%u,\"max_us\":%u,"
           "\"rss_bytes\":%" PRId64 ",\"private_bytes\":%" PRId64
           ",\"come_s\":%.1f,\"harness_mb\":%" PRId64 "}\n",
           crowd_opts.users_n, sent_n, n, us_max_n - n, atomic_load(&closed_n),
           percentile_us(us_all, n, 0.5), percentile_us(us_all, n, 0.99),
           percentile_us(us_all, n, 0.999), percentile_us(us_all, n, 1),
           (after.rss - before.rss) / users, (after.own - before.own) / users,
           (double)come_us / 1e6, before.rss >> 20);
    (void)fflush(stdout);
    status = us_max_n != n || atomic_load(&closed_n) > 0;
}

/* ---- The program ----------------------------------------------------------------------------- */

static edo_notify may_come = EDO_NOTIFY_INIT;

/* The whole load; a task's function. At its end the program ends as on a signal. */
static int crowd_run(void *arg) {
    (void)arg;
    int err = 0;
    for (size_t i = 0; i < crowd_opts.users_n && err == 0; i++) err = make_client(&clients[i]);
    held_memory before = memory_now();
    int64_t begin = crowd_now_us();
    edo_notify_one(&may_come);
    if (err == 0) err = all_come();
    int64_t come_us = crowd_now_us() - begin;
    if (err == 0) err = edo_sleep(edo_s(1)); // what coming has left to do is done
    held_memory after = memory_now();
    if (err == 0) err = talk();
    if (err == 0) report(before, after, come_us);
    if (err < 0) fault_print(edo_fail(err, "the crowd"));
    (void)raise(SIGTERM);
    return err;
}

static int serve_pipes(edo_router *r, const edo_web_opts *opts) {
    static const edo_http_acceptor pipes = { .accept = next_page };
    server *self = opts->state;
    edo_http_server_opts http = *opts->http;
    edo_web_opts with_pipes = *opts;
    http.listeners_n = 0;
    http.acceptor = &pipes;
    http.proxy = EDO_HTTP_PROXY_REQUIRED; // a pipe has no address, so the header says whose it is
    http.conns_max = http.address_conns_max = 0;
    with_pipes.http = &http;
    // No descriptor bounds how many may come.
    edo_sem_release(&self->places[PLACE_PAGE], crowd_opts.users_n);
    EDO_SCOPE(scope, &(edo_scope_opts){ .policy = EDO_SCOPE_ALL });
    edo_scope_spawn(&scope, crowd_run, NULL);
    int err = edo_notify_wait(&may_come);
    return err < 0 ? err : edo_web_serve(r, &with_pipes);
}

static int crowd_usage(void) {
    (void)fputs("usage: edo-bench-crowd [--users N] [--room N] [--per-minute N] [--seconds N] "
                "[--threads N]; N of users are whole rooms\n",
                stderr);
    return 2;
}

static bool read_options(int argc, char **argv) {
    const struct {
        const char *name;
        size_t *value;
    } names[] = { { "--users", &crowd_opts.users_n },
                  { "--room", &crowd_opts.room },
                  { "--per-minute", &crowd_opts.per_minute },
                  { "--seconds", &crowd_opts.seconds },
                  { "--threads", &crowd_opts.threads } };
    for (int i = 1; i < argc; i += 2) {
        size_t k = 0;
        while (k < EDO_COUNT(names) && strcmp(argv[i], names[k].name) != 0) k++;
        if (k == EDO_COUNT(names) || i + 1 == argc) return false;
        *names[k].value = strtoul(argv[i + 1], NULL, 10);
        if (*names[k].value == 0) return false;
    }
    return crowd_opts.users_n % crowd_opts.room == 0;
}

int main(int argc, char **argv) {
    static char words[][16] = { "edo-chat",    "--tcp",     "none", "--http",
                                "127.0.0.1:0", "--host",    "chat", "--rate",
                                "0",           "--threads", "1" };
    char *line[EDO_COUNT(words) + 1] = { NULL };
    if (!read_options(argc, argv)) return crowd_usage();
    (void)snprintf(words[EDO_COUNT(words) - 1], sizeof *words, "%zu", crowd_opts.threads);
    for (size_t i = 0; i < EDO_COUNT(words); i++) line[i] = words[i];
    clients = calloc(crowd_opts.users_n, sizeof *clients);
    if (!clients) return 1;
    int ended = chat_main((int)EDO_COUNT(words), line);
    return ended != 0 ? ended : status;
}
