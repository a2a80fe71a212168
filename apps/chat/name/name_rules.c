/* SPDX-License-Identifier: MIT */
/* name/name_rules.c: see name_rules.h. ICU works on UTF-16: a name that is longer than a buffer
 * here is longer than a name. */
#include "name/name_rules.h"

#include "text.h"

#include <edo/base.h>

#include <pthread.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uspoof.h>
#include <unicode/ustring.h>

#define MARKS_MAX 4 /* UTS 39, 5.4: of marks that follow each other */

const char name_rules_text[] = "a name is up to 64 bytes of letters and digits of one script, with "
                               "single blanks, ', ., - or _ "
                               "between them";

/* What is made once: the checks of ICU, which any thread may use. NULL: they cannot be made. */
static USpoofChecker *checks;
static pthread_once_t checks_once = PTHREAD_ONCE_INIT;

static void checks_make(void) {
    UErrorCode err = U_ZERO_ERROR;
    USpoofChecker *made = uspoof_open(&err);
    uspoof_setRestrictionLevel(made, USPOOF_HIGHLY_RESTRICTIVE);
    uspoof_setChecks(made,
                     USPOOF_RESTRICTION_LEVEL | USPOOF_INVISIBLE | USPOOF_MIXED_NUMBERS |
                         USPOOF_CONFUSABLE,
                     &err);
    if (U_SUCCESS(err)) checks = made;
}

static const USpoofChecker *checks_of(void) {
    (void)pthread_once(&checks_once, checks_make);
    return checks;
}

/* ---- Forms ----------------------------------------------------------------------------------- */

/* Writes a form of UTF-8 text as UTF-8. Returns false if there is no such form, or no room. */
static bool form_of(const UNormalizer2 *form, UErrorCode err, const char *text, size_t bytes,
                    char out[NAME_BYTES_MAX + 1]) {
    UChar in[2 * NAME_BYTES_MAX], to[2 * NAME_BYTES_MAX];
    int32_t n = 0, out_n = 0;
    u_strFromUTF8(in, EDO_COUNT(in), &n, text, (int32_t)bytes, &err);
    n = unorm2_normalize(form, in, n, to, EDO_COUNT(to), &err);
    if (U_FAILURE(err)) return false;
    u_strToUTF8(out, NAME_BYTES_MAX, &out_n, to, n, &err);
    if (U_FAILURE(err) || out_n == 0 || out_n > NAME_BYTES_MAX) return false;
    out[out_n] = '\0';
    return true;
}

bool name_rules_fold(char out[NAME_BYTES_MAX + 1], const char *text) {
    UErrorCode err = U_ZERO_ERROR;
    const UNormalizer2 *form = unorm2_getNFKCCasefoldInstance(&err);
    return form_of(form, err, text, strlen(text), out);
}

/* ---- Characters ------------------------------------------------------------------------------ */

static bool is_name_mark(UChar32 c) {
    return (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0;
}

static bool is_name_letter(UChar32 c) {
    bool is_seen = !u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT);
    return is_seen && (U_GET_GC_MASK(c) & (U_GC_L_MASK | U_GC_ND_MASK)) != 0;
}

static bool is_name_between(UChar32 c) {
    return c == ' ' || c == '\'' || c == '.' || c == '-' || c == '_' || c == 0x2019 || c == 0xb7;
}

/* Whether the characters may follow each other in a name. */
static bool has_good_order(const char *text) {
    const uint8_t *at = (const uint8_t *)text, *end = at + strlen(text);
    UChar32 c = ' ';
    unsigned marks = 0;
    while (at < end) {
        const UChar32 before = c;
        c = text_next(&at, end);
        marks = is_name_mark(c) ? marks + 1 : 0;
        if (marks > MARKS_MAX || (marks > 0 && is_name_between(before))) return false;
        if (marks > 0 && u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT)) return false;
        if (marks == 0 && !is_name_letter(c) && !is_name_between(c)) return false;
        if (c == ' ' && before == ' ') return false; // also at the beginning
    }
    return c != ' ';
}

/* Old names of ASCII may begin with '_' or '-'. */
static bool has_good_begin(const char *text) {
    return *text != '\'' && *text != '.';
}

bool name_rules_take(name *out, edo_str text) {
    UErrorCode err = U_ZERO_ERROR;
    const UNormalizer2 *nfc = unorm2_getNFCInstance(&err);
    char blanks[2 * NAME_BYTES_MAX], key[NAME_BYTES_MAX + 1];
    const char nbsp[] = "\u00a0";
    size_t n = 0;
    if (text.len == 0 || text.len > sizeof blanks || memchr(text.ptr, '\0', text.len)) return false;
    for (size_t i = 0; i < text.len; n++) {
        bool is_blank = text.len - i > 1 && memcmp(text.ptr + i, nbsp, 2) == 0;
        blanks[n] = is_blank ? ' ' : text.ptr[i];
        i += is_blank ? 2 : 1;
    }
    *out = (name){ "" };
    if (!form_of(nfc, err, blanks, n, out->text)) return false;
    if (!has_good_begin(out->text) || !has_good_order(out->text)) return false;
    if (!name_rules_fold(key, out->text)) return false;
    const USpoofChecker *by = checks_of();
    return by && uspoof_check2UTF8(by, out->text, -1, NULL, &err) == 0 && U_SUCCESS(err);
}

bool name_rules_confuses(const char *a, const char *b) {
    char of_a[NAME_BYTES_MAX + 1], of_b[NAME_BYTES_MAX + 1];
    UErrorCode err = U_ZERO_ERROR;
    const USpoofChecker *by = checks_of();
    if (!name_rules_fold(of_a, a) || !name_rules_fold(of_b, b)) return false;
    if (strcmp(of_a, of_b) == 0) return true;
    return by && uspoof_areConfusableUTF8(by, of_a, -1, of_b, -1, &err) != 0 && U_SUCCESS(err);
}
