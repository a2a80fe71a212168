/* SPDX-License-Identifier: MIT */
/* Goal: the client of Redis works in a world: it shares a connection, and comes back after the host
 * of its server was restarted.
 * Method: a server of a few commands, at a host that crashes while somebody counts. */
#include "inside.h"

#include <edo/buf_io.h>
#include <edo/net.h>
#include <edo/redis.h>
#include <edo/scope.h>
#include <edo/sim.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COUNTED 60

typedef struct keeper {
    int counted;
} keeper;

typedef struct caller {
    keeper *of;
    edo_stream *stream;
} caller;

/* A command, whose first word is kept. */
static int read_command(edo_buf_reader *in, char word[16]) {
    char *line;
    int n = edo_read_line(in, &line);
    if (n < 0) return n;
    long words_n = strtol(line + 1, NULL, 10);
    for (long i = 0; i < words_n; i++) {
        n = edo_read_line(in, &line); // how long it is
        if (n >= 0) n = edo_read_line(in, &line);
        if (n < 0) return n;
        if (i == 0) (void)snprintf(word, 16, "%s", line);
    }
    return 0;
}

static int answer(void *arg) {
    caller *c = arg;
    edo_buf_reader in;
    char word[16], reply[32];
    int err = edo_buf_reader_init(&in, c->stream, NULL);
    while (err >= 0 && (err = read_command(&in, word)) == 0) {
        (void)snprintf(reply, sizeof reply, "+%s\r\n", strcmp(word, "PING") == 0 ? "PONG" : "OK");
        if (strcmp(word, "INCR") == 0)
            (void)snprintf(reply, sizeof reply, ":%d\r\n", ++c->of->counted);
        err = edo_write_all(c->stream, reply, strlen(reply));
    }
    edo_buf_reader_deinit(&in);
    edo_close(c->stream);
    free(c);
    return 0;
}

static int keep(void *arg) {
    edo_listener *l;
    edo_stream *s;
    int err = edo_tcp_listen(&l, "0.0.0.0:6379", NULL);
    if (err < 0) return err;
    EDO_SCOPE(callers, NULL);
    while ((err = edo_accept(l, &s)) == 0) {
        caller *c = malloc(sizeof *c);
        CHECK(c);
        *c = (caller){ .of = arg, .stream = s };
        edo_scope_spawn(&callers, answer, c);
    }
    edo_listener_close(l);
    return edo_scope_end(&callers, err);
}

/* Each second once more, until it is acknowledged. */
static int count_up(void *arg) {
    int *acked_n = arg;
    edo_redis *r;
    int err = edo_redis_connect(&r, EDO_STR("redis://keeper"), NULL);
    while (err == 0 && *acked_n < COUNTED) {
        edo_redis_reply *reply = NULL;
        if (edo_redis_cmd(r, &reply, "INCR %s", "n") == 0) ++*acked_n;
        edo_redis_reply_free(reply);
        edo_trail_clear();
        err = edo_sleep(edo_s(1));
    }
    if (err == 0) edo_redis_close(r);
    return err;
}

static void client_comes_back_to_a_server_whose_host_was_restarted(void **state) {
    keeper k = { 0 };
    int acked_n = 0;
    edo_sim *sim = edo_sim_new(&(edo_sim_opts){ .seed = 5 });
    (void)state;
    assert_non_null(sim);
    assert_int_equal(edo_sim_host(sim, "keeper", keep, &k), 0);
    assert_int_equal(edo_sim_client(sim, "counts", count_up, &acked_n), 0);
    assert_int_equal(edo_sim_restart(sim, "keeper", edo_ms(10500)), 0);
    assert_int_equal(edo_sim_partition(sim, "keeper", "counts", edo_ms(30500), edo_s(10)), 0);
    int err = edo_sim_run(sim, edo_minutes(10));
    if (err < 0) edo_trail_print(stderr, err, EDO_TRAIL_LINE);
    assert_int_equal(err, 0);
    assert_int_equal(acked_n, COUNTED);
    assert_true(k.counted >= COUNTED); // what was counted, and not acknowledged, beside
    edo_sim_free(sim);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_comes_back_to_a_server_whose_host_was_restarted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
