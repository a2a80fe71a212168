/* SPDX-License-Identifier: MIT */
/* Goal: whatever links and hosts do, each byte stream is a prefix of what was written, and whole
 * where it ends in order; each side that waits is told in the end; and a seed does the same each
 * time.
 * Method: two hosts, many connections, steps at random: calls, cuts, holds, losses, resets and
 * crashes. As edo does, the programs try a direction only while they were told that it may be
 * ready, by edge-triggered epoll sets, until -EAGAIN or a short result. At the end all links are
 * healed, each side writes once more, shuts its half and reads to the end. Then everything happens
 * once more: a digest of all results has to be equal. EDO_TEST_SEED gives other seeds. */
#include "sim/net/bed_test.h"

#include "seed.h"

#include <netinet/tcp.h>

#define STEPS    6000
#define ENDS_MAX 1500
#define EPFD     5

/* One end of a connection. What it writes is a number that tells which end it is, and then bytes
 * that follow from that number. */
typedef struct end {
    edoi_simnode *node;
    int fd;         /* -1: closed */
    int peer;       /* whose bytes these are; -1: not known yet */
    uint32_t id[1]; /* what came first, while it is not whole */
    size_t written, read;
    bool may_read, may_write; /* told, and not refuted since */
    bool is_open;             /* connected */
    bool has_failed;          /* an error was returned: nothing is promised any more */
    bool has_ended;           /* it has read the end */
    bool shut, is_broken;     /* it has finished in order; it was reset by its own side */
} end;

typedef struct run {
    bed bed;
    uint64_t chance, digest;
    end ends[ENDS_MAX];
    int ends_n, listener;
    bool listens_told;
} run;

static run *now;
static size_t whole_n; /* streams that were read to their end, in order */

static uint32_t chance(uint32_t n) {
    now->chance ^= now->chance << 13;
    now->chance ^= now->chance >> 7;
    now->chance ^= now->chance << 17;
    return (uint32_t)(now->chance >> 33) % n;
}

static void digest(int64_t result) {
    now->digest = (now->digest ^ (uint64_t)result) * UINT64_C(0x100000001b3);
}

static unsigned char byte_at(int writer, size_t at) {
    uint32_t id = (uint32_t)writer;
    if (at < sizeof id) return (unsigned char)(id >> 8 * at);
    return (unsigned char)((at * 31 + at / 256 * 7) ^ (id * 101));
}

/* ---- Ends ------------------------------------------------------------------------------------ */

static end *end_add(edoi_simnode *node, int fd) {
    end *e = &now->ends[now->ends_n];
    struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                              .data.u64 = (uint64_t)now->ends_n };
    assert_true(now->ends_n < ENDS_MAX);
    *e = (end){ .node = node, .fd = fd, .peer = -1 };
    now->ends_n++;
    sets(node, fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    sets(node, fd, IPPROTO_TCP, TCP_KEEPIDLE, 50);
    if (chance(4) == 0) sets(node, fd, SOL_SOCKET, SO_SNDBUF, 1000 + (int)chance(50000));
    assert_int_equal(edoi_simwatch_ctl(node, EPFD, EPOLL_CTL_ADD, fd, &ev), 0);
    return e;
}

static void end_close(end *e, bool breaks) {
    if (e->fd < 0) return;
    if (breaks) {
        resets_on_close(e->node, e->fd);
        e->is_broken = true;
    }
    closes(e->node, e->fd);
    e->fd = -1;
    e->shut = true;
}

static void end_fails(end *e, ssize_t err) {
    assert_true(err == -ECONNRESET || err == -EPIPE || err == -ETIMEDOUT || err == -ECONNREFUSED ||
                err == -EHOSTUNREACH);
    e->has_failed = true;
}

/* Looks at bytes that came. */
static void end_check(end *e, const unsigned char *got, size_t n) {
    for (size_t i = 0; i < n; i++) {
        size_t at = e->read + i;
        if (at < sizeof(uint32_t)) e->id[0] |= (uint32_t)got[i] << 8 * at;
        if (at + 1 == sizeof(uint32_t)) {
            e->peer = (int)e->id[0];
            assert_in_range(e->peer, 0, now->ends_n - 1);
            assert_ptr_not_equal(&now->ends[e->peer], e);
        }
        if (at >= sizeof(uint32_t)) assert_int_equal(got[i], byte_at(e->peer, at));
    }
    e->read += n;
    if (e->peer >= 0) assert_true(e->read <= now->ends[e->peer].written);
}

static void end_read(end *e) {
    static unsigned char got[70000];
    size_t room = 1 + chance(chance(2) ? 100 : sizeof got - 1);
    ssize_t n = edoi_simnet_recv(e->node, e->fd, got, room, 0);
    digest(n);
    if (n > 0) {
        end_check(e, got, (size_t)n);
    } else if (n == -EAGAIN) {
        e->may_read = false;
    } else if (n < 0) {
        end_fails(e, n);
    } else {
        e->has_ended = true;
        e->may_read = false;
        if (e->has_failed) return;
        if (e->read < sizeof(uint32_t)) { // a peer that wrote nothing, or too little
            assert_int_equal(e->read, 0);
            return;
        }
        const end *peer = &now->ends[e->peer];
        assert_true(peer->shut);
        assert_int_equal(e->read, peer->written);
        whole_n++;
    }
}

