/* SPDX-License-Identifier: MIT */
/* key_commands.c: commands about keys of any kind, and their ends. */
#include "ends.h"
#include "inside.h"
#include "server.h"

#include <edo/str.h>

/* ---- Ends ------------------------------------------------------------------------------------ */

bool small_end_of(small_call *call, size_t at, int64_t unit, bool is_absolute, bool may_be_past,
                  int64_t *out) {
    const int64_t now = is_absolute ? 0 : small_now_ms();
    int64_t n;
    if (!small_arg_number(call, at, &n)) return false;
    if ((!may_be_past && n <= 0) || n > (INT64_MAX - now) / unit || n < -INT64_MAX / unit) {
        say_error(call->out, "ERR invalid expire time in '%s' command", call->name);
        return false;
    }
    *out = n * unit + now;
    return true;
}

void small_set_end(small_call *call, small_key *key, int64_t end_ms) {
    char text[24];
    if (end_ms <= small_now_ms() && !call->r->is_loading) {
        const edo_str parts[] = { EDO_STR("DEL"), call->args[1] };
        small_drop(call, key);
        small_log_as(call, parts, 2);
        return;
    }
    key->end_ms = end_ms;
    (void)snprintf(text, sizeof text, "%" PRId64, end_ms);
    const edo_str parts[] = { EDO_STR("PEXPIREAT"), call->args[1], edo_str_of(text) };
    small_note_change(call, call->args[1]);
    small_log_as(call, parts, 3);
}

static void do_expire(small_call *call) {
    const bool is_ms = call->name[0] == 'p', is_absolute = call->name[is_ms ? 7 : 6] == 'a';
    int64_t end_ms;
    if (call->n > 3) {
        say_error(call->out, "ERR Unsupported option %s", call->args[3].ptr);
        return;
    }
    if (!small_end_of(call, 2, is_ms ? 1 : 1000, is_absolute, true, &end_ms)) return;
    small_key *k = small_look(call, call->args[1]);
    if (k) small_set_end(call, k, end_ms);
    say_int(call->out, k != NULL);
}

static void do_ttl(small_call *call) {
    const bool is_ms = call->name[0] == 'p';
    const small_key *k = small_look(call, call->args[1]);
    const int64_t left = k && k->end_ms > 0 ? k->end_ms - small_now_ms() : 0;
    if (!k || k->end_ms == 0)
        say_int(call->out, k ? -1 : -2);
    else
        say_int(call->out, is_ms ? left : (left + 500) / 1000);
}

static void do_persist(small_call *call) {
    small_key *k = small_look(call, call->args[1]);
    const bool had_end = k && k->end_ms > 0;
    if (had_end) {
        k->end_ms = 0;
        small_note_change(call, call->args[1]);
    }
    say_int(call->out, had_end);
}

/* ---- Keys ------------------------------------------------------------------------------------ */

static void do_del(small_call *call) {
    int64_t n = 0;
    for (size_t i = 1; i < call->n; i++) {
        small_key *k = small_look(call, call->args[i]);
        if (k) small_drop(call, k);
        n += k != NULL;
    }
    say_int(call->out, n);
}

static void do_exists(small_call *call) {
    int64_t n = 0;
    for (size_t i = 1; i < call->n; i++) n += small_look(call, call->args[i]) != NULL;
    say_int(call->out, n);
}

static void do_type(small_call *call) {
    static const char *const names[] = {
        [SMALL_TEXT] = "string", [SMALL_LIST] = "list", [SMALL_HASH] = "hash", [SMALL_SET] = "set"
    };
    const small_key *k = small_look(call, call->args[1]);
    say_status(call->out, k ? names[k->kind] : "none");
}

static void clear_database(small_call *call, int db) {
    small_key *k;
    const int own = call->c->db;
    call->c->db = db;
    while ((k = TAILQ_FIRST(&call->r->keys.all[db]))) small_drop(call, k);
    call->c->db = own;
}

