# SPDX-License-Identifier: MIT
"""Sentences that are so or not, as TAP."""
import sys

number = failed = 0


def check(sentence, is_so, found=""):
    global number, failed
    number += 1
    failed += not is_so
    print(f"{'ok' if is_so else 'not ok'} {number} - {sentence}")
    if not is_so:
        print("".join(f"# {line}\n" for line in str(found).splitlines()[:8]), end="", file=sys.stderr)


def end():
    print(f"1..{number}")
    sys.exit(failed > 0)
