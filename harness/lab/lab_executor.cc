// SPDX-License-Identifier: Apache-2.0
#include "harness/lab/lab_executor.h"

#include <algorithm>
#include <limits>

#include "harness/lab/guest_image.h"
#include "harness/lab/kernels.h"
#include "harness/lab/machine_library.h"
#include "harness/plan/each_node.h"
#include "harness/plan/limit_case.h"
#include "scenarios/model/bytes.h"

namespace memqual {
namespace {

constexpr std::uint32_t kTcgTimeScale = 10;
constexpr std::uint64_t kAroundACaseMs = 60000;  // settings, facts, the way of the record
constexpr unsigned kBootTries = 2;

Attempt without_run(CaseStatus status, const Error& error) {
  Attempt attempt;
  attempt.verdict.status = status;
  attempt.verdict.reason = error.message;
  attempt.verdict.hint = error.hint;
  return attempt;
}

Result<Machine> machine_of(const std::string& word, const LabOptions& options) {
  const Result<MachineWord> parsed = parse_machine_word(word);
  if (!parsed) return parsed.error();
  Result<Machine> machine = pick_machine(options.library, *parsed);
  if (machine && !options.kernel.empty()) machine.value().kernel = options.kernel.string();
  return machine;
}

/// What the guest's kernel has to be. --kernel stands for the machine's own, whatever that is; what
/// the word names, it must be.
std::string kernel_name_of(const std::string& word, const Machine& machine) {
  const Result<MachineWord> parsed = parse_machine_word(word);
  return parsed && !parsed->kernel.empty() ? parsed->kernel : machine.kernel;
}

std::uint32_t time_scale(const LabOptions& options) {
  return options.accelerator == Accelerator::tcg ? kTcgTimeScale : 1;
}

/// For the whole of an attempt: a case that is held against the machine's limit has it measured
/// before and after.
std::uint64_t limit_ms(const Case& test_case, std::uint32_t scale) {
  std::uint64_t sum = test_case.timeout_ms;
  if (const std::optional<Case> limit = limit_case_for(test_case)) sum += 2 * limit->timeout_ms;
  return sum * scale + kAroundACaseMs;
}

LabJob job_for(const Machine& machine, const LabOptions& options) {
  LabJob job;
  job.run_id = options.run_id;
  job.sources = options.sources;
  for (std::string& path : job.sources.paths) path = guest_path(path);
  job.swap = machine.swap_bytes > 0;
  job.cgroup = machine.cgroup;
  for (const MachineNode& node : machine.nodes) job.huge_pages.push_back(node.huge_pages);
  const std::uint64_t touchable = touchable_bytes(machine, options);
  job.touch_budget_bytes = touchable < memory_bytes(machine) ? touchable : 0;
  job.time_scale = time_scale(options);
  return job;
}

// `nodes: each`: the machine's description says which nodes it will have.
std::vector<Case> expand_on_machine(const Case& test_case, const LabOptions& options) {
  if (!test_case.environment.numa.each_node) return {test_case};
  HostFacts facts;
  if (const auto machine = machine_of(test_case.environment.machine.value_or(""), options)) {
    for (std::uint32_t id = 0; id < machine->nodes.size(); ++id)
      facts.numa_nodes.push_back({id, machine->nodes[id].memory_bytes, 0});
  }
  return expand_each_node({test_case}, facts);
}

}  // namespace

class LabExecutor : public Executor {
 public:
  explicit LabExecutor(LabHost& host) : host_(host) {}
  ~LabExecutor() override { leave(); }

  Attempt execute(const PlannedCase& planned, std::uint32_t attempt) override {
    const Case& test_case = planned.test_case;
    const std::string word = test_case.environment.machine.value_or("");
    if (Status ready = be_on(word); !ready) return without_run(status_of_stop(), ready.error());
    Result<Attempt> made =
        guest_->run(test_case.id, attempt, limit_ms(test_case, time_scale(host_.options_)));
    if (!made) {
      leave();
      return without_run(status_of_stop(), made.error());
    }
    if (guest_->resident_bytes() > share_) leave();
    return *std::move(made);
  }

