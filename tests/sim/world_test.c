/* SPDX-License-Identifier: MIT */
/* Goal: programs on several hosts, over edo's ordinary calls, live in one thread: they find each
 * other by name, hours pass at once, and what happens to hosts and ways is seen as on a network.
 * Method: a server that tells each client its line back, and clients that note what they see. */
#include "inside.h"

#include <edo/blocking.h>
#include <edo/compute.h>
#include <edo/error.h>
#include <edo/io.h>
#include <edo/log.h>
#include <edo/net.h>
#include <edo/notify.h>
#include <edo/receiver.h>
#include <edo/scope.h>
#include <edo/signal.h>
#include <edo/sim.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- A server -------------------------------------------------------------------------------- */

static int echo_one(void *arg) {
    edo_stream *s = arg;
    char buf[64];
    int n;
    while ((n = edo_read(s, buf, sizeof buf)) > 0)
        if (edo_write_all(s, buf, (size_t)n) < 0) break;
    edo_close(s);
    return 0;
}

static int echo_run(void *arg) {
    edo_listener *l;
    edo_stream *s;
    int err = edo_tcp_listen(&l, arg, NULL);
    if (err < 0) return err;
    EDO_SCOPE(all, NULL);
    while ((err = edo_accept(l, &s)) == 0)
        if (edo_scope_spawn(&all, echo_one, s) < 0) edo_close(s);
    edo_listener_close(l);
    return edo_scope_end(&all, err);
}

/* ---- A client -------------------------------------------------------------------------------- */

static int ask(edo_stream *s) {
    char reply[4];
    int err = edo_write_all(s, "ping", 4);
    if (err == 0) err = edo_read_exact(s, reply, sizeof reply);
    if (err == 0 && memcmp(reply, "ping", 4) != 0) return -EPROTO;
    return err;
}

typedef struct visit {
    const char *address;
    int asks_n;
    edo_duration pause;
    int asked_n;
    edo_instant first, last;
} visit;

static int visit_run(void *arg) {
    visit *v = arg;
    edo_stream *s;
    int err = edo_tcp_connect(&s, v->address, NULL);
    if (err < 0) return err;
    v->first = edo_now();
    for (int i = 0; i < v->asks_n && err == 0; i++) {
        err = ask(s);
        v->asked_n += err == 0;
        if (err == 0 && i + 1 < v->asks_n) err = edo_sleep(v->pause);
    }
    v->last = edo_now();
    edo_close(s);
    return err;
}

static char any_7000[] = "0.0.0.0:7000";

static edo_sim *world(uint64_t seed) {
    edo_sim *sim = edo_sim_new(&(edo_sim_opts){ .seed = seed });
    assert_non_null(sim);
    return sim;
}

static void client_finds_its_server_by_name(void **state) {
    edo_sim *sim = world(1);
    visit v = { .address = "server:7000", .asks_n = 3, .pause = edo_minutes(60) };
    (void)state;
    assert_int_equal(edo_sim_host(sim, "server", echo_run, any_7000), 0);
    assert_int_equal(edo_sim_client(sim, "client", visit_run, &v), 0);
    assert_int_equal(edo_sim_run(sim, edo_minutes(180)), 0);
    assert_int_equal(v.asked_n, 3);
    int64_t took_ns = edo_instant_since(v.last, v.first).ns;
    assert_true(took_ns >= edo_minutes(120).ns && took_ns < edo_minutes(121).ns);
    edo_sim_free(sim);
}

/* ---- What happens to hosts ------------------------------------------------------------------- */

/* A server, and a client that asks each second for a minute. */
typedef struct meeting {
    edo_sim *sim;
    visit visit;
} meeting;

static void meeting_begin(meeting *m, edo_task_fn *client) {
    *m = (meeting){ .sim = world(3),
                    .visit = { .address = "server:7000", .asks_n = 60, .pause = edo_s(1) } };
    assert_int_equal(edo_sim_host(m->sim, "server", echo_run, any_7000), 0);
    assert_int_equal(edo_sim_client(m->sim, "client", client, &m->visit), 0);
}

