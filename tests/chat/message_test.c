/* SPDX-License-Identifier: MIT */
/* Goal: a message is the same thing as a line and as a frame, and is made whole or not at all.
 * Method: its allocations fail one by one. */
#include "message.h"
#include "store/token.h"

#include "fail_alloc.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const name ann = { "ann" }, tea = { "Tea" };

static void assert_texts(const message *m, const char *line, const char *frame) {
    assert_non_null(m);
    assert_true(edo_str_equal(m->line, edo_str_of(line)));
    assert_true(edo_str_equal(m->frame, edo_str_of(frame)));
}

static saying something(void) {
    return (saying){ .from = 1,
                     .room = tea,
                     .nick = ann,
                     .text = EDO_STR("a \"b\" \\\t<c>"),
                     .ref = EDO_STR("session-1 ref-1"),
                     .time_ms = 1700000000000 };
}

static void each_line_of_a_text_tells_whose_it_is(void **state) {
    (void)state;
    saying s = something();
    s.text = EDO_STR("one\n* two\n");
    message *m = message_said(&s);
    assert_non_null(m);
    assert_true(edo_str_equal(m->line, EDO_STR("ann: one\nann: * two\nann: \n")));
    edo_rc_unref(m);
    s.is_action = true;
    m = message_said(&s);
    assert_true(m && edo_str_equal(m->line, EDO_STR("- ann one\n- ann * two\n- ann \n")));
    edo_rc_unref(m);
    m = message_direct(&s, "a1", &ann, "b2", false);
    assert_true(m && edo_str_equal(m->line, EDO_STR("ann -> you: one\nann -> you: * two\n"
                                                    "ann -> you: \n")));
    edo_rc_unref(m);
}

static message *numbered(void) {
    saying s = something();
    s.number = UINT64_MAX;
    return message_said(&s);
}

static void what_is_said_is_a_line_and_a_frame_that_ends_with_its_number(void **state) {
    (void)state;
    saying s = something();
    message *m = message_said(&s);
    message_set_number(m, 7);
    assert_texts(m, "ann: a \"b\" \\\t<c>\n",
                 "{\"type\":\"message\",\"room\":\"Tea\",\"from\":\"ann\","
                 "\"text\":\"a \\\"b\\\" \\\\\\t<c>\",\"time\":1700000000000,\"number\":7}");
    edo_rc_unref(m);
    s.is_action = true;
    s.number = UINT64_MAX;
    s.text = EDO_STR("waves");
    m = message_said(&s);
    assert_texts(m, "- ann waves\n",
                 "{\"type\":\"message\",\"room\":\"Tea\",\"from\":\"ann\",\"text\":\"waves\","
                 "\"action\":true,\"time\":1700000000000,\"number\":18446744073709551615}");
    edo_rc_unref(m);
}

static void reference_is_its_author_s(void **state) {
    (void)state;
    message *m = numbered();
    edo_str ref = message_own_ref(m->what.ref, EDO_STR("session-1"));
    assert_true(edo_str_equal(ref, EDO_STR("ref-1")));
    static const char *const others[] = { "session-2", "session", "session-1 r", "session-10", "" };
    for (size_t i = 0; i < EDO_COUNT(others); i++)
        assert_int_equal(message_own_ref(m->what.ref, edo_str_of(others[i])).len, 0);
    message *own = message_with_ref(m, EDO_STR("r\"1"));
    assert_non_null(memmem(own->frame.ptr, own->frame.len, ",\"ref\":\"r\\\"1\"}", 14));
    assert_int_equal(own->frame.len, m->frame.len + 13);
    edo_rc_unref(own);
    edo_rc_unref(m);
}

static void key_of_a_token_is_the_half_of_its_sha_256(void **state) {
    (void)state;
    static const struct {
        size_t bytes; /* of 'x' */
        const char *key;
    } rows[] = {
        { 0, "e3b0c44298fc1c149afbf4c8996fb924" },
        { 55, "d5e285683cd4efc02d021a5c62014694" },
        { 56, "04c26261370ee7541549d16dee320c72" },
        { 64, "7ce100971f64e7001e8fe5a51973ecdf" },
    };
    char token[64], key[TOKEN_KEY_BYTES + 1];
    memset(token, 'x', sizeof token);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        token_key((edo_str){ token, rows[i].bytes }, key);
        assert_string_equal(key, rows[i].key);
    }
    token_key(EDO_STR("abc"), key);
    assert_string_equal(key, "ba7816bf8f01cfea414140de5dae2223");
}

