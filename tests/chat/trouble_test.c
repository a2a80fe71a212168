/* SPDX-License-Identifier: MIT */
/* Goal: people are told once that the database or other nodes are away, when they have been so for
 * a moment, and once, at once, that they are back; and who comes meanwhile is told last what is so
 * then.
 * Method: this test stands for the task that looks each second, and for the page. */
#include "node/trouble.h"

#include "inside.h"

/* What a look finds: D the database is away, N the nodes are; and whether that is told, as what. */
typedef struct look {
    const char *away;
    const char *told; /* NULL: nothing */
} look;

static void trouble_is_told_once_it_lasts_and_its_end_at_once(void **arg) {
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
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(looks); i++) {
        const look *l = &looks[i];
        bool is_news = trouble_look(&t, strchr(l->away, 'D'), strchr(l->away, 'N'));
        assert_int_equal(is_news, l->told != NULL);
        message *m = trouble_frame(&t);
        assert_non_null(m);
        if (l->told) assert_true(edo_str_equal(m->frame, edo_str_of(l->told)));
        edo_rc_unref(m);
    }
}

/* ---- Who comes ------------------------------------------------------------------------------- */

static trouble state;
static unsigned sent_n;
static char last[80]; /* frame */

static void page_count(void *to) {
    (void)to; // it is static
}

/* A page reads late: it is sent what the first frame says when the database is back. */
static int page_send(void *to, message *m) {
    (void)to;
    if (sent_n++ == 0) (void)trouble_look(&state, false, false); // and all are posted that
    (void)snprintf(last, sizeof last, "%.*s", (int)m->frame.len, m->frame.ptr);
    return 0;
}

static int page_post(void *to, message *m) {
    (void)to, (void)m;
    return -ENOSYS;
}

static int send_to_a_page_that_reads_late(void *arg) {
    static const outlet_ops ops = {
        page_count, page_count, page_post, page_send, page_count, NULL
    };
    static int page;
    (void)arg;
    page_socket *to = page_socket_new(EDO_STR("key"), NULL);
    CHECK(to);
    page_socket_attach(to, (outlet){ &ops, &page });
    CHECK_EQ(trouble_send(&state, to), 0);
    CHECK_EQ(sent_n, 0); // nothing is away
    for (int i = 0; i < TROUBLE_LOOKS; i++) (void)trouble_look(&state, true, false);
    CHECK_EQ(trouble_send(&state, to), 0);
    CHECK_EQ(sent_n, 2);
    CHECK_EQ(strcmp(last, "{\"type\":\"state\",\"store\":true,\"nodes\":true}"), 0);
    page_socket_attach(to, (outlet){ .to = NULL });
    edo_rc_unref(to);
    return 0;
}

static void page_that_reads_late_is_told_last_what_is_so_then(void **arg) {
    (void)arg;
    assert_int_equal(inside(send_to_a_page_that_reads_late, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trouble_is_told_once_it_lasts_and_its_end_at_once),
        cmocka_unit_test(page_that_reads_late_is_told_last_what_is_so_then),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
