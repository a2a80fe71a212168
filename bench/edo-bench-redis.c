/* SPDX-License-Identifier: MIT */
/* edo-bench-redis BENCH PORT [-n N]: N times GET of a key with 10 bytes over one connection to the
 * redis-server at a port of this machine; prints one line of JSON, whose time is the CPU time of
 * this process.
 *
 *     cmd      64 fibers with edo_redis_cmd()
 *     argv     64 fibers with edo_redis_argv()
 *     hiredis  64 commands appended, 64 replies read
 *
 * Question: what does a command of many callers cost beside the least that hiredis can?
 * Guards: the commands of all callers are one write, and a reply wakes its caller without a detour
 * (redis/link). */
#include <edo/redis.h>
#include <edo/runtime.h>
#include <edo/scope.h>

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define N_DEFAULT 1000000
#define CALLERS   64
#define KEY       "edo-bench"

enum { EXIT_USAGE = 2, EXIT_NO_SUCH_BENCH = 3 };

static double cpu_ns(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void fail(const char *what) {
    (void)fprintf(stderr, "edo-bench-redis: %s\n", what);
    exit(1);
}

/* ---- edo ------------------------------------------------------------------------------------- */

typedef struct edo_bench {
    int port;
    edo_redis *r;
    int64_t n;
    bool has_parts;
    double ns;
} edo_bench;

static int get_one(edo_bench *b) {
    static const edo_str parts[] = { { "GET", 3 }, { KEY, sizeof KEY - 1 } };
    edo_redis_reply *reply;
    int err = b->has_parts ? edo_redis_argv(b->r, &reply, parts, EDO_COUNT(parts))
                           : edo_redis_cmd(b->r, &reply, "GET %s", KEY);
    if (err < 0) return err;
    if (edo_redis_reply_text(reply).len != 10) fail("another value");
    edo_redis_reply_free(reply);
    return 0;
}

static int reads(void *arg) {
    edo_bench *b = arg;
    int err = 0;
    for (int64_t i = 0; i < b->n / CALLERS && err == 0; i++) err = get_one(b);
    return err;
}

static int all_get(edo_bench *b) {
    edo_scope s;
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < CALLERS; i++) edo_scope_spawn(&s, reads, b);
    return edo_scope_end(&s, 0);
}

static int edo_run_bench(void *arg) {
    edo_bench *b = arg;
    char url[64];
    int64_t n = b->n;
    (void)snprintf(url, sizeof url, "redis://127.0.0.1:%d", b->port);
    int err = edo_redis_connect(&b->r, edo_str_of(url), NULL);
    if (err < 0) return err;
    err = edo_redis_cmd(b->r, NULL, "SET %s 0123456789", KEY);
    b->n = n / 10;
    if (err == 0) err = all_get(b);
    b->n = n;
    double since = cpu_ns();
    if (err == 0) err = all_get(b);
    b->ns = cpu_ns() - since;
    edo_redis_close(b->r);
    return err;
}

static double edo_measure(int port, int64_t n, bool has_parts) {
    edo_bench b = { .port = port, .n = n, .has_parts = has_parts };
    edo_runtime *rt;
    if (edo_runtime_new(&rt, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT }) < 0)
        fail("no runtime");
    int err = edo_run(rt, edo_run_bench, &b);
    if (err < 0) fail(edo_strerror(err));
    (void)edo_runtime_shutdown(rt, edo_s(5));
    edo_runtime_free(rt);
    return b.ns;
}

/* ---- hiredis --------------------------------------------------------------------------------- */

static void bare_run(redisContext *c, int64_t n) {
    for (int64_t done = 0; done < n; done += CALLERS) {
        for (int i = 0; i < CALLERS; i++)
            if (redisAppendCommand(c, "GET %s", KEY) != REDIS_OK) fail(c->errstr);
        for (int i = 0; i < CALLERS; i++) {
            void *reply;
            if (redisGetReply(c, &reply) != REDIS_OK) fail(c->errstr);
            if (((redisReply *)reply)->len != 10) fail("another value");
            freeReplyObject(reply);
        }
    }
}

static double bare_measure(int port, int64_t n) {
    redisContext *c = redisConnect("127.0.0.1", port);
    if (!c || c->err) fail("cannot connect");
    freeReplyObject(redisCommand(c, "SET %s 0123456789", KEY));
    bare_run(c, n / 10);
    double since = cpu_ns();
    bare_run(c, n);
    double ns = cpu_ns() - since;
    redisFree(c);
    return ns;
}

int main(int argc, char **argv) {
    static const char *const names[] = { "cmd", "argv", "hiredis" };
    if (argc > 1 && strcmp(argv[1], "--list") == 0) {
        for (size_t i = 0; i < EDO_COUNT(names); i++) (void)puts(names[i]);
        return 0;
    }
    if (argc != 3 && (argc != 5 || strcmp(argv[3], "-n") != 0)) {
        (void)fprintf(stderr, "usage: edo-bench-redis BENCH PORT [-n N]\n");
        return EXIT_USAGE;
    }
    int port = (int)strtol(argv[2], NULL, 10);
    int64_t n = argc == 5 ? strtoll(argv[4], NULL, 10) : N_DEFAULT;
    size_t which = 0;
    while (which < EDO_COUNT(names) && strcmp(names[which], argv[1]) != 0) which++;
    if (which == EDO_COUNT(names)) return EXIT_NO_SUCH_BENCH;
    double ns = which < 2 ? edo_measure(port, n, which == 1) : bare_measure(port, n);
    (void)printf("{\"peer\": \"%s\", \"bench\": \"%s\", \"threads\": 1, \"n\": %" PRId64
                 ", \"ns_per_op\": %.1f}\n",
                 which < 2 ? "edo" : "hiredis", names[which], n, ns / (double)n);
    return 0;
}
