/* SPDX-License-Identifier: MIT */
/* name/name_rules.h: what a person's name may be, by Unicode's rules; of ICU. Without that library
 * no_name_rules.c has names of ASCII alone.
 *
 * All functions: any thread, at once. */
#ifndef CHAT_NAME_RULES_H
#define CHAT_NAME_RULES_H

#include "name/name.h"

/* What a person should know of the rules. */
extern const char name_rules_text[];

/* Writes the name in its normal form (NFC) and returns true, or false if it is none. A name has
 * letters, marks and digits of one script, or of those that are written together (UTS 39, "highly
 * restrictive"), and between them single blanks, "'", U+2019, '.', '-', '_' and U+00B7. It begins
 * with a letter or a digit; at most four marks follow each other. So it has nothing that is not
 * seen, no control characters or marks of direction, and what separates names in a line is in no
 * name. */
bool name_rules_take(name *out, edo_str text);

/* Writes what all forms of a name have in common: NFKC_Casefold of Unicode. Returns false if that
 * is longer than a name, or if `text` is not UTF-8. */
bool name_rules_fold(char out[NAME_BYTES_MAX + 1], const char *text);

/* Whether a reader may take one for the other (UTS 39, skeletons). */
bool name_rules_confuses(const char *a, const char *b);

#endif
