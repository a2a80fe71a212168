/* SPDX-License-Identifier: MIT */
/* Goal: a response leaves in as few system calls as it can: a short one in one, as do those to
 * requests that came together; a long body with its head, without a copy.
 * Method: send() and sendmsg() of libc, which EDO_LIBC_CALLS lets streams use, are counted from the
 * handler on; the client sends nothing then. */
#include "http_server.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HEAD "GET / HTTP/1.1\r\nhost: x\r\n\r\n"
#define LAST "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"

/* Before edo reads the environment. */
__attribute__((constructor(101))) static void use_libc(void) {
    (void)setenv("EDO_LIBC_CALLS", "1", 1);
}

static int calls_n;
static size_t first_vecs; /* pieces of the first call */
static ssize_t first_bytes;

static ssize_t count(ssize_t bytes, size_t vecs) {
    if (calls_n++ == 0) {
        first_vecs = vecs;
        first_bytes = bytes;
    }
    return bytes;
}

ssize_t send(int fd, const void *from, size_t n, int flags) {
    return count(syscall(SYS_sendto, fd, from, n, flags, NULL, 0), 1);
}
ssize_t sendmsg(int fd, const struct msghdr *msg, int flags) {
    return count(syscall(SYS_sendmsg, fd, msg, flags), msg->msg_iovlen);
}

/* Responds with as many bytes as `arg` says. */
static int of_length(edo_request *req, edo_response *res, void *arg) {
    static char body[65536];
    (void)req;
    calls_n = 0;
    memset(body, 'b', sizeof body);
    return edo_response_data(res, EDO_STATUS_OK, EDO_STR("a/b"), (edo_str){ body, *(size_t *)arg });
}

/* Returns how many bytes came. */
static size_t hear_all(edo_stream *c) {
    static char text[65536];
    size_t all = 0;
    int n;
    while ((n = edo_read(c, text, sizeof text)) > 0) all += (size_t)n;
    EDO_TEST_OK(n);
    return all;
}

static size_t exchange(const char *requests, size_t body_bytes) {
    served s = { .handler = of_length, .arg = &body_bytes };
    serve_begin(&s);
    edo_stream *c = client_of(&s);
    say(c, requests);
    size_t all = hear_all(c);
    edo_close(c);
    CHECK_EQ(serve_end(&s), 0);
    return all;
}

EDO_TEST(a_short_response_leaves_in_one_write, .paused = false) {
    size_t all = exchange(LAST, 100);
    CHECK_EQ(calls_n, 1);
    CHECK_EQ(first_bytes, all);
}

EDO_TEST(responses_to_requests_that_came_together_leave_in_one_write, .paused = false) {
    size_t one = exchange(LAST, 100), all = exchange(HEAD HEAD HEAD LAST, 100);
    CHECK_EQ(calls_n, 1);
    CHECK_EQ(first_bytes, all);
    CHECK(all > 3 * one);
}

EDO_TEST(a_long_body_leaves_with_its_head_and_is_not_copied, .paused = false) {
    size_t all = exchange(LAST, 65536);
    CHECK_EQ(first_vecs, 2);
    CHECK(first_bytes > 4096 && all > 65536);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_short_response_leaves_in_one_write),
        cmocka_unit_test(responses_to_requests_that_came_together_leave_in_one_write),
        cmocka_unit_test(a_long_body_leaves_with_its_head_and_is_not_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
