/* SPDX-License-Identifier: MIT */
/* Goal: the resolver over c-ares returns what the name server knows, and each failure as its code;
 * it asks as its options say, and keeps names no longer than they hold.
 * Method: a name server of the test; its count of questions tells what was asked. The clock runs,
 * and is moved between two questions, never while one is under way; the timeouts of c-ares, which
 * has a clock of its own, are either a few ms, for a server that never replies, or so long that
 * they never come. */
#include "ares_support.h"

#include <edo/udp.h>

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

/* ---- Replies --------------------------------------------------------------------------------- */

/* As text, in the order of the list, between blanks. */
static void print_all(char *text, size_t bytes, const edo_addr *list, int n) {
    size_t at = 0;
    text[0] = '\0';
    for (int i = 0; i < n; i++) {
        char one[EDO_ADDR_TEXT_MAX];
        CHECK(edo_addr_print(&list[i], one, sizeof one) > 0);
        at += (size_t)snprintf(text + at, bytes - at, "%s ", one);
        CHECK(at < bytes);
    }
}

static int addresses(void *arg) {
    name_server s;
    edo_addr out[20];
    char text[1024];
    (void)arg;
    name_server_begin(&s);
    edo_ares *names = resolver_for(&s, (edo_ares_opts){ 0 });
    CHECK_EQ(edo_ares_resolve(names, out, 20, "four.example"), 2);
    print_all(text, sizeof text, out, 2);
    CHECK(strstr(text, "10.0.0.1:0 ") && strstr(text, "10.0.0.2:0 "));
    CHECK_EQ(edo_ares_resolve(names, out, 20, "six.example"), 1);
    print_all(text, sizeof text, out, 1);
    CHECK_EQ(strcmp(text, "[fd00::1]:0 "), 0);
    CHECK_EQ(edo_ares_resolve(names, out, 20, "two.example"), 3);
    print_all(text, sizeof text, out, 3);
    CHECK(strstr(text, "10.0.0.2:0 ") && strstr(text, "[fd00::1]:0 "));
    CHECK_EQ(edo_ares_resolve(names, out, 1, "two.example"), 1);
    CHECK_EQ(edo_ares_resolve(names, out, 20, "alias.example"), 2);
    CHECK_EQ(edo_ares_resolve(names, out, 20, "noise.example"), 3);
    CHECK_EQ(s.asked_by_tcp, 0);
    CHECK_EQ(edo_ares_resolve(names, out, 20, "long.example"), 16);
    CHECK(s.asked_by_tcp > 0);
    edo_ares_free(names);
    name_server_end(&s);
    return 0;
}

static void addresses_come_from_the_name_server(void **state) {
    (void)state;
    assert_int_equal(inside_each(addresses, NULL), 0);
}

static int failures(void *arg) {
    name_server s;
    edo_addr out;
    (void)arg;
    name_server_begin(&s);
    edo_ares *names = resolver_for(&s, (edo_ares_opts){ .tries = 1 });
    CHECK_EQ(look_up(names, "missing.example"), -ENOENT);
    CHECK_EQ(look_up(names, "elsewhere.test"), -ENOENT);
    CHECK_EQ(look_up(names, "broken.example"), -EAGAIN);
    CHECK_EQ(look_up(names, "refused.example"), -EAGAIN);
    CHECK_EQ(look_up(names, "torn.example"), -EIO);
    CHECK_EQ(look_up(names, "hangup.example"), -EAGAIN);
    CHECK_EQ(look_up(names, "a..b"), -EINVAL);
    CHECK_EQ(edo_ares_resolve(names, &out, 0, "two.example"), -EINVAL);
    edo_ares_free(names);
    name_server_end(&s);
    name_server_begin(&s); // one that no question from above can still reach
    names = resolver_for(&s, (edo_ares_opts){ .timeout = edo_ms(2), .tries = 2 });
    CHECK_EQ(look_up(names, "silent.example"), -EAGAIN);
    await_count(&s.asked, 4); // the server may be behind
    CHECK_EQ(s.asked, 4);     // twice for each family
    CHECK_EQ(look_up(names, "stuck.example"), -EAGAIN);
    CHECK_EQ(look_up(names, "cut.example"), -EAGAIN);
    name_server_end(&s);
    CHECK_EQ(look_up(names, "two.example"), -EAGAIN); // the port is closed
    edo_ares_free(names);
    return 0;
}

