/* SPDX-License-Identifier: MIT */
/* Goal: the small Redis of the worlds says what Redis says; and what its file kept is there after
 * an end, and after a crash if it was synced.
 * Method: the same requests, over three connections, go to a redis-server of its own, to a small
 * one in a world, and to one in an ordinary runtime; their replies are compared byte for byte. */
#include "../redis/real_server.h"
#include "seeds.h"
#include "small_redis/small_redis.h"

#include <edo/buf_io.h>
#include <edo/net.h>
#include <edo/scope.h>
#include <edo/unix.h>

#include <errno.h>
#include <signal.h>
#include <string.h>

#define CONNS     3
#define REPLY_MAX 512

/* ---- Requests -------------------------------------------------------------------------------- */

/* What is sent over a connection, with '|' between its parts (NULL: nothing), and how many replies
 * are read there (0: one; negative: none, so far). */
typedef struct request {
    int conn;
    const char *parts;
    int replies_n;
} request;

static const request requests[] = {
    // the connection
    { 0, "GET|a", 0 },
    { 0, "AUTH|wrong", 0 },
    { 0, "AUTH|nobody|secret", 0 },
    { 0, "AUTH|a|b|c", 0 },
    { 0, "AUTH|default|secret", 0 },
    { 1, "AUTH|secret", 0 },
    { 2, "AUTH|secret", 0 },
    { 0, "PING", 0 },
    { 0, "ping|hello", 0 },
    { 0, "PING|a|b", 0 },
    { 0, "ECHO|some words\r\nof lines", 0 },
    { 0, "ECHO", 0 },
    { 0, "SELECT|16", 0 },
    { 0, "SELECT|one", 0 },
    { 0, "SELECT|3", 0 },
    { 0, "SELECT|0", 0 },
    { 0, "CLIENT|GETNAME", 0 },
    { 0, "CLIENT|SETNAME|two words", 0 },
    { 0, "CLIENT|SETNAME|someone", 0 },
    { 0, "CLIENT|GETNAME", 0 },
    { 0, "CLIENT|SETNAME", 0 },
    { 0, "CLIENT|NOTHING|a", 0 },
    { 0, "CLIENT", 0 },
    { 0, "HELLO|4", 0 },
    { 0, "HELLO|two", 0 },
    { 0, "NOSUCH", 0 },
    { 0, "NoSuch|with|some arguments|", 0 },
    // texts
    { 0, "GET|a", 0 },
    { 0, "GET", 0 },
    { 0, "GET|a|b", 0 },
    { 0, "SET|a|1", 0 },
    { 0, "GET|a", 0 },
    { 0, "SET|a|2|NX", 0 },
    { 0, "SET|b|2|XX", 0 },
    { 0, "SET|a|3|XX|GET", 0 },
    { 0, "SET|c|3|GET", 0 },
    { 0, "SET|a|4|NX|GET", 0 },
    { 0, "SET|a|4|NX|XX", 0 },
    { 0, "SET|a|4|EX", 0 },
    { 0, "SET|a|4|EX|0", 0 },
    { 0, "SET|a|4|EX|ten", 0 },
    { 0, "SET|a|4|EX|9223372036854775807", 0 },
    { 0, "SET|a|4|EX|10|PX|10", 0 },
    { 0, "SET|a|4|EX|10|KEEPTTL", 0 },
    { 0, "SET|a|4|EX|1000", 0 },
    { 0, "TTL|a", 0 },
    { 0, "SET|a|5|KEEPTTL", 0 },
    { 0, "TTL|a", 0 },
    { 0, "SET|a|5", 0 },
    { 0, "TTL|a", 0 },
    { 0, "TTL|none", 0 },
    { 0, "PTTL|none", 0 },
    { 0, "SETEX|d|100|v", 0 },
    { 0, "TTL|d", 0 },
    { 0, "SETEX|d|0|v", 0 },
    { 0, "PSETEX|d|-1|v", 0 },
    { 0, "GETEX|d|PERSIST", 0 },
    { 0, "TTL|d", 0 },
    { 0, "GETEX|d|EX|50", 0 },
    { 0, "TTL|d", 0 },
    { 0, "GETEX|d|KEEPTTL", 0 },
    { 0, "GETEX|none", 0 },
    { 0, "GETDEL|d", 0 },
    { 0, "GETDEL|d", 0 },
    { 0, "SETNX|e|1", 0 },
    { 0, "SETNX|e|2", 0 },
    { 0, "GETSET|e|3", 0 },
    { 0, "APPEND|e|45", 0 },
    { 0, "APPEND|f|x", 0 },
    { 0, "STRLEN|e", 0 },
    { 0, "STRLEN|none", 0 },
    { 0, "INCR|e", 0 },
    { 0, "INCR|n", 0 },
    { 0, "DECR|n", 0 },
    { 0, "INCRBY|n|40", 0 },
    { 0, "DECRBY|n|2", 0 },
    { 0, "DECRBY|n|-9223372036854775808", 0 },
    { 0, "INCRBY|n|9223372036854775807", 0 },
    { 0, "INCRBY|n|x", 0 },
    { 0, "INCR|f", 0 },
    { 0, "SET|padded| 7", 0 },
    { 0, "INCR|padded", 0 },
    { 0, "MSET|m1|1|m2|2", 0 },
    { 0, "MSET|m1|1|m2", 0 },
    { 0, "MGET|m1|none|m2", 0 },
    // keys
    { 0, "EXISTS|m1|m1|none", 0 },
    { 0, "TYPE|m1", 0 },
    { 0, "TYPE|none", 0 },
    { 0, "EXPIRE|m1|100", 0 },
    { 0, "EXPIRE|none|100", 0 },
    { 0, "EXPIRE|m1|x", 0 },
    { 0, "EXPIRE|m1|9223372036854775807", 0 },
    { 0, "TTL|m1", 0 },
    { 0, "PERSIST|m1", 0 },
    { 0, "PERSIST|m1", 0 },
    { 0, "PEXPIRE|m1|-1", 0 },
    { 0, "EXISTS|m1", 0 },
    { 0, "EXPIREAT|m2|1", 0 },
    { 0, "GET|m2", 0 },
    { 0, "SET|old|1|PXAT|1", 0 },
    { 0, "GET|old", 0 },
    { 0, "KEYS|pad*", 0 },
    { 0, "KEYS|p[a-c]d?e\\d", 0 },
    { 0, "KEYS|[^p]add*d", 0 },
    { 0, "KEYS|*d*e*e", 0 },
    { 0, "UNLINK|padded|f|none", 0 },
    { 0, "DEL|e|n|c", 0 },
    { 0, "DBSIZE", 0 },
    { 0, "SCAN|0", 0 },
    { 0, "SCAN|0|MATCH|z*|COUNT|100", 0 },
    { 0, "SCAN|x", 0 },
    { 0, "SCAN|0|COUNT|0", 0 },
    { 0, "SCAN|0|WHAT|1", 0 },
    // hashes
    { 0, "HSET|h|f1|v1|f2|2", 0 },
    { 0, "HSET|h|f1|v3|f3|", 0 },
    { 0, "HSET|h|f1", 0 },
    { 0, "HSET|h|f1|v|f2", 0 },
    { 0, "HGET|h|f1", 0 },
    { 0, "HGET|h|none", 0 },
    { 0, "HGET|none|f1", 0 },
    { 0, "HGETALL|h", 0 },
    { 0, "HGETALL|none", 0 },
    { 0, "HMGET|h|f3|none|f2", 0 },
    { 0, "HMGET|none|a|b", 0 },
    { 0, "HKEYS|h", 0 },
    { 0, "HVALS|h", 0 },
    { 0, "HLEN|h", 0 },
    { 0, "HEXISTS|h|f1", 0 },
    { 0, "HEXISTS|h|f9", 0 },
    { 0, "HSETNX|h|f1|x", 0 },
    { 0, "HSETNX|h|f4|x", 0 },
    { 0, "HINCRBY|h|f2|5", 0 },
    { 0, "HINCRBY|h|f1|5", 0 },
    { 0, "HINCRBY|h|f2|9223372036854775807", 0 },
    { 0, "HDEL|h|f1|none|f2", 0 },
    { 0, "HDEL|h|f3|f4", 0 },
    { 0, "EXISTS|h", 0 },
    { 0, "HGET|a|f", 0 },
    { 0, "HSET|a|f|v", 0 },
    // lists
    { 0, "RPUSH|l|1|2|3", 0 },
    { 0, "LPUSH|l|0|-1", 0 },
    { 0, "LLEN|l", 0 },
    { 0, "LRANGE|l|0|-1", 0 },
    { 0, "LRANGE|l|-2|9", 0 },
    { 0, "LRANGE|l|3|1", 0 },
    { 0, "LRANGE|none|0|-1", 0 },
    { 0, "LPOP|l", 0 },
    { 0, "RPOP|l", 0 },
    { 0, "LPOP|l|2", 0 },
    { 0, "LPOP|l|0", 0 },
    { 0, "LPOP|l|-1", 0 },
    { 0, "RPOP|l|9", 0 },
    { 0, "LPOP|l", 0 },
    { 0, "LPOP|l|2", 0 },
    { 0, "GET|a|", 0 },
    { 0, "LPUSH|a|1", 0 },
    { 0, "INCR|l", 0 },
    { 0, "GET|l", 0 },
    { 0, "BLPOP|a|1", 0 },
    { 0, "BLPOP|none|-1", 0 },
    { 0, "BLPOP|none|soon", 0 },
    { 0, "BLPOP|none|0.01", 0 },
    { 0, "RPUSH|q|x|y", 0 },
    { 0, "BRPOP|none|q|0", 0 },
    // what a client that waits gets when another one gives it
    { 1, "BLPOP|q1|q2|0", -1 },
    { 1, "ECHO|behind", -1 },
    { 0, "RPUSH|q2|z", 0 },
    { 1, NULL, 2 },
    { 0, "EXISTS|q2", 0 },
    // sets
    { 0, "SADD|s|1|3|3", 0 },
    { 0, "SADD|s|1", 0 },
    { 0, "SCARD|s", 0 },
    { 0, "SMEMBERS|s", 0 },
    { 0, "SMEMBERS|none", 0 },
    { 0, "SISMEMBER|s|1", 0 },
    { 0, "SISMEMBER|s|2", 0 },
    { 0, "SREM|s|1|2", 0 },
    { 0, "SREM|s|3", 0 },
    { 0, "TYPE|s", 0 },
    { 0, "SADD|a|1", 0 },
    // several
    { 0, "MULTI", 0 },
    { 0, "MULTI", 0 },
    { 0, "WATCH|a", 0 },
    { 0, "SET|a|10", 0 },
    { 0, "INCR|a", 0 },
    { 0, "HGET|a|f", 0 },
    { 0, "BLPOP|none|0", 0 },
    { 0, "EXEC", 0 },
    { 0, "EXEC", 0 },
    { 0, "DISCARD", 0 },
    { 0, "MULTI", 0 },
    { 0, "NOSUCH", 0 },
    { 0, "SET|a|12", 0 },
    { 0, "EXEC", 0 },
    { 0, "GET|a", 0 },
    { 0, "MULTI", 0 },
    { 0, "SET|a|13", 0 },
    { 0, "DISCARD", 0 },
    { 0, "WATCH|a|w", 0 },
    { 1, "SET|w|1", 0 },
    { 0, "MULTI", 0 },
    { 0, "GET|a", 0 },
    { 0, "EXEC", 0 },
    { 0, "WATCH|a", 0 },
    { 1, "SET|a|14", 0 },
    { 0, "UNWATCH", 0 },
    { 0, "MULTI", 0 },
    { 0, "GET|a", 0 },
    { 0, "EXEC", 0 },
    { 0, "WATCH|a", 0 },
    { 1, "GET|a", 0 },
    { 0, "MULTI", 0 },
    { 0, "EXEC", 0 },
    // messages
    { 0, "PUBLISH|news|nobody", 0 },
    { 1, "SUBSCRIBE|news|other|news", 3 },
    { 1, "PSUBSCRIBE|n?ws|o*", 2 },
    { 2, "PSUBSCRIBE|[mn]ews", 0 },
    { 0, "PUBLISH|news|one", 0 },
    { 1, NULL, 2 },
    { 2, NULL, 1 },
    { 1, "PING", 0 },
    { 1, "PING|x", 0 },
    { 1, "GET|a", 0 },
    { 1, "UNSUBSCRIBE|other|none", 2 },
    { 1, "UNSUBSCRIBE", 0 },
    { 1, "UNSUBSCRIBE", 0 },
    { 0, "PUBLISH|other|two", 0 },
    { 1, NULL, 1 },
    { 1, "PUNSUBSCRIBE|o*|n?ws", 2 },
    { 1, "GET|a", 0 },
    { 1, "PUNSUBSCRIBE", 0 },
    { 0, "FLUSHDB", 0 },
    { 0, "DBSIZE", 0 },
    { 0, "FLUSHALL", 0 },
    { 2, "QUIT", 0 },
};

