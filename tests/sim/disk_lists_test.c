/* SPDX-License-Identifier: MIT */
/* Goal: the order of a folder's list on a disk follows from the seed, whatever the machine's is,
 * and a list has the numbers that stat(2) has; by each call that lists.
 * Method: two folders of the machine have the same files, made in two orders, and two worlds of a
 * seed list them. */
#include "disk_bed.h"
#include "inside.h"

#include <dirent.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#define FILES 30
#define MANY  300 /* more than one buffer of a libc has */

/* Names and numbers, in the order of a list: "name:number " for each. */
typedef struct told {
    char text[4096];
    size_t n;
} told;

static void tell(told *t, const char *name, uint64_t number) {
    int n = snprintf(t->text + t->n, sizeof t->text - t->n, "%s:%d ", name, (int)number);
    CHECK(n > 0 && t->n + (size_t)n < sizeof t->text);
    t->n += (size_t)n;
}

typedef struct lister {
    char folder[64];
    bool draws_before; /* once, before its lists */
    uint64_t draw;     /* the first after its lists, or before them */
    told by_readdir;
} lister;

static const char *of_folder(const lister *l, const char *name, char *path) {
    (void)snprintf(path, 128, "%s/%s", l->folder, name);
    return path;
}

static uint64_t number_of(const lister *l, const char *name) {
    char path[128];
    struct stat is;
    CHECK_EQ(lstat(of_folder(l, name, path), &is), 0);
    return is.st_ino;
}

