/* SPDX-License-Identifier: MIT */
/* Goal: a host's program that is built with _FORTIFY_SOURCE, as this file is, has the world's
 * calls, and its sizes are checked.
 * Method: calls whose buffer has a size that the compiler knows, and a number that it does not: so
 * it calls __read_chk() and its kin. */
#include "child.h"
#include "inside.h"

#include <edo/sim.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#if !defined(__OPTIMIZE__) || _FORTIFY_SOURCE < 2
#    error "cmake/EdoTests.cmake builds this file with -O2 -D_FORTIFY_SOURCE=2"
#endif

#define BYTES 16

static volatile size_t bytes_n = BYTES; /* which the compiler does not know */
static volatile nfds_t fds_n = 1;
static volatile int read_only = O_RDONLY;

/* ---- Sockets --------------------------------------------------------------------------------- */

/* A socket that gets what it sends. */
static int open_echo(void) {
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(700) };
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    CHECK(fd >= 0);
    CHECK_EQ(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    CHECK_EQ(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

static void send_to_itself(int fd) {
    CHECK_EQ(send(fd, "hello", 5, 0), 5);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
}

static int receive_in_each_way(void *arg) {
    char buf[BYTES], name[BYTES];
    struct sockaddr_in from;
    socklen_t from_bytes = sizeof from;
    int fd = open_echo();
    struct pollfd one[1] = { { .fd = fd, .events = POLLIN } };
    (void)arg;
    CHECK_EQ(poll(one, fds_n, 0), 0);
    send_to_itself(fd);
    CHECK_EQ(poll(one, fds_n, 0), 1);
    CHECK_EQ(ppoll(one, fds_n, &(struct timespec){ .tv_sec = 0 }, NULL), 1);
    CHECK_EQ(recv(fd, buf, bytes_n, 0), 5);
    send_to_itself(fd);
    CHECK_EQ(read(fd, buf, bytes_n), 5);
    send_to_itself(fd);
    CHECK_EQ(recvfrom(fd, buf, bytes_n, 0, (struct sockaddr *)&from, &from_bytes), 5);
    CHECK_EQ(from.sin_port, htons(700));
    CHECK_EQ(gethostname(name, bytes_n), 0);
    CHECK(strcmp(name, "here") == 0);
    CHECK_EQ(close(fd), 0);
    return 0;
}

static void sockets_and_names_are_the_worlds(void **state) {
    edo_sim *sim = edo_sim_new(NULL);
    (void)state;
    assert_non_null(sim);
    assert_int_equal(edo_sim_client(sim, "here", receive_in_each_way, NULL), 0);
    assert_int_equal(edo_sim_run(sim, edo_s(1)), 0);
    edo_sim_free(sim);
}

/* ---- Descriptors of programs with _FILE_OFFSET_BITS=64 --------------------------------------- */

static int use_names_of_64_bits(void *arg) {
    struct stat64 about;
    int fd = open_echo();
    (void)arg;
    CHECK_EQ(fstat64(fd, &about), 0);
    CHECK(S_ISSOCK(about.st_mode));
    CHECK(fcntl64(fd, F_GETFL) & O_NONBLOCK);
    CHECK_EQ(close(fd), 0);
    CHECK_EQ(fstat64(fd, &about), -1);
    return 0;
}

static void names_of_64_bits_are_the_worlds(void **state) {
    edo_sim *sim = edo_sim_new(NULL);
    (void)state;
    assert_non_null(sim);
    assert_int_equal(edo_sim_client(sim, "here", use_names_of_64_bits, NULL), 0);
    assert_int_equal(edo_sim_run(sim, edo_s(1)), 0);
    edo_sim_free(sim);
}

/* ---- Files ----------------------------------------------------------------------------------- */

/* Of a disk that begins to fail after a second. */
static int use_failing_disk(void *arg) {
    char buf[BYTES];
    const char *path = arg;
    int made = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    CHECK(made >= 0);
    CHECK_EQ(write(made, "hello", 5), 5);
    CHECK_EQ(pread(made, buf, bytes_n, 0), 5);
    CHECK_EQ(pread64(made, buf, bytes_n, 0), 5);
    CHECK_EQ(edo_sleep(edo_s(2)), 0);
    CHECK(pread(made, buf, bytes_n, 0) == -1 && errno == EIO);
    CHECK(pread64(made, buf, bytes_n, 0) == -1 && errno == EIO);
    CHECK(read(made, buf, bytes_n) == -1 && errno == EIO);
    CHECK(open(path, read_only) == -1 && errno == EIO);
    CHECK(open64(path, read_only) == -1 && errno == EIO);
    CHECK(openat(AT_FDCWD, path, read_only) == -1 && errno == EIO);
    CHECK_EQ(close(made), 0);
    return 0;
}

static void files_of_a_disk_are_the_worlds(void **state) {
    char folder[] = "/tmp/edo-sim-fortified-XXXXXX", path[64];
    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/file", folder);
    edo_sim *sim = edo_sim_new(NULL);
    assert_non_null(sim);
    assert_int_equal(edo_sim_client(sim, "here", use_failing_disk, path), 0);
    assert_int_equal(edo_sim_disk(sim, "here", folder), 0);
    assert_int_equal(edo_sim_disk_fail(sim, "here", edo_s(1), edo_ns(EDO_FOREVER_NS)), 0);
    assert_int_equal(edo_sim_run(sim, edo_s(5)), 0);
    edo_sim_free(sim);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

/* ---- Sizes ----------------------------------------------------------------------------------- */

static void dies_of(void (*fn)(int zeros)) {
    int how;
    pid_t child = fork();
    if (child == 0) {
        int zeros = open("/dev/zero", O_RDONLY | O_CLOEXEC), nowhere = open("/dev/null", O_WRONLY);
        (void)dup2(nowhere, STDERR_FILENO); // what libc says
        fn(zeros);
        _exit(0);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGABRT);
}

static void read_too_much(int zeros) {
    char buf[BYTES];
    bytes_n = BYTES + 1;
    (void)!read(zeros, buf, bytes_n);
}

static void poll_too_many(int zeros) {
    struct pollfd one[1] = { { .fd = zeros } };
    fds_n = 2;
    (void)!poll(one, fds_n, 0);
}

static void open_without_a_mode(int zeros) {
    (void)zeros;
    read_only = O_RDONLY | O_CREAT;
    (void)!open("/tmp/edo-sim-fortified-none", read_only);
}

static void sizes_are_checked(void **state) {
    (void)state;
    dies_of(read_too_much);
    dies_of(poll_too_many);
    dies_of(open_without_a_mode);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sockets_and_names_are_the_worlds),
        cmocka_unit_test(names_of_64_bits_are_the_worlds),
        cmocka_unit_test(files_of_a_disk_are_the_worlds),
        cmocka_unit_test(sizes_are_checked),
    };
    return cmocka_run_group_tests_name("sim_fortified", tests, NULL, NULL);
}
