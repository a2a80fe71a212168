/* SPDX-License-Identifier: MIT */
/* Goal: the way of a message is one picture: it is said, is stored, alone or with others, and its
 * room is told, once and not for each who is there. Where spans are off it has none.
 * Method: a room over a store in memory; a receiver that notes the ends of spans. */
#include "stores/rooms.h"

#include "spans.h"

static int say_task(void *in) {
    say(in, "s3cret");
    return 0;
}

static int say_some(void *arg) {
    enum { SPEAKERS = 4 };
    directory d;
    edo_task *speakers[SPEAKERS];
    storage *self = start();
    (void)arg;
    CHECK_EQ(directory_init(&d, 10, self), 0);
    page_socket *none = page_socket_new((edo_str){ 0 }, NULL);
    listener pages[2] = { { .to = none }, { .to = none } };
    CHECK(none);
    for (size_t i = 0; i < EDO_COUNT(pages); i++) room_attend(d.lobby, &pages[i]);
    spans_begin("chat=debug");
    say(d.lobby, "s3cret");
    CHECK(spans_have("message in none of chat = 0 ", "otel.kind=producer; room=general; ", NULL));
    CHECK(spans_have("append in message of chat = 0 ", "otel.kind=consumer; messages=1; ", NULL));
    CHECK(spans_have("tell in message of chat = 0 ", "room=general; pages=0; ", NULL));
    CHECK_EQ(spans_count(" of chat"), 3);
    spans_forget();
    kept.is_shut = true; // with the first one; the others wait, and are written together
    for (size_t i = 0; i < SPEAKERS; i++) speakers[i] = edo_spawn(say_task, d.lobby);
    pass_a_moment();
    kept.is_shut = false;
    edo_notify_all(&kept.gate);
    for (size_t i = 0; i < SPEAKERS; i++) CHECK_EQ(edo_task_join(speakers[i]), 0);
    CHECK_EQ(spans_count("message in none of chat = 0 "), SPEAKERS);
    CHECK_EQ(spans_count("tell in message of chat = 0 "), SPEAKERS);
    CHECK(spans_have("append in none of chat = 0 ", "messages=3; ", NULL));
    spans_end();
    spans_forget();
    say(d.lobby, "s3cret");
    const message *m, *last = NULL;
    STAILQ_FOREACH(m, &d.lobby->past, next) last = m;
    CHECK(last && !last->span);
    for (size_t i = 0; i < EDO_COUNT(pages); i++) room_unlisten(d.lobby, &pages[i]);
    edo_rc_unref(none);
    directory_deinit(&d);
    CHECK_EQ(storage_end(self), 0);
    return 0;
}

static void way_of_a_message_is_one_picture(void **state) {
    (void)state;
    run(say_some);
    assert_int_equal(spans_count("s3cret"), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(way_of_a_message_is_one_picture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