static void make_file(const lister *l, const char *name) {
    char path[128];
    int fd = open(of_folder(l, name, path), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    CHECK(fd >= 0);
    CHECK_EQ(close(fd), 0);
}

/* ---- Each way -------------------------------------------------------------------------------- */

static void by_readdir(lister *l, told *t) {
    DIR *d = opendir(l->folder);
    CHECK(d != NULL && dirfd(d) >= 0);
    for (const struct dirent *e; (e = readdir(d));) {
        if (strcmp(e->d_name, "..") != 0) CHECK_EQ(e->d_ino, number_of(l, e->d_name));
        tell(t, e->d_name, e->d_ino);
    }
    CHECK_EQ(closedir(d), 0);
}

static void by_readdir64(lister *l, told *t) {
    int fd = open(l->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fdopendir(fd);
    CHECK(d != NULL && dirfd(d) == fd);
    for (const struct dirent64 *e; (e = readdir64(d));) tell(t, e->d_name, e->d_ino);
    CHECK_EQ(closedir(d), 0);
}

static void by_scandir(lister *l, told *t) {
    struct dirent **all;
    int n = scandir(l->folder, &all, NULL, NULL);
    CHECK(n > 0);
    for (int i = 0; i < n; i++) {
        tell(t, all[i]->d_name, all[i]->d_ino);
        free(all[i]);
    }
    free(all);
}

/* With room for some records. */
static void by_getdents(lister *l, told *t) {
    _Alignas(struct dirent64) char some[100];
    ssize_t n;
    int fd = open(l->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CHECK(fd >= 0);
    while ((n = getdents64(fd, some, sizeof some)) > 0) {
        for (ssize_t at = 0; at < n;) {
            const struct dirent64 *e = (const struct dirent64 *)(const void *)(some + at);
            tell(t, e->d_name, e->d_ino);
            at += e->d_reclen;
        }
    }
    CHECK_EQ(n, 0);
    CHECK_EQ(getdents64(fd, some, 20), 0);
    CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
    CHECK_EQ(getdents64(fd, some, 20), -1);
    CHECK_EQ(errno, EINVAL);
    CHECK_EQ(close(fd), 0);
}

static void each_way_tells_the_same(lister *l) {
    static void (*const ways[])(lister *, told *) = { by_readdir64, by_scandir, by_getdents };
    by_readdir(l, &l->by_readdir);
    for (size_t i = 0; i < EDO_COUNT(ways); i++) {
        told t = { .n = 0 };
        ways[i](l, &t);
        CHECK(strcmp(t.text, l->by_readdir.text) == 0);
    }
}

static int compare_names(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int begins_with_1(const struct dirent *e) {
    return e->d_name[0] == '1';
}

static void scan_in_an_order(const lister *l) {
    struct dirent **all;
    int n = scandir(l->folder, &all, begins_with_1, compare_names);
    CHECK_EQ(n, 11);
    for (int i = 0; i < n; i++) {
        CHECK(i == 0 || strcmp(all[i - 1]->d_name, all[i]->d_name) < 0);
        CHECK_EQ(all[i]->d_ino, number_of(l, all[i]->d_name));
    }
    for (int i = 0; i < n; i++) free(all[i]);
    free(all);
    char none[128];
    CHECK_EQ(scandir(of_folder(l, "none", none), &all, NULL, NULL), -1);
    CHECK_EQ(errno, ENOENT);
    CHECK(opendir(of_folder(l, "0", none)) == NULL && errno == ENOTDIR);
}

static void places_are_gone_back_to(const lister *l) {
    char name[NAME_MAX + 1] = "", again[NAME_MAX + 1];
    DIR *d = opendir(l->folder);
    long at = 0;
    CHECK(d != NULL);
    for (int i = 0; i < 7; i++) {
        at = telldir(d);
        (void)snprintf(name, sizeof name, "%s", readdir(d)->d_name);
    }
    while (readdir(d)) continue;
    seekdir(d, at);
    CHECK(strcmp(readdir(d)->d_name, name) == 0);
    rewinddir(d);
    CHECK(strcmp(readdir(d)->d_name, ".") == 0);
    seekdir(d, at);
    (void)snprintf(again, sizeof again, "%s", readdir(d)->d_name);
    CHECK(strcmp(again, name) == 0);
    CHECK_EQ(closedir(d), 0);
}

/* What is removed and made meanwhile moves no others. */
static void all_are_removed_while_they_are_listed(const lister *l) {
    char path[128];
    int n = 0;
    DIR *d = opendir(l->folder);
    CHECK(d != NULL);
    for (const struct dirent *e; (e = readdir(d));) {
        if (e->d_type != DT_REG) continue;
        CHECK_EQ(unlink(of_folder(l, e->d_name, path)), 0);
        n++;
    }
    CHECK_EQ(n, FILES);
    CHECK_EQ(closedir(d), 0);
}

/* A list is as it was when it began, however long it is; one that begins anew is another. */
static void a_list_is_kept(const lister *l) {
    char path[128], name[64];
    int n = 0;
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(name, sizeof name, "a-file-with-a-longer-name-%d", i);
        make_file(l, name);
    }
    DIR *d = opendir(l->folder);
    CHECK(d != NULL && readdir(d) != NULL);
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(name, sizeof name, "a-file-with-a-longer-name-%d", i);
        CHECK_EQ(unlink(of_folder(l, name, path)), 0);
    }
    while (readdir(d)) n++;
    CHECK(n > MANY);
    rewinddir(d);
    for (n = 0; readdir(d);) n++;
    CHECK(n < MANY);
    CHECK_EQ(closedir(d), 0);
}

/* ---- Two worlds ------------------------------------------------------------------------------ */

static uint64_t draw(void) {
    uint64_t number;
    CHECK_EQ(getrandom(&number, sizeof number, 0), sizeof number);
    return number;
}

static int lists(void *arg) {
    lister *l = arg;
    char path[128];
    make_file(l, "made");
    CHECK_EQ(unlink(of_folder(l, "made", path)), 0);
    CHECK_EQ(mkdir(of_folder(l, "folder", path), 0755), 0);
    if (l->draws_before) l->draw = draw();
    each_way_tells_the_same(l);
    if (!l->draws_before) l->draw = draw();
    scan_in_an_order(l);
    places_are_gone_back_to(l);
    a_list_is_kept(l);
    all_are_removed_while_they_are_listed(l);
    return 0;
}

static void run_lists(lister *l, uint64_t seed, bool from_the_end) {
    char name[16];
    *l = (lister){ .draws_before = from_the_end };
    files_make(l->folder);
    for (int i = 0; i < FILES; i++) {
        (void)snprintf(name, sizeof name, "%d", from_the_end ? FILES - 1 - i : i);
        make_file(l, name);
    }
    edo_sim *sim = edo_sim_new(&(edo_sim_opts){ .seed = seed });
    assert_non_null(sim);
    assert_int_equal(edo_sim_client(sim, "keeper", lists, l), 0);
    assert_int_equal(edo_sim_disk(sim, "keeper", l->folder), 0);
    assert_int_equal(edo_sim_run(sim, edo_s(30)), 0);
    edo_sim_free(sim);
    files_free(l->folder);
}

static void order_and_numbers_of_a_list_follow_from_the_seed(void **state) {
    lister first, again, other;
    (void)state;
    run_lists(&first, 5, false);
    run_lists(&again, 5, true);
    assert_string_equal(first.by_readdir.text, again.by_readdir.text);
    assert_int_equal(first.draw, again.draw); // chance and lists are apart
    run_lists(&other, 6, false);
    assert_string_not_equal(first.by_readdir.text, other.by_readdir.text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_and_numbers_of_a_list_follow_from_the_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
