/* SPDX-License-Identifier: MIT */
/* test/suite/stream_bytes.c: rules about bytes: their order, how they are cut, and what a cancelled
 * operation does to them. */
#include "test/suite/stream_rules.h"

#include <edo/scope.h>
#include <edo/task.h>

#include <errno.h>
#include <string.h>

#define BYTES    20000u
#define PART_MAX 701u /* bytes of one operation */

/* The byte at a place of the pattern: no two neighbouring KiB are equal. */
static char byte_at(size_t at) {
    return (char)(at * 7 + (at >> 10) * 13);
}

/* Sizes that differ from call to call. */
static size_t stream_bytes_next_part(uint32_t *random) {
    *random = *random * 1664525u + 1013904223u;
    return 1 + (*random >> 16) % PART_MAX;
}

typedef struct flow {
    edoi_suite_pair *pair;
    edo_stream *s;
    uint32_t random;
} flow;

static int send_pattern(void *arg) {
    flow *f = arg;
    char part[PART_MAX];
    for (size_t at = 0; at < BYTES;) {
        size_t n = stream_bytes_next_part(&f->random);
        if (n > BYTES - at) n = BYTES - at;
        for (size_t i = 0; i < n; i++) part[i] = byte_at(at + i);
        int put = edo_write(f->s, part, n);
        if (put < 0) return put;
        EDOI_SUITE_EQ(f->pair, put > 0 && (size_t)put <= n, true);
        at += (size_t)put;
    }
    return edo_flush(f->s);
}

static int expect_pattern(void *arg) {
    flow *f = arg;
    char part[PART_MAX];
    for (size_t at = 0; at < BYTES;) {
        size_t n = stream_bytes_next_part(&f->random);
        if (n > BYTES - at) n = BYTES - at;
        int got = edo_read(f->s, part, n);
        if (got < 0) return got;
        EDOI_SUITE_EQ(f->pair, got > 0 && (size_t)got <= n, true);
        for (int i = 0; i < got; i++) EDOI_SUITE_EQ(f->pair, part[i], byte_at(at + (size_t)i));
        at += (size_t)got;
    }
    return 0;
}

void edoi_suite_cut_anyhow(edoi_suite_pair *p) {
    flow out = { p, p->a, 1 }, in = { p, p->b, 2 };
    edo_task *sender = edo_spawn(send_pattern, &out);
    EDOI_SUITE_EQ(p, expect_pattern(&in), 0);
    EDOI_SUITE_EQ(p, edo_task_join(sender), 0);
}

void edoi_suite_both_ways(edoi_suite_pair *p) {
    if (p->opts->one_way) return;
    flow flows[] = { { p, p->a, 3 }, { p, p->b, 4 }, { p, p->a, 5 }, { p, p->b, 6 } };
    edo_task *tasks[EDO_COUNT(flows)];
    for (size_t i = 0; i < EDO_COUNT(flows); i++)
        tasks[i] = edo_spawn(i < 2 ? send_pattern : expect_pattern, &flows[i]);
    for (size_t i = 0; i < EDO_COUNT(flows); i++) EDOI_SUITE_EQ(p, edo_task_join(tasks[i]), 0);
}

typedef struct vectors {
    edo_stream *s;
    struct iovec vecs[EDO_IO_VECS_MAX + 1];
} vectors;

static int send_vectors(void *arg) {
    vectors *v = arg;
    int err = edo_writev_all(v->s, v->vecs, EDO_IO_VECS_MAX);
    int flushed = edo_flush(v->s);
    return err < 0 ? err : flushed;
}

void edoi_suite_vectors(edoi_suite_pair *p) {
    char sent[EDO_IO_VECS_MAX * 3], got[sizeof sent];
    vectors v = { .s = p->a };
    for (size_t i = 0; i < sizeof sent; i++) sent[i] = byte_at(i);
    for (size_t i = 0, at = 0; i < EDO_IO_VECS_MAX; at += i++ % 4) // 0 to 3 bytes each
        v.vecs[i] = (struct iovec){ .iov_base = sent + at, .iov_len = i % 4 };
    int total = EDO_IO_VECS_MAX / 4 * 6;
    edo_task *sender = edo_spawn(send_vectors, &v);
    for (int at = 0; at < total;) {
        size_t left = (size_t)(total - at), first = left < 5 ? left : 5;
        const struct iovec room[] = {
            { NULL, 0 }, { got + at, first }, { NULL, 0 }, { got + at + first, left - first }
        };
        int n = edo_readv(p->b, room, EDO_COUNT(room));
        EDOI_SUITE_EQ(p, n > 0, true);
        at += n;
    }
    EDOI_SUITE_EQ(p, edo_task_join(sender), 0);
    EDOI_SUITE_EQ(p, memcmp(got, sent, (size_t)total), 0);
    EDOI_SUITE_EQ(p, edo_writev(p->a, v.vecs, EDO_IO_VECS_MAX + 1), -EINVAL);
    EDOI_SUITE_EQ(p, edo_readv(p->b, v.vecs, EDO_IO_VECS_MAX + 1), -EINVAL);
    EDOI_SUITE_EQ(p, edo_try_read(p->b, got, 1), -EAGAIN); // nothing is left
}

