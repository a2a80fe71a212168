/* SPDX-License-Identifier: MIT */
/* items.c: commands about hashes, lists and sets. */
#include "inside.h"
#include "server.h"

#include <edo/str.h>

#include <math.h>
#include <string.h>

/* The key of the first argument, which is made if it is not there; NULL: it is of another kind. */
static small_key *look_or_add(small_call *call, small_kind kind) {
    small_key *k;
    if (!small_look_for(call, call->args[1], kind, &k)) return NULL;
    return k ? k : small_keys_add(&call->r->keys, call->c->db, call->args[1], kind);
}

static bool look_in(small_call *call, small_kind kind, small_key **out) {
    return small_look_for(call, call->args[1], kind, out);
}

/* Says how many items of one kind there are. */
static void say_count(small_call *call, small_kind kind) {
    small_key *k;
    if (look_in(call, kind, &k)) say_int(call->out, k ? (int64_t)k->items_n : 0);
}

/* Takes out the items of the arguments behind the key, and says how many were there. */
static void take_items(small_call *call, small_kind kind) {
    small_key *k;
    int64_t n = 0;
    if (!look_in(call, kind, &k)) return;
    for (size_t i = 2; k && i < call->n; i++) {
        small_item *item = small_key_find(k, call->args[i]);
        if (!item) continue;
        small_key_remove(k, item);
        n++;
    }
    if (n > 0) small_note_change(call, call->args[1]);
    if (k) small_drop_if_empty(call, k);
    say_int(call->out, n);
}

static void say_has(small_call *call, small_kind kind) {
    small_key *k;
    if (look_in(call, kind, &k)) say_int(call->out, k && small_key_find(k, call->args[2]));
}

/* ---- Hashes ---------------------------------------------------------------------------------- */

static bool set_field(small_key *k, edo_str field, edo_str value) {
    small_item *item = small_key_find(k, field);
    const bool is_new = !item;
    if (is_new) item = small_key_add(k, field, false);
    small_text_set(&item->value, value);
    return is_new;
}

static void do_hset(small_call *call) {
    int64_t n = 0;
    if (call->n % 2 != 0) {
        say_wrong_n(call);
        return;
    }
    small_key *k = look_or_add(call, SMALL_HASH);
    if (!k) return;
    for (size_t i = 2; i + 1 < call->n; i += 2) n += set_field(k, call->args[i], call->args[i + 1]);
    small_note_change(call, call->args[1]);
    say_int(call->out, n);
}

static void do_hsetnx(small_call *call) {
    small_key *k = look_or_add(call, SMALL_HASH);
    if (!k) return;
    const bool is_new = !small_key_find(k, call->args[2]);
    if (is_new) {
        (void)set_field(k, call->args[2], call->args[3]);
        small_note_change(call, call->args[1]);
    }
    say_int(call->out, is_new);
}

static void say_field(small_call *call, const small_key *k, edo_str field) {
    const small_item *item = k ? small_key_find(k, field) : NULL;
    if (item)
        say_text(call->out, item->value);
    else
        say_nil(call->out);
}

static void do_hget(small_call *call) {
    small_key *k;
    if (look_in(call, SMALL_HASH, &k)) say_field(call, k, call->args[2]);
}

static void do_hmget(small_call *call) {
    small_key *k;
    if (!look_in(call, SMALL_HASH, &k)) return;
    say_array(call->out, call->n - 2);
    for (size_t i = 2; i < call->n; i++) say_field(call, k, call->args[i]);
}

static void say_fields(small_call *call, bool names, bool values) {
    small_key *k;
    small_item *item;
    if (!look_in(call, SMALL_HASH, &k)) return;
    say_array(call->out, k ? k->items_n * (names + values) : 0);
    if (!k) return;
    TAILQ_FOREACH(item, &k->items, next) {
        if (names) say_text(call->out, item->text);
        if (values) say_text(call->out, item->value);
    }
}

static void do_hgetall(small_call *call) {
    say_fields(call, true, true);
}

static void do_hkeys(small_call *call) {
    say_fields(call, true, false);
}

static void do_hvals(small_call *call) {
    say_fields(call, false, true);
}

static void do_hdel(small_call *call) {
    take_items(call, SMALL_HASH);
}

