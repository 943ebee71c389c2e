// SPDX-License-Identifier: Apache-2.0
// Runs cases on this machine.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "fixtures/cgroup.h"
#include "fixtures/journal.h"
#include "fixtures/scratch.h"
#include "harness/executor/executor.h"
#include "harness/spawn/child_launcher.h"

namespace memqual {

/// What the workers of one run share. Owned by the run; outlives the executors.
class LocalHost {
 public:
  /// `state_dir` receives the journal; nothing is written before the first change.
  LocalHost(std::filesystem::path child, std::filesystem::path state_dir, HostFacts facts,
            std::string run_id, StopToken stop);

  const std::filesystem::path& child() const { return child_; }
  const HostFacts& facts() const { return facts_; }
  const std::string& run_id() const { return run_id_; }
  const StopToken& stop() const { return stop_; }

  /// Fixtures share one journal, so they are used under this lock.
  std::mutex& mutex() { return mutex_; }
  /// Call with the lock held. Errors: the journal cannot be made.
  Result<Journal*> journal();
  Result<CgroupHome> cgroup_home();
  Result<std::filesystem::path> scratch_dir();
  /// False as long as scratch_dir() was not called.
  bool scratch_in_memory() const { return scratch_ && scratch_->in_memory(); }

  /// Removes the scratch folder and the empty journal; what could not be undone.
  std::vector<Error> finish();

 private:
  std::filesystem::path child_;
  std::filesystem::path state_dir_;
  HostFacts facts_;
  std::string run_id_;
  StopToken stop_;
  std::mutex mutex_;
  std::optional<Journal> journal_;
  std::optional<CgroupHome> cgroup_home_;
  std::optional<ScratchFixture> scratch_;
};

/// The launcher is started with the first case, and again after it was lost.
std::unique_ptr<Executor> make_local_executor(LocalHost& host);

}  // namespace memqual
