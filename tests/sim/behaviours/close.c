/* SPDX-License-Identifier: MIT */
/* behaviours/close.c: a close while others use the stream, and after it. */
#include "behaviour.h"

static int close_wakes_a_reader(behaviour *b) {
    meet(b);
    end_share(b->server2, b->server);
    BEGIN(b->server, read, 100);
    end_note_waits(b->server);
    DO(b->server2, close, 0);
    end_finish(b->server);
    DO(b->client, read, 100);
    return 0;
}
SAYS(close_wakes_a_reader, "it waits, server2 close 0, server read EDO_ECLOSED, client read 0");

static int close_wakes_a_writer(behaviour *b) {
    const edo_tcp_opts small = { .recv_buffer = 4096, .send_buffer = 4096 };
    b->client->opts = b->server->opts = &small;
    meet(b);
    end_share(b->server2, b->server);
    BEGIN(b->server, write_all, 1 << 20);
    end_note_waits(b->server);
    DO(b->server2, close, 0);
    end_finish(b->server);
    // what the kernel has taken still comes
    DO(b->client, drain, b->server->done);
    DO(b->client, read, 100);
    return 0;
}
SAYS(close_wakes_a_writer, "it waits, server2 close 0, server write_all EDO_ECLOSED, "
                           "client drain 0, client read 0");

static int close_wakes_both(behaviour *b) {
    const edo_tcp_opts small = { .recv_buffer = 4096, .send_buffer = 4096 };
    b->client->opts = b->server->opts = &small;
    meet(b);
    end_share(b->server2, b->server);
    end_share(b->server3, b->server);
    BEGIN(b->server, write_all, 1 << 20);
    BEGIN(b->server2, read, 100);
    DO(b->server3, close, 0);
    end_finish(b->server);
    end_finish(b->server2);
    return 0;
}
SAYS(close_wakes_both, "server3 close 0, server write_all EDO_ECLOSED, server2 read EDO_ECLOSED");

static int close_wakes_those_who_wait_for_readiness(behaviour *b) {
    meet(b);
    end_share(b->server2, b->server);
    end_share(b->server3, b->server);
    DO(b->server, try_read, 1); // a new connection is taken for readable, which is a hint
    BEGIN(b->server, readable, 0);
    BEGIN(b->server2, gone, 0);
    DO(b->server3, close, 0);
    end_finish(b->server);
    end_finish(b->server2);
    return 0;
}
SAYS(close_wakes_those_who_wait_for_readiness, "server try_read EAGAIN, server3 close 0, server "
                                               "readable EDO_ECLOSED, server2 gone EDO_ECLOSED");

static int close_wakes_one_who_peeks(behaviour *b) {
    meet(b);
    end_share(b->server2, b->server);
    BEGIN(b->server, peek, 100);
    DO(b->server2, close, 0);
    end_finish(b->server);
    return 0;
}
SAYS(close_wakes_one_who_peeks, "server2 close 0, server peek EDO_ECLOSED");

static int nothing_is_done_after_a_close(behaviour *b) {
    meet(b);
    DO(b->client, write, 5);
    DO(b->server, await, 5);
    DO(b->server, close_kept, 0);
    DO(b->server, read, 100);
    DO(b->server, peek, 100);
    DO(b->server, try_read, 100);
    DO(b->server, write, 5);
    DO(b->server, shutdown, 0);
    DO(b->server, readable, 0);
    DO(b->server, take_error, 0);
    DO(b->server, close_kept, 0);
    return 0;
}
SAYS(nothing_is_done_after_a_close,
     "client write 5, server await 0, server close_kept 0, server read EDO_ECLOSED, "
     "server peek EDO_ECLOSED, server try_read EDO_ECLOSED, server write EDO_ECLOSED, "
     "server shutdown EDO_ECLOSED, server readable EDO_ECLOSED, server take_error EDO_ECLOSED, "
     "server close_kept 0");

static int last_reference_is_a_close(behaviour *b) {
    meet(b);
    DO(b->server, leave, 0);
    DO(b->client, read, 100);
    return 0;
}
SAYS(last_reference_is_a_close, "server leave 0, client read 0");

/* While somebody else has a reference the descriptor has to stay; so edo ends the connection by a
 * shutdown(), which sends a FIN, before it takes the socket away, which sends an RST. The other end
 * reads an end, though input was lost. With the last reference it is a reset: reset.c. */
static int close_while_others_use_it_is_an_end_first(behaviour *b) {
    meet(b);
    end_share(b->server2, b->server);
    DO(b->client, write, 5);
    DO(b->server, await, 5);
    BEGIN(b->server, gone, 0);
    DO(b->server2, close, 0);
    end_finish(b->server);
    DO(b->client, read, 100);
    DO(b->client, write_until, 0);
    return 0;
}
SAYS(close_while_others_use_it_is_an_end_first,
     "client write 5, server await 0, server2 close 0, server gone EDO_ECLOSED, client read 0, "
     "client write_until EPIPE");

static int reset_while_others_use_it_is_an_end_first(behaviour *b) {
    meet(b);
    end_share(b->server2, b->server);
    BEGIN(b->server, read, 100);
    DO(b->server2, reset, 0);
    end_finish(b->server);
    DO(b->client, read, 100);
    DO(b->client, write_until, 0);
    return 0;
}
SAYS(reset_while_others_use_it_is_an_end_first,
     "server2 reset 0, server read EDO_ECLOSED, client read 0, client write_until EPIPE");

static const behaviour_row rows[] = {
    BEHAVIOUR(close_wakes_a_reader),
    BEHAVIOUR(close_wakes_a_writer),
    BEHAVIOUR(close_wakes_both),
    BEHAVIOUR(close_wakes_those_who_wait_for_readiness),
    BEHAVIOUR(close_wakes_one_who_peeks),
    BEHAVIOUR(nothing_is_done_after_a_close),
    BEHAVIOUR(last_reference_is_a_close),
    BEHAVIOUR(close_while_others_use_it_is_an_end_first),
    BEHAVIOUR(reset_while_others_use_it_is_an_end_first),
};
FAMILY(close, rows);
