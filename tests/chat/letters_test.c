/* SPDX-License-Identifier: MIT */
/* Goal: what is written to one person who is at another program is told there once, and its author
 * learns what has become of it, whatever is lost or late on the way; and what comes is checked.
 * Method: two programs over one store in memory, which tell each other by a wire that the test
 * moves by hand; time is virtual. */
#include "node/direct.h"
#include "node/posted.h"
#include "person/request.h"
#include "room/member.h"
#include "stores/programs.h"

#include <edo/error.h>

#include <string.h>

enum { WIRE = 2 * DIRECT_AT_ONCE };

typedef struct parcel {
    uint64_t program;
    edo_buf text;
} parcel;

/* What the programs have published, and which of it comes there. */
static struct {
    parcel all[WIRE];
    size_t n, come_n; /* published; that have come, or are lost */
    bool is_cut;      /* nothing can be published */
    unsigned loses;   /* bits: the nth one from here on is lost */
} wire;

/* The people, and what each had been told alone before it came. */
static struct {
    const user *who;
    uint64_t told;
} people[4];
static size_t people_n;

static room_carrier ways[PROGRAMS];
static direct *posts[PROGRAMS];

static int wire_publish(void *arg, uint64_t to, edo_buf *text) {
    (void)arg;
    if (wire.is_cut) return -EHOSTUNREACH;
    CHECK(wire.n < WIRE);
    wire.all[wire.n++] = (parcel){ to, *text };
    *text = (edo_buf){ 0 };
    return 0;
}

/* What is said in rooms is none of its matter. */
static void wire_kept(void *arg, message *m) {
    (void)arg, (void)m;
}

static void wire_followed(void *arg) {
    (void)arg;
}

static int wire_tell(void *arg, const letter *what) {
    return direct_tell(*(direct **)arg, what);
}

static void wire_give_back(void *arg, const returned *what) {
    direct_give_back(*(direct **)arg, what);
}

static void start_wired(void) {
    start_programs();
    memset(&wire, 0, sizeof wire);
    people_n = 0;
    for (int i = 0; i < PROGRAMS; i++) {
        directory *in = &programs[i].at.directory;
        ways[i] = (room_carrier){ wire_kept, wire_followed, wire_tell, wire_give_back, &posts[i] };
        CHECK_EQ(direct_open(&posts[i], in, &ways[i], wire_publish, NULL), 0);
        in->carrier = &ways[i];
    }
}

static void end_wired(void) {
    for (int i = 0; i < PROGRAMS; i++) sessions_deinit(&programs[i].people);
    for (int i = 0; i < PROGRAMS; i++) sessions_init(&programs[i].people);
    for (int i = 0; i < PROGRAMS; i++) direct_close(posts[i]);
    for (size_t i = 0; i < wire.n; i++) edo_buf_deinit(&wire.all[i].text);
    end_programs();
}

static user *arrive(program *to, const char *session, const char *nick) {
    user *u = come(to, session, nick);
    CHECK(people_n < EDO_COUNT(people));
    people[people_n].who = u;
    people[people_n++].told = page_socket_told(u->me.socket);
    return u;
}

/* How often the person was told something alone. */
static uint64_t told_n(const user *u) {
    size_t i = 0;
    while (people[i].who != u) CHECK(++i < people_n);
    return page_socket_told(u->me.socket) - people[i].told;
}

static void come_there(uint64_t number, edo_str text) {
    edo_arena of = { 0 };
    CHECK(number >= 1 && number <= PROGRAMS);
    direct_hear(posts[number - 1], text, &of);
    edo_arena_deinit(&of);
}

/* All that is published comes, or is lost, until nobody publishes any more. */
static void move_wire(void) {
    pass_a_moment();
    while (wire.come_n < wire.n) {
        const parcel *p = &wire.all[wire.come_n++];
        bool is_lost = wire.loses & 1;
        wire.loses >>= 1;
        if (!is_lost) come_there(p->program, edo_buf_str(&p->text));
        pass_a_moment();
    }
}

/* ---- Writing --------------------------------------------------------------------------------- */

typedef struct writing {
    user *from;
    const char *to, *person, *text;
    int result;
    bool is_own; /* there was a copy for the author's page */
} writing;

static int write_one(void *arg) {
    writing *self = arg;
    name to = { "" };
    message *own;
    (void)snprintf(to.text, sizeof to.text, "%s", self->to);
    CHECK_EQ(edo_mutex_lock(&self->from->using), 0);
    self->result =
        member_tell(&self->from->me, &to, edo_str_of(self->person), edo_str_of(self->text), &own);
    edo_mutex_unlock(&self->from->using);
    self->is_own = own != NULL;
    edo_rc_unref(own);
    return 0;
}

