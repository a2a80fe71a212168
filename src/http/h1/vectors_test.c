/* SPDX-License-Identifier: MIT */
/* Goal: heads and bodies are read as RFC 9112 has it, and however the bytes come.
 * Method: the vectors of tests/http/vectors/http1.tsv, whole, cut in two at every place, and byte
 * by byte; with each set of vector instructions. */
#include "http1_vectors.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static bool is_verdict(const char *want, talk_verdict got) {
    static const char *const names[] = { "accept", "reject", "incomplete" };
    return strcmp(want, "either") == 0 || strcmp(want, names[got]) == 0;
}

static void check_messages(const vector *v, const talk *t) {
    if (t->verdict == TALK_REJECT || v->messages[0] == '-') return;
    if (v->messages[0] != '#') {
        char *want = strdup(v->messages);
        EDO_TEST_TRUE(want);
        size_t n = from_hex(want);
        // The last byte says whether the last message is whole.
        bool is_cut = n > 0 && want[n - 1] == '\x1d';
        if (is_cut) n--;
        bool is_same = n == t->text.len && memcmp(want, t->text.ptr, n) == 0;
        if (!is_same)
            print_error("%s\n%.*s\n%.*s\n", v->id, (int)n, want, (int)t->text.len, t->text.ptr);
        EDO_TEST_TRUE(is_same);
        free(want);
        return;
    }
    char *rest;
    EDO_TEST_EQ(t->messages, strtoul(v->messages + 1, &rest, 10));
    if (rest[1] == '-') return;
    char *body = strdup(rest + 1);
    EDO_TEST_TRUE(body);
    size_t n = from_hex(body);
    const char *begin = memmem(t->text.ptr, t->text.len, "\n\n", 2);
    EDO_TEST_TRUE(begin && memcmp(begin + 2, body, n) == 0 && begin[2 + n] == '\x1e');
    free(body);
}

static void check(const vector *v) {
    talk whole;
    talk_begin(&whole, kind_of(v));
    talk_feed(&whole, v->bytes, v->n);
    if (!is_verdict(v->expect, whole.verdict))
        print_error("%s: not %s: %s\n", v->id, v->expect, whole.head.why ? whole.head.why : "?");
    EDO_TEST_TRUE(is_verdict(v->expect, whole.verdict));
    check_messages(v, &whole);
    for (size_t cut = 0; cut <= v->n; cut++) {
        talk t;
        talk_begin(&t, kind_of(v));
        talk_feed(&t, v->bytes, cut);
        talk_feed(&t, v->bytes + cut, v->n - cut);
        talk_check_same(&whole, &t);
        talk_end(&t);
    }
    const edoi_scan *all[EDOI_SCANS_MAX];
    for (size_t i = edoi_scans(all); i-- > 0;) {
        talk t;
        talk_begin(&t, kind_of(v));
        t.opts.scan = t.head.opts.scan = all[i];
        talk_in_pieces(&t, v->bytes, v->n, i == 0 ? 1 : v->n);
        talk_check_same(&whole, &t);
        talk_end(&t);
    }
    talk_end(&whole);
}

static void check_as_server(const vector *v) {
    if (v->server[0] == '-') return;
    talk t;
    talk_begin(&t, kind_of(v));
    t.checks_host = true;
    talk_feed(&t, v->bytes, v->n);
    // A cut message may be refused for its Host before the rest comes.
    bool is_early = strcmp(v->server, "incomplete") == 0 && t.verdict == TALK_REJECT;
    if (!is_early && !is_verdict(v->server, t.verdict))
        print_error("%s: not %s\n", v->id, v->server);
    EDO_TEST_TRUE(is_early || is_verdict(v->server, t.verdict));
    talk_end(&t);
}

static void vectors_have_their_verdict_and_messages_in_any_pieces(void **state) {
    (void)state;
    each_vector(check);
}

static void requests_have_their_verdict_of_a_server(void **state) {
    (void)state;
    each_vector(check_as_server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_have_their_verdict_and_messages_in_any_pieces),
        cmocka_unit_test(requests_have_their_verdict_of_a_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
