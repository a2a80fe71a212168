/* SPDX-License-Identifier: MIT */
/* Goal: what is told of the people in a room goes to those who listen to that room, and is not
 * lost, however much of it there has been.
 * Method: a Redis in memory, which hands a program its own beats back; people who come and go; time
 * is virtual. */
#include "../redis/peer.h"

#include "node/carrier.h"
#include "stores/nodes.h"

#include <string.h>

#define MOVES 3000 /* more notices than may wait at once */

int __real_edo_redis_connect(edo_redis **out, edo_str url, const edo_redis_opts *opts);
int __wrap_edo_redis_connect(edo_redis **out, edo_str url, const edo_redis_opts *opts);

static peer redis;
static peer_conn *listens;                     /* has the subscription; NULL: nobody yet */
static unsigned joined_n, left_n, elsewhere_n; /* notices in the room's channel; in others */

int __wrap_edo_redis_connect(edo_redis **out, edo_str url, const edo_redis_opts *opts) {
    edo_redis_opts in_memory = *opts;
    (void)url;
    in_memory.connect = peer_connect;
    in_memory.connect_arg = &redis;
    return __real_edo_redis_connect(out, PEER_URL, &in_memory);
}

static bool has(edo_str text, const char *part) {
    return memmem(text.ptr, text.len, part, strlen(part)) != NULL;
}

static void count_notice(edo_str channel, edo_str text) {
    const bool is_joined = has(text, "\"joined\""), is_left = has(text, "\"left\"");
    const bool is_of_room = has(channel, ":room:tea");
    joined_n += is_of_room && is_joined;
    left_n += is_of_room && is_left;
    elsewhere_n += !is_of_room && (is_joined || is_left);
}

/* A beat comes back. */
static int give_back(edo_str channel) {
    char text[256];
    if (!listens) return 0;
    int n = snprintf(text, sizeof text, "*3\r\n$7\r\nmessage\r\n$%zu\r\n%.*s\r\n$0\r\n\r\n",
                     channel.len, (int)channel.len, channel.ptr);
    return peer_say_n(listens, text, (size_t)n);
}

static int publish(peer_conn *c) {
    const edo_str text = c->parts[2];
    int err = text.len == 0 ? give_back(c->parts[1]) : 0;
    if (text.len > 0) count_notice(c->parts[1], text);
    return err < 0 ? err : peer_say(c, ":1\r\n");
}

static int confirm(peer_conn *c, const char *word) {
    char text[256];
    int err = 0;
    for (size_t i = 1; i < c->parts_n && err == 0; i++) {
        const edo_str channel = c->parts[i];
        int n = snprintf(text, sizeof text, "*3\r\n$%zu\r\n%s\r\n$%zu\r\n%.*s\r\n:1\r\n",
                         strlen(word), word, channel.len, (int)channel.len, channel.ptr);
        err = peer_say_n(c, text, (size_t)n);
    }
    return err;
}

static int reply(peer_conn *c) {
    if (peer_got(c, "PUBLISH")) return publish(c);
    if (peer_got(c, "UNSUBSCRIBE")) return confirm(c, "unsubscribe");
    if (!peer_got(c, "SUBSCRIBE")) return peer_say(c, "+OK\r\n"); // of the greeting
    listens = c;
    return confirm(c, "subscribe");
}

static int serve(peer *p, peer_conn *c) {
    int rc;
    (void)p;
    while ((rc = peer_recv(c)) == 1 && (rc = reply(c)) == 0) continue;
    if (listens == c) listens = NULL;
    return rc;
}

static int come_and_go(void *arg) {
    carrier *c;
    (void)arg;
    redis = (peer){ .serve = serve, .no_greeting = true };
    start_nodes();
    CHECK_EQ(carrier_open(&c, "redis://peer", &nodes[0].in, &nodes[0].asks), 0);
    edo_task *runs = edo_spawn(carrier_run, c);
    while (!carrier_carries(c)) CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    for (int i = 0; i < MOVES / 2; i++) {
        ear one;
        ear_come(&one, &nodes[0], "tea");
        ear_go(&one);
        if (i % 100 == 0) CHECK_EQ(edo_sleep(edo_ms(1)), 0); // what waits is published
    }
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    CHECK_EQ(joined_n, MOVES / 2);
    CHECK_EQ(left_n, MOVES / 2);
    CHECK_EQ(elsewhere_n, 0);
    edo_task_cancel(runs);
    CHECK_EQ(edo_task_join(runs), -ECANCELED);
    carrier_close(c);
    WAIT_FOR(redis.alive_n == 0);
    end_nodes();
    return 0;
}

static void who_comes_and_goes_is_told_in_the_channel_of_the_room(void **state) {
    (void)state;
    run(come_and_go);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_comes_and_goes_is_told_in_the_channel_of_the_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
