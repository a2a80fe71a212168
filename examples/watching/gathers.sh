# SPDX-License-Identifier: MIT
# What is open is told by kind, and by what made it.
set -eu
said=$("$@")
for line in '  1,000 x task wait_for_farewell at .*gathers.c:[0-9]*$' '  1 x mpsc made at .*, 1,000 values$' \
    '  [0-9]* x other descriptor$'; do
    echo "$said" | grep -q "$line" || { echo "no '$line' in"; echo "$said"; exit 1; }
done
