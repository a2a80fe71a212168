/* SPDX-License-Identifier: MIT */
/* support/sfv_through.h: structured fields, read and printed again. */
#ifndef EDO_TESTS_SFV_THROUGH_H
#define EDO_TESTS_SFV_THROUGH_H

#include <edo/http_sfv.h>

/* Appends the field in its one form. Returns 0, or the code of the parser or the printer. */
static inline int sfv_through(edo_sfv_form form, edo_str field, edo_buf *out) {
    edo_sfv_item item;
    edo_str key = { NULL, 0 };
    int got;
    if (form == EDO_SFV_ITEM) {
        got = edo_sfv_item_parse(&item, field);
        return got < 0 ? got : edo_sfv_item_print(&item, out);
    }
    for (;;) {
        got = form == EDO_SFV_LIST ? edo_sfv_list_next(&item, &field)
                                   : edo_sfv_dict_next(&key, &item, &field);
        if (got > 0)
            got = form == EDO_SFV_LIST ? edo_sfv_list_print(&item, out)
                                       : edo_sfv_dict_print(key, &item, out);
        else
            return got;
        if (got < 0) return got;
    }
}

#endif