void edoi_suite_peek(edoi_suite_pair *p) {
    char first = 0, again = 0;
    if (p->opts->no_peek) return;
    for (int i = 0; i < 2; i++) {
        char want = (char)('p' + i);
        EDOI_SUITE_EQ(p, edo_write_all(p->a, &want, 1), 0);
        EDOI_SUITE_EQ(p, edo_flush(p->a), 0);
        EDOI_SUITE_EQ(p, edo_peek(p->b, &first, 1), 1);
        EDOI_SUITE_EQ(p, edo_read(p->b, &again, 1), 1);
        EDOI_SUITE_EQ(p, first, want);
        EDOI_SUITE_EQ(p, again, want);
    }
}

size_t edoi_suite_fill(edoi_suite_pair *p) {
    char part[PART_MAX];
    size_t at = 0;
    for (int pauses = 0; pauses < 3;) {
        for (size_t i = 0; i < sizeof part; i++) part[i] = byte_at(at + i);
        int n = edo_try_write(p->a, part, sizeof part);
        if (n == -EAGAIN) n = edo_try_write(p->a, part, 1); // a buffer may take little
        if (n == -EAGAIN) {
            pauses++;
            EDOI_SUITE_EQ(p, edo_sleep(edo_ms(5)), 0); // bytes on their way make room
            continue;
        }
        EDOI_SUITE_EQ(p, n > 0, true);
        at += (size_t)n;
        pauses = 0;
    }
    return at;
}

static int flushes(void *arg) {
    return edo_flush(arg);
}

/* Reads what edoi_suite_fill() wrote, a part of which may still be in the writer's own buffer. */
static void suite_pair_drain(edoi_suite_pair *p, size_t to) {
    char part[PART_MAX];
    size_t from = 0;
    edo_task *flusher = edo_spawn(flushes, p->a);
    while (from < to) {
        size_t n = sizeof part < to - from ? sizeof part : to - from;
        int got = edo_read(p->b, part, n);
        EDOI_SUITE_EQ(p, got > 0, true);
        for (int i = 0; i < got; i++) EDOI_SUITE_EQ(p, part[i], byte_at(from + (size_t)i));
        from += (size_t)got;
    }
    EDOI_SUITE_EQ(p, edo_task_join(flusher), 0);
}

void edoi_suite_back_pressure(edoi_suite_pair *p) {
    if (p->opts->no_back_pressure) return;
    size_t sent = edoi_suite_fill(p);
    char next = byte_at(sent), got = 0;
    EDO_DEADLINE(d, edo_ms(20));
    EDOI_SUITE_EQ(p, edo_deadline_end(&d, edo_write(p->a, &next, 1)), -ETIMEDOUT);
    suite_pair_drain(p, sent);
    EDOI_SUITE_EQ(p, edo_write(p->a, &next, 1), 1);
    EDOI_SUITE_EQ(p, edo_flush(p->a), 0);
    EDOI_SUITE_EQ(p, edo_read(p->b, &got, 1), 1);
    EDOI_SUITE_EQ(p, got, next);
}

static int send_digits(void *arg) {
    int err = edo_write_all(arg, "123456789", 9);
    return err < 0 ? err : edo_flush(arg);
}

static int stream_bytes_read_one(void *arg) {
    char byte;
    return edo_read(arg, &byte, 1);
}

void edoi_suite_cancelled_read(edoi_suite_pair *p) {
    char got = 0;
    for (int i = 0; i < 2; i++) {
        edo_task *reader = edo_spawn(stream_bytes_read_one, p->b);
        EDOI_SUITE_EQ(p, edo_sleep(edo_ms(2)), 0); // it waits
        edo_task_cancel(reader);
        EDOI_SUITE_EQ(p, edo_task_join(reader), -ECANCELED);
    }
    EDO_DEADLINE(d, edo_ms(2));
    EDOI_SUITE_EQ(p, edo_deadline_end(&d, edo_read(p->b, &got, 1)), -ETIMEDOUT);
    edo_task *sender = edo_spawn(send_digits, p->a);
    for (int i = 1; i <= 9; i++) {
        EDOI_SUITE_EQ(p, edo_read(p->b, &got, 1), 1);
        EDOI_SUITE_EQ(p, got, '0' + i);
    }
    EDOI_SUITE_EQ(p, edo_task_join(sender), 0);
}

static int write_many(void *arg) {
    static const char many[PART_MAX] = { 0 };
    return edo_write(arg, many, sizeof many);
}

void edoi_suite_cancelled_write(edoi_suite_pair *p) {
    if (p->opts->no_back_pressure) return;
    size_t sent = edoi_suite_fill(p);
    edo_task *writer = edo_spawn(write_many, p->a);
    EDOI_SUITE_EQ(p, edo_sleep(edo_ms(2)), 0); // it waits
    edo_task_cancel(writer);
    EDOI_SUITE_EQ(p, edo_task_join(writer), -ECANCELED);
    suite_pair_drain(p, sent);
    char got = 0;
    EDOI_SUITE_EQ(p, edo_write_all(p->a, "w", 1), 0);
    EDOI_SUITE_EQ(p, edo_flush(p->a), 0);
    EDOI_SUITE_EQ(p, edo_read(p->b, &got, 1), 1);
    EDOI_SUITE_EQ(p, got, 'w');
}
