/* SPDX-License-Identifier: MIT */
/* behaviours/reset.c: connections that are broken off, and in which order which end is told what.
 *
 * The kernel says ECONNRESET once, to whatever asks first; from then on reads have an end, and
 * writes get EPIPE. edo keeps the code for later reads, which are not to take it for the end. */
#include "behaviour.h"

static int reset_is_told_to_a_reader(behaviour *b) {
    meet(b);
    BEGIN(b->server, read, 100);
    end_note_waits(b->server);
    DO(b->client, reset, 0);
    end_finish(b->server);
    DO(b->server, read, 100);
    DO(b->server, read_exact, 1);
    return 0;
}
SAYS(reset_is_told_to_a_reader, "it waits, client reset 0, server read ECONNRESET, "
                                "server read ECONNRESET, server read_exact ECONNRESET");

static int reset_is_told_to_a_writer_once(behaviour *b) {
    meet(b);
    DO(b->client, reset, 0);
    DO(b->server, gone, 0);
    DO(b->server, write, 1);
    DO(b->server, write, 1);
    DO(b->server, write, 1);
    return 0;
}
SAYS(reset_is_told_to_a_writer_once, "client reset 0, server gone 0, server write ECONNRESET, "
                                     "server write EPIPE, server write EPIPE");

static int who_has_read_it_cannot_write(behaviour *b) {
    meet(b);
    DO(b->client, reset, 0);
    DO(b->server, read, 1);
    DO(b->server, write, 1);
    DO(b->server, read, 1);
    return 0;
}
SAYS(who_has_read_it_cannot_write, "client reset 0, server read ECONNRESET, server write EPIPE, "
                                   "server read ECONNRESET");

static int who_was_told_by_a_write_reads_no_end(behaviour *b) {
    meet(b);
    DO(b->client, reset, 0);
    DO(b->server, gone, 0);
    DO(b->server, write, 1);
    DO(b->server, read, 1);
    return 0;
}
SAYS(who_was_told_by_a_write_reads_no_end,
     "client reset 0, server gone 0, server write ECONNRESET, server read ECONNRESET");

/* Linux keeps what has come before the RST; RFC 9293, 3.10.7.4, would have it flushed. */
static int data_before_the_reset_is_read(behaviour *b) {
    meet(b);
    DO(b->client, write, 5);
    QUIETLY(b->client, await_taken, 0);
    DO(b->client, reset, 0);
    DO(b->server, gone, 0);
    DO(b->server, read, 3);
    DO(b->server, read, 100);
    DO(b->server, read, 100);
    return 0;
}
SAYS(data_before_the_reset_is_read,
     "client write 5, client reset 0, server gone 0, server read 3, server read 2, "
     "server read ECONNRESET");

static int close_with_unread_input_is_a_reset(behaviour *b) {
    meet(b);
    DO(b->client, write, 5);
    DO(b->server, await, 5);
    DO(b->server, close, 0);
    DO(b->client, read, 100);
    DO(b->client, write, 1);
    return 0;
}
SAYS(close_with_unread_input_is_a_reset, "client write 5, server await 0, server close 0, "
                                         "client read ECONNRESET, client write EPIPE");

/* What it has written before goes with the reset, or was there before that. */
static int reply_before_such_a_close_may_be_lost(behaviour *b) {
    meet(b);
    DO(b->client, write, 5);
    DO(b->server, await, 5);
    DO(b->server, write, 7);
    QUIETLY(b->server, await_taken, 0);
    DO(b->server, close, 0);
    DO(b->client, gone, 0);
    DO(b->client, read, 100);
    DO(b->client, read, 100);
    return 0;
}
SAYS(reply_before_such_a_close_may_be_lost,
     "client write 5, server await 0, server write 7, server close 0, client gone 0, "
     "client read 7, client read ECONNRESET");