static void comings_and_goings_are_lines_and_frames(void **state) {
    (void)state;
    const saying s = something();
    message *m[] = { message_joined(1, "a1", &ann, &tea),
                     message_left(1, "a1", &ann, &tea),
                     message_renamed(1, "a1", &ann, &(name){ "bob" }, &tea),
                     message_typing(1, &ann, &tea),
                     message_lagged(&tea, 9, 3, 13),
                     message_direct(&s, "a1", &(name){ "bob" }, "b2", false) };
    assert_texts(m[0], "* ann joined #Tea\n",
                 "{\"type\":\"joined\",\"room\":\"Tea\",\"nick\":\"ann\",\"id\":\"a1\"}");
    assert_texts(m[1], "* ann left #Tea\n",
                 "{\"type\":\"left\",\"room\":\"Tea\",\"nick\":\"ann\",\"id\":\"a1\"}");
    assert_texts(m[2], "* ann is now bob\n",
                 "{\"type\":\"renamed\",\"room\":\"Tea\",\"from\":\"ann\",\"to\":\"bob\","
                 "\"id\":\"a1\"}");
    assert_texts(m[3], "", "{\"type\":\"typing\",\"room\":\"Tea\",\"nick\":\"ann\"}");
    assert_texts(m[4], "",
                 "{\"type\":\"lagged\",\"room\":\"Tea\",\"missed\":9,\"after\":3,\"before\":13}");
    assert_texts(m[5], "ann -> you: a \"b\" \\\t<c>\n",
                 "{\"type\":\"direct\",\"from\":\"ann\",\"to\":\"bob\",\"from_id\":\"a1\","
                 "\"to_id\":\"b2\",\"text\":\"a \\\"b\\\" \\\\\\t<c>\",\"time\":1700000000000}");
    for (size_t i = 0; i < EDO_COUNT(m); i++) edo_rc_unref(m[i]);
}

/* Each makes a message, or returns NULL. */
static message *make_direct(void) {
    const saying s = something();
    return message_direct(&s, "a1", &ann, "b2", false);
}

static message *make_renamed(void) {
    return message_renamed(1, "a1", &ann, &tea, &tea);
}

static message *make_line(void) {
    return message_new(1, "* %s", "a line");
}

static message *make_shared(void) {
    message *m = numbered();
    if (m && message_share(m) < 0) {
        edo_rc_unref(m);
        return NULL;
    }
    return m;
}

static message *make_own(void) {
    message *m = numbered(), *own = m ? message_with_ref(m, EDO_STR("r")) : NULL;
    edo_rc_unref(m);
    return own;
}

static void message_without_memory_is_none(void **state) {
    (void)state;
    static message *(*const makers[])(void) = { numbered,  make_direct, make_renamed,
                                                make_line, make_shared, make_own };
    for (size_t i = 0; i < EDO_COUNT(makers); i++) {
        bool has_fired = true;
        int k = 0;
        while (has_fired) {
            fail_alloc_in = ++k;
            message *m = makers[i]();
            has_fired = fail_alloc_in == 0;
            fail_alloc_in = 0;
            assert_true(has_fired ? !m : m != NULL);
            edo_rc_unref(m);
        }
        assert_true(k > 1); // something was allocated
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_line_of_a_text_tells_whose_it_is),
        cmocka_unit_test(what_is_said_is_a_line_and_a_frame_that_ends_with_its_number),
        cmocka_unit_test(reference_is_its_author_s),
        cmocka_unit_test(key_of_a_token_is_the_half_of_its_sha_256),
        cmocka_unit_test(comings_and_goings_are_lines_and_frames),
        cmocka_unit_test(message_without_memory_is_none),
    };
    fail_alloc_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
