/* SPDX-License-Identifier: MIT */
/* Goal: a walk reports all that is below its root once each, in the stated order, whatever is
 * unreadable, deep, looped by links or changed meanwhile, with a bounded number of descriptors.
 * Method: trees of the test's own, on every kind of runtime and outside any. */
#include "fs_support.h"

#include <edo/dir.h>

#define TEXT_MAX 4096

/* Walks, and writes what came: "path" or "path!code" each with a blank behind it. */
static void walk_into(char *text, const char *root, const edo_fs_walk_opts *opts,
                      const char *skipped) {
    edo_seq *w = edo_fs_walk(root, opts);
    edo_walk_entry e;
    int rc;
    size_t n = 0;
    while ((rc = edo_seq_next(w, &e)) == 1) {
        const char *end = strrchr(e.path, '/');
        CHECK(e.depth == 0 ? strcmp(e.path, root) == 0 : strcmp(e.name, end + 1) == 0);
        int put = snprintf(text + n, TEXT_MAX - n, e.err < 0 ? "%s!%s " : "%s ", e.path,
                           edo_error_name(e.err));
        n += (size_t)put;
        CHECK(n < TEXT_MAX);
        if (skipped && strcmp(e.name, skipped) == 0) CHECK_EQ(edo_fs_walk_skip(w), 0);
    }
    CHECK_EQ(rc, 0);
    edo_seq_free(w);
}

static void check_walk(const char *root, const edo_fs_walk_opts *opts, const char *expected) {
    char text[TEXT_MAX] = "";
    walk_into(text, root, opts, NULL);
    if (strcmp(text, expected) != 0) fprintf(stderr, "found    %s\nexpected %s\n", text, expected);
    CHECK_EQ(strcmp(text, expected), 0);
}

/* Each directory has one entry: so there is one order. */
static void make_line(void) {
    CHECK_EQ(mkdir("a", 0777) + mkdir("a/b", 0777) + mkdir("a/b/c", 0777), 0);
    make_file("a/b/c/file");
}

static int order(void *arg) {
    (void)arg;
    make_line();
    check_walk("a", NULL, "a a/b a/b/c a/b/c/file ");
    check_walk("a//", NULL, "a// a//b a//b/c a//b/c/file ");
    check_walk("a/b/c/file", NULL, "a/b/c/file ");
    check_walk("none", NULL, "none!ENOENT ");
    check_walk("", NULL, "!ENOENT ");
    check_walk("a", &(edo_fs_walk_opts){ .depth_max = 1 }, "a a/b ");
    check_walk("a", &(edo_fs_walk_opts){ .depth_max = 2 }, "a a/b a/b/c ");
    char text[TEXT_MAX] = "";
    walk_into(text, "a", NULL, "b");
    CHECK_EQ(strcmp(text, "a a/b "), 0);
    walk_into(text, "a", NULL, "file"); // not a directory: without effect
    CHECK_EQ(strcmp(text, "a a/b a/b/c a/b/c/file "), 0);
    edo_walk_entry e;
    edo_seq *bad = edo_fs_walk("a", &(edo_fs_walk_opts){ .reserved[3] = 1 });
    CHECK_EQ(edo_seq_next(bad, &e), -EINVAL);
    CHECK_EQ(edo_fs_walk_skip(bad), -EINVAL);
    CHECK_EQ(edo_fs_walk_skip(NULL), -EINVAL);
    edo_seq_free(bad);
    return 0;
}

static void directory_comes_before_what_is_in_it(void **state) {
    (void)state;
    run_each(order);
}

static int links(void *arg) {
    const edo_fs_walk_opts follow = { .follow_links = true };
    (void)arg;
    make_line();
    CHECK_EQ(unlink("a/b/c/file") + symlink("a", "root") + symlink("../..", "a/b/c/up"), 0);
    check_walk("root", NULL, "root root/b root/b/c root/b/c/up ");
    // "up" leads to a directory above the root, in which is the root itself
    check_walk("a/b", &follow, "a/b a/b/c a/b/c/up a/b/c/up/b a/b/c/up/b!ELOOP ");
    CHECK_EQ(unlink("a/b/c/up") + symlink("none", "a/b/c/up"), 0);
    check_walk("a", &follow, "a a/b a/b/c a/b/c/up ");
    CHECK_EQ(unlink("a/b/c/up") + symlink("up", "a/b/c/up"), 0);
    check_walk("a", &follow, "a a/b a/b/c a/b/c/up a/b/c/up!ELOOP ");
    CHECK_EQ(unlink("a/b/c/up") + symlink("..", "a/b/c/up"), 0);
    check_walk("a", &follow, "a a/b a/b/c a/b/c/up a/b/c/up!ELOOP ");
    return 0;
}

static void links_are_followed_on_demand_and_loops_end(void **state) {
    (void)state;
    run_each(links);
}

