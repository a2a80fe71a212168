/* SPDX-License-Identifier: MIT */
/* halves.c: one task reads a connection while another writes it, in binary; and a peer that says
 * nothing is given up. */
#include <edo/edo.h>
#include <edo/streams.h>
#include <edo/typed_io.h>

#include <inttypes.h>
#include <stdio.h>

/* Sends numbers, and ends its half: the other direction goes on. */
static int send_numbers(void *arg) {
    edo_stream *writer = arg;
    edo_buf_writer out;
    int err = edo_buf_writer_init(&out, writer, NULL);
    for (uint32_t n = 1; err == 0 && n <= 1000; n++) err = edo_write_u32be(&out, n);
    if (err == 0) err = edo_shutdown(edo_buf_writer_stream(&out));
    edo_buf_writer_deinit(&out);
    edo_close(writer);
    return err;
}

/* The other end: adds what comes, returns the sum, and says nothing more for an hour. */
static int add_numbers(void *arg) {
    edo_stream *s = arg;
    edo_buf_reader in;
    edo_buf_writer out = { 0 };
    uint64_t sum = 0;
    uint32_t n;
    int err = edo_buf_reader_init(&in, s, NULL);
    if (err == 0) err = edo_buf_writer_init(&out, s, NULL);
    while (err == 0 && (err = edo_read_u32be(&in, &n)) == 0) sum += n;
    if (err == -EDO_EEOF) err = edo_write_u64be(&out, sum);
    if (err == 0) err = edo_flush(edo_buf_writer_stream(&out));
    if (err == 0) err = edo_sleep(edo_hours(1));
    edo_buf_writer_deinit(&out);
    edo_buf_reader_deinit(&in);
    edo_close(s);
    return err;
}

static int read_sum(edo_stream *reader) {
    edo_buf_reader in;
    uint64_t sum = 0;
    int err = edo_buf_reader_init(&in, reader, NULL);
    if (err == 0) err = edo_read_u64be(&in, &sum);
    if (err == 0) printf("the sum is %" PRIu64 "\n", sum);
    if (err == 0) err = edo_read_u64be(&in, &sum); // nothing more comes
    edo_buf_reader_deinit(&in);
    return err;
}

static int talk(void *arg) {
    (void)arg;
    const edo_stream_timeouts_opts limits = { .read = edo_s(30), .write = edo_s(30) };
    edo_stream *s, *server, *reader = NULL, *writer = NULL;
    int err = edo_duplex(&s, &server, 4096);
    if (err < 0) return err;
    edo_task *adder = edo_spawn(add_numbers, server);
    err = edo_stream_timeouts(&s, s, &limits);
    if (err == 0) err = edo_stream_split(&reader, &writer, s);
    if (err < 0) {
        edo_close(s);
        return err;
    }
    edo_task *sender = edo_spawn(send_numbers, writer);
    err = read_sum(reader);
    printf("then: %s\n", edo_strerror(err));
    edo_close(reader);
    err = edo_task_join(sender);
    edo_task_cancel(adder);
    (void)edo_task_join(adder);
    return err;
}

int main(void) {
    return edo_main_with(talk, NULL, &(edo_runtime_opts){ .start_paused = true });
}
