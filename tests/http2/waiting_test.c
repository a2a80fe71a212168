/* SPDX-License-Identifier: MIT */
/* Goal: a request that waits for its handler holds little: not many more bytes than its fields
 * have, with few fields and with many, and nghttp2's objects among them.
 * Method: an allocator counts what 100 requests of a connection hold, as malloc() rounds it; over
 * memory, by a client that takes its memory from elsewhere. Stacks of fibers are no such memory. */
#include "h2_peer.h"

#include <edo/http2.h>

#include <malloc.h>
#include <stdlib.h>

#define STREAMS_N  100
#define FIELDS_N   90
#define FIELD_ROOM 44 /* bytes of a field beside its text */

/* Bytes that a request with one field, Host, holds: 1,200 beside that field. */
#ifdef EDO_DEBUG
#    define WAITS_MAX (1200 + FIELD_ROOM + 128) /* records of debug builds */
#else
#    define WAITS_MAX (1200 + FIELD_ROOM)
#endif

/* ---- An allocator that counts ---------------------------------------------------------------- */

static long held; /* bytes, with the word in front of each block */

static void *counted(void *memory) {
    if (memory) held += (long)(malloc_usable_size(memory) + sizeof(size_t));
    return memory;
}

static void uncount(void *memory) {
    if (memory) held -= (long)(malloc_usable_size(memory) + sizeof(size_t));
}

static void *alloc(void *arg, size_t n) {
    (void)arg;
    return counted(malloc(n));
}

static void *regrow(void *arg, void *old, size_t n) {
    (void)arg;
    uncount(old);
    void *memory = realloc(old, n);
    (void)counted(memory ? memory : old);
    return memory;
}

static void release(void *arg, void *memory) {
    (void)arg;
    uncount(memory);
    free(memory);
}

/* ---- Requests that wait ---------------------------------------------------------------------- */

static h2_peer peer;
static edo_sem gate;
static int waiting;

static int waits(edo_request *req, edo_response *res, void *arg) {
    (void)req, (void)arg;
    waiting++;
    int err = edo_sem_acquire(&gate, 1);
    waiting--;
    return err < 0 ? err : edo_response_text(res, EDO_STATUS_OK, EDO_STR("Hello, World!"));
}

/* Lets that many wait on a new connection of a new server. Returns how much each of them holds. */
static int held_by_each(void *fields) {
    served s = { .handler = waits };
    h2_answer *a[STREAMS_N];
    edo_sem_init(&gate, 0);
    serve_begin(&s);
    h2_begin(&peer, client_of(&s), NULL, 0);
    edo_sem_release(&gate, 1);
    h2_await(&peer, h2_ask(&peer, "GET", "/", NULL)); // what stays for good is there
    long before = held;
    for (int i = 0; i < STREAMS_N; i++) a[i] = h2_ask(&peer, "GET", "/", fields);
    h2_send(&peer);
    WAIT_FOR_EQ(waiting, STREAMS_N);
    long each = (held - before) / STREAMS_N;
    edo_sem_release(&gate, STREAMS_N);
    for (int i = 0; i < STREAMS_N; i++) h2_await(&peer, a[i]);
    h2_end(&peer);
    int err = serve_end(&s);
    return err < 0 ? err : (int)each;
}

static void a_request_that_waits_holds_little(void **state) {
    (void)state;
    char fields[FIELDS_N * 40] = "";
    size_t n = 0;
    for (int i = 0; i < FIELDS_N; i++)
        n += (size_t)snprintf(fields + n, sizeof fields - n, "x-field-%d: a value of some length\n",
                              i);
    int few = inside(held_by_each, NULL), many = inside(held_by_each, fields);
    print_message("%d bytes with Host alone, %d with %d fields more\n", few, many, FIELDS_N);
    assert_in_range(few, 1, WAITS_MAX);
    assert_in_range(many, few, few + (int)n + FIELDS_N * FIELD_ROOM);
}

int main(void) {
    static const edo_allocator counting = { .alloc = alloc, .realloc = regrow, .free = release };
    EDO_TEST_OK(edo_set_allocator(&counting));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_that_waits_holds_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
