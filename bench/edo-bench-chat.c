/* SPDX-License-Identifier: MIT */
/* edo-bench-chat [--clients N] [--room N] [--rate N] [--seconds N] HOST:PORT: many people in a
 * chat.
 *
 * Question: how long does a message take from who says it to everybody in the room, under load?
 * Guards: nobody who reads misses anything, whatever the number of the server's threads.
 *
 * N clients come, in rooms of one size. Then they talk in turn, `rate` lines a second in all, at
 * even intervals, and never wait for an answer. A line says when it was sent. It ends when all
 * lines have come everywhere, or nothing has come for ten seconds. One line of JSON:
 * sent, delivered, missing, told (lines about missed messages), p50_us, p99_us, p999_us, max_us. */
#include <edo/buf_io.h>
#include <edo/net.h>
#include <edo/runtime.h>
#include <edo/scope.h>
#include <edo/sem.h>
#include <edo/task.h>
#include <edo/time.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTING_MAX 200 /* at once */
#define TEXT           "twenty-four bytes of it."

static const edo_duration silence_max = EDO_S(10);

typedef struct load {
    const char *address;
    size_t clients_n, room, rate, seconds;

    edo_scope *readers;
    edo_sem connecting;
    size_t there; /* clients that are in their rooms */
    edo_instant begin;
    uint64_t sent, delivered, told;
    uint32_t *us; /* latency of each delivery */
    uint64_t us_max;
    edo_instant last;
} load;

typedef struct person {
    load *of;
    edo_stream *peer;
    size_t index;
} person;

static void take(load *of, const char *line) {
    const char *at = strstr(line, ": t ");
    if (!at) {
        of->told += strstr(line, "you missed") != NULL;
        return;
    }
    of->last = edo_now();
    int64_t us = (of->last.ns - of->begin.ns) / 1000 - strtoll(at + 4, NULL, 10);
    if (of->delivered < of->us_max) of->us[of->delivered] = us > 0 ? (uint32_t)us : 0;
    of->delivered++;
}

static int listen_to(void *arg) {
    person *self = arg;
    load *of = self->of;
    edo_buf_reader lines;
    char *line, hello[64], joined[64];
    int n = snprintf(hello, sizeof hello, "/nick c%zu\n/join #r%zu\n", self->index,
                     self->index / of->room);
    (void)snprintf(joined, sizeof joined, "* c%zu joined #r%zu", self->index,
                   self->index / of->room);
    int err = edo_buf_reader_init(&lines, self->peer, NULL);
    if (err < 0) return err;
    err = edo_write_all(self->peer, hello, (size_t)n);
    while (err >= 0 && (err = edo_read_line(&lines, &line)) >= 0 && strcmp(line, joined) != 0)
        continue;
    of->there++;
    edo_sem_release(&of->connecting, 1);
    while (err >= 0 && (err = edo_read_line(&lines, &line)) >= 0) take(of, line);
    edo_buf_reader_deinit(&lines);
    return 0;
}

static int connect_all(load *of, person *people) {
    int err = 0;
    for (size_t i = 0; i < of->clients_n && err >= 0; i++) {
        people[i] = (person){ .of = of, .index = i };
        err = edo_sem_acquire(&of->connecting, 1);
        if (err >= 0) err = edo_tcp_connect(&people[i].peer, of->address, NULL);
        if (err >= 0) err = edo_scope_spawn(of->readers, listen_to, &people[i]);
    }
    if (err >= 0) err = edo_sem_acquire(&of->connecting, CONNECTING_MAX); // all are there
    return err;
}

static int talk(load *of, person *people) {
    uint64_t most = (uint64_t)of->rate * of->seconds;
    of->begin = of->last = edo_now();
    for (; of->sent < most; of->sent++) {
        int64_t due_ns = (int64_t)(of->sent * UINT64_C(1000000000) / of->rate);
        if (edo_now().ns - of->begin.ns < due_ns) {
            int err = edo_sleep_at(edo_instant_add(of->begin, edo_ns(due_ns)));
            if (err < 0) return err;
        } else if (edo_budget_consume() < 0) { // late, but the others read meanwhile
            return -ECANCELED;
        }
        char line[96];
        int64_t now_us = (edo_now().ns - of->begin.ns) / 1000;
        int n = snprintf(line, sizeof line, "t %" PRId64 " %s\n", now_us, TEXT);
        // A prime step goes through all of them, from room to room.
        edo_stream *peer = people[of->sent * 7919 % of->clients_n].peer;
        if (edo_try_write(peer, line, (size_t)n) != n) return -EPIPE;
    }
    return 0;
}

