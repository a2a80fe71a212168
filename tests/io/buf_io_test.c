/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/buf_io.h besides lines: pieces, looking ahead, a reader and a writer as
 * streams, and nothing lost on the way.
 * Method: small pipes in memory, so that most writes are short; on every kind of runtime. */
#include "io_support.h"

#include <edo/streams.h>

/* ---- Reading --------------------------------------------------------------------------------- */

static int writes_text(void *arg) {
    const char *text = "a,bb,,ccc\nline\r\nrest,of";
    edo_stream *s = arg;
    int err = edo_write_all(s, text, strlen(text));
    edo_close(s);
    return err;
}

static int reads_pieces(void *arg) {
    (void)arg;
    edo_stream *s, *peer;
    CHECK_EQ(edo_duplex(&s, &peer, 3), 0);
    edo_task *writer = edo_spawn(writes_text, peer);
    edo_buf_reader r;
    CHECK_EQ(edo_buf_reader_init(&r, s, NULL), 0);
    static const char *const pieces[] = { "a", "bb", "" };
    char *piece;
    for (size_t i = 0; i < EDO_COUNT(pieces); i++) {
        CHECK_EQ(edo_read_delim(&r, &piece, ','), (int)strlen(pieces[i]));
        CHECK_EQ(strcmp(piece, pieces[i]), 0);
    }
    CHECK_EQ(edo_read_line(&r, &piece), 3); // another end is sought from the same place
    CHECK_EQ(strcmp(piece, "ccc"), 0);
    CHECK_EQ(edo_read_delim(&r, &piece, '\n'), 5); // a carriage return is a byte here
    CHECK_EQ(strcmp(piece, "line\r"), 0);
    CHECK_EQ(edo_read_delim(&r, &piece, ','), 4);
    CHECK_EQ(edo_read_delim(&r, &piece, ','), 2); // the end of the input ends the last piece
    CHECK_EQ(edo_read_delim(&r, &piece, ','), -EDO_EEOF);
    edo_buf_reader_deinit(&r);
    edo_close(s);
    return edo_task_join(writer);
}

static void pieces_end_at_any_byte(void **state) {
    (void)state;
    CHECK_EQ(inside_each(reads_pieces, NULL), 0);
}

static int looks_ahead(void *arg) {
    (void)arg;
    edo_stream *s, *peer;
    CHECK_EQ(edo_duplex(&s, &peer, 3), 0);
    edo_task *writer = edo_spawn(writes_text, peer);
    edo_buf_reader r;
    CHECK_EQ(edo_buf_reader_init(&r, s, &(edo_buf_reader_opts){ .line_max = 10 }), 0);
    const char *bytes;
    char *line, buf[8];
    CHECK_EQ(edo_fill(&r, &bytes, 0), -EINVAL);
    CHECK_EQ(edo_fill(&r, &bytes, 13), -EINVAL);
    CHECK(edo_fill(&r, &bytes, 12) >= 12);
    CHECK_EQ(memcmp(bytes, "a,bb,,ccc\nli", 12), 0);
    edo_consume(&r, 2);
    CHECK(edo_fill(&r, &bytes, 1) >= 10); // what is held is enough
    CHECK_EQ(bytes[0], 'b');
    edo_stream *view = edo_buf_reader_stream(&r);
    CHECK_EQ(edo_peek(view, buf, 2), 2);
    CHECK_EQ(edo_read_exact(view, buf, 4), 0);
    CHECK_EQ(memcmp(buf, "bb,,", 4), 0);
    CHECK_EQ(edo_read_line(&r, &line), 3);
    CHECK_EQ(edo_io_ready(view, EDO_IO_READ), 0);
    CHECK_EQ(edo_read_line(&r, &line), 4);
    CHECK_EQ(edo_fill(&r, &bytes, 12), 7); // the input ends before
    CHECK_EQ(memcmp(bytes, "rest,of", 7), 0);
    edo_consume(&r, 7);
    CHECK_EQ(edo_fill(&r, &bytes, 1), 0);
    CHECK_EQ(edo_read(view, buf, sizeof buf), 0);
    CHECK_EQ(edo_write(view, "x", 1), -EPIPE); // passed on: the other end is closed
    edo_buf_reader_deinit(&r);
    edo_close(s);
    return edo_task_join(writer);
}

static void bytes_are_seen_before_they_are_taken(void **state) {
    (void)state;
    CHECK_EQ(inside_each(looks_ahead, NULL), 0);
}

static int reads_after_too_long(void *arg) {
    (void)arg;
    static const char text[] = "far too long\nshort\n";
    edo_stream *s;
    CHECK_EQ(edo_stream_mem(&s, text, sizeof text - 1), 0);
    char buf[22], *line;
    edo_buf_reader r;
    const edo_buf_reader_opts opts = { .line_max = 6, .buf = buf, .buf_bytes = 8 };
    CHECK_EQ(edo_buf_reader_init(&r, s, &opts), 0);
    CHECK_EQ(edo_read_line(&r, &line), -EDO_ETOOLONG);
    CHECK_EQ(edo_read_delim(&r, &line, ','), 6); // still drops up to the line's end
    CHECK_EQ(strcmp(line, "short\n"), 0);
    edo_buf_reader_deinit(&r);
    edo_close(s);
    return 0;
}