static void each_failure_has_its_code(void **state) {
    (void)state;
    assert_int_equal(inside_each(failures, NULL), 0);
}

static int numbers(void *arg) {
    name_server s;
    edo_addr out[2];
    (void)arg;
    name_server_begin(&s);
    edo_ares *names = resolver_for(&s, (edo_ares_opts){ 0 });
    edo_resolver_set(edo_ares_resolve, names);
    CHECK_EQ(edo_resolve(out, 2, "192.0.2.1:80"), 1);
    CHECK_EQ(edo_resolve(out, 2, "[2001:db8::1]:80"), 1);
    CHECK_EQ(edo_ares_resolve(names, out, 2, "192.0.2.1"), 1);
    CHECK_EQ(out[0].sock.v4.sin_addr.s_addr, htonl(0xC0000201));
    CHECK_EQ(edo_ares_resolve(names, out, 2, "2001:db8::1"), 1);
    CHECK_EQ(out[0].sock.v6.sin6_addr.s6_addr[15], 1);
    CHECK_EQ(s.asked, 0);
    edo_resolver_set(NULL, NULL);
    edo_ares_free(names);
    name_server_end(&s);
    return 0;
}

static void numbers_are_not_asked_for(void **state) {
    (void)state;
    assert_int_equal(inside_real(numbers, NULL), 0);
}

static int connects(void *arg) {
    name_server s;
    edo_listener *l;
    edo_stream *here, *there;
    edo_resolve_future f;
    edo_addr out[4];
    char name[32];
    (void)arg;
    name_server_begin(&s);
    edo_ares *names = resolver_for(&s, (edo_ares_opts){ 0 });
    edo_resolver_set(edo_ares_resolve, names);
    CHECK_EQ(edo_tcp_listen(&l, "127.0.0.1:0", NULL), 0);
    (void)snprintf(name, sizeof name, "here.example:%d", (int)edo_listener_port(l));
    CHECK_EQ(edo_tcp_connect(&there, name, NULL), 0);
    CHECK_EQ(edo_accept(l, &here), 0);
    CHECK_EQ(edo_await(edo_resolve_init(&f, out, 4, "four.example:7")), 2);
    CHECK_EQ(edo_addr_port(&out[1]), 7);
    edo_close(here);
    edo_close(there);
    edo_listener_close(l);
    edo_resolver_set(NULL, NULL);
    edo_ares_free(names);
    name_server_end(&s);
    return 0;
}

static void connections_find_their_names(void **state) {
    (void)state;
    assert_int_equal(inside_each(connects, NULL), 0);
}

/* ---- Options --------------------------------------------------------------------------------- */

static int search_list(void *arg) {
    name_server s;
    (void)arg;
    name_server_begin(&s);
    edo_ares *names = resolver_for(&s, (edo_ares_opts){ .search = "nowhere.test,example" });
    CHECK_EQ(look_up(names, "two"), 3);
    CHECK_EQ(look_up(names, "two."), -ENOENT);
    edo_ares_free(names);
    names = resolver_for(&s, (edo_ares_opts){ .search = "" });
    CHECK_EQ(look_up(names, "two"), -ENOENT);
    edo_ares_free(names);
    name_server_end(&s);
    return 0;
}

static void domains_are_tried_in_turn(void **state) {
    (void)state;
    assert_int_equal(inside_real(search_list, NULL), 0);
}

/* `n` servers that refuse, then one that never replies if `silent`, then the good one. c-ares may
 * notice a refusal by its timeout only: when the second question has taken the socket's error. */
