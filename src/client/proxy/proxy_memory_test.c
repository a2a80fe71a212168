/* SPDX-License-Identifier: MIT */
/* Goal: without memory there is no proxy and no list, and nothing is left. Method: each allocation
 * fails in turn. */
#include "client/proxy/proxy.h"

#include <errno.h>

#include "fail_alloc.h"
#include "inside.h"

static int make_proxy(void) {
    edoi_proxy *p;
    int err = edoi_proxy_new(&p, EDO_STR("http://user:pw@proxy:1"));
    if (err == 0) edo_rc_unref(p);
    return err;
}

static int make_list(void) {
    edoi_proxy_list *p;
    int err = edoi_proxy_list_new(&p, &(edoi_proxy_list_opts){ .http = "a",
                                                               .https = "https://u:p@b",
                                                               .no_proxy = "x,10.0.0.0/8" });
    if (err == 0) edo_rc_unref(p);
    return err;
}

static void fail_each(int (*go)(void)) {
    for (int k = 1, err = -ENOMEM; err < 0; k++) {
        fail_alloc_in = k;
        err = go();
        bool fired = fail_alloc_in == 0;
        fail_alloc_in = 0;
        assert_int_equal(err, fired ? -ENOMEM : 0);
        assert_true(k > 1 || fired);
    }
}

static void without_memory_there_is_no_proxy_and_no_list(void **state) {
    (void)state;
    fail_each(make_proxy);
    fail_each(make_list);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_memory_there_is_no_proxy_and_no_list),
    };
    fail_alloc_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
