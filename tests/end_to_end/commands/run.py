#!/usr/bin/env python3
"""Runs every case of cases.txt against the built binary. Usage: run.py BINARY SOURCE_FOLDER"""
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile


def main():
    binary, source = os.path.abspath(sys.argv[1]), sys.argv[2]
    here = pathlib.Path(__file__).resolve().parent
    environment = dict(os.environ, GANGLION=binary)
    environment.pop("GANGLION_MAP_KEY", None)
    failed = passed = 0
    with tempfile.TemporaryDirectory() as folder:
        environment["TMP"] = folder
        environment["GANGLION_HOME"] = folder + "/store"
        subprocess.run(["sh", here / "make_fixtures.sh"], env=environment, check=True)
        for line in (here / "cases.txt").read_text().splitlines():
            if not line or line.startswith("#"):
                continue
            code, arguments, expected = (part.strip() for part in line.split(" | ", 2))
            words = [word.replace("$TMP", folder) for word in shlex.split(arguments)]
            run = subprocess.run([binary, *words], cwd=source, env=environment,
                                 stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
            output = (run.stdout + run.stderr).decode(errors="replace")
            if run.returncode == int(code) and expected in output:
                passed += 1
                continue
            failed += 1
            print(f"ganglion {arguments}\n  expected {code}: {expected}\n"
                  f"  found {run.returncode}: {output.strip()[:400]}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
