/* SPDX-License-Identifier: MIT */
/* commands.c: what each command does. All with the store's lock. */
#include "client.h"
#include "log.h"
#include "pubsub.h"
#include "store.h"

#include <errno.h>
#include <stdio.h>

/* A command: its `n` words are at `w`. It writes one reply, and returns 0; -ENOMEM before it has
 * written one; or -EDO_ECLOSED: the connection ends. */
typedef int command_fn(client *c, const edo_str *w, size_t n);

static int ok(client *c) {
    put_text(&c->out, "+OK\r\n");
    return 0;
}

static int integer(client *c, int64_t n) {
    put_int(&c->out, ':', n);
    return 0;
}

static int fail(client *c, const char *text) {
    put_text(&c->out, text);
    c->errors++;
    return 0;
}

#define NOT_INTEGER "-ERR value is not an integer or out of range\r\n"
#define NOT_SYNTAX  "-ERR syntax error\r\n"
#define NOT_A_TIME  "-ERR invalid expire time\r\n"

static bool is(edo_str word, const char *name) {
    return edo_str_equal_nocase(word, edo_str_of(name));
}

static bool wrong_type(client *c) {
    (void)fail(c, "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n");
    return false;
}

/* Find a key: false, with a reply, if it has a value of the other kind. */
static bool find_string(client *c, edo_str key, entry **e) {
    *e = store_find(key);
    return !*e || (*e)->string.ptr || wrong_type(c);
}

static bool find_list(client *c, edo_str key, entry **e) {
    *e = store_find(key);
    return !*e || !(*e)->string.ptr || wrong_type(c);
}

/* ---- Strings --------------------------------------------------------------------------------- */

static void put_value(client *c, const entry *e) {
    if (e && e->string.ptr)
        put_word(&c->out, (edo_str){ e->string.ptr, e->string.len });
    else
        put_nil(&c->out);
}

static int get(client *c, const edo_str *w, size_t n) {
    (void)n;
    entry *e;
    if (find_string(c, w[1], &e)) put_value(c, e);
    return 0;
}

/* The time that is `word` units of `unit` ms after `since`; false: none. */
static bool parse_time(edo_str word, int64_t unit, int64_t since, int64_t *at) {
    int64_t n;
    if (edo_str_int(&n, word) < 0 || n > (INT64_MAX - since) / unit || n < -INT64_MAX / unit)
        return false;
    *at = since + n * unit > 0 ? since + n * unit : 1; // 0 would be never
    return true;
}

/* The time of the option of SET; false: none. */
static bool parse_end(edo_str option, edo_str word, int64_t *at) {
    int64_t now = now_ms();
    if (is(option, "PXAT")) return parse_time(word, 1, 0, at);
    return parse_time(word, is(option, "EX") ? 1000 : 1, now, at) && *at > now;
}

static int set(client *c, const edo_str *w, size_t n) {
    bool if_new = false, if_old = false, gets = false;
    int64_t end = 0;
    for (size_t i = 3; i < n; i++) {
        if (is(w[i], "NX") && !if_old)
            if_new = true;
        else if (is(w[i], "XX") && !if_new)
            if_old = true;
        else if (is(w[i], "GET"))
            gets = true;
        else if (end != 0 || i + 1 == n || !(is(w[i], "EX") || is(w[i], "PX") || is(w[i], "PXAT")))
            return fail(c, NOT_SYNTAX);
        else if (!parse_end(w[i], w[i + 1], &end))
            return fail(c, NOT_A_TIME);
        else
            i++;
    }
    entry *e = n > 3 ? store_find(w[1]) : NULL; // only options ask for it
    if (gets && !find_string(c, w[1], &e)) return 0;
    if (gets) put_value(c, e);
    bool refused = e ? if_new : if_old;
    int err = refused ? 0 : store_set(w[1], w[2], end);
    if (gets && err < 0) c->out.err = err; // the reply is half true
    if (gets || err < 0) return gets ? 0 : err;
    if (refused) put_nil(&c->out);
    return refused ? 0 : ok(c);
}

static int add(client *c, edo_str key, int64_t delta) {
    entry *e;
    int64_t old = 0;
    if (!find_string(c, key, &e)) return 0;
    if (e && edo_str_int(&old, (edo_str){ e->string.ptr, e->string.len }) < 0)
        return fail(c, NOT_INTEGER);
    if (delta > 0 ? old > INT64_MAX - delta : old < INT64_MIN - delta)
        return fail(c, "-ERR increment or decrement would overflow\r\n");
    char text[24];
    old += delta;
    int len = snprintf(text, sizeof text, "%lld", (long long)old);
    int err = store_set(key, (edo_str){ text, (size_t)len }, e ? e->expires_at : 0);
    return err < 0 ? err : integer(c, old);
}

