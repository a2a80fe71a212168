/* SPDX-License-Identifier: MIT */
/* Goal: what sockets do on Linux is what each behaviour says beside it: so another network that
 * says the same words is one that programs can be tested on.
 * Method: tests/sim/behaviours, each over loopback, in a runtime of one thread and in real time. */
#include "behaviours/behaviour.h"
#include "inside.h"

#include <stdlib.h>
#include <string.h>

/* Returns whether it says something else. */
static int run_behaviour(void *arg) {
    const behaviour_row *row = arg;
    behaviour *b = calloc(1, sizeof *b);
    CHECK(b);
    b->server_at = b->client_at = "127.0.0.1:0";
    b->server_name = "localhost";
    int err = behaviour_run(b, row);
    bool differs = err < 0 || strcmp(b->said, row->says) != 0;
    if (differs) print_error("%s\n  says: %s\n  not:  %s\n", row->name, b->said, row->says);
    free(b);
    return differs;
}

static void run_family(const behaviour_family *f) {
    int differ_n = 0;
    for (size_t i = 0; i < f->n; i++)
        differ_n += inside_real(run_behaviour, (void *)(uintptr_t)&f->rows[i]);
    assert_int_equal(differ_n, 0);
}

#define TEST_OF(family)                                                                            \
    static void family##_says_what_is_written(void **state) {                                      \
        (void)state;                                                                               \
        run_family(&family##_family);                                                              \
    }

TEST_OF(connect)
TEST_OF(accept)
TEST_OF(transfer)
TEST_OF(half_close)
TEST_OF(reset)
TEST_OF(close)
TEST_OF(cancel)
TEST_OF(stream)
TEST_OF(option)
TEST_OF(udp)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connect_says_what_is_written),
        cmocka_unit_test(accept_says_what_is_written),
        cmocka_unit_test(transfer_says_what_is_written),
        cmocka_unit_test(half_close_says_what_is_written),
        cmocka_unit_test(reset_says_what_is_written),
        cmocka_unit_test(close_says_what_is_written),
        cmocka_unit_test(cancel_says_what_is_written),
        cmocka_unit_test(stream_says_what_is_written),
        cmocka_unit_test(option_says_what_is_written),
        cmocka_unit_test(udp_says_what_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
