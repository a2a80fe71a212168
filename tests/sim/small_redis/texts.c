/* SPDX-License-Identifier: MIT */
/* texts.c: commands about texts and numbers. */
#include "ends.h"
#include "inside.h"
#include "server.h"

#include <edo/str.h>

#include <string.h>

/* ---- Setting --------------------------------------------------------------------------------- */

/* The key of the first argument gets a text, whatever it was. */
static small_key *put_text(small_call *call, edo_str name, edo_str text, bool keeps_end) {
    small_key *k = small_look(call, name);
    const int64_t end_ms = k && keeps_end ? k->end_ms : 0;
    if (k && k->kind != SMALL_TEXT) {
        small_keys_remove(&call->r->keys, call->c->db, k);
        k = NULL;
    }
    if (!k) k = small_keys_add(&call->r->keys, call->c->db, name, SMALL_TEXT);
    small_text_set(&k->text, text);
    k->end_ms = end_ms;
    small_note_change(call, name);
    return k;
}

typedef struct set_opts {
    bool if_new, if_old, gets, keeps, persists;
    int64_t end_ms; /* 0: none */
} set_opts;

/* Which unit of time does an option have? 0: it is none. */
static int64_t time_unit(edo_str option, bool *is_absolute) {
    *is_absolute = small_is(option, "EXAT") || small_is(option, "PXAT");
    if (small_is(option, "EX") || small_is(option, "EXAT")) return 1000;
    return small_is(option, "PX") || small_is(option, "PXAT") ? 1 : 0;
}

/* From part `at` on; `of_set`: of SET, else of GETEX. */
static bool set_opts_read(small_call *call, size_t at, bool of_set, set_opts *o) {
    size_t end_at = 0;
    int64_t unit = 0;
    bool is_absolute = false;
    *o = (set_opts){ .end_ms = 0 };
    for (size_t i = at; i < call->n; i++) {
        bool absolute;
        const edo_str a = call->args[i];
        const int64_t u = time_unit(a, &absolute);
        if (of_set && small_is(a, "NX") && !o->if_old) {
            o->if_new = true;
        } else if (of_set && small_is(a, "XX") && !o->if_new) {
            o->if_old = true;
        } else if (of_set && small_is(a, "GET")) {
            o->gets = true;
        } else if (of_set && small_is(a, "KEEPTTL") && end_at == 0) {
            o->keeps = true;
        } else if (!of_set && small_is(a, "PERSIST") && end_at == 0) {
            o->persists = true;
        } else if (u > 0 && end_at == 0 && !o->keeps && !o->persists && i + 1 < call->n) {
            unit = u;
            is_absolute = absolute;
            end_at = ++i;
        } else {
            say_syntax(call);
            return false;
        }
    }
    return end_at == 0 || small_end_of(call, end_at, unit, is_absolute, false, &o->end_ms);
}

/* Sets the text of the first argument, with an end or none, and logs that. */
static void put_with_end(small_call *call, edo_str text, const set_opts *o) {
    char end[24];
    small_key *k = put_text(call, call->args[1], text, o->keeps);
    if (o->end_ms > 0) k->end_ms = o->end_ms;
    (void)snprintf(end, sizeof end, "%" PRId64, k->end_ms);
    const edo_str parts[] = { EDO_STR("SET"), call->args[1], text, EDO_STR("PXAT"),
                              edo_str_of(end) };
    small_log_as(call, parts, k->end_ms > 0 ? 5 : 3);
}

static void do_set(small_call *call) {
    set_opts o;
    small_key *k = NULL;
    if (!set_opts_read(call, 3, true, &o)) return;
    if (o.gets && !small_look_for(call, call->args[1], SMALL_TEXT, &k)) return;
    if (o.gets) say_key_text(call, k);
    k = small_look(call, call->args[1]);
    if (k ? o.if_new : o.if_old) {
        if (!o.gets) say_nil(call->out);
        return;
    }
    put_with_end(call, call->args[2], &o);
    if (!o.gets) say_status(call->out, "OK");
}

static void do_setex(small_call *call) {
    set_opts o = { .end_ms = 0 };
    if (!small_end_of(call, 2, call->name[0] == 'p' ? 1 : 1000, false, false, &o.end_ms)) return;
    put_with_end(call, call->args[3], &o);
    say_status(call->out, "OK");
}

static void do_setnx(small_call *call) {
    const bool is_new = !small_look(call, call->args[1]);
    if (is_new) (void)put_text(call, call->args[1], call->args[2], false);
    say_int(call->out, is_new);
}

static void do_mset(small_call *call) {
    if (call->n % 2 == 0) {
        say_wrong_n(call);
        return;
    }
    for (size_t i = 1; i + 1 < call->n; i += 2)
        (void)put_text(call, call->args[i], call->args[i + 1], false);
    say_status(call->out, "OK");
}

