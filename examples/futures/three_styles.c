/* SPDX-License-Identifier: MIT */
/* three_styles.c: one session in three styles. For each digit that comes it waits that many ms, and
 * sends back twice the digit; at the end of the input it closes. Callbacks of libuv, a state
 * machine, a fiber: what remembers where the session was, and where are its errors handled? */
#include <edo/edo.h>
#include <edo/fd.h>

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

static char twice(char digit) {
    return (char)('0' + 2 * (digit - '0'));
}

/* ---- Callbacks: a struct remembers, and each wait cuts the loop ------------------------------ */

typedef struct session {
    uv_pipe_t peer;
    uv_timer_t nap;
    uv_write_t write;
    char digit;
} session;

static void on_digit(uv_stream_t *peer, ssize_t n, const uv_buf_t *buf);

static void end_session(session *s) {
    uv_close((uv_handle_t *)&s->peer, NULL);
    uv_close((uv_handle_t *)&s->nap, NULL);
}

static void give_room(uv_handle_t *peer, size_t wanted, uv_buf_t *buf) {
    (void)wanted;
    *buf = uv_buf_init(&((session *)peer->data)->digit, 1);
}

static void on_written(uv_write_t *write, int status) {
    session *s = write->data;
    if (status < 0 || uv_read_start((uv_stream_t *)&s->peer, give_room, on_digit) < 0)
        end_session(s);
}

static void on_nap_over(uv_timer_t *nap) {
    session *s = nap->data;
    uv_buf_t reply = uv_buf_init(&s->digit, 1); // it must stay until on_written
    s->digit = twice(s->digit);
    if (uv_write(&s->write, (uv_stream_t *)&s->peer, &reply, 1, on_written) < 0) end_session(s);
}

static void on_digit(uv_stream_t *peer, ssize_t n, const uv_buf_t *buf) {
    session *s = peer->data;
    (void)buf;
    if (n == 0) return; // nothing yet
    (void)uv_read_stop(peer);
    if (n < 0 || uv_timer_start(&s->nap, on_nap_over, (uint64_t)(s->digit - '0'), 0) < 0)
        end_session(s);
}

static int by_callbacks(int fd) {
    uv_loop_t loop;
    session s;
    int err = uv_loop_init(&loop);
    if (err < 0) return err;
    (void)uv_pipe_init(&loop, &s.peer, 0);
    (void)uv_timer_init(&loop, &s.nap);
    s.peer.data = s.nap.data = s.write.data = &s;
    err = uv_pipe_open(&s.peer, fd);
    if (err == 0) err = uv_read_start((uv_stream_t *)&s.peer, give_room, on_digit);
    if (err < 0) end_session(&s);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    return uv_loop_close(&loop);
}

/* ---- A state machine: a struct remembers, and the loop is whole ------------------------------ */

EDO_ASYNC(machine, edo_stream *peer; char digit;
          EDO_ONE_OF(edo_read_future read; edo_sleep_future nap; edo_writev_future write;);) {
    EDO_BEGIN;
    for (;;) {
        EDO_TRY_AWAIT(edo_read_init(&self->read, self->peer, &self->digit, 1));
        if (edo_result(&self->read) == 0) EDO_RETURN(0);
        EDO_TRY_AWAIT(edo_sleep_init(&self->nap, edo_ms(self->digit - '0')));
        self->digit = twice(self->digit);
        EDO_TRY_AWAIT(edo_write_all_init(&self->write, self->peer, &self->digit, 1));
    }
    EDO_END;
}

static int by_machine(void *arg) {
    machine m = { .peer = arg };
    return edo_await(machine_init(&m));
}

/* ---- A fiber: its stack remembers ------------------------------------------------------------ */

static int by_fiber(void *arg) {
    edo_stream *peer = arg;
    char digit;
    int err;
    while ((err = edo_read(peer, &digit, 1)) == 1) {
        err = edo_sleep(edo_ms(digit - '0'));
        if (err < 0) return err;
        digit = twice(digit);
        err = edo_write_all(peer, &digit, 1);
        if (err < 0) return err;
    }
    return err;
}

/* ---- The other end --------------------------------------------------------------------------- */

typedef struct job {
    edo_task_fn *style;
    int fd;
} job;

static int with_stream(void *arg) {
    const job *j = arg;
    edo_stream *peer;
    int err = edo_stream_from_fd(&peer, j->fd);
    if (err < 0) {
        (void)close(j->fd);
        return err;
    }
    err = j->style(peer);
    edo_close(peer);
    return err;
}

/* The whole conversation; `style` is NULL for callbacks. */
static int converse(const char *name, edo_task_fn *style) {
    int fds[2];
    char replies[8];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0) return 1;
    (void)!write(fds[0], "312", 3);
    (void)shutdown(fds[0], SHUT_WR);
    job j = { style, fds[1] };
    int status = style ? edo_main(with_stream, &j) : -by_callbacks(fds[1]);
    ssize_t n = read(fds[0], replies, sizeof replies); // all of them: the session has ended
    printf("%s %.*s\n", name, n > 0 ? (int)n : 0, replies);
    (void)close(fds[0]);
    return status;
}

int main(void) {
    int status = converse("callbacks    ", NULL);
    if (status == 0) status = converse("state machine", by_machine);
    if (status == 0) status = converse("fiber        ", by_fiber);
    return status;
}