/* Writes while the wire moves. */
static int write_to(user *from, const char *to, const char *person, const char *text) {
    writing w = { .from = from, .to = to, .person = person, .text = text };
    edo_scope scope;
    edo_scope_begin(&scope, NULL);
    CHECK_EQ(edo_scope_spawn(&scope, write_one, &w), 0);
    move_wire();
    CHECK_EQ(edo_scope_end(&scope, 0), 0);
    CHECK_EQ(w.is_own, w.result == 0);
    return w.result;
}

typedef struct kept_for {
    message *all[8];
    size_t n;
} kept_for;

static void note_kept(void *arg, message *m) {
    kept_for *to = arg;
    CHECK(to->n < EDO_COUNT(to->all));
    to->all[to->n++] = m;
}

static bool frame_has(const message *m, const char *part) {
    return memmem(m->frame.ptr, m->frame.len, part, strlen(part)) != NULL;
}

/* Of what the page was told alone, and has not said that it has, the last one has those parts. The
 * person is told nothing more. */
static void was_told(const user *u, size_t n, const char *part, const char *other) {
    kept_for found = { .n = 0 };
    page_socket_end(u->me.socket, note_kept, &found);
    CHECK_EQ(found.n, n);
    if (n > 0) CHECK(frame_has(found.all[n - 1], part));
    if (n > 0) CHECK(frame_has(found.all[n - 1], other));
    for (size_t i = 0; i < found.n; i++) edo_rc_unref(found.all[i]);
}

static int write_over(void *arg) {
    (void)arg;
    start_wired();
    user *ann = arrive(&programs[0], ANN, "Ann"), *bob = arrive(&programs[1], BOB, "Bob");
    CHECK_EQ(write_to(ann, "bob", "", "1"), 0);
    CHECK_EQ(rename_user(bob, "Rob"), 0);
    CHECK_EQ(write_to(ann, "Bob", bob->me.person, "2"), 0); // whatever its name is
    CHECK_EQ(write_to(ann, "bob", "", "3"), -EDO_ECLOSED);
    CHECK_EQ(write_to(ann, "cid", "", "3"), -EDO_ECLOSED);
    CHECK_EQ(wire.n, 4); // two letters, two replies: who is nowhere costs none
    CHECK_EQ(told_n(bob), 2);
    CHECK_EQ(write_to(bob, "ann", "", "\"4\"\n5"), 0);
    was_told(ann, 1, "\"from\":\"Rob\"", "\"text\":\"\\\"4\\\"\\n5\"");
    was_told(bob, 2, "\"from\":\"Ann\"", "\"text\":\"2\"");
    end_wired();
    return 0;
}

static void what_is_written_to_a_person_elsewhere_is_told_there(void **state) {
    (void)state;
    run(write_over);
}

/* A letter, its reply, or both are lost. */
static int lose(void *arg) {
    (void)arg;
    start_wired();
    user *ann = arrive(&programs[0], ANN, "ann"), *bob = arrive(&programs[1], BOB, "bob");
    wire.loses = 1;
    CHECK_EQ(write_to(ann, "bob", "", "1"), -ETIMEDOUT);
    CHECK_EQ(told_n(bob), 0);
    wire.loses = 2;
    CHECK_EQ(write_to(ann, "bob", "", "2"), -ETIMEDOUT);
    CHECK_EQ(told_n(bob), 1); // perhaps delivered, as its author learns
    const parcel *late = &wire.all[wire.n - 1];
    CHECK_EQ(late->program, 1);
    come_there(1, edo_buf_str(&late->text)); // nobody waits for it
    CHECK_EQ(write_to(ann, "bob", "", "3"), 0);
    come_there(1, edo_buf_str(&wire.all[wire.n - 1].text)); // twice
    come_there(1, edo_buf_str(&late->text));
    CHECK_EQ(write_to(ann, "bob", "", "4"), 0);
    CHECK_EQ(told_n(bob), 3);
    end_wired();
    return 0;
}

static void letter_that_is_lost_on_the_way_fails_at_its_author(void **state) {
    (void)state;
    run(lose);
}