static void rest_of_a_long_piece_ends_where_the_piece_does(void **state) {
    (void)state;
    CHECK_EQ(inside(reads_after_too_long, NULL), 0);
}

/* A read past the buffer takes from the rest of a long piece: what follows is a piece again. */
static int takes_rest(void *arg) {
    (void)arg;
    static char text[8 + 5000 + 12], have[5000];
    memset(text, 'x', sizeof text);
    memcpy(text + 8 + sizeof have, "tail\nshort\n", 11);
    edo_stream *s;
    CHECK_EQ(edo_stream_mem(&s, text, sizeof text - 1), 0);
    char buf[22], *line;
    edo_buf_reader r;
    const edo_buf_reader_opts opts = { .line_max = 6, .buf = buf, .buf_bytes = 8 };
    CHECK_EQ(edo_buf_reader_init(&r, s, &opts), 0);
    CHECK_EQ(edo_read_line(&r, &line), -EDO_ETOOLONG);
    CHECK_EQ(edo_read_exact(edo_buf_reader_stream(&r), have, sizeof have), 0);
    CHECK_EQ(edo_read_line(&r, &line), 4);
    CHECK_EQ(strcmp(line, "tail"), 0);
    edo_buf_reader_deinit(&r);
    edo_close(s);
    return 0;
}

/* One that is cut short has taken nothing. */
static int leaves_rest(void *arg) {
    (void)arg;
    static char have[5000];
    edo_stream *near, *far;
    CHECK_EQ(edo_duplex(&near, &far, 64), 0);
    char buf[22], *line;
    edo_buf_reader r;
    const edo_buf_reader_opts opts = { .line_max = 6, .buf = buf, .buf_bytes = 8 };
    CHECK_EQ(edo_buf_reader_init(&r, near, &opts), 0);
    CHECK_EQ(edo_write_all(far, "far too ", 8), 0);
    CHECK_EQ(edo_read_line(&r, &line), -EDO_ETOOLONG);
    {
        EDO_DEADLINE(d, edo_s(1));
        CHECK_EQ(edo_deadline_end(&d, edo_read(edo_buf_reader_stream(&r), have, sizeof have)),
                 -ETIMEDOUT);
    }
    CHECK_EQ(edo_write_all(far, "long\nshort\n", 11), 0);
    CHECK_EQ(edo_read_line(&r, &line), 5);
    CHECK_EQ(strcmp(line, "short"), 0);
    edo_buf_reader_deinit(&r);
    edo_close(near);
    edo_close(far);
    return 0;
}

static void rest_of_a_long_piece_is_dropped_until_a_read_takes_of_it(void **state) {
    (void)state;
    CHECK_EQ(inside(takes_rest, NULL), 0);
    CHECK_EQ(inside(leaves_rest, NULL), 0);
}

/* A read of this size goes past the buffer, but not past the bytes that it holds. */
static int reads_large(void *arg) {
    (void)arg;
    static char want[20000], have[20000];
    fill_pattern(want, sizeof want);
    edo_stream *s;
    CHECK_EQ(edo_stream_mem(&s, want, sizeof want), 0);
    edo_buf_reader r;
    const char *bytes;
    CHECK_EQ(edo_buf_reader_init(&r, s, NULL), 0);
    CHECK(edo_fill(&r, &bytes, 1) >= 1);
    CHECK_EQ(edo_read_exact(edo_buf_reader_stream(&r), have, sizeof have), 0);
    CHECK_EQ(memcmp(have, want, sizeof want), 0);
    edo_buf_reader_deinit(&r);
    edo_close(s);
    return 0;
}

static void large_reads_keep_the_order(void **state) {
    (void)state;
    CHECK_EQ(inside(reads_large, NULL), 0);
}

#define BULK_LINES 600

/* Runs while the reader waits for the end of a line, and ends it. */
static int ends_line(void *arg) {
    edo_buf_reader *r = ((void **)arg)[0];
    edo_stream *peer = ((void **)arg)[1];
    CHECK_EQ(edo_buf_reader_held(r), 4);
    CHECK(r->bytes <= 4096);
    return edo_write_all(peer, "\n", 1);
}

static int reads_bulk(void *arg) {
    (void)arg;
    static char text[BULK_LINES * 100 + 4];
    memset(text, 'x', sizeof text);
    for (size_t i = 1; i <= BULK_LINES; i++) text[i * 100 - 1] = '\n';
    edo_stream *s, *peer;
    CHECK_EQ(edo_duplex(&s, &peer, sizeof text), 0);
    CHECK_EQ(edo_write_all(peer, text, sizeof text), 0);
    edo_buf_reader r;
    char *line;
    CHECK_EQ(edo_buf_reader_init(&r, s, NULL), 0);
    for (size_t i = 0; i < BULK_LINES; i++) CHECK_EQ(edo_read_line(&r, &line), 99);
    CHECK(r.bytes > 4096);
    CHECK_EQ(edo_yield(), 0); // for a budget that lasts until the reader waits
    edo_task *ender = edo_spawn(ends_line, (void *[]){ &r, peer });
    CHECK_EQ(edo_read_line(&r, &line), 4);
    CHECK_EQ(strcmp(line, "xxxx"), 0);
    CHECK_EQ(edo_task_join(ender), 0);
    edo_buf_reader_deinit(&r);
    edo_close(s);
    edo_close(peer);
    return 0;
}

