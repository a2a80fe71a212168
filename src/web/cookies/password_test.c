/* SPDX-License-Identifier: MIT */
/* Goal: a password is known by its hash, and nothing else is; hashes are those of others; a hash
 * that is none is told.
 * Method: small costs; a hash that Python's hashlib has made; one allocation after the other
 * fails. examples/larger/accounts.sh has a login of a name that nobody has, which costs more. */
#include "fail_alloc.h"
#include "inside.h"
#include "web/cookies/crypto.h"

#include <edo/edo.h>
#include <edo/password.h>

#include <errno.h>
#include <string.h>

static const edo_password_opts cheap = { .log2_n = 4, .r = 1, .p = 1 };

/* hashlib.scrypt(b"correct horse", salt=bytes(range(16)), n=16, r=8, p=1, dklen=32) */
#define TAIL      "Q7EcH175P/kcU7JE2HRU+qTRrq/BS6UbCRYPdBaC5y8"
#define OF_PYTHON "$scrypt$ln=4,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$" TAIL

static bool skips(void) {
    if (edoi_crypto_is_there()) return false;
    print_message("built without libcrypto: not tested\n");
    skip();
    return true;
}

static int knows(void *arg) {
    char hash[EDO_PASSWORD_HASH_BYTES], other[EDO_PASSWORD_HASH_BYTES];
    (void)arg;
    CHECK_EQ(edo_password_hash(hash, "correct horse", &cheap), 0);
    CHECK_EQ(memcmp(hash, "$scrypt$ln=4,r=1,p=1$", 21), 0);
    CHECK_EQ(edo_password_check(hash, "correct horse"), 0);
    CHECK_EQ(edo_password_check(hash, "correct horses"), -EACCES);
    CHECK_EQ(edo_password_check(hash, ""), -EACCES);
    CHECK_EQ(edo_password_hash(other, "correct horse", &cheap), 0);
    CHECK(strcmp(hash, other) != 0); // the salt is another one
    CHECK_EQ(edo_password_check(OF_PYTHON, "correct horse"), 0);
    CHECK_EQ(edo_password_check(OF_PYTHON, "wrong horse"), -EACCES);
    return 0;
}

static void password_is_known_by_its_hash(void **state) {
    (void)state;
    if (skips()) return;
    assert_int_equal(inside_real(knows, NULL), 0);
}

static int tells(void *arg) {
    static const char *const bad[] = {
        "x",
        "$scrypt$",
        "$2b$12$abcdefghijklmnopqrstuv",
        "$scrypt$ln=4,r=1,p=1$AAECAwQFBgcICQoLDA0ODw",
        "$scrypt$ln=4,r=1,p=1$AAECAwQFBgcICQoLDA0OD$AAAA",
        "$scrypt$ln=0,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$" TAIL,
        "$scrypt$ln=21,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$" TAIL,
        "$scrypt$ln=20,r=32,p=1$AAECAwQFBgcICQoLDA0ODw$" TAIL,
        "$scrypt$ln=16,r=1,p=1$AAECAwQFBgcICQoLDA0ODw$" TAIL,
        "$scrypt$ln=4,r=8,p=17$AAECAwQFBgcICQoLDA0ODw$" TAIL,
        "$scrypt$ln=4,r=8,p=1,x=1$AAECAwQFBgcICQoLDA0ODw$" TAIL,
        "$scrypt$r=8,ln=4,p=1$AAECAwQFBgcICQoLDA0ODw$" TAIL,
        "$scrypt$ln=99999999999,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$" TAIL,
        OF_PYTHON "A",
        OF_PYTHON "=",
    };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(bad); i++)
        CHECK_EQ(edo_password_check(bad[i], "correct horse"), -EBADMSG);
    edo_trail_clear();
    return 0;
}

static void text_that_is_no_hash_is_told(void **state) {
    (void)state;
    if (skips()) return;
    assert_int_equal(inside_real(tells, NULL), 0);
}

static void costs_beyond_the_limits_are_refused(void **state) {
    static const edo_password_opts bad[] = {
        { .log2_n = 21 },
        { .r = 33 },
        { .p = 17 },
        { .log2_n = 19, .r = 8 }, // 512 MiB
        { .log2_n = 16, .r = 1 },
        { .log2_n = 4, .reserved = { 0, 1 } },
    };
    char hash[EDO_PASSWORD_HASH_BYTES] = "as it was";
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        assert_int_equal(edo_password_hash(hash, "p", &bad[i]), -EINVAL);
        assert_string_equal(hash, "as it was");
    }
    edo_trail_clear();
}

static int without_memory(void *arg) {
    int err = -ENOMEM;
    (void)arg;
    for (int k = 1; err < 0; k++) {
        char hash[EDO_PASSWORD_HASH_BYTES] = "as it was";
        fail_alloc_in = k;
        err = edo_password_hash(hash, "p", &cheap);
        if (err == 0) err = edo_password_check(hash, "p");
        bool has_failed = fail_alloc_in == 0;
        fail_alloc_in = 0;
        // without memory the pool has no thread: -EAGAIN
        CHECK(has_failed ? err == -ENOMEM || err == -EAGAIN : err == 0);
    }
    edo_trail_clear();
    return 0;
}

static void hash_without_memory_is_no_hash(void **state) {
    (void)state;
    if (skips()) return;
    assert_int_equal(inside_real(without_memory, NULL), 0);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(password_is_known_by_its_hash),
        cmocka_unit_test(text_that_is_no_hash_is_told),
        cmocka_unit_test(costs_beyond_the_limits_are_refused),
        cmocka_unit_test(hash_without_memory_is_no_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