static int reach_nobody(void *arg) {
    (void)arg;
    start_wired();
    user *ann = arrive(&programs[0], ANN, "ann"), *bob = arrive(&programs[1], BOB, "bob");
    wire.is_cut = true;
    CHECK_EQ(write_to(ann, "bob", "", "1"), -EHOSTUNREACH);
    programs[0].at.directory.carrier = NULL;
    CHECK_EQ(write_to(ann, "bob", "", "1"), -EHOSTUNREACH);
    programs[0].at.directory.carrier = &ways[0];
    wire.is_cut = false;
    for (int i = 0; i < PROGRAMS; i++) lines[i].is_broken = true;
    CHECK_EQ(write_to(ann, "bob", "", "1"), -EBUSY);
    CHECK_EQ(write_to(ann, "ann", "", "1"), 0); // who is here is not asked for
    for (int i = 0; i < PROGRAMS; i++) lines[i].is_broken = false;
    CHECK_EQ(edo_sleep(edo_s(2)), 0);
    CHECK_EQ(told_n(bob), 0);
    CHECK_EQ(write_to(ann, "bob", "", "1"), 0);
    end_wired();
    return 0;
}

static void who_cannot_be_reached_is_not_waited_for(void **state) {
    (void)state;
    run(reach_nobody);
}

/* The letter is under way as the person goes, or moves. */
static int go_meanwhile(void *arg) {
    (void)arg;
    start_wired();
    user *ann = arrive(&programs[0], ANN, "ann"), *bob = arrive(&programs[1], BOB, "bob");
    writing w = { .from = ann, .to = "bob", .person = "", .text = "1" };
    edo_scope scope;
    edo_scope_begin(&scope, NULL);
    CHECK_EQ(edo_scope_spawn(&scope, write_one, &w), 0);
    pass_a_moment();
    CHECK_EQ(wire.n, 1);
    go(&programs[1], bob);
    move_wire();
    CHECK_EQ(edo_scope_end(&scope, 0), 0);
    CHECK_EQ(w.result, -EDO_ECLOSED);
    end_wired();
    return 0;
}

static void letter_to_one_who_has_gone_meanwhile_fails(void **state) {
    (void)state;
    run(go_meanwhile);
}

/* What a connection is sent. */
static int line_take(void *to, message *m) {
    (void)m;
    ++*(unsigned *)to;
    return 0;
}

static void line_leave(void *to) {
    (void)to; // it is the test's
}

static outlet line_to(unsigned *told) {
    static const outlet_ops ops = {
        line_leave, line_leave, line_take, line_take, line_leave, NULL
    };
    return (outlet){ &ops, told };
}

/* `arg` is the author, who has a connection; a task's function. */
static int write_by_request(void *arg) {
    user *u = arg;
    edo_arena arena = { 0 };
    CHECK_EQ(edo_mutex_lock(&u->using), 0);
    int err = request_do_json(
        u, EDO_STR("{\"type\":\"direct\",\"to\":\"bob\",\"text\":\"1\",\"ref\":\"r\"}"), &arena);
    edo_mutex_unlock(&u->using);
    edo_arena_deinit(&arena);
    return err;
}

/* The letter, or its reply, is under way as another connection takes the author's session. */
static void take_session(bool is_lost) {
    unsigned before_n = 0, after_n = 0;
    start_wired();
    user *ann = arrive(&programs[0], ANN, "ann"), *bob = arrive(&programs[1], BOB, "bob");
    user_attach(ann, &before_n, line_to(&before_n), member_address(&ann->me));
    edo_task *task = edo_spawn(write_by_request, ann);
    pass_a_moment();
    CHECK_EQ(wire.n, 1);
    wire.loses = is_lost;
    CHECK_EQ(edo_mutex_lock(&ann->using), 0);
    user_attach(ann, &after_n, line_to(&after_n), member_address(&ann->me));
    edo_mutex_unlock(&ann->using);
    move_wire();
    CHECK_EQ(edo_task_join(task), -EDO_ECLOSED);
    CHECK_EQ(told_n(bob), !is_lost);
    CHECK_EQ(before_n, 0);
    CHECK_EQ(after_n, 0);
    user_detach(ann);
    end_wired();
}

static int take_meanwhile(void *arg) {
    (void)arg;
    take_session(false);
    take_session(true);
    return 0;
}

static void what_becomes_of_a_letter_is_told_to_no_later_connection(void **state) {
    (void)state;
    run(take_meanwhile);
}