 private:
  CaseStatus status_of_stop() const {
    return host_.options_.stop.level() > 0 ? CaseStatus::not_run : CaseStatus::error;
  }

  Status be_on(const std::string& word) {
    if (guest_ && guest_->alive() && word_ == word) return done();
    leave();
    if (const std::optional<Error> error = host_.given_up(word)) return *error;
    Result<GuestSpec> spec = host_.spec_for(word);
    if (!spec) return spec.error();
    take_share(spec->machine);
    Result<Guest> guest = Guest::boot(*spec);
    if (!guest) {
      give_share_back();
      host_.failed(word, guest.error());
      // No case was under way, so that none is hidden by a second try.
      if (host_.options_.stop.level() == 0 && !host_.given_up(word)) return be_on(word);
      return guest.error();
    }
    guest_ = *std::move(guest);
    word_ = word;
    host_.booted(word, *guest_);
    return done();
  }

  void leave() {
    if (!guest_) return;
    guest_.reset();
    give_share_back();
  }

  // Nothing is held while these wait.
  void take_share(const Machine& machine) {
    share_ = share_of_host(machine, host_.options_);
    cost_ = host_cost_bytes(machine, host_.options_);
    disk_ = machine.swap_bytes;
    host_.gate_.enter(cost_);
    host_.disk_gate_.enter(disk_);
  }
  void give_share_back() {
    host_.gate_.leave(cost_);
    host_.disk_gate_.leave(disk_);
  }