/* ---- A conversation -------------------------------------------------------------------------- */

/* The bytes of the replies to a request. */
typedef struct replies {
    char bytes[REPLY_MAX];
    size_t n;
} replies;

typedef struct conversation {
    edo_stream *streams[CONNS];
    edo_buf_reader in[CONNS];
    replies said[EDO_COUNT(requests)];
} conversation;

static void replies_add(replies *to, const char *bytes, size_t n) {
    CHECK(to->n + n <= REPLY_MAX);
    memcpy(to->bytes + to->n, bytes, n);
    to->n += n;
}

/* One reply, with all that is in it. */
static int read_reply(edo_buf_reader *in, replies *out) {
    char *line, bulk[REPLY_MAX];
    int64_t open_n = 1;
    while (open_n-- > 0) {
        int n = edo_read_line(in, &line);
        if (n < 0) return n;
        const int64_t number = strtoll(line + 1, NULL, 10);
        const char kind = line[0];
        replies_add(out, line, (size_t)n);
        replies_add(out, "\r\n", 2);
        if (kind == '*' && number > 0) open_n += number;
        if (kind != '$' || number < 0) continue;
        CHECK((size_t)number + 2 <= sizeof bulk);
        n = edo_read_exact(edo_buf_reader_stream(in), bulk, (size_t)number + 2);
        if (n < 0) return n;
        replies_add(out, bulk, (size_t)number + 2);
    }
    return 0;
}

