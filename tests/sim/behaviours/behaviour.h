/* SPDX-License-Identifier: MIT */
/* behaviours/behaviour.h: what sockets do, told in words: of a kernel over loopback, and of the
 * simulated network, where one host is the server and another the client. The words of both are to
 * be the same, so there is no time in them, and nothing that depends on when a packet comes.
 *
 *     static int end_comes_behind_the_data(behaviour *b) {
 *         meet(b);
 *         DO(b->client, write, 3);
 *         DO(b->client, shutdown, 0);
 *         DO(b->server, read, 10);
 *         DO(b->server, read, 10);
 *         return 0;
 *     }
 *     SAYS(end_comes_behind_the_data, "client write 3, client shutdown 0, server read 3, server read 0");
 *
 * A behaviour is a script, which tells the ends what to do, one after the other. Each end is a task
 * at its own host, and does one thing at a time; so two threads of a story at one end are two ends,
 * as `server` and `server2`. A script runs at any host.
 *
 * Threads: all tasks of a behaviour run on one thread, also if they belong to several runtimes. */
#ifndef EDO_TESTS_BEHAVIOUR_H
#define EDO_TESTS_BEHAVIOUR_H

#include <edo/edo.h>
#include <edo/fd.h>
#include <edo/net.h>
#include <edo/udp.h>

#include <errno.h>

#define SAID_MAX 2048
#define PIECE    4096 /* bytes that an end has at hand */

typedef struct behaviour behaviour;
typedef struct end end;
typedef enum side { SERVER, CLIENT } side;

/* What an end can do, in its task; it returns a count, 0 or a negative code. */
typedef int end_op(end *self, size_t n);

/* A stream, and how many bytes went over it: each byte has a value by its place, so that one that
 * is lost or in a wrong place is noticed. */
typedef struct wire {
    edo_stream *stream;   /* NULL: none */
    uint64_t in_n, out_n; /* bytes that were read, and written */
} wire;

struct end {
    behaviour *of;    /* const */
    const char *name; /* const; in the words */
    side where;       /* const */
    wire own, *wire;  /* `wire`: `own`, or that of another end at the same host */

    const edo_tcp_opts *opts; /* of what it opens; NULL: the defaults */
    edo_udp_opts udp;         /* likewise */
    const edo_addr *to;       /* of a datagram; NULL: to whom the socket is connected */
    edo_addr from;            /* of the last one that was received */

    edo_stream *held; /* while it does something: a reference, as others may close the stream */
    edo_notify told;  /* it has something to do, or to end */
    end_op *op;       /* what it does; NULL: nothing */
    const char *word; /* for that */
    size_t n;         /* as that */
    bool has_begun;   /* it does it */
    bool is_over;     /* it is to end */
    bool has_ended;   /* its task */
    int limit_ms;     /* of what it does next; 0: none */
    int result;       /* of what it did last */
    size_t done;      /* bytes that it moved all the same */
    edo_cancel_token *cut; /* of what it does; a new one for each thing */
    char piece[PIECE];
};

#define ENDS_N 6

struct behaviour {
    /* What the place lends it. */
    const char *server_at, *client_at; /* addresses to listen at and to bind to, with port 0 */
    const char *server_name;           /* by which a client finds the server's address */
    /* Starts a task at that host; NULL: as a child of the behaviour's scope. */
    int (*spawn)(behaviour *self, side where, edo_task_fn *fn, void *arg);

    edo_scope *tasks;
    edo_notify changed; /* an end has begun or done something */
    edo_listener *listener;
    /* Where `listener` listens, or has listened, or the datagram socket of `server` is. */
    edo_addr addr;
    char at[EDO_ADDR_TEXT_MAX];
    end ends[ENDS_N], *server, *client, *server2, *client2, *server3, *client3;
    char said[SAID_MAX];
    size_t said_n;
};

/* ---- For scripts ----------------------------------------------------------------------------- */

/* Has the end do it, waits until it is done, and notes "END WORD RESULT". Returns the result. */
int end_do(end *self, const char *word, end_op *op, size_t n);

/* Has the end begin it. Returns when the end waits in it, or has done it. */
void end_begin(end *self, const char *word, end_op *op, size_t n);

