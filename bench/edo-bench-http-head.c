/* SPDX-License-Identifier: MIT */
/* Question: what does it cost to read the head of a request?
 * Guards: the parser of src/http/h1 reads each byte twice with vectors, and allocates nothing.
 *     edo-bench-http-head [-n OPERATIONS] [-s SCAN] [browser|wrk|slow]
 *     browser   703 bytes, 9 fields, as a browser sends them
 *     wrk       41 bytes, 1 field, as wrk does
 *     slow      the browser's head, a byte more at each call
 * SCAN is scalar, SSE4.2, AVX2 or NEON; without it the fastest. Under callgrind the instructions
 * between two values of -n are those of the operations. */
#include "http/h1/head.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char browser[] =
    "GET /wp-content/uploads/2010/03/hello-kitty-darth-vader-pink.jpg HTTP/1.1\r\n"
    "Host: www.kittyhell.com\r\n"
    "User-Agent: Mozilla/5.0 (Macintosh; U; Intel Mac OS X 10.6; ja-JP-mac; rv:1.9.2.3) "
    "Gecko/20100401 Firefox/3.6.3 Pathtraq/0.9\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    "Accept-Language: ja,en-us;q=0.7,en;q=0.3\r\n"
    "Accept-Encoding: gzip,deflate\r\n"
    "Accept-Charset: Shift_JIS,utf-8;q=0.7,*;q=0.7\r\n"
    "Keep-Alive: 115\r\n"
    "Connection: keep-alive\r\n"
    "Cookie: wp_ozh_wsa_visits=2; wp_ozh_wsa_visit_lasttime=xxxxxxxxxx; "
    "__utma=xxxxxxxxx.xxxxxxxxxx.xxxxxxxxxx.xxxxxxxxxx.xxxxxxxxxx.x; "
    "__utmz=xxxxxxxxx.xxxxxxxxxx.x.x.utmccn=(referral)|utmcsr=reader.livedoor.com|"
    "utmcct=/reader/|utmcmd=referral\r\n"
    "\r\n";
static const char wrk[] = "GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n";

typedef struct work {
    const char *text;
    size_t n, step; /* bytes; more at each call */
    const edoi_scan *scan;
} work;

/* Reads the head once, and returns how many fields it has. */
static size_t read_head(const work *w, char *buf) {
    edo_headers headers;
    edoi_h1_head head;
    edo_headers_init(&headers);
    edoi_h1_head_init(&head, EDOI_H1_REQUEST, &headers, &(edoi_h1_opts){ .scan = w->scan });
    int got = 0;
    for (size_t n = w->step; got == 0; n += w->step)
        got = edoi_h1_head_parse(&head, buf, n < w->n ? n : w->n);
    if ((size_t)got != w->n) abort();
    size_t fields = edo_headers_count(&headers);
    edo_headers_deinit(&headers);
    return fields;
}

static int64_t now_ns(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static const edoi_scan *scan_of(const char *name) {
    const edoi_scan *all[EDOI_SCANS_MAX];
    for (size_t i = edoi_scans(all); i-- > 0;)
        if (strcmp(all[i]->name, name) == 0) return all[i];
    (void)fprintf(stderr, "this machine has no %s\n", name);
    exit(2);
}

int main(int argc, char **argv) {
    work w = { browser, sizeof browser - 1, sizeof browser, edoi_scan_best() };
    uint64_t n = 1000000, fields = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-n") == 0 && i + 1 < argc) {
            n = strtoull(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "-s") == 0 && i + 1 < argc) {
            w.scan = scan_of(argv[++i]);
        } else if (strcmp(argv[i], "wrk") == 0) {
            w.text = wrk, w.n = w.step = sizeof wrk - 1;
        } else if (strcmp(argv[i], "slow") == 0) {
            w.step = 1;
        }
    }
    static char buf[1024];
    memcpy(buf, w.text, w.n);
    int64_t start = now_ns();
    for (uint64_t i = 0; i < n; i++) fields += read_head(&w, buf);
    double ns = (double)(now_ns() - start);
    (void)printf("%s: %.1f ns a head, %llu fields\n", w.scan->name, n ? ns / (double)n : 0,
                 (unsigned long long)fields);
    return 0;
}