/* As another user, since the superuser may read all. */
static int unreadable(void *arg) {
    (void)arg;
    make_line();
    CHECK_EQ(chmod("a/b/c", 0), 0);
    bool is_root = geteuid() == 0;
    if (is_root) CHECK_EQ(seteuid(65534), 0);
    check_walk("a", NULL, "a a/b a/b/c a/b/c!EACCES ");
    check_walk("a/b/c", NULL, "a/b/c a/b/c!EACCES ");
    if (is_root) CHECK_EQ(seteuid(0), 0);
    CHECK_EQ(chmod("a/b/c", 0777), 0);
    return 0;
}

static void unreadable_directory_does_not_end_the_walk(void **state) {
    (void)state;
    assert_int_equal(chmod(home, 0755), 0);
    run_one(unreadable, NULL);
    run_one(unreadable, &kinds[0]);
}

/* ---- Deep and wide trees --------------------------------------------------------------------- */

#define LEVELS 900 /* with names of 6 bytes more than PATH_MAX */
#define FILES  3   /* beside each directory; in some 400: more than is fetched at once */

static int files_at(int level) {
    return level % 100 == 7 ? 400 : FILES;
}

static void make_deep(void) {
    int home_fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int level = 0; level < LEVELS; level++) {
        for (int i = 0; i < files_at(level); i++) make_numbered(i);
        CHECK_EQ(mkdir("deeper", 0777) + chdir("deeper"), 0);
    }
    CHECK_EQ(fchdir(home_fd) + close(home_fd), 0);
}

static int deep(void *arg) {
    static int files[LEVELS + 2];
    edo_walk_entry e;
    int rc, open_max = 0, dirs = 0, before = entries_of("/proc/self/fd");
    (void)arg;
    memset(files, 0, sizeof files);
    make_deep();
    edo_seq *w = edo_fs_walk(".", NULL);
    while ((rc = edo_seq_next(w, &e)) == 1) {
        CHECK_EQ(e.err, 0);
        if (e.type == EDO_ENTRY_DIR) {
            CHECK_EQ(e.depth, dirs++);
            CHECK_EQ(strlen(e.path), 1 + 7u * e.depth);
        } else {
            files[e.depth]++;
        }
        if (e.depth % 50 != 0) continue;
        int open_now = entries_of("/proc/self/fd") - before;
        if (open_now > open_max) open_max = open_now;
    }
    CHECK_EQ(rc, 0);
    edo_seq_free(w);
    CHECK_EQ(dirs, LEVELS + 1);
    for (int i = 0; i < LEVELS; i++) CHECK_EQ(files[i + 1], files_at(i));
    CHECK(open_max >= 32 && open_max <= 34 + 3); // and a few of the runtime's
    return 0;
}

static void deep_trees_need_few_descriptors(void **state) {
    (void)state;
    run_one(deep, NULL);
    run_one(deep, &kinds[0]);
}

/* ---- Changes meanwhile ----------------------------------------------------------------------- */

/* Reads on until an entry of that name. */
static void walk_to(edo_seq *w, edo_walk_entry *e, const char *name) {
    do CHECK_EQ(edo_seq_next(w, e), 1);
    while (strcmp(e->name, name) != 0);
}

static int replaced(void *arg) {
    edo_walk_entry e;
    (void)arg;
    make_line();
    CHECK_EQ(mkdir("secret", 0777), 0);
    make_file("secret/file");
    edo_seq *w = edo_fs_walk("a", NULL);
    walk_to(w, &e, "b");
    CHECK_EQ(rename("a/b", "old") + symlink("../secret", "a/b"), 0);
    CHECK_EQ(edo_seq_next(w, &e), 0); // the link in its place is not followed
    edo_seq_free(w);
    w = edo_fs_walk("old", NULL);
    walk_to(w, &e, "c");
    CHECK_EQ(unlink("old/c/file") + rmdir("old/c"), 0);
    CHECK_EQ(edo_seq_next(w, &e), 0); // it has vanished
    edo_seq_free(w);
    return 0;
}

static void what_takes_the_place_of_a_directory_is_not_followed(void **state) {
    (void)state;
    run_each(replaced);
}

/* A line of directories d0/d1/…, with 1000 files in d3, half of them made before d4 and half behind
 * it: so in most orders some are read after what is below. */
static void make_moved(void) {
    char name[16];
    int top = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < 60; i++) {
        (void)snprintf(name, sizeof name, "d%d", i);
        CHECK_EQ(mkdir(name, 0777) + chdir(name), 0);
        for (int k = 0; i == 3 && k < 500; k++) make_numbered(k);
        for (int k = 500; i == 4 && k < 1000; k++) {
            (void)snprintf(name, sizeof name, "../%d", k);
            make_file(name);
        }
    }
    CHECK_EQ(fchdir(top) + close(top), 0);
}

#define D3 "d0/d1/d2/d3"

/* Walks to the end of the line, calls `change`, and on to the end. Returns how many of the files of
 * d3 came; the last error goes to `*err`. */
