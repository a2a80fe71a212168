/* SPDX-License-Identifier: MIT */
/* sim/files.h: a folder for the files of a world. It is in memory if possible: else the machine's
 * own disk decides how long a test takes. */
#ifndef EDO_TESTS_SIM_FILES_H
#define EDO_TESTS_SIM_FILES_H

#include "inside.h"

#include <edo/fs.h>

#include <unistd.h>

static inline void files_make(char folder[64]) {
    const char *where = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    (void)snprintf(folder, 64, "%s/edo-sim-XXXXXX", where);
    assert_non_null(mkdtemp(folder));
}

static inline void files_free(const char *folder) {
    assert_int_equal(edo_fs_remove_dir_all(folder), 0);
}

#endif
