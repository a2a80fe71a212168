/* SPDX-License-Identifier: MIT */
/* Goal: a conversation by gRPC begins with a hello, has the messages of the page, and ends with the
 * status that says why: whatever its client does, or does not.
 * Method: the service is served over memory to edo's own client; time is virtual. */
#include "chat.edo.h" // first: its parameters have names of our types

#include "../http/http_server.h"
#include "person/people.h"
#include "stream/outbox.h"
#include "stream/stream.h"

#include <edo/net.h>
#include <edo/web_guard.h>

#include <string.h>

/* Clients over memory have no address. */
static int test_client(const edo_request *req, edo_addr *out) {
    (void)req;
    return edo_addr_parse(out, "192.0.2.1:1");
}

#define edo_request_client test_client
#include "../../apps/chat/stream/stream.c"
#undef edo_request_client

#include <edo/http2.h>
#include <edo/web.h>

#include <sys/resource.h>

/* ---- A server and its clients ---------------------------------------------------------------- */

#define LONG 3000 /* bytes of a long text */

typedef struct site {
    options options;
    server at;
    streams streams;
    served s;
    edo_http2_opts http2;
    edo_grpc_channel *ch;
} site;

typedef struct talker {
    edo_grpc_call *call;
    chat_v1_event event; /* the last one that came */
    char session[SESSION_BYTES_MAX + 1];
} talker;

static int site_serve_one(served *s, edo_stream *end) {
    return edo_web_serve_stream(s->arg, end, &(edo_web_opts){ .http = &s->opts });
}

static int site_connect(void *arg, edo_stream **out, const char *address) {
    (void)address;
    return connect_if_served(&((site *)arg)->s, out);
}

static void site_begin(site *t) {
    static const chat_v1_chat_ops ops = { .talk = stream_talk,
                                          .list_rooms = ask_rooms,
                                          .read_history = ask_history };
    const edo_grpc_opts opts = { .recv_max = LONG + 4096 };
    const edo_grpc_channel_opts channel = { .connect = site_connect, .arg = t, .http2 = &t->http2 };
    t->options = (options){ .history = 5, .line_bytes_max = LONG };
    CHECK_EQ(server_init(&t->at, &t->options, NULL), 0);
    CHECK_EQ(people_open(&t->at), 0);
    t->at.streams = &t->streams;
    edo_router *r = edo_router_new();
    chat_v1_chat_routes(r, &ops, &t->at, &opts);
    CHECK_EQ(edo_router_build(r), 0);
    t->s.arg = r;
    t->s.serve_one = site_serve_one;
    serve_begin(&t->s);
    CHECK_EQ(edo_grpc_channel_new(&t->ch, EDO_STR("chat:1"), &channel), 0);
}

static int site_end(site *t) {
    edo_grpc_channel_unref(t->ch);
    CHECK_EQ(serve_end(&t->s), 0);
    edo_router_free(t->s.arg);
    CHECK_EQ(t->at.streams_n, 0);
    people_close(&t->at);
    CHECK(!t->at.directory.people); // nobody is left
    server_deinit(&t->at);
    return 0;
}

static void talker_send(const talker *c, chat_v1_request request) {
    CHECK_EQ(chat_v1_chat_talk_client_send(c->call, &request), 0);
}

/* Waits for the next event of that kind; others are passed over. */
static const chat_v1_event *talker_until(talker *c, uint32_t kind) {
    do {
        edo_deadline d;
        edo_deadline_begin(&d, edo_s(30));
        CHECK_EQ(edo_deadline_end(&d, chat_v1_chat_talk_client_recv(c->call, &c->event)), 1);
    } while (c->event.kind != kind);
    return &c->event;
}

static void talker_begin(site *t, talker *c) {
    *c = (talker){ .call = NULL };
    CHECK_EQ(chat_v1_chat_talk(t->ch, &c->call, NULL), 0);
}

