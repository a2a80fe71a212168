/* SPDX-License-Identifier: MIT */
/* Goal: wherever memory is lacking, a handshake or an exchange ends with an error that says so, or
 * goes well; it neither crashes, hangs nor leaks, and lets nobody in who would have been refused.
 * Method: each request for memory of edo, of libedo-tls and of OpenSSL fails once: the first, the
 * second, and so on until none is left to fail, in a process that a crash may end. Where OpenSSL
 * itself fails badly the test prints the stack of that request, and bears it in two cases of a
 * hundred, but no crash. */
#include "tls_support.h"

#include <edo/base.h>

#include <execinfo.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef EDOI_ASAN
#    define STEPS 41 /* a process costs much there */
#else
#    define STEPS 1
#endif
#define BAD_PERCENT 2
#define FRAMES      24

/* What a process has to tell, in memory that all share. */
typedef struct account {
    long n; /* the request that fails */
    atomic_bool has_failed;
    bool is_over;
    long left_n;    /* blocks that were not freed */
    char what[512]; /* that is bad */
    void *stack[FRAMES];
    int frames;
} account;

static account *shared;
static atomic_long planned; /* of `fail_in`, until memory may be lacking */
static atomic_long fail_in; /* requests until the one that fails; 0: none does */
static atomic_long live_n;  /* blocks that were not freed */

static bool fails_here(void) {
    if (atomic_load(&fail_in) == 0 || atomic_fetch_sub(&fail_in, 1) > 1) return false;
    atomic_store(&shared->has_failed, true);
    shared->frames = backtrace(shared->stack, FRAMES);
    return true;
}

/* ---- Allocators ------------------------------------------------------------------------------ */

static void *any_new(size_t n) {
    void *made = fails_here() ? NULL : malloc(n);
    if (made) live_n++;
    return made;
}

static void *any_resize(void *old, size_t n) {
    if (fails_here()) return NULL;
    void *made = realloc(old, n);
    if (made && !old) live_n++;
    return made;
}

static void any_free(void *memory) {
    if (memory) live_n--;
    free(memory);
}

static void *ssl_new(size_t n, const char *file, int line) {
    (void)file;
    (void)line;
    return any_new(n);
}

static void *ssl_resize(void *old, size_t n, const char *file, int line) {
    (void)file;
    (void)line;
    return any_resize(old, n);
}

static void ssl_free(void *memory, const char *file, int line) {
    (void)file;
    (void)line;
    any_free(memory);
}

static void *edo_new(void *arg, size_t n) {
    (void)arg;
    return any_new(n);
}

static void *edo_resize(void *arg, void *old, size_t n) {
    (void)arg;
    return any_resize(old, n);
}

static void edo_give_back(void *arg, void *memory) {
    (void)arg;
    any_free(memory);
}

static void install(void) {
    static const edo_allocator ours = { .alloc = edo_new,
                                        .realloc = edo_resize,
                                        .free = edo_give_back };
    CHECK_EQ(CRYPTO_set_mem_functions(ssl_new, ssl_resize, ssl_free), 1);
    CHECK_EQ(edo_set_allocator(&ours), 0);
    CHECK_EQ(OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CRYPTO_STRINGS, NULL), 1);
    CHECK_EQ(OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, NULL), 1);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(shared != MAP_FAILED);
    void *frame[1];
    (void)backtrace(frame, 1); // it loads a library
}

/* ---- A process for each request -------------------------------------------------------------- */

typedef struct job {
    const char *name;
    void (*run)(void);
    long step; /* from one request that fails to the next */
} job;

static void note(const char *what, int err) {
    if (shared->what[0] == '\0')
        (void)snprintf(shared->what, sizeof shared->what, "%s: %d", what, err);
}

static void run_once(const job *j, long n) {
    OPENSSL_thread_stop();
    long before = live_n;
    planned = n;
    j->run();
    planned = 0;
    fail_in = 0;
    edo_trail_clear();
    OPENSSL_thread_stop(); // what failures leave behind
    shared->left_n = live_n - before;
}

/* Where blocks are left the request fails once more: a way that was gone for the first time may
 * make what stays, and only that is no leak. `left_n` of them are left where all memory is there:
 * OpenSSL begins something anew after a fork. */
static void run_and_count(const job *j, long n, long left_n) {
    memset(shared, 0, sizeof *shared);
    shared->n = n;
    (void)alarm(120);
    run_once(j, n);
    if (shared->left_n > left_n) run_once(j, n);
    if (shared->left_n > left_n) note("blocks that were not freed", (int)(shared->left_n - left_n));
    shared->is_over = true;
}

