/* SPDX-License-Identifier: MIT */
/* behaviours/transfer.c: bytes from one end to the other, while both are there. */
#include "behaviour.h"

#define BUFFER 4096
#define LARGE  (1u << 20)

static const edo_tcp_opts small = { .recv_buffer = BUFFER, .send_buffer = BUFFER };

static void meet_with_small_buffers(behaviour *b) {
    b->client->opts = b->server->opts = &small;
    meet(b);
}

static int large_read_takes_what_is_there(behaviour *b) {
    meet(b);
    DO(b->client, write, 100);
    DO(b->server, read, 1000);
    return 0;
}
SAYS(large_read_takes_what_is_there, "client write 100, server read 100");

static int small_reads_take_a_part_each(behaviour *b) {
    meet(b);
    DO(b->client, write, 100);
    DO(b->server, read, 60);
    DO(b->server, read, 30);
    DO(b->server, read, 30);
    DO(b->server, try_read, 30);
    return 0;
}
SAYS(small_reads_take_a_part_each, "client write 100, server read 60, server read 30, "
                                   "server read 10, server try_read EAGAIN");

static int writes_are_no_messages(behaviour *b) {
    meet(b);
    DO(b->client, write, 40);
    DO(b->client, write, 50);
    DO(b->client, write, 60);
    DO(b->server, await, 150);
    DO(b->server, read, 1000);
    return 0;
}
SAYS(writes_are_no_messages, "client write 40, client write 50, client write 60, server await 0, "
                             "server read 150");

static int read_waits_for_bytes(behaviour *b) {
    meet(b);
    DO(b->server, try_read, 10);
    BEGIN(b->server, read, 10);
    end_note_waits(b->server);
    DO(b->client, write, 5);
    end_finish(b->server);
    return 0;
}
SAYS(read_waits_for_bytes, "server try_read EAGAIN, it waits, client write 5, server read 5");

static int available_bytes_are_all_of_them(behaviour *b) {
    meet(b);
    DO(b->client, write, 40);
    DO(b->client, write, 50);
    DO(b->server, await, 90);
    DO(b->server, read_available, 1000);
    return 0;
}
SAYS(available_bytes_are_all_of_them,
     "client write 40, client write 50, server await 0, server read_available 90");

static int exact_read_takes_pieces(behaviour *b) {
    meet(b);
    BEGIN(b->server, read_exact, 12);
    for (int i = 0; i < 3; i++) {
        end_note_waits(b->server);
        DO(b->client, write, 5);
        QUIETLY(b->client, await_taken, 0);
    }
    end_finish(b->server);
    DO(b->server, read, 100);
    return 0;
}
SAYS(exact_read_takes_pieces,
     "it waits, client write 5, it waits, client write 5, it waits, client write 5, "
     "server read_exact 0, server read 3");

static int peek_takes_nothing(behaviour *b) {
    meet(b);
    DO(b->client, write, 10);
    DO(b->server, peek, 4);
    DO(b->server, peek, 100);
    DO(b->server, read, 100);
    DO(b->server, try_read, 100);
    return 0;
}
SAYS(peek_takes_nothing, "client write 10, server peek 4, server peek 10, server read 10, "
                         "server try_read EAGAIN");

static int peek_waits(behaviour *b) {
    meet(b);
    BEGIN(b->server, peek, 100);
    end_note_waits(b->server);
    DO(b->client, write, 10);
    end_finish(b->server);
    DO(b->server, read, 100);
    return 0;
}
SAYS(peek_waits, "it waits, client write 10, server peek 10, server read 10");

static int buffers_are_taken_and_filled_in_order(behaviour *b) {
    meet(b);
    DO(b->client, writev, 30);
    DO(b->server, await, 30);
    DO(b->server, readv, 15);
    DO(b->server, read, 2);
    DO(b->server, readv, 300);
    return 0;
}
SAYS(buffers_are_taken_and_filled_in_order, "client writev 30, server await 0, server readv 15, "
                                            "server read 2, server readv 13");

static int no_bytes_are_no_end(behaviour *b) {
    meet(b);
    DO(b->client, write, 0);
    DO(b->server, try_read, 10);
    DO(b->client, write, 5);
    DO(b->server, read, 0);
    DO(b->server, read, 10);
    DO(b->server, read, 0);
    return 0;
}
SAYS(no_bytes_are_no_end, "client write 0, server try_read EAGAIN, client write 5, server read 0, "
                          "server read 5, server read 0");

