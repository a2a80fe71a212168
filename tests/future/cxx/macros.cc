/* SPDX-License-Identifier: MIT */
/* Every public macro of edo in a C++17 program that runs: initialisers in static storage, durations, spawning,
 * scopes, select and join, errors, the log, tests. Prints the first failed check and ends. */
#define EDO_TARGET "macros"
#include <edo/edo.h>
#include <edo/log.h>
#include <edo/slab.h>

#include <edo/async.h>
#include <edo/test.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            (void)std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond);          \
            std::abort();                                                                          \
        }                                                                                          \
    } while (0)

/* ---- Static storage -------------------------------------------------------------------------- */

static edo_mutex lock = EDO_MUTEX_INIT;
static edo_rwlock pages = EDO_RWLOCK_INIT;
static edo_rwlock two_pages = EDO_RWLOCK_INIT_MAX(2);
static edo_once config = EDO_ONCE_INIT;
static edo_setonce address = EDO_SETONCE_INIT;
static edo_sem slots = EDO_SEM_INIT(2);
static edo_notify bell = EDO_NOTIFY_INIT;
static const edo_duration lengths[] = { EDO_NS(1),      EDO_US(1),    EDO_MS(1), EDO_S(1),
                                        EDO_MINUTES(1), EDO_HOURS(1), EDO_OFF };

enum { EAPP_FULL = EDO_ERROR_USER + 1 };
static const edo_error_code codes[] = { { EAPP_FULL, "EAPP_FULL", "the bucket is full" } };
static edo_error_domain domain = { "app", codes, EDO_COUNT(codes), nullptr };

static void initialisers() {
    const int64_t units[] = { 1, 1000, 1000000, 1000000000, 60000000000, 3600000000000, -1 };
    for (size_t i = 0; i < EDO_COUNT(lengths); i++) CHECK(lengths[i].ns == units[i]);
    CHECK(edo_mutex_try_lock(&lock) == 0);
    edo_mutex_unlock(&lock);
    CHECK(edo_rwlock_try_write(&pages) == 0);
    edo_rwlock_unlock(&pages);
    CHECK(edo_rwlock_try_read(&two_pages) == 0);
    edo_rwlock_unlock(&two_pages);
    CHECK(edo_once_set(&config, &slots) == 0);
    CHECK(edo_once_get(&config) == &slots);
    CHECK(edo_setonce_set(&address, &slots) == 0);
    CHECK(edo_setonce_get(&address) == &slots);
    CHECK(edo_sem_try_acquire(&slots, 2) == 0);
    edo_sem_release(&slots, 2);
    static_assert(EDO_VERSION_MAJOR >= 0 && EDO_VERSION_MINOR >= 0 && EDO_VERSION_PATCH >= 0, "");
}

/* ---- Tasks ----------------------------------------------------------------------------------- */

static int add_one(void *arg) {
    int err = edo_mutex_lock(&lock);
    if (err < 0) return err;
    ++*static_cast<int *>(arg);
    edo_mutex_unlock(&lock);
    return 1;
}

static int value_of(const int *n) {
    CHECK(edo_mutex_lock(&lock) == 0);
    int value = *n;
    edo_mutex_unlock(&lock);
    return value;
}

static void spawning(edo_runtime *rt) {
    int n = 0;
    edo_spawn_opts opts{};
    opts.name = "named";
    edo_scope s;
    edo_scope_opts scope_opts{};
    scope_opts.at_once = 2;
    edo_scope_begin(&s, &scope_opts);
    (void)edo_scope_spawn(&s, add_one, &n);
    (void)edo_scope_spawn_with(&s, add_one, &n, &opts);
    edo_task_unref(edo_scope_spawn_handle(&s, add_one, &n));
    CHECK(edo_scope_end(&s, 0) >= 0);
    CHECK(edo_task_join(edo_spawn(add_one, &n)) == 1);
    CHECK(edo_task_join(edo_spawn_with(add_one, &n, &opts)) == 1);
    CHECK(edo_task_join(edo_spawn_on(rt, add_one, &n)) == 1);
    CHECK(n == 6);
    static int later;
    CHECK(edo_spawn_detached(add_one, &later) == 0);
    CHECK(edo_spawn_detached_with(add_one, &later, &opts) == 0);
    while (value_of(&later) < 2) CHECK(edo_yield() == 0);
    edo_ready_future r;
    CHECK(edo_task_join(edo_spawn_future(edo_ready_init(&r, 4))) == 4);
    CHECK(edo_task_join(edo_spawn_future_with(edo_ready_init(&r, 4), &opts)) == 4);
    CHECK(edo_task_join(edo_spawn_future_on(rt, edo_ready_init(&r, 4))) == 4);
    CHECK(edo_spawn_future_detached(edo_ready_init(&r, 4)) == 0);
    CHECK(edo_spawn_future_detached_with(edo_ready_init(&r, 4), &opts) == 0);
}

/* ---- Several at once ------------------------------------------------------------------------- */