static int walk_changed(void (*change)(void), int *err) {
    edo_walk_entry e;
    int rc, files = 0;
    make_moved();
    edo_seq *w = edo_fs_walk("d0", NULL);
    *err = 0;
    while ((rc = edo_seq_next(w, &e)) == 1) {
        if (strcmp(e.name, "d59") == 0) change();
        files += e.type == EDO_ENTRY_FILE;
        if (e.err < 0) *err = e.err;
        if (e.err < 0) CHECK_EQ(strcmp(e.path, D3), 0);
    }
    CHECK_EQ(rc, 0);
    edo_seq_free(w);
    return files;
}

static void move_child(void) {
    CHECK_EQ(rename(D3 "/d4", "d4"), 0);
}

static void remove_way_down(void) {
    CHECK_EQ(edo_fs_remove_dir_all(D3 "/d4"), 0);
}

static void move_both(void) {
    move_child();
    CHECK_EQ(rename(D3, "d3") + mkdir(D3, 0777), 0);
}

/* Of directories in which nothing is left to be read. */
static void replace_read(void) {
    CHECK_EQ(rename(D3 "/d4/d5/d6", "d4") + rename(D3 "/d4/d5", "d5"), 0);
    CHECK_EQ(mkdir(D3 "/d4/d5", 0777), 0);
}

static int moved(void *arg) {
    int err;
    (void)arg;
    CHECK_EQ(walk_changed(replace_read, &err), 1000); // what is above is found from the root
    CHECK_EQ(err, 0);
    CHECK_EQ(edo_fs_remove_dir_all("d0") + edo_fs_remove_dir_all("d4"), 0);
    CHECK_EQ(edo_fs_remove_dir_all("d5"), 0);
    CHECK_EQ(walk_changed(move_child, &err), 1000); // the entries beside it say where the rest is
    CHECK_EQ(err, 0);
    CHECK_EQ(edo_fs_remove_dir_all("d0") + edo_fs_remove_dir_all("d4"), 0);
    CHECK_EQ(walk_changed(remove_way_down, &err), 1000);
    CHECK_EQ(err, 0);
    CHECK_EQ(edo_fs_remove_dir_all("d0"), 0);
    (void)walk_changed(move_both, &err);
    CHECK_EQ(err, -ESTALE);
    return 0;
}

static void directories_that_move_are_found_again_or_named(void **state) {
    (void)state;
    run_each(moved);
}

/* ---- Cancellation ---------------------------------------------------------------------------- */

typedef struct reader {
    edo_seq *w;
    int n;
    bool is_over;
} reader;

static int read_on(void *arg) {
    reader *r = arg;
    edo_walk_entry e;
    int rc;
    while ((rc = edo_seq_next(r->w, &e)) == 1) {
        CHECK_EQ(e.err, 0);
        r->n++;
    }
    r->is_over = rc == 0;
    return rc;
}

static int cancelled(void *arg) {
    reader r = { 0 };
    int readers = 0;
    (void)arg;
    make_moved();
    r.w = edo_fs_walk("d0", NULL);
    for (; !r.is_over; readers++) {
        edo_task *t = edo_spawn(read_on, &r);
        CHECK(t != NULL);
        for (int i = 0; i < readers % 7 && edo_yield() == 0;) i++;
        edo_task_cancel(t);
        int rc = edo_task_join(t);
        CHECK(rc == 0 || rc == -ECANCELED);
    }
    edo_seq_free(r.w);
    CHECK_EQ(r.n, 60 + 1000);
    return 0;
}

static void cancelled_readers_lose_no_entry(void **state) {
    (void)state;
    run_inside(cancelled);
}

/* ---- As a sequence --------------------------------------------------------------------------- */

typedef struct pruned {
    edo_seq *walk;
} pruned;

static int is_wanted(void *arg, const void *item) {
    const edo_walk_entry *e = item;
    if (strcmp(e->name, "b") != 0) return 1;
    CHECK_EQ(edo_fs_walk_skip(((pruned *)arg)->walk), 0);
    return 0;
}

static int filtered(void *arg) {
    (void)arg;
    make_line();
    pruned p = { edo_fs_walk("a", NULL) };
    edo_seq *s = edo_seq_filter(p.walk, is_wanted, &p);
    edo_walk_entry e;
    CHECK_EQ(edo_seq_next(s, &e), 1);
    CHECK_EQ(strcmp(e.path, "a"), 0);
    CHECK_EQ(edo_seq_next(s, &e), 0);
    edo_seq_free(s);
    return 0;
}

static void filter_may_skip_subtrees(void **state) {
    (void)state;
    run_each(filtered);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directory_comes_before_what_is_in_it),
        cmocka_unit_test(links_are_followed_on_demand_and_loops_end),
        cmocka_unit_test(unreadable_directory_does_not_end_the_walk),
        cmocka_unit_test(deep_trees_need_few_descriptors),
        cmocka_unit_test(what_takes_the_place_of_a_directory_is_not_followed),
        cmocka_unit_test(directories_that_move_are_found_again_or_named),
        cmocka_unit_test(cancelled_readers_lose_no_entry),
        cmocka_unit_test(filter_may_skip_subtrees),
    };
    return cmocka_run_group_tests(tests, enter_home, leave_home);
}
