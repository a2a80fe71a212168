/* SPDX-License-Identifier: MIT */
/* redis/batch.c: several commands in one piece: pipelines, transactions, scripts. */
#include "base/error/trail.h"
#include "base/memory/alloc.h"
#include "base/text/sha1.h"
#include "redis/call.h"
#include "redis/wire/reply.h"

#include <edo/error.h>
#include <edo/retry.h>
#include <edo/span.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WATCH_TRIES 16

/* ---- Batches --------------------------------------------------------------------------------- */

static int batch_append(edo_redis_batch *b, edoi_redis_command c) {
    if (c.n > b->room - b->n) {
        size_t room = 2 * b->room > b->n + c.n ? 2 * b->room : b->n + c.n;
        char *bytes = edoi_realloc(b->bytes, room);
        if (!bytes) return -ENOMEM;
        b->bytes = bytes;
        b->room = room;
    }
    memcpy(b->bytes + b->n, c.bytes, c.n);
    b->n += c.n;
    b->commands_n++;
    return 0;
}

/* What may not lie among others keeps them from being sent. In a transaction nothing blocks, but
 * what is between commands has no place in it. */
static int batch_take(edo_redis_batch *b, edoi_redis_command c) {
    bool blocks;
    edoi_redis_need need = edoi_redis_command_need(&c, &blocks);
    if (need == EDOI_REDIS_SHARES || blocks) {
        b->blocks |= blocks;
        return batch_append(b, c);
    }
    char name[EDOI_REDIS_NAME_MAX];
    edoi_redis_command_name(name, &c);
    return edo_fail(-ENOTSUP, "%s: has no place in a batch", name);
}

int edo_redis_batch_add(edo_redis_batch *b, const char *format, ...) {
    edoi_redis_command c;
    va_list args;
    if (b->err < 0) return b->err;
    va_start(args, format);
    b->err = edoi_redis_command_format(&c, format, args);
    va_end(args);
    if (b->err < 0) return edo_fail(b->err, "the format of a command of Redis");
    b->err = batch_take(b, c);
    edoi_redis_command_free(c.bytes);
    return b->err;
}

size_t edo_redis_batch_count(const edo_redis_batch *b) {
    return b->commands_n;
}

void edo_redis_batch_deinit(edo_redis_batch *b) {
    edoi_free(b->bytes);
    *b = (edo_redis_batch){ .bytes = NULL };
}

static char *batch_put(char *to, const char *from, size_t n) {
    memcpy(to, from, n);
    return to + n;
}

/* A copy, for the writer; `is_tx`: between MULTI and EXEC. */
static int batch_copy(edoi_redis_command *out, const edo_redis_batch *b, bool is_tx) {
    edo_str before = is_tx ? EDOI_REDIS_MULTI : EDO_STR("");
    edo_str behind = is_tx ? EDO_STR("*1\r\n$4\r\nEXEC\r\n") : EDO_STR("");
    size_t n = before.len + b->n + behind.len;
    char *bytes = malloc(n); // as hiredis' formatter does
    if (!bytes) return -ENOMEM;
    char *at = batch_put(bytes, before.ptr, before.len);
    at = batch_put(at, b->bytes, b->n);
    (void)batch_put(at, behind.ptr, behind.len);
    *out = (edoi_redis_command){ .bytes = bytes, .n = n, .is_tx = is_tx };
    return 0;
}

/* An array with room for `n` items. */
static edo_redis_reply *array_new(uint32_t n) {
    edo_redis_reply *array = edoi_redis_reply_new(EDO_REDIS_ARRAY);
    if (!array) return NULL;
    array->items = edoi_calloc(n, sizeof(edo_redis_reply *));
    array->items_room = n;
    if (array->items) return array;
    edo_redis_reply_free(array);
    return NULL;
}

/* Sends a batch; its replies, in an array, are the caller's. */
static int batch_send(edo_redis *r, edo_redis_reply **out, const edo_redis_batch *b, bool is_tx) {
    edoi_redis_command c = { .bytes = NULL };
    uint32_t n = b->commands_n + (is_tx ? 2 : 0);
    edo_redis_reply *array = array_new(n);
    int err = array ? batch_copy(&c, b, is_tx) : -ENOMEM;
    if (err == 0)
        err = edoi_redis_call(r, array->items, n, c, b->blocks && !is_tx,
                              is_tx ? "MULTI" : "PIPELINE");
    if (err < 0) {
        edo_redis_reply_free(array);
        return err;
    }
    while (array->items_n < n && array->items[array->items_n]) array->items_n++;
    *out = array;
    return 0;
}

/* The first error among the items; NULL: none. */
static const edo_redis_reply *array_error(const edo_redis_reply *array) {
    for (size_t i = 0; i < edo_redis_reply_count(array); i++) {
        const edo_redis_reply *item = edo_redis_reply_at(array, i);
        if (item->kind == EDO_REDIS_ERROR) return item;
    }
    return NULL;
}

