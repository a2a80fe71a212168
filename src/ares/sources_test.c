/* SPDX-License-Identifier: MIT */
/* Goal: nsswitch.conf is understood as far as it names files and dns, and nothing else is guessed.
 * Method: a table of files. */
#include "ares/sources.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct {
    const char *text, *sources;
} files[] = {
    { "hosts: files dns\n", "fb" },
    { "hosts: dns files", "bf" },
    { "hosts:dns\n", "b" },
    { "\thosts:\tfiles\t # dns\n", "f" },
    { "# hosts: mdns\nhosts: files dns\n", "fb" },
    { "passwd: files systemd\nhosts: files dns files dns\ngroup: db\n", "fb" },
    { "passwd: files systemd\n", "fb" }, // no line
    { "", "fb" },
    { "hosts:\n", "" },
    { "hosts: files mdns4_minimal [NOTFOUND=return] dns\n", "" },
    { "hosts: files [!UNAVAIL=return] dns\n", "" },
    { "hosts: files resolve\n", "" },
    { "hosts: files myhostname dns\n", "" },
    { "hosts: Files dns\n", "" },
    { "hosts: files dns\nhosts: mymachines\n", "" },
    { "hosts: mymachines\nhosts: files dns\n", "" },
};

static void sources_are_those_of_the_line(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[] = "/tmp/edo_sources_XXXXXX", out[3] = "x";
        int fd = mkstemp(path);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, files[i].text, strlen(files[i].text)), strlen(files[i].text));
        (void)close(fd);
        int err = edoi_ares_sources(out, path);
        (void)unlink(path);
        assert_int_equal(err, 0);
        assert_string_equal(out, files[i].sources);
    }
}

static void file_that_cannot_be_read_is_an_error(void **state) {
    char out[3];
    (void)state;
    assert_int_equal(edoi_ares_sources(out, "/no/such/file"), -ENOENT);
    assert_int_equal(edoi_ares_sources(out, "/"), -EIO);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sources_are_those_of_the_line),
        cmocka_unit_test(file_that_cannot_be_read_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
