/* SPDX-License-Identifier: MIT */
/* edo-bench-pg BENCH URL [-n N]: N rows of prepared statements of PostgreSQL; prints one line of
 * JSON, whose time is the CPU time of this process.
 *
 * One integer in and one row out:
 *
 *     query_one  64 fibers over a pool of 8: into a described struct, with a deadline
 *     exec       the same without both
 *     libpq      a bare loop over 8 connections of libpq's pipeline mode, 8 statements on each
 *     libpq_1    the same with 1 statement on each: a connection that is one caller's at a time
 *
 * ROWS rows out, of two numbers and a text, as a list in an arena:
 *
 *     query_all   by edo_pg_query_all()
 *     rows        by hand: edo_pg_rows(), and a copy of each text
 *     libpq_rows  by hand from a result of libpq, which has all rows
 *
 * Questions: what does a query cost beside the least that libpq can, and a list beside a loop?
 * Guards: pg/query.c sends one statement in one write, and waits for it once; pg/exec.c looks at
 * the columns once, and copies each text once. */
#include <edo/pg.h>
#include <edo/runtime.h>
#include <edo/scope.h>
#include <edo/task.h>

#include <errno.h>
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
#define ROWS        10000
#define ROWS_SQL                                                                                   \
    "select i as id, 'the name of ' || i as name, i % 100 as stock"                                \
    " from generate_series(1, 10000) i"

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
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(10));
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

static void in_runtime(edo_task_fn *fn, void *arg) {
    edo_runtime *rt;
    if (edo_runtime_new(&rt, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT }) < 0)
        fail("no runtime");
    int err = edo_run(rt, fn, arg);
    if (err < 0) fail(edo_strerror(err));
    (void)edo_runtime_shutdown(rt, edo_s(5));
    edo_runtime_free(rt);
}

static double query_one_measure(const char *url, int64_t n) {
    edo_bench b = { .url = url, .n = n };
    in_runtime(edo_run_bench, &b);
    return b.ns;
}

static double exec_measure(const char *url, int64_t n) {
    edo_bench b = { .url = url, .n = n, .is_plain = true };
    in_runtime(edo_run_bench, &b);
    return b.ns;
}

/* ---- Lists ----------------------------------------------------------------------------------- */

typedef struct item {
    int64_t id;
    edo_str name;
    int32_t stock;
} item;
EDO_DESCRIBE(item, EDO_FIELD(item, id), EDO_FIELD(item, name), EDO_FIELD(item, stock))

typedef struct items {
    item *all;
    size_t all_n;
} items;
EDO_DESCRIBE(items, EDO_FIELD_LIST_OF(items, all, all_n, item_desc, .max_len = ROWS))

typedef struct list_bench list_bench;
struct list_bench {
    const char *url;
    int (*fill)(list_bench *b);
    edo_pg *db;
    PGconn *pg;
    edo_arena arena;
    items items;
    int64_t n; /* lists */
    double ns;
};

static int fill_by_call(list_bench *b) {
    return edo_pg_query_all(b->db, &b->items, &items_desc, &b->arena, ROWS_SQL, EDO_SQL_NONE);
}

static int keep(item *it, edo_arena *arena) {
    it->name.ptr = edo_arena_copy(arena, it->name.ptr, it->name.len);
    return it->name.ptr ? 0 : -ENOMEM;
}

static int fill_by_hand(list_bench *b) {
    items *list = &b->items;
    int rc = 0, err = 0;
    *list = (items){ .all = edo_arena_alloc(&b->arena, ROWS * sizeof(item)) };
    if (!list->all) return -ENOMEM;
    edo_seq *rows = edo_pg_rows(b->db, &item_desc, ROWS_SQL, EDO_SQL_NONE);
    while (err == 0 && list->all_n < ROWS &&
           (rc = edo_seq_next(rows, &list->all[list->all_n])) == 1)
        err = keep(&list->all[list->all_n++], &b->arena);
    if (err == 0 && rc == 1) rc = edo_seq_next(rows, &(item){ .id = 0 }); // the end
    edo_seq_free(rows);
    return err < 0 ? err : rc;
}