static int incr(client *c, const edo_str *w, size_t n) {
    (void)n;
    return add(c, w[1], 1);
}

static int decr(client *c, const edo_str *w, size_t n) {
    (void)n;
    return add(c, w[1], -1);
}

static int incrby(client *c, const edo_str *w, size_t n) {
    (void)n;
    int64_t delta;
    return edo_str_int(&delta, w[2]) == 0 ? add(c, w[1], delta) : fail(c, NOT_INTEGER);
}

static int mset(client *c, const edo_str *w, size_t n) {
    if (n % 2 == 0) return fail(c, "-ERR wrong number of arguments for 'mset' command\r\n");
    int err = 0;
    for (size_t i = 1; i < n && err == 0; i += 2) err = store_set(w[i], w[i + 1], 0);
    return err < 0 ? err : ok(c);
}

static int mget(client *c, const edo_str *w, size_t n) {
    put_int(&c->out, '*', (long long)n - 1);
    for (size_t i = 1; i < n; i++) put_value(c, store_find(w[i]));
    return 0;
}

/* ---- Keys ------------------------------------------------------------------------------------ */

static int del(client *c, const edo_str *w, size_t n) {
    int64_t removed = 0;
    for (size_t i = 1; i < n; i++) {
        entry *e = store_find(w[i]);
        if (!e) continue;
        store_remove(e);
        removed++;
    }
    return integer(c, removed);
}

static int exists(client *c, const edo_str *w, size_t n) {
    int64_t found = 0;
    for (size_t i = 1; i < n; i++) found += store_find(w[i]) != NULL;
    return integer(c, found);
}

static int expire_in(client *c, const edo_str *w, int64_t unit, int64_t since) {
    int64_t at;
    if (!parse_time(w[2], unit, since, &at)) return fail(c, NOT_A_TIME);
    entry *e = store_find(w[1]);
    int err = e ? store_expire(e, at) : 0;
    return err < 0 ? err : integer(c, e != NULL);
}

static int expire(client *c, const edo_str *w, size_t n) {
    (void)n;
    return expire_in(c, w, 1000, now_ms());
}

static int pexpire(client *c, const edo_str *w, size_t n) {
    (void)n;
    return expire_in(c, w, 1, now_ms());
}

static int pexpireat(client *c, const edo_str *w, size_t n) {
    (void)n;
    return expire_in(c, w, 1, 0);
}

static int persist(client *c, const edo_str *w, size_t n) {
    (void)n;
    entry *e = store_find(w[1]);
    bool had_end = e && e->expires_at != 0;
    int err = had_end ? store_expire(e, 0) : 0;
    return err < 0 ? err : integer(c, had_end);
}

/* -2: no such key; -1: it has no end. */
static int64_t ms_left(edo_str key) {
    const entry *e = store_find(key);
    return !e ? -2 : e->expires_at == 0 ? -1 : e->expires_at - now_ms();
}

static int ttl(client *c, const edo_str *w, size_t n) {
    (void)n;
    int64_t left = ms_left(w[1]);
    return integer(c, left < 0 ? left : (left + 500) / 1000);
}

static int pttl(client *c, const edo_str *w, size_t n) {
    (void)n;
    return integer(c, ms_left(w[1]));
}

static int dbsize(client *c, const edo_str *w, size_t n) {
    (void)w, (void)n;
    return integer(c, (int64_t)store_len());
}

static int flushall(client *c, const edo_str *w, size_t n) {
    (void)w, (void)n;
    store_clear();
    return ok(c);
}

/* ---- Lists ----------------------------------------------------------------------------------- */

static int64_t length(const entry *e) {
    return e ? (int64_t)e->list.n : 0;
}

static int push(client *c, const edo_str *w, size_t n, bool left) {
    entry *e;
    // the log has the key once for each item: see log.h
    if ((n - 2) * w[1].len > LOGGED_MAX)
        return fail(c, "-ERR key is too long for this number of items\r\n");
    if (!find_list(c, w[1], &e)) return 0;
    for (size_t i = 2; i < n; i++) {
        int err = store_push(w[1], w[i], left);
        if (err < 0) return err;
    }
    return integer(c, length(store_find(w[1])));
}

static int lpush(client *c, const edo_str *w, size_t n) {
    return push(c, w, n, true);
}