/* Returns what the run has returned. */
static int meeting_end(meeting *m) {
    int err = edo_sim_run(m->sim, edo_minutes(60));
    edo_trail_clear();
    edo_sim_free(m->sim);
    return err;
}

typedef struct late_guest {
    edo_sim *sim;
    visit visit;
    const char *name;
} late_guest;

static void add_guest(void *arg) {
    late_guest *g = arg;
    assert_int_equal(edo_sim_client(g->sim, g->name, visit_run, &g->visit), 0);
}

static void host_that_is_added_while_the_world_runs_begins_at_once(void **state) {
    meeting m;
    late_guest guests[] = { { .name = "guest" }, { .name = "later" } };
    (void)state;
    meeting_begin(&m, visit_run);
    for (int i = 0; i < 2; i++) {
        guests[i].sim = m.sim;
        guests[i].visit = (visit){ .address = "server:7000", .asks_n = 3, .pause = edo_s(1) };
        assert_int_equal(edo_sim_at(m.sim, edo_s(10 + 60 * i), add_guest, &guests[i]), 0);
    }
    assert_int_equal(edo_sim_run(m.sim, edo_minutes(60)), 0); // without the one that comes later
    assert_int_equal(guests[0].visit.asked_n, 3);
    int64_t late_ns = edo_instant_since(guests[0].visit.first, m.visit.first).ns;
    assert_true(late_ns > edo_s(9).ns && late_ns < edo_s(11).ns);
    edo_sim_free(m.sim);
}

static void partition_holds_up_what_is_sent_and_loses_nothing(void **state) {
    meeting m;
    (void)state;
    meeting_begin(&m, visit_run);
    assert_int_equal(edo_sim_partition(m.sim, "client", "server", edo_s(10), edo_s(20)), 0);
    assert_int_equal(meeting_end(&m), 0);
    assert_int_equal(m.visit.asked_n, 60);
    int64_t took_ns = edo_instant_since(m.visit.last, m.visit.first).ns;
    assert_true(took_ns >= edo_s(59 + 19).ns); // what was sent again came after the partition
}

static void connection_to_a_host_that_crashed_is_half_open_until_it_is_there_again(void **state) {
    meeting m;
    (void)state;
    meeting_begin(&m, visit_run);
    assert_int_equal(edo_sim_crash(m.sim, "server", edo_s(10)), 0);
    assert_int_equal(edo_sim_restart(m.sim, "server", edo_s(40)), 0);
    assert_int_equal(meeting_end(&m), -ECONNRESET); // by the kernel that does not know it
    assert_int_equal(m.visit.asked_n, 10);
}

static void reset_is_seen_by_both(void **state) {
    meeting m;
    (void)state;
    meeting_begin(&m, visit_run);
    assert_int_equal(edo_sim_reset(m.sim, "client", "server", edo_ms(10500)), 0);
    int err = meeting_end(&m);
    assert_true(err == -ECONNRESET || err == -EPIPE);
    assert_int_equal(m.visit.asked_n, 11);
}

static void host_that_stands_still_goes_on_where_it_was(void **state) {
    meeting m;
    (void)state;
    meeting_begin(&m, visit_run);
    assert_int_equal(edo_sim_pause(m.sim, "server", edo_s(10), edo_s(30)), 0);
    assert_int_equal(meeting_end(&m), 0);
    assert_int_equal(m.visit.asked_n, 60);
    assert_true(edo_instant_since(m.visit.last, m.visit.first).ns >= edo_s(59 + 29).ns);
}

static void what_is_held_comes_when_it_is_released(void **state) {
    meeting m;
    (void)state;
    meeting_begin(&m, visit_run);
    assert_int_equal(edo_sim_hold(m.sim, "client", "server", edo_s(10), edo_s(5)), 0);
    assert_int_equal(meeting_end(&m), 0);
    assert_int_equal(m.visit.asked_n, 60);
    assert_true(edo_instant_since(m.visit.last, m.visit.first).ns >= edo_s(59 + 4).ns);
}

