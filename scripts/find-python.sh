#!/usr/bin/env bash
# Prints the first Python that is new enough; prints nothing, and says so, when there is none.
for name in python3 python3.14 python3.13 python3.12 python3.11 python; do
  if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    command -v "$name"
    exit
  fi
done
echo "Doorstep needs Python 3.11 or newer as python3. 需要 Python 3.11 或更新版本。" >&2
exit 1
