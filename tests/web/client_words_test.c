/* SPDX-License-Identifier: MIT */
/* Goal: a call says in plain words what is wrong with its URL, and which limit of time has cut a
 * body short, after how many bytes.
 * Method: rows of URLs; a server in memory on the paused clock. */
#include "memory_site.h"

static const char *said(int err) {
    static char text[400];
    (void)edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LINE);
    edo_trail_clear();
    return text;
}

EDO_TEST(a_url_that_is_none_is_told_in_plain_words, .paused = false) {
    static const struct {
        const char *url, *words;
    } rows[] = {
        { "http://b\xc3\xbc"
          "cher.example/",
          "the host of the URL has letters beyond ASCII" },
        { "http://user@\xc3\xbc.example", "\"xn--...\"" },
        { "http://x/\xc3\xbc", "byte 10 of the URL is beyond ASCII: write %C3" },
        { "http://x?q=\xc3\xbc", "beyond ASCII: write %C3" },
        { "http://x/a b", "byte 11 of the URL is blank or invisible: write it as %20" },
        { "http://x/a\nb", "write it as %0A" },
        { "http://x/%zz", "it is no URL" },
        { "\xc3\xbc", "byte 1 of the URL is beyond ASCII" },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_http_response *res;
        int err = edo_fetch(&res, edo_str_of(rows[i].url), NULL);
        CHECK_EQ(err, -EINVAL);
        const char *text = said(err);
        if (!strstr(text, rows[i].words)) edo_test_fail("%s: %s", rows[i].url, text);
    }
}

/* A half of the body, and no more within any limit; or a byte each second. */
static int half(memory_site *s, edo_stream *io) {
    bool drips = strstr(s->head, "/drips");
    int err = site_say(io, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    while (err >= 0) {
        err = edo_sleep(edo_s(drips ? 1 : 10));
        if (err == 0) err = site_say(io, ".");
    }
    return err;
}

EDO_TEST(a_limit_within_a_body_is_told, .paused = true) {
    static const struct {
        const char *url;
        edo_duration timeout, read_timeout;
        const char *words;
    } rows[] = {
        { "http://site/", EDO_S(5), EDO_OFF, "the time of the whole call was over after 4 bytes" },
        { "http://site/drips", EDO_MS(5500), EDO_OFF, "the whole call was over after 9 bytes" },
        { "http://site/", EDO_OFF, EDO_S(5), "within the limit of a read, after 4 bytes" },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        memory_site s = { .respond = half };
        edo_bytes body;
        edo_http_client *c = site_client(&s, NULL);
        int err = edo_fetch_bytes(&body, edo_str_of(rows[i].url),
                                  &(edo_fetch_opts){ .client = c,
                                                     .attempts = 1,
                                                     .timeout = rows[i].timeout,
                                                     .read_timeout = rows[i].read_timeout });
        CHECK_EQ(err, -ETIMEDOUT);
        const char *text = said(err);
        if (!strstr(text, rows[i].words)) edo_test_fail("said: %s", text);
        edo_http_client_unref(c);
        WAIT_FOR_EQ(s.open_n, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_that_is_none_is_told_in_plain_words),
        cmocka_unit_test(a_limit_within_a_body_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
