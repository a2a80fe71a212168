/* SPDX-License-Identifier: MIT */
/* web/static/condition.c: see condition.h. A malformed field counts as absent, and so does a date
 * if that of the file is unknown; only a malformed If-Range does not hold. */
#include "web/static/condition.h"

static bool condition_is_there(const edo_headers *h, edo_header_id id) {
    return edo_headers_get(h, id).ptr != NULL;
}

/* Does one of the fields have the tag, or "*", which stands for any version? */
static bool matches(const edo_headers *h, edo_header_id id, const edo_etag *tag, bool is_strong) {
    for (const edo_header *f = NULL; (f = edo_headers_next(h, f, id));) {
        if (edo_str_equal(f->value, EDO_STR("*"))) return true;
        if (tag->opaque.len == 0) continue;
        if (is_strong ? edo_etag_in_list_strong(tag, f->value) : edo_etag_in_list(tag, f->value))
            return true;
    }
    return false;
}

/* Is there a date that can be compared with that of the file? */
static bool get_date(int64_t *out, const edo_headers *h, edo_header_id id,
                     const edoi_static_version *v, int64_t now) {
    edo_str text = edo_headers_get(h, id);
    return v->modified_s >= 0 && text.ptr && edo_http_date_parse(out, text, now) == 0;
}

edo_status edoi_static_condition(const edo_headers *h, const edoi_static_version *v, int64_t now) {
    int64_t date;
    if (condition_is_there(h, EDO_HEADER_IF_MATCH)) {
        if (!matches(h, EDO_HEADER_IF_MATCH, &v->tag, true)) return EDO_STATUS_PRECONDITION_FAILED;
    } else if (get_date(&date, h, EDO_HEADER_IF_UNMODIFIED_SINCE, v, now) && v->modified_s > date) {
        return EDO_STATUS_PRECONDITION_FAILED;
    }
    if (condition_is_there(h, EDO_HEADER_IF_NONE_MATCH)) {
        bool is_same = matches(h, EDO_HEADER_IF_NONE_MATCH, &v->tag, false);
        return is_same ? EDO_STATUS_NOT_MODIFIED : EDO_STATUS_OK;
    }
    bool is_old = get_date(&date, h, EDO_HEADER_IF_MODIFIED_SINCE, v, now) && v->modified_s <= date;
    return is_old ? EDO_STATUS_NOT_MODIFIED : EDO_STATUS_OK;
}

#define STRONG_S 60 /* age of a change, in seconds, from which on its date is a strong validator */

/* Returns the date for a comparison that has to be strong; -1: it is none. A file that has changed
 * may change again in that second, and clocks of machines differ. A client that has fetched it
 * before then has another file of this date (RFC 9110 section 8.8.2.2). */
static int64_t strong_date(const edoi_static_version *v, int64_t now) {
    return v->modified_s <= now - STRONG_S ? v->modified_s : -1;
}

bool edoi_static_range_holds(const edo_headers *h, const edoi_static_version *v, int64_t now) {
    const edo_header *f = edo_headers_next(h, NULL, EDO_HEADER_IF_RANGE);
    edo_if_range wanted;
    if (!f) return true;
    if (edo_headers_next(h, f, EDO_HEADER_IF_RANGE)) return false; // of which version?
    if (edo_if_range_parse(&wanted, f->value, now) < 0) return false;
    return edo_if_range_holds(&wanted, v->tag.opaque.len > 0 ? &v->tag : NULL, strong_date(v, now));
}
