/* SPDX-License-Identifier: MIT */
/* Goal: debug information that was split off is found by build id or by name, in each of its
 * places; a file of that name which is another one is none.
 * Method: debug_file.c is included, and looks below a folder of the test. */
static char root[64];

#define DEBUG_ROOT root
#include "stacks/debug_file.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#define DIGITS     "123456789"
#define DIGITS_CRC 0xcbf43926u

static char folder[] = "/tmp/edo-debug-file-XXXXXX";
static char program[sizeof folder + 16], as[sizeof folder + 16]; /* a program, a link to it */
static char made[16][256];
static size_t made_n;

static void make_folder(const char *path) {
    assert_int_equal(mkdir(path, 0700), 0);
    (void)snprintf(made[made_n++], sizeof made[0], "%s", path);
}

static int open_folder(void **state) {
    char path[256];
    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(made[made_n++], sizeof made[0], "%s", folder);
    (void)snprintf(program, sizeof program, "%s/bin", folder);
    make_folder(program);
    (void)snprintf(path, sizeof path, "%s/.debug", program);
    make_folder(path);
    (void)snprintf(program, sizeof program, "%s/bin/shop", folder);
    (void)snprintf(as, sizeof as, "%s/exe", folder);
    assert_int_equal(symlink(program, as), 0);
    (void)snprintf(root, sizeof root, "%s/root", folder);
    make_folder(root);
    (void)snprintf(path, sizeof path, "%s/.build-id", root);
    make_folder(path);
    (void)snprintf(path, sizeof path, "%s/.build-id/0a", root);
    make_folder(path);
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    (void)unlink(as);
    while (made_n > 0) (void)rmdir(made[--made_n]);
    return 0;
}

static void put(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Does it open a file with that text? */
static bool opens(const edoi_debug_link *link, const char *text) {
    char got[32] = "";
    int fd = edoi_debug_file_open(link);
    if (fd < 0) return false;
    assert_true(read(fd, got, sizeof got - 1) >= 0);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    close(fd);
    return strcmp(got, text) == 0;
}

static void a_build_id_is_the_name_of_a_file(void **state) {
    static const unsigned char id[] = { 0x0a, 0xff, 0x01 };
    edoi_debug_link link = { .of = program, .id = id, .id_n = sizeof id };
    char path[256];
    (void)state;
    assert_false(opens(&link, "by id"));
    (void)snprintf(path, sizeof path, "%s/.build-id/0a/ff01.debug", root);
    put(path, "by id");
    assert_true(opens(&link, "by id"));
    link.name = "no.debug";
    assert_true(opens(&link, "by id"));
    link.id_n = 1;
    assert_int_equal(edoi_debug_file_open(&link), -1);
    assert_int_equal(unlink(path), 0);
}

static void a_name_is_looked_for_in_three_folders(void **state) {
    const edoi_debug_link link = { .of = as, .name = "shop.debug", .crc = DIGITS_CRC };
    char paths[3][256], below[200];
    (void)state;
    // the folder of the program below the root, part by part
    size_t before_n = made_n;
    (void)snprintf(below, sizeof below, "%s%s/bin", root, folder);
    for (char *slash = below + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        make_folder(below);
        *slash = '/';
    }
    make_folder(below);
    (void)snprintf(paths[0], sizeof paths[0], "%s/bin/shop.debug", folder);
    (void)snprintf(paths[1], sizeof paths[1], "%s/bin/.debug/shop.debug", folder);
    (void)snprintf(paths[2], sizeof paths[2], "%s/shop.debug", below);
    for (size_t i = 0; i < 3; i++) {
        assert_false(opens(&link, DIGITS));
        put(paths[i], DIGITS);
        assert_true(opens(&link, DIGITS));
        put(paths[i], DIGITS "0"); // of another build
        assert_false(opens(&link, DIGITS));
    }
    for (size_t i = 0; i < 3; i++) assert_int_equal(unlink(paths[i]), 0);
    while (made_n > before_n) assert_int_equal(rmdir(made[--made_n]), 0);
}

static void a_path_is_that_of_what_files_share(void **state) {
    char path[256];
    (void)state;
    (void)snprintf(path, sizeof path, "%s/common", folder);
    put(path, "common");
    assert_true(opens(&(edoi_debug_link){ .of = program, .name = path }, "common"));
    assert_false(opens(&(edoi_debug_link){ .of = program, .name = "../common" }, "common"));
    assert_int_equal(unlink(path), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_build_id_is_the_name_of_a_file),
        cmocka_unit_test(a_name_is_looked_for_in_three_folders),
        cmocka_unit_test(a_path_is_that_of_what_files_share),
    };
    return cmocka_run_group_tests(tests, open_folder, remove_folder);
}
