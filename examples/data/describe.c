/* SPDX-License-Identifier: MIT */
/* A struct described once: printed, checked, and read from a query, by the same table. */
#include <edo/config.h>
#include <edo/error.h>

#include <stdio.h>

typedef enum { PLAN_FREE, PLAN_PAID } plan;
EDO_DESCRIBE_ENUM(plan, EDO_UNIT(PLAN_FREE, "free"), EDO_UNIT(PLAN_PAID, "paid"))

typedef struct {
    edo_str street, town;
} address;
EDO_DESCRIBE(address, EDO_FIELD(address, street), EDO_FIELD(address, town, .min_len = 1))

typedef struct {
    edo_str name, password;
    uint8_t age;
    plan plan;
    edo_str *tags;
    size_t tags_n;
    address home;
} user;
EDO_DESCRIBE(user, EDO_FIELD(user, name, .min_len = 1, .max_len = 64, .pattern = "[a-z][a-z0-9_]*"),
             EDO_FIELD(user, password, .min_len = 8, .secret = true),
             EDO_FIELD(user, age, .min = 18, .max = 150),
             EDO_FIELD_OF(user, plan, plan_desc, .preset = "free"),
             EDO_FIELD_LIST(user, tags, tags_n, .max_len = 3),
             EDO_FIELD_OF(user, home, address_desc))

/* Prints a user; the password is not shown. */
static int print_user(const user *u) {
    edo_buf text = { 0 };
    int err = edo_value_print(&text, u, &user_desc);
    if (err == 0) printf("%.*s\n", (int)text.len, text.ptr);
    edo_buf_deinit(&text);
    return err;
}

static void print_fault(void *arg, const char *path, const char *wants) {
    (void)arg;
    printf("  %s %s\n", path, wants);
}

/* Checks a user that the program has made itself. */
static void check_user(void) {
    const user wrong = { .name = EDO_STR("Ann"), .age = 17, .password = EDO_STR("secret") };
    puts("what is wrong:");
    int err = edo_value_check(&wrong, &user_desc, print_fault, NULL);
    edo_trail_print(stdout, err, EDO_TRAIL_LINE);
    edo_trail_clear();
}

/* Reads users from queries; what each needs is the arena's. */
static int read_users(edo_arena *arena) {
    static const char *const queries[] = {
        ("name=ann&password=open%20sesame&age=42&plan=paid&tags=a&tags=b&home.street=1+Hill&home."
         "town=X"),
        "name=bob&password=password&age=7&home.street=&home.town=X",
        "name=bob&password=password&age=70&home.street=",
    };
    const edo_config_opts opts = { .arena = arena };
    for (size_t i = 0; i < EDO_COUNT(queries); i++) {
        user u;
        int err = edo_query_decode(&u, &user_desc, edo_str_of(queries[i]), &opts);
        if (err == 0) err = print_user(&u);
        if (err == -ENOMEM) return err;
        if (err < 0) edo_trail_print(stdout, err, EDO_TRAIL_LINE);
        edo_trail_clear();
        edo_arena_reset(arena); // all of this user at once
    }
    return 0;
}

int main(void) {
    edo_arena arena = { 0 };
    check_user();
    int err = read_users(&arena);
    edo_arena_deinit(&arena);
    return err < 0;
}