static void bulk_has_a_large_buffer_until_it_pauses(void **state) {
    (void)state;
    CHECK_EQ(inside(reads_bulk, NULL), 0);
}

/* ---- Writing --------------------------------------------------------------------------------- */

static int writes_many(void *arg) {
    (void)arg;
    static collected c;
    c = (collected){ 0 };
    static char want[5000];
    fill_pattern(want, sizeof want);
    edo_stream *s;
    CHECK_EQ(edo_duplex(&s, &c.from, 4096), 0);
    edo_task *reader = edo_spawn(collects, &c);
    edo_buf_writer w;
    CHECK_EQ(edo_buf_writer_init(&w, s, &(edo_buf_writer_opts){ .buf_bytes = 1000 }), 0);
    edo_stream *out = edo_buf_writer_stream(&w);
    size_t at = 0;
    for (size_t n = 1; at + n < 3000; n = n % 97 + 1) {
        CHECK_EQ(edo_write_all(out, want + at, n), 0);
        at += n;
    }
    CHECK_EQ(edo_flush(out), 0);
    CHECK_EQ(edo_write_all(out, want + at, 1), 0);
    CHECK_EQ(edo_write_all(out, want + at + 1, sizeof want - at - 1), 0);
    CHECK_EQ(edo_shutdown(out), 0); // flushes
    CHECK_EQ(edo_task_join(reader), 0);
    CHECK_EQ(c.n, sizeof want);
    CHECK_EQ(memcmp(c.bytes, want, sizeof want), 0);
    CHECK(c.reads < 20); // some hundred writes
    edo_buf_writer_deinit(&w);
    edo_close(s);
    return 0;
}

static void small_writes_become_large_ones(void **state) {
    (void)state;
    CHECK_EQ(inside_each(writes_many, NULL), 0);
}

static int fails_and_keeps(void *arg) {
    (void)arg;
    edo_stream *s, *peer;
    CHECK_EQ(edo_duplex(&s, &peer, 8), 0);
    edo_buf_writer w;
    char buf[4];
    CHECK_EQ(edo_buf_writer_init(&w, s, &(edo_buf_writer_opts){ .buf = buf, .buf_bytes = 4 }), 0);
    edo_stream *out = edo_buf_writer_stream(&w);
    CHECK_EQ(edo_write(out, "abc", 3), 3);
    CHECK_EQ(edo_try_read(peer, buf, 1), -EAGAIN); // nothing went out yet
    edo_close(peer);
    CHECK_EQ(edo_flush(out), -EPIPE);
    CHECK_EQ(edo_write(out, "de", 2), -EPIPE);
    CHECK_EQ(edo_write(out, "f", 1), 1); // there is room for it
    edo_buf_writer_deinit(&w);
    edo_close(s);
    return 0;
}

static void failure_is_returned_by_the_operation_that_meets_it(void **state) {
    (void)state;
    CHECK_EQ(inside(fails_and_keeps, NULL), 0);
}

static void bad_options_are_refused(void **state) {
    (void)state;
    edo_buf_writer w;
    edo_buf_reader r;
    char buf[4];
    edo_stream *s;
    CHECK_EQ(edo_stream_empty(&s), 0);
    CHECK_EQ(edo_buf_writer_init(&w, s, &(edo_buf_writer_opts){ .buf = buf }), -EINVAL);
    CHECK_EQ(edo_buf_writer_init(&w, s, &(edo_buf_writer_opts){ .reserved = { 1 } }), -EINVAL);
    CHECK_EQ(edo_buf_reader_init(&r, s, &(edo_buf_reader_opts){ .reserved = { 1 } }), -EINVAL);
    edo_close(s);
    w = (edo_buf_writer){ 0 };
    r = (edo_buf_reader){ 0 };
    edo_buf_writer_deinit(&w);
    edo_buf_reader_deinit(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_end_at_any_byte),
        cmocka_unit_test(bytes_are_seen_before_they_are_taken),
        cmocka_unit_test(rest_of_a_long_piece_ends_where_the_piece_does),
        cmocka_unit_test(rest_of_a_long_piece_is_dropped_until_a_read_takes_of_it),
        cmocka_unit_test(large_reads_keep_the_order),
        cmocka_unit_test(bulk_has_a_large_buffer_until_it_pauses),
        cmocka_unit_test(small_writes_become_large_ones),
        cmocka_unit_test(failure_is_returned_by_the_operation_that_meets_it),
        cmocka_unit_test(bad_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