static void first_sigterm_cancels_the_root_and_connections_end(void **state) {
    meeting m;
    (void)state;
    meeting_begin(&m, visit_run);
    assert_int_equal(edo_sim_signal(m.sim, "server", SIGTERM, edo_s(10)), 0);
    int err = meeting_end(&m);
    assert_true(err == -EDO_EEOF || err == -ECONNRESET || err == -EPIPE);
    assert_int_equal(m.visit.asked_n, 10);
}

/* ---- What a program does besides ------------------------------------------------------------- */

static int hear_signal(void *arg) {
    edo_signal *heard;
    int err = edo_signal_listen(&heard, SIGTERM);
    if (err < 0) return err;
    if (edo_signal_recv(heard) == 0) *(int *)arg = SIGTERM;
    edo_signal_close(heard);
    return 0;
}

static void listener_of_a_host_gets_its_signals(void **state) {
    int one = 0, other = 0;
    edo_sim *sim = world(1);
    (void)state;
    assert_int_equal(edo_sim_client(sim, "one", hear_signal, &one), 0);
    assert_int_equal(edo_sim_host(sim, "other", hear_signal, &other), 0);
    assert_int_equal(edo_sim_signal(sim, "one", SIGTERM, edo_s(5)), 0);
    assert_int_equal(edo_sim_run(sim, edo_minutes(1)), 0);
    assert_int_equal(one, SIGTERM);
    assert_int_equal(other, 0);
    assert_true(edo_sim_now(sim).ns < edo_s(6).ns);
    edo_sim_free(sim);
}

static int job(void *arg) {
    ++*(int *)arg;
    return 7;
}

static int sum(void *arg, void *acc, size_t from, size_t to) {
    (void)arg;
    for (size_t i = from; i < to; i++) *(uint64_t *)acc += i;
    return 0;
}

static void add(void *arg, void *acc, const void *right) {
    (void)arg;
    *(uint64_t *)acc += *(const uint64_t *)right;
}

/* ---- Jobs, and the end ----------------------------------------------------------------------- */

static int tidy_up(void *arg) {
    return edo_blocking(job, arg);
}

/* Has work for the end, which takes a job and another task. */
static int end_in_order(void *arg) {
    int err = edo_sleep(edo_ns(EDO_FOREVER_NS));
    EDO_SHIELD(sh, edo_ns(-1));
    int first = edo_blocking(job, arg);
    edo_task *task = edo_spawn(tidy_up, arg);
    int second = task ? edo_task_join(task) : -ENOMEM;
    (void)edo_shield_end(&sh, 0);
    return first == 7 && second == 7 ? err : -EPROTO;
}

static int end_once_awaited(void *arg) {
    edo_task *aside = edo_spawn(end_in_order, arg);
    CHECK(aside);
    edo_task_detach(aside);
    return end_in_order(arg);
}

static void program_of_a_host_that_crashes_runs_its_jobs_to_the_end(void **state) {
    int jobs_n = 0;
    edo_sim *sim = world(1);
    (void)state;
    assert_int_equal(edo_sim_host(sim, "worker", end_once_awaited, &jobs_n), 0);
    assert_int_equal(edo_sim_restart(sim, "worker", edo_s(1)), 0);
    assert_int_equal(edo_sim_crash(sim, "worker", edo_s(2)), 0);
    assert_int_equal(edo_sim_run(sim, edo_s(3)), 0);
    assert_int_equal(jobs_n, 8);
    edo_sim_free(sim);
}

static int end_at_the_second_life(void *arg) {
    return ++*(int *)arg == 1 ? edo_sleep(edo_ns(EDO_FOREVER_NS)) : 0;
}

static void what_a_client_returns_when_it_crashes_is_of_no_account(void **state) {
    int lives_n = 0;
    edo_sim *sim = world(1);
    (void)state;
    assert_int_equal(edo_sim_client(sim, "client", end_at_the_second_life, &lives_n), 0);
    assert_int_equal(edo_sim_crash(sim, "client", edo_s(1)), 0);
    assert_int_equal(edo_sim_restart(sim, "client", edo_s(2)), 0);
    assert_int_equal(edo_sim_run(sim, edo_s(3)), 0);
    assert_int_equal(lives_n, 2);
    edo_sim_free(sim);
}

