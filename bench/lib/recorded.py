# SPDX-License-Identifier: MIT
"""Tables that are kept in the tree: read, written, and compared with what is measured now."""

DRIFT_MOST = 0.03


def read(path):
    """Answers {key: value} and the lines of the comment on top."""
    values, remarks = {}, []
    if not path.exists():
        return values, remarks
    for line in path.read_text().splitlines():
        if line.startswith("#"):
            remarks.append(line[1:].strip())
        elif line.strip():
            key, value = line.split("\t")
            values[key] = float(value)
    return values, remarks


def write(path, values, remarks):
    lines = [f"# {remark}" for remark in remarks]
    lines += [f"{key}\t{show(value)}" for key, value in values.items()]
    path.write_text("\n".join(lines) + "\n")


def compare(now, before, exact):
    """Rows (key, now, recorded, change, remark) and the number of keys that drifted.

    `exact` says whether a key counts: times are shown but never fail.
    """
    rows, drifted = [], 0
    for key, value in now.items():
        old = before.get(key)
        if old is None:
            rows.append([key, show(value), "", "", "new"])
            continue
        change = (value - old) / old if old else float(value != old)
        remark = ""
        if exact(key) and abs(change) > DRIFT_MOST:
            remark, drifted = "DRIFT", drifted + 1
        rows.append([key, show(value), show(old), f"{change * 100:+.1f} %", remark])
    rows += [[key, "", show(before[key]), "", "not measured"] for key in before if key not in now]
    return rows, drifted


def show(value):
    return f"{value:.0f}" if value >= 1000 else f"{value:g}"
