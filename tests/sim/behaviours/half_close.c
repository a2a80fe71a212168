/* SPDX-License-Identifier: MIT */
/* behaviours/half_close.c: ends in order, of one direction and of both. */
#include "behaviour.h"

static int end_comes_behind_the_data(behaviour *b) {
    meet(b);
    DO(b->client, write, 5);
    DO(b->client, shutdown, 0);
    DO(b->server, read, 100);
    DO(b->server, read, 100);
    DO(b->server, read, 100);
    return 0;
}
SAYS(end_comes_behind_the_data,
     "client write 5, client shutdown 0, server read 5, server read 0, server read 0");

static int other_direction_goes_on(behaviour *b) {
    meet(b);
    DO(b->client, shutdown, 0);
    DO(b->server, read, 100);
    DO(b->server, write, 5);
    DO(b->client, read, 100);
    DO(b->server, write, 6);
    DO(b->server, shutdown, 0);
    DO(b->client, read_to_end, 0);
    return 0;
}
SAYS(other_direction_goes_on,
     "client shutdown 0, server read 0, server write 5, client read 5, server write 6, "
     "server shutdown 0, client read_to_end 6");

static int server_may_end_first(behaviour *b) {
    meet(b);
    DO(b->server, write, 5);
    DO(b->server, shutdown, 0);
    DO(b->client, read_to_end, 0);
    DO(b->client, write, 6);
    DO(b->server, read, 100);
    DO(b->client, close, 0);
    DO(b->server, read, 100);
    return 0;
}
SAYS(server_may_end_first, "server write 5, server shutdown 0, client read_to_end 5, "
                           "client write 6, server read 6, client close 0, server read 0");

static int end_wakes_a_reader(behaviour *b) {
    meet(b);
    BEGIN(b->server, read, 100);
    end_note_waits(b->server);
    DO(b->client, shutdown, 0);
    end_finish(b->server);
    return 0;
}
SAYS(end_wakes_a_reader, "it waits, client shutdown 0, server read 0");

static int nothing_is_written_behind_the_end(behaviour *b) {
    meet(b);
    DO(b->client, shutdown, 0);
    DO(b->client, write, 5);
    DO(b->client, writev, 6);
    DO(b->client, try_write, 5);
    DO(b->server, read, 100);
    return 0;
}
SAYS(nothing_is_written_behind_the_end, "client shutdown 0, client write EPIPE, client writev "
                                        "EPIPE, client try_write EPIPE, server read 0");

static int end_may_be_said_twice(behaviour *b) {
    meet(b);
    DO(b->client, shutdown, 0);
    DO(b->client, shutdown, 0);
    DO(b->server, read, 100);
    DO(b->client, shutdown, 0);
    DO(b->server, write, 5);
    DO(b->client, read, 100);
    return 0;
}
SAYS(end_may_be_said_twice, "client shutdown 0, client shutdown 0, server read 0, "
                            "client shutdown 0, server write 5, client read 5");

/* The last ACK has come once both know that nothing is left. */
static int when_both_have_ended_there_is_no_connection(behaviour *b) {
    meet(b);
    DO(b->client, shutdown, 0);
    DO(b->server, read, 100);
    DO(b->server, shutdown, 0);
    DO(b->client, read, 100);
    QUIETLY(b->server, await_taken, 0);
    DO(b->server, shutdown, 0);
    DO(b->client, shutdown, 0);
    DO(b->client, read, 100);
    DO(b->server, write, 5);
    return 0;
}
SAYS(when_both_have_ended_there_is_no_connection,
     "client shutdown 0, server read 0, server shutdown 0, client read 0, "
     "server shutdown ENOTCONN, client shutdown ENOTCONN, client read 0, server write EPIPE");

static int both_may_end_at_once(behaviour *b) {
    meet(b);
    DO(b->client, write, 5);
    DO(b->server, write, 6);
    DO(b->client, shutdown, 0);
    DO(b->server, shutdown, 0);
    DO(b->client, read_to_end, 0);
    DO(b->server, read_to_end, 0);
    return 0;
}
SAYS(both_may_end_at_once, "client write 5, server write 6, client shutdown 0, server shutdown 0, "
                           "client read_to_end 6, server read_to_end 5");

