// SPDX-License-Identifier: Apache-2.0
// Runs cases in guests, behind the executor that runs them here.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "harness/executor/executor.h"
#include "harness/lab/guest.h"
#include "harness/lab/lab_job.h"
#include "harness/lab/machine_library.h"
#include "harness/lab/work_folder.h"
#include "harness/run/memory_gate.h"
#include "scenarios/model/machine.h"

namespace memqual {

struct LabOptions {
  std::filesystem::path qemu;
  std::filesystem::path program;  ///< memqual, for the guest; empty: this program
  std::filesystem::path child;    ///< memqual-child
  std::filesystem::path kernel_cache;
  std::filesystem::path kernel;  ///< for every machine; empty: each machine's own
  MachineLibrary library;
  LabSources sources;              ///< paths of this host
  std::vector<std::string> files;  ///< what the sources are made of
  std::string run_id;
  std::string tool_version;
  Accelerator accelerator = Accelerator::tcg;
  std::uint64_t memory_budget_bytes = 0;  ///< of this host, for all guests that run at one time
  std::uint64_t touch_bytes = 0;          ///< of a guest's memory, at most
  std::filesystem::path work_parent;      ///< where the folder for guests' files is made
  std::uint64_t disk_bytes = 0;           ///< what the disks of all guests may take there
  bool disks_in_memory = false;           ///< it is a tmpfs: disks are memory of this host
  StopToken stop;
};

/// What the workers of one run share. Owned by the run; outlives the executors.
class LabHost {
 public:
  static Result<std::unique_ptr<LabHost>> make(LabOptions options);

  /// Machines that were booted, for the record.
  std::vector<MachineRecord> machines() const;

  /// What the guest of a machine is booted from, in a folder of its own.
  Result<GuestSpec> spec_for(const std::string& word);

 private:
  friend class LabExecutor;
  LabHost(LabOptions options, WorkFolder folder, std::string base_image);
  void booted(const std::string& word, const Guest& guest);
  std::optional<Error> given_up(const std::string& word);
  void failed(const std::string& word, const Error& error);

  LabOptions options_;
  WorkFolder folder_;
  std::string base_image_;
  MemoryGate gate_;
  MemoryGate disk_gate_;
  mutable std::mutex mutex_;
  std::map<std::string, MachineRecord> booted_;
  std::map<std::string, std::pair<unsigned, Error>> failures_;  ///< boots that failed, in a row
  unsigned guests_ = 0;
};

/// Keeps one guest for the machine of the last case. Where it is lost, the case is an ERROR and the
/// next one gets a new guest; a boot that fails is tried once more, and then the machine is given
/// up. Memory that a guest has touched stays with it, also what its cases gave back: one that holds
/// more than its share of this host is replaced after its case.
std::unique_ptr<Executor> make_lab_executor(LabHost& host);

/// Which cases run in the lab, and why others do not: no machine, no such machine, no kernel, more
/// memory or disk than this host can give. `requires` and `when` are asked in the guest. Pure but
/// for the cache.
std::vector<PlannedCase> make_lab_plan(const std::vector<Case>& cases, const LabOptions& options);

/// Why a machine cannot be booted here; nothing where it can.
std::optional<Error> obstacle_to(const std::string& word, const LabOptions& options);

/// Host memory that a guest of the machine takes at most: see guest_cost_bytes(), and its disks
/// where those are memory.
std::uint64_t host_cost_bytes(const Machine& machine, const LabOptions& options);

/// What QEMU may hold of it, with pages that cases gave back, before its guest is replaced.
std::uint64_t share_of_host(const Machine& machine, const LabOptions& options);

/// Bytes of a guest's memory that its cases may touch: all of a small guest.
std::uint64_t touchable_bytes(const Machine& machine, const LabOptions& options);

}  // namespace memqual