/* Comes to the room "tea", as `nick`, or with the session that it has. */
static const chat_v1_welcome *talker_come(site *t, talker *c, const char *nick, uint64_t after) {
    chat_v1_join tea = { .room = EDO_STR("tea"), .after = after };
    chat_v1_hello first = {
        .session = edo_str_of(c->session), .nick = edo_str_of(nick), .rooms = &tea, .rooms_n = 1
    };
    CHECK_EQ(chat_v1_chat_talk(t->ch, &c->call, NULL), 0);
    talker_send(c, (chat_v1_request){ .kind = CHAT_V1_REQUEST_KIND_HELLO, .hello = &first });
    const chat_v1_welcome *w = talker_until(c, CHAT_V1_EVENT_KIND_WELCOME)->welcome;
    (void)snprintf(c->session, sizeof c->session, "%.*s", (int)w->session.len, w->session.ptr);
    return w;
}

static void talker_say(const talker *c, const char *text, const char *ref) {
    chat_v1_say said = { .room = EDO_STR("tea"), .text = edo_str_of(text), .ref = edo_str_of(ref) };
    talker_send(c, (chat_v1_request){ .kind = CHAT_V1_REQUEST_KIND_SAY, .say = &said });
}

/* Whether the call ends with that status. */
static bool talker_ends(talker *c, edo_grpc_status wanted) {
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(60));
    int got = 1;
    while (got == 1) got = chat_v1_chat_talk_client_recv(c->call, &c->event);
    (void)edo_deadline_end(&d, got);
    edo_grpc_status status = edo_grpc_get_status(c->call);
    edo_grpc_call_free(c->call);
    c->call = NULL;
    edo_trail_clear();
    return status == wanted;
}