static int write_waits_until_there_is_room(behaviour *b) {
    meet_with_small_buffers(b);
    BEGIN(b->client, write_all, LARGE);
    end_note_waits(b->client);
    DO(b->server, drain, LARGE);
    end_finish(b->client);
    DO(b->server, try_read, 1);
    return 0;
}
SAYS(write_waits_until_there_is_room,
     "it waits, server drain 0, client write_all 0, server try_read EAGAIN");

static int full_buffer_tells_when_it_has_room(behaviour *b) {
    meet_with_small_buffers(b);
    BEGIN(b->client, write_by_readiness, LARGE);
    end_note_waits(b->client);
    DO(b->server, drain, LARGE);
    end_finish(b->client);
    DO(b->server, try_read, 1);
    return 0;
}
SAYS(full_buffer_tells_when_it_has_room,
     "it waits, server drain 0, client write_by_readiness 0, server try_read EAGAIN");

static int write_takes_a_part_where_all_has_no_room(behaviour *b) {
    meet_with_small_buffers(b);
    int put = PIECE;
    while (put == PIECE) put = QUIETLY(b->client, try_write, PIECE);
    note_if(b, "there was room for a part, or for none", "something failed",
            put == -EAGAIN || (put > 0 && put < PIECE));
    DO(b->server, drain, b->client->wire->out_n);
    DO(b->server, try_read, 1);
    return 0;
}
SAYS(write_takes_a_part_where_all_has_no_room,
     "there was room for a part, or for none, server drain 0, server try_read EAGAIN");

static int large_transfers_go_both_ways_at_once(behaviour *b) {
    meet_with_small_buffers(b);
    end_share(b->server2, b->server);
    end_share(b->client2, b->client);
    BEGIN(b->server, write_all, LARGE);
    BEGIN(b->client, write_all, LARGE);
    BEGIN(b->server2, drain, LARGE);
    BEGIN(b->client2, drain, LARGE);
    end_finish(b->server);
    end_finish(b->client);
    end_finish(b->server2);
    end_finish(b->client2);
    return 0;
}
SAYS(large_transfers_go_both_ways_at_once,
     "server write_all 0, client write_all 0, server2 drain 0, client2 drain 0");

static int both_that_write_wait_for_each_other(behaviour *b) {
    meet_with_small_buffers(b);
    BEGIN(b->server, write_all, LARGE);
    BEGIN(b->client, write_all, LARGE);
    end_note_waits(b->server);
    end_note_waits(b->client);
    end_share(b->client2, b->client);
    DO(b->client2, drain, LARGE); // one that reads is enough
    end_finish(b->server);
    DO(b->server, drain, LARGE);
    end_finish(b->client);
    return 0;
}
SAYS(both_that_write_wait_for_each_other,
     "it waits, it waits, client2 drain 0, server write_all 0, server drain 0, "
     "client write_all 0");

static int two_readers_have_each_byte_once(behaviour *b) {
    meet(b);
    end_share(b->server2, b->server);
    BEGIN(b->server, read, 1);
    BEGIN(b->server2, read, 1);
    DO(b->client, write, 2);
    end_finish(b->server);
    end_finish(b->server2);
    DO(b->server, try_read, 1);
    return 0;
}
SAYS(two_readers_have_each_byte_once,
     "client write 2, server read 1, server2 read 1, server try_read EAGAIN");

static const behaviour_row rows[] = {
    BEHAVIOUR(large_read_takes_what_is_there),
    BEHAVIOUR(small_reads_take_a_part_each),
    BEHAVIOUR(writes_are_no_messages),
    BEHAVIOUR(read_waits_for_bytes),
    BEHAVIOUR(available_bytes_are_all_of_them),
    BEHAVIOUR(exact_read_takes_pieces),
    BEHAVIOUR(peek_takes_nothing),
    BEHAVIOUR(peek_waits),
    BEHAVIOUR(buffers_are_taken_and_filled_in_order),
    BEHAVIOUR(no_bytes_are_no_end),
    BEHAVIOUR(write_waits_until_there_is_room),
    BEHAVIOUR(full_buffer_tells_when_it_has_room),
    BEHAVIOUR(write_takes_a_part_where_all_has_no_room),
    BEHAVIOUR(large_transfers_go_both_ways_at_once),
    BEHAVIOUR(both_that_write_wait_for_each_other),
    BEHAVIOUR(two_readers_have_each_byte_once),
};
FAMILY(transfer, rows);