static int send_request(edo_stream *s, const char *parts) {
    edo_buf bytes = { 0 };
    size_t n = 1;
    for (const char *c = parts; *c; c++) n += *c == '|';
    CHECK_EQ(edo_buf_printf(&bytes, "*%zu\r\n", n), 0);
    for (size_t i = 0; i < n; i++) {
        const size_t len = strcspn(parts, "|");
        CHECK_EQ(edo_buf_printf(&bytes, "$%zu\r\n%.*s\r\n", len, (int)len, parts), 0);
        parts += len + 1;
    }
    int err = edo_write_all(s, bytes.ptr, bytes.len);
    edo_buf_deinit(&bytes);
    return err;
}

/* Asks all, over connections that are there. */
static int converse(conversation *c) {
    int err = 0;
    for (int i = 0; i < CONNS; i++)
        CHECK_EQ(edo_buf_reader_init(&c->in[i], c->streams[i], NULL), 0);
    for (size_t i = 0; i < EDO_COUNT(requests) && err >= 0; i++) {
        const request *r = &requests[i];
        EDO_DEADLINE(d, edo_s(PATIENCE_S));
        if (r->parts) err = send_request(c->streams[r->conn], r->parts);
        for (int n = r->replies_n ? r->replies_n : 1; n > 0 && err >= 0; n--)
            err = read_reply(&c->in[r->conn], &c->said[i]);
        err = edo_deadline_end(&d, err);
        if (err < 0) (void)fprintf(stderr, "no reply to %s\n", r->parts ? r->parts : "nothing");
    }
    for (int i = 0; i < CONNS; i++) {
        edo_buf_reader_deinit(&c->in[i]);
        edo_close(c->streams[i]);
    }
    return err < 0 ? err : 0;
}