static bool is(edo_str text, const char *wanted) {
    return edo_str_equal(text, edo_str_of(wanted));
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static int talk_of_two(void *arg) {
    site *t = arg;
    talker ann = { .call = NULL }, bob = { .call = NULL };
    site_begin(t);
    CHECK_EQ(talker_come(t, &ann, "ann", 0)->rooms_n, 1);
    talker_come(t, &bob, "bob", 0);
    CHECK(is(talker_until(&ann, CHAT_V1_EVENT_KIND_JOINED)->joined->nick, "bob"));
    talker_say(&ann, "hello", "r1");
    const chat_v1_said *own = talker_until(&ann, CHAT_V1_EVENT_KIND_MESSAGE)->message;
    CHECK(is(own->ref, "r1") && is(own->from, "ann") && own->number == 1 && own->time > 0);
    const chat_v1_said *came = talker_until(&bob, CHAT_V1_EVENT_KIND_MESSAGE)->message;
    CHECK(is(came->text, "hello") && is(came->room, "tea") && came->ref.len == 0);

    chat_v1_typing typing = { .room = EDO_STR("tea") };
    talker_send(&bob, (chat_v1_request){ .kind = CHAT_V1_REQUEST_KIND_TYPING, .typing = &typing });
    CHECK(is(talker_until(&ann, CHAT_V1_EVENT_KIND_TYPING)->typing->nick, "bob"));

    chat_v1_tell psst = { .to = EDO_STR("ann"), .text = EDO_STR("psst"), .ref = EDO_STR("d1") };
    talker_send(&bob, (chat_v1_request){ .kind = CHAT_V1_REQUEST_KIND_DIRECT, .direct = &psst });
    CHECK_EQ(talker_until(&bob, CHAT_V1_EVENT_KIND_DIRECT)->direct->number, 0); // one's own
    CHECK(talker_until(&ann, CHAT_V1_EVENT_KIND_DIRECT)->direct->number > 0);

    chat_v1_leave leave = { .room = EDO_STR("tea") };
    talker_send(&bob, (chat_v1_request){ .kind = CHAT_V1_REQUEST_KIND_LEAVE, .leave = &leave });
    CHECK(is(talker_until(&ann, CHAT_V1_EVENT_KIND_LEFT)->left->nick, "bob"));
    CHECK_EQ(edo_grpc_close_send(bob.call), 0);
    CHECK(talker_ends(&bob, EDO_GRPC_OK));
    edo_grpc_call_free(ann.call);
    return site_end(t);
}

static int come_back(void *arg) {
    site *t = arg;
    talker ann = { .call = NULL }, bob = { .call = NULL };
    site_begin(t);
    talker_come(t, &ann, "ann", 0);
    talker_come(t, &bob, "bob", 0);
    edo_grpc_call_free(bob.call); // a reset
    char text[24], ref[16];
    for (int i = 1; i <= 8; i++) { // the room remembers five
        (void)snprintf(text, sizeof text, "text %d", i);
        (void)snprintf(ref, sizeof ref, "r%d", i);
        talker_say(&ann, text, ref);
        (void)talker_until(&ann, CHAT_V1_EVENT_KIND_MESSAGE);
    }
    CHECK(is(talker_come(t, &bob, "", 1)->nick, "bob"));
    const chat_v1_lagged *gap = talker_until(&bob, CHAT_V1_EVENT_KIND_LAGGED)->lagged;
    CHECK(gap->missed == 2 && gap->after == 1 && gap->before == 4);
    for (uint64_t i = 4; i <= 8; i++)
        CHECK_EQ(talker_until(&bob, CHAT_V1_EVENT_KIND_MESSAGE)->message->number, i);

    talker other = bob; // the same session
    talker_come(t, &other, "", 8);
    CHECK(talker_ends(&bob, EDO_GRPC_ABORTED));
    talker_say(&ann, "to the newer one", "r9");
    CHECK_EQ(talker_until(&other, CHAT_V1_EVENT_KIND_MESSAGE)->message->number, 9);
    edo_grpc_call_free(other.call);
    edo_grpc_call_free(ann.call);
    return site_end(t);
}

static int begin_badly(void *arg) {
    site *t = arg;
    talker c;
    site_begin(t);
    talker_begin(t, &c);
    CHECK(talker_ends(&c, EDO_GRPC_DEADLINE_EXCEEDED)); // no hello comes
    talker_begin(t, &c);
    talker_say(&c, "hello", "");
    CHECK(talker_ends(&c, EDO_GRPC_INVALID_ARGUMENT));
    static const char *const bad[] = { "short", "with blanks, which none has", "bl\xc3\xbc" };
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        chat_v1_hello first = { .session = edo_str_of(bad[i]) };
        talker_begin(t, &c);
        talker_send(&c, (chat_v1_request){ .kind = CHAT_V1_REQUEST_KIND_HELLO, .hello = &first });
        CHECK(talker_ends(&c, EDO_GRPC_INVALID_ARGUMENT));
    }
    talker_begin(t, &c);
    CHECK_EQ(edo_grpc_send_bytes(c.call, EDO_STR("\xff")), 0);
    CHECK(talker_ends(&c, EDO_GRPC_INTERNAL));
    return site_end(t);
}

static int go_too_far(void *arg) {
    site *t = arg;
    talker ann = { .call = NULL };
    char text[2 * LONG + 4096] = "";
    site_begin(t);
    talker_come(t, &ann, "ann", 0);
    memset(text, 'x', LONG + 1);
    talker_say(&ann, text, "r1");
    const chat_v1_error *e = talker_until(&ann, CHAT_V1_EVENT_KIND_ERROR)->error;
    CHECK(is(e->code, "too_long") && is(e->ref, "r1"));
    talker_send(&ann, (chat_v1_request){ .kind = 0 }); // of a newer client
    CHECK(is(talker_until(&ann, CHAT_V1_EVENT_KIND_ERROR)->error->code, "bad_message"));
    talker_say(&ann, "still here", "r2");
    CHECK(is(talker_until(&ann, CHAT_V1_EVENT_KIND_MESSAGE)->message->ref, "r2"));
    memset(text, 'x', sizeof text - 1);
    talker_say(&ann, text, "r3");
    CHECK(talker_ends(&ann, EDO_GRPC_RESOURCE_EXHAUSTED));
    return site_end(t);
}