/* cmocka would go on with the tests after a crash, in the child, too. */
static void crash_for_good(void) {
    static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
    const struct sigaction by_default = { .sa_handler = SIG_DFL };
    for (size_t i = 0; i < EDO_COUNT(signals); i++)
        CHECK_EQ(sigaction(signals[i], &by_default, NULL), 0);
}

/* Fails the request `n` and those behind it in a process of its own, up to one at which something
 * is bad, or to the last. */
static void run_apart(const job *j, long n, long left_n) {
    (void)fflush(NULL);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        crash_for_good();
        do {
            run_and_count(j, n, left_n);
            n += j->step * STEPS;
        } while (shared->has_failed && shared->what[0] == '\0');
        _exit(0);
    }
    int status = 0;
    CHECK_EQ(waitpid(child, &status, 0), child);
    if (!shared->is_over) note("a signal ended it", WIFSIGNALED(status) ? WTERMSIG(status) : -1);
}

static void show(const job *j) {
    (void)fprintf(stderr, "%s, request %ld: %s\n", j->name, shared->n, shared->what);
    backtrace_symbols_fd(shared->stack, shared->frames, STDERR_FILENO);
}

static void fail_each(const job *j) {
    long n = 0, bad = 0, crashes = 0, step = j->step * STEPS;
    for (int i = 0; i < 2; i++) run_once(j, 0); // what is made once and stays
    run_apart(j, 0, LONG_MAX);
    CHECK(shared->what[0] == '\0' && !shared->has_failed);
    long left_n = shared->left_n;
    do {
        run_apart(j, n + step, left_n);
        n = shared->n;
        if (shared->what[0] == '\0') continue;
        bad++;
        crashes += !shared->is_over;
        show(j);
    } while (shared->has_failed || !shared->is_over);
    print_message("%s: %ld requests, %ld tried, %ld bad\n", j->name, n, n / step, bad);
    assert_int_equal(crashes, 0);
    assert_true(bad * 100 <= n / step * BAD_PERCENT);
}

/* ---- Configurations -------------------------------------------------------------------------- */

static authority ca, stranger;
static pair_texts leaf, robot;
static folder files;
static const char *roots, *robot_file, *robot_key;

static const edo_tls_server_opts *server_opts(void) {
    static edo_tls_server_opts opts;
    opts = (edo_tls_server_opts){ .pairs = &leaf.pair,
                                  .pairs_n = 1,
                                  .alpn = "a,b",
                                  .clients = EDO_TLS_CLIENTS_REQUIRED,
                                  .client_roots = roots };
    return &opts;
}

static int agrees(void *arg, const edo_tls_peer *peer, const char *host) {
    (void)arg;
    (void)peer;
    (void)host;
    return 0;
}

static const edo_tls_client_opts *client_opts(const authority *trusted) {
    static edo_tls_client_opts opts;
    opts = (edo_tls_client_opts){ .roots_pem = edo_str_of(trusted->pem),
                                  .cert = robot_file,
                                  .key = robot_key,
                                  .verify = agrees,
                                  .alpn = "b" };
    return &opts;
}

static void is_memory(const char *what, int err, bool may_be_odd) {
    bool is = err == -ENOMEM || err == -EDO_ETLS || (may_be_odd && err == -EDO_ECERT);
    if (err < 0 && !is) note(what, err);
    if (err < 0 && !shared->has_failed) note(what, err);
}

static void makes_server(void) {
    edo_tls_server *server = NULL;
    fail_in = planned;
    int err = edo_tls_server_new(&server, server_opts());
    is_memory("a server", err, true);
    if (err == 0) is_memory("a reload", edo_tls_server_reload(server), true);
    edo_tls_server_unref(server);
}

static void makes_client(void) {
    edo_tls_client *client = NULL;
    fail_in = planned;
    is_memory("a client", edo_tls_client_new(&client, client_opts(&ca)), true);
    edo_tls_client_unref(client);
}

static void lacking_memory_of_a_configuration_is_told(void **state) {
    (void)state;
    fail_each(&(job){ "a server", makes_server, 7 });
    fail_each(&(job){ "a client", makes_client, 7 });
}

/* ---- Connections ----------------------------------------------------------------------------- */

static ends made; /* before memory is lacking */

/* The other end goes away when one has no memory. */
static bool is_told(int err) {
    return err == 0 || err == -ENOMEM || err == -EDO_ETLS || err == -EDO_ETRUNCATED ||
           err == -EPIPE || err == -EDO_ECERT;
}