static int rpush(client *c, const edo_str *w, size_t n) {
    return push(c, w, n, false);
}

static int pop(client *c, edo_str key, bool left) {
    entry *e;
    if (!find_list(c, key, &e)) return 0;
    if (e)
        put_word(&c->out, store_item(e, left ? 0 : e->list.n - 1));
    else
        put_nil(&c->out);
    if (e) store_pop(e, left);
    return 0;
}

static int lpop(client *c, const edo_str *w, size_t n) {
    (void)n;
    return pop(c, w[1], true);
}

static int rpop(client *c, const edo_str *w, size_t n) {
    (void)n;
    return pop(c, w[1], false);
}

static int llen(client *c, const edo_str *w, size_t n) {
    (void)n;
    entry *e;
    return find_list(c, w[1], &e) ? integer(c, length(e)) : 0;
}

static int lrange(client *c, const edo_str *w, size_t n) {
    (void)n;
    int64_t from, to;
    entry *e;
    if (edo_str_int(&from, w[2]) < 0 || edo_str_int(&to, w[3]) < 0) return fail(c, NOT_INTEGER);
    if (!find_list(c, w[1], &e)) return 0;
    int64_t len = length(e);
    if (from < 0) from = from + len > 0 ? from + len : 0; // from the end
    if (to < 0) to += len;
    if (to >= len) to = len - 1;
    put_int(&c->out, '*', from <= to ? to - from + 1 : 0);
    for (; from <= to; from++) put_word(&c->out, store_item(e, (size_t)from));
    return 0;
}

/* ---- Messages -------------------------------------------------------------------------------- */

static int subscribe(client *c, const edo_str *w, size_t n) {
    if (!c->peer) return fail(c, "-ERR the log subscribes nothing\r\n");
    for (size_t i = 1; i < n; i++) {
        int err = pubsub_add(c, w[i]);
        if (err < 0) return c->out.err = err; // the reply is half true
        put_text(&c->out, "*3\r\n$9\r\nsubscribe\r\n");
        put_word(&c->out, w[i]);
        put_int(&c->out, ':', (long long)c->channels);
    }
    return 0;
}

static int unsubscribe(client *c, const edo_str *w, size_t n) {
    size_t i = 1;
    do {
        put_text(&c->out, "*3\r\n$11\r\nunsubscribe\r\n");
        if (n > 1)
            pubsub_remove(c, w[i]), put_word(&c->out, w[i]);
        else if (!pubsub_remove_any(c, &c->out))
            put_nil(&c->out);
        put_int(&c->out, ':', (long long)c->channels);
    } while (n > 1 ? ++i < n : c->channels > 0);
    return 0;
}

static int publish(client *c, const edo_str *w, size_t n) {
    (void)n;
    int told = pubsub_send(w[1], w[2]);
    return told < 0 ? fail(c, "-ERR message is too large\r\n") : integer(c, told);
}

/* ---- The connection -------------------------------------------------------------------------- */

static int ping(client *c, const edo_str *w, size_t n) {
    if (c->channels > 0) put_text(&c->out, "*2\r\n$4\r\npong\r\n");
    if (n > 1 || c->channels > 0)
        put_word(&c->out, n > 1 ? w[1] : EDO_STR(""));
    else
        put_text(&c->out, "+PONG\r\n");
    return 0;
}

static int echo(client *c, const edo_str *w, size_t n) {
    (void)n;
    put_word(&c->out, w[1]);
    return 0;
}

static int select_db(client *c, const edo_str *w, size_t n) {
    (void)n;
    return is(w[1], "0") ? ok(c) : fail(c, "-ERR DB index is out of range\r\n");
}

static int info(client *c, const edo_str *w, size_t n) {
    (void)w, (void)n;
    char text[200];
    int len = snprintf(text, sizeof text,
                       "# Server\r\nredis_version:7.0.0\r\nredis_mode:standalone\r\n"
                       "# Keyspace\r\ndb0:keys=%zu\r\n",
                       store_len());
    put_word(&c->out, (edo_str){ text, (size_t)len });
    return 0;
}

static int config(client *c, const edo_str *w, size_t n) { // no parameter is known
    if (n != 3 || !is(w[1], "GET")) return fail(c, "-ERR only CONFIG GET parameter is known\r\n");
    put_int(&c->out, '*', 2);
    put_word(&c->out, w[2]);
    put_word(&c->out, EDO_STR(""));
    return 0;
}

static int command(client *c, const edo_str *w, size_t n) { // clients do without the list
    (void)w, (void)n;
    put_int(&c->out, '*', 0);
    return 0;
}

