/* SPDX-License-Identifier: MIT */
/* Goal: a span and its fields are the bytes that the numbers of opentelemetry/proto say.
 * Method: a span with ids and times of the test, and its bytes by hand. */
#include "otlp/encode/labels.h"
#include "otlp/encode/span.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static char bytes[4096];

/* Writes it, after it was counted: both have to agree. */
static edo_str encoded(edoi_otlp_part_fn *fn, const void *arg) {
    size_t n = edoi_otlp_count(fn, arg);
    edoi_otlp_out out = { .to = bytes };
    assert_true(n <= sizeof bytes);
    fn(&out, arg);
    assert_int_equal(out.n, n);
    return (edo_str){ bytes, n };
}

#define EXPECT(got, text)                                                                          \
    do {                                                                                           \
        static const char wanted[] = text;                                                         \
        assert_int_equal((got).len, sizeof wanted - 1);                                            \
        assert_memory_equal((got).ptr, wanted, sizeof wanted - 1);                                 \
    } while (0)

static void a_span_has_its_fields(void **state) {
    edoi_otlp_told t;
    (void)state;
    assert_int_equal(edo_log_start(&(edo_log_opts){ .ignore_env = true }), 0);
    edo_span *s = edo_span_new(EDO_LEVEL_INFO, "shop", NULL,
                               (EDO_KV("otel.kind", "client"), EDO_KV("otel.name", "ask"),
                                EDO_KV("n", 300), EDO_KV("ok", (bool)false)),
                               "call");
    assert_non_null(s);
    if (!s) return; // for the compiler
    memcpy(s->self.trace, "0123456789abcdef", 16);
    memcpy(s->self.id, "ABCDEFGH", 8);
    s->began = (struct timespec){ .tv_sec = 1, .tv_nsec = 2 };
    assert_true(edoi_span_finish(s, -ENOENT));
    edoi_store_rlx_u64(&s->took_ns, 4); // 3 ns, and 1
    edoi_otlp_tell_span(&t, s);
    edo_str got = encoded(edoi_otlp_put_span, &t);
    EXPECT(got, "\x0a\x10"
                "0123456789abcdef"
                "\x12\x08"
                "ABCDEFGH"
                "\x2a\x03"
                "ask"
                "\x30\x03"
                "\x39\x02\xca\x9a\x3b\x00\x00\x00\x00"
                "\x41\x05\xca\x9a\x3b\x00\x00\x00\x00"
                "\x4a\x08\x0a\x01"
                "n"
                "\x12\x03\x18\xac\x02"
                "\x4a\x08\x0a\x02"
                "ok"
                "\x12\x02\x10\x00"
                "\x4a\x16\x0a\x0a"
                "error.type"
                "\x12\x08\x0a\x06"
                "ENOENT"
                "\x7a\x0a\x12\x06"
                "ENOENT"
                "\x18\x02"
                "\x85\x01\x01\x00\x00\x00");
    edo_span_unref(s);
    edo_log_stop();
}

static void put_them(edoi_otlp_out *out, const void *arg) {
    edoi_otlp_put_labels(out, 7, *(const edo_str *)arg);
}

static void labels_get_the_names_of_the_conventions(void **state) {
    const edo_str labels = EDO_STR("server_port=\"80\",my_own=\"a\\\"\\\\\\n\"");
    (void)state;
    edo_str got = encoded(put_them, &labels);
    EXPECT(got, "\x3a\x11\x0a\x0b"
                "server.port"
                "\x12\x02\x18\x50"
                "\x3a\x10\x0a\x06"
                "my_own"
                "\x12\x06\x0a\x04"
                "a\"\\\n");
}

static void many_fields_are_cut_and_counted(void **state) {
    edoi_otlp_attrs attrs = { .n = 0 };
    char keys[200][16];
    edo_kv kvs[200];
    (void)state;
    for (int i = 0; i < 200; i++) {
        (void)snprintf(keys[i], sizeof keys[i], "k%d", i);
        kvs[i] = edoi_kv_int(keys[i], i);
        edoi_otlp_attrs_add(&attrs, &kvs[i]);
        edoi_otlp_attrs_add(&attrs, &kvs[i / 2]); // again
    }
    assert_int_equal(attrs.n, EDOI_OTLP_ATTRS_MAX);
    assert_true(attrs.dropped >= 200 - EDOI_OTLP_ATTRS_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_span_has_its_fields),
        cmocka_unit_test(labels_get_the_names_of_the_conventions),
        cmocka_unit_test(many_fields_are_cut_and_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
