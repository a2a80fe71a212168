/* SPDX-License-Identifier: MIT */
/* redis/redis.c: connections and commands, as programs see them. Nothing that a program or a server
 * has said gets into an error, but the name of the command and the code word of the server's error:
 * a server quotes parameters, and a password may be one. */
#include "base/error/away.h"
#include "redis/call.h"
#include "redis/span.h"
#include "redis/wire/reply.h"

#include <edo/error.h>
#include <edo/scope.h>

#include <errno.h>
#include <string.h>

int edo_redis_connect(edo_redis **out, edo_str url, const edo_redis_opts *opts) {
    edoi_redis_place *place = NULL;
    int err = edo_budget_consume();
    if (err == 0) err = edoi_redis_place_new(&place, url, opts);
    if (err < 0) return err;
    err = edoi_redis_link_new(out, place, false, !place->opts.lazy);
    edo_rc_unref(place);
    return err;
}

int edo_redis_acquire(edo_redis **out, edo_redis *r) {
    int err = edo_budget_consume();
    return err < 0 ? err : edoi_redis_link_new(out, r->place, true, true);
}

/* Once it is closed it keeps nothing any more. */
void edo_redis_close(edo_redis *r) {
    for (edo_redis *kept; r; r = kept) {
        edoi_redis_link_close(r);
        kept = edoi_redis_link_take(r);
        edo_rc_unref(r);
    }
}

/* ---- Errors ---------------------------------------------------------------------------------- */

/* What the trail has beside the line. */
typedef struct redis_payload {
    char code[EDO_REDIS_CODE_MAX + 1];
} redis_payload;

int edoi_redis_fail_reply(const edoi_redis_place *place, const edo_redis_reply *reply,
                          const char *name) {
    redis_payload p = { .code = "" };
    edo_str code = edoi_redis_reply_code(reply), text = edo_redis_reply_text(reply);
    memcpy(p.code, code.ptr, code.len);
    if (edoi_redis_reply_is_passing(reply))
        (void)edoi_fail_away(-EDO_EREDIS, "Redis at %s is away", edoi_redis_place_at(place));
    if (place->opts.tells_texts)
        return edo_fail_with(-EDO_EREDIS, &p, "%s: %.*s", name, (int)text.len, text.ptr);
    return edo_fail_with(-EDO_EREDIS, &p, "%s: %s", name, p.code);
}

const char *edo_redis_get_error(void) {
    const edo_trail_entry *e = edo_trail_find(-EDO_EREDIS);
    return e && e->payload_bytes == sizeof(redis_payload) ? e->payload : "";
}

/* ---- Calls ----------------------------------------------------------------------------------- */

static void replies_free(edo_redis_reply **replies, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) edo_redis_reply_free(replies[i]);
}

int edoi_redis_call(edo_redis *r, edo_redis_reply **replies, uint32_t n, edoi_redis_command c,
                    bool is_patient, const char *name) {
    edoi_redis_request request;
    const edoi_db_counts *counts = &r->place->counts;
    edo_instant since = edoi_redis_count_begin(counts);
    edo_span_block span;
    edoi_redis_span_begin(&span, r, name, c.is_tx ? n - 2 : n);
    (void)edo_rc_ref(r);
    int err = edo_await(edoi_redis_request_init(&request, &r->queue, c, replies, n, is_patient));
    if (err < 0) {
        replies_free(replies, request.got_n);
        // what comes late would be taken for the reply to what this task says next; and what blocks
        // would still take something
        if (r->is_own) edoi_redis_link_close(r);
        if (request.why) err = edoi_redis_place_fail(r->place, err, request.why);
    }
    edoi_redis_count(counts, since, name, err, err == 0 && n == 1 ? replies[0] : NULL, is_patient);
    if (EDOI_UNLIKELY(span.span) && request.line_ns > 0)
        edo_span_record(span.span, EDO_KV("waited_us", request.line_ns / 1000));
    edoi_redis_span_end(&span, err, replies, n);
    edo_rc_unref(r);
    return err;
}

int edoi_redis_refuse(edo_redis *r, edoi_redis_need need, const char *name) {
    if (need == EDOI_REDIS_NEVER)
        return edo_fail(-ENOTSUP, "%s: not by a command (edo_redis_sub_open() subscribes)", name);
    if (need == EDOI_REDIS_OWN && !r->is_own)
        return edo_fail(-ENOTSUP, "%s: needs a connection of its own: edo_redis_acquire()", name);
    return 0;
}

/* One command, which it takes, and its reply. */
static int redis_cmd(edo_redis *r, edo_redis_reply **out, edoi_redis_command c) {
    char name[EDOI_REDIS_NAME_MAX];
    edo_redis_reply *reply = NULL;
    bool blocks;
    edoi_redis_need need = edoi_redis_command_need(&c, &blocks);
    if (need != EDOI_REDIS_SHARES && !(need == EDOI_REDIS_OWN && r->is_own)) {
        edoi_redis_command_name(name, &c);
        edoi_redis_command_free(c.bytes);
        return edoi_redis_refuse(r, need, name);
    }
    if (need == EDOI_REDIS_OWN && !blocks) r->is_changed = true;
    edoi_redis_command_name(name, &c);
    int err = edoi_redis_call(r, &reply, 1, c, blocks, name);
    if (err < 0) return edo_fail(err, "%s", name);
    if (reply->kind == EDO_REDIS_ERROR) err = edoi_redis_fail_reply(r->place, reply, name);
    if (err == 0 && out)
        *out = reply;
    else
        edo_redis_reply_free(reply);
    return err;
}

int edo_redis_cmd(edo_redis *r, edo_redis_reply **out, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int err = edo_redis_vcmd(r, out, format, args);
    va_end(args);
    return err;
}

int edo_redis_vcmd(edo_redis *r, edo_redis_reply **out, const char *format, va_list args) {
    edoi_redis_command c;
    int err = edo_budget_consume();
    if (err < 0) return err;
    err = edoi_redis_command_format(&c, format, args);
    if (err < 0) return edo_fail(err, "the format of a command of Redis");
    return redis_cmd(r, out, c);
}

int edo_redis_argv(edo_redis *r, edo_redis_reply **out, const edo_str *parts, size_t n) {
    edoi_redis_command c = { 0 };
    int err = edo_budget_consume();
    if (err < 0) return err;
    err = n > 0 ? edoi_redis_command_make(&c, parts, n) : -EINVAL;
    return err < 0 ? edo_fail(err, "the parts of a command of Redis") : redis_cmd(r, out, c);
}
