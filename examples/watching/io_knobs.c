/* SPDX-License-Identifier: MIT */
/* io_knobs.c: what options of the tuning page do to I/O, in counts. A wait that would never end is
 * cut short after 100 ms. How many bytes the kernel takes depends on its version and settings. */
#include <edo/codec.h>
#include <edo/edo.h>
#include <edo/stats.h>
#include <edo/streams.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* ---- A frame's boundary ---------------------------------------------------------------------- */

#define FRAMES 1000

static void count_write(void *arg, uint32_t what, const void *bytes, size_t n) {
    (void)what, (void)bytes, (void)n;
    ++*(int *)arg;
}

/* Writes that reach the stream below when many small frames are fed. */
static int feed_frames(size_t boundary) {
    edo_stream *nothing, *s;
    edo_codec_length codec;
    edo_framed out = { 0 };
    int writes = 0;
    int err = edo_stream_empty(&nothing);
    if (err < 0) return err;
    err = edo_stream_inspect(&s, nothing, count_write, &writes);
    if (err < 0) {
        edo_close(nothing);
        return err;
    }
    err = edo_codec_length_init(&codec, NULL);
    if (err == 0)
        err = edo_framed_init(&out, s, &codec.base, &(edo_framed_opts){ .boundary = boundary });
    for (int i = 0; i < FRAMES && err == 0; i++) {
        edo_bytes frame = edo_bytes_from_static(EDO_STR("a frame of twenty by"));
        err = edo_framed_feed(&out, &frame);
    }
    if (err == 0) err = edo_framed_flush(&out);
    edo_framed_deinit(&out);
    edo_close(s);
    return err < 0 ? err : writes;
}

static int boundary(void) {
    printf("boundary 1: %d frames of 20 bytes make %d writes\n", FRAMES, feed_frames(1));
    printf("boundary 8192, the default: %d\n", feed_frames(0));
    return 0;
}

/* ---- Lines without an end -------------------------------------------------------------------- */

static void add_bytes(void *arg, uint32_t what, const void *bytes, size_t n) {
    (void)what, (void)bytes;
    *(int *)arg += (int)n;
}

/* Bytes that are read of a line without an end until it is refused. */
static int read_endless(uint32_t line_max) {
    edo_stream *endless, *s;
    edo_buf_reader in;
    char *line;
    int taken = 0;
    int err = edo_stream_repeat(&endless, 'x');
    if (err < 0) return err;
    err = edo_stream_inspect(&s, endless, add_bytes, &taken);
    if (err < 0) {
        edo_close(endless);
        return err;
    }
    err = edo_buf_reader_init(&in, s, &(edo_buf_reader_opts){ .line_max = line_max });
    if (err == 0) err = edo_read_line(&in, &line);
    edo_buf_reader_deinit(&in);
    edo_close(s);
    return err == -EDO_ETOOLONG ? taken : err;
}

static int line_max(void) {
    printf("line_max 100: an endless line is refused after %d bytes\n", read_endless(100));
    printf("line_max 8192, the default: %d\n", read_endless(0));
    return 0;
}

/* ---- How far a pipe's writer may be ahead ---------------------------------------------------- */

#define PIECE 1024
#define ALL   (1024 * PIECE)

static int write_pieces(void *arg) {
    static const char zeros[PIECE];
    int n = 0;
    for (int left = ALL; left > 0 && n >= 0; left -= PIECE) n = edo_write_all(arg, zeros, PIECE);
    edo_close(arg);
    return n;
}

/* Turns of the two tasks for 1 MiB. */
static int pass(size_t room) {
    edo_stream *reader, *writer;
    edo_runtime_stats before = { 0 }, after = { 0 };
    static char buf[65536];
    int n = edo_simplex(&reader, &writer, room);
    if (n < 0) return n;
    edo_runtime_get_stats(edo_runtime_current(), &before);
    edo_task *t = edo_spawn(write_pieces, writer);
    while ((n = edo_read(reader, buf, sizeof buf)) > 0) continue;
    edo_runtime_get_stats(edo_runtime_current(), &after);
    edo_close(reader);
    int written = edo_task_join(t);
    return n < 0 ? n : written < 0 ? written : (int)(after.all.polls - before.all.polls);
}

static int duplex(void) {
    printf("a pipe with room for 1 KiB: %d turns of its tasks for 1 MiB\n", pass(1024));
    printf("64 KiB: %d\n", pass(65536));
    return 0;
}

/* ---- Bytes in the kernel --------------------------------------------------------------------- */

/* KiB that a program can write to a peer that never reads. */
static int fill(const edo_tcp_opts *accepting, const edo_tcp_opts *connecting) {
    static const char zeros[65536];
    edo_listener *l;
    edo_addr here;
    edo_stream *from = NULL, *to = NULL;
    int64_t taken = 0;
    int n = edo_tcp_listen(&l, "127.0.0.1:0", accepting);
    if (n < 0) return n;
    n = edo_listener_addr(l, &here);
    if (n == 0) n = edo_tcp_connect_addr(&from, &here, connecting);
    if (n == 0) n = edo_accept(l, &to);
    while (n >= 0) {
        n = edo_try_write(from, zeros, sizeof zeros);
        if (n == -EAGAIN) { // for good, if no room comes in this time
            EDO_DEADLINE(d, edo_ms(100));
            n = edo_deadline_end(&d, edo_write(from, zeros, sizeof zeros));
        }
        taken += n > 0 ? n : 0;
    }
    edo_close(from);
    edo_close(to);
    edo_listener_close(l);
    return n == -ETIMEDOUT ? (int)(taken / 1024) : n;
}

