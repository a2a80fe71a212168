/* SPDX-License-Identifier: MIT */
/* Goal: people are told once that the database or other nodes are away, when they have been so for
 * a moment, and once, at once, that they are back.
 * Method: this test stands for the task that looks each second. */
#include "node/trouble.h"

#include "inside.h"

/* What a look finds: D the database is away, N the nodes are; and whether that is told, as what. */
typedef struct look {
    const char *away;
    const char *told; /* NULL: nothing */
} look;

static void trouble_is_told_once_it_lasts_and_its_end_at_once(void **state) {
    static const char both[] = "{\"type\":\"state\",\"store\":true,\"nodes\":true}",
                      no_store[] = "{\"type\":\"state\",\"store\":false,\"nodes\":true}",
                      no_nodes[] = "{\"type\":\"state\",\"store\":true,\"nodes\":false}",
                      neither[] = "{\"type\":\"state\",\"store\":false,\"nodes\":false}";
    static const look looks[] = {
        { "", NULL },  { "D", NULL },  { "", NULL },      { "D", NULL },     { "D", no_store },
        { "D", NULL }, { "DN", NULL }, { "DN", neither }, { "N", no_nodes }, { "N", NULL },
        { "", both },  { "N", NULL },  { "", NULL },
    };
    trouble t = { .store_n = 0 };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(looks); i++) {
        const look *l = &looks[i];
        bool is_news = trouble_look(&t, strchr(l->away, 'D'), strchr(l->away, 'N'));
        assert_int_equal(is_news, l->told != NULL);
        message *m = trouble_frame(&t);
        assert_non_null(m);
        if (l->told) assert_true(edo_str_equal(m->frame, edo_str_of(l->told)));
        assert_int_equal(trouble_is_any(&t), !edo_str_equal(m->frame, edo_str_of(both)));
        edo_rc_unref(m);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trouble_is_told_once_it_lasts_and_its_end_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
