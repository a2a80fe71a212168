/* SPDX-License-Identifier: MIT */
/* edo: runs a tool by its word: `edo look PID` is the program `look` in EDO_TOOLS_FROM_BIN, a path
 * from the folder of this program's file. docs/man/edo.1 */
#include "running.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: edo WORD [ARGUMENT...]\n"
    "       edo\n"
    "\n"
    "  it hangs                    edo look PID\n"
    "  it grows                    edo look PID; from elsewhere edo look http://HOST:PORT/open\n"
    "  it is slow                  edo console; edo trace --about FILE\n"
    "  what has it done            edo trace FILE\n"
    "  it fails once in a hundred  edo sim PROGRAM\n"
    "\n"
    "  look     what is wrong in a running program, with stacks, and what only grows\n"
    "  console  what a running program does, in the terminal\n"
    "  trace    what a program has done, by the file of its flight recorder\n"
    "  sim      runs a program of a simulated world with many seeds\n"
    "\n"
    "`edo WORD --help` prints the options of a word. Without one your own programs are listed\n"
    "that `edo look` can ask.\n";

/* The package of Debian that has a tool; NULL: there is no such word. */
static const char *package_of(const char *word) {
    static const char *const tools[] = { "look", "console", "trace", "sim" };
    for (size_t i = 0; i < sizeof tools / sizeof *tools; i++)
        if (strcmp(word, tools[i]) == 0) return "edo-tools";
    return NULL;
}

/* The file of a tool. Returns false if this program's own file is not known. */
static bool tool_path(char path[PATH_MAX], const char *word) {
    char own[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", own, sizeof own - 1);
    if (n < 0) return false;
    own[n] = '\0';
    int bytes = snprintf(path, PATH_MAX, "%s/" EDO_TOOLS_FROM_BIN "/%s", dirname(own), word);
    errno = ENAMETOOLONG;
    return bytes > 0 && bytes < PATH_MAX;
}

/* Runs a tool in the place of this program; returns the status of one that cannot be run. */
static int run_tool(char **args) {
    char path[PATH_MAX];
    const char *word = args[0], *package = package_of(word);
    if (!package) {
        (void)fprintf(stderr, "edo: there is no word %s\n%s", word, usage);
        return 2;
    }
    if (tool_path(path, word)) (void)execv(path, args);
    (void)fprintf(stderr, "edo: %s cannot be run: %s; Debian has it in %s\n", word, strerror(errno),
                  package);
    return 2;
}

int main(int argc, char **argv) {
    if (argc == 1) return running_print() < 0 ? 2 : 0;
    if (strcmp(argv[1], "--help") == 0) return fputs(usage, stdout) < 0 || fflush(stdout) != 0;
    if (strcmp(argv[1], "--version") == 0) return puts("edo " EDO_VERSION_TEXT) < 0;
    return run_tool(argv + 1);
}