/* Returns how many replies differ, and prints them. */
static int compare(const conversation *wanted, const conversation *got) {
    int n = 0;
    for (size_t i = 0; i < EDO_COUNT(requests); i++) {
        const replies *a = &wanted->said[i], *b = &got->said[i];
        if (a->n == b->n && memcmp(a->bytes, b->bytes, a->n) == 0) continue;
        (void)fprintf(stderr, "%s\n  wanted: %.*s  got: %.*s",
                      requests[i].parts ? requests[i].parts : "nothing", (int)a->n, a->bytes,
                      (int)b->n, b->bytes);
        n++;
    }
    return n;
}

/* ---- Servers --------------------------------------------------------------------------------- */

static small_redis_opts guarded = { .password = "secret" };

static int ask_in_world(void *arg) {
    conversation *c = arg;
    for (int i = 0; i < CONNS; i++)
        CHECK_EQ(edo_tcp_connect(&c->streams[i], "redis:6379", NULL), 0);
    return converse(c);
}

static void run_in_world(conversation *c) {
    edo_sim *sim = edo_sim_new(&(edo_sim_opts){ .seed = 3 });
    assert_non_null(sim);
    assert_int_equal(edo_sim_host(sim, "redis", small_redis_run, &guarded), 0);
    assert_int_equal(edo_sim_client(sim, "asks", ask_in_world, c), 0);
    int err = edo_sim_run(sim, edo_minutes(5));
    if (err < 0) edo_trail_print(stderr, err, EDO_TRAIL_LINE);
    assert_int_equal(err, 0);
    edo_sim_free(sim);
}

