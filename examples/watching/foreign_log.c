/* SPDX-License-Identifier: MIT */
/* foreign_log.c: a library that has a log of its own: what it says becomes events of edo's log,
 * with the span and the task it is said in; and warnings of the program go to its log, too. */
#include <edo/edo.h>

#define EDO_TARGET "shop"
#include <edo/receiver.h>
#include <edo/span.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- The library ----------------------------------------------------------------------------- */

enum { FOREIGN_ERROR = 3, FOREIGN_WARNING, FOREIGN_INFO = 6, FOREIGN_DEBUG };

typedef void foreign_hook(int priority, const char *module, const char *text);
static foreign_hook *hook;

static void foreign_log(int priority, const char *module, const char *text) {
    printf("its log: <%d> %s: %s\n", priority, module, text);
    if (hook) hook(priority, module, text);
}

static void foreign_parse(const char *text) {
    if (*text != '{') foreign_log(FOREIGN_WARNING, "parser", "this is no object");
}

#define OURS "shop" /* what its log has of ours */

/* ---- From it to edo -------------------------------------------------------------------------- */

#define FROM_FOREIGN(level) edo_log_event(level, "foreign", (EDO_KV("module", module)), "%s", text)

/* A level is a constant of the place: one that is off costs a load and a branch. */
static void from_foreign(int priority, const char *module, const char *text) {
    if (strcmp(module, OURS) == 0) return; // it has come from here
    if (priority <= FOREIGN_ERROR)
        FROM_FOREIGN(EDO_LEVEL_ERROR);
    else if (priority == FOREIGN_WARNING)
        FROM_FOREIGN(EDO_LEVEL_WARN);
    else if (priority <= FOREIGN_INFO)
        FROM_FOREIGN(EDO_LEVEL_INFO);
    else
        FROM_FOREIGN(EDO_LEVEL_DEBUG);
}

/* ---- From edo to it -------------------------------------------------------------------------- */

static void to_foreign(void *arg, const edo_event *e) {
    (void)arg;
    int priority = e->site->level == EDO_LEVEL_ERROR ? FOREIGN_ERROR : FOREIGN_WARNING;
    foreign_log(priority, OURS, e->message.ptr);
}

static int root(void *arg) {
    static const edo_receiver_ops ops = { .event = to_foreign };
    const edo_receiver_opts wanted = { .filter = "shop=warn" };
    edo_receiver *r;
    (void)arg;
    int err = edo_log_add(&r, &ops, NULL, &wanted);
    if (err < 0) return err;
    hook = from_foreign;
    EDO_SPAN(order, edo_info_span("order", EDO_KV("customer", 7)));
    foreign_parse("[]");
    edo_warn("the order is malformed");
    edo_info("the next one, please"); // below what the receiver wants
    edo_log_remove(r);
    return 0;
}

int main(void) {
    const edo_log_opts log = { .fd = STDOUT_FILENO, .no_time = true, .at_once = true };
    setvbuf(stdout, NULL, _IONBF, 0);
    if (edo_log_start(&log) < 0) return 1;
    return edo_main(root, NULL);
}
