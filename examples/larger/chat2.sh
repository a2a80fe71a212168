# SPDX-License-Identifier: MIT
# Talks to the server as two guests would, and ends it by SIGTERM.
exec python3 "$(dirname "$0")/chat_talk.py" 2 "$@"