/* Gives the caller the replies; or, if it does not want them, the first error among them. */
static int array_give(edo_redis *r, edo_redis_reply **out, edo_redis_reply *array,
                      const char *what) {
    const edo_redis_reply *error = array_error(array);
    if (out) {
        *out = array;
        return 0;
    }
    int err = error ? edoi_redis_fail_reply(r->place, error, what) : 0;
    edo_redis_reply_free(array);
    return err;
}

int edo_redis_pipeline(edo_redis *r, edo_redis_reply **out, const edo_redis_batch *b) {
    edo_redis_reply *array = NULL;
    int err = edo_budget_consume();
    if (err < 0) return err;
    if (b->err < 0) return b->err;
    if (b->commands_n == 0) return edo_fail(-EINVAL, "the batch is empty");
    err = b->blocks ? edoi_redis_refuse(r, EDOI_REDIS_OWN, "a batch that blocks") : 0;
    if (err == 0) err = batch_send(r, &array, b, false);
    return err < 0 ? edo_fail(err, "a batch of %u commands", (unsigned)b->commands_n)
                   : array_give(r, out, array, "a command of a batch");
}

/* ---- Transactions ---------------------------------------------------------------------------- */

/* Takes the array of EXEC out of all replies, which it frees. There is but one if MULTI was refused
 * before the rest was sent. */
static int exec_result(edo_redis *r, edo_redis_reply **out, edo_redis_reply *all) {
    uint32_t last = all->items_n - 1;
    edo_redis_reply *exec = all->items[last];
    // the error of a command says more than EXECABORT
    const edo_redis_reply *error = array_error(all);
    int err = 0;
    if (error)
        err = edoi_redis_fail_reply(r->place, error, "a transaction");
    else if (exec->kind == EDO_REDIS_NIL)
        err = -EAGAIN;
    else if (exec->kind != EDO_REDIS_ARRAY)
        err = -EPROTO;
    all->items_n = err < 0 ? all->items_n : last;
    edo_redis_reply_free(all);
    return err < 0 ? err : array_give(r, out, exec, "a command of a transaction");
}

int edo_redis_tx(edo_redis *r, edo_redis_reply **out, const edo_redis_batch *b) {
    edo_redis_reply *all;
    int err = edo_budget_consume();
    if (err < 0) return err;
    if (b->err < 0) return b->err;
    if (b->commands_n == 0) return edo_fail(-EINVAL, "the transaction is empty");
    err = batch_send(r, &all, b, true);
    if (err == 0) err = exec_result(r, out, all);
    return edo_fail(err, "a transaction of %u commands", (unsigned)b->commands_n);
}

static int tx_watch(edo_redis *own, const edo_str *keys, size_t n) {
    edo_str *parts = edoi_calloc(n + 1, sizeof *parts);
    if (!parts) return -ENOMEM;
    parts[0] = EDO_STR("WATCH");
    memcpy(parts + 1, keys, n * sizeof *keys);
    int err = edo_redis_argv(own, NULL, parts, n + 1);
    edoi_free(parts);
    return err;
}

/* What edo_redis_run_tx() was asked for. */
typedef struct tx {
    edo_redis_reply **out;
    const edo_str *keys;
    size_t n;
    edo_redis_tx_fn *fn;
    void *arg;
} tx;

/* How a try has ended. */
typedef enum tx_end {
    TX_UNBEGUN, /* WATCH has failed; `fn` was not called */
    TX_LEFT,    /* without an EXEC that has succeeded: the keys may still be watched */
    TX_CHANGED, /* a key has changed; `fn` may have an -EAGAIN of its own */
    TX_DONE,    /* by EXEC: nothing is begun on the connection */
} tx_end;

static int tx_try(const tx *t, edo_redis *own, tx_end *end) {
    edo_redis_batch b = { .bytes = NULL };
    bool was_changed = own->is_changed; // by `fn` in a try before this one
    int err = tx_watch(own, t->keys, t->n);
    *end = err < 0 ? TX_UNBEGUN : TX_LEFT;
    own->is_changed = was_changed; // but for WATCH, which EXEC ends
    if (err == 0) err = t->fn(t->arg, own, &b);
    if (err >= 0 && (b.commands_n > 0 || b.err < 0)) {
        err = edo_redis_tx(own, t->out, &b);
        if (err == 0) *end = own->is_changed ? TX_LEFT : TX_DONE;
        if (err == -EAGAIN) *end = TX_CHANGED;
    } else if (err >= 0 && t->out) {
        *t->out = NULL;
    }
    edo_redis_batch_deinit(&b);
    return err < 0 ? err : 0;
}