static int by_size(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void report(load *of, uint64_t expected) {
    uint64_t n = of->delivered < of->us_max ? of->delivered : of->us_max;
    qsort(of->us, n, sizeof *of->us, by_size);
    uint32_t at[4] = { 0 };
    if (n > 0) {
        at[0] = of->us[n / 2];
        at[1] = of->us[n * 99 / 100];
        at[2] = of->us[n * 999 / 1000];
        at[3] = of->us[n - 1];
    }
    printf("{\"clients\": %zu, \"room\": %zu, \"rate\": %zu, \"sent\": %" PRIu64
           ", \"delivered\": %" PRIu64 ", \"missing\": %" PRId64 ", \"told\": %" PRIu64
           ", \"p50_us\": %" PRIu32 ", \"p99_us\": %" PRIu32 ", \"p999_us\": %" PRIu32
           ", \"max_us\": %" PRIu32 "}\n",
           of->clients_n, of->room, of->rate, of->sent, of->delivered,
           (int64_t)(expected - of->delivered), of->told, at[0], at[1], at[2], at[3]);
}

static int run(void *arg) {
    load *of = arg;
    edo_scope readers;
    uint64_t each = of->room - 1, expected = of->rate * of->seconds * each;
    person *people = calloc(of->clients_n, sizeof *people);
    of->us_max = expected;
    of->us = calloc(expected, sizeof *of->us);
    if (!people || !of->us) {
        free(people);
        free(of->us);
        return -ENOMEM;
    }
    edo_scope_begin(&readers, &(edo_scope_opts){ .policy = EDO_SCOPE_ALL });
    of->readers = &readers;
    int err = connect_all(of, people);
    if (err >= 0) err = talk(of, people);
    while (err >= 0 && of->delivered < expected && edo_now().ns - of->last.ns < silence_max.ns)
        err = edo_sleep(edo_ms(10));
    if (err >= 0) report(of, expected);
    edo_scope_cancel(&readers);
    (void)edo_scope_end(&readers, 0);
    for (size_t i = 0; i < of->clients_n; i++) edo_close(people[i].peer);
    free(people);
    free(of->us);
    return err < 0 ? err : of->delivered != expected;
}

static int usage(void) {
    (void)fputs(
        "usage: edo-bench-chat [--clients N] [--room N] [--rate N] [--seconds N] HOST:PORT\n",
        stderr);
    return 2;
}

int main(int argc, char **argv) {
    (void)argc;
    load of = { .clients_n = 1000,
                .room = 50,
                .rate = 500,
                .seconds = 5,
                .connecting = EDO_SEM_INIT(CONNECTING_MAX) };
    const struct {
        const char *name;
        size_t *value;
    } options[] = { { "--clients", &of.clients_n },
                    { "--room", &of.room },
                    { "--rate", &of.rate },
                    { "--seconds", &of.seconds } };
    for (char **at = argv + 1; *at; at++) {
        size_t i = 0;
        while (i < EDO_COUNT(options) && strcmp(*at, options[i].name) != 0) i++;
        if (i < EDO_COUNT(options)) {
            char *end = at[1] ? at[1] : *at;
            *options[i].value = at[1] ? strtoul(at[1], &end, 10) : 0;
            if (*end != '\0' || *options[i].value == 0) return usage();
            at++;
        } else if ((*at)[0] == '-' || of.address) {
            return usage();
        } else {
            of.address = *at;
        }
    }
    if (!of.address || of.room < 2 || of.clients_n % of.room != 0) return usage();
    const edo_runtime_opts one = { .flavor = EDO_RUNTIME_CURRENT };
    return edo_main_with(run, &of, &one);
}
