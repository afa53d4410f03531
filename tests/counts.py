"""Reads what test runners printed; prints "PASSED FAILED", the sums of their closing lines (nextest's, cargo test's)."""
import re
import sys

NEXTEST = re.compile(r"^\s*Summary \[.*?\] .*? run: (.*)$")
CARGO_TEST = re.compile(r"^test result: \w+\. (\d+) passed; (\d+) failed;")


def counts(lines):
    passed = failed = 0
    for line in lines:
        summary, result = NEXTEST.match(line), CARGO_TEST.match(line)
        if summary:
            numbers = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|timed out|exec failed)", summary[1])}
            passed += numbers.pop("passed", 0)
            failed += sum(numbers.values())
        elif result:
            passed, failed = passed + int(result[1]), failed + int(result[2])
    return passed, failed


if __name__ == "__main__":
    print(*counts(sys.stdin))
