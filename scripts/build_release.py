#!/usr/bin/env python3
"""Build what an index takes, a wheel and the sources, and check it (needs: build, twine).

python scripts/build_release.py [FOLDER] [--tag v0.1.0]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str] | None = None) -> None:
    """Build into the folder; a tag that is not the version of the package ends it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "dist")
    parser.add_argument("--tag", help="the tag of the release, which must be v and the version")
    options = parser.parse_args(arguments)
    build = [sys.executable, "-m", "build", "--outdir", str(options.folder), str(ROOT)]
    subprocess.run(build, check=True)
    files = sorted(map(str, options.folder.iterdir()))
    subprocess.run([sys.executable, "-m", "twine", "check", "--strict", *files], check=True)
    (wheel,) = options.folder.glob("*.whl")
    version = wheel.name.split("-")[1]
    if options.tag is not None and options.tag != f"v{version}":
        sys.exit(f"the tag is {options.tag}, and the version of the package {version}")
    print("\n".join(files))


if __name__ == "__main__":
    main()
