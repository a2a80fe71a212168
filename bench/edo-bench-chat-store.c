/* SPDX-License-Identifier: MIT */
/* edo-bench-chat-store: what a room waits for until its store has kept a message.
 *
 *     edo-bench-chat-store many STORE [-n MESSAGES]   of 512 speakers in 20 rooms, at once
 *     edo-bench-chat-store alone STORE [-n MESSAGES]  of one speaker
 *     edo-bench-chat-store commit URL [-n COMMITS]    of a row in a table of its own, beside it
 *
 * STORE is a file of SQLite, or the URL of a database, which is to be empty. Prints a line of JSON.
 *
 * Guards: messages are kept in batches, so their number a second does not hang on the time of a
 * commit; one alone waits for its commit, and for little else. */
#include "room/directory.h"
#include "storage/storage.h"
#include "text.h"

#include <edo/error.h>
#include <edo/pg.h>
#include <edo/runtime.h>
#include <edo/scope.h>
#include <edo/time.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SPEAKERS = 512, ROOMS = 20 };

typedef struct bench {
    const char *mode, *where;
    uint64_t n;
    int64_t *ns; /* that each has taken */
    uint64_t next;
    room *rooms[ROOMS];
} bench;

static int compare_ns(const void *a, const void *b) {
    int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;
    return one < other ? -1 : one > other;
}

static void bench_print(bench *b, edo_duration took) {
    size_t middle = b->n / 2, near_end = b->n - 1 - b->n / 100;
    qsort(b->ns, b->n, sizeof *b->ns, compare_ns);
    printf("{\"mode\":\"%s\",\"n\":%" PRIu64
           ",\"per_s\":%.0f,\"median_us\":%.1f,\"p99_us\":%.1f}\n",
           b->mode, b->n, (double)b->n / ((double)took.ns / 1e9), (double)b->ns[middle] / 1e3,
           (double)b->ns[near_end] / 1e3);
}

static int say_one(room *in, int64_t *ns) {
    const saying what = { .room = in->name,
                          .nick = { "speaker" },
                          .text = EDO_STR("what people say to each other is about this long"),
                          .time_ms = 1 };
    edo_instant begin = edo_now();
    int err = room_say(in, message_said(&what));
    *ns = edo_instant_since(edo_now(), begin).ns;
    return err;
}

/* A speaker of the many: says what is left to be said. One thread runs them all. */
static int speak(void *arg) {
    bench *b = arg;
    int err = 0;
    while (err == 0 && b->next < b->n) {
        uint64_t i = b->next++;
        err = say_one(b->rooms[i % ROOMS], &b->ns[i]);
    }
    return edo_fail(err, "saying a message");
}

static int run_speakers(bench *b, int speakers_n) {
    EDO_SCOPE(all, NULL);
    edo_instant begin = edo_now();
    for (int i = 0; i < speakers_n; i++) edo_scope_spawn(&all, speak, b);
    int err = edo_scope_end(&all, 0);
    if (err == 0) bench_print(b, edo_instant_since(edo_now(), begin));
    return err;
}

static int run_rooms(bench *b, int speakers_n) {
    store *s;
    storage *kept = NULL;
    directory d;
    int err = text_is_database(b->where) ? store_pg_open(&s, b->where, NULL)
                                         : store_sqlite_open(&s, b->where);
    if (err == 0) err = storage_start(&kept, s);
    if (err < 0) return err;
    err = directory_init(&d, 50, kept);
    for (int i = 0; i < ROOMS && err == 0; i++) {
        name of;
        (void)snprintf(of.text, sizeof of.text, "room-%d", i);
        b->rooms[i] = directory_open_room(&d, &of);
        if (!b->rooms[i]) err = -ENOMEM;
    }
    if (err == 0) err = run_speakers(b, speakers_n);
    for (int i = 0; i < ROOMS; i++) directory_close_room(&d, b->rooms[i]);
    directory_deinit(&d);
    int left = storage_end(kept);
    return err < 0 ? err : left;
}

static int run_commits(bench *b) {
    edo_pg *db;
    int err = edo_pg_connect(&db, edo_str_of(b->where), NULL);
    if (err < 0) return err;
    err = edo_pg_exec(db, "create table if not exists bench_commit (n bigint, text text)",
                      EDO_SQL_NONE);
    edo_instant all = edo_now();
    for (uint64_t i = 0; i < b->n && err >= 0; i++) {
        edo_instant begin = edo_now();
        err = edo_pg_exec(db, "insert into bench_commit values ($1, $2)",
                          EDO_SQL((int64_t)i, "what people say to each other is about this long"));
        b->ns[i] = edo_instant_since(edo_now(), begin).ns;
    }
    if (err >= 0) bench_print(b, edo_instant_since(edo_now(), all));
    edo_pg_close(db);
    return err < 0 ? err : 0;
}

static int bench_run(void *arg) {
    bench *b = arg;
    if (strcmp(b->mode, "commit") == 0) return run_commits(b);
    return run_rooms(b, strcmp(b->mode, "many") == 0 ? SPEAKERS : 1);
}

int main(int argc, char **argv) {
    bench b = { .n = 1000 };
    if (argc == 5 && strcmp(argv[3], "-n") == 0) b.n = strtoull(argv[4], NULL, 10);
    if ((argc != 3 && argc != 5) || b.n == 0) return 2;
    b.mode = argv[1];
    b.where = argv[2];
    b.ns = calloc(b.n, sizeof *b.ns);
    const edo_runtime_opts one = { .flavor = EDO_RUNTIME_CURRENT };
    int status = b.ns ? edo_main_with(bench_run, &b, &one) : 1;
    free(b.ns);
    return status;
}