static int ask_beside(void *arg) {
    conversation *c = arg;
    small_redis_opts opts = guarded;
    char where[32];
    opts.listen = "127.0.0.1:0";
    EDO_SCOPE(s, NULL);
    const int port = edo_scope_spawn_started(&s, small_redis_run, &opts);
    (void)snprintf(where, sizeof where, "127.0.0.1:%d", port);
    for (int i = 0; i < CONNS; i++) CHECK_EQ(edo_tcp_connect(&c->streams[i], where, NULL), 0);
    int err = converse(c);
    edo_scope_cancel(&s);
    (void)edo_scope_end(&s, 0);
    return err;
}

static int ask_real(void *arg) {
    conversation *c = arg;
    edo_process *p = real_server_start();
    edo_redis_close(real_server_client());
    for (int i = 0; i < CONNS; i++)
        CHECK_EQ(edo_unix_connect(&c->streams[i], real_server_socket, NULL), 0);
    int err = converse(c);
    real_server_kill(p);
    return err;
}

static void small_redis_says_what_redis_says(void **state) {
    static conversation real, in_world, beside;
    (void)state;
    run_in_world(&in_world);
    assert_int_equal(inside_real(ask_beside, &beside), 0);
    assert_int_equal(compare(&in_world, &beside), 0);
    const bool is_there = real_server_exists();
    if (is_there) {
        assert_int_equal(inside_real(ask_real, &real), 0);
        assert_int_equal(compare(&real, &in_world), 0);
    }
    if (is_there) return;
    (void)printf("there is no redis-server to compare with\n");
    skip();
}

