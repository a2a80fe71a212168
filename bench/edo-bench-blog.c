/* SPDX-License-Identifier: MIT */
/* edo-bench-blog [-u USERS] [-s SECONDS] HOST:PORT: readers of the example `blog`.
 *
 * Question: how long does a reader wait, when thousands have a connection and want a page each
 * second? Each user keeps one connection. Its requests are due at fixed instants, one a second, and
 * a response is timed from when its request was due, so that a server that stalls is charged for
 * the requests that had to wait for it (no coordinated omission). 55 of 100 requests are for the
 * front page, 40 for an article, 4 for the style, and one is a comment.
 *
 * Users come within the first second; what is due in the first three is not counted. A response
 * that is none of 200, 303 or 507 (an article is full), or a lost connection, is a failure. */
#include <edo/edo.h>

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2 };

#define ARTICLES  50
#define WARM_UP_S 3
#define IN_BYTES  8192

typedef struct load {
    const char *address;
    int users, seconds;
    edo_instant start;
    uint32_t *us; /* of each counted response */
    atomic_size_t us_n;
    atomic_size_t failed;
} load;

typedef struct user {
    load *in;
    uint64_t random;
    edo_stream *to;
    char text[IN_BYTES + 1]; /* what was received of a response: its head, and what came with it */
} user;

static uint32_t draw(user *u, uint32_t below) {
    u->random ^= u->random << 13, u->random ^= u->random >> 7, u->random ^= u->random << 17;
    return (uint32_t)(u->random >> 32) % below;
}

/* ---- One request ----------------------------------------------------------------------------- */

static int print_request(user *u, char *out, size_t n) {
    static const char comment[] = "by=Reader&text=Yes%2C+quite+so.+%3Cb%3E";
    uint32_t kind = draw(u, 100), article = 1 + draw(u, ARTICLES);
    if (kind < 55) return snprintf(out, n, "GET / HTTP/1.1\r\nHost: blog\r\n\r\n");
    if (kind < 95)
        return snprintf(out, n, "GET /articles/%" PRIu32 " HTTP/1.1\r\nHost: blog\r\n\r\n",
                        article);
    if (kind < 99) return snprintf(out, n, "GET /static/style.css HTTP/1.1\r\nHost: blog\r\n\r\n");
    return snprintf(out, n,
                    "POST /articles/%" PRIu32 "/comments HTTP/1.1\r\nHost: blog\r\n"
                    "Content-Type: application/x-www-form-urlencoded\r\n"
                    "Content-Length: %zu\r\n\r\n%s",
                    article, sizeof comment - 1, comment);
}

/* Receives a response whole. */
static int receive(user *u) {
    size_t n = 0, body, head;
    const char *end = NULL, *length;
    while (!end) {
        if (n == IN_BYTES) return -EMSGSIZE;
        int got = edo_read(u->to, u->text + n, IN_BYTES - n);
        if (got <= 0) return got < 0 ? got : -EPIPE;
        n += (size_t)got;
        u->text[n] = '\0';
        end = strstr(u->text, "\r\n\r\n");
    }
    head = (size_t)(end + 4 - u->text);
    length = strstr(u->text, "\r\ncontent-length: ");
    long status = strtol(u->text + sizeof "HTTP/1.1 " - 1, NULL, 10);
    if (!length || (status != 200 && status != 303 && status != 507)) return -EPROTO;
    body = strtoul(length + sizeof "\r\ncontent-length: " - 1, NULL, 10);
    for (n -= head; n < body;) {
        int got = edo_read(u->to, u->text, body - n < IN_BYTES ? body - n : IN_BYTES);
        if (got <= 0) return got < 0 ? got : -EPIPE;
        n += (size_t)got;
    }
    return 0;
}

static int ask(user *u) {
    char request[512];
    int n = edo_write_all(u->to, request, (size_t)print_request(u, request, sizeof request));
    return n < 0 ? n : receive(u);
}

/* ---- Users ----------------------------------------------------------------------------------- */

static int read_on(user *u, edo_instant due) {
    load *l = u->in;
    const edo_instant counted = edo_instant_add(l->start, edo_s(WARM_UP_S));
    const edo_instant end = edo_instant_add(counted, edo_s(l->seconds));
    for (; edo_instant_since(end, due).ns > 0; due = edo_instant_add(due, edo_s(1))) {
        int err = edo_sleep_at(due);
        if (err == 0) err = ask(u);
        if (err < 0) return err;
        if (edo_instant_since(counted, due).ns <= 0)
            l->us[atomic_fetch_add(&l->us_n, 1)] =
                (uint32_t)(edo_instant_since(edo_now(), due).ns / 1000);
    }
    return 0;
}

static int be_user(void *arg) {
    user *u = arg;
    edo_instant due = edo_instant_add(u->in->start, edo_us(draw(u, 1000000)));
    int err = edo_sleep_at(due);
    if (err == 0) err = edo_tcp_connect(&u->to, u->in->address, NULL);
    if (err == 0) {
        err = read_on(u, edo_instant_add(due, edo_s(1)));
        edo_close(u->to);
    }
    if (err < 0 && atomic_fetch_add(&u->in->failed, 1) == 0)
        (void)fprintf(stderr, "edo-bench-blog: a user: %s\n", edo_strerror(err));
    return 0;
}

static int by_size(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static double ms_at(const load *l, size_t i) {
    return (double)l->us[i] / 1e3;
}

static int report(load *l) {
    size_t n = l->us_n;
    uint64_t sum = 0;
    if (n == 0) return -EIO;
    qsort(l->us, n, sizeof *l->us, by_size);
    for (size_t i = 0; i < n; i++) sum += l->us[i];
    size_t middle = n / 2, late = n - 1 - n / 100;
    (void)printf("{\"users\": %d, \"requests\": %zu, \"failed\": %zu, \"per_s\": %.0f, "
                 "\"mean_ms\": %.3f, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": %.3f}\n",
                 l->users, n, (size_t)l->failed, (double)n / l->seconds,
                 (double)sum / (double)n / 1e3, ms_at(l, middle), ms_at(l, late), ms_at(l, n - 1));
    return l->failed > 0 ? -EIO : 0;
}

static int app(void *arg) {
    load *l = arg;
    user *users = calloc((size_t)l->users, sizeof *users);
    l->us = malloc((size_t)l->users * ((size_t)l->seconds + 1) * sizeof *l->us);
    int err = users && l->us ? 0 : -ENOMEM;
    edo_scope s;
    edo_scope_begin(&s, NULL);
    l->start = edo_now();
    for (int i = 0; i < l->users && err == 0; i++) {
        users[i].in = l;
        users[i].random = 0x9e3779b97f4a7c15u * ((uint64_t)i + 1);
        edo_scope_spawn(&s, be_user, &users[i]);
    }
    err = edo_scope_end(&s, err);
    if (err == 0) err = report(l);
    free(l->us);
    free(users);
    return err;
}

int main(int argc, char **argv) {
    load l = { .users = 5000, .seconds = 20 };
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-u") == 0 && i + 1 < argc)
            l.users = (int)strtol(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "-s") == 0 && i + 1 < argc)
            l.seconds = (int)strtol(argv[++i], NULL, 10);
        else if (argv[i][0] != '-')
            l.address = argv[i];
        else
            l.address = NULL, i = argc;
    }
    if (!l.address || l.users < 1 || l.seconds < 1) {
        (void)fprintf(stderr, "edo-bench-blog [-u USERS] [-s SECONDS] HOST:PORT\n");
        return EXIT_USAGE;
    }
    return edo_main(app, &l);
}
