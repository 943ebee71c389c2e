// SPDX-License-Identifier: Apache-2.0
// A Case: one cell of a scenario's matrix, complete in itself, the same on every machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scenarios/model/environment.h"
#include "scenarios/model/expectation.h"
#include "scenarios/model/expression.h"
#include "scenarios/model/workload.h"

namespace memqual {

/// Where in a YAML file something was said. Lines and columns count from 1; 0 = unknown.
struct Origin {
  std::string file;
  int line = 0;
  int column = 0;
  bool operator==(const Origin&) const = default;
};
/// "file:line:column"
std::string to_string(const Origin& origin);

/// One matrix parameter of a case: axis name and the value as text.
struct Parameter {
  std::string name;
  std::string value;
  bool operator==(const Parameter&) const = default;
};

struct Case {
  /// "zeros_352gb[mode=never,api=mmap]-1a2b3c4d": readable, and the hash below. Unique in a run.
  std::string id;
  /// 8 hex digits over the expanded cell (name, parameters, environment, workload; not the
  /// expectation, not the file), so that history follows a case across machines and edits of its
  /// text.
  std::string hash;
  /// The hash it is chosen by, where that is another one: a case made of one for `nodes: each`.
  std::string chosen_by;
  std::string scenario;  ///< [A-Za-z0-9_.-]+, at most 100 characters
  std::string summary;
  std::string source;  ///< the text the claim was taken from; may be empty
  Origin origin;
  std::vector<std::string> tags;
  std::vector<Parameter> parameters;
  std::vector<Expression> requires_;  ///< false or unknown on this host -> UNSUPPORTED
  std::optional<Expression> when;     ///< false -> SKIP
  Environment environment;
  std::vector<WorkloadStep> workload;
  Expectation expect;
  std::optional<ExpectedFailure> xfail;
  std::uint64_t timeout_ms = 60000;
  std::uint32_t repeat = 1;
  /// Where each effective setting comes from ("environment.overcommit.memory" -> file:line:column),
  /// for `explain`.
  std::vector<std::pair<std::string, Origin>> origins;
};

/// The readable form of the cell without the hash: "zeros_352gb[mode=never,api=mmap]".
std::string display_name(const Case& test_case);

/// Canonical text of what the case does: the input of the hash. Grows only by fields that differ
/// from their default, so that new features keep old hashes.
std::string canonical_cell(const Case& test_case);
/// 8 lower-case hex digits of FNV-1a 64 folded to 32 bits.
std::string hash8(const std::string& text);
/// Sets hash and id from the other fields.
void set_identity(Case& test_case);

}  // namespace memqual
