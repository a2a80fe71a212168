/* SPDX-License-Identifier: MIT */
/* server.c: see server.h: how commands are found, queued and logged. */
#include "server.h"

#include "inside.h"

#include <edo/str.h>

#include <string.h>

/* ---- What commands need ---------------------------------------------------------------------- */

bool small_is(edo_str word, const char *name) {
    return edo_str_equal_nocase(word, edo_str_of(name));
}

bool small_number(edo_str text, int64_t *out) {
    char again[24];
    if (edo_str_int(out, text) < 0) return false;
    (void)snprintf(again, sizeof again, "%" PRId64, *out);
    return edo_str_equal(text, edo_str_of(again));
}

bool small_arg_number(small_call *call, size_t i, int64_t *out) {
    if (small_number(call->args[i], out)) return true;
    say_error(call->out, "ERR value is not an integer or out of range");
    return false;
}

void say_syntax(small_call *call) {
    say_error(call->out, "ERR syntax error");
}

void say_wrong_n(small_call *call) {
    say_error(call->out, "ERR wrong number of arguments for '%s' command", call->name);
}

void say_key_text(small_call *call, const small_key *key) {
    if (key)
        say_text(call->out, key->text);
    else
        say_nil(call->out);
}

/* ---- Changes --------------------------------------------------------------------------------- */

static void outdate_watchers(const small_redis *r, int db, edo_str name) {
    small_client *c;
    small_name *w;
    TAILQ_FOREACH(c, &r->clients, next)
    TAILQ_FOREACH(w, &c->watched, next)
    if (w->db == db && edo_str_equal(w->text, name)) c->is_outdated = true;
}

/* What EXEC changes is logged between MULTI and EXEC. */
static void log_parts(const small_call *call, const edo_str *parts, size_t n) {
    static const edo_str multi[] = { { "MULTI", 5 } };
    small_redis *r = call->r;
    if (r->is_loading) return;
    if (r->is_exec && !r->is_exec_logged) small_log_add(&r->log, call->c->db, multi, 1);
    r->is_exec_logged = r->is_exec;
    small_log_add(&r->log, call->c->db, parts, n);
}

void small_note_change(small_call *call, edo_str name) {
    call->has_changed = true;
    outdate_watchers(call->r, call->c->db, name);
}

void small_log_as(small_call *call, const edo_str *parts, size_t n) {
    call->is_logged = true;
    log_parts(call, parts, n);
}

void small_drop(small_call *call, small_key *key) {
    small_note_change(call, key->name);
    small_keys_remove(&call->r->keys, call->c->db, key);
}

void small_drop_if_empty(small_call *call, small_key *key) {
    if (key->items_n == 0) small_keys_remove(&call->r->keys, call->c->db, key);
}

/* A key whose time has come goes when somebody looks for it, and the log has that before all that
 * rests on it. */
small_key *small_look(small_call *call, edo_str name) {
    small_redis *r = call->r;
    small_key *k = small_keys_find(&r->keys, call->c->db, name);
    if (!k || r->is_loading || k->end_ms == 0 || k->end_ms > small_now_ms()) return k;
    const edo_str parts[] = { EDO_STR("DEL"), name };
    log_parts(call, parts, 2);
    outdate_watchers(r, call->c->db, name);
    small_keys_remove(&r->keys, call->c->db, k);
    return NULL;
}

bool small_look_for(small_call *call, edo_str name, small_kind kind, small_key **out) {
    *out = small_look(call, name);
    if (!*out || (*out)->kind == kind) return true;
    say_error(call->out, "WRONGTYPE Operation against a key holding the wrong kind of value");
    return false;
}

/* ---- Dispatch -------------------------------------------------------------------------------- */

static const small_row *row_find(const small_row *rows, edo_str name) {
    for (; rows->name; rows++)
        if (small_is(name, rows->name)) return rows;
    return NULL;
}

static const small_row rows_of_multi[6];

static const small_row *row_of(edo_str name) {
    const small_row *const parts[] = { rows_of_multi, small_rows_of_talk, small_rows_of_keys,
                                       small_rows_of_texts, small_rows_of_items };
    const small_row *row = NULL;
    for (size_t i = 0; i < EDO_COUNT(parts) && !row; i++) row = row_find(parts[i], name);
    return row;
}

static void say_unknown(small_call *call) {
    char args[300];
    size_t at = 0;
    args[0] = '\0';
    for (size_t i = 1; i < call->n && at < 128; i++)
        at += (size_t)snprintf(args + at, sizeof args - at, "'%.*s' ", (int)(128 - at),
                               call->args[i].ptr);
    say_error(call->out, "ERR unknown command '%.128s', with args beginning with: %s",
              call->args[0].ptr, args);
}

static void row_run(const small_row *row, small_call *call) {
    row->fn(call);
    if (call->has_changed && !call->is_logged) log_parts(call, call->args, call->n);
}

/* Says why a command is refused before it is run, or queued. */
static bool row_refuses(const small_row *row, small_call *call) {
    const small_client *c = call->c;
    const size_t least = row ? (size_t)(row->arity < 0 ? -row->arity : row->arity) : 0;
    if (!row) {
        say_unknown(call);
    } else if (row->arity < 0 ? call->n < least : call->n != least) {
        say_wrong_n(call);
    } else if (!c->is_in && !(row->flags & SMALL_BEFORE_LOGIN)) {
        say_error(call->out, "NOAUTH Authentication required.");
    } else if (c->subs_n > 0 && !(row->flags & SMALL_WHILE_SUBSCRIBED)) {
        say_error(call->out,
                  "ERR Can't execute '%s': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / "
                  "RESET are allowed in this context",
                  call->name);
    } else {
        return false;
    }
    return true;
}

