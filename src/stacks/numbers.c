/* SPDX-License-Identifier: MIT */
/* stacks/numbers.c: see numbers.h. The entries are read by the system call, since opendir(3)
 * allocates. */
#include "stacks/numbers.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LENGTH_AT 16u /* of an entry: behind two numbers of 64 bits */
#define NAME_AT   19u /* behind the length, of 16 bits, and the type */

/* False: `name` is no number. */
static bool entry_number(uint32_t *out, const char *name) {
    uint32_t n = 0;
    if (*name == '\0') return false;
    for (; *name >= '0' && *name <= '9'; name++) n = n * 10 + (uint32_t)(*name - '0');
    *out = n;
    return *name == '\0';
}

int edoi_numbers_in(const char *path, bool (*fn)(void *arg, uint32_t number), void *arg) {
    static char entries[4096]; // one thread asks at a time
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return -errno;
    bool goes_on = true;
    long bytes;
    while (goes_on && (bytes = syscall(SYS_getdents64, folder, entries, sizeof entries)) > 0)
        for (long at = 0; goes_on && at < bytes;) {
            uint16_t entry_bytes;
            uint32_t number;
            memcpy(&entry_bytes, entries + at + LENGTH_AT, sizeof entry_bytes);
            if (entry_number(&number, entries + at + NAME_AT)) goes_on = fn(arg, number);
            at += entry_bytes;
        }
    (void)close(folder);
    return 0;
}
