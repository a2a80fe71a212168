/* SPDX-License-Identifier: MIT */
/* Goal: each of many writes has the result that it would have alone: all bytes, some, a full
 * socket, an end; a socket that was full tells when it has room again; and no write needs a ring.
 * Method: real sockets and a real ring, whose calls a filter refuses amid a run. */
#include "child.h"
#include "rings.h"
#include "seed.h"
#include "stress.h"
#include "tcp_pair.h"

#include <edo/streams.h>
#include <edo/udp.h>
#include <edo/unix.h>

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/syscall.h>

#define MANY 150 /* more than go into one call */

static const edo_runtime_opts workers = { .flavor = EDO_RUNTIME_MULTI, .workers = 2 };

typedef struct pair {
    edo_stream *ours, *theirs;
} pair;

static pair links[MANY];
static edo_write_to writes[MANY];

static void links_open(size_t n) {
    for (size_t i = 0; i < n; i++) {
        pair *l = &links[i];
        CHECK_EQ(i % 3 == 2 ? edo_unix_pair(&l->ours, &l->theirs) : connected(&l->ours, &l->theirs),
                 0);
    }
}

static void links_close(size_t n) {
    for (size_t i = 0; i < n; i++) {
        edo_close(links[i].ours);
        edo_close(links[i].theirs);
    }
}

/* Other bytes, of another number, for each. */
static size_t text_of(size_t i, char *to) {
    return (size_t)snprintf(to, 40, "this is for the %zuth", i * i * i);
}

static void write_texts(size_t n) {
    static char texts[MANY][40];
    for (size_t i = 0; i < n; i++)
        writes[i] =
            (edo_write_to){ .to = links[i].ours, .buf = texts[i], .n = text_of(i, texts[i]) };
    edo_try_write_many(writes, n);
    memset(texts, 0, sizeof texts); // they are not needed any more
}

static void expect_text(size_t i) {
    char wanted[40], got[40];
    size_t n = text_of(i, wanted);
    CHECK_EQ(writes[i].result, (int)n);
    CHECK_EQ(edo_read(links[i].theirs, got, sizeof got), (int)n);
    CHECK(memcmp(got, wanted, n) == 0);
}

static int write_to_all(void *arg) {
    (void)arg;
    links_open(MANY);
    for (size_t n = 0; n <= MANY; n += n < 8 ? 1 : 71) {
        write_texts(n);
        for (size_t i = 0; i < n; i++) expect_text(i);
    }
    links_close(MANY);
    return 0;
}

static void each_gets_its_own(void **state) {
    (void)state;
    assert_int_equal(inside_with(write_to_all, NULL, &one_thread), 0);
    assert_int_equal(inside_with(write_to_all, NULL, &workers), 0);
}

/* ---- What may be said of one ----------------------------------------------------------------- */

#define FEW 9

static void fill(edo_stream *s) {
    static const char zeros[1u << 16];
    while (edo_try_write(s, zeros, sizeof zeros) > 0) continue;
}

static void drain(edo_stream *s) {
    static char bytes[1u << 18];
    int n;
    while ((n = edo_try_read(s, bytes, sizeof bytes)) > 0) continue;
    CHECK_EQ(n, -EAGAIN);
}

typedef struct waiter {
    edo_stream *on;
    bool has_room;
} waiter;

static int wait_for_room(void *arg) {
    waiter *w = arg;
    int err = edo_io_ready(w->on, EDO_IO_WRITE);
    w->has_room = true;
    return err;
}

/* The waiter has been told of nothing yet; once the other end reads it is. */
static void expect_room(waiter *w, edo_task *t, edo_stream *other_end) {
    CHECK(!w->has_room);
    while (!w->has_room) {
        drain(other_end);
        CHECK_EQ(edo_yield(), 0);
    }
    CHECK_EQ(edo_task_join(t), 0);
}

