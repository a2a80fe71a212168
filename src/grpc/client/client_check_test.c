/* SPDX-License-Identifier: MIT */
/* Goal: what does not fit together in a client's call is named; a call whose metadata have come is
 * whole, and so is one between two attempts.
 * Method: a call that was not sent, whose fields are set by hand. */
#include "base/atomic.h"
#include "grpc/client/client.h"

#include "broken.h"

static edo_grpc_channel channel;
static edo_http_response response;
static const edoi_grpc_policy twice = { .attempts = 2 };
static char byte;

static void call_begin(edoi_grpc_client_call *c) {
    edoi_store_rlx_u64(&channel.kept_n, 10);
    *c = (edoi_grpc_client_call){ .channel = &channel, .policy = &twice, .attempts = 1 };
    c->call.received = edoi_grpc_client_nothing();
    c->frame = (edo_str){ &byte, 1 };
    c->kept_n = 1;
}

static void walk(const edoi_grpc_client_call *c) {
    edoi_grpc_client_check(c);
    edoi_grpc_client_check_kept(c);
}

/* The server's metadata have come. */
static void set_head(edoi_grpc_client_call *c) {
    c->res = &response;
    c->has_head = true;
    c->call.received = &response.headers;
}

static void a_call_is_whole_at_each_of_its_steps(void **state) {
    (void)state;
    edoi_grpc_client_call c;
    call_begin(&c);
    walk(&c);
    set_head(&c);
    c.lease.of = (struct edoi_balance_conn *)(void *)&byte;
    walk(&c);
    c.lease.of = NULL; // it ends, with the fields that say so
    c.is_over = true;
    c.last = &response.headers;
    walk(&c);

    call_begin(&c);
    c.res = &response; // an attempt has failed, and the wait for the next one was cut short
    c.last = &response.headers;
    c.code = -EAGAIN;
    walk(&c);
}

/* ---- Broken by hand -------------------------------------------------------------------------- */

typedef struct breaker {
    const char *name;
    void (*fn)(edoi_grpc_client_call *c);
} breaker;

static void count_one_more(edoi_grpc_client_call *c) {
    c->kept_n++;
}

static void uncount_for_the_channel(edoi_grpc_client_call *c) {
    (void)c;
    edoi_store_rlx_u64(&channel.kept_n, 0);
}

static void keep_behind_the_commit(edoi_grpc_client_call *c) {
    c->is_committed = true;
}

static void keep_the_lease(edoi_grpc_client_call *c) {
    c->is_over = true;
    c->code = -EAGAIN;
    c->lease.of = (struct edoi_balance_conn *)(void *)&byte;
}

static void end_with_ok_alone(edoi_grpc_client_call *c) {
    c->is_over = true;
}

static void lose_the_response(edoi_grpc_client_call *c) {
    set_head(c);
    c->res = NULL;
}

static void forget_the_response_alone(edoi_grpc_client_call *c) {
    c->last = &response.headers;
}

static void leave_the_cut(edoi_grpc_client_call *c) {
    c->cut = (edo_cancel_token *)(void *)&byte;
}

static void try_too_often(edoi_grpc_client_call *c) {
    c->attempts = 3;
}

static void keep_for_nothing(edoi_grpc_client_call *c) {
    c->policy = NULL;
    c->keeps = true;
}

static void retry_the_first(edoi_grpc_client_call *c) {
    c->is_retry = true;
}

static int break_and_walk(void *arg) {
    const breaker *b = arg;
    edoi_grpc_client_call c;
    call_begin(&c);
    walk(&c);
    b->fn(&c);
    walk(&c);
    return 0;
}

static void a_walk_names_what_is_broken(void **state) {
    (void)state;
    static breaker rows[] = {
        { "client inv. 2: ", count_one_more },
        { "client inv. 2: ", uncount_for_the_channel },
        { "client inv. 2: ", keep_behind_the_commit },
        { "client inv. 3: ", keep_the_lease },
        { "client inv. 3: ", end_with_ok_alone },
        { "client inv. 4: ", lose_the_response },
        { "client inv. 4: ", forget_the_response_alone },
        { "client inv. 5: ", leave_the_cut },
        { "client inv. 6: ", try_too_often },
        { "client inv. 6: ", keep_for_nothing },
        { "client inv. 6: ", retry_the_first },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        assert_broken(rows[i].name, break_and_walk, &rows[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_walk_names_what_is_broken), // a fork: before all else
        cmocka_unit_test(a_call_is_whole_at_each_of_its_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
