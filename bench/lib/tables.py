# SPDX-License-Identifier: MIT
"""Tables as text for a terminal and as Markdown."""


def as_text(head, body):
    """Columns padded to their widest cell; columns that are empty in every row are left out."""
    used = [i for i in range(len(head)) if any(row[i] for row in body)]
    lines = [[head[i] for i in used]] + [[row[i] for i in used] for row in body]
    widths = [max(len(line[i]) for line in lines) for i in range(len(used))]
    out = []
    for line in lines:
        cells = [line[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(line[1:], widths[1:])]
        out.append("  ".join(cells).rstrip())
    return "\n".join(out)


def as_markdown(head, body):
    used = [i for i in range(len(head)) if any(row[i] for row in body)]
    out = ["| " + " | ".join(head[i] for i in used) + " |"]
    out.append("|" + "|".join("---" if n == 0 else "---:" for n in range(len(used))) + "|")
    out += ["| " + " | ".join(row[i] for i in used) + " |" for row in body]
    return "\n".join(out)