static int write_to_odd(void *arg) {
    char byte;
    (void)arg;
    links_open(FEW);
    fill(links[0].ours);
    fill(links[2].ours); // of Unix
    edo_close(links[1].theirs);
    edo_stream *closed = edo_stream_ref(links[3].ours);
    edo_close(links[3].ours);
    CHECK_EQ(edo_shutdown(links[4].ours), 0);
    write_texts(FEW);
    CHECK_EQ(writes[0].result, -EAGAIN);
    CHECK_EQ(writes[2].result, -EAGAIN);
    CHECK_EQ(writes[3].result, -EDO_ECLOSED);
    CHECK_EQ(writes[4].result, -EPIPE);
    for (size_t i = 5; i < FEW; i++) expect_text(i);

    waiter on[] = { { .on = links[0].ours }, { .on = links[2].ours } };
    edo_task *waits[] = { edo_spawn(wait_for_room, &on[0]), edo_spawn(wait_for_room, &on[1]) };
    CHECK_EQ(edo_yield(), 0);
    expect_room(&on[0], waits[0], links[0].theirs);
    expect_room(&on[1], waits[1], links[2].theirs);
    CHECK_EQ(edo_read(links[1].ours, &byte, 1), 0); // it has ended
    while (writes[1].result >= 0) write_texts(2);   // until the kernel has heard so
    CHECK(writes[1].result == -EPIPE || writes[1].result == -ECONNRESET);
    edo_stream_unref(closed);
    for (size_t i = 0; i < FEW; i++) {
        if (i != 3) edo_close(links[i].ours);
        if (i != 1) edo_close(links[i].theirs);
    }
    return 0;
}

static void each_has_its_own_result(void **state) {
    (void)state;
    assert_int_equal(inside_with(write_to_odd, NULL, &one_thread), 0);
}

/* ---- What is no socket ----------------------------------------------------------------------- */

static int write_to_any_kind(void *arg) {
    edo_stream *near_end, *far_end, *udp;
    char got[40];
    (void)arg;
    links_open(FEW);
    CHECK_EQ(edo_duplex(&near_end, &far_end, 4), 0);
    CHECK_EQ(edo_udp_bind(&udp, "127.0.0.1:0", NULL), 0);
    edo_write_to all[FEW];
    for (size_t i = 0; i < FEW; i++)
        all[i] = (edo_write_to){ .to = links[i].ours, .buf = "abcdef", .n = i == 3 ? 0 : 6 };
    all[0].to = near_end;
    all[1].to = udp; // which has no peer
    edo_try_write_many(all, FEW);
    CHECK_EQ(all[0].result, 4);
    CHECK_EQ(edo_read(far_end, got, sizeof got), 4);
    CHECK_EQ(all[1].result, -EDESTADDRREQ);
    CHECK_EQ(all[3].result, 0);
    CHECK_EQ(edo_try_read(links[3].theirs, got, sizeof got), -EAGAIN);
    for (size_t i = 4; i < FEW; i++) {
        CHECK_EQ(all[i].result, 6);
        CHECK_EQ(edo_read(links[i].theirs, got, sizeof got), 6);
    }
    edo_close(near_end);
    edo_close(far_end);
    edo_close(udp);
    links_close(FEW);
    return 0;
}

static void what_is_no_socket_is_written_to(void **state) {
    (void)state;
    assert_int_equal(inside_with(write_to_any_kind, NULL, &one_thread), 0);
}

static int open_links(void *arg) {
    links_open(*(size_t *)arg);
    return 0;
}

static int expect_texts(void *arg) {
    for (size_t i = 0; i < *(size_t *)arg; i++) expect_text(i);
    links_close(*(size_t *)arg);
    return 0;
}

/* Outside a runtime there is no driver. */
static void each_is_a_call_without_a_worker(void **state) {
    size_t n = 20;
    edo_runtime *rt;
    (void)state;
    assert_int_equal(edo_runtime_new(&rt, &one_thread), 0);
    assert_int_equal(edo_run(rt, open_links, &n), 0);
    write_texts(n);
    assert_int_equal(edo_run(rt, expect_texts, &n), 0);
    edo_runtime_free(rt);
}

/* ---- Short writes ---------------------------------------------------------------------------- */

#define ROUND_BYTES 30000

