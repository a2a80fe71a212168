/* SPDX-License-Identifier: MIT */
/* attacks/visits.c: the well-behaved clients. */
#include "attacks/attack.h"

/* ---- Well-behaved clients -------------------------------------------------------------------- */

static void must_send(int fd, const void *bytes, size_t n) {
    if (send(fd, bytes, n, MSG_NOSIGNAL) != (ssize_t)n) fail("well-behaved client: send");
}

static void must_recv(int fd, void *into, size_t n) {
    ssize_t got = recv(fd, into, n, MSG_WAITALL);
    if (got >= 0 && (size_t)got < n) errno = ECONNRESET;
    if (got != (ssize_t)n) fail("well-behaved client: recv");
}

/* Reads the head of a response, and nothing behind it; `text` gets it. */
static void must_recv_head(int fd, char text[TEXT_BYTES]) {
    const char *end = NULL;
    size_t n = 0;
    while (!end) {
        // one byte more than there was, and what has come with it
        ssize_t got = recv(fd, text, n + 1, MSG_PEEK | MSG_WAITALL);
        if (got == (ssize_t)n + 1) got = recv(fd, text, TEXT_BYTES - 1, MSG_PEEK);
        if (got >= 0 && (size_t)got <= n) errno = ECONNRESET;
        if (got < 0 || (size_t)got <= n) fail("well-behaved client: head");
        n = (size_t)got;
        text[n] = '\0';
        end = strstr(text, "\r\n\r\n");
    }
    n = (size_t)(end + 4 - text);
    must_recv(fd, text, n);
    text[n] = '\0';
}

/* Receives messages until one contains the text. */
static void must_hear(int fd, const char *wanted) {
    static _Thread_local char text[1 << 20];
    for (;;) {
        unsigned char head[8];
        must_recv(fd, head, 2);
        size_t n = head[1] & 0x7f, more = n == 126 ? 2 : n == 127 ? 8 : 0;
        bool is_close = (head[0] & 0x0f) == 8;
        if (more > 0) {
            must_recv(fd, head, more);
            n = 0;
            for (size_t i = 0; i < more; i++) n = n << 8 | head[i];
        }
        if (n >= sizeof text) fail("well-behaved client: a long message");
        must_recv(fd, text, n);
        text[n] = '\0';
        if (is_close) fail("well-behaved client: it was closed");
        if (strstr(text, wanted)) return;
    }
}

static void must_say(int fd, const char *text) {
    char frame[512];
    must_send(fd, frame, print_frame(frame, 0x81, text, strlen(text)));
}

static int opens_socket(const char *first) {
    char head[TEXT_BYTES];
    int fd = plain_client(&server_at);
    must_send(fd, to->handshakes[0], strlen(to->handshakes[0]));
    must_recv_head(fd, head);
    if (strncmp(head, "HTTP/1.1 101 ", 13) != 0) {
        (void)fputs(head, stderr);
        errno = EPROTO;
        fail("well-behaved client: handshake");
    }
    if (*first) {
        must_say(fd, first);
        must_hear(fd, "\"welcome\"");
    }
    return fd;
}

static void says(int fd) {
    static atomic_long number;
    char text[128], wanted[32];
    long n = atomic_fetch_add(&number, 1);
    (void)snprintf(wanted, sizeof wanted, "number %ld.", n);
    (void)snprintf(text, sizeof text, "%s%s%s", to->say_begin, wanted, to->say_end);
    must_say(fd, text);
    must_hear(fd, wanted);
}

/* A request, whose response must be 200. */
static void must_exchange(int fd, const char *request, size_t request_n) {
    char head[TEXT_BYTES], body[256];
    must_send(fd, request, request_n);
    must_recv_head(fd, head);
    const char *length = strstr(head, "content-length: ");
    size_t n = length ? strtoul(length + strlen("content-length: "), NULL, 10) : 0;
    if (strncmp(head, "HTTP/1.1 200 ", 13) != 0 || n > sizeof body) {
        errno = EPROTO;
        fail("well-behaved client: response");
    }
    must_recv(fd, body, n);
}

/* {"number":7,"name":"packed"} */
#define PACKED                                                                                     \
    "\037\213\010\000\000\000\000\000\002\003\253\126\312\053\315\115"                             \
    "\112\055\122\262\062\327\121\312\113\314\115\125\262\122\052\110"                             \
    "\114\316\116\115\121\252\005\000\011\276\323\017\034\000\000\000"

/* A compressed body, which takes a decoder. */
static void uploads(int fd) {
    static const char packed[] = PACKED;
    char text[TEXT_BYTES];
    int n = snprintf(text, sizeof text, "%sContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n",
                     to->post, sizeof packed - 1);
    memcpy(text + n, packed, sizeof packed - 1);
    must_exchange(fd, text, (size_t)n + sizeof packed - 1);
}

static int steady_http; /* the thread's of the steady visitor */

static int steady_opens(void) {
    steady_http = plain_client(&server_at);
    return opens_socket(to->steady);
}

static void steady_visits(int fd) {
    static unsigned turn;
    unsigned kind = turn++ % 4;
    if (kind % 2 == 0) {
        says(fd);
    } else if (kind == 3 && to->is_service) {
        uploads(steady_http);
    } else {
        must_exchange(steady_http, to->get, strlen(to->get));
    }
}

static void newcomer_visits(int none) {
    (void)none;
    int fd = opens_socket(to->newcomer);
    says(fd);
    (void)close(fd);
}

visitor steady = { .open = steady_opens, .visit = steady_visits, .pause_ms = 1 };
visitor newcomer = { .visit = newcomer_visits, .pause_ms = 20 };

void start_visits(void) {
    visitor_start(&steady);
    visitor_start(&newcomer);
}

void stop_visits(void) {
    visitor_stop(&steady);
    visitor_stop(&newcomer);
    (void)close(steady_http);
}

noticed measure(int seconds) {
    start_visits();
    (void)edo_sleep(edo_s(seconds));
    stop_visits();
    return (noticed){ visitor_times(&steady), visitor_times(&newcomer) };
}