static edo_ares *resolver_behind(const name_server *s, int n, const edo_addr *silent,
                                 uint32_t tries) {
    edo_ares *names;
    char list[20 * EDO_ADDR_TEXT_MAX], one[EDO_ADDR_TEXT_MAX];
    size_t at = 0;
    for (int i = 1; i <= n; i++)
        at += (size_t)snprintf(list + at, sizeof list - at, "127.0.0.%d:1,", i);
    if (silent) {
        CHECK(edo_addr_print(silent, one, sizeof one) > 0);
        at += (size_t)snprintf(list + at, sizeof list - at, "%s,", one);
    }
    (void)snprintf(list + at, sizeof list - at, "%s", s->addr);
    edo_ares_opts opts = { .servers = list, .search = "", .timeout = edo_ms(20), .tries = tries };
    CHECK_EQ(edo_ares_new(&names, &opts), 0);
    return names;
}

static int several_servers(void *arg) {
    name_server s;
    edo_stream *silent;
    edo_addr addr;
    (void)arg;
    name_server_begin(&s);
    CHECK_EQ(edo_udp_bind(&silent, "127.0.0.1:0", NULL), 0);
    CHECK_EQ(edo_stream_local_addr(silent, &addr), 0);
    edo_ares *names = resolver_behind(&s, 7, NULL, 12);
    CHECK_EQ(look_up(names, "two.example"), 3);
    CHECK_EQ(look_up(names, "long.example"), 16);
    edo_ares_free(names);
    names = resolver_behind(&s, 0, &addr, 12);
    CHECK_EQ(look_up(names, "two.example"), 3);
    edo_ares_free(names);
    s.asked = 0;
    names = resolver_behind(&s, 8, NULL, 1); // the ninth is not asked
    CHECK_EQ(look_up(names, "two.example"), -EAGAIN);
    CHECK_EQ(s.asked, 0);
    edo_ares_free(names);
    edo_close(silent);
    name_server_end(&s);
    return 0;
}

static void next_server_is_asked_in_place_of_one_that_fails(void **state) {
    (void)state;
    assert_int_equal(inside_each(several_servers, NULL), 0);
}

static void bad_options_are_refused(void **state) {
    static const edo_ares_opts bad[] = { { .reserved = { 1 } },
                                         { .timeout = { -1 } },
                                         { .timeout = { INT64_MAX } },
                                         { .tries = UINT32_MAX },
                                         { .servers = "not an address" },
                                         { .servers = "10.0.0.1:port" },
                                         { .servers = "" },
                                         { .servers = "," },
                                         { .servers = "127.0.0.1:99999" },
                                         { .servers = "10.0.0.1,[::1]:65536" } };
    edo_ares *names = NULL;
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(bad); i++)
        assert_int_equal(edo_ares_new(&names, &bad[i]), -EINVAL);
    assert_int_equal(edo_ares_new(&names, &(edo_ares_opts){ .nsswitch = "/no/such/file" }),
                     -ENOENT);
    assert_null(names);
    assert_int_equal(edo_ares_new(&names, NULL), 0);
    edo_ares_free(names);
    edo_ares_free(NULL);
}

/* A resolver for which nsswitch.conf says `line`. */
static edo_ares *resolver_by(const name_server *s, const char *line) {
    char path[] = "/tmp/edo_nsswitch_XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    CHECK(write(fd, line, strlen(line)) == (ssize_t)strlen(line));
    (void)close(fd);
    edo_ares *names = resolver_for(s, (edo_ares_opts){ .nsswitch = path });
    CHECK_EQ(unlink(path), 0);
    return names;
}

static int sources(void *arg) {
    name_server s;
    (void)arg;
    name_server_begin(&s);
    edo_ares *names = resolver_by(&s, "hosts: files dns\n");
    CHECK_EQ(look_up(names, "two.example"), 3);
    CHECK(s.asked > 0);
    edo_ares_free(names);
    s.asked = 0;
    names = resolver_by(&s, "hosts: files\n");
    CHECK_EQ(look_up(names, "two.example"), -ENOENT);
    edo_ares_free(names);
    names = resolver_by(&s, "hosts: files mdns4_minimal [NOTFOUND=return] dns\n");
    CHECK(look_up(names, "localhost") > 0);
    CHECK_EQ(look_up(names, "no name"), -EINVAL); // as edo_resolver_system() has it
    CHECK_EQ(s.asked, 0);
    edo_ares_free(names);
    name_server_end(&s);
    return 0;
}

