// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace memqual {

/// RFC 3339 UTC with milliseconds: "2026-11-20T18:24:55.123Z".
std::string now_rfc3339();

/// UUIDv7 (RFC 9562): time-ordered, so runs sort by their ids.
std::string new_run_id();

}  // namespace memqual