static void talker_fail(talker *c) {
    talker_send(c, (chat_v1_request){ .kind = 0 });
    CHECK(is(talker_until(c, CHAT_V1_EVENT_KIND_ERROR)->error->code, "bad_message"));
}

static int ask_for_little(void *arg) {
    site *t = arg;
    talker ann = { .call = NULL };
    chat_v1_got got = { .number = 0 };
    site_begin(t);
    talker_come(t, &ann, "ann", 0);
    talker_fail(&ann);
    unsigned before = atomic_load(&t->at.directory.turns.done);
    for (int i = 0; i < 2 * TURN_WORK; i++)
        talker_send(&ann, (chat_v1_request){ .kind = CHAT_V1_REQUEST_KIND_GOT, .got = &got });
    talker_fail(&ann); // all are done
    CHECK(atomic_load(&t->at.directory.turns.done) - before >= 2 * TURN_WORK);
    edo_grpc_call_free(ann.call);
    return site_end(t);
}

/* Says a long text so often; returns when the last has been heard by the speaker. */
static void talker_flood(talker *c, int n) {
    char text[LONG + 1] = "", ref[16];
    memset(text, 'x', LONG);
    for (int i = 0; i < n; i++) {
        (void)snprintf(ref, sizeof ref, "f%d", i);
        talker_say(c, text, ref);
        while (!is(talker_until(c, CHAT_V1_EVENT_KIND_MESSAGE)->message->ref, ref)) continue;
    }
}

static int stop_reading(void *arg) {
    site *t = arg;
    talker ann = { .call = NULL }, bob = { .call = NULL };
    uint64_t full_before = t->at.full_pages_n;
    t->http2.stream_window = 65535;
    site_begin(t);
    talker_come(t, &ann, "ann", 0);
    talker_come(t, &bob, "bob", 0);
    CHECK_EQ(t->at.streams_n, 2);
    talker_flood(&ann, 50); // more than the windows on the way, and less than the outbox
    CHECK_EQ(t->at.streams_n, 2);
    CHECK_EQ(edo_sleep(edo_s(20)), 0); // a message stands still
    CHECK_EQ(t->at.streams_n, 1);
    edo_grpc_call_free(bob.call);

    talker_come(t, &bob, "", 0);
    talker_flood(&ann, 600); // more than the outbox holds, in no time
    CHECK_EQ(t->at.streams_n, 1);
    CHECK_EQ(t->at.full_pages_n, full_before + 1);
    edo_grpc_call_free(bob.call);
    CHECK(is(talker_come(t, &bob, "", 0)->nick, "bob"));
    edo_grpc_call_free(bob.call);
    edo_grpc_call_free(ann.call);
    return site_end(t);
}

static int end_of_the_server(void *arg) {
    site *t = arg;
    talker ann = { .call = NULL }, silent;
    site_begin(t);
    talker_come(t, &ann, "ann", 0);
    talker_begin(t, &silent);
    talker_say(&ann, "last", "r1");
    CHECK(is(talker_until(&ann, CHAT_V1_EVENT_KIND_MESSAGE)->message->ref, "r1"));
    edo_task_cancel(t->s.task);
    CHECK(talker_ends(&ann, EDO_GRPC_UNAVAILABLE));
    CHECK(talker_ends(&silent, EDO_GRPC_UNAVAILABLE));
    return site_end(t);
}

