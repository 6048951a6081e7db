"""What make builds again: a change of anything that the PWA's build reads."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Tests and the settings of git and npm are not in what is built.
NOT_BUILT = re.compile(r"pwa/test/|pwa/(?:[^/]+/)*\.[^/]+$")
OUTSIDE = re.compile(r"""(?:from|import)\s*\(?\s*['"]((?:\.\./)+[^'"]*)['"]""")


def _tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z", "pwa"], cwd=ROOT, capture_output=True, check=True, text=True)
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def _read_by_the_build() -> set[str]:
    """The PWA's own files, and what they import from beside it."""
    own = {name for name in _tracked() if not NOT_BUILT.search(name)}
    found = set(own)
    for name in own:
        if name.endswith((".ts", ".tsx", ".mjs")):
            for path in OUTSIDE.findall((ROOT / name).read_text("utf-8")):
                target = (ROOT / name).parent.joinpath(path).resolve()
                if target.is_file() and not target.is_relative_to(ROOT / "pwa"):
                    found.add(str(target.relative_to(ROOT)))
    return found


def test_make_builds_the_pwa_again_when_anything_it_reads_has_changed() -> None:
    shown = subprocess.run(
        ["make", "-s", "-f", "-", "shown"],
        input="include Makefile\nshown:\n\t@echo $(PWA_SOURCES)\n",
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    read = _read_by_the_build()
    assert {"schemas/codes.json", "schemas/services.json", "pwa/tools/compress.mjs"} <= read
    assert read - set(shown.stdout.split()) == set()
