/* SPDX-License-Identifier: MIT */
/* Goal: a drain looks at idle connections in pieces, and misses none while the list changes between
 * them: all else that needs the server's lock waits for one piece at most.
 * Method: connections over made-up streams, which count the looks and see the closes between. */
#include "http/server/server.h"

#include "broken.h"
#include "inside.h"
#include "io/source_io.h"

#define CONNS 200
#define PIECE 64 /* looks in one hold of the lock */

typedef struct fake {
    edo_stream base;
    edoi_http_conn *conn; /* NULL: it has ended */
    bool is_closed;
} fake;

static edoi_http_server *server;
static fake fakes[CONNS];
static int looks, looks_most; /* since the lock was free, and the most of them */
static bool ends_next;        /* a close ends the connection that the drain would look at next */
static int ended;             /* by that */
static bool has_input[CONNS];

static edo_polled fake_read(edo_stream *self, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                            size_t n, uint32_t flags, int *result) {
    (void)cx, (void)wait, (void)to, (void)n, (void)flags;
    if (++looks > looks_most) looks_most = looks;
    *result = has_input[(fake *)(void *)self - fakes] ? 1 : -EAGAIN;
    return EDO_READY;
}

/* As the state machine of a connection, at its end. */
static void end(fake *f) {
    edoi_http_conn *c = f->conn;
    f->conn = NULL;
    edoi_http_server_forget(server, c);
    edoi_http_conn_unref(c);
}

static void fake_close(edo_stream *self) {
    fake *f = (fake *)(void *)self;
    if (f->is_closed) return;
    f->is_closed = true;
    looks = 0;
    assert_int_equal(pthread_mutex_trylock(&server->lock), 0);
    edoi_http_conn *next = server->cursor;
    pthread_mutex_unlock(&server->lock);
    if (!ends_next || !next) return;
    end((fake *)(void *)next->stream);
    ended++;
}

static void fake_free(edo_stream *self) {
    (void)self;
}

static const edo_stream_ops fake_ops = { .name = "fake",
                                         .flags = EDOI_STREAM_IS_SOURCE,
                                         .poll_read = fake_read,
                                         .close = fake_close,
                                         .free = fake_free };

/* In between, the list is whole. */
static void walk(void) {
    pthread_mutex_lock(&server->lock);
    edoi_http_server_check(server);
    pthread_mutex_unlock(&server->lock);
}

static void start(edoi_http_phase phase) {
    edo_http_server_opts opts = { .conns_max = CONNS };
    assert_int_equal(edoi_http_server_new(&server, NULL, NULL, &opts, NULL), 0);
    for (size_t i = 0; i < CONNS; i++) {
        edoi_http_conn *c = edo_slab_get(server->conns);
        assert_non_null(c);
        fakes[i] = (fake){ .base = { .ops = &fake_ops, .refs = EDOI_ATOMIC_INIT(1) }, .conn = c };
        *c = (edoi_http_conn){ .server = edo_rc_ref(server),
                               .stream = &fakes[i].base,
                               .refs = EDOI_ATOMIC_INIT(1),
                               .phase = EDOI_ATOMIC_INIT((uint16_t)phase) };
        assert_int_equal(edo_sem_try_acquire(&server->places, 1), 0);
        edoi_http_server_add(server, c);
    }
    walk();
    looks = looks_most = 0;
}

/* Returns how many connections the drain has closed. */
static int drain_and_end(void) {
    int closed = 0;
    edoi_http_server_end_idle(server);
    for (size_t i = 0; i < CONNS; i++) {
        closed += fakes[i].is_closed;
        if (fakes[i].conn) end(&fakes[i]);
        walk();
    }
    edo_rc_unref(server);
    return closed;
}

static void idle_connections_are_looked_at_in_pieces(void **state) {
    (void)state;
    start(EDOI_HTTP_IDLE);
    assert_int_equal(drain_and_end(), CONNS);
    assert_int_equal(looks_most, PIECE);
}

static void connection_that_ends_between_two_pieces_is_passed_over(void **state) {
    (void)state;
    ends_next = true;
    start(EDOI_HTTP_IDLE);
    int closed = drain_and_end();
    assert_int_equal(closed + ended, CONNS);
    assert_in_range(ended, PIECE, CONNS / 2);
    ends_next = false;
}

static void connections_at_work_are_left_alone(void **state) {
    (void)state;
    start(EDOI_HTTP_BUSY);
    assert_int_equal(drain_and_end(), 0);
    assert_int_equal(looks_most, 0);
}