static void do_hexists(small_call *call) {
    say_has(call, SMALL_HASH);
}

static void do_hlen(small_call *call) {
    say_count(call, SMALL_HASH);
}

static void do_hincrby(small_call *call) {
    int64_t by, was = 0, sum;
    char text[24];
    if (!small_arg_number(call, 3, &by)) return;
    small_key *k = look_or_add(call, SMALL_HASH);
    if (!k) return;
    const small_item *item = small_key_find(k, call->args[2]);
    if (item && !small_number(item->value, &was)) {
        say_error(call->out, "ERR hash value is not an integer");
        return;
    }
    if (__builtin_add_overflow(was, by, &sum)) {
        say_error(call->out, "ERR increment or decrement would overflow");
        return;
    }
    (void)snprintf(text, sizeof text, "%" PRId64, sum);
    (void)set_field(k, call->args[2], edo_str_of(text));
    small_note_change(call, call->args[1]);
    say_int(call->out, sum);
}

/* ---- Lists ----------------------------------------------------------------------------------- */

static void do_push(small_call *call) {
    small_key *k = look_or_add(call, SMALL_LIST);
    if (!k) return;
    for (size_t i = 2; i < call->n; i++)
        (void)small_key_add(k, call->args[i], call->name[0] == 'l');
    small_note_change(call, call->args[1]);
    say_int(call->out, (int64_t)k->items_n);
}

static small_item *end_of_list(const small_key *k, bool is_left) {
    return is_left ? TAILQ_FIRST(&k->items) : TAILQ_LAST(&k->items, small_items);
}

static void pop_items(small_call *call, small_key *k, size_t n) {
    for (; n > 0; n--) {
        small_item *item = end_of_list(k, call->name[0] == 'l');
        say_text(call->out, item->text);
        small_key_remove(k, item);
    }
    small_note_change(call, call->args[1]);
    small_drop_if_empty(call, k);
}

static void do_pop(small_call *call) {
    small_key *k;
    int64_t most = 1;
    if (call->n > 3) {
        say_wrong_n(call);
        return;
    }
    if (call->n == 3 && (!small_number(call->args[2], &most) || most < 0)) {
        say_error(call->out, "ERR value is out of range, must be positive");
        return;
    }
    if (!look_in(call, SMALL_LIST, &k)) return;
    const size_t n = k && (size_t)most > k->items_n ? k->items_n : (size_t)most;
    if (!k && call->n == 3)
        say_no_array(call->out);
    else if (!k)
        say_nil(call->out);
    else if (call->n == 3)
        say_array(call->out, n);
    if (k && n > 0) pop_items(call, k, n);
}

static void do_llen(small_call *call) {
    say_count(call, SMALL_LIST);
}

static void do_lrange(small_call *call) {
    small_key *k;
    int64_t from, to, at = 0;
    if (!small_arg_number(call, 2, &from) || !small_arg_number(call, 3, &to)) return;
    if (!look_in(call, SMALL_LIST, &k)) return;
    const int64_t n = k ? (int64_t)k->items_n : 0;
    from = from < 0 ? from + n : from;
    to = to < 0 ? to + n : to;
    from = from < 0 ? 0 : from;
    to = to >= n ? n - 1 : to;
    say_array(call->out, from <= to ? (size_t)(to - from + 1) : 0);
    if (from > to) return;
    const small_item *item;
    TAILQ_FOREACH(item, &k->items, next) {
        if (at >= from && at <= to) say_text(call->out, item->text);
        at++;
    }
}

/* How long to wait, in seconds; 0: for ever. */
static bool read_patience(small_call *call, double *out) {
    const edo_str text = call->args[call->n - 1];
    char *end;
    *out = strtod(text.ptr, &end);
    if (text.len == 0 || end != text.ptr + text.len || !isfinite(*out)) {
        say_error(call->out, "ERR timeout is not a float or out of range");
        return false;
    }
    if (*out < 0) say_error(call->out, "ERR timeout is negative");
    return *out >= 0;
}