static int fill_from_libpq(list_bench *b) {
    items *list = &b->items;
    int err = 0;
    PGresult *r = PQexecPrepared(b->pg, "rows", 0, NULL, NULL, NULL, 0);
    int n = PQntuples(r);
    *list = (items){ .all = edo_arena_alloc(&b->arena, (size_t)n * sizeof(item)) };
    if (!list->all) err = -ENOMEM;
    for (int i = 0; i < n && err == 0; i++) {
        list->all[i] = (item){ .id = strtoll(PQgetvalue(r, i, 0), NULL, 10),
                               .name = { PQgetvalue(r, i, 1), (size_t)PQgetlength(r, i, 1) },
                               .stock = (int32_t)strtol(PQgetvalue(r, i, 2), NULL, 10) };
        err = keep(&list->all[i], &b->arena);
        list->all_n++;
    }
    PQclear(r);
    return err;
}

static int lists_fill(list_bench *b, int64_t n) {
    int err = 0;
    for (int64_t i = 0; i < n && err == 0; i++) {
        edo_arena_reset(&b->arena);
        err = b->fill(b);
        if (err == 0 && (b->items.all_n != ROWS || b->items.all[ROWS - 1].id != ROWS))
            err = -EDO_EVALUE;
    }
    return err;
}

static int lists_measure(list_bench *b) {
    int err = lists_fill(b, 1);
    double since = cpu_ns();
    if (err == 0) err = lists_fill(b, b->n);
    b->ns = cpu_ns() - since;
    edo_arena_deinit(&b->arena);
    return err;
}

static int lists_run_edo(void *arg) {
    list_bench *b = arg;
    int err = edo_pg_connect(&b->db, edo_str_of(b->url), NULL);
    if (err < 0) return err;
    err = lists_measure(b);
    edo_pg_close(b->db);
    return err;
}

static int lists_run_libpq(void *arg) {
    list_bench *b = arg;
    b->pg = PQconnectdb(b->url);
    if (PQstatus(b->pg) != CONNECTION_OK) fail(PQerrorMessage(b->pg));
    PQclear(PQprepare(b->pg, "rows", ROWS_SQL, 0, NULL));
    int err = lists_measure(b);
    PQfinish(b->pg);
    return err;
}

static double query_all_measure(const char *url, int64_t n) {
    list_bench b = { .url = url, .fill = fill_by_call, .n = n / ROWS };
    in_runtime(lists_run_edo, &b);
    return b.ns;
}

static double rows_measure(const char *url, int64_t n) {
    list_bench b = { .url = url, .fill = fill_by_hand, .n = n / ROWS };
    in_runtime(lists_run_edo, &b);
    return b.ns;
}

static double libpq_rows_measure(const char *url, int64_t n) {
    list_bench b = { .url = url, .fill = fill_from_libpq, .n = n / ROWS };
    int err = lists_run_libpq(&b);
    if (err < 0) fail(edo_strerror(err));
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

static double libpq_measure(const char *url, int64_t n) {
    return bare_measure(url, n, DEPTH);
}

static double libpq_1_measure(const char *url, int64_t n) {
    return bare_measure(url, n, 1);
}

/* ---- All ------------------------------------------------------------------------------------- */

static const struct {
    const char *name, *peer;
    double (*measure)(const char *url, int64_t n);
} benches[] = {
    { "query_one", "edo", query_one_measure },     { "exec", "edo", exec_measure },
    { "libpq", "libpq", libpq_measure },           { "libpq_1", "libpq", libpq_1_measure },
    { "query_all", "edo", query_all_measure },     { "rows", "edo", rows_measure },
    { "libpq_rows", "libpq", libpq_rows_measure },
};

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--list") == 0) {
        for (size_t i = 0; i < EDO_COUNT(benches); i++) (void)puts(benches[i].name);
        return 0;
    }
    if (argc != 3 && (argc != 5 || strcmp(argv[3], "-n") != 0)) {
        (void)fprintf(stderr, "usage: edo-bench-pg BENCH URL [-n N]\n");
        return EXIT_USAGE;
    }
    int64_t n = argc == 5 ? strtoll(argv[4], NULL, 10) : N_DEFAULT;
    size_t which = 0;
    while (which < EDO_COUNT(benches) && strcmp(benches[which].name, argv[1]) != 0) which++;
    if (which == EDO_COUNT(benches)) return EXIT_NO_SUCH_BENCH;
    double ns = benches[which].measure(argv[2], n);
    (void)printf("{\"peer\": \"%s\", \"bench\": \"%s\", \"threads\": 1, \"n\": %" PRId64
                 ", \"ns_per_op\": %.1f}\n",
                 benches[which].peer, benches[which].name, n, ns / (double)n);
    return 0;
}
