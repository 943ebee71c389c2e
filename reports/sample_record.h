// SPDX-License-Identifier: Apache-2.0
// An invented run for tests and for looking at reports: every status, every kind of ending,
// matrices, a timeline. Its figures were computed, not measured; its host does not exist.
#pragma once

#include "scenarios/model/run_record.h"

namespace memqual {

RunRecord sample_record();

/// Cases on machines of the lab, in each way that their picture shows: granted, refused, killed,
/// not run; as predicted, left open, and a miss. One machine did not boot.
RunRecord lab_record();

/// A record whose every text is hostile: markup, escapes, NUL, bytes that are not UTF-8, overrides
/// of the writing direction, a megabyte of output.
RunRecord hostile_record();

/// `cases` passing and failing cases with full timelines, to measure the size of reports.
RunRecord large_record(std::size_t cases);

}  // namespace memqual
