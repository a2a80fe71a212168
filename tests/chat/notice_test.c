/* SPDX-License-Identifier: MIT */
/* Goal: what other programs tell of their people is read if it is whole, and refused otherwise. */
#include "inside.h"
#include "node/notice.h"

#include <edo/arena.h>

#include <stdio.h>

static void what_is_no_notice_is_refused(void **state) {
#define P           "0123456789abcdef"
#define MOVED(more) "{\"kind\":\"joined\",\"by\":1,\"room\":\"tea\",\"number\":1,\"n\":1," more "}"
    static const struct {
        const char *text;
        int err;
    } rows[] = {
        { "{\"kind\":\"beat\",\"by\":1}", 0 },
        { "{\"kind\":\"beat\",\"by\":1,\"later\":[1]}", 0 }, // of a newer program
        { "{\"kind\":\"beat\",\"by\":0}", -EINVAL },
        { "{\"kind\":\"beat\"}", -EINVAL },
        { "{\"kind\":\"beat\",\"by\":1,\"room\":\"tea\"}", -EINVAL },
        { "{\"kind\":\"later\",\"by\":1}", -EINVAL },
        { "{\"kind\":1,\"by\":1}", -EINVAL },
        { "{\"kind\":", -EINVAL },
        { "{\"kind\":\"who\",\"by\":1}", 0 },
        { "{\"kind\":\"who\",\"by\":1,\"room\":\"tea\"}", 0 },
        { "{\"kind\":\"who\",\"by\":1,\"room\":\"\"}", -EINVAL },
        { MOVED("\"person\":\"" P "\",\"nick\":\"ann\""), 0 },
        { MOVED("\"person\":\"" P "\",\"nick\":\"<b>\""), -EINVAL },
        { MOVED("\"person\":\"" P "\",\"nick\":\"ann\",\"since\":7,\"old\":\"an\""), 0 },
        { MOVED("\"person\":\"" P "\",\"nick\":\"ann\",\"old\":\"<b>\""), -EINVAL },
        { MOVED("\"person\":\"" P "0\",\"nick\":\"ann\""), -EINVAL },
        { MOVED("\"person\":\"0123456789ABCDEF\",\"nick\":\"ann\""), -EINVAL },
        { MOVED("\"person\":\"012345678\\u0000abcdef\",\"nick\":\"ann\""), -EINVAL },
        { MOVED("\"nick\":\"ann\""), -EINVAL },
        { "{\"kind\":\"left\",\"by\":1,\"room\":\"tea\",\"person\":\"" P "\",\"nick\":\"a\"}",
          -EINVAL },
        { "{\"kind\":\"roster\",\"by\":1,\"room\":\"tea\",\"number\":1,\"n\":9,\"people\":[]}", 0 },
        { "{\"kind\":\"roster\",\"by\":1,\"room\":\"tea\",\"number\":1,\"n\":9999999999}",
          -EINVAL },
        { "{\"kind\":\"roster\",\"by\":1,\"room\":\"tea\",\"number\":1,\"people\":[{\"person\":"
          "\"\",\"nick\":\"a\"}]}",
          -EINVAL },
        { "{\"kind\":\"list\",\"by\":1,\"rooms\":[{\"room\":\"a b\",\"n\":1,\"number\":1}]}",
          -EINVAL },
        { "{\"kind\":\"list\",\"by\":1,\"rooms\":[{\"room\":\"a\",\"n\":0,\"number\":1}]}",
          -EINVAL },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_arena of = { 0 };
        notice got;
        edo_str text = edo_str_of(rows[i].text);
        CHECK(notice_is(text) || rows[i].err < 0);
        int err = notice_read(text, &of, &got);
        if (err != rows[i].err) fprintf(stderr, "%s\n", rows[i].text);
        CHECK_EQ(err, rows[i].err);
        edo_arena_deinit(&of);
    }
    CHECK(!notice_is(EDO_STR("{\"by\":\"1\",\"room\":\"tea\"}")));
#undef MOVED
#undef P
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(what_is_no_notice_is_refused) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