  LabHost& host_;
  std::optional<Guest> guest_;
  std::string word_;
  std::uint64_t cost_ = 0;
  std::uint64_t disk_ = 0;
  std::uint64_t share_ = 0;  ///< of the host's memory, for QEMU alone
};

LabHost::LabHost(LabOptions options, WorkFolder folder, std::string base_image)
    : options_(std::move(options)),
      folder_(std::move(folder)),
      base_image_(std::move(base_image)),
      gate_(options_.memory_budget_bytes),
      disk_gate_(options_.disk_bytes) {}

Result<std::unique_ptr<LabHost>> LabHost::make(LabOptions options) {
  Result<WorkFolder> folder = WorkFolder::make(options.work_parent);
  if (!folder) return folder.error();
  Result<std::string> base = make_base_image(options.program, options.child, folder->path());
  if (!base) return base.error();
  return std::unique_ptr<LabHost>(
      new LabHost(std::move(options), *std::move(folder), *std::move(base)));
}

Result<GuestSpec> LabHost::spec_for(const std::string& word) {
  const Result<Machine> machine = machine_of(word, options_);
  if (!machine) return machine.error();
  const Result<std::filesystem::path> kernel = find_kernel(machine->kernel, options_.kernel_cache);
  if (!kernel) return kernel.error();
  const Result<std::string> job =
      make_job_image(job_for(*machine, options_), options_.files, modules_of(*kernel));
  if (!job) return job.error();
  GuestSpec spec;
  spec.qemu = options_.qemu;
  spec.machine = *machine;
  spec.kernel = *kernel;
  spec.initramfs = base_image_ + *job;
  spec.accelerator = options_.accelerator;
  spec.tool_version = options_.tool_version;
  spec.kernel_name = kernel_name_of(word, *machine);
  spec.boot_ms = boot_limit_ms(*machine);
  spec.stop = options_.stop;
  const std::lock_guard lock(mutex_);
  spec.folder = folder_.path() / ("guest" + std::to_string(++guests_));
  std::error_code error;
  std::filesystem::create_directory(spec.folder, error);
  if (error)
    return Error{"cannot make " + spec.folder.string() + ": " + error.message(),
                 "make room there, or set TMPDIR to a folder with more"};
  return spec;
}

void LabHost::booted(const std::string& word, const Guest& guest) {
  const std::lock_guard lock(mutex_);
  failures_.erase(word);
  MachineRecord& record = booted_[word];
  record.name = word;
  record.boots += 1;
  record.boot_ms = guest.boot_ms();
  record.accelerator = to_word(options_.accelerator);
  record.facts = guest.facts();
}

std::optional<Error> LabHost::given_up(const std::string& word) {
  const std::lock_guard lock(mutex_);
  const auto found = failures_.find(word);
  if (found == failures_.end() || found->second.first < kBootTries) return std::nullopt;
  return found->second.second;
}

void LabHost::failed(const std::string& word, const Error& error) {
  const std::lock_guard lock(mutex_);
  auto& [count, last] = failures_[word];
  ++count;
  last = error;
  ++booted_[word].failed_boots;
  booted_[word].name = word;
}

std::vector<MachineRecord> LabHost::machines() const {
  const std::lock_guard lock(mutex_);
  std::vector<MachineRecord> records;
  for (const auto& [word, record] : booted_) records.push_back(record);
  return records;
}

std::unique_ptr<Executor> make_lab_executor(LabHost& host) {
  return std::make_unique<LabExecutor>(host);
}

std::optional<Error> obstacle_to(const std::string& word, const LabOptions& options) {
  const Result<Machine> machine = machine_of(word, options);
  if (!machine) return machine.error();
  if (const auto image = find_kernel(machine->kernel, options.kernel_cache); !image)
    return image.error();
  if (machine->swap_bytes > options.disk_bytes)
    return Error{"the machine " + machine->name + " has " + format_bytes(machine->swap_bytes) +
                     " of swap, and disks in " + options.work_parent.string() + " may take " +
                     format_bytes(options.disk_bytes),
                 "make room there, or set TMPDIR to a folder with more"};
  const std::uint64_t cost = host_cost_bytes(*machine, options);
  if (cost <= options.memory_budget_bytes) return std::nullopt;
  const bool disk = options.disks_in_memory && machine->swap_bytes > 0;
  return Error{"the machine " + machine->name + " takes " + format_bytes(cost) + " of this host" +
                   (disk ? " with its swap, because TMPDIR is in memory," : ",") +
                   " more than the budget of " + format_bytes(options.memory_budget_bytes),
               disk ? "set TMPDIR to a folder on a disk"
                    : "free memory here, or run it on a larger host; --memory-budget can only "
                      "lower what is taken"};
}

std::uint64_t touchable_bytes(const Machine& machine, const LabOptions& options) {
  return std::min(memory_bytes(machine), options.touch_bytes);
}

std::uint64_t host_cost_bytes(const Machine& machine, const LabOptions& options) {
  return guest_cost_bytes(machine, touchable_bytes(machine, options)) +
         (options.disks_in_memory ? machine.swap_bytes : 0);
}

std::uint64_t share_of_host(const Machine& machine, const LabOptions& options) {
  const std::uint64_t touchable = touchable_bytes(machine, options);
  // A machine that may be used up is bounded by its own size.
  return touchable < memory_bytes(machine) ? guest_cost_bytes(machine, touchable)
                                           : std::numeric_limits<std::uint64_t>::max();
}

std::vector<PlannedCase> make_lab_plan(const std::vector<Case>& cases, const LabOptions& options) {
  std::map<std::string, std::optional<Error>> obstacles;
  std::vector<PlannedCase> plan;
  std::vector<Case> expanded;
  for (const Case& test_case : cases)
    for (Case& of_node : expand_on_machine(test_case, options))
      expanded.push_back(std::move(of_node));
  for (const Case& test_case : expanded) {
    PlannedCase planned;
    planned.test_case = test_case;
    const std::string word = test_case.environment.machine.value_or("");
    planned.place = word;
    if (!options.kernel.empty()) planned.repeat_options = " --kernel " + options.kernel.string();
    if (obstacles.count(word) == 0)
      obstacles[word] = word.empty() ? Error{"names no machine of the lab",
                                             "add one: --on lab:laptop-12g; or run it without --on"}
                                     : obstacle_to(word, options);
    if (const std::optional<Error>& error = obstacles[word]) {
      Verdict verdict;
      verdict.status = CaseStatus::unsupported;
      verdict.reason = error->message;
      verdict.hint = error->hint;
      planned.not_run = std::move(verdict);
    }
    plan.push_back(std::move(planned));
  }
  return plan;
}

}  // namespace memqual
