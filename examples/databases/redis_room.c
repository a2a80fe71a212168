// SPDX-License-Identifier: MIT
// Publish and subscribe: an ear with a connection of its own, a voice over the one that all share.
#include <edo/edo.h>
#include <edo/redis.h>
#include <stdio.h>

static int catch_up(edo_redis *r) {
    edo_redis_reply *last;
    int err = edo_redis_cmd(r, &last, "GET room.last");
    if (err < 0) return err;
    printf("may have missed: %s\n", edo_redis_reply_text(last).ptr);
    edo_redis_reply_free(last);
    return 1;
}

static int hear(void *r) {
    edo_redis_sub *sub;
    edo_redis_message m;
    int rc = edo_redis_sub_open(&sub, r, NULL);
    if (rc < 0) return rc;
    rc = edo_redis_sub_add(sub, EDO_STR("room.general"));
    if (rc == 0) rc = edo_redis_sub_add_pattern(sub, EDO_STR("alert.*"));
    if (rc == 0) edo_task_started(0);
    while (rc >= 0 && (rc = edo_redis_sub_next(sub, &m)) != 0) { // 0: closed
        if (rc == 1)
            printf("%.*s: %.*s\n", (int)m.channel.len, m.channel.ptr, (int)m.data.len, m.data.ptr);
        else if (rc == -EDO_ELAGGED)
            rc = catch_up(r); // the connection was lost and is back: something may be missing
    }
    edo_redis_sub_close(sub);
    return rc;
}

static int say(edo_redis *r, const char *channel, edo_str text) {
    edo_redis_reply *reply;
    int err = edo_redis_cmd(r, &reply, "PUBLISH %s %b", channel, text.ptr, text.len);
    if (err < 0) return edo_fail(err, "publishing"); // the error of Redis, or of the connection
    printf("heard by %lld\n", (long long)edo_redis_reply_int(reply));
    edo_redis_reply_free(reply);
    return edo_redis_cmd(r, NULL, "SET room.last %b EX %d", text.ptr, text.len, 3600);
}

static int app(void *url) {
    edo_redis *r;
    int err = edo_redis_connect(&r, edo_str_of(url), NULL);
    if (err < 0) return err;
    EDO_SCOPE(s, NULL);
    err = edo_scope_spawn_started(&s, hear, r);
    if (err == 0) err = say(r, "room.general", EDO_STR("hello"));
    if (err == 0) err = say(r, "alert.fire", EDO_STR("out, all of you"));
    if (err == 0) err = say(r, "room.other", EDO_STR("nobody is here"));
    edo_redis_close(r); // which ends the ear
    return edo_scope_end(&s, err);
}

int main(int argc, char **argv) {
    char local[] = "redis://127.0.0.1";
    return edo_main(app, argc > 1 ? argv[1] : local);
}