/* Letters of two authors, and one of the person's own program, who then goes for good. */
static int come_back(void *arg) {
    (void)arg;
    start_wired();
    user *ann = arrive(&programs[0], ANN, "ann"), *bob = arrive(&programs[1], BOB, "bob");
    user *cid = arrive(&programs[1], CID, "cid");
    CHECK_EQ(write_to(ann, "bob", "", "1"), 0);
    CHECK_EQ(write_to(ann, "bob", "", "2"), 0);
    CHECK_EQ(write_to(cid, "bob", "", "3"), 0);
    CHECK_EQ(write_to(ann, "bob", "", "4"), 0);
    go(&programs[1], bob);
    move_wire();
    CHECK_EQ(told_n(ann), 2); // of two, and of the one behind cid's
    was_told(cid, 1, "\"type\":\"undelivered\"", "\"messages\":1");
    was_told(ann, 2, "\"type\":\"undelivered\"", "\"to\":\"bob\"");
    end_wired();
    return 0;
}

static void letters_that_a_page_never_got_come_back_to_their_authors(void **state) {
    (void)state;
    run(come_back);
}

/* Somebody else has the name by now, at the other program. */
static int mistake(void *arg) {
    (void)arg;
    start_wired();
    user *ann = arrive(&programs[0], ANN, "ann"), *bob = arrive(&programs[1], BOB, "bob");
    CHECK_EQ(write_to(ann, "bob", "", "1"), 0);
    CHECK_EQ(rename_user(bob, "rob"), 0);
    user *cid = arrive(&programs[1], CID, "bob");
    CHECK_EQ(write_to(ann, "bob", "", "2"), -EEXIST);
    CHECK_EQ(told_n(cid), 0);
    CHECK_EQ(write_to(ann, "bob", "", "2"), 0); // once more: that one is meant
    CHECK_EQ(told_n(cid), 1);
    char person[PERSON_BYTES + 1];
    memcpy(person, bob->me.person, sizeof person);
    go(&programs[1], bob);
    CHECK_EQ(write_to(ann, "bob", person, "3"), -EEXIST);
    end_wired();
    return 0;
}

static void name_that_is_another_persons_by_now_is_not_written_to(void **state) {
    (void)state;
    run(mistake);
}

/* More letters than may wait at once. */
static int write_many(void *arg) {
    enum { MANY = DIRECT_AT_ONCE + 10 };
    static writing all[MANY];
    int fates[3] = { 0 };
    edo_scope scope;
    (void)arg;
    start_wired();
    user *ann = arrive(&programs[0], ANN, "ann");
    (void)arrive(&programs[1], BOB, "bob");
    edo_scope_begin(&scope, NULL);
    for (int i = 0; i < MANY; i++) {
        all[i] = (writing){ .from = ann, .to = "bob", .person = "", .text = "1" };
        CHECK_EQ(edo_scope_spawn(&scope, write_one, &all[i]), 0);
    }
    CHECK_EQ(edo_scope_end(&scope, 0), 0); // nothing comes there
    for (int i = 0; i < MANY; i++)
        fates[all[i].result == -ETIMEDOUT ? 0 : all[i].result == -EAGAIN ? 1 : 2]++;
    CHECK_EQ(fates[0], DIRECT_AT_ONCE);
    CHECK_EQ(fates[1], MANY - DIRECT_AT_ONCE);
    wire.come_n = wire.n; // lost
    CHECK_EQ(write_to(ann, "bob", "", "2"), 0);
    end_wired();
    return 0;
}

static void letters_that_wait_are_bounded(void **state) {
    (void)state;
    run(write_many);
}

/* ---- What comes ------------------------------------------------------------------------------ */

#define SIXTEEN "0123456789abcdef"
#define ADDRESS SIXTEEN "ab"
#define LETTER                                                                                     \
    "{\"is\":\"letter\",\"by\":1,\"number\":5,\"nick\":\"ann\",\"from\":\"" SIXTEEN                \
    "\",\"name\":\"bob\",\"to\":\"" SIXTEEN "\",\"address\":\"" ADDRESS "\",\"text\":\"hi\"}"

static void assert_read(const char *text, int result) {
    edo_arena of = { 0 };
    posted p;
    assert_int_equal(posted_read(edo_str_of(text), &of, &p), result);
    edo_arena_deinit(&of);
}

/* Each of its bytes is another one, or it ends there. */
static void read_spoilt(const char *text) {
    edo_arena of = { 0 };
    char spoilt[sizeof LETTER];
    posted p;
    for (size_t i = 0; text[i]; i++) {
        (void)snprintf(spoilt, sizeof spoilt, "%s", text);
        for (int c = 0; c < 256; c += 5) {
            spoilt[i] = (char)c;
            (void)posted_read((edo_str){ spoilt, strlen(text) }, &of, &p);
            edo_arena_reset(&of);
        }
        assert_int_equal(posted_read((edo_str){ text, i }, &of, &p), -EINVAL);
        edo_arena_reset(&of);
    }
    edo_arena_deinit(&of);
}