static int close_is_an_end(behaviour *b) {
    meet(b);
    DO(b->client, write, 5);
    DO(b->client, close, 0);
    DO(b->server, read_to_end, 0);
    DO(b->server, read, 100);
    return 0;
}
SAYS(close_is_an_end, "client write 5, client close 0, server read_to_end 5, server read 0");

static int large_data_comes_before_the_end(behaviour *b) {
    meet(b);
    BEGIN(b->client, write_all, 1 << 20);
    BEGIN(b->server, read_to_end, 0);
    end_finish(b->client);
    DO(b->client, close, 0);
    end_finish(b->server);
    return 0;
}
SAYS(large_data_comes_before_the_end,
     "client write_all 0, client close 0, server read_to_end 1048576");

static int too_little_before_the_end_is_told(behaviour *b) {
    meet(b);
    DO(b->client, write, 5);
    DO(b->client, shutdown, 0);
    DO(b->server, read_exact, 8);
    note(b, "bytes", (int)b->server->done);
    DO(b->server, read_exact, 1);
    return 0;
}
SAYS(too_little_before_the_end_is_told, "client write 5, client shutdown 0, server read_exact "
                                        "EDO_EEOF, bytes 5, server read_exact EDO_EEOF");

static int end_can_be_peeked_at(behaviour *b) {
    meet(b);
    DO(b->client, write, 5);
    DO(b->client, shutdown, 0);
    DO(b->server, gone, 0);
    DO(b->server, peek, 100);
    DO(b->server, read, 100);
    DO(b->server, peek, 100);
    DO(b->server, read, 100);
    return 0;
}
SAYS(end_can_be_peeked_at, "client write 5, client shutdown 0, server gone 0, server peek 5, "
                           "server read 5, server peek 0, server read 0");

static int orderly_end_waits_for_the_other_kernel(behaviour *b) {
    meet(b);
    DO(b->client, write, 5);
    DO(b->client, finish, 20000);
    DO(b->server, read_to_end, 0);
    return 0;
}
SAYS(orderly_end_waits_for_the_other_kernel,
     "client write 5, client finish 0, server read_to_end 5");

/* What the other kernel has taken is read; then the reset is told. */
static int orderly_end_has_a_limit(behaviour *b) {
    const edo_tcp_opts small = { .recv_buffer = 4096, .send_buffer = 4096 };
    b->client->opts = b->server->opts = &small;
    meet(b);
    b->client->limit_ms = 50; // until nothing more is taken, as far as that may be under way
    DO(b->client, write_on, 0);
    DO(b->client, finish, 5);
    int got = 1;
    while (got > 0) got = QUIETLY(b->server, read, PIECE);
    note(b, "at last", got);
    note_if(b, "some of it came", "all of it came",
            b->server->wire->in_n > 0 && b->server->wire->in_n < b->client->wire->out_n);
    return 0;
}
SAYS(orderly_end_has_a_limit,
     "client write_on ETIMEDOUT, client finish ETIMEDOUT, at last ECONNRESET, some of it came");

static const behaviour_row rows[] = {
    BEHAVIOUR(end_comes_behind_the_data),
    BEHAVIOUR(other_direction_goes_on),
    BEHAVIOUR(server_may_end_first),
    BEHAVIOUR(end_wakes_a_reader),
    BEHAVIOUR(nothing_is_written_behind_the_end),
    BEHAVIOUR(end_may_be_said_twice),
    BEHAVIOUR(when_both_have_ended_there_is_no_connection),
    BEHAVIOUR(both_may_end_at_once),
    BEHAVIOUR(close_is_an_end),
    BEHAVIOUR(large_data_comes_before_the_end),
    BEHAVIOUR(too_little_before_the_end_is_told),
    BEHAVIOUR(end_can_be_peeked_at),
    BEHAVIOUR(orderly_end_waits_for_the_other_kernel),
    BEHAVIOUR(orderly_end_has_a_limit),
};
FAMILY(half_close, rows);