static void do_flush(small_call *call) {
    const bool all = call->name[5] == 'a';
    for (int db = 0; db < SMALL_DATABASES; db++)
        if (all || db == call->c->db) clear_database(call, db);
    say_status(call->out, "OK");
}

/* Is it there, at the moment that a walk comes to it? */
static bool key_is_alive(const small_key *k) {
    return k->end_ms == 0 || k->end_ms > small_now_ms();
}

static void do_dbsize(small_call *call) {
    int64_t n = 0;
    const small_key *k;
    TAILQ_FOREACH(k, &call->r->keys.all[call->c->db], next) n++;
    say_int(call->out, n);
}

static void do_keys(small_call *call) {
    edo_buf names = { 0 };
    size_t n = 0;
    const small_key *k;
    TAILQ_FOREACH(k, &call->r->keys.all[call->c->db], next) {
        if (!key_is_alive(k) || !small_matches(call->args[1], k->name)) continue;
        say_text(&names, k->name);
        n++;
    }
    say_array(call->out, n);
    if (n > 0) CHECK_EQ(edo_buf_append(call->out, names.ptr, names.len), 0);
    edo_buf_deinit(&names);
}

typedef struct scan_opts {
    uint64_t cursor;
    edo_str match;
    int64_t count;
} scan_opts;

static bool scan_opts_read(small_call *call, scan_opts *out) {
    *out = (scan_opts){ .match = EDO_STR("*"), .count = 10 };
    if (edo_str_uint(&out->cursor, call->args[1]) < 0) {
        say_error(call->out, "ERR invalid cursor");
        return false;
    }
    for (size_t i = 2; i < call->n; i += 2) {
        if (small_is(call->args[i], "MATCH") && i + 1 < call->n) {
            out->match = call->args[i + 1];
        } else if (small_is(call->args[i], "COUNT") && i + 1 < call->n) {
            if (!small_arg_number(call, i + 1, &out->count)) return false;
        } else {
            out->count = 0;
        }
        if (out->count < 1) {
            say_syntax(call);
            return false;
        }
    }
    return true;
}

/* The cursor is the serial of the next key, so what is there all the while comes once. */
static void do_scan(small_call *call) {
    scan_opts o;
    edo_buf names = { 0 };
    size_t n = 0;
    char text[24];
    if (!scan_opts_read(call, &o)) return;
    const small_key *k;
    TAILQ_FOREACH(k, &call->r->keys.all[call->c->db], next) {
        if (k->serial < o.cursor) continue;
        if (o.count-- == 0) break;
        if (!key_is_alive(k) || !small_matches(o.match, k->name)) continue;
        say_text(&names, k->name);
        n++;
    }
    (void)snprintf(text, sizeof text, "%" PRIu64, k ? k->serial : 0);
    say_array(call->out, 2);
    say_text(call->out, edo_str_of(text));
    say_array(call->out, n);
    if (n > 0) CHECK_EQ(edo_buf_append(call->out, names.ptr, names.len), 0);
    edo_buf_deinit(&names);
}

const small_row small_rows_of_keys[] = {
    { "DBSIZE", do_dbsize, 1, 0 },
    { "DEL", do_del, -2, 0 },
    { "EXISTS", do_exists, -2, 0 },
    { "EXPIRE", do_expire, -3, 0 },
    { "EXPIREAT", do_expire, -3, 0 },
    { "FLUSHALL", do_flush, 1, 0 },
    { "FLUSHDB", do_flush, 1, 0 },
    { "KEYS", do_keys, 2, 0 },
    { "PERSIST", do_persist, 2, 0 },
    { "PEXPIRE", do_expire, -3, 0 },
    { "PEXPIREAT", do_expire, -3, 0 },
    { "PTTL", do_ttl, 2, 0 },
    { "SCAN", do_scan, -2, 0 },
    { "TTL", do_ttl, 2, 0 },
    { "TYPE", do_type, 2, 0 },
    { "UNLINK", do_del, -2, 0 },
    { NULL, NULL, 0, 0 },
};