/* May a kept connection, on which WATCH has failed so, be lost? */
static bool tx_is_lost(int err) {
    return err != -ECANCELED && err != -ENOMEM && err != -EDO_EREDIS;
}

/* The first try: over the connection that is kept, unless it turns out to be lost, or a new one. */
static int tx_begin(const tx *t, edo_redis *r, edo_redis **own, tx_end *end) {
    int err = 0;
    *own = edoi_redis_link_take(r);
    if (*own) err = tx_try(t, *own, end);
    if (*own && (*end != TX_UNBEGUN || !tx_is_lost(err))) return err;
    if (*own) edo_trail_clear(); // of what is made up for
    edo_redis_close(*own);
    *own = NULL;
    err = edo_redis_acquire(own, r);
    return err < 0 ? err : tx_try(t, *own, end);
}

static int redis_tx_run(const tx *t, edo_redis *r, edo_backoff *pauses) {
    edo_redis *own = NULL;
    tx_end end = TX_UNBEGUN;
    int err = tx_begin(t, r, &own, &end);
    for (int i = 1; i < WATCH_TRIES && end == TX_CHANGED; i++) {
        edo_trail_clear();
        err = edo_sleep(edo_backoff_next(pauses));
        if (err < 0) break;
        err = tx_try(t, own, &end);
    }
    if (end != TX_DONE || !edoi_redis_link_keep(r, own)) edo_redis_close(own);
    return err;
}

int edo_redis_run_tx(edo_redis *r, edo_redis_reply **out, const edo_str *keys, size_t n,
                     edo_redis_tx_fn *fn, void *arg) {
    const tx t = { .out = out, .keys = keys, .n = n, .fn = fn, .arg = arg };
    edo_backoff pauses;
    if (n == 0) return edo_fail(-EINVAL, "no key to watch");
    int err = edo_budget_consume();
    if (err == 0)
        err = edo_backoff_init(&pauses, &(edo_backoff_opts){ .kind = EDO_BACKOFF_FULL,
                                                             .pause_min = edo_ms(1),
                                                             .pause_max = edo_ms(50) });
    if (err < 0) return err;
    EDO_SPAN(span,
             edo_span_new(EDO_LEVEL_DEBUG, "redis", edo_span_current(),
                          (EDO_KV("db.system.name", "redis"), EDO_KV("keys", n)), "transaction"));
    (void)edo_rc_ref(r); // it may be closed meanwhile
    edoi_trail_kept kept = edoi_trail_keep();
    err = edoi_trail_kept_end(kept, redis_tx_run(&t, r, &pauses));
    edo_rc_unref(r);
    return edo_span_end(&span, err);
}

/* ---- Scripts --------------------------------------------------------------------------------- */

#define SHA_DIGITS (2 * EDOI_SHA1_BYTES)

static void script_name(char out[SHA_DIGITS + 1], edo_str source) {
    unsigned char digest[EDOI_SHA1_BYTES];
    edoi_sha1(digest, source);
    (void)edo_hex_encode(out, (edo_str){ (const char *)digest, sizeof digest });
}

static int script_send(edo_redis *r, edo_redis_reply **out, edo_str *parts, size_t n,
                       edo_str source) {
    char name[SHA_DIGITS + 1];
    script_name(name, source);
    parts[0] = EDO_STR("EVALSHA");
    parts[1] = edo_str_of(name);
    int err = edo_redis_argv(r, out, parts, n);
    if (err != -EDO_EREDIS) return err;
    const char *code = edo_redis_get_error();
    if (*code == '\0') return -ENOMEM; // of the trail, so this may be NOSCRIPT
    if (strcmp(code, "NOSCRIPT") != 0) return err;
    edo_trail_clear();
    parts[0] = EDO_STR("EVAL"); // which makes the server keep it
    parts[1] = source;
    return edo_redis_argv(r, out, parts, n);
}

int edo_redis_script(edo_redis *r, edo_redis_reply **out, const char *source, const edo_str *keys,
                     size_t keys_n, const edo_str *args, size_t args_n) {
    char count[24];
    size_t n = 3 + keys_n + args_n;
    edo_str *parts = edoi_calloc(n, sizeof *parts);
    if (!parts) return -ENOMEM;
    (void)snprintf(count, sizeof count, "%zu", keys_n);
    parts[2] = edo_str_of(count);
    if (keys_n > 0) memcpy(parts + 3, keys, keys_n * sizeof *keys);
    if (args_n > 0) memcpy(parts + 3 + keys_n, args, args_n * sizeof *args);
    edoi_trail_kept kept = edoi_trail_keep();
    int err = edoi_trail_kept_end(kept, script_send(r, out, parts, n, edo_str_of(source)));
    edoi_free(parts);
    return err;
}