static int input_that_comes_after_the_close_is_reset(behaviour *b) {
    meet(b);
    DO(b->server, close, 0);
    DO(b->client, read, 100);
    DO(b->client, write, 5); // the kernel takes it: it cannot know
    DO(b->client, write_until, 0);
    DO(b->client, write, 5);
    DO(b->client, read, 100);
    return 0;
}
SAYS(input_that_comes_after_the_close_is_reset,
     "server close 0, client read 0, client write 5, client write_until EPIPE, "
     "client write EPIPE, client read 0");

/* As the end has come the error of the connection is EPIPE, and no reset. */
static int reset_behind_an_end_is_a_broken_pipe(behaviour *b) {
    meet(b);
    DO(b->client, shutdown, 0);
    DO(b->server, read, 100);
    DO(b->client, reset, 0);
    DO(b->server, write_until, 0);
    DO(b->server, read, 100);
    return 0;
}
SAYS(reset_behind_an_end_is_a_broken_pipe, "client shutdown 0, server read 0, client reset 0, "
                                           "server write_until EPIPE, server read 0");

static int reset_is_told_to_one_that_has_ended(behaviour *b) {
    meet(b);
    DO(b->server, shutdown, 0);
    DO(b->client, read, 100);
    BEGIN(b->server, read, 100);
    DO(b->client, reset, 0);
    end_finish(b->server);
    DO(b->server, write, 1);
    return 0;
}
SAYS(reset_is_told_to_one_that_has_ended, "server shutdown 0, client read 0, client reset 0, "
                                          "server read ECONNRESET, server write EPIPE");

static int reset_wakes_a_writer(behaviour *b) {
    const edo_tcp_opts small = { .recv_buffer = 4096, .send_buffer = 4096 };
    b->client->opts = b->server->opts = &small;
    meet(b);
    BEGIN(b->server, write_all, 1 << 20);
    end_note_waits(b->server);
    DO(b->client, reset, 0);
    end_finish(b->server);
    DO(b->server, write, 1);
    return 0;
}
SAYS(reset_wakes_a_writer,
     "it waits, client reset 0, server write_all ECONNRESET, server write EPIPE");

static int error_that_is_taken_is_not_told_again(behaviour *b) {
    meet(b);
    DO(b->server, take_error, 0);
    DO(b->client, reset, 0);
    DO(b->server, gone, 0);
    DO(b->server, take_error, 0);
    DO(b->server, take_error, 0);
    DO(b->server, read, 1);
    DO(b->server, write, 1);
    return 0;
}
SAYS(error_that_is_taken_is_not_told_again,
     "server take_error 0, client reset 0, server gone 0, server take_error ECONNRESET, "
     "server take_error 0, server read ECONNRESET, server write EPIPE");

static int shutdown_finds_no_connection_after_a_reset(behaviour *b) {
    meet(b);
    DO(b->client, reset, 0);
    DO(b->server, gone, 0);
    DO(b->server, shutdown, 0);
    DO(b->server, read, 1);
    return 0;
}
SAYS(shutdown_finds_no_connection_after_a_reset,
     "client reset 0, server gone 0, server shutdown ENOTCONN, server read ECONNRESET");

static const behaviour_row rows[] = {
    BEHAVIOUR(reset_is_told_to_a_reader),
    BEHAVIOUR(reset_is_told_to_a_writer_once),
    BEHAVIOUR(who_has_read_it_cannot_write),
    BEHAVIOUR(who_was_told_by_a_write_reads_no_end),
    BEHAVIOUR(data_before_the_reset_is_read),
    BEHAVIOUR(close_with_unread_input_is_a_reset),
    BEHAVIOUR(reply_before_such_a_close_may_be_lost),
    BEHAVIOUR(input_that_comes_after_the_close_is_reset),
    BEHAVIOUR(reset_behind_an_end_is_a_broken_pipe),
    BEHAVIOUR(reset_is_told_to_one_that_has_ended),
    BEHAVIOUR(reset_wakes_a_writer),
    BEHAVIOUR(error_that_is_taken_is_not_told_again),
    BEHAVIOUR(shutdown_finds_no_connection_after_a_reset),
};
FAMILY(reset, rows);