/* ---- Getting --------------------------------------------------------------------------------- */

static void do_get(small_call *call) {
    small_key *k;
    if (small_look_for(call, call->args[1], SMALL_TEXT, &k)) say_key_text(call, k);
}

static void do_mget(small_call *call) {
    say_array(call->out, call->n - 1);
    for (size_t i = 1; i < call->n; i++) {
        const small_key *k = small_look(call, call->args[i]);
        say_key_text(call, k && k->kind == SMALL_TEXT ? k : NULL);
    }
}

static void do_getset(small_call *call) {
    small_key *k;
    if (!small_look_for(call, call->args[1], SMALL_TEXT, &k)) return;
    say_key_text(call, k);
    (void)put_text(call, call->args[1], call->args[2], false);
}

static void do_getdel(small_call *call) {
    small_key *k;
    if (!small_look_for(call, call->args[1], SMALL_TEXT, &k)) return;
    say_key_text(call, k);
    if (k) small_drop(call, k);
}

static void do_getex(small_call *call) {
    set_opts o;
    small_key *k;
    if (!set_opts_read(call, 2, false, &o)) return;
    if (!small_look_for(call, call->args[1], SMALL_TEXT, &k)) return;
    say_key_text(call, k);
    if (!k) return;
    if (o.end_ms > 0) small_set_end(call, k, o.end_ms);
    if (o.persists && k->end_ms > 0) {
        const edo_str parts[] = { EDO_STR("PERSIST"), call->args[1] };
        k->end_ms = 0;
        small_note_change(call, call->args[1]);
        small_log_as(call, parts, 2);
    }
}

static void do_strlen(small_call *call) {
    small_key *k;
    if (!small_look_for(call, call->args[1], SMALL_TEXT, &k)) return;
    say_int(call->out, k ? (int64_t)k->text.len : 0);
}

/* ---- Changing -------------------------------------------------------------------------------- */

static void do_append(small_call *call) {
    small_key *k;
    edo_buf all = { 0 };
    if (!small_look_for(call, call->args[1], SMALL_TEXT, &k)) return;
    if (k) CHECK_EQ(edo_buf_append(&all, k->text.ptr, k->text.len), 0);
    CHECK_EQ(edo_buf_append(&all, call->args[2].ptr, call->args[2].len), 0);
    (void)put_text(call, call->args[1], edo_buf_str(&all), true);
    say_int(call->out, (int64_t)all.len);
    edo_buf_deinit(&all);
}

static void add_number(small_call *call, int64_t by) {
    small_key *k;
    int64_t was = 0, sum;
    char text[24];
    if (!small_look_for(call, call->args[1], SMALL_TEXT, &k)) return;
    if (k && !small_number(k->text, &was)) {
        say_error(call->out, "ERR value is not an integer or out of range");
        return;
    }
    if (__builtin_add_overflow(was, by, &sum)) {
        say_error(call->out, "ERR increment or decrement would overflow");
        return;
    }
    (void)snprintf(text, sizeof text, "%" PRId64, sum);
    (void)put_text(call, call->args[1], edo_str_of(text), true);
    say_int(call->out, sum);
}

static void do_incr(small_call *call) {
    add_number(call, 1);
}

static void do_decr(small_call *call) {
    add_number(call, -1);
}

static void do_incrby(small_call *call) {
    int64_t by;
    if (small_arg_number(call, 2, &by)) add_number(call, by);
}

static void do_decrby(small_call *call) {
    int64_t by;
    if (!small_arg_number(call, 2, &by)) return;
    if (by == INT64_MIN)
        say_error(call->out, "ERR decrement would overflow");
    else
        add_number(call, -by);
}

const small_row small_rows_of_texts[] = {
    { "APPEND", do_append, 3, 0 }, { "DECR", do_decr, 2, 0 },     { "DECRBY", do_decrby, 3, 0 },
    { "GET", do_get, 2, 0 },       { "GETDEL", do_getdel, 2, 0 }, { "GETEX", do_getex, -2, 0 },
    { "GETSET", do_getset, 3, 0 }, { "INCR", do_incr, 2, 0 },     { "INCRBY", do_incrby, 3, 0 },
    { "MGET", do_mget, -2, 0 },    { "MSET", do_mset, -3, 0 },    { "PSETEX", do_setex, 4, 0 },
    { "SET", do_set, -3, 0 },      { "SETEX", do_setex, 4, 0 },   { "SETNX", do_setnx, 3, 0 },
    { "STRLEN", do_strlen, 2, 0 }, { NULL, NULL, 0, 0 },
};