static void other_sources_than_files_and_dns_are_the_systems(void **state) {
    (void)state;
    assert_int_equal(inside_real(sources, NULL), 0);
}

/* ---- The cache ------------------------------------------------------------------------------- */

/* Looks up `host`; the number of questions that took. */
static int questions(name_server *s, edo_ares *names, const char *host) {
    int before = s->asked;
    (void)look_up(names, host);
    return s->asked - before;
}

/* The clock stands only for this. */
static void pass(edo_duration d) {
    CHECK_EQ(edo_time_pause(), 0);
    CHECK_EQ(edo_time_advance(d), 0);
    CHECK_EQ(edo_time_resume(), 0);
}

static int kept(void *arg) {
    name_server s;
    (void)arg;
    name_server_begin(&s);
    s.ttl_s = 100000;
    edo_ares *names = resolver_for(&s, (edo_ares_opts){ .cached = 100 });
    CHECK_EQ(questions(&s, names, "two.example"), 2);
    CHECK_EQ(questions(&s, names, "two.example"), 0);
    CHECK_EQ(questions(&s, names, "TWO.Example"), 0);
    CHECK_EQ(look_up(names, "two.example"), 3);
    pass(edo_s(99900)); // the rest is for a busy machine
    CHECK_EQ(questions(&s, names, "two.example"), 0);
    pass(edo_s(100));
    CHECK_EQ(questions(&s, names, "two.example"), 2);
    CHECK_EQ(questions(&s, names, "two.example"), 0); // it took the place of the old one
    CHECK_EQ(questions(&s, names, "alias.example"), 2);
    pass(edo_s(6)); // the alias has ended, its addresses have not
    CHECK_EQ(questions(&s, names, "alias.example"), 2);
    s.ttl_s = 0;
    CHECK_EQ(questions(&s, names, "four.example"), 2);
    CHECK_EQ(questions(&s, names, "four.example"), 2);
    edo_ares_free(names);
    name_server_end(&s);
    return 0;
}

static void names_are_kept_while_their_ttl_lasts(void **state) {
    (void)state;
    assert_int_equal(inside_real(kept, NULL), 0);
}

static int missing_kept(void *arg) {
    name_server s;
    (void)arg;
    name_server_begin(&s);
    edo_ares *names = resolver_for(&s, (edo_ares_opts){ .cached = 100 });
    edo_instant before = edo_now();
    CHECK_EQ(questions(&s, names, "missing.example"), 2);
    CHECK_EQ(look_up(names, "missing.example"), -ENOENT);
    bool is_stalled = edo_instant_since(edo_now(), before).ns >= edo_s(5).ns; // the machine
    CHECK(s.asked == 2 || is_stalled);
    pass(edo_s(5));
    CHECK_EQ(questions(&s, names, "missing.example"), 2);
    edo_ares_free(names);
    name_server_end(&s);
    return 0;
}

static void names_that_are_missing_are_kept_for_5_s(void **state) {
    (void)state;
    assert_int_equal(inside_real(missing_kept, NULL), 0);
}