static void several() {
    edo_ready_future a, b;
    edo_pending_future never;
    edo_notify_wait_future wait;
    CHECK(edo_select(edo_pending_init(&never), edo_ready_init(&a, 8)) == 1);
    CHECK(edo_result(&a) == 8);
    edo_notify_one(&bell);
    CHECK(edo_select_with(EDO_SELECT_BIASED, edo_notify_wait_init(&wait, &bell),
                          edo_pending_init(&never)) == 0);
    CHECK(edo_select_with(EDO_SELECT_NOWAIT, edo_pending_init(&never)) == -EAGAIN);
    CHECK(edo_join(edo_ready_init(&a, 1), edo_ready_init(&b, 2)) == 0);
    CHECK(edo_join_with(EDO_JOIN_FAIL_FAST, edo_ready_init(&a, 1), edo_ready_init(&b, -EIO)) ==
          -EIO);
    edo_future *array[] = { edo_ready_init(&a, 1), nullptr, edo_ready_init(&b, 2) };
    CHECK(edo_select_array(array, EDO_COUNT(array), EDO_SELECT_BIASED) == 0);
}

/* ---- Errors, pools, the log ------------------------------------------------------------------ */

struct where {
    int line;
};

static void errors() {
    CHECK(edo_error_domain_register(&domain) == 0);
    where w = { 7 };
    int err = edo_fail_with(-EAPP_FULL, &w, "line %d", w.line);
    err = edo_fail(err, "pouring");
    const edo_trail_entry *entry = edo_trail_find(-EAPP_FULL);
    CHECK(entry && static_cast<const where *>(entry->payload)->line == 7);
    char text[100];
    CHECK(edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LINE) < sizeof text);
    CHECK(std::strcmp(text, "pouring: line 7: the bucket is full (-EAPP_FULL)") == 0);
    CHECK(!EDO_MISUSE(false, "never"));
}

static void pool() {
    edo_slab *s;
    CHECK(edo_slab_new(&s, sizeof(where), nullptr) == 0);
    where *w = static_cast<where *>(edo_slab_get(s));
    CHECK(w && EDO_CONTAINER_OF(&w->line, where, line) == w);
    edo_slab_put(s, w);
    edo_slab_free(s);
}

static void log() {
    CHECK(!edo_log_enabled(EDO_LEVEL_TRACE, "macros"));
    edo_error("%d", 1);
    edo_warn("%d", 1);
    edo_info("%d", 1);
    edo_debug("%d", 1);
    edo_trace("%d", 1);
    edo_error_kv("all kinds", EDO_KV("bool", true), EDO_KV("int", -1), EDO_KV("uint", 1u),
                 EDO_KV("double", 0.5), EDO_KV("text", "x"), EDO_KV_STR("bytes", "xyz", 2));
    edo_warn_kv("x", EDO_KV("pointer", static_cast<const void *>(&lock)));
    edo_info_kv("x", EDO_KV("long", 1L));
    edo_debug_kv("x", EDO_KV("size", sizeof(where)));
    edo_trace_kv("x", EDO_KV("int", 1));
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static edo_test_waker counter = EDO_TEST_WAKER_INIT;
static edo_test_sequencer turns = EDO_TEST_SEQUENCER_INIT;

static void testing() {
    edo_ready_future r;
    edo_pending_future never;
    edo_test_interleave_future every_other;
    edo_test_task t;
    edo_test_task_init(&t, edo_test_interleave_init(&every_other, edo_ready_init(&r, 3)));
    EDO_TEST_PENDING(&t);
    EDO_TEST_EQ(EDO_TEST_READY_OK(&t), 3);
    edo_test_task_init(&t, edo_ready_init(&r, -EIO));
    EDO_TEST_READY(&t, -EIO);
    edo_waker_wake(&counter.base);
    EDO_TEST_EQ(edo_test_waker_woken(&counter), 1);
    EDO_TEST_TRUE(edo_poll_once(edo_pending_init(&never)) == EDO_PENDING);
    EDO_TEST_OK(edo_test_sequencer_wait(&turns, 0));
    edo_test_sequencer_next(&turns);
    edo_instant hour_ago = edo_instant_add(edo_now(), edo_hours(-1));
    EDO_TEST_ELAPSED(hour_ago, edo_instant_since(edo_now(), hour_ago));

    int err = 0;
    EDO_TEST_SUSPENDS(err = edo_yield());
    EDO_TEST_DOES_NOT_SUSPEND(err = edo_test_sequencer_wait(&turns, 0));
    EDO_TEST_EQ(err, -EALREADY);
}

static void a_script() {
    edo_test_script *peer;
    edo_stream *s;
    char text[3] = "";
    EDO_TEST_OK(edo_test_script_new(&peer, &s, "peer"));
    edo_test_script_write(peer, EDO_TEST_TEXT("hello"));
    edo_test_script_wait(peer, edo_ms(1));
    edo_test_script_read(peer, "ab", 2);
    edo_test_script_error(peer, EDO_IO_READ, -ECONNRESET);
    edo_test_script_close(peer);
    EDO_TEST_EQ(edo_write_all(s, "hello", 5), 0);
    EDO_TEST_EQ(edo_read_exact(s, text, 2), 0);
    EDO_TEST_EQ(edo_read(s, text, 1), -ECONNRESET);
    edo_close(s);
}

static int root(void *arg) {
    (void)arg;
    testing();
    a_script();
    spawning(edo_runtime_current());
    several();
    errors();
    pool();
    log();
    return 0;
}

int main() {
    initialisers();
    edo_log_opts log_opts{};
    CHECK(edo_log_start(&log_opts) == 0);
    edo_runtime *rt;
    CHECK(edo_runtime_new(&rt, nullptr) == 0);
    CHECK(edo_run(rt, root, nullptr) == 0);
    edo_runtime_free(rt);
    edo_log_stop();
    (void)std::puts("ok");
    return 0;
}