static int work(void *arg) {
    uint64_t total = 0;
    for (int i = 0; i < 10; i++)
        if (edo_blocking(job, arg) != 7 || edo_compute(job, arg) != 7) return -EPROTO;
    int err = edo_compute_reduce(&total, sizeof total, 1000, sum, add, NULL);
    return err < 0 ? err : total == 499500 ? 0 : -EPROTO;
}

static void jobs_run_in_the_one_thread(void **state) {
    int jobs_n = 0;
    edo_sim *sim = world(1);
    (void)state;
    assert_int_equal(edo_sim_client(sim, "worker", work, &jobs_n), 0);
    assert_int_equal(edo_sim_run(sim, edo_s(1)), 0);
    assert_int_equal(jobs_n, 20);
    assert_true(edo_sim_now(sim).ns > 0);
    edo_sim_free(sim);
}

/* What ends a program waits for a job, which a cancellation does not cut short; and leaves one that
 * was begun. */
static int work_at_the_end(void *arg) {
    int err = edo_sleep(edo_hours(1));
    EDO_SHIELD(end, edo_s(10));
    if (edo_blocking(job, arg) != 7) return -EPROTO;
    int start = edo_blocking_start(job, arg);
    edo_shield_end(&end, 0);
    return start < 0 ? start : err;
}

static void jobs_of_a_program_that_ends_run(void **state) {
    int crashed_n = 0, told_n = 0;
    edo_sim *sim = world(1);
    (void)state;
    assert_int_equal(edo_sim_host(sim, "crashes", work_at_the_end, &crashed_n), 0);
    assert_int_equal(edo_sim_host(sim, "is-told", work_at_the_end, &told_n), 0);
    assert_int_equal(edo_sim_crash(sim, "crashes", edo_s(1)), 0);
    assert_int_equal(edo_sim_signal(sim, "is-told", SIGTERM, edo_s(1)), 0);
    assert_int_equal(edo_sim_run(sim, edo_s(2)), 0);
    assert_int_equal(crashed_n, 2);
    assert_int_equal(told_n, 2);
    edo_sim_free(sim);
}

static int look_around(void *arg) {
    char name[64];
    (void)arg;
    const char *is = getenv("EDO_LOG");
    if (getenv("EDO_WORKERS") || !is || strcmp(is, "warn") != 0) return -EPROTO;
    if (gethostname(name, sizeof name) < 0 || strcmp(name, "here") != 0) return -EPROTO;
    if (edo_wall_now().s != 1893456000) return -EPROTO;
    return 0;
}

static void host_has_an_environment_a_name_and_a_calendar(void **state) {
    edo_sim *sim = world(1);
    (void)state;
    assert_int_equal(setenv("EDO_WORKERS", "2", 1), 0); // of the process
    assert_int_equal(edo_sim_env(sim, NULL, "EDO_LOG", "info"), 0);
    assert_int_equal(edo_sim_client(sim, "here", look_around, NULL), 0);
    assert_int_equal(edo_sim_env(sim, "here", "EDO_LOG", "warn"), 0);
    assert_int_equal(edo_sim_run(sim, edo_s(1)), 0);
    edo_sim_free(sim);
}

static int wait_for_ever(void *arg) {
    edo_notify nobody = EDO_NOTIFY_INIT;
    (void)arg;
    return edo_notify_wait(&nobody);
}

/* ---- Services -------------------------------------------------------------------------------- */

typedef struct service {
    const char *name;
    int socktype;
    int result, port;
} service;

static int find_service(void *arg) {
    service *s = arg;
    struct addrinfo *found, hints = { .ai_family = AF_INET, .ai_socktype = s->socktype };
    struct sockaddr_in at;
    s->result = getaddrinfo("here", s->name, &hints, &found);
    if (s->result != 0) return 0;
    memcpy(&at, found->ai_addr, sizeof at);
    s->port = ntohs(at.sin_port);
    freeaddrinfo(found);
    return 0;
}

