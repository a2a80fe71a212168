/* SPDX-License-Identifier: MIT */
/* redis/session.c: sessions in Redis: a hash for each, which goes with its time. Each operation is
 * a script, so it is one step for others, and its times are by the server's clock:
 *
 *     d: the data   b: when it began   u: when it was saved or touched last, in ms */
#include <edo/session_redis.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PREFIX     "edo:session:"
#define PREFIX_N   (sizeof PREFIX - 1)
#define KEY_MAX    (PREFIX_N + EDO_SESSION_ID_BYTES)
#define NUMBER_MAX 24u

#define NOW                                                                                        \
    "local t = redis.call('TIME') "                                                                \
    "local now = t[1] * 1000 + math.floor(t[2] / 1000) "

/* Ages are 0 at least, also if the server's clock was set back. */
static const char load_script[] =
    NOW "local s = redis.call('HMGET', KEYS[1], 'd', 'b', 'u') "
        "if not s[1] then return false end "
        "return {s[1], math.max(now - s[2], 0), math.max(now - s[3], 0)}";

/* data, age, time to live */
static const char add_script[] =
    NOW "if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end "
        "redis.call('HSET', KEYS[1], 'd', ARGV[1], 'b', now - ARGV[2], 'u', now) "
        "redis.call('PEXPIRE', KEYS[1], ARGV[3]) "
        "return 1";

/* time to live, data if it is to be changed */
static const char keep_script[] =
    NOW "if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end "
        "redis.call('HSET', KEYS[1], 'u', now) "
        "if ARGV[2] then redis.call('HSET', KEYS[1], 'd', ARGV[2]) end "
        "redis.call('PEXPIRE', KEYS[1], ARGV[1]) "
        "return 1";

static edo_str session_redis_key(char key[KEY_MAX], edo_str id) {
    memcpy(key, PREFIX, PREFIX_N);
    memcpy(key + PREFIX_N, id.ptr, EDO_SESSION_ID_BYTES);
    return (edo_str){ key, KEY_MAX };
}

/* In ms, rounded up: a session that is kept for a moment is kept. */
static edo_str session_redis_ms(char text[NUMBER_MAX], edo_duration d) {
    int64_t ms = d.ns / 1000000 + (d.ns % 1000000 > 0);
    int n = snprintf(text, NUMBER_MAX, "%lld", (long long)ms);
    return (edo_str){ text, (size_t)n };
}

/* Returns what the script does: 0 or 1. */
static int session_redis_run(void *store, const char *script, edo_str id, const edo_str *args,
                             size_t n) {
    char text[KEY_MAX];
    edo_str key = session_redis_key(text, id);
    edo_redis_reply *reply;
    int err = edo_redis_script(store, &reply, script, &key, 1, args, n);
    if (err < 0) return err;
    int done = edo_redis_reply_int(reply) == 1;
    edo_redis_reply_free(reply);
    return done;
}

static int session_redis_take(const edo_redis_reply *reply, edo_session_record *out) {
    const edo_redis_reply *data = edo_redis_reply_at(reply, 0);
    if (!data) return -ENOENT;
    *out = (edo_session_record){
        .age = edo_ms(edo_redis_reply_int(edo_redis_reply_at(reply, 1))),
        .idle = edo_ms(edo_redis_reply_int(edo_redis_reply_at(reply, 2))),
    };
    edo_str text = edo_redis_reply_text(data);
    return edo_bytes_copy(&out->data, text.ptr, text.len);
}

static int session_redis_load(void *store, edo_str id, edo_session_record *out) {
    char text[KEY_MAX];
    edo_str key = session_redis_key(text, id);
    edo_redis_reply *reply;
    int err = edo_redis_script(store, &reply, load_script, &key, 1, NULL, 0);
    if (err < 0) return err;
    err = session_redis_take(reply, out);
    edo_redis_reply_free(reply);
    return err;
}

static int session_redis_save(void *store, edo_str id, edo_str data, edo_duration age,
                              edo_duration ttl, bool is_new) {
    char age_text[NUMBER_MAX], ttl_text[NUMBER_MAX];
    edo_str lives = session_redis_ms(ttl_text, ttl);
    if (is_new) {
        edo_str args[] = { data, session_redis_ms(age_text, age), lives };
        int rc = session_redis_run(store, add_script, id, args, EDO_COUNT(args));
        return rc < 0 ? rc : rc > 0 ? 0 : -EEXIST;
    }
    edo_str args[] = { lives, data };
    int rc = session_redis_run(store, keep_script, id, args, EDO_COUNT(args));
    return rc < 0 ? rc : rc > 0 ? 0 : -ENOENT;
}

static int session_redis_touch(void *store, edo_str id, edo_duration ttl) {
    char ttl_text[NUMBER_MAX];
    edo_str lives = session_redis_ms(ttl_text, ttl);
    int rc = session_redis_run(store, keep_script, id, &lives, 1);
    return rc < 0 ? rc : rc > 0 ? 0 : -ENOENT;
}

static int session_redis_remove(void *store, edo_str id) {
    char text[KEY_MAX];
    edo_str key = session_redis_key(text, id);
    return edo_redis_cmd(store, NULL, "DEL %b", key.ptr, key.len);
}

const edo_session_store_ops edo_session_redis_ops = { .name = "Redis",
                                                      .load = session_redis_load,
                                                      .save = session_redis_save,
                                                      .touch = session_redis_touch,
                                                      .remove = session_redis_remove };
