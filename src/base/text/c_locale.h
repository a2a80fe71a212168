/* SPDX-License-Identifier: MIT */
/* base/text/c_locale.h: the "C" locale, for this thread, around what else depends on the program's:
 * the decimal point of libc, the language in which a library says what is wrong. Inline, for the
 * libraries that see only the public functions of libedo.
 *
 *     locale_t before = edoi_c_locale_begin();
 *     …                                            // nothing that awaits
 *     edoi_c_locale_end(before);
 *
 * It costs some nanoseconds and needs no memory: libc has this locale in any case. */
#ifndef EDOI_BASE_TEXT_C_LOCALE_H
#define EDOI_BASE_TEXT_C_LOCALE_H

#include <edo/base.h>

#include <locale.h>

EDOI_INLINE locale_t edoi_c_locale_begin(void) {
    return uselocale(newlocale(LC_ALL_MASK, "C", (locale_t)0));
}

EDOI_INLINE void edoi_c_locale_end(locale_t before) {
    (void)uselocale(before);
}

#endif