static void expect_service(const char *name, bool is_udp, int port) {
    service s = { .name = name, .socktype = is_udp ? SOCK_DGRAM : SOCK_STREAM };
    edo_sim *sim = world(1);
    assert_int_equal(edo_sim_client(sim, "here", find_service, &s), 0);
    assert_int_equal(edo_sim_run(sim, edo_s(1)), 0);
    edo_sim_free(sim);
    assert_int_equal(s.result, port > 0 ? 0 : EAI_SERVICE);
    assert_int_equal(s.port, port);
}

static int port_known(const char *name, const char *proto) {
    const struct servent *known = getservbyname(name, proto);
    return known ? ntohs((uint16_t)known->s_port) : 0;
}

static void services_have_the_ports_that_the_machine_knows(void **state) {
    (void)state;
    expect_service("8080", false, 8080);
    expect_service("http", false, port_known("http", "tcp"));
    expect_service("tftp", true, port_known("tftp", "udp"));
    expect_service("tftp", false, port_known("tftp", "tcp")); // none, as a rule
    expect_service("no-such-service", false, 0);
}

/* ---- For ever -------------------------------------------------------------------------------- */

static int count_seconds(void *arg) {
    int err;
    while ((err = edo_sleep(edo_s(1))) == 0) ++*(int *)arg;
    return err;
}

static void pause_without_an_end_ends_with_the_program(void **state) {
    int seconds_n = 0;
    edo_sim *sim = edo_sim_new(NULL);
    (void)state;
    assert_non_null(sim);
    assert_int_equal(edo_sim_host(sim, "counts", count_seconds, &seconds_n), 0);
    assert_int_equal(edo_sim_pause(sim, "counts", edo_ms(2500), edo_ns(EDO_FOREVER_NS)), 0);
    assert_int_equal(edo_sim_crash(sim, "counts", edo_s(20)), 0);
    assert_int_equal(edo_sim_restart(sim, "counts", edo_s(30)), 0);
    assert_int_equal(edo_sim_run(sim, edo_ms(19500)), 0);
    assert_int_equal(seconds_n, 2);
    assert_int_equal(edo_sim_run(sim, edo_s(20)), 0);
    assert_in_range(seconds_n, 10, 12);
    edo_sim_free(sim);
}

/* ---- Clients that do not end by themselves --------------------------------------------------- */

/* Returns what the run has returned, of a client that something happens to after a second, and
 * perhaps a start after two. */
static int run_client_with(bool is_killed, bool has_start, edo_duration most) {
    int lives_n = 0, seconds_n = 0;
    edo_sim *sim = world(1);
    assert_int_equal(edo_sim_client(sim, "mortal", end_at_the_second_life, &lives_n), 0);
    assert_int_equal(edo_sim_host(sim, "clock", count_seconds, &seconds_n), 0);
    if (is_killed) {
        assert_int_equal(edo_sim_signal(sim, "mortal", SIGKILL, edo_s(1)), 0);
    } else {
        assert_int_equal(edo_sim_crash(sim, "mortal", edo_s(1)), 0);
    }
    if (has_start) assert_int_equal(edo_sim_restart(sim, "mortal", edo_s(2)), 0);
    int err = edo_sim_run(sim, most);
    edo_sim_free(sim);
    return err;
}

static void client_that_is_killed_fails_the_run_unless_it_is_started_again(void **state) {
    char why[512];
    (void)state;
    assert_int_equal(run_client_with(true, true, edo_s(3)), 0);
    int err = run_client_with(true, false, edo_ns(EDO_FOREVER_NS));
    assert_int_equal(err, -EINTR);
    (void)edo_trail_print_text(why, sizeof why, err, EDO_TRAIL_LINE);
    assert_non_null(strstr(why, "mortal (killed)"));
    edo_trail_clear();
}