static void what_no_program_can_have_written_is_refused(void **state) {
    (void)state;
    assert_read(LETTER, 0);
    assert_read("{\"is\":\"reply\",\"by\":1,\"number\":5,\"end\":\"gone\"}", 0);
    assert_read("{\"is\":\"reply\",\"by\":1,\"number\":5,\"end\":\"well\"}", -EINVAL);
    assert_read("{\"is\":\"reply\",\"by\":1,\"number\":5}", -EINVAL);
    assert_read("{\"is\":\"letter\",\"by\":1,\"number\":5}", -EINVAL);
    assert_read("{\"is\":\"reply\",\"by\":0,\"number\":5,\"end\":\"gone\"}", -EINVAL);
    assert_read("{\"is\":\"returned\",\"by\":1,\"number\":5}", -EINVAL);
    assert_read("{\"is\":\"other\",\"by\":1,\"number\":5}", -EINVAL);
    assert_read("", -EINVAL);
    read_spoilt(LETTER);
}

static void what_is_told_comes_as_it_was(void **state) {
    posted told = { .kind = POSTED_LETTER,
                    .by = UINT64_MAX,
                    .number = 7,
                    .nick = { "Ann" },
                    .name = { "bob" },
                    .from = SIXTEEN,
                    .to = "fedcba9876543210",
                    .address = { 4, 127, 0, 0, 1, (char)0xff },
                    .text = EDO_STR("a \"b\"\nc"),
                    .time_ms = 1234 };
    edo_arena of = { 0 };
    edo_buf text = { 0 };
    posted heard;
    (void)state;
    assert_int_equal(posted_print(&text, &told), 0);
    assert_int_equal(posted_read(edo_buf_str(&text), &of, &heard), 0);
    assert_int_equal(heard.kind, told.kind);
    assert_true(heard.by == told.by);
    assert_int_equal(heard.number, told.number);
    assert_int_equal(heard.time_ms, told.time_ms);
    assert_string_equal(heard.nick.text, told.nick.text);
    assert_string_equal(heard.name.text, told.name.text);
    assert_string_equal(heard.from, told.from);
    assert_string_equal(heard.to, told.to);
    assert_memory_equal(heard.address, told.address, sizeof told.address);
    assert_true(edo_str_equal(heard.text, told.text));
    edo_buf_deinit(&text);
    edo_arena_deinit(&of);
}

/* Programs hear anything, and forget it. */
static int hear_noise(void *arg) {
    (void)arg;
    start_wired();
    (void)arrive(&programs[0], ANN, "ann");
    come_there(1, EDO_STR("noise"));
    come_there(1, EDO_STR("{\"is\":\"reply\",\"by\":2,\"number\":0,\"end\":\"told\"}"));
    come_there(1, EDO_STR("{\"is\":\"reply\",\"by\":2,\"number\":18446744073709551615,"
                          "\"end\":\"told\"}"));
    come_there(1, EDO_STR("{\"is\":\"returned\",\"by\":2,\"number\":0,\"n\":1,\"name\":\"bob\","
                          "\"from\":\"" SIXTEEN "\",\"to\":\"" SIXTEEN "\"}"));
    CHECK_EQ(wire.n, 0);
    come_there(2, EDO_STR(LETTER)); // to nobody
    move_wire();
    CHECK_EQ(wire.n, 1); // its author's program learns that
    end_wired();
    return 0;
}

static void noise_is_heard_without_harm(void **state) {
    (void)state;
    run(hear_noise);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_to_a_person_elsewhere_is_told_there),
        cmocka_unit_test(letter_that_is_lost_on_the_way_fails_at_its_author),
        cmocka_unit_test(who_cannot_be_reached_is_not_waited_for),
        cmocka_unit_test(letter_to_one_who_has_gone_meanwhile_fails),
        cmocka_unit_test(what_becomes_of_a_letter_is_told_to_no_later_connection),
        cmocka_unit_test(letters_that_a_page_never_got_come_back_to_their_authors),
        cmocka_unit_test(name_that_is_another_persons_by_now_is_not_written_to),
        cmocka_unit_test(letters_that_wait_are_bounded),
        cmocka_unit_test(what_no_program_can_have_written_is_refused),
        cmocka_unit_test(what_is_told_comes_as_it_was),
        cmocka_unit_test(noise_is_heard_without_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