/* Takes from the first list that has something; returns whether it has said something. */
static bool pop_first(small_call *call) {
    for (size_t i = 1; i + 1 < call->n; i++) {
        small_key *k;
        if (!small_look_for(call, call->args[i], SMALL_LIST, &k)) return true;
        if (!k) continue;
        const bool is_left = call->name[1] == 'l';
        small_item *item = end_of_list(k, is_left);
        const edo_str parts[] = { is_left ? EDO_STR("LPOP") : EDO_STR("RPOP"), call->args[i] };
        say_array(call->out, 2);
        say_text(call->out, call->args[i]);
        say_text(call->out, item->text);
        small_key_remove(k, item);
        small_note_change(call, call->args[i]);
        small_drop_if_empty(call, k);
        small_log_as(call, parts, 2);
        return true;
    }
    return false;
}

bool small_serve_one(small_client *c) {
    char name[8];
    (void)edo_str_lower(name, c->blocked.parts[0]);
    small_call call = { .r = c->of,
                        .c = c,
                        .args = c->blocked.parts,
                        .n = c->blocked.n,
                        .out = &c->out,
                        .name = name };
    return pop_first(&call);
}

static void do_bpop(small_call *call) {
    small_client *c = call->c;
    double patience;
    if (!read_patience(call, &patience) || pop_first(call)) return;
    if (call->r->is_exec) {
        say_no_array(call->out);
        return;
    }
    c->blocked.parts = calloc(call->n, sizeof *c->blocked.parts);
    CHECK(c->blocked.parts);
    for (; c->blocked.n < call->n; c->blocked.n++)
        small_text_set(&c->blocked.parts[c->blocked.n], call->args[c->blocked.n]);
    c->blocked_has_end = patience > 0;
    c->blocked_until = edo_instant_add(edo_now(), edo_ns((int64_t)(patience * 1e9)));
    TAILQ_INSERT_TAIL(&call->r->blocked, c, next_blocked);
}

/* ---- Sets ------------------------------------------------------------------------------------ */

static void do_sadd(small_call *call) {
    int64_t n = 0;
    small_key *k = look_or_add(call, SMALL_SET);
    if (!k) return;
    for (size_t i = 2; i < call->n; i++) {
        if (small_key_find(k, call->args[i])) continue;
        (void)small_key_add(k, call->args[i], false);
        n++;
    }
    if (n > 0) small_note_change(call, call->args[1]);
    say_int(call->out, n);
}

static void do_smembers(small_call *call) {
    small_key *k;
    small_item *item;
    if (!look_in(call, SMALL_SET, &k)) return;
    say_array(call->out, k ? k->items_n : 0);
    if (!k) return;
    TAILQ_FOREACH(item, &k->items, next) say_text(call->out, item->text);
}

static void do_srem(small_call *call) {
    take_items(call, SMALL_SET);
}

static void do_sismember(small_call *call) {
    say_has(call, SMALL_SET);
}

static void do_scard(small_call *call) {
    say_count(call, SMALL_SET);
}

const small_row small_rows_of_items[] = {
    { "BLPOP", do_bpop, -3, 0 },
    { "BRPOP", do_bpop, -3, 0 },
    { "HDEL", do_hdel, -3, 0 },
    { "HEXISTS", do_hexists, 3, 0 },
    { "HGET", do_hget, 3, 0 },
    { "HGETALL", do_hgetall, 2, 0 },
    { "HINCRBY", do_hincrby, 4, 0 },
    { "HKEYS", do_hkeys, 2, 0 },
    { "HLEN", do_hlen, 2, 0 },
    { "HMGET", do_hmget, -3, 0 },
    { "HSET", do_hset, -4, 0 },
    { "HSETNX", do_hsetnx, 4, 0 },
    { "HVALS", do_hvals, 2, 0 },
    { "LLEN", do_llen, 2, 0 },
    { "LPOP", do_pop, -2, 0 },
    { "LPUSH", do_push, -3, 0 },
    { "LRANGE", do_lrange, 4, 0 },
    { "RPOP", do_pop, -2, 0 },
    { "RPUSH", do_push, -3, 0 },
    { "SADD", do_sadd, -3, 0 },
    { "SCARD", do_scard, 2, 0 },
    { "SISMEMBER", do_sismember, 3, 0 },
    { "SMEMBERS", do_smembers, 2, 0 },
    { "SREM", do_srem, -3, 0 },
    { NULL, NULL, 0, 0 },
};
