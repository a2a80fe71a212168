/* SPDX-License-Identifier: MIT */
/* story.c: an error that tells its story, from the place where it happened to whoever prints it. */
#include <edo/edo.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { EAPP_PORT = EDO_ERROR_USER + 1 };
static const edo_error_code codes[] = {
    { EAPP_PORT, "EAPP_PORT", "the port is not a number from 1 to 65535" },
};
static edo_error_domain domain = { .name = "app", .codes = codes, .codes_n = EDO_COUNT(codes) };

typedef struct where {
    int line;
} where;

static int parse_port(const char *text, int line) {
    int port;
    if (sscanf(text, "port = %d", &port) == 1 && port >= 1 && port <= 65535) return port;
    return edo_fail_with(-EAPP_PORT, &(where){ line }, "line %d: \"%s\"", line, text);
}

static int load(void *arg) {
    static const char *const file[] = { "name = chat", "port = 70000" };
    for (size_t i = 0; i < EDO_COUNT(file); i++) {
        if (strncmp(file[i], "port", 4) != 0) continue;
        int port = parse_port(file[i], (int)i + 1);
        return port < 0 ? edo_fail(port, "in %s", (const char *)arg) : port;
    }
    return -ENOENT;
}

static int start(void *arg) {
    edo_task *t = edo_spawn(load, arg); // it fails in another task …
    int port = edo_task_join(t);        // … and its story moves here
    return port < 0 ? edo_fail(port, "starting the server") : 0;
}

/* Called for each line of the story, the outermost first; one of them carries the place. */
static int show_place(void *arg, const edo_trail_entry *entry) {
    (void)arg;
    const where *place = entry->payload;
    if (place) printf("so an editor would open line %d\n", place->line);
    return 0;
}

static int root(void *arg) {
    (void)arg;
    int err = edo_error_domain_register(&domain);
    if (err < 0) return err;
    static char path[] = "chat.conf";
    err = start(path);
    edo_trail_print(stdout, err, EDO_TRAIL_LINE);

    return edo_trail_each(show_place, NULL);
}

int main(void) {
    return edo_main(root, NULL);
}
