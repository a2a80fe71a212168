/* SPDX-License-Identifier: MIT */
/* Goal: only names are looked up, on the blocking pool, and their addresses are used in the order
 * of the reply. Method: a test source instead of getaddrinfo(3), which can be held up; and the real
 * one once. */
#include "net/names/names.h"

#include "gate.h"
#include "inside.h"
#include "leaf.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

/* ---- A source -------------------------------------------------------------------------------- */

static gate source_gate = GATE;

/* "down.example" is a name without an address, "soon.example" has no reply yet; "two.example" has
 * two addresses, of which the first refuses; any other name has 127.0.0.1, and so has
 * "held.example" once the gate opens. */
static const struct {
    const char *host;
    int code;
    const char *addrs[2];
} answers[] = {
    { "down.example", EAI_NONAME, { NULL, NULL } },
    { "soon.example", EAI_AGAIN, { NULL, NULL } },
    { "fail.example", EAI_FAIL, { NULL, NULL } },
    { "memory.example", EAI_MEMORY, { NULL, NULL } },
    { "two.example", 0, { "127.0.0.9", "127.0.0.1" } },
    { "one.example", 0, { "127.0.0.1", NULL } },
    { "held.example", 0, { "127.0.0.1", NULL } },
};

static struct addrinfo *entry(const char *text, struct addrinfo *next) {
    struct addrinfo *info = calloc(1, sizeof *info + sizeof(struct sockaddr_in));
    CHECK(info != NULL);
    struct sockaddr_in v4 = { .sin_family = AF_INET };
    CHECK_EQ(inet_pton(AF_INET, text, &v4.sin_addr), 1);
    memcpy(info + 1, &v4, sizeof v4);
    info->ai_family = AF_INET;
    info->ai_addr = (struct sockaddr *)(void *)(info + 1);
    info->ai_addrlen = sizeof v4;
    info->ai_next = next;
    return info;
}

static int answer(const char *host, const char *service, const struct addrinfo *hints,
                  struct addrinfo **out) {
    CHECK(!service && hints->ai_socktype == SOCK_STREAM);
    CHECK(edo_runtime_current() == NULL || strcmp(host, "held.example") != 0 ||
          gate_pass(&source_gate) == 7);
    for (size_t i = 0; i < EDO_COUNT(answers); i++) {
        if (strcmp(host, answers[i].host) != 0) continue;
        if (answers[i].code != 0) return answers[i].code;
        struct addrinfo *second = answers[i].addrs[1] ? entry(answers[i].addrs[1], NULL) : NULL;
        *out = entry(answers[i].addrs[0], second);
        return 0;
    }
    return EAI_NONAME;
}

static void release(struct addrinfo *list) {
    while (list) {
        struct addrinfo *next = list->ai_next;
        free(list);
        list = next;
    }
}

static int own_source(void **state) {
    (void)state;
    edoi_names_use(answer, release);
    source_gate = (gate)GATE;
    return 0;
}

static int system_source(void **state) {
    (void)state;
    edoi_names_use(NULL, NULL);
    return 0;
}

/* ---- Resolving ------------------------------------------------------------------------------- */

typedef struct row {
    const char *text;
    int result;
    const char *first;
} row;

static const row rows[] = {
    { "one.example:80", 1, "127.0.0.1:80" },
    { "two.example:65535", 2, "127.0.0.9:65535" },
    { "10.1.2.3:4", 1, "10.1.2.3:4" },
    { "[::1]:4", 1, "[::1]:4" },
    { "localhost:4", 2, "127.0.0.1:4" },
    { "down.example:80", -ENOENT, NULL },
    { "unknown.example:80", -ENOENT, NULL },
    { "soon.example:80", -EAGAIN, NULL },
    { "fail.example:80", -EIO, NULL },
    { "memory.example:80", -ENOMEM, NULL },
    { "one.example", -EINVAL, NULL },
    { "one.example:", -EINVAL, NULL },
    { "one.example:70000", -EINVAL, NULL },
    { "one.example:http", -EINVAL, NULL },
    { ":80", -EINVAL, NULL },
    { ".example:80", -EINVAL, NULL },
    { "-one.example:80", -EINVAL, NULL },
    { "one..example:80", -EINVAL, NULL },
    { "one example:80", -EINVAL, NULL },
    { "\xc3\xbc.example:80", -EINVAL, NULL },
    { "10.0.0.300:80", -EINVAL, NULL },
    { "10.1:80", -EINVAL, NULL },
    { "7:80", -EINVAL, NULL },
    { "one.example.7.:80", -EINVAL, NULL },
    { "017700000001:80", -EINVAL, NULL },
    { "0x7f000001:80", -EINVAL, NULL },
    { "0X7F000001:80", -EINVAL, NULL },
    { "0x7f000001.:80", -EINVAL, NULL },
    { "0x7f.1:80", -EINVAL, NULL },
    { "127.0.0.0x1:80", -EINVAL, NULL },
    { "1.2.3.0x4:80", -EINVAL, NULL },
    { "1.2.3.0xff.:80", -EINVAL, NULL },
    { "0x0:80", -EINVAL, NULL },
    { "0x:80", -EINVAL, NULL },
    { "one.0X.:80", -EINVAL, NULL },
    { "one.0xfg:80", -ENOENT, NULL }, // a name, which nobody knows
    { "0xg:80", -ENOENT, NULL },
    { "0x1.example:80", -ENOENT, NULL },
    { "x1f:80", -ENOENT, NULL },
    { "1f:80", -ENOENT, NULL },
    { "[one.example]:80", -EINVAL, NULL },
    { "one.example:80:80", -EINVAL, NULL },
};

