# SPDX-License-Identifier: MIT
"""Changes that tools/mutate does not count, since no test could see them, each with its reason: by file, kind (drop or invert)
and what stands there on one line. They survive lines that move, and not a change of the place itself."""

EQUIVALENT = {
}
