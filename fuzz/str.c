/* SPDX-License-Identifier: MIT */
/* fuzz/str.c: texts. The first byte is the mark at which the rest is cut, the second how long a
 * text of its beginning is, at which it is cut, too. Properties: each function finds what a reader
 * finds that looks at one byte after the other; pieces and marks are the text again; what is a
 * number is one for strtoll(), and the same. */
#include "fuzz.h"

#include <edo/str.h>
#include <edo/test.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED(",\1a,b,,c"),
    FUZZ_SEED("\n\2\r\nhost: example.org \r\n\r\n"),
    FUZZ_SEED("=\0-9223372036854775808"),
    FUZZ_SEED("=\0"
              "18446744073709551616"),
    FUZZ_SEED(" \3aab"
              "aaaabaab\t a\v\f b "),
    FUZZ_SEED("K\1kKeep-Alive[@`{"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\v' || c == '\f' || c == '\r';
}

/* The first place of `mark`; SIZE_MAX: there is none. */
static size_t naive_find(edo_str s, edo_str mark) {
    for (size_t i = 0; mark.len > 0 && i + mark.len <= s.len; i++) {
        size_t n = 0;
        while (n < mark.len && s.ptr[i + n] == mark.ptr[n]) n++;
        if (n == mark.len) return i;
    }
    return SIZE_MAX;
}

static void check_cut(edo_str s, edo_str first, edo_str rest, edo_str mark) {
    size_t at = naive_find(s, mark);
    EDO_TEST_TRUE(first.ptr == s.ptr);
    EDO_TEST_EQ(first.len, at == SIZE_MAX ? s.len : at);
    EDO_TEST_TRUE(at == SIZE_MAX
                      ? !rest.ptr && rest.len == 0
                      : rest.ptr == s.ptr + at + mark.len && rest.len == s.len - at - mark.len);
}

static void check_cuts(edo_str s, edo_str mark, edo_str text) {
    edo_str rest = s, first = edo_str_cut(&rest, mark.ptr[0]);
    check_cut(s, first, rest, mark);
    rest = s;
    first = edo_str_cut_at(&rest, text);
    check_cut(s, first, rest, text);
    size_t bytes = 0, pieces = 0, marks = 0;
    for (size_t i = 0; i < s.len; i++) marks += s.ptr[i] == mark.ptr[0];
    rest = s;
    for (edo_str piece; edo_str_split(&piece, &rest, mark.ptr[0]); pieces++) {
        EDO_TEST_TRUE(piece.ptr == s.ptr + bytes + pieces);
        bytes += piece.len;
    }
    EDO_TEST_EQ(pieces, marks + 1);
    EDO_TEST_EQ(bytes + marks, s.len);
}

static void check_words(edo_str s) {
    size_t i = 0;
    for (edo_str rest = s, word; (word = edo_str_word(&rest)).len > 0;) {
        while (i < s.len && is_blank(s.ptr[i])) i++;
        EDO_TEST_TRUE(word.ptr == s.ptr + i);
        while (i < s.len && !is_blank(s.ptr[i])) i++;
        EDO_TEST_TRUE(word.ptr + word.len == s.ptr + i);
    }
    while (i < s.len && is_blank(s.ptr[i])) i++;
    EDO_TEST_EQ(i, s.len);
    edo_str trimmed = edo_str_trim(s);
    size_t begin = 0, end = s.len;
    while (begin < end && is_blank(s.ptr[begin])) begin++;
    while (end > begin && is_blank(s.ptr[end - 1])) end--;
    EDO_TEST_EQ(trimmed.len, end - begin);
    EDO_TEST_TRUE(trimmed.ptr == s.ptr + begin || trimmed.len == 0);
}

static void check_ends(edo_str s, edo_str text) {
    edo_str rest = s;
    bool begins = naive_find(s, text) == 0 || text.len == 0, ends = s.len >= text.len;
    for (size_t i = 0; ends && i < text.len; i++) ends = s.ptr[s.len - text.len + i] == text.ptr[i];
    EDO_TEST_EQ(edo_str_begins(s, text), begins);
    EDO_TEST_EQ(edo_str_ends(s, text), ends);
    EDO_TEST_EQ(edo_str_skip(&rest, text), begins);
    EDO_TEST_EQ(rest.len, s.len - (begins ? text.len : 0));
}

static void check_letters(edo_str s, edo_str text) {
    char *lower = malloc(s.len + 1);
    if (!lower) return;
    edo_str made = edo_str_lower(lower, s);
    EDO_TEST_EQ(made.len, s.len);
    bool is_same = true;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c >= 'A' && c <= 'Z') c = (char)(c - 'A' + 'a');
        EDO_TEST_TRUE(lower[i] == c);
        is_same = is_same && c == s.ptr[i];
    }
    EDO_TEST_TRUE(edo_str_equal_nocase(made, s));
    EDO_TEST_EQ(edo_str_equal(made, s), is_same);
    int order = edo_str_compare(s, text);
    EDO_TEST_EQ(order == 0, edo_str_equal(s, text));
    EDO_TEST_EQ(order<0, edo_str_compare(text, s)> 0);
    free(lower);
}

/* What is read is printed as the text, but for zeros in front. */
static void check_numbers(edo_str s) {
    int64_t i = 0;
    uint64_t u = 0;
    char text[32], *end;
    int err = edo_str_int(&i, s), err_uint = edo_str_uint(&u, s);
    bool has_digits = s.len > 0 && s.ptr[s.len - 1] != '-';
    for (size_t k = 0; k < s.len; k++)
        has_digits =
            has_digits && ((s.ptr[k] >= '0' && s.ptr[k] <= '9') || (k == 0 && *s.ptr == '-'));
    EDO_TEST_EQ(err == -EINVAL, !has_digits);
    EDO_TEST_EQ(err_uint == -EINVAL, !has_digits || *s.ptr == '-');
    if (!has_digits || s.len >= sizeof text) return;
    memcpy(text, s.ptr, s.len);
    text[s.len] = '\0';
    errno = 0;
    long long wanted = strtoll(text, &end, 10);
    EDO_TEST_EQ(err, errno == ERANGE ? -ERANGE : 0);
    if (err == 0) EDO_TEST_TRUE(i == wanted);
    errno = 0;
    unsigned long long wanted_uint = strtoull(text, &end, 10);
    if (*text == '-') return;
    EDO_TEST_EQ(err_uint, errno == ERANGE ? -ERANGE : 0);
    if (err_uint == 0) EDO_TEST_TRUE(u == wanted_uint);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    if (n < 2) return 0;
    const char *bytes = (const char *)data;
    size_t text_n = data[1] % 8u < n - 2 ? data[1] % 8u : n - 2;
    const edo_str mark = { bytes, 1 }, text = { bytes + 2, text_n };
    const edo_str s = { bytes + 2 + text_n, n - 2 - text_n };
    check_cuts(s, mark, text);
    check_words(s);
    check_ends(s, text);
    check_letters(s, text);
    check_numbers(s);
    return 0;
}
