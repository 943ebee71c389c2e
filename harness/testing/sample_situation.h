// SPDX-License-Identifier: Apache-2.0
// The laptop of sample_case.h with everything that the oracle asks about.
#pragma once

#include "harness/oracle/oracle.h"
#include "harness/testing/sample_case.h"

namespace memqual::testing {

/// 8 GiB of RAM, 6 GiB of it available, 2 GiB of swap, 1 GiB of 6 committed; no limits, and a user
/// who may do nothing special. The baseline is the assumed one.
inline oracle::Situation laptop_situation(std::uint64_t mode = 0) {
  oracle::Situation situation;
  HostFacts& facts = situation.facts;
  facts = laptop();
  const std::string source = "a laptop that does not exist";
  facts.arch.set("x86_64", source);
  facts.huge_page_size_bytes.set(2 * kMiB, source);
  facts.swap_free_bytes.set(2 * kGiB, source);
  facts.commit_limit_bytes.set(6 * kGiB, source);
  facts.committed_as_bytes.set(kGiB, source);
  facts.max_map_count.set(65530, source);
  facts.thp.set("madvise", source);
  facts.cap_sys_admin.set(false, source);
  facts.cap_ipc_lock.set(false, source);
  facts.overcommit_memory.set(mode, source);
  return situation;
}

/// The same, where the process was asked what it owns.
inline oracle::Situation measured_situation(std::uint64_t mode = 0) {
  oracle::Situation situation = laptop_situation(mode);
  ProcessBaseline& baseline = situation.baseline;
  baseline.vsz_bytes = 3 * kMiB + 4096;
  baseline.data_bytes = 512 * kKiB + 4096;
  baseline.map_count = 30;
  baseline.slack_bytes = baseline.slack_maps = 0;
  baseline.source = "measured by a test";
  return situation;
}

/// An M1 with 8 GB, 2 GiB of them available.
inline oracle::Situation mac_situation() {
  oracle::Situation situation;
  HostFacts& facts = situation.facts;
  facts.os.set("macos", "test");
  facts.arch.set("arm64", "test");
  facts.kernel_version.set(22005, "test");
  facts.page_size_bytes.set(16384, "test");
  facts.mem_total_bytes.set(8 * kGiB, "test");
  facts.mem_available_bytes.set(2 * kGiB, "test");
  facts.process_vsz_bytes.set(std::uint64_t{408315488} * kKiB, "test");
  return situation;
}

/// 8 GiB of RAM, 1 GiB of page file that may grow to 24 GiB, 4 GiB committed.
inline oracle::Situation windows_situation() {
  oracle::Situation situation;
  HostFacts& facts = situation.facts;
  facts.os.set("windows", "test");
  facts.page_size_bytes.set(4096, "test");
  facts.mem_total_bytes.set(8 * kGiB, "test");
  facts.mem_available_bytes.set(1 * kGiB, "test");
  facts.swap_total_bytes.set(1 * kGiB, "test");
  facts.swap_max_bytes.set(24 * kGiB, "test");
  facts.commit_limit_bytes.set(9 * kGiB, "test");
  facts.committed_as_bytes.set(4 * kGiB, "test");
  return situation;
}

}  // namespace memqual::testing
