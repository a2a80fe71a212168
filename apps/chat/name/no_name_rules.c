/* SPDX-License-Identifier: MIT */
/* name/no_name_rules.c: names of people without ICU: of ASCII, as those of rooms. */
#include "name/name_rules.h"
#include "text.h"

#include <string.h>

const char name_rules_text[] = "a name is 1 to 64 letters of ASCII, digits, '_' or '-'";

bool name_rules_take(name *out, edo_str text) {
    if (text.len == 0 || text.len > NAME_BYTES_MAX) return false;
    for (size_t i = 0; i < text.len; i++)
        if (!name_has_byte(text.ptr[i])) return false;
    *out = (name){ "" };
    memcpy(out->text, text.ptr, text.len);
    return true;
}

bool name_rules_fold(char out[NAME_BYTES_MAX + 1], const char *text) {
    size_t i = 0;
    for (; text[i]; i++) out[i] = text_lower(text[i]);
    out[i] = '\0';
    return true;
}

bool name_rules_confuses(const char *a, const char *b) {
    return strlen(a) == strlen(b) && text_begins(a, b);
}
