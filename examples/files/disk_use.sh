# SPDX-License-Identifier: MIT
# Counts what is in a tree, follows no link, leaves .git out; status 0.
exec python3 - "$@" <<'EOF'
import os, subprocess, sys, tempfile

with tempfile.TemporaryDirectory() as folder:
    for name in ("a/b", "a/.git/objects"):
        os.makedirs(os.path.join(folder, name))
    for name in ("one", "a/two", "a/b/three", "a/.git/objects/four"):
        with open(os.path.join(folder, name), "w") as f:
            f.write("x" * 100)
    os.symlink("..", os.path.join(folder, "a/b/up"))
    found = subprocess.run(sys.argv[1:] + [folder], stdout=subprocess.PIPE, text=True, timeout=60)
    assert found.stdout == "3 files, 3 directories, 300 bytes\n", found.stdout
    assert found.returncode == 0
    none = subprocess.run(sys.argv[1:] + [folder + "/none"], stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True)
    assert "/none: " in none.stderr, none.stderr
EOF
