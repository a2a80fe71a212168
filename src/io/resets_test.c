/* SPDX-License-Identifier: MIT */
/* Goal: wherever in a conversation the peer of a stream vanishes, the other end is told: no
 * operation hangs, none takes a reset for the regular end, and what comes later fails, too.
 * Method: one conversation for each kind of stream, again and again; before the k-th system call of
 * either end, for each k, the far end is cut off. Streams in memory are cut before each operation
 * of the far end. */
#include "net/raw_socket.h"

#include "disturbed_calls.h"
#include "inside.h"

#include <edo/edo.h>
#include <edo/pipe.h>
#include <edo/streams.h>
#include <edo/unix.h>

#include <string.h>

#define BULK  200000u /* more than the buffers hold */
#define PIECE 9000u   /* read at once by the far end */

typedef struct talk {
    edo_stream *near_end, *far_end;
    int near_fd, far_fd;  /* -1: in memory */
    int points, cut_at;   /* the point that is to be cut; the first is 1 */
    bool is_cut, is_over; /* of the far end */
} talk;

static talk *now; /* NULL: no point counts */

/* ---- The cut --------------------------------------------------------------------------------- */

/* Closes the far end as the end of its process does: a connection is reset, at once. The number
 * stays in use, since its owner closes it later. */
static void cut_descriptor(int fd) {
    const struct linger at_once = { .l_onoff = 1 };
    int dead = open("/dev/null", O_RDWR | O_CLOEXEC);
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once); // fails for pipes
    CHECK(dead >= 0 && dup3(dead, fd, O_CLOEXEC) == fd);
    CHECK_EQ(close(dead), 0);
}

static void pass_point(talk *t) {
    if (t->is_over || ++t->points != t->cut_at) return;
    t->is_cut = true;
    if (t->far_fd >= 0)
        cut_descriptor(t->far_fd);
    else
        edo_close(t->far_end);
}

static int disturb(int fd) {
    talk *t = now;
    if (t && fd >= 0 && (fd == t->near_fd || fd == t->far_fd)) pass_point(t);
    return 0;
}

/* False: the far end was cut off. */
static bool goes_on(talk *t) {
    if (t->far_fd < 0) pass_point(t);
    return !t->is_cut;
}

/* ---- Conversations --------------------------------------------------------------------------- */

static char bulk[BULK];

/* The first failure of either end's part, or 0. */
typedef struct kind {
    const char *name;
    edo_test_pair_fn *make; /* the near end, the far end */
    int (*near_part)(edo_stream *s);
    int (*far_part)(talk *t);
    const int *codes; /* with which a cut may end the near part; 0 closes the list */
} kind;

static int ask(edo_stream *s) {
    char got[8];
    int n = edo_write_all(s, "hello", 5);
    if (n >= 0) n = edo_read_exact(s, got, 5);
    if (n >= 0) n = edo_write_all(s, bulk, BULK);
    if (n >= 0) n = edo_shutdown(s);
    if (n >= 0) n = edo_read_exact(s, got, 3);
    if (n >= 0) n = edo_read(s, got, 1);
    return n;
}

static int listen_to_bulk(talk *t) {
    static char piece[PIECE];
    int n = 1;
    while (n > 0 && goes_on(t)) n = edo_read(t->far_end, piece, PIECE);
    return n;
}

static int answer(talk *t) {
    char got[5];
    int n = goes_on(t) ? edo_read_exact(t->far_end, got, 5) : 0;
    if (n >= 0 && goes_on(t)) n = edo_write_all(t->far_end, got, 5);
    if (n >= 0) n = listen_to_bulk(t);
    if (n >= 0 && goes_on(t)) n = edo_write_all(t->far_end, "bye", 3);
    return n;
}

static int send_only(edo_stream *s) {
    int n = edo_write_all(s, bulk, BULK);
    return n < 0 ? n : edo_shutdown(s);
}

/* Less than all is a failure: a pipe has no other sign of a writer that vanished. */
static int receive_only(edo_stream *s) {
    static char got[BULK];
    int n = edo_read_exact(s, got, BULK);
    return n < 0 ? n : edo_read(s, got, 1);
}

static int send_bulk(talk *t) {
    int n = 1;
    for (uint32_t at = 0; n > 0 && at < BULK && goes_on(t); at += (uint32_t)n)
        n = edo_write(t->far_end, bulk, BULK - at < PIECE ? BULK - at : PIECE);
    return n;
}

#define PACKETS 40

static int send_packets(edo_stream *s) {
    int n = 0;
    for (int i = 0; n >= 0 && i < PACKETS; i++) n = edo_write(s, bulk, 5000);
    if (n >= 0) n = edo_shutdown(s);
    if (n >= 0) n = edo_read(s, bulk, 3);
    return n < 0 ? n : n == 0 ? -EDO_EEOF : edo_read(s, bulk, 1);
}

static int receive_packets(talk *t) {
    int n = listen_to_bulk(t);
    return n >= 0 && goes_on(t) ? edo_write(t->far_end, "bye", 3) : n;
}

/* ---- Kinds ----------------------------------------------------------------------------------- */

static int make_tcp(edo_stream **a, edo_stream **b, void *arg) {
    const edo_tcp_opts opts = { .send_buffer = 16384, .recv_buffer = 16384 };
    edo_listener *l;
    edo_addr at;
    CHECK_EQ(edo_tcp_listen(&l, arg, &opts), 0);
    CHECK_EQ(edo_listener_addr(l, &at), 0);
    CHECK_EQ(edo_tcp_connect_addr(a, &at, &opts), 0);
    CHECK_EQ(edo_accept(l, b), 0);
    edo_listener_close(l);
    return 0;
}

