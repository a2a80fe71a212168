/* SPDX-License-Identifier: MIT */
/* base/error/error.c: the names and texts of codes: the kernel's, edo's, and those of applications.
 *
 * Domains are in a list that only grows at its head, so readers walk it without a lock. */
#include "base/error/error.h"

#include "base/atomic.h"

#include <edo/error.h>

#include <errno.h>
#include <limits.h>
#include <string.h>

#define ROW(name, value, text) { value, #name, text },
static const edo_error_code own_codes[] = { EDO_ERRORS(ROW) };
#undef ROW

static const char unknown[] = "unknown error";

static edo_atomic_ptr domains; /* atomic: the newest edo_error_domain */

static const edo_error_domain *newest_domain(void) {
    return (const edo_error_domain *)edoi_load_acq_ptr(&domains); // ED2: pairs with ED1
}

static const edo_error_code *error_code_find_in(const edo_error_code *codes, size_t n, int code) {
    for (size_t i = 0; i < n; i++) {
        if (codes[i].code == code) return &codes[i];
    }
    return NULL;
}

static const edo_error_code *find_in_domains(const edo_error_domain *d, int code) {
    for (; d; d = d->next) {
        const edo_error_code *found = error_code_find_in(d->codes, d->codes_n, code);
        if (found) return found;
    }
    return NULL;
}

/* Finds a code other than an errno; `code` is positive. */
static const edo_error_code *find_code(int code) {
    const edo_error_code *found = error_code_find_in(own_codes, EDO_COUNT(own_codes), code);
    return found || code < EDO_ERROR_USER ? found : find_in_domains(newest_domain(), code);
}

/* Accepts codes as returned or as defined; INT_MIN, which has no positive counterpart, has no
 * name. */
static int positive(int code) {
    return code >= 0 ? code : code == INT_MIN ? INT_MAX : -code;
}

const char *edo_strerror(int code) {
    code = positive(code);
    if (code == 0) return "success";
    const edo_error_code *found = find_code(code);
    const char *text = found ? found->text : strerrordesc_np(code);
    return text ? text : unknown;
}

const char *edoi_error_name(int code) {
    code = positive(code);
    if (code == 0) return NULL;
    const edo_error_code *found = find_code(code);
    return found ? found->name : strerrorname_np(code);
}

const char *edo_error_name(int code) {
    if (code == 0) return "0";
    const char *name = edoi_error_name(code);
    return name ? name : unknown;
}

/* Checks a domain against itself and the known ones. */
static int check_domain(const edo_error_domain *d, const edo_error_domain *known) {
    for (const edo_error_domain *k = known; k; k = k->next) {
        if (k == d) return -EEXIST;
    }
    for (size_t i = 0; i < d->codes_n; i++) {
        int code = d->codes[i].code;
        if (code < EDO_ERROR_USER) return -EINVAL;
        if (error_code_find_in(d->codes, i, code) || find_in_domains(known, code)) return -EEXIST;
    }
    return 0;
}

int edo_error_domain_register(edo_error_domain *domain) {
    void *known = edoi_load_acq_ptr(&domains); // ED2
    do {
        int err = check_domain(domain, (const edo_error_domain *)known);
        if (err < 0) return err;
        domain->next = (const edo_error_domain *)known;
    } while (!edoi_cas_acqrel_ptr(&domains, &known, domain)); // ED1: pairs with ED2
    return 0;
}
