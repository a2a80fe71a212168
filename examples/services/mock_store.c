/* SPDX-License-Identifier: MIT */
/* mock_store.c: exercise of chapter 17: code is tested against a store that does what the test
 * says: a miss, then a hit, a reply that comes too late, and a failure. */
#include <edo/edo.h>
#include <edo/test.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

typedef struct store store;

/* Finds the name of a user; -ENOENT: there is none. May await. */
struct store {
    int (*name_of)(store *self, int user, char name[16]);
};

/* ---- The tested code ------------------------------------------------------------------------- */

/* "hello NAME", or "hello stranger" if the store does not know the user in time. */
static int greet(store *s, int user, char text[32]) {
    char name[16];
    EDO_DEADLINE(d, edo_s(1));
    int err = edo_deadline_end(&d, s->name_of(s, user, name));
    if (err == -ENOENT || err == -ETIMEDOUT)
        snprintf(name, sizeof name, "stranger");
    else if (err < 0)
        return edo_fail(err, "the name of user %d", user);
    snprintf(text, 32, "hello %s", name);
    return 0;
}

/* ---- The mock -------------------------------------------------------------------------------- */

/* One expected call, and its reply. */
typedef struct call {
    int user;
    edo_duration delay;
    int result;
    const char *name;
} call;

typedef struct mock {
    store base; /* first */
    const call *calls;
    size_t n, made;
} mock;

static int mock_name_of(store *self, int user, char name[16]) {
    mock *m = (mock *)self;
    EDO_TEST_TRUE(m->made < m->n); // no call that is not expected
    const call *c = &m->calls[m->made++];
    EDO_TEST_EQ(user, c->user);
    int err = edo_sleep(c->delay);
    if (err == 0 && c->result == 0) snprintf(name, 16, "%s", c->name);
    return err < 0 ? err : c->result;
}

static void expect_text(store *s, int user, const char *want) {
    char text[32];
    EDO_TEST_OK(greet(s, user, text));
    EDO_TEST_TRUE(strcmp(text, want) == 0);
}

static int test(void *arg) {
    static const call calls[] = {
        { .user = 1, .result = -ENOENT },
        { .user = 1, .name = "Ada" },
        { .user = 2, .name = "Late", .delay = { 60 * INT64_C(1000000000) } },
        { .user = 3, .result = -EIO },
    };
    char text[32];
    mock m = { .base = { mock_name_of }, .calls = calls, .n = EDO_COUNT(calls) };
    (void)arg;
    expect_text(&m.base, 1, "hello stranger");
    expect_text(&m.base, 1, "hello Ada");
    expect_text(&m.base, 2, "hello stranger"); // a minute that costs nothing
    EDO_TEST_EQ(greet(&m.base, 3, text), -EIO);
    EDO_TEST_EQ(m.made, m.n); // every call was made
    printf("passed\n");
    return 0;
}

int main(void) {
    return edo_main_with(test, NULL, &(edo_runtime_opts){ .start_paused = true });
}
