// SPDX-License-Identifier: Apache-2.0
// RunRecord <-> JSON. The one stored format; append-only within schema_version 1.
#pragma once

#include <string>
#include <string_view>

#include "scenarios/model/bandwidth_table.h"
#include "scenarios/model/load_line_table.h"
#include "scenarios/model/result.h"
#include "scenarios/model/run_record.h"

namespace memqual {

/// UTF-8 JSON; bytes that are not UTF-8 become U+FFFD. Integers stay integers; byte quantities end
/// in
/// `_bytes`. `indent` < 0: one line.
std::string encode_run_record(const RunRecord& record, int indent = 2);
std::string encode_case_record(const CaseRecord& record, int indent = -1);

/// Accepts what encode wrote, unknown fields included. Errors: not JSON, another schema_version, a
/// field of the wrong type (named by its JSON pointer).
Result<RunRecord> decode_run_record(std::string_view json);
Result<CaseRecord> decode_case_record(std::string_view json);

/// Facts alone, for `doctor --json`.
std::string encode_host_facts(const HostFacts& facts, int indent = 2);
Result<HostFacts> decode_host_facts(std::string_view json);

/// One attempt alone, as another machine sends it.
std::string encode_attempt(const Attempt& attempt, int indent = -1);
Result<Attempt> decode_attempt(std::string_view json);

/// The lines of a run alone, for `loadline --report json=PATH`, and their JSON Schema.
std::string encode_load_line_table(const LoadLineTable& table, int indent = 2);
Result<LoadLineTable> decode_load_line_table(std::string_view json);
std::string load_line_schema();

/// What was measured alone, for `bandwidth --report json=PATH`, and its JSON Schema.
std::string encode_bandwidth_table(const BandwidthTable& table, int indent = 2);
Result<BandwidthTable> decode_bandwidth_table(std::string_view json);
std::string bandwidth_schema();

/// JSON Schema (draft-07) of the report, made from the tables that encode uses.
std::string report_schema();

}  // namespace memqual
