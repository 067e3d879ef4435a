"""Write autodiff/javascript/functions.js: every primitive of the rule table, as JavaScript.

python scripts/make_javascript.py            # write the file
python scripts/make_javascript.py --check    # fail if it is not what the table says
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import autodiff.rules  # noqa: F401 - fills the table
from autodiff.javascript.printing import has_javascript, javascript
from autodiff.primitive import PRIMITIVES

FILE = Path(__file__).parents[1] / "autodiff" / "javascript" / "functions.js"
HEAD = (
    "// Written by scripts/make_javascript.py from the rule table: do not edit.\n"
    "// f_name is a function, d_name its local derivatives, one per variable; null is none.\n\n"
)


def content() -> str:
    """The file as the table has it."""
    own = [each for each in PRIMITIVES.values() if has_javascript(each)]
    return HEAD + "\n".join(javascript(primitive) for primitive in own)


def main() -> int:
    """Write or check the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true")
    wanted = content()
    if parser.parse_args().check:
        return int(FILE.read_text(encoding="utf-8") != wanted)
    FILE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
