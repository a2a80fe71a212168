/* SPDX-License-Identifier: MIT */
/* Goal: a call on a file asks a ring for what it says, and holds the file meanwhile; no append
 * is tried without a wait first; and no ring is asked where it would do otherwise than a thread: of
 * devices, and of files of /proc.
 * Method: the file under test is included, with a ring that looks at what it is asked for and is
 * not there, so that each call is made by a thread all the same. */
#include "inside.h"

#include "base/atomic.h"
#include "fs/file/file.h"
#include "fs/ring/call.h"

#include <edo/edo.h>
#include <edo/file.h>
#include <edo/fs.h>

#include <linux/io_uring.h>
#include <string.h>
#include <unistd.h>

static edoi_kring_op asked; /* the last one */
static int asked_n;
static edo_stream *opened;
static bool is_held;

static int look_at(edoi_kring_op *op) {
    if (op->code == EDOI_KRING_NOTHING) return EDOI_FS_NO_RING;
    asked = *op;
    asked_n++;
    is_held = edoi_load_rlx_u32(&edoi_file_of(opened)->base.refs) > 1;
    return EDOI_FS_NO_RING;
}

#define edoi_fs_ring_call look_at
#include "fs/file/at.c"
#undef edoi_fs_ring_call

static char at_home[] = "/tmp/edo-at-XXXXXX";

static int enter_at_home(void **state) {
    (void)state;
    return mkdtemp(at_home) ? chdir(at_home) : -1;
}

static int leave_at_home(void **state) {
    (void)state;
    return chdir("/") + edo_fs_remove_dir_all(at_home);
}

/* Do the files here have what fits_ring() looks for? */
static void need_kept_flags(void) {
    struct statx about;
    edoi_file_ask(AT_FDCWD, &about);
    if (about.stx_attributes_mask & STATX_ATTR_IMMUTABLE) return;
    print_message("skipped: files of /tmp are of a file system that tells no flags\n");
    skip();
}

static void open_here(const char *path, const edo_fs_open_opts *opts) {
    asked_n = 0;
    CHECK_EQ(edo_fs_open(&opened, path, opts), 0);
}

static void check_asked(uint8_t code, uint64_t place, uint32_t n, uint32_t flags) {
    CHECK_EQ(asked_n, 1);
    CHECK(is_held);
    CHECK_EQ(asked.code, code);
    CHECK_EQ(asked.fd, edoi_file_of(opened)->fd);
    CHECK_EQ(asked.place, place);
    CHECK_EQ(asked.n, n);
    CHECK_EQ(asked.flags, flags);
    asked_n = 0;
}

static int writes(void *arg) {
    char text[] = "abc";
    const struct iovec two[] = { { text, 2 }, { text + 2, 1 } };
    (void)arg;
    open_here("kept", &(edo_fs_open_opts){ .write = true, .create = true });
    CHECK_EQ(edo_file_write_at(opened, "abc", 3, 7), 3);
    check_asked(IORING_OP_WRITE, 7, 3, 0);
    CHECK_EQ(edo_file_writev_at(opened, two, 2, 9), 3);
    check_asked(IORING_OP_WRITEV, 9, 2, 0);
    CHECK_EQ(edo_file_sync(opened), 0);
    check_asked(IORING_OP_FSYNC, 0, 0, 0);
    CHECK_EQ(edo_file_sync_data(opened), 0);
    check_asked(IORING_OP_FSYNC, 0, 0, IORING_FSYNC_DATASYNC);
    edo_close(opened);
    open_here("kept", &(edo_fs_open_opts){ .append = true });
    CHECK(edoi_file_of(opened)->no_write_now); // nor is what is written at the place
    CHECK_EQ(edo_file_write_at(opened, "abc", 3, 0), 3);
    check_asked(IORING_OP_WRITE, 0, 3, RWF_APPEND);
    CHECK(asked.may_wait);
    edo_close(opened);
    return 0;
}

static void ring_is_asked_for_what_the_call_says(void **state) {
    (void)state;
    need_kept_flags();
    assert_int_equal(inside_with(writes, NULL, &one_thread), 0);
}

static int others(void *arg) {
    static const char *const paths[] = { "/dev/null", "/proc/self/comm",
                                         "/proc/self/oom_score_adj" };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(paths); i++) {
        open_here(paths[i], &(edo_fs_open_opts){ .write = true });
        (void)edo_file_write_at(opened, "0", 1, 0);
        CHECK(edo_file_sync(opened) <= 0);
        CHECK_EQ(asked_n, 0);
        edo_close(opened);
    }
    open_here("/proc/self/stat", NULL); // whose read knows no RWF_NOWAIT
    char byte;
    CHECK_EQ(edo_file_read_at(opened, &byte, 1, 0), 1);
    CHECK_EQ(asked_n, 0);
    edo_close(opened);
    return 0;
}

static void devices_and_files_of_proc_are_not_a_rings(void **state) {
    (void)state;
    assert_int_equal(inside_with(others, NULL, &one_thread), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ring_is_asked_for_what_the_call_says),
        cmocka_unit_test(devices_and_files_of_proc_are_not_a_rings),
    };
    return cmocka_run_group_tests(tests, enter_at_home, leave_at_home);
}