static int ask_once(void *arg) {
    site *t = arg;
    talker ann = { .call = NULL };
    edo_arena arena = { 0 };
    chat_v1_room_list rooms;
    chat_v1_history page;
    const chat_v1_read_history_request newest = { .room = EDO_STR("tea"), .limit = 2 };
    const chat_v1_read_history_request nowhere = { .room = EDO_STR("nowhere") };
    site_begin(t);
    talker_come(t, &ann, "ann", 0);
    talker_flood(&ann, 3);
    CHECK_EQ(
        chat_v1_chat_list_rooms(t->ch, &rooms, &(chat_v1_list_rooms_request){ 0 }, &arena, NULL),
        0);
    CHECK(rooms.rooms_n == 1 && is(rooms.rooms[0].room, "tea") && rooms.rooms[0].members == 1);
    CHECK_EQ(chat_v1_chat_read_history(t->ch, &page, &newest, &arena, NULL), 0);
    CHECK(page.messages_n == 2 && page.messages[1].number == 3 && page.more);
    CHECK_EQ(chat_v1_chat_read_history(t->ch, &page, &nowhere, &arena, NULL), -ENOENT);
    edo_trail_clear();
    edo_arena_deinit(&arena);
    edo_grpc_call_free(ann.call);
    return site_end(t);
}

/* ---- Places ---------------------------------------------------------------------------------- */

/* Takes places until there is none. Returns how many it got, and in `*err` why no more. */
static unsigned take_all(server *at, place_kind kind, const char *from, ticket *out, int *err) {
    edo_addr addr;
    unsigned n = 0;
    CHECK_EQ(edo_addr_parse(&addr, from), 0);
    while ((*err = ticket_take(&out[n], at, kind, &addr)) == 0) n++;
    return n;
}

/* With a low limit of descriptors. */
static int share_few(void *arg) {
    enum { FEW = 1024 };
    static ticket loud[FEW], other[FEW], lines[FEW];
    struct rlimit was, few;
    const options o = { .grpc = "127.0.0.1:0" };
    server at;
    int err;
    (void)arg;
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &was), 0);
    few = (struct rlimit){ .rlim_cur = FEW, .rlim_max = was.rlim_max };
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
    CHECK_EQ(server_init(&at, &o, NULL), 0);
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &was), 0);
    uint64_t lines_n = edo_sem_available(&at.places[PLACE_TERMINAL]);
    CHECK(lines_n + 2 * (uint64_t)at.http_conns_max + SERVER_DESCRIPTORS + 2 <= FEW);
    CHECK(lines_n + 2 * (uint64_t)at.http_conns_max > FEW / 2);
    CHECK(4 * at.http_address_conns_max <= 3 * at.http_conns_max && at.http_address_conns_max > 0);
    unsigned loud_n = take_all(&at, PLACE_PAGE, "192.0.2.1:1", loud, &err);
    CHECK_EQ(err, -EBUSY);
    unsigned other_n = take_all(&at, PLACE_PAGE, "192.0.2.2:1", other, &err);
    CHECK(other_n > 0 && err == -EMFILE);
    unsigned all_n = take_all(&at, PLACE_TERMINAL, "192.0.2.3:1", lines, &err);
    CHECK(all_n > 0 && err == -EBUSY);
    while (loud_n > 0) ticket_return(&loud[--loud_n]);
    while (other_n > 0) ticket_return(&other[--other_n]);
    while (all_n > 0) ticket_return(&lines[--all_n]);
    server_deinit(&at);
    return 0;
}

static void run(int (*fn)(void *)) {
    site *t = calloc(1, sizeof *t);
    assert_non_null(t);
    assert_int_equal(inside(fn, t), 0);
    free(t);
}

static void two_who_talk_hear_each_other(void **state) {
    (void)state;
    run(talk_of_two);
}

typedef struct much {
    outbox *box;
    message *message;
    bool is_sent;
} much;

static int send_much(void *arg) {
    much *self = arg;
    outlet to = outbox_outlet(self->box);
    int err = to.ops->send(to.to, self->message);
    self->is_sent = true;
    return err;
}

