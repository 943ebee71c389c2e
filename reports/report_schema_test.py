# SPDX-License-Identifier: Apache-2.0
"""Holds encoded reports against the published schema with an independent validator, and damaged
reports too, which it has to refuse. Usage: report_schema_test.py PATH_OF_report_sample"""

import copy
import json
import subprocess
import sys

try:
    import jsonschema
except ImportError:
    print("SKIPPED: the Python package jsonschema is missing; "
          "sudo apt-get install python3-jsonschema")
    sys.exit(77)


def sample(*what):
    run = subprocess.run([sys.argv[1], *what], check=True, stdout=subprocess.PIPE)
    return json.loads(run.stdout.decode("utf-8"))


def place(document, path):
    for key in path[:-1]:
        document = document[key]
    return document, path[-1]


def damaged(record, path, value):
    record = copy.deepcopy(record)
    holder, key = place(record, path)
    assert key in holder if isinstance(holder, dict) else key < len(holder), path
    if value is REMOVED:
        del holder[key]
    else:
        holder[key] = value
    return record


REMOVED = object()
OBSERVATION = ["cases", 0, "attempts", 0, "observation"]
DAMAGES = [
    (["schema_version"], 2),
    (["schema_version"], REMOVED),
    (["run_id"], REMOVED),
    (["run_id"], 7),
    (["complete"], "yes"),
    (["duration_ms"], -1),
    (["duration_ms"], 1.5),
    (["notes"], "a note"),
    (["host", "mem_total_bytes"], 4096),
    (["host", "mem_total_bytes", "value"], "4096"),
    (["host", "mem_total_bytes", "value"], -1),
    (["host", "mem_total_bytes", "source"], REMOVED),
    (["host", "programs", "python3"], "yes"),
    (["cases"], {}),
    (["cases", 0, "hash"], REMOVED),
    (["cases", 0, "tags", 0], None),
    (["cases", 0, "verdict"], REMOVED),
    (["cases", 0, "verdict", "status"], "GOOD"),
    (["cases", 0, "verdict", "checks", 0, "ok"], 1),
    (["cases", 0, "origin"], "a.yaml:1:2"),
    (["cases", 0, "parameters", 0, "name"], REMOVED),
    (OBSERVATION + ["ending", "outcome"], "exploded"),
    (OBSERVATION + ["ending"], REMOVED),
    (OBSERVATION + ["steps", 0, "state"], "started"),
    (OBSERVATION + ["steps", 0, "granted_bytes"], "1 GiB"),
    (OBSERVATION + ["rss_peak_bytes"], 7),
]


def main():
    schema = sample("schema")
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    record = sample("json")
    problems = []
    for what in ("sample", "lab", "hostile"):
        for error in validator.iter_errors(sample("json", what)):
            problems.append("%s is refused at %s: %s" % (what, list(error.path), error.message))
    later = copy.deepcopy(record)
    later["field_of_a_later_version"] = later["cases"][0]["another"] = {"x": 1}
    if not validator.is_valid(later):
        problems.append("unknown fields are refused")
    for path, value in DAMAGES:
        if validator.is_valid(damaged(record, path, value)):
            shown = "removed" if value is REMOVED else repr(value)
            problems.append("not refused: %s = %s" % (path, shown))
    for problem in problems:
        print("FAIL:", problem)
    print("%d damaged records, %d problems" % (len(DAMAGES), len(problems)))
    return 1 if problems else 0


sys.exit(main())