static void end_write(end *e) {
    static unsigned char bytes[200000];
    size_t n = 4 + chance(chance(4) ? 300 : sizeof bytes - 4);
    int own = (int)(e - now->ends);
    for (size_t i = 0; i < n; i++) bytes[i] = byte_at(own, e->written + i);
    ssize_t put = edoi_simnet_send(e->node, e->fd, bytes, n, MSG_NOSIGNAL);
    digest(put);
    if (put > 0) {
        e->written += (size_t)put;
        if ((size_t)put < n) e->may_write = false; // told again
    } else if (put == -EAGAIN) {
        e->may_write = false;
    } else {
        end_fails(e, put);
        e->may_write = false;
        e->shut = true;
    }
}

static void end_shut(end *e) {
    int err = edoi_simnet_shutdown(e->node, e->fd, SHUT_WR);
    digest(err);
    assert_true(err == 0 || err == -ENOTCONN);
    e->shut = true;
}

/* ---- Steps ----------------------------------------------------------------------------------- */

static void take_events(edoi_simnode *node) {
    struct epoll_event ev[16];
    int n;
    while ((n = edoi_simwatch_wait(node, EPFD, ev, 16)) > 0) {
        for (int i = 0; i < n; i++) {
            digest((int64_t)(ev[i].data.u64 << 16 | ev[i].events));
            if (ev[i].data.u64 == ENDS_MAX) {
                now->listens_told = true;
                continue;
            }
            end *e = &now->ends[ev[i].data.u64];
            if (e->fd < 0) continue;
            if (ev[i].events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) e->may_read = true;
            if (ev[i].events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) {
                e->may_write = true;
                e->is_open = true;
            }
        }
    }
    assert_false(edoi_simnode_has_events(node));
}

static void moves(int64_t ns) {
    pass(&now->bed, ns);
    take_events(now->bed.a);
    take_events(now->bed.b);
}

static void step_listen(void) {
    struct epoll_event ev = { .events = EPOLLIN | EPOLLET, .data.u64 = ENDS_MAX };
    now->listener = opened(now->bed.b, SOCK_STREAM);
    sets(now->bed.b, now->listener, SOL_SOCKET, SO_REUSEADDR, 1);
    if (chance(2)) sets(now->bed.b, now->listener, SOL_SOCKET, SO_RCVBUF, 1500 + (int)chance(9000));
    assert_int_equal(bound(now->bed.b, now->listener, "0.0.0.0", PORT), 0);
    assert_int_equal(edoi_simnet_listen(now->bed.b, now->listener, (int)chance(8)), 0);
    assert_int_equal(edoi_simwatch_ctl(now->bed.b, EPFD, EPOLL_CTL_ADD, now->listener, &ev), 0);
}

static void step_connect(void) {
    if (now->ends_n > ENDS_MAX - 400) return;                 // some are left for accept()
    edoi_simnode *from = chance(5) ? now->bed.a : now->bed.b; // loopback, too
    int fd = opened(from, SOCK_STREAM), err = connects(from, fd, B_IP, PORT);
    digest(err);
    assert_int_equal(err, -EINPROGRESS);
    (void)end_add(from, fd);
}

static void step_accept(void) {
    while (now->listens_told && now->ends_n < ENDS_MAX) {
        int fd = accepts(now->bed.b, now->listener);
        digest(fd);
        if (fd == -EAGAIN) {
            now->listens_told = false;
            return;
        }
        assert_true(edoi_simnet_is_fd(fd));
        end_add(now->bed.b, fd)->is_open = true;
        if (chance(2)) return;
    }
}

static void step_end(void) {
    end *e = now->ends_n ? &now->ends[chance((uint32_t)now->ends_n)] : NULL;
    for (uint32_t i = 0; e && e->fd < 0 && i < 10; i++)
        e = &now->ends[chance((uint32_t)now->ends_n)];
    if (!e || e->fd < 0) return;
    uint32_t what = chance(500);
    if (what == 0) {
        end_close(e, true);
    } else if (what == 1) {
        end_close(e, false);
    } else if (what < 10 && e->is_open && !e->shut) {
        end_shut(e);
    } else if (what < 300) {
        if (e->may_read && e->is_open) end_read(e);
    } else if (e->may_write && e->is_open && !e->shut) {
        end_write(e);
    }
}