static void client_that_crashes_and_is_not_started_again_is_waited_for(void **state) {
    char why[512];
    (void)state;
    assert_int_equal(run_client_with(false, true, edo_s(3)), 0);
    int err = run_client_with(false, false, edo_s(3));
    assert_int_equal(err, -ETIMEDOUT);
    (void)edo_trail_print_text(why, sizeof why, err, EDO_TRAIL_LINE);
    assert_non_null(strstr(why, "mortal (crashed)"));
    edo_trail_clear();
}

static int return_at_once(void *arg) {
    (void)arg;
    return 0;
}

static void run_without_an_end_ends_when_nothing_can_happen(void **state) {
    edo_sim *sim = edo_sim_new(NULL);
    (void)state;
    assert_non_null(sim);
    assert_int_equal(edo_sim_host(sim, "short", return_at_once, NULL), 0);
    assert_int_equal(edo_sim_run(sim, edo_ns(EDO_FOREVER_NS)), 0);
    edo_sim_free(sim);
}

/* ---- What hosts say -------------------------------------------------------------------------- */

typedef struct diary {
    const char *word;
    int heard_n, others_n;
} diary;

static void diary_note(void *arg, const edo_event *e) {
    diary *d = arg;
    bool is_own = edo_str_equal(e->message, edo_str_of(d->word));
    d->heard_n += is_own;
    d->others_n += !is_own;
}

static int keep_diary(void *arg) {
    static const edo_receiver_ops ops = { .event = diary_note };
    diary *d = arg;
    edo_receiver *r;
    int err = edo_log_add(&r, &ops, d, NULL);
    for (int i = 0; i < 10 && err == 0; i++) {
        edo_info("%s", d->word);
        err = edo_sleep(edo_s(1));
    }
    edo_log_remove(r);
    return err;
}

static void receiver_of_a_host_is_told_what_is_said_there(void **state) {
    diary two[] = { { .word = "one" }, { .word = "other" } };
    edo_sim *sim = edo_sim_new(NULL);
    (void)state;
    assert_non_null(sim);
    assert_int_equal(edo_sim_client(sim, "a", keep_diary, &two[0]), 0);
    assert_int_equal(edo_sim_client(sim, "b", keep_diary, &two[1]), 0);
    assert_int_equal(edo_sim_run(sim, edo_minutes(1)), 0);
    edo_sim_free(sim);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(two[i].heard_n, 10);
        assert_int_equal(two[i].others_n, 0);
    }
}

static void filter_that_is_none_is_told(void **state) {
    char path[] = "/tmp/edo-sim-told-XXXXXX", told[256];
    int file = mkstemp(path), kept = dup(STDERR_FILENO);
    (void)state;
    assert_true(file >= 0 && kept >= 0);
    assert_int_equal(setenv("EDO_SIM_LOG", "sim=louder", 1), 0);
    assert_true(dup2(file, STDERR_FILENO) >= 0);
    const edo_sim *none = edo_sim_new(NULL);
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    assert_int_equal(unsetenv("EDO_SIM_LOG"), 0);
    ssize_t n = pread(file, told, sizeof told - 1, 0);
    assert_int_equal(close(file) + close(kept) + unlink(path), 0);
    assert_null(none);
    assert_true(n > 0);
    told[n] = '\0';
    assert_non_null(strstr(told, "EDO_SIM_LOG=sim=louder"));
}

static void client_that_can_only_wait_is_told(void **state) {
    char why[512];
    edo_sim *sim = world(1);
    (void)state;
    assert_int_equal(edo_sim_client(sim, "patient", wait_for_ever, NULL), 0);
    int err = edo_sim_run(sim, edo_minutes(60));
    assert_int_equal(err, -EDEADLK);
    (void)edo_trail_print_text(why, sizeof why, err, EDO_TRAIL_LINE);
    assert_non_null(strstr(why, "patient"));
    edo_sim_free(sim);
}

static int close_shop(void *arg) {
    (void)arg;
    return edo_fail(-EIO, "the shop is closed");
}