static void queue_command(small_client *client, small_command *c) {
    client->queued = realloc(client->queued, (client->queued_n + 1) * sizeof *client->queued);
    CHECK(client->queued);
    client->queued[client->queued_n++] = *c;
    *c = (small_command){ .n = 0 };
    say_status(&client->out, "QUEUED");
}

static void lower_name(char out[32], edo_str name) {
    size_t n = name.len < 31 ? name.len : 31;
    (void)edo_str_lower(out, (edo_str){ name.ptr, n });
    out[n] = '\0';
}

void small_do(small_client *client, small_command *c) {
    char name[32];
    lower_name(name, c->parts[0]);
    small_call call = {
        .r = client->of, .c = client, .args = c->parts, .n = c->n, .out = &client->out, .name = name
    };
    const small_row *row = row_of(c->parts[0]);
    if (row_refuses(row, &call))
        client->is_refused = true;
    else if (client->is_multi && !(row->flags & SMALL_NEVER_QUEUED))
        queue_command(client, c);
    else
        row_run(row, &call);
    small_serve_blocked(client->of);
    client->out_after = client->of->log.added_n;
}

/* ---- Several commands ------------------------------------------------------------------------ */

static void names_clear(struct small_names *names) {
    small_name *n;
    while ((n = TAILQ_FIRST(names))) {
        TAILQ_REMOVE(names, n, next);
        free((char *)(uintptr_t)n->text.ptr);
        free(n);
    }
}

static void names_watch(small_client *c, edo_str name) {
    small_name *w = calloc(1, sizeof *w);
    CHECK(w);
    small_text_set(&w->text, name);
    w->db = c->db;
    TAILQ_INSERT_TAIL(&c->watched, w, next);
}

void small_multi_end(small_client *c) {
    for (size_t i = 0; i < c->queued_n; i++) small_command_free(&c->queued[i]);
    free(c->queued);
    c->queued = NULL;
    c->queued_n = 0;
    c->is_multi = c->is_refused = c->is_outdated = false;
    names_clear(&c->watched);
}

static void do_multi(small_call *call) {
    if (call->c->is_multi) {
        say_error(call->out, "ERR MULTI calls can not be nested");
        return;
    }
    call->c->is_multi = true;
    call->c->is_refused = false;
    say_status(call->out, "OK");
}

static void do_queued(small_client *c, const small_command *queued) {
    char name[32];
    lower_name(name, queued->parts[0]);
    small_call call = {
        .r = c->of, .c = c, .args = queued->parts, .n = queued->n, .out = &c->out, .name = name
    };
    row_run(row_of(queued->parts[0]), &call);
}

/* Their ends may have come. */
static void look_for_watched(small_call *call) {
    const int db = call->c->db;
    small_name *w;
    TAILQ_FOREACH(w, &call->c->watched, next) {
        call->c->db = w->db;
        (void)small_look(call, w->text);
    }
    call->c->db = db;
}

static void do_exec(small_call *call) {
    static const edo_str exec[] = { { "EXEC", 4 } };
    small_client *c = call->c;
    small_redis *r = call->r;
    look_for_watched(call);
    if (!c->is_multi) {
        say_error(call->out, "ERR EXEC without MULTI");
        return;
    }
    if (c->is_refused) {
        say_error(call->out, "EXECABORT Transaction discarded because of previous errors.");
    } else if (c->is_outdated) {
        say_no_array(call->out);
    } else {
        say_array(call->out, c->queued_n);
        r->is_exec = true;
        for (size_t i = 0; i < c->queued_n; i++) do_queued(c, &c->queued[i]);
        if (r->is_exec_logged) small_log_add(&r->log, c->db, exec, 1);
        r->is_exec = r->is_exec_logged = false;
    }
    small_multi_end(c);
}

static void do_discard(small_call *call) {
    if (!call->c->is_multi) {
        say_error(call->out, "ERR DISCARD without MULTI");
        return;
    }
    small_multi_end(call->c);
    say_status(call->out, "OK");
}

static void do_watch(small_call *call) {
    if (call->c->is_multi) {
        say_error(call->out, "ERR WATCH inside MULTI is not allowed");
        return;
    }
    for (size_t i = 1; i < call->n; i++) {
        (void)small_look(call, call->args[i]); // what has ended before does not count
        names_watch(call->c, call->args[i]);
    }
    say_status(call->out, "OK");
}

static void do_unwatch(small_call *call) {
    names_clear(&call->c->watched);
    call->c->is_outdated = false;
    say_status(call->out, "OK");
}

static const small_row rows_of_multi[6] = {
    { "DISCARD", do_discard, 1, SMALL_NEVER_QUEUED }, { "EXEC", do_exec, 1, SMALL_NEVER_QUEUED },
    { "MULTI", do_multi, 1, SMALL_NEVER_QUEUED },     { "UNWATCH", do_unwatch, 1, 0 },
    { "WATCH", do_watch, -2, SMALL_NEVER_QUEUED },    { NULL, NULL, 0, 0 },
};
