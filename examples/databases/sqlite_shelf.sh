# SPDX-License-Identifier: MIT
# What was written is there after a restart; so it is in the copy.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$@" "$dir/shelf.db" "$dir/copy.db" >"$dir/said"
diff - "$dir/said" <<'END'
2 new migrations
there already: UNIQUE constraint failed: book.title
Grace has to wait
1 Middlemarch, Ada
2 it's "quoted"; drop table book --, here
3 Volume 1, here
1002 books
END
"$@" "$dir/copy.db" "$dir/shelf.db" >"$dir/said"
diff - "$dir/said" <<'END'
0 new migrations
there already: UNIQUE constraint failed: book.title
there already: UNIQUE constraint failed: book.title
Ada has to wait
Grace has to wait
1 Middlemarch, Ada
2 it's "quoted"; drop table book --, here
3 Volume 1, here
1002 books
END
