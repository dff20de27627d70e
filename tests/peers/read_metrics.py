#!/usr/bin/env python3
"""Reads what a node gives to whoever watches it, by PyPI `prometheus-client`.

Nothing here comes from the Rust code: `specs/metrics.md` was read. Every sample must be
of the kind and have the labels that the document says, and every metric must be there.
What is read is written as JSON: a list of name, labels and value.

Negative control: the text with a line broken in each of three ways must not be read.

Usage: read_metrics.py DOCUMENT < METRICS
"""

import json
import re
import sys

from prometheus_client.parser import text_string_to_metric_families

ROW = re.compile(r"^\| `(\w+)` \| (\w+) \|([^|]*)\|")
# What a histogram adds to its labels.
BUCKET = "le"


def require(holds, what) -> None:
    if not holds:
        sys.exit(f"does not hold: {what}")


def documented(path):
    with open(path, encoding="utf-8") as file:
        rows = [found for line in file if (found := ROW.match(line))]
    return {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in (row.groups() for row in rows)}


def read(text):
    return list(text_string_to_metric_families(text))


def is_read(text) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


def main() -> None:
    rows = documented(sys.argv[1])
    text = sys.stdin.read()
    samples, names = [], set()
    for family in read(text):
        name = family.name + ("_total" if family.type == "counter" else "")
        require(name in rows, f"{name} is documented")
        kind, labels = rows[name]
        require(family.type == kind, f"{name} is a {kind}")
        require(family.documentation, f"{name} is explained")
        names.add(name)
        for sample in family.samples:
            require(set(sample.labels) - {BUCKET} == labels, f"the labels of {name}")
            samples.append([sample.name, sample.labels, sample.value])
    require(names == set(rows), f"all are there: {set(rows) - names}")
    line = f"{samples[0][0]} "
    for broken in [line, f'{samples[0][0]}{{a="b}} 1', f"{line}much"]:
        require(not is_read(f"{text}{broken}\n"), f"a broken line is not read: {broken}")
    print(json.dumps(samples))


if __name__ == "__main__":
    main()
