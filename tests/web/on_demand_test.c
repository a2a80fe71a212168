/* SPDX-License-Identifier: MIT */
/* Goal: a request may start what the whole program uses, in a scope of the program: an actor, on
 * demand. The deadline that its client sets ends the request, and neither the actor nor the scope.
 * Method: a server with time that waits for it, and clients with less time than the handler. */
#include "web_server.h"

#include <edo/web_limits.h>

static int says_ok(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_OK, "ok");
}

/* Asks with a deadline of one second. */
static void get(web_served *s, heard *h, const char *target) {
    char request[256];
    (void)snprintf(request, sizeof request,
                   "GET %s HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
                   "x-request-timeout-ms: 1000\r\n\r\n",
                   target);
    ask(&s->http, h, request);
}

/* A message to the actor that gives numbers. */
typedef struct question {
    edo_oneshot_tx *reply;
} question;

static void question_drop(void *msg) {
    edo_oneshot_tx_free(((question *)msg)->reply);
}

static int numbers_run(void *arg) {
    edo_mpsc_rx *inbox = arg;
    int number = 0, err;
    for (question q; (err = edo_mpsc_recv(inbox, &q)) == 0;) {
        number++;
        (void)edo_oneshot_send(q.reply, &number);
    }
    edo_mpsc_rx_free(inbox);
    return err == -EDO_ECLOSED ? 0 : err;
}

/* The program: a scope, and an actor in it that the first request starts. */
typedef struct program {
    edo_scope *scope;
    edo_mpsc_tx *numbers; /* NULL: not started yet */
    int starts_n, last;
} program;

static int program_start(program *self) {
    edo_mpsc_rx *inbox;
    edo_mpsc_opts opts = { .drop = question_drop };
    int err = edo_mpsc_new(&self->numbers, &inbox, sizeof(question), 8, &opts);
    if (err < 0) return err;
    self->starts_n++;
    err = edo_scope_spawn(self->scope, numbers_run, inbox);
    if (err < 0) edo_mpsc_rx_free(inbox);
    return err;
}

static program *program_here;

static int asks_actor(edo_web *w) {
    program *self = program_here;
    question q;
    int err = self->numbers ? 0 : program_start(self);
    if (err == 0) err = edo_actor_call(self->numbers, &self->last, sizeof self->last, &q, &q.reply);
    if (err == 0) err = edo_sleep(edo_s(20)); // longer than the client waits
    return err < 0 ? err : says_ok(w);
}

static int starts_on_demand(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    heard h;
    (void)arg;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/ok", says_ok);
    edo_router_get(r, "/asks", asks_actor);
    edo_router_wrap(r, edo_http_deadline_layer(NULL));
    EDO_SCOPE(scope, NULL);
    program self = { .scope = &scope };
    program_here = &self;
    web_begin(&s, r);
    for (int i = 1; i <= 3; i++) {
        get(&s, &h, "/asks");
        CHECK(has(&h, " 504 "));
        CHECK_EQ(self.last, i); // one actor, which the end of no request has ended
    }
    CHECK_EQ(self.starts_n, 1);
    get(&s, &h, "/ok");
    CHECK(has(&h, " 200 "));
    int result = web_end(&s);
    edo_mpsc_tx_unref(self.numbers);
    CHECK_EQ(edo_scope_end(&scope, 0), 0);
    return result;
}

static void what_a_request_starts_for_the_program_outlives_its_deadline(void **state) {
    (void)state;
    assert_int_equal(inside(starts_on_demand, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_request_starts_for_the_program_outlives_its_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