/* The program of b is gone: its ends are closed by nobody. */
static void step_crash(void) {
    edoi_simnode_crash(now->bed.b);
    moves(chance(3) ? MS : 100 * S);
    for (int i = 0; i < now->ends_n; i++) {
        end *e = &now->ends[i];
        if (e->node != now->bed.b || e->fd < 0) continue;
        e->is_broken = e->shut = true;
        closes(e->node, e->fd);
        e->fd = -1;
    }
    closes(now->bed.b, now->listener);
    edoi_simnode_restart(now->bed.b);
    step_listen();
}

static void step_exit(void) {
    edoi_simnode_exit(now->bed.b);
    for (int i = 0; i < now->ends_n; i++) {
        end *e = &now->ends[i];
        if (e->node != now->bed.b || e->fd < 0) continue;
        e->shut = true;
        e->fd = -1;
    }
    step_listen();
}

static void step_link(void) {
    edoi_simnode *from = chance(2) ? now->bed.a : now->bed.b;
    edoi_simnode *to = from == now->bed.a ? now->bed.b : now->bed.a;
    const edoi_simlink_opts opts = { .latency_min = (int64_t)chance(3) * MS,
                                     .latency_mean = (int64_t)chance(3) * MS,
                                     .segment_loss = chance(3) ? 0 : chance(200000) };
    switch (chance(12)) {
    case 0:
    case 1: assert_int_equal(edoi_simlink_cut(now->bed.net, from, to), 0); break;
    case 2:
    case 3:
    case 4: edoi_simlink_heal(now->bed.net, from, to); break;
    case 5: assert_int_equal(edoi_simlink_hold(now->bed.net, from, to), 0); break;
    case 6:
    case 7: edoi_simlink_release(now->bed.net, from, to); break;
    case 8:
        if (chance(4) == 0) edoi_simlink_reset(now->bed.net, from, to);
        break;
    default: assert_int_equal(edoi_simlink_set(now->bed.net, from, to, &opts), 0); break;
    }
}

static void step(void) {
    uint32_t what = chance(1000);
    if (what < 1 && chance(3) == 0) {
        step_crash();
    } else if (what < 2 && chance(3) == 0) {
        step_exit();
    } else if (what < 20) {
        step_link();
    } else if (what < 30) {
        step_connect();
    } else if (what < 100) {
        step_accept();
    } else if (what < 200) {
        moves(chance(10) ? (int64_t)chance(5000) * US : (int64_t)chance(3000) * MS);
    } else {
        step_end();
    }
}

/* ---- The end --------------------------------------------------------------------------------- */

/* Writes once more, when it is told that there is room, and shuts its half. */
static void end_write_last(end *e) {
    size_t before = e->written;
    if (!e->is_open || e->shut || !e->may_write) return;
    end_write(e);
    if (!e->shut && e->written > before) end_shut(e);
}

/* Each side writes once more, and reads to the end. True: all are closed. */
static bool all_are_told(void) {
    bool done = true;
    step_accept();
    for (int i = 0; i < now->ends_n; i++) {
        end *e = &now->ends[i];
        if (e->fd < 0) continue;
        end_write_last(e);
        while (e->may_read && e->is_open && !e->has_ended) end_read(e);
        if (e->has_ended) end_close(e, false);
        if (e->fd >= 0) done = false;
    }
    return done;
}

static void finish(void) {
    edoi_simnode *a = now->bed.a, *b = now->bed.b;
    edoi_simlink_heal(now->bed.net, a, b);
    edoi_simlink_heal(now->bed.net, b, a);
    edoi_simlink_release(now->bed.net, a, b);
    edoi_simlink_release(now->bed.net, b, a);
    moves(0);
    while (!all_are_told()) {
        int64_t next = edoi_simnet_next(now->bed.net);
        assert_true(next < 20000 * S); // else somebody waits in vain
        moves(next - edoi_simnet_now(now->bed.net));
    }
    closes(b, now->listener);
    moves(2000 * S);
    assert_int_equal(edoi_simnet_next(now->bed.net), INT64_MAX); // no connection is left
    digest(edoi_simnet_now(now->bed.net));
}

static uint64_t digest_of(uint64_t seed) {
    run *r = calloc(1, sizeof *r);
    assert_non_null(r);
    now = r;
    r->chance = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
    bed_init(&r->bed, seed, seed % 2 == 0);
    step_listen();
    for (int i = 0; i < STEPS; i++) step();
    finish();
    edoi_simnet_free(r->bed.net);
    uint64_t sum = r->digest;
    free(r);
    return sum;
}

static void streams_are_prefixes_and_all_are_told(void **state) {
    (void)state;
    uint64_t last = 0;
    whole_n = 0;
    for (uint64_t i = 0; i < 20; i++) {
        uint64_t seed = test_seed(i + 1), sum = digest_of(seed);
        if (digest_of(seed) != sum) fail_msg("seed %llu differs", (unsigned long long)seed);
        assert_int_not_equal(sum, last);
        last = sum;
    }
    assert_true(whole_n > 100); // else too much was broken to show anything
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_are_prefixes_and_all_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