static void failure_of_a_host_is_that_of_the_run(void **state) {
    char why[512];
    edo_sim *sim = world(1);
    (void)state;
    assert_int_equal(edo_sim_host(sim, "shop", close_shop, NULL), 0);
    assert_int_equal(edo_sim_client(sim, "patient", wait_for_ever, NULL), 0);
    int err = edo_sim_run(sim, edo_minutes(60));
    assert_int_equal(err, -EIO);
    (void)edo_trail_print_text(why, sizeof why, err, EDO_TRAIL_LINE);
    assert_non_null(strstr(why, "shop"));
    assert_non_null(strstr(why, "the shop is closed"));
    edo_sim_free(sim);
}

static void calls_are_checked(void **state) {
    edo_sim *sim = world(1);
    (void)state;
    assert_null(edo_sim_new(NULL)); // a thread has one world
    assert_int_equal(edo_sim_host(sim, "", wait_for_ever, NULL), -EINVAL);
    assert_int_equal(edo_sim_host(sim, "a b", wait_for_ever, NULL), -EINVAL);
    assert_int_equal(edo_sim_host(sim, "a", wait_for_ever, NULL), 0);
    assert_int_equal(edo_sim_host(sim, "a", wait_for_ever, NULL), -EEXIST);
    assert_int_equal(edo_sim_crash(sim, "b", edo_s(1)), -EINVAL);
    assert_int_equal(edo_sim_crash(sim, "a", edo_s(-1)), -EINVAL);
    assert_int_equal(edo_sim_partition(sim, NULL, NULL, edo_s(1), edo_s(1)), -EINVAL);
    assert_int_equal(edo_sim_signal(sim, "a", 0, edo_s(1)), -EINVAL);
    assert_int_equal(edo_sim_set_link(sim, "a", NULL, &(edo_sim_link){ .loss = 2 }), -EINVAL);
    assert_int_equal(edo_sim_run(sim, edo_s(1)), 0); // no clients
    assert_int_equal(edo_sim_now(sim).ns, edo_s(1).ns);
    edo_sim_free(sim);
    assert_null(edo_sim_new(&(edo_sim_opts){ .link.loss = -1 }));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_finds_its_server_by_name),
        cmocka_unit_test(host_that_is_added_while_the_world_runs_begins_at_once),
        cmocka_unit_test(partition_holds_up_what_is_sent_and_loses_nothing),
        cmocka_unit_test(connection_to_a_host_that_crashed_is_half_open_until_it_is_there_again),
        cmocka_unit_test(reset_is_seen_by_both),
        cmocka_unit_test(host_that_stands_still_goes_on_where_it_was),
        cmocka_unit_test(what_is_held_comes_when_it_is_released),
        cmocka_unit_test(first_sigterm_cancels_the_root_and_connections_end),
        cmocka_unit_test(listener_of_a_host_gets_its_signals),
        cmocka_unit_test(jobs_run_in_the_one_thread),
        cmocka_unit_test(jobs_of_a_program_that_ends_run),
        cmocka_unit_test(program_of_a_host_that_crashes_runs_its_jobs_to_the_end),
        cmocka_unit_test(what_a_client_returns_when_it_crashes_is_of_no_account),
        cmocka_unit_test(client_that_is_killed_fails_the_run_unless_it_is_started_again),
        cmocka_unit_test(client_that_crashes_and_is_not_started_again_is_waited_for),
        cmocka_unit_test(host_has_an_environment_a_name_and_a_calendar),
        cmocka_unit_test(services_have_the_ports_that_the_machine_knows),
        cmocka_unit_test(filter_that_is_none_is_told),
        cmocka_unit_test(pause_without_an_end_ends_with_the_program),
        cmocka_unit_test(run_without_an_end_ends_when_nothing_can_happen),
        cmocka_unit_test(receiver_of_a_host_is_told_what_is_said_there),
        cmocka_unit_test(client_that_can_only_wait_is_told),
        cmocka_unit_test(failure_of_a_host_is_that_of_the_run),
        cmocka_unit_test(calls_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