static int hello(client *c, const edo_str *w, size_t n) {
    if (n > 1 && !is(w[1], "2")) return fail(c, "-NOPROTO unsupported protocol version\r\n");
    put_text(&c->out, "*4\r\n$6\r\nserver\r\n$10\r\nmini_redis\r\n$5\r\nproto\r\n:2\r\n");
    return 0;
}

static int client_set(client *c, const edo_str *w, size_t n) {
    (void)n;
    if (is(w[1], "SETNAME") || is(w[1], "SETINFO")) return ok(c);
    return fail(c, "-ERR only CLIENT SETNAME and SETINFO are known\r\n");
}

static int quit(client *c, const edo_str *w, size_t n) {
    (void)w, (void)n;
    (void)ok(c);
    return -EDO_ECLOSED;
}

/* ---- All of them ----------------------------------------------------------------------------- */

typedef struct command_row {
    char name[16];
    int words; // how many it has; negative: at least
    command_fn *run;
    bool of_subscribers; // clients that subscribe a channel may send it
} command_row;

static const command_row commands[] = {
    { "GET", 2, get, false },
    { "SET", -3, set, false },
    { "INCR", 2, incr, false },
    { "DECR", 2, decr, false },
    { "INCRBY", 3, incrby, false },
    { "MSET", -3, mset, false },
    { "MGET", -2, mget, false },
    { "DEL", -2, del, false },
    { "EXISTS", -2, exists, false },
    { "EXPIRE", 3, expire, false },
    { "PEXPIRE", 3, pexpire, false },
    { "PEXPIREAT", 3, pexpireat, false },
    { "TTL", 2, ttl, false },
    { "PTTL", 2, pttl, false },
    { "PERSIST", 2, persist, false },
    { "LPUSH", -3, lpush, false },
    { "RPUSH", -3, rpush, false },
    { "LPOP", 2, lpop, false },
    { "RPOP", 2, rpop, false },
    { "LLEN", 2, llen, false },
    { "LRANGE", 4, lrange, false },
    { "SUBSCRIBE", -2, subscribe, true },
    { "UNSUBSCRIBE", -1, unsubscribe, true },
    { "PUBLISH", 3, publish, false },
    { "PING", -1, ping, true },
    { "ECHO", 2, echo, false },
    { "SELECT", 2, select_db, false },
    { "DBSIZE", 1, dbsize, false },
    { "FLUSHALL", -1, flushall, false },
    { "INFO", -1, info, false },
    { "CONFIG", -2, config, false },
    { "COMMAND", -1, command, false },
    { "HELLO", -1, hello, false },
    { "CLIENT", -2, client_set, false },
    { "QUIT", -1, quit, true },
};

static const command_row *find_command(edo_str word) {
    for (size_t i = 0; i < EDO_COUNT(commands); i++)
        if (is(word, commands[i].name)) return &commands[i];
    return NULL;
}

static int run(client *c, const edo_str *w, size_t n) {
    const command_row *row = find_command(w[0]);
    if (!row) return fail(c, "-ERR unknown command\r\n");
    if (row->words > 0 ? n != (size_t)row->words : n < (size_t)-row->words)
        return fail(c, "-ERR wrong number of arguments\r\n");
    if (c->channels > 0 && !row->of_subscribers)
        return fail(c, "-ERR only SUBSCRIBE, UNSUBSCRIBE, PING and QUIT in this context\r\n");
    int err = row->run(c, w, n);
    return err == -ENOMEM ? fail(c, "-ERR out of memory\r\n") : err;
}

int run_commands(client *c) {
    static request r; // lock: store_lock
    // the log's form of a request may be longer than what the client sent: PEXPIREAT for PEXPIRE
    size_t done = 0, most = c->peer ? REQUEST_MAX : 2 * REQUEST_MAX;
    int n = 1;
    while (n > 0 && c->out.buf.len < REPLIES_MAX) {
        n = read_request(&r, (edo_str){ c->in.ptr + done, c->in.len - done }, most);
        if (n > 0) done += (size_t)n;
        if (n > 0 && r.n > 0 && run(c, r.words, r.n) < 0) n = -EDO_ECLOSED;
    }
    if (n == -EPROTO || n == -EMSGSIZE)
        (void)fail(c,
                   n == -EPROTO ? "-ERR Protocol error\r\n" : "-ERR Protocol error: too large\r\n");
    edo_bytes run = edo_buf_take(&c->in, done);
    edo_bytes_unref(&run);
    return n;
}