/* Waits until it is done what end_begin() has begun, and notes it. Returns the result. */
int end_finish(end *self);

/* Waits until one of the two has done what it has begun, and returns that one; notes nothing. */
end *end_first(end *a, end *b);

/* As end_do(), and notes nothing. */
int end_quietly(end *self, end_op *op, size_t n);

/* Cancels what the end does, or, if that is nothing, what it does next. */
void end_cut(end *self);

/* The two ends have one stream: they are at one host. */
void end_share(end *self, end *with);

#define DO(end, what, n)      end_do(end, #what, op_##what, n)
#define BEGIN(end, what, n)   end_begin(end, #what, op_##what, n)
#define QUIETLY(end, what, n) end_quietly(end, op_##what, n)

/* Notes "it waits", or that it does not. */
void end_note_waits(end *self);

/* Notes a word of the script's own, and a result. */
void note(behaviour *self, const char *word, int result);
void note_if(behaviour *self, const char *yes, const char *no, bool is_so);

/* `client` connects to `server`, without words; nobody listens afterwards. */
void meet(behaviour *self);

/* As meet(), and the listener stays. */
void meet_and_listen(behaviour *self);

/* ---- What ends do: `n` is bytes unless something else is said ------------------------------- */

/* Opening; `n` of listen is the backlog, 0: the usual one. */
end_op op_listen, op_unlisten, op_accept, op_try_accept, op_connect, op_connect_by_name;

/* Listens where `listener` does or did, and closes that; waits until `n` connections are in the
 * queue of `listener`. */
end_op op_listen_there, op_await_queued;

/* Writes the address of this end to `self->from`. */
end_op op_own_address;

/* Moving bytes. `write` and `read` move some; `write_all`, `read_exact` all or nothing, `drain` `n`
 * bytes that are there or are coming, `read_to_end` all until the end and returns their number. */
end_op op_read, op_try_read, op_read_exact, op_read_available, op_read_to_end, op_readv, op_peek;
end_op op_write, op_try_write, op_write_all, op_writev, op_drain;

/* Waits until `n` bytes can be read, which stay there; or until the other end's kernel has all that
 * was written. */
end_op op_await, op_await_taken;

/* Writes pieces, until it is cancelled; or `n` bytes as there is room, of which it waits to be
 * told. */
end_op op_write_on, op_write_by_readiness;

/* Writes single bytes until that fails, and returns the failure. */
end_op op_write_until;

/* Endings. `close` is that of the last reference, unless another end does something with the
 * stream; `reset` is a close that resets, `finish` edo_tcp_end() of `n` ms. `close_kept` has a
 * reference left, with which the end may try what it likes; `leave` gives the reference back. */
end_op op_shutdown, op_close, op_close_kept, op_leave, op_reset, op_finish;

/* Readiness. */
end_op op_readable, op_writable, op_gone;

/* The error that waits in the socket. */
end_op op_take_error;

/* Datagrams: `n` bytes of one. */
end_op op_bind, op_associate, op_send, op_receive;

/* ---- For those who run them ------------------------------------------------------------------ */

typedef struct behaviour_row {
    const char *name;
    int (*fn)(behaviour *self);
    const char *says;
} behaviour_row;

typedef struct behaviour_family {
    const char *name;
    const behaviour_row *rows;
    size_t n;
} behaviour_family;

/* What the behaviour says, on Linux. */
#define SAYS(behaviour, ...) static const char behaviour##_says[] = __VA_ARGS__
#define BEHAVIOUR(behaviour)                                                                       \
    { #behaviour, behaviour, behaviour##_says }
#define FAMILY(family, rows)                                                                       \
    const behaviour_family family##_family = { #family, rows, sizeof(rows) / sizeof *(rows) }

extern const behaviour_family connect_family, accept_family, transfer_family, half_close_family,
    reset_family, close_family, cancel_family, stream_family, option_family, udp_family;

/* Runs one in the calling task; `self` has what the place lends, and is 0 otherwise. Returns 0, or
 * a negative code if it could not be run; what was said is in `self`. */
int behaviour_run(behaviour *self, const behaviour_row *row);

#endif