static void check_all(int client_shaken, int server_shaken, int client_err, int server_err) {
    const int all[] = { client_shaken, server_shaken, client_err, server_err };
    bool is_one = false, has_failed = false;
    for (size_t i = 0; i < EDO_COUNT(all); i++) {
        if (!is_told(all[i])) note("a connection", all[i]);
        if (all[i] < 0) has_failed = true;
        if (all[i] == -ENOMEM || all[i] == -EDO_ETLS) is_one = true;
    }
    if (has_failed && !(is_one && shared->has_failed))
        (void)snprintf(shared->what, sizeof shared->what, "a connection: %d %d, %d %d",
                       client_shaken, server_shaken, client_err, server_err);
}

typedef struct far_end {
    edo_stream *below;
    int shaken, err;
} far_end;

static int sends_back(void *arg) {
    far_end *f = arg;
    edo_stream *s;
    edo_tls_peer peer;
    char buf[8];
    f->shaken = f->err = edo_tls_accept(&s, f->below, made.server);
    if (f->err < 0) return 0;
    f->err = edo_tls_get_peer(s, &peer);
    int n = f->err < 0 ? f->err : edo_read(s, buf, sizeof buf);
    if (n > 0) n = edo_write_all(s, buf, (size_t)n);
    if (n >= 0) n = edo_shutdown(s);
    edo_close(s);
    f->err = n;
    return 0;
}

static int talks(edo_stream *s) {
    char buf[8];
    int err = edo_write_all(s, "ping", 4);
    int n = err < 0 ? err : edo_read(s, buf, sizeof buf);
    if (n == 4 && memcmp(buf, "ping", 4) != 0) note("wrong bytes", n);
    if (n == 4) n = edo_read(s, buf, sizeof buf);
    edo_close(s);
    return n;
}

static int exchanges(void *arg) {
    (void)arg;
    edo_stream *a, *b, *s;
    CHECK_EQ(edo_duplex(&a, &b, 65536), 0);
    far_end f = { .below = a };
    edo_task *t = edo_spawn(sends_back, &f);
    CHECK(t != NULL);
    fail_in = planned;
    int shaken = edo_tls_connect_over(&s, b, HOST, made.client), err = shaken;
    if (shaken == 0) err = talks(s);
    (void)edo_task_join(t);
    fail_in = 0;
    check_all(shaken, f.shaken, err, f.err);
    if (shaken < 0 && f.shaken == 0 && f.err >= 0) note("the server has seen nothing", shaken);
    return 0;
}

static void connects(void) {
    CHECK_EQ(inside(exchanges, NULL), 0);
}

/* ---- Strangers ------------------------------------------------------------------------------- */

static int is_refused(void *arg) {
    (void)arg;
    edo_stream *a, *b, *s = NULL;
    CHECK_EQ(edo_duplex(&a, &b, 65536), 0);
    far_end f = { .below = a };
    edo_task *t = edo_spawn(sends_back, &f);
    fail_in = planned;
    int err = edo_tls_connect_over(&s, b, HOST, made.client);
    (void)edo_task_join(t);
    fail_in = 0;
    if (err == 0) {
        note("a stranger was let in", err);
        edo_close(s);
    }
    if (!is_told(err)) note("a stranger", err);
    return 0;
}

static void connects_to_stranger(void) {
    CHECK_EQ(inside(is_refused, NULL), 0);
}

static void lacking_memory_of_a_connection_is_told(void **state) {
    (void)state;
    CHECK_EQ(edo_tls_server_new(&made.server, server_opts()), 0);
    CHECK_EQ(edo_tls_client_new(&made.client, client_opts(&stranger)), 0);
    fail_each(&(job){ "a stranger", connects_to_stranger, 1 });
    edo_tls_client_unref(made.client);
    CHECK_EQ(edo_tls_client_new(&made.client, client_opts(&ca)), 0);
    fail_each(&(job){ "a connection", connects, 1 });
    ends_free(&made);
}

int main(void) {
#ifdef EDOI_TSAN
    print_message("skipped: thread-sanitizer takes what a child of fork shares for a race\n");
    return 77;
#endif
    install();
    ca = authority_make("test authority");
    stranger = authority_make("test authority"); // of that name, with another key
    leaf = pair_make(&(cert_opts){ .name = HOST, .issuer = &ca.ca });
    robot = pair_make(&(cert_opts){ .name = "robot", .use = CERT_CLIENT, .issuer = &ca.ca });
    files = folder_make();
    roots = folder_put(&files, "roots.pem", ca.pem);
    robot_file = folder_put(&files, "robot.pem", robot.cert);
    robot_key = folder_put(&files, "robot.key", robot.key);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lacking_memory_of_a_configuration_is_told),
        cmocka_unit_test(lacking_memory_of_a_connection_is_told),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    folder_free(&files);
    pair_free(&leaf);
    pair_free(&robot);
    authority_free(&ca);
    authority_free(&stranger);
    return failed;
}