static int resolves_rows(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_addr addrs[4];
        int n = edo_resolve(addrs, EDO_COUNT(addrs), rows[i].text);
        if (n != rows[i].result) edo_test_fail("%s: %d, not %d", rows[i].text, n, rows[i].result);
        edo_resolve_future f;
        CHECK_EQ(edo_await(edo_resolve_init(&f, addrs, 1, rows[i].text)), n > 1 ? 1 : n);
        char text[EDO_ADDR_TEXT_MAX] = "";
        if (n > 0) CHECK(edo_addr_print(&addrs[0], text, sizeof text) > 0);
        CHECK(n < 0 || strcmp(text, rows[i].first) == 0);
        CHECK_EQ(edo_resolve(addrs, 0, rows[i].text), -EINVAL);
    }
    return 0;
}

static void names_addresses_and_nonsense_are_distinguished(void **state) {
    (void)state;
    assert_int_equal(inside_each(resolves_rows, NULL), 0);
    edo_addr addr; // also without a runtime, where the thread itself may block
    assert_int_equal(edo_resolve(&addr, 1, "one.example:1"), 1);
    assert_int_equal(edo_resolve(&addr, 1, "down.example:1"), -ENOENT);
    edo_trail_clear();
    assert_int_equal(edo_resolve(&addr, 1, "\xc3\xbc.example:1"), -EINVAL);
    char text[200]; // an internationalised name is told how it is written
    (void)edo_trail_print_text(text, sizeof text, -EINVAL, EDO_TRAIL_LINE);
    assert_non_null(strstr(text, "xn--"));
    edo_trail_clear();
}

static void numbers_never_wait(void **state) {
    (void)state;
    edo_addr addr;
    edo_resolve_future f;
    assert_int_equal(edo_poll_once(edo_resolve_init(&f, &addr, 1, "127.0.0.1:1")), EDO_READY);
    assert_int_equal(edo_poll_once(edo_resolve_init(&f, &addr, 1, "localhost:1")), EDO_READY);
    assert_int_equal(edo_poll_once(edo_resolve_init(&f, &addr, 1, "one.example:1")), EDO_READY);
    assert_int_equal(edo_result(&f), -EDO_ENORUNTIME);
}

static void the_system_knows_this_machine(void **state) {
    (void)state;
    edo_addr addr;
    struct addrinfo *found;
    if (getaddrinfo("LOCALHOST", NULL, NULL, &found) != 0) {
        print_message("skipped: LOCALHOST is unknown here: there is no file of hosts\n");
        skip();
    }
    freeaddrinfo(found);
    assert_true(edo_resolve(&addr, 1, "LOCALHOST:7") ==
                1); // the lookup: only lower case needs none
    assert_int_equal(edo_addr_port(&addr), 7);
}

/* ---- The leaf -------------------------------------------------------------------------------- */

typedef struct env {
    edo_addr addr;
    union {
        edo_resolve_future resolve;
        edo_tcp_connect_future connect;
    } f;
    edo_stream *stream;
    edo_listener *listener;
    char text[32];
    bool poked;
} env;

static int resolve_make(void *at, edo_future **f) {
    env *e = at;
    source_gate = (gate)GATE;
    *f = edo_resolve_init(&e->f.resolve, &e->addr, 1, "held.example:1");
    return 0;
}

static void poke(void *at) {
    env *e = at;
    e->poked = true;
    gate_open(&source_gate);
    (void)gate_quiet(edo_runtime_current());
}

