/* SPDX-License-Identifier: MIT */
/* copy.c: see copy.h. */
#include "copy.h"

#include "fault.h"
#include "options.h"
#include "store/store.h"

#include <edo/error.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static void copy_tell(const store_copied *done, bool is_whole) {
    (void)printf("copied %" PRIu64 " messages of %" PRIu64 " rooms, %" PRIu64
                 " of them earlier, and %" PRIu64 " names%s\n",
                 done->before_n + done->messages_n, done->rooms_n, done->before_n, done->names_n,
                 is_whole ? "" : "; not all: the same command goes on with it");
    if (done->has_lack) (void)printf("some of the file is damaged, and was left out\n");
}

/* A file that another chat uses is refused: what is said there would be missing. */
static int copy_open(const options *o, store **from, store **to) {
    int err = store_sqlite_open(from, o->db);
    return err == 0 ? store_pg_open(to, o->copy_to, o->node) : err;
}

int copy_run(void *arg) {
    const options *o = arg;
    store *from = NULL, *to = NULL;
    store_copied done = { .rooms_n = 0 };
    int err = copy_open(o, &from, &to);
    if (err == 0) {
        err = store_copy_to_pg(from, to, &done);
        copy_tell(&done, err == 0);
    }
    store_free(to);
    store_free(from);
    if (err < 0 && err != -ECANCELED) fault_print(err);
    return err < 0 || done.has_lack;
}