static int kernel_buffers(void) {
    edo_tcp_opts small = { .recv_buffer = 16384 }, few = { .notsent_lowat = 16384 };
    printf("recv_buffer 16384: %d KiB can be written to a peer that never reads\n",
           fill(&small, NULL));
    printf("notsent_lowat 16384: %d KiB\n", fill(NULL, &few));
    printf("neither, the default: %d KiB\n", fill(NULL, NULL));
    return 0;
}

/* ---- Connections that say nothing ------------------------------------------------------------ */

#define CLIENTS 10

/* Connections that are accepted though their clients say nothing. */
static int accept_silent(edo_duration defer_accept) {
    edo_listener *l;
    edo_addr here;
    edo_stream *clients[CLIENTS] = { NULL }, *accepted = NULL;
    int n = 0;
    int err = edo_tcp_listen(&l, "127.0.0.1:0", &(edo_tcp_opts){ .defer_accept = defer_accept });
    if (err < 0) return err;
    err = edo_listener_addr(l, &here);
    for (int i = 0; i < CLIENTS && err == 0; i++)
        err = edo_tcp_connect_addr(&clients[i], &here, NULL);
    while (err == 0) {
        EDO_DEADLINE(d, edo_ms(100));
        err = edo_deadline_end(&d, edo_accept(l, &accepted));
        if (err == 0) edo_close(accepted);
        n += err == 0;
    }
    for (int i = 0; i < CLIENTS; i++) edo_close(clients[i]);
    edo_listener_close(l);
    return err == -ETIMEDOUT ? n : err;
}

static int defer_accept(void) {
    printf("defer_accept 5 s: of %d silent connections %d are accepted at once\n", CLIENTS,
           accept_silent(edo_s(5)));
    printf("0, the default: %d\n", accept_silent(edo_s(0)));
    return 0;
}

/* ---- Jobs beyond the bound ------------------------------------------------------------------- */

#define JOBS 64

static int wait_for_gate(void *arg) {
    char byte;
    return (int)read(*(const int *)arg, &byte, 1); // until the other end is closed
}

static uint32_t jobs_seen(edo_blocking_stats *stats) {
    edo_blocking_get_stats(edo_runtime_current(), stats);
    return (uint32_t)stats->refused + stats->queue + stats->running;
}

/* Jobs that are refused; none ends before all have come. */
static int block_all(void *arg) {
    edo_blocking_stats stats;
    edo_task_set jobs = { 0 };
    int gate[2], err = 0;
    (void)arg;
    if (pipe2(gate, O_CLOEXEC) < 0) return -errno;
    for (int i = 0; i < JOBS && err == 0; i++)
        err = edo_task_set_spawn_blocking(&jobs, wait_for_gate, &gate[0]);
    while (err == 0 && jobs_seen(&stats) < JOBS) err = edo_yield();
    (void)close(gate[1]);
    EDO_SHIELD(s, edo_ns(-1)); // they have the gate until they have ended
    (void)edo_task_set_shutdown(&jobs);
    (void)close(gate[0]);
    return err < 0 ? err : (int)stats.refused;
}

static int blocking_queue_max(void) {
    edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT,
                              .blocking_max = 4,
                              .blocking_queue_max = 16 };
    printf("blocking_queue_max 16, 4 threads: of %d jobs at once %d are refused\n", JOBS,
           edo_main_with(block_all, NULL, &opts));
    opts.blocking_queue_max = 0;
    printf("no bound, the default: %d\n", edo_main_with(block_all, NULL, &opts));
    return 0;
}

/* ---- The budget ------------------------------------------------------------------------------ */

static bool is_over;

static int count_turns(void *arg) {
    int turns = 0;
    (void)arg;
    for (; !is_over && edo_yield() == 0; turns++) continue;
    return turns;
}

/* Turns of another task while this one reads input without end. */
static int read_on(void) {
    edo_stream *endless;
    char byte;
    int n = edo_stream_repeat(&endless, 'x');
    if (n < 0) return n;
    edo_task *other = edo_spawn(count_turns, NULL);
    if (n == 0) n = edo_yield(); // the other has begun, and this one has a whole budget
    for (int i = 0; i < 12800 && n >= 0; i++) n = edo_read(endless, &byte, 1);
    is_over = true;
    int turns = edo_task_join(other);
    edo_close(endless);
    return n < 0 ? n : turns;
}

static int all(void *arg) {
    (void)arg;
    int err = boundary();
    if (err == 0) err = line_max();
    if (err == 0) err = duplex();
    if (err == 0) err = kernel_buffers();
    if (err == 0) err = defer_accept();
    printf("the budget: beside 12800 reads that need not wait %d turns of another task\n",
           read_on());
    return err;
}

int main(void) {
    int status = edo_main_with(all, NULL, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT });
    return status ? status : blocking_queue_max();
}