static edo_polled quiet_poll(edo_future *f, edo_cx *cx) {
    const env *e = (const env *)(const void *)((const char *)f - offsetof(env, f));
    bool begins = edo_future_step(f) == 0;
    if (edo_poll(f, cx) == EDO_READY) return EDO_READY;
    if (!e->poked || !begins) return EDO_PENDING;
    (void)gate_quiet(edo_runtime_current());
    return edo_poll(f, cx);
}

static void quiet(void *at) {
    (void)at;
    (void)gate_quiet(edo_runtime_current());
}

static edo_runtime *rt_of(void *at) {
    (void)at;
    return edo_runtime_current(); // entered by the test
}

static const leaf resolve_leaf = { .name = "edo_resolve",
                                   .env_bytes = sizeof(env),
                                   .make = resolve_make,
                                   .poke = poke,
                                   .intact = quiet,
                                   .result = 1,
                                   .poll = quiet_poll,
                                   .runtime = rt_of };

static int connect_make(void *at, edo_future **f) {
    env *e = at;
    source_gate = (gate)GATE;
    (void)snprintf(e->text, sizeof e->text, "held.example:1");
    *f = edo_tcp_connect_init(&e->f.connect, &e->stream, e->text, NULL);
    return 0;
}

static const leaf connect_leaf = { .name = "edo_tcp_connect by name",
                                   .env_bytes = sizeof(env),
                                   .make = connect_make,
                                   .poke = poke,
                                   .intact = quiet,
                                   .runtime = rt_of };

static void is_a_good_leaf_on(const edo_runtime_opts *kind) {
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    assert_int_equal(edo_runtime_enter(rt), 0);
    leaf_run(&resolve_leaf);
    leaf_cancelled_at_its_await(&connect_leaf);
    edo_runtime_leave(rt);
    edo_runtime_free(rt);
}
ON_EACH_KIND(is_a_good_leaf)

/* ---- Connecting and listening ---------------------------------------------------------------- */

static int meet(void *arg) {
    const char *host = arg;
    edo_listener *l = NULL;
    CHECK_EQ(edo_tcp_listen(&l, "one.example:0", NULL), 0);
    char text[64];
    (void)snprintf(text, sizeof text, "%s:%u", host, (unsigned)edo_listener_port(l));
    edo_stream *out = NULL, *in = NULL;
    CHECK_EQ(edo_tcp_connect(&out, text, NULL), 0);
    CHECK_EQ(edo_accept(l, &in), 0);
    edo_close(out);
    edo_close(in);
    out = NULL;
    edo_listener_close(l);
    CHECK_EQ(edo_tcp_connect(&out, text, NULL), -ECONNREFUSED);
    CHECK_EQ(edo_tcp_connect(&out, "down.example:1", NULL), -ENOENT);
    CHECK_EQ(edo_tcp_connect(&out, "soon.example:1", NULL), -EAGAIN);
    CHECK(out == NULL);
    CHECK_EQ(edo_tcp_listen(&l, "down.example:1", NULL), -ENOENT);
    return 0;
}

static void a_name_can_be_connected_to_and_listened_on_on(const edo_runtime_opts *kind) {
    char one[] = "one.example", two[] = "two.example";
    assert_int_equal(inside_with(meet, one, kind), 0);
    assert_int_equal(inside_with(meet, two, kind), 0); // refused at the first address
}
ON_EACH_KIND(a_name_can_be_connected_to_and_listened_on)

static void a_plain_thread_needs_no_pool(void **state) {
    (void)state;
    edo_listener *l = NULL;
    assert_int_equal(edo_tcp_listen(&l, "one.example:0", NULL), 0);
    char text[64];
    (void)snprintf(text, sizeof text, "two.example:%u", (unsigned)edo_listener_port(l));
    edo_stream *s = NULL;
    assert_int_equal(edo_tcp_connect(&s, text, NULL), 0);
    edo_close(s);
    assert_int_equal(edo_tcp_connect(&s, "down.example:1", NULL), -ENOENT);
    assert_int_equal(edo_tcp_connect(&s, "no name:1", NULL), -EINVAL);
    edo_listener_close(l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(names_addresses_and_nonsense_are_distinguished, own_source),
        cmocka_unit_test_setup(numbers_never_wait, own_source),
        cmocka_unit_test_setup(the_system_knows_this_machine, system_source),
        cmocka_unit_test_setup(is_a_good_leaf, own_source),
        cmocka_unit_test_setup(a_name_can_be_connected_to_and_listened_on, own_source),
        cmocka_unit_test_setup(a_plain_thread_needs_no_pool, own_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
