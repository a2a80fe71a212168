/* SPDX-License-Identifier: MIT */
/* edo-bench-pg BENCH URL [-n N]: N times a prepared statement of PostgreSQL, one integer in and one
 * row out; prints one line of JSON, whose time is the CPU time of this process.
 *
 *     query_one  64 fibers over a pool of 8: into a described struct, with a deadline
 *     exec       the same without both
 *     libpq      a bare loop over 8 connections of libpq's pipeline mode, 8 statements on each
 *     libpq_1    the same with 1 statement on each: a connection that is one caller's at a time
 *
 * Question: what does a query cost beside the least that libpq can?
 * Guards: pg/query.c sends one statement in one write, and waits for it once. */
#include <edo/pg.h>
#include <edo/runtime.h>
#include <edo/scope.h>
#include <edo/task.h>

#include <inttypes.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define N_DEFAULT   100000
#define CONNECTIONS 8
#define DEPTH       8
#define FIBERS      (CONNECTIONS * DEPTH)
#define SQL         "select $1::int8 as n"

enum { EXIT_USAGE = 2, EXIT_NO_SUCH_BENCH = 3 };

static double cpu_ns(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void fail(const char *what) {
    (void)fprintf(stderr, "edo-bench-pg: %s\n", what);
    exit(1);
}

/* ---- edo ------------------------------------------------------------------------------------- */

typedef struct number {
    int64_t n;
} number;
EDO_DESCRIBE(number, EDO_FIELD(number, n))

typedef struct edo_bench {
    const char *url;
    edo_pg *db;
    int64_t n;
    bool is_plain;
    double ns;
} edo_bench;

static int query_one(edo_bench *b, int64_t i) {
    number out;
    edo_deadline d = edo_deadline_begin(edo_s(10));
    int err = edo_pg_query_one(b->db, &out, &number_desc, SQL, EDO_SQL(i));
    err = edo_deadline_end(&d, err);
    return err == 0 && out.n != i ? -EDO_EVALUE : err;
}

static int fiber_run(void *arg) {
    edo_bench *b = arg;
    int err = 0;
    for (int64_t i = 0; i < b->n / FIBERS && err == 0; i++) {
        err = b->is_plain ? edo_pg_exec(b->db, SQL, EDO_SQL(i)) : query_one(b, i);
        if (err > 0) err = 0;
    }
    return err;
}

static int all_run(edo_bench *b) {
    edo_task *tasks[FIBERS];
    int err = 0;
    for (int i = 0; i < FIBERS; i++) tasks[i] = edo_spawn(fiber_run, b);
    for (int i = 0; i < FIBERS; i++) {
        int e = edo_task_join(tasks[i]);
        if (err == 0) err = e;
    }
    return err;
}

static int edo_run_bench(void *arg) {
    edo_bench *b = arg;
    int64_t n = b->n;
    int err = edo_pg_connect(&b->db, edo_str_of(b->url),
                             &(edo_pg_opts){ .pool = { .max = CONNECTIONS } });
    if (err < 0) return err;
    b->n = n / 10;
    err = all_run(b);
    b->n = n;
    double since = cpu_ns();
    if (err == 0) err = all_run(b);
    b->ns = cpu_ns() - since;
    edo_pg_close(b->db);
    return err;
}

static double edo_measure(const char *url, int64_t n, bool is_plain) {
    edo_bench b = { .url = url, .n = n, .is_plain = is_plain };
    edo_runtime *rt;
    if (edo_runtime_new(&rt, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT }) < 0)
        fail("no runtime");
    int err = edo_run(rt, edo_run_bench, &b);
    if (err < 0) fail(edo_strerror(err));
    (void)edo_runtime_shutdown(rt, edo_s(5));
    edo_runtime_free(rt);
    return b.ns;
}

/* ---- libpq ----------------------------------------------------------------------------------- */

typedef struct bare {
    PGconn *pg;
    int64_t left; /* to be sent */
    int under_way;
} bare;