/* Short of descriptors: the first of a tick is made first. */
static void oldest_without_input_is_closed_though_others_of_its_tick_have_some(void **state) {
    (void)state;
    enum { WITH_INPUT = 5 };
    start(EDOI_HTTP_IDLE);
    for (size_t i = 0; i < CONNS; i++) {
        edoi_store_rlx_u64(&fakes[i].conn->idle_ns, i < CONNS / 2 ? 1 : 2);
        has_input[i] = i < WITH_INPUT;
    }
    for (size_t i = WITH_INPUT; i < CONNS; i++) {
        looks = 0;
        assert_true(edoi_http_server_close_oldest(server));
        assert_true(fakes[i].is_closed);
        end(&fakes[i]);
    }
    assert_false(edoi_http_server_close_oldest(server));
    memset(has_input, 0, sizeof has_input);
    assert_int_equal(drain_and_end(), CONNS);
}

static edo_instant fake_wrote_at(void *arg) {
    return (edo_instant){ *(int64_t *)arg };
}

static void fake_drop(void *arg) {
    (void)arg;
}

/* Each was written to later than its run, and the earlier it has run, the later. */
static void connection_is_idle_since_others_have_written_to_it(void **state) {
    static const edo_detached_ops ops = { .wrote_at = fake_wrote_at, .drop = fake_drop };
    static int64_t wrote_ns[CONNS];
    (void)state;
    start(EDOI_HTTP_DETACHED);
    for (size_t i = 0; i < CONNS; i++) {
        wrote_ns[i] = 2 * CONNS - (int64_t)i;
        fakes[i].conn->version = EDOI_HTTP_CONN_DETACHED;
        fakes[i].conn->detached = (edoi_http_detached){ &ops, &wrote_ns[i] };
        fakes[i].conn->version = EDOI_HTTP_CONN_DETACHED;
        edoi_store_rlx_u64(&fakes[i].conn->idle_ns, i);
    }
    for (size_t i = CONNS; i-- > CONNS / 2;) {
        looks = 0;
        assert_true(edoi_http_server_close_oldest(server));
        assert_true(fakes[i].is_closed);
        end(&fakes[i]);
    }
    assert_int_equal(drain_and_end(), CONNS / 2);
}

/* ---- The walker ------------------------------------------------------------------------------ */

typedef struct harm {
    const char *name;
    void (*fn)(edoi_http_conn *c);
} harm;

static int walk_after(void *arg) {
    start(EDOI_HTTP_IDLE);
    pthread_mutex_lock(&server->lock);
    edoi_http_server_check(server);
    ((harm *)arg)->fn(fakes[CONNS / 2].conn);
    edoi_http_server_check(server);
    return 0;
}

static void lose_a_link(edoi_http_conn *c) {
    c->prev = c->next;
}

static void drain_what_is_listed(edoi_http_conn *c) {
    edoi_store_rlx_u16(&c->phase, EDOI_HTTP_DRAINED);
}

static void give_up_its_reference(edoi_http_conn *c) {
    edoi_store_rlx_u32(&c->refs, 0);
}

static void the_walker_names_what_is_broken(void **state) {
    (void)state;
    harm rows[] = {
        { "conn inv. 2: ", lose_a_link },
        { "conn inv. 2: ", drain_what_is_listed },
        { "conn inv. 3: ", give_up_its_reference },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) assert_broken(rows[i].name, walk_after, &rows[i]);
}

static int walk_one_after(void *arg) {
    start(EDOI_HTTP_IDLE);
    edoi_http_conn *c = fakes[0].conn;
    edoi_http_conn_check(c);
    ((harm *)arg)->fn(c);
    edoi_http_conn_check(c);
    return 0;
}

static void claim_half_a_head(edoi_http_conn *c) {
    c->has_half = true;
}

static void detach_without_functions(edoi_http_conn *c) {
    c->version = EDOI_HTTP_CONN_DETACHED;
}

static void keep_output_lent(edoi_http_conn *c) {
    edoi_store_rlx_u32(&c->lease.state, EDOI_OUTPUT_LENT);
}

static void watch_no_handler(edoi_http_conn *c) {
    edoi_store_rlx_u16(&c->watch, EDOI_HTTP_WATCHED);
}

static void the_walker_of_a_connection_names_what_is_broken(void **state) {
    (void)state;
    harm rows[] = {
        { "conn inv. 3: ", give_up_its_reference },    { "conn inv. 4: ", claim_half_a_head },
        { "conn inv. 4: ", detach_without_functions }, { "conn inv. 5: ", keep_output_lent },
        { "conn inv. 5: ", watch_no_handler },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        assert_broken(rows[i].name, walk_one_after, &rows[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_walker_names_what_is_broken),
        cmocka_unit_test(the_walker_of_a_connection_names_what_is_broken),
        cmocka_unit_test(idle_connections_are_looked_at_in_pieces),
        cmocka_unit_test(connection_that_ends_between_two_pieces_is_passed_over),
        cmocka_unit_test(connections_at_work_are_left_alone),
        cmocka_unit_test(connection_is_idle_since_others_have_written_to_it),
        cmocka_unit_test(oldest_without_input_is_closed_though_others_of_its_tick_have_some),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
