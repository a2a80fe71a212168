/* SPDX-License-Identifier: MIT */
/* value/migration.h: what lists of migrations have in common, whichever database they are for. */
#ifndef EDOI_VALUE_MIGRATION_H
#define EDOI_VALUE_MIGRATION_H

#include <edo/error.h>
#include <edo/sql.h>

#include <errno.h>
#include <inttypes.h>

#define EDOI_MIGRATIONS_TABLE "_edo_migrations"

/* Do versions grow? Returns 0, or -EINVAL with a trail. */
EDOI_INLINE int edoi_migrations_check(const edo_migration *all, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (all[i].version <= 0) return edo_fail(-EINVAL, "a migration has no version");
        if (i > 0 && all[i].version <= all[i - 1].version)
            return edo_fail(-EINVAL, "migration %" PRId64 " is not above the one before it",
                            all[i].version);
    }
    return 0;
}

/* Is it one that is in no transaction? */
EDOI_INLINE bool edoi_migration_is_bare(const edo_migration *x) {
    static const char mark[] = "-- no-transaction";
    return strncmp(x->sql, mark, sizeof mark - 1) == 0;
}

#endif