/* ---- The file -------------------------------------------------------------------------------- */

#define KEPT 40

typedef struct keeper {
    bool is_acked[KEPT];
    int lost_n, torn_n;
} keeper;

/* Both of a pair are set by one transaction. */
static int keep_pair(edo_redis *r, int i) {
    edo_redis_batch b = { 0 };
    edo_redis_batch_add(&b, "SET left.%d %d", i, i);
    edo_redis_batch_add(&b, "SET right.%d %d EX %d", i, i, 3600);
    int err = edo_redis_tx(r, NULL, &b);
    edo_redis_batch_deinit(&b);
    return err;
}

static int look_for_pair(edo_redis *r, keeper *k, int i) {
    edo_redis_reply *reply;
    int err = edo_redis_cmd(r, &reply, "EXISTS left.%d right.%d", i, i);
    if (err < 0) return err;
    const int64_t n = edo_redis_reply_int(reply);
    edo_redis_reply_free(reply);
    k->torn_n += n == 1;
    k->lost_n += n != 2 && k->is_acked[i];
    return 0;
}

static int keep_and_look(void *arg) {
    keeper *k = arg;
    edo_redis *r;
    int err = edo_redis_connect(&r, EDO_STR("redis://redis"), &(edo_redis_opts){ .lazy = true });
    for (int i = 0; i < KEPT && err == 0; i++) {
        k->is_acked[i] = keep_pair(r, i) == 0;
        edo_trail_clear();
        err = edo_sleep(edo_ms(50));
    }
    for (int i = 0; i < KEPT && err == 0; i++) err = look_for_pair(r, k, i);
    if (r) edo_redis_close(r);
    return err;
}

/* What a Redis has lost of what it has said it has, by an end of its machine or of its program. */
static keeper lose(uint64_t seed, bool is_synced, bool is_crash) {
    char folder[64], file[80];
    keeper k = { .lost_n = 0 };
    files_make(folder);
    (void)snprintf(file, sizeof file, "%s/appendonly.aof", folder);
    small_redis_opts opts = { .file = file, .is_synced = is_synced };
    edo_sim *sim = edo_sim_new(&(edo_sim_opts){ .seed = seed });
    assert_non_null(sim);
    assert_int_equal(edo_sim_host(sim, "redis", small_redis_run, &opts), 0);
    assert_int_equal(edo_sim_disk(sim, "redis", folder), 0);
    assert_int_equal(edo_sim_client(sim, "keeps", keep_and_look, &k), 0);
    if (is_crash) {
        assert_int_equal(edo_sim_crash(sim, "redis", edo_ms(1000)), 0);
        assert_int_equal(edo_sim_restart(sim, "redis", edo_ms(1200)), 0);
    } else {
        assert_int_equal(edo_sim_bounce(sim, "redis", SIGTERM, edo_ms(1000), edo_ms(200)), 0);
    }
    int err = edo_sim_run(sim, edo_minutes(5));
    if (err < 0) edo_trail_print(stderr, err, EDO_TRAIL_LINE);
    assert_int_equal(err, 0);
    edo_sim_free(sim);
    files_free(folder);
    return k;
}

static void crash_takes_what_was_not_synced(void **state) {
    int unsynced_n = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        const keeper synced = lose(seed, true, true), unsynced = lose(seed, false, true),
                     ended = lose(seed, false, false);
        assert_int_equal(synced.lost_n + ended.lost_n, 0);
        assert_int_equal(synced.torn_n + unsynced.torn_n + ended.torn_n, 0);
        unsynced_n += unsynced.lost_n;
    }
    assert_true(unsynced_n > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crash_takes_what_was_not_synced),
        cmocka_unit_test(small_redis_says_what_redis_says),
    };
    return cmocka_run_group_tests(tests, real_server_setup, real_server_teardown);
}