static void bare_open(bare *c, const char *url) {
    c->pg = PQconnectdb(url);
    if (PQstatus(c->pg) != CONNECTION_OK) fail(PQerrorMessage(c->pg));
    PQclear(PQprepare(c->pg, "s", SQL, 0, NULL));
    if (PQsetnonblocking(c->pg, 1) < 0 || !PQenterPipelineMode(c->pg)) fail("no pipeline");
}

static void bare_send(bare *c, int depth) {
    char text[24];
    const char *values[] = { text };
    for (; c->under_way < depth && c->left > 0; c->under_way++, c->left--) {
        (void)snprintf(text, sizeof text, "%" PRId64, c->left);
        if (!PQsendQueryPrepared(c->pg, "s", 1, values, NULL, NULL, 0) || !PQpipelineSync(c->pg))
            fail(PQerrorMessage(c->pg));
    }
    if (PQflush(c->pg) != 0) fail("the socket is full");
}

static void bare_read(bare *c) {
    if (!PQconsumeInput(c->pg)) fail(PQerrorMessage(c->pg));
    while (c->under_way > 0 && !PQisBusy(c->pg)) {
        PGresult *r = PQgetResult(c->pg);
        if (r && PQresultStatus(r) == PGRES_PIPELINE_SYNC) c->under_way--;
        if (r && PQresultStatus(r) == PGRES_FATAL_ERROR) fail(PQerrorMessage(c->pg));
        PQclear(r);
    }
}

static void bare_run(bare *all, int64_t n, int depth) {
    struct pollfd fds[CONNECTIONS];
    for (int i = 0; i < CONNECTIONS; i++) {
        all[i].left = n / CONNECTIONS;
        fds[i] = (struct pollfd){ .fd = PQsocket(all[i].pg), .events = POLLIN };
        bare_send(&all[i], depth);
    }
    for (int busy_n = CONNECTIONS; busy_n > 0;) {
        if (poll(fds, CONNECTIONS, -1) < 0) fail("poll");
        for (int i = 0; i < CONNECTIONS; i++) {
            if (!fds[i].revents) continue;
            bare_read(&all[i]);
            bare_send(&all[i], depth);
            if (all[i].under_way > 0) continue;
            fds[i].fd = -1;
            busy_n--;
        }
    }
}

static double bare_measure(const char *url, int64_t n, int depth) {
    bare all[CONNECTIONS];
    for (int i = 0; i < CONNECTIONS; i++) bare_open(&all[i], url);
    bare_run(all, n / 10, depth);
    double since = cpu_ns();
    bare_run(all, n, depth);
    double ns = cpu_ns() - since;
    for (int i = 0; i < CONNECTIONS; i++) PQfinish(all[i].pg);
    return ns;
}

int main(int argc, char **argv) {
    static const char *const names[] = { "query_one", "exec", "libpq", "libpq_1" };
    if (argc > 1 && strcmp(argv[1], "--list") == 0) {
        for (size_t i = 0; i < EDO_COUNT(names); i++) (void)puts(names[i]);
        return 0;
    }
    if (argc != 3 && (argc != 5 || strcmp(argv[3], "-n") != 0)) {
        (void)fprintf(stderr, "usage: edo-bench-pg BENCH URL [-n N]\n");
        return EXIT_USAGE;
    }
    int64_t n = argc == 5 ? strtoll(argv[4], NULL, 10) : N_DEFAULT;
    size_t which = 0;
    while (which < EDO_COUNT(names) && strcmp(names[which], argv[1]) != 0) which++;
    if (which == EDO_COUNT(names)) return EXIT_NO_SUCH_BENCH;
    double ns = which < 2 ? edo_measure(argv[2], n, which == 1)
                          : bare_measure(argv[2], n, which == 2 ? DEPTH : 1);
    (void)printf("{\"peer\": \"%s\", \"bench\": \"%s\", \"threads\": 1, \"n\": %" PRId64
                 ", \"ns_per_op\": %.1f}\n",
                 which < 2 ? "edo" : "libpq", names[which], n, ns / (double)n);
    return 0;
}