static int bounded(void *arg) {
    name_server s;
    char host[32];
    int kept_n = 0;
    (void)arg;
    name_server_begin(&s);
    s.ttl_s = 100000;
    edo_ares *names = resolver_for(&s, (edo_ares_opts){ .cached = 8 });
    for (int i = 0; i < 100; i++) {
        s.ttl_s++; // so the newest has the longest to live
        (void)snprintf(host, sizeof host, "n%d.example", i);
        CHECK_EQ(questions(&s, names, host), 2);
    }
    for (int i = 99; i >= 90; i--) {
        (void)snprintf(host, sizeof host, "n%d.example", i);
        if (questions(&s, names, host) == 0) kept_n++;
    }
    CHECK(kept_n >= 4 && kept_n <= 8);
    edo_ares_free(names);
    names = resolver_for(&s, (edo_ares_opts){ 0 }); // none is kept
    CHECK_EQ(questions(&s, names, "two.example"), 2);
    CHECK_EQ(questions(&s, names, "two.example"), 2);
    edo_ares_free(names);
    name_server_end(&s);
    return 0;
}

static void cache_is_bounded_and_optional(void **state) {
    (void)state;
    assert_int_equal(inside_real(bounded, NULL), 0);
}

/* ---- Outside --------------------------------------------------------------------------------- */

static int ask_outside(void *arg) {
    CHECK(!edo_runtime_current());
    CHECK_EQ(look_up(arg, "two.example"), 3);
    CHECK_EQ(look_up(arg, "long.example"), 16);
    CHECK_EQ(look_up(arg, "missing.example"), -ENOENT);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(5)); // c-ares would wait for ever
    CHECK_EQ(edo_deadline_end(&d, look_up(arg, "silent.example")), -ETIMEDOUT);
    return 0;
}

static void *plain_thread(void *arg) {
    (void)ask_outside(arg);
    return NULL;
}

static int serve_a_thread(void *arg) {
    name_server s;
    pthread_t thread;
    (void)arg;
    name_server_begin(&s);
    edo_ares *names = resolver_for(&s, (edo_ares_opts){ .at_once = 1 });
    CHECK_EQ(pthread_create(&thread, NULL, plain_thread, names), 0);
    YIELD_FOR(pthread_tryjoin_np(thread, NULL) == 0);
    edo_ares_free(names);
    name_server_end(&s);
    return 0;
}

static void plain_thread_may_ask(void **state) {
    (void)state;
    assert_int_equal(inside_each(serve_a_thread, NULL), 0);
}

/* Descriptors are short by one more with each round. */
static int short_of_descriptors(void *arg) {
    name_server s;
    struct rlimit all, few;
    int codes = 0, n = -1;
    (void)arg;
    name_server_begin(&s);
    edo_ares *names = resolver_for(&s, (edo_ares_opts){ .tries = 2 });
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &all), 0);
    int before = open_fds();
    int lowest = dup(0);
    CHECK(lowest >= 0);
    (void)close(lowest);
    few = all;
    for (int k = 0; n < 0; k++) {
        few.rlim_cur = (rlim_t)lowest + (rlim_t)k;
        CHECK_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
        n = look_up(names, "two.example");
        CHECK_EQ(setrlimit(RLIMIT_NOFILE, &all), 0);
        CHECK(n == 3 || n == -EMFILE || n == -EIO || n == -EAGAIN);
        codes += n < 0;
        CHECK_EQ(open_fds(), before);
    }
    CHECK(codes >= 2);
    edo_ares_free(names);
    name_server_end(&s);
    return 0;
}

static void shortage_of_descriptors_is_an_error_and_no_leak(void **state) {
    (void)state;
    assert_int_equal(inside_real(short_of_descriptors, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_come_from_the_name_server),
        cmocka_unit_test(each_failure_has_its_code),
        cmocka_unit_test(numbers_are_not_asked_for),
        cmocka_unit_test(connections_find_their_names),
        cmocka_unit_test(domains_are_tried_in_turn),
        cmocka_unit_test(next_server_is_asked_in_place_of_one_that_fails),
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(other_sources_than_files_and_dns_are_the_systems),
        cmocka_unit_test(names_are_kept_while_their_ttl_lasts),
        cmocka_unit_test(names_that_are_missing_are_kept_for_5_s),
        cmocka_unit_test(cache_is_bounded_and_optional),
        cmocka_unit_test(plain_thread_may_ask),
        cmocka_unit_test(shortage_of_descriptors_is_an_error_and_no_leak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
