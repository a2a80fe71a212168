/* SPDX-License-Identifier: MIT */
/* fuzz/http1.c: the messages of a connection; requests or responses by FUZZ_RESPONSES; read
 * strictly, and with lenient bits that follow from the length. Properties: neither the pieces in
 * which the input comes nor the vector instructions make a difference; what is handed out of a head
 * has no control bytes; a rejected head has a status and a reason. */
#include "fuzz.h"

#include "http1_talk.h"

#include <edo/base.h>

#define HOST  "Host: example.com\r\n"
#define CODED "Transfer-Encoding: chunked\r\n"

#if FUZZ_RESPONSES
#    define KIND EDOI_H1_RESPONSE
const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 204 No Content\r\n\r\n"),
    FUZZ_SEED("HTTP/1.1 200 OK\r\n" CODED "\r\n5;a=\"b\\\"\"\r\nhello\r\n0\r\nA: b\r\n\r\n"),
    FUZZ_SEED("HTTP/1.0 301 Moved\r\nConnection: keep-alive\r\n\r\nuntil the end"),
    FUZZ_SEED("\r\nHTTP/1.1 100\r\n\r\nHTTP/1.1 404 \r\nServer: x\r\nX-Own:\t y \r\n\r\n"),
    FUZZ_SEED("HTTP/1.1 101 Switching\r\nUpgrade: ws\r\nConnection: upgrade\r\n\r\nraw"),
};
#else
#    define KIND EDOI_H1_REQUEST
const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("GET /a?b=c#d HTTP/1.1\r\n" HOST
              "Accept: */*\r\nX-Own: \xc3\xbc\r\n\r\nGET / HTTP/1.0\r\n\r\n"),
    FUZZ_SEED("POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nExpect: 100-continue\r\n\r\nhello"),
    FUZZ_SEED("POST / HTTP/1.1\r\n" HOST CODED "\r\n5;a;b=c\r\nhello\r\n00\r\nA: b\r\n\r\n\r\n"),
    FUZZ_SEED("POST / HTTP/1.1\r\n" HOST CODED "Content-Length: 5\r\n\r\n0\r\n\r\n"),
    FUZZ_SEED("CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n\r\nraw"),
    FUZZ_SEED("OPTIONS * HTTP/1.1\r\nhost:a\r\nhost:b\r\n folded\r\n\r\n"),
    FUZZ_SEED("GET http://u@h:1/ HTTP/1.2\r\n" HOST
              "Connection: close, te\r\nTE: trailers\r\n\r\n"),
    FUZZ_SEED("M-SEARCH * HTTP/1.1\r\n" HOST "Upgrade: ws\r\nConnection: upgrade\r\n\r\nraw"),
};
#endif
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

static void begin(talk *t, const edoi_scan *scan, uint32_t lenient) {
    talk_begin(t, KIND);
    t->checks_host = true;
    t->opts.scan = t->head.opts.scan = scan;
    t->opts.lenient = t->head.opts.lenient = lenient;
}

static void check_head(const talk *t) {
    const edo_header *f;
    if (t->err < 0) EDO_TEST_TRUE(t->state == TALK_CHUNKED || (t->refusal >= 400 && t->head.why));
    for (size_t i = 0; (f = edo_headers_at(&t->headers, i)); i++) {
        EDO_TEST_TRUE(edo_header_name_is_valid(f->name));
        EDO_TEST_TRUE(edo_header_value_is_valid(f->value));
        EDO_TEST_EQ(edo_header_id_of(f->name), f->id);
    }
}

static void read_in_all_ways(const char *data, size_t n, uint32_t lenient) {
    const edoi_scan *all[EDOI_SCANS_MAX];
    size_t scans = edoi_scans(all);
    talk whole, pieces;
    begin(&whole, all[scans - 1], lenient);
    talk_feed(&whole, data, n);
    check_head(&whole);
    for (size_t i = 0; i < scans; i++) {
        begin(&pieces, all[i], lenient);
        talk_in_pieces(&pieces, data, n, 1 + (n + i) % 37);
        talk_check_same(&whole, &pieces);
        talk_end(&pieces);
    }
    talk_end(&whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    read_in_all_ways((const char *)data, n, 0);
    read_in_all_ways((const char *)data, n, (uint32_t)n & EDO_HTTP_LENIENT_ALL);
    return 0;
}
