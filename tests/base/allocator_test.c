/* SPDX-License-Identifier: MIT */
/* Goal: edo gets all its memory from the program's own allocator and gives it back there, and a
 * program whose allocator fails at any request gets codes, not crashes.
 * Method: blocks with a stamp in front, counted; a small program on a runtime, in which the k-th
 * request fails, k = 1, 2, …, until one run passes untouched. */
#include <edo/edo.h>
#include <edo/slab.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define STAMP UINT64_C(0x65646f20616c6c6f)

/* In front of each block. */
typedef union front {
    struct {
        uint64_t stamp;
        size_t bytes;
    } is;
    max_align_t align;
} front;

typedef struct counts {
    pthread_mutex_t mutex;
    uint64_t requests, fail_at; /* lock: mutex */
    int64_t blocks;             /* lock: mutex */
} counts;

static counts heap = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static bool may(counts *c, int64_t blocks) {
    pthread_mutex_lock(&c->mutex);
    bool fails = blocks >= 0 && ++c->requests == c->fail_at;
    if (!fails) c->blocks += blocks;
    pthread_mutex_unlock(&c->mutex);
    return !fails;
}

static void *own_alloc(void *arg, size_t bytes) {
    if (!may(arg, 1)) return NULL;
    front *f = malloc(sizeof *f + bytes);
    if (!f) abort();
    f->is.stamp = STAMP;
    f->is.bytes = bytes;
    memset(f + 1, 0xee, bytes);
    return f + 1;
}

static front *front_of(void *ptr) {
    front *f = (front *)ptr - 1;
    if (f->is.stamp != STAMP) abort(); // not from here, or given back before
    return f;
}

static void own_free(void *arg, void *ptr) {
    if (!ptr) abort();
    (void)may(arg, -1);
    front *f = front_of(ptr);
    f->is.stamp = 0;
    free(f);
}

static void *own_realloc(void *arg, void *ptr, size_t bytes) {
    if (!ptr) return own_alloc(arg, bytes);
    if (!may(arg, 0)) return NULL;
    front *f = front_of(ptr);
    front *fresh = realloc(f, sizeof *f + bytes);
    if (!fresh) abort();
    fresh->is.bytes = bytes;
    return fresh + 1;
}

static const edo_allocator own = {
    .alloc = own_alloc, .realloc = own_realloc, .free = own_free, .arg = &heap
};

/* ---- Setting --------------------------------------------------------------------------------- */

static void bad_allocators_are_refused(void **state) {
    (void)state;
    edo_allocator late = own;
    late.reserved[2] = 1;
    assert_int_equal(edo_set_allocator(&late), -EINVAL);
}

/* In a child: here nothing may be asked for yet. */
static void setting_after_the_first_request_is_refused(void **state) {
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        void *shared = edo_rc_new(8, NULL);
        int err = edo_set_allocator(&own);
        edo_rc_unref(shared);
        _exit(err == -EBUSY && heap.requests == 0 ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void an_allocator_is_set_once(void **state) {
    (void)state;
    assert_int_equal(edo_set_allocator(&own), 0);
    assert_int_equal(edo_set_allocator(&own), -EBUSY);
    assert_int_equal(heap.requests, 0);
    void *shared = edo_rc_new(8, NULL);
    assert_int_equal(heap.requests, 1);
    assert_int_equal(heap.blocks, 1);
    edo_rc_unref(shared);
    assert_int_equal(heap.blocks, 0);
}

/* ---- A program ------------------------------------------------------------------------------- */

static int send_some(void *arg) {
    edo_mpsc_tx *tx = arg;
    int err = 0;
    for (int i = 0; i < 40 && err == 0; i++) err = edo_mpsc_send(tx, &i);
    edo_mpsc_tx_unref(tx);
    return err;
}

static int receive_all(void) {
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    int err = edo_mpsc_new(&tx, &rx, sizeof(int), 4, NULL);
    if (err < 0) return err;
    edo_task *sender = edo_spawn(send_some, tx);
    if (!sender) edo_mpsc_tx_unref(tx);
    for (int value; edo_mpsc_recv(rx, &value) == 0;) {
    }
    edo_mpsc_rx_free(rx);
    err = edo_task_join(sender);
    return err < 0 ? edo_fail(err, "receiving") : 0;
}

static int use_slab(void) {
    edo_slab *s;
    int err = edo_slab_new(&s, 100, NULL);
    if (err < 0) return err;
    void *some[20];
    for (size_t i = 0; i < EDO_COUNT(some); i++) some[i] = edo_slab_get(s);
    for (size_t i = 0; i < EDO_COUNT(some); i++) {
        if (!some[i]) err = -ENOMEM;
        edo_slab_put(s, some[i]);
    }
    edo_slab_free(s);
    return err;
}

static int root(void *arg) {
    int *result = arg;
    int received = receive_all(), used = use_slab();
    *result = received < 0 ? received : used;
    edo_trail_clear();
    return 0;
}

/* The result of the program; not 0 either if it could not begin. */
static int run(uint64_t fail_at) {
    int result = -ENOMEM;
    heap.requests = 0;
    heap.fail_at = fail_at;
    int status = edo_main_with(root, &result, &(edo_runtime_opts){ .start_paused = true });
    heap.fail_at = 0;
    return status ? -ENOMEM : result;
}

static void a_program_gives_all_back(void **state) {
    (void)state;
    assert_int_equal(run(0), 0);
    assert_true(heap.requests > 10);
    int64_t kept = heap.blocks;
    for (int i = 0; i < 3; i++) assert_int_equal(run(0), 0);
    assert_true(heap.blocks <= kept);
}

static void fail_each_request(void) {
    for (uint64_t k = 1;; k++) {
        int result = run(k);
        assert_true(result == -ENOMEM || result == 0); // 0: it did without
        if (heap.requests < k) return;
    }
}

static void a_program_survives_each_failing_request(void **state) {
    (void)state;
    fail_each_request();
    int64_t kept = heap.blocks; // free blocks that edo keeps for the next time
    fail_each_request();
    assert_int_equal(heap.blocks, kept);
    assert_int_equal(run(0), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_allocators_are_refused),
        cmocka_unit_test(setting_after_the_first_request_is_refused),
        cmocka_unit_test(an_allocator_is_set_once),
        cmocka_unit_test(a_program_gives_all_back),
        cmocka_unit_test(a_program_survives_each_failing_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