static int make_tcp4(edo_stream **a, edo_stream **b, void *arg) {
    (void)arg;
    return make_tcp(a, b, (void *)(uintptr_t) "127.0.0.1:0");
}

static int make_tcp6(edo_stream **a, edo_stream **b, void *arg) {
    (void)arg;
    return make_tcp(a, b, (void *)(uintptr_t) "[::1]:0");
}

static int make_unix(edo_stream **a, edo_stream **b, void *arg) {
    (void)arg;
    return edo_unix_pair(a, b);
}

static int make_seqpackets(edo_stream **a, edo_stream **b, void *arg) {
    (void)arg;
    return edo_unix_seqpacket_pair(a, b);
}

static int make_writer(edo_stream **a, edo_stream **b, void *arg) {
    (void)arg;
    return edo_pipe(b, a, NULL);
}

static int make_reader(edo_stream **a, edo_stream **b, void *arg) {
    (void)arg;
    return edo_pipe(a, b, NULL);
}

static int make_duplex(edo_stream **a, edo_stream **b, void *arg) {
    (void)arg;
    return edo_duplex(a, b, 1000);
}

static int make_simplex_reader(edo_stream **a, edo_stream **b, void *arg) {
    (void)arg;
    return edo_simplex(a, b, 1000);
}

/* A reset of TCP is never the regular end. Elsewhere the kernel says how a peer went only if it
 * left something unread. */
static const int reset[] = { -ECONNRESET, -EPIPE, 0 };
static const int gone[] = { -ECONNRESET, -EPIPE, -EDO_EEOF, 0 };
static const int broken[] = { -EPIPE, 0 };
static const int short_input[] = { -EDO_EEOF, 0 };

static const kind all[] = {
    { "TCP", make_tcp4, ask, answer, reset },
    { "TCP over IPv6", make_tcp6, ask, answer, reset },
    { "Unix", make_unix, ask, answer, gone },
    { "Unix packets", make_seqpackets, send_packets, receive_packets, gone },
    { "pipe, written", make_writer, send_only, listen_to_bulk, broken },
    { "pipe, read", make_reader, receive_only, send_bulk, short_input },
    { "duplex", make_duplex, ask, answer, gone },
    { "simplex, read", make_simplex_reader, receive_only, send_bulk, short_input },
};

/* ---- The test -------------------------------------------------------------------------------- */

typedef struct far_end {
    const kind *kind;
    talk *talk;
} far_end;

static int be_far(void *arg) {
    far_end *f = arg;
    int n = f->kind->far_part(f->talk);
    if (f->talk->is_cut) return 0;
    f->talk->is_over = true;
    edo_close(f->talk->far_end);
    return n < 0 ? n : 0;
}

static bool is_one_of(const int *codes, int n) {
    while (*codes != 0 && *codes != n) codes++;
    return *codes == n && n != 0;
}

/* What is tried after the failure. */
static void expect_failures(edo_stream *s, bool was_reset) {
    char byte;
    int n = 1;
    for (uint32_t i = 0; n > 0 && i < BULK; i++) n = edo_read(s, &byte, 1); // what had come
    CHECK(n < 0 || (n == 0 && !was_reset));
    n = edo_io_ready(s, EDO_IO_READ);
    CHECK(n == 0 || n == -EPIPE || n == -EBADF);
    if (edo_write(s, "x", 1) >= 0) CHECK(edo_write(s, "x", 1) < 0);
    (void)edo_shutdown(s);
}

/* Returns whether a cut was made: there is a point with that number. */
static bool talk_once(const kind *k, int cut_at) {
    talk t = { .cut_at = cut_at };
    far_end f = { k, &t };
    CHECK_EQ(k->make(&t.near_end, &t.far_end, NULL), 0);
    t.near_fd = edo_stream_fd(t.near_end);
    t.far_fd = edo_stream_fd(t.far_end);
    if (t.near_fd < 0) t.near_fd = t.far_fd = -1;
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(60));
    now = &t;
    edo_task *far_task = edo_spawn(be_far, &f);
    int n = k->near_part(t.near_end);
    bool was_reset = n == -ECONNRESET && k->near_part == ask; // a stream of bytes
    now = NULL;
    if (t.is_cut ? !is_one_of(k->codes, n) : n != 0)
        edo_test_fail("%s, point %d: %s", k->name, cut_at, edo_error_name(n));
    if (t.is_cut) edo_task_cancel(far_task); // it may wait for ever
    n = edo_task_join(far_task);
    CHECK(t.is_cut ? n == 0 || n == -ECANCELED : n == 0);
    if (t.is_cut) expect_failures(t.near_end, was_reset);
    CHECK_EQ(edo_deadline_end(&d, 0), 0);
    if (t.is_cut && t.far_fd >= 0) edo_close(t.far_end);
    edo_close(t.near_end);
    return t.is_cut;
}

static int cut_everywhere(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(all); i++) {
        int k = 1;
        while (talk_once(&all[i], k)) k++;
        if (k < 10) edo_test_fail("%s: cut at %d points only", all[i].name, k - 1);
    }
    return 0;
}

static void peer_that_vanishes_at_any_point_is_told(void **state) {
    (void)state;
    assert_int_equal(inside_with(cut_everywhere, NULL, &one_thread), 0);
}

int main(void) {
    edoi_calls_go_through_libc = true; // so that recv() and send() are those of disturbed_calls.h
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peer_that_vanishes_at_any_point_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