/* Bytes of streams that are full now and then: none is lost, doubled or another's. */
static int write_much(void *arg) {
    static unsigned char bytes[FEW][ROUND_BYTES], got[ROUND_BYTES];
    static size_t sent[FEW], seen[FEW];
    uint64_t seed = test_seed(3);
    (void)arg;
    links_open(FEW);
    memset(sent, 0, sizeof sent);
    memset(seen, 0, sizeof seen);
    for (int round = 0; round < 600; round++) {
        for (size_t i = 0; i < FEW; i++) {
            size_t n = 1 + stress_random(&seed) % ROUND_BYTES;
            for (size_t k = 0; k < n; k++)
                bytes[i][k] = (unsigned char)((sent[i] + k) * (2 * i + 1));
            writes[i] = (edo_write_to){ .to = links[i].ours, .buf = bytes[i], .n = n };
        }
        edo_try_write_many(writes, FEW);
        for (size_t i = 0; i < FEW; i++) {
            CHECK(writes[i].result > 0 || writes[i].result == -EAGAIN);
            if (writes[i].result > 0) sent[i] += (size_t)writes[i].result;
            int n = stress_random(&seed) % 3 ? edo_try_read(links[i].theirs, got, sizeof got) : 0;
            for (int k = 0; k < n; k++)
                CHECK_EQ(got[k], (unsigned char)((seen[i] + (size_t)k) * (2 * i + 1)));
            if (n > 0) seen[i] += (size_t)n;
        }
        CHECK_EQ(edo_yield(), 0);
    }
    links_close(FEW);
    return 0;
}

static void what_is_cut_goes_on_where_it_was_cut(void **state) {
    (void)state;
    assert_int_equal(inside_with(write_much, NULL, &one_thread), 0);
}

/* ---- With and without a ring ----------------------------------------------------------------- */

/* Writes as before, with so many rings afterwards. */
static int write_with(int rings) {
    links_open(FEW);
    write_texts(FEW);
    for (size_t i = 0; i < FEW; i++) expect_text(i);
    CHECK_EQ(rings_n(), rings);
    links_close(FEW);
    return 0;
}

static int refused_amid(void *arg) {
    (void)arg;
#ifdef EDOI_TSAN // which has no ring for this
    CHECK_EQ(write_with(0), 0);
#else
    CHECK_EQ(write_with(1), 0);
    refuse(SYS_io_uring_enter, EPERM);
    CHECK_EQ(write_with(1), 0);
#endif
    return 0;
}

static int refused_amid_in_child(void *arg) {
    return in_runtime(refused_amid, arg, &one_thread);
}

static int refused_at_once(void *arg) {
    refuse(SYS_io_uring_setup, *(const unsigned *)arg);
    return write_with(0);
}

static int refused_at_once_in_child(void *arg) {
    return in_runtime(refused_at_once, arg, &one_thread);
}

static void without_a_ring_each_is_a_call(void **state) {
    static unsigned codes[] = { EPERM, ENOSYS, EMFILE };
    (void)state;
    NEED_RING();
    NEED_FILTERS();
    assert_int_equal(child_status(refused_amid_in_child, NULL), 0);
    for (size_t i = 0; i < EDO_COUNT(codes); i++)
        assert_int_equal(child_status(refused_at_once_in_child, &codes[i]), 0);
}

static int write_each(void *arg) {
    (void)arg;
    return write_with(0);
}

static int each_in_child(void *arg) {
    CHECK_EQ(setenv("EDO_SENDS", "each", 1), 0);
    return in_runtime(write_each, arg, &one_thread);
}

static void who_does_not_want_it_has_a_call_for_each(void **state) {
    (void)state;
    assert_int_equal(child_status(each_in_child, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_ring_each_is_a_call), // children first: no thread is left
        cmocka_unit_test(who_does_not_want_it_has_a_call_for_each),
        cmocka_unit_test(each_gets_its_own),
        cmocka_unit_test(each_has_its_own_result),
        cmocka_unit_test(what_is_no_socket_is_written_to),
        cmocka_unit_test(each_is_a_call_without_a_worker),
        cmocka_unit_test(what_is_cut_goes_on_where_it_was_cut),
    };
    (void)unsetenv("EDO_SENDS");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