static int send_much_by_a_box(void *arg) {
    (void)arg;
    edo_scope scope;
    message *got;
    edo_cancel_token *over;
    CHECK_EQ(edo_cancel_new(&over), 0);
    much m = { .box = outbox_new(over),
               .message = message_new(0, "%*d", (int)OUTBOX_AHEAD_BYTES, 1) };
    CHECK(m.box && m.message);
    edo_scope_begin(&scope, NULL);
    edo_scope_spawn(&scope, send_much, &m);
    CHECK_EQ(outbox_take(m.box, &got), 0);
    edo_rc_unref(got);
    CHECK_EQ(edo_sleep(edo_s(1)), 0);
    CHECK(!m.is_sent); // it is on its way
    outlet to = outbox_outlet(m.box);
    CHECK_EQ(to.ops->post(to.to, m.message), 0);
    CHECK_EQ(outbox_take(m.box, &got), 0); // so it is sent; what is posted later is not waited for
    edo_rc_unref(got);
    CHECK_EQ(edo_scope_end(&scope, 0), 0);
    CHECK(m.is_sent);
    edo_scope_begin(&scope, NULL);
    edo_scope_spawn(&scope, send_much, &m);
    CHECK_EQ(edo_sleep(edo_s(1)), 0);
    outbox_close(m.box, OUTBOX_FULL);
    CHECK_EQ(edo_scope_end(&scope, 0), -EDO_ECLOSED);
    edo_rc_unref(m.message);
    outbox_unref(m.box);
    edo_cancel_unref(over);
    return 0;
}

static void sender_of_much_waits_until_it_is_sent(void **state) {
    (void)state;
    run(send_much_by_a_box);
}

static void one_who_comes_back_gets_what_was_missed_and_takes_the_session_over(void **state) {
    (void)state;
    run(come_back);
}

static void first_request_that_is_no_hello_ends_the_call(void **state) {
    (void)state;
    run(begin_badly);
}

static void text_that_is_too_long_is_an_error_and_a_message_that_is_ends_the_call(void **state) {
    (void)state;
    run(go_too_far);
}

static void request_that_nothing_paces_takes_its_part_of_a_turn(void **state) {
    (void)state;
    run(ask_for_little);
}

static void client_that_does_not_read_is_let_go_and_may_come_back(void **state) {
    (void)state;
    run(stop_reading);
}

static void end_of_the_server_is_told_by_the_status(void **state) {
    (void)state;
    run(end_of_the_server);
}

static void calls_with_one_reply_need_no_hello(void **state) {
    (void)state;
    run(ask_once);
}

static void few_descriptors_are_shared_and_no_address_takes_all(void **state) {
    (void)state;
    run(share_few);
}

static void frame_of_another_type_is_no_event(void **state) {
    (void)state;
    static const char *const frames[] = { "",
                                          "{}",
                                          "{\"type\":",
                                          "{\"type\":\"",
                                          "{\"type\":\"x\"}",
                                          "{\"type\":\"kind\"}",
                                          "{\"type\":\"unknown\"}" };
    edo_arena arena = { 0 };
    chat_v1_event event;
    for (size_t i = 0; i < EDO_COUNT(frames); i++)
        assert_int_equal(translate_event(&event, edo_str_of(frames[i]), &arena), -ENOENT);
    edo_arena_deinit(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_who_talk_hear_each_other),
        cmocka_unit_test(one_who_comes_back_gets_what_was_missed_and_takes_the_session_over),
        cmocka_unit_test(first_request_that_is_no_hello_ends_the_call),
        cmocka_unit_test(text_that_is_too_long_is_an_error_and_a_message_that_is_ends_the_call),
        cmocka_unit_test(request_that_nothing_paces_takes_its_part_of_a_turn),
        cmocka_unit_test(client_that_does_not_read_is_let_go_and_may_come_back),
        cmocka_unit_test(end_of_the_server_is_told_by_the_status),
        cmocka_unit_test(calls_with_one_reply_need_no_hello),
        cmocka_unit_test(few_descriptors_are_shared_and_no_address_takes_all),
        cmocka_unit_test(frame_of_another_type_is_no_event),
        cmocka_unit_test(sender_of_much_waits_until_it_is_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
