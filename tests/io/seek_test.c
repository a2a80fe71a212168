/* SPDX-License-Identifier: MIT */
/* Goal: a seek moves the place of the next read, also of a stream that has read ahead; streams
 * without places say so.
 * Method: bytes in memory, alone and below a reader, a writer and an inspector. */
#include "io_support.h"

#include <edo/streams.h>

static int seeks_in_memory(void *arg) {
    (void)arg;
    edo_stream *s;
    char buf[8];
    uint64_t at = 0;
    CHECK_EQ(edo_stream_mem(&s, "0123456789", 10), 0);
    CHECK_EQ(edo_seek(s, 4, SEEK_SET, &at), 0);
    CHECK_EQ(at, 4);
    CHECK_EQ(edo_read(s, buf, 2), 2);
    CHECK_EQ(memcmp(buf, "45", 2), 0);
    CHECK_EQ(edo_seek(s, -3, SEEK_CUR, &at), 0);
    CHECK_EQ(at, 3);
    CHECK_EQ(edo_seek(s, -1, SEEK_END, NULL), 0);
    CHECK_EQ(edo_read(s, buf, 8), 1);
    CHECK_EQ(buf[0], '9');
    CHECK_EQ(edo_position(s, &at), 0);
    CHECK_EQ(at, 10);
    CHECK_EQ(edo_seek(s, 1000, SEEK_END, &at), 0); // behind the end
    CHECK_EQ(at, 1010);
    CHECK_EQ(edo_read(s, buf, 8), 0);
    CHECK_EQ(edo_rewind(s), 0);
    CHECK_EQ(edo_read(s, buf, 1), 1);
    CHECK_EQ(buf[0], '0');
    CHECK_EQ(edo_seek(s, -1, SEEK_SET, &at), -EINVAL);
    CHECK_EQ(edo_seek(s, -2, SEEK_CUR, &at), -EINVAL);
    CHECK_EQ(edo_seek(s, INT64_MAX, SEEK_CUR, &at), -EINVAL);
    CHECK_EQ(edo_seek(s, 0, 99, &at), -EINVAL);
    CHECK_EQ(edo_position(s, &at), 0);
    CHECK_EQ(at, 1); // failures moved nothing
    edo_stream *keep = edo_stream_ref(s);
    edo_close(s);
    CHECK_EQ(edo_rewind(keep), -EDO_ECLOSED);
    edo_close(keep);
    return 0;
}

static void place_in_memory_moves(void **state) {
    (void)state;
    CHECK_EQ(inside_each(seeks_in_memory, NULL), 0);
}

static int seeks_below_a_reader(void *arg) {
    (void)arg;
    edo_stream *s, *view;
    edo_buf_reader r;
    edo_buf_writer w;
    char buf[8];
    const char *held;
    uint64_t at = 0;
    CHECK_EQ(edo_stream_mem(&s, "0123456789", 10), 0);
    CHECK_EQ(edo_buf_reader_init(&r, s, NULL), 0);
    CHECK_EQ(edo_buf_writer_init(&w, edo_buf_reader_stream(&r), NULL), 0);
    view = edo_buf_writer_stream(&w);
    CHECK_EQ(edo_fill(&r, &held, 4) >= 4, true);
    edo_consume(&r, 3);
    CHECK_EQ(edo_position(view, &at), 0);
    CHECK_EQ(at, 3); // not where the reader has read ahead to
    CHECK(edo_buf_reader_held(&r) > 0);
    CHECK_EQ(edo_seek(view, 2, SEEK_CUR, &at), 0);
    CHECK_EQ(at, 5);
    CHECK_EQ(edo_buf_reader_held(&r), 0);
    CHECK_EQ(edo_read(view, buf, 1), 1);
    CHECK_EQ(buf[0], '5');
    CHECK_EQ(edo_seek(view, INT64_MIN, SEEK_CUR, &at), -EINVAL);
    CHECK_EQ(edo_read(view, buf, 1), 1);
    CHECK_EQ(buf[0], '6'); // what was held is still there
    CHECK_EQ(edo_seek(view, 0, SEEK_END, NULL), 0);
    CHECK_EQ(edo_fill(&r, &held, 1), 0);
    CHECK_EQ(edo_rewind(view), 0);
    CHECK_EQ(edo_fill(&r, &held, 10), 10); // the end is forgotten
    edo_buf_writer_deinit(&w);
    edo_buf_reader_deinit(&r);
    edo_close(s);
    return 0;
}

static void reader_drops_what_it_holds(void **state) {
    (void)state;
    CHECK_EQ(inside_each(seeks_below_a_reader, NULL), 0);
}

static int refuses_to_seek(void *arg) {
    (void)arg;
    edo_stream *a, *b, *limited;
    edo_buf_writer w;
    CHECK_EQ(edo_duplex(&a, &b, 4), 0);
    CHECK_EQ(edo_rewind(a), -ESPIPE);
    CHECK_EQ(edo_buf_writer_init(&w, a, NULL), 0);
    CHECK_EQ(edo_write(edo_buf_writer_stream(&w), "x", 1), 1);
    CHECK_EQ(edo_rewind(edo_buf_writer_stream(&w)), -ESPIPE);
    char byte;
    CHECK_EQ(edo_read(b, &byte, 1), 1); // passed on before
    edo_buf_writer_deinit(&w);
    CHECK_EQ(edo_stream_take(&limited, a, 4), 0);
    CHECK_EQ(edo_rewind(limited), -ESPIPE);
    edo_close(limited);
    edo_close(b);
    return 0;
}

static void stream_without_places_refuses(void **state) {
    (void)state;
    CHECK_EQ(inside_each(refuses_to_seek, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(place_in_memory_moves),
        cmocka_unit_test(reader_drops_what_it_holds),
        cmocka_unit_test(stream_without_places_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
