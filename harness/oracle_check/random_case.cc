// SPDX-License-Identifier: Apache-2.0
#include "harness/oracle_check/random_case.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "harness/oracle_check/split_mix.h"
#include "scenarios/model/rlimit.h"

namespace memqual::oracle_check {
namespace {

constexpr std::uint64_t kMaxReadBytes = 512 * kMiB;            // 131 072 faults, some 20 ms
constexpr std::uint64_t kAbsurd = 900'000'000'000'000'000ULL;  // more than any address space

// What a step can still be done to.
struct Known {
  std::string name;
  AllocateUsing using_ = AllocateUsing::malloc;
  std::uint64_t bytes = 0;  ///< of all blocks
  bool written = false;
  bool is_shared() const {
    return using_ == AllocateUsing::mmap_shared || using_ == AllocateUsing::memfd ||
           using_ == AllocateUsing::file;
  }
};

std::uint64_t saturating_product(std::uint64_t a, std::uint64_t b) {
  return b != 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

class Generator {
 public:
  Generator(std::uint64_t seed, const HostFacts& facts, const CaseOptions& options)
      : random_(seed), facts_(facts), options_(options) {
    page_ = facts.page_size_bytes.value_or(4096);
    ram_and_swap_ = facts.mem_total_bytes.value_or(kGiB) + facts.swap_total_bytes.value_or(0);
    case_.scenario = "oracle_check_" + std::to_string(seed);
    case_.summary = "A random workload";
    case_.timeout_ms = 20000;
    case_.expect.rules = {{{}, {}, /*predicted=*/true}};
  }

  Case run() {
    choose_environment();
    const std::uint64_t steps = random_.between(1, 12);
    add_allocate(case_.workload);
    while (case_.workload.size() < steps) add_step(case_.workload, /*nested=*/false);
    set_identity(case_);
    return std::move(case_);
  }

 private:
  // ------------------------------------------------------------------------------- environment

  void choose_environment() {
    Environment& environment = case_.environment;
    if (options_.cgroups && random_.one_in(3)) {
      constexpr std::array<std::uint64_t, 5> kLimits{16 * kMiB, 24 * kMiB, 32 * kMiB, 64 * kMiB,
                                                     kLargestCgroup};
      cgroup_ = random_.pick(kLimits);
      environment.cgroup.memory_max = size_of(cgroup_);
      environment.cgroup.swap_max = size_of(0);
    }
    if (random_.one_in(3)) limit(RlimitResource::address_space, some_limit());
    if (random_.one_in(3)) limit(RlimitResource::data, some_limit());
    if (random_.one_in(4)) {
      // Not more than the host's: raising it needs CAP_SYS_RESOURCE, which a container's root
      // lacks.
      const auto found = facts_.rlimits.find("memlock");
      const bool known = found != facts_.rlimits.end() && found->second.known();
      const std::uint64_t most = known ? *found->second.value / page_ : 5000;
      limit(RlimitResource::memlock,
            random_.below(std::min<std::uint64_t>(most, 5000) + 1) * page_);
    }
    if (options_.other_user && random_.one_in(4)) environment.user = "unprivileged";
    if (options_.system_changes && random_.one_in(4)) choose_overcommit(environment.overcommit);
  }

  void choose_overcommit(OvercommitSettings& settings) {
    settings.memory = static_cast<OvercommitMode>(random_.below(3));
    if (settings.memory != OvercommitMode::never) return;
    if (random_.one_in(2)) settings.ratio = random_.between(30, 150);
    const std::uint64_t ram = facts_.mem_total_bytes.value_or(kGiB);
    boundaries_.push_back(ram * settings.ratio.value_or(50) / 100);
  }

  std::uint64_t some_limit() {
    constexpr std::array<std::uint64_t, 7> kLimits{16 * kMiB, 64 * kMiB, 300 * kMiB, kGiB,
                                                   8 * kGiB,  kTiB,      40 * kTiB};
    return random_.pick(kLimits) + random_.below(1000) * page_;
  }

  void limit(RlimitResource resource, std::uint64_t bytes) {
    RlimitSetting setting;
    setting.resource = resource;
    setting.value = size_of(bytes);
    // Only so can a size lie exactly at what is left.
    setting.beyond_own_use = takes_own_use(resource) && random_.one_in(2);
    case_.environment.rlimits.push_back(setting);
    if (resource != RlimitResource::memlock) boundaries_.push_back(bytes);
  }

  static Size size_of(std::uint64_t bytes) {
    Size size = Size::of_bytes(bytes);
    size.text = std::to_string(bytes) + " B";
    return size;
  }

  // --------------------------------------------------------------------------------- allocation

  AllocateUsing some_api() {
    constexpr std::array<AllocateUsing, 14> kApis{
        AllocateUsing::malloc,         AllocateUsing::malloc,    AllocateUsing::calloc,
        AllocateUsing::new_,           AllocateUsing::calloc,    AllocateUsing::posix_memalign,
        AllocateUsing::mmap,           AllocateUsing::mmap,      AllocateUsing::mmap,
        AllocateUsing::mmap_noreserve, AllocateUsing::mmap_none, AllocateUsing::mmap_readonly,
        AllocateUsing::mmap_shared,    AllocateUsing::memfd};
    if (random_.one_in(16)) return AllocateUsing::brk;
    // Pages of a file are written back, which takes time and, inside a cgroup, luck.
    if (cgroup_ == 0 && random_.one_in(60)) return AllocateUsing::file;
    return random_.pick(kApis);
  }

  // Small sizes are the most frequent: they let a case go on.
  std::uint64_t some_size() {
    switch (random_.below(12)) {
      case 0:
        return random_.between(1, 3 * page_);
      case 1:
        return around(128 * kKiB);
      case 2:
        return around(2 * kMiB);
      case 3:
        return around(ram_and_swap_);
      case 4:
        return around(ram_and_swap_ / random_.between(2, 4));
      case 5:
        return random_.between(1, 200) * kTiB;
      case 6:
      case 7:
        if (!boundaries_.empty()) return around(random_.pick(boundaries_) / random_.between(1, 4));
        return random_.between(1, 64 * kMiB);
      case 8:
        if (cgroup_ != 0) return random_.between(1, 2 * cgroup_);
        return random_.between(1, 64 * kMiB);
      case 9:
        return random_.between(1, 64) * kGiB;
      default:
        return random_.between(1, random_.one_in(2) ? 256 * kKiB : 16 * kMiB);
    }
  }

  // At the boundary, a page or a byte beside it, a header of malloc below it, or some pages away.
  std::uint64_t around(std::uint64_t boundary) {
    const std::uint64_t pages = random_.between(1, 400) * page_;
    switch (random_.below(8)) {
      case 0:
        return boundary;
      case 1:
        return boundary + page_;
      case 2:
        return boundary > page_ ? boundary - page_ : 1;
      case 3:
        return boundary + 1;
      case 4:
        return boundary > 16 ? boundary - 16 : 1;
      case 5:
        return boundary > 15 ? boundary - 15 : 1;
      case 6:
        return boundary + pages;
      default:
        return boundary > pages ? boundary - pages : 1;
    }
  }

  void add_allocate(std::vector<WorkloadStep>& steps) {
    Allocate step;
    step.using_ = some_api();
    std::uint64_t bytes = std::max<std::uint64_t>(1, some_size());
    if (step.using_ == AllocateUsing::malloc && random_.one_in(40)) bytes = kAbsurd;
    // A sparse file has a largest size, which is the file system's.
    if (step.using_ == AllocateUsing::file) bytes = bytes % (16 * kMiB) + 1;
    if (bytes != kAbsurd)
      step.count = random_.one_in(3) ? random_.between(2, random_.one_in(6) ? 1000 : 8) : 1;
    // Every memfd is a file, and a file's own page tables and inodes are kernel memory.
    if (step.using_ == AllocateUsing::memfd || step.using_ == AllocateUsing::file)
      step.count = std::min<std::uint64_t>(step.count, 8);
    step.size = size_of(bytes);
    step.name = "n" + std::to_string(++names_);
    const std::uint64_t all = saturating_product(bytes, step.count);
    step.touched = may_write(step.using_) && random_.one_in(8) && take_write(all);
    known_.push_back({step.name, step.using_, all, step.touched});
    // malloc writes a header into each block.
    if (cgroup_ == 0) spent_ += step.count * page_;
    steps.push_back({step, ""});
  }

  static bool may_write(AllocateUsing using_) {
    return using_ != AllocateUsing::mmap_none && using_ != AllocateUsing::mmap_readonly;
  }

  // -------------------------------------------------------------------------------- other steps

  void add_step(std::vector<WorkloadStep>& steps, bool nested) {
    const std::uint64_t kind = random_.below(nested ? 11 : 16);
    if (kind < 3 || known_.empty()) return add_allocate(steps);
    Known& known = known_[random_.below(known_.size())];
    if (kind < 6) return add_touch(steps, known);
    if (kind < 7) return add_verify(steps, known);
    if (kind < 8) return add_protect(steps, known);
    if (kind < 10) return add_advise(steps, known);
    if (kind < 11) return add_free(steps, known);
    if (kind < 12) return add_lock(steps, known);
    if (kind < 13) return add_spawn(steps);
    if (kind < 15) return add_fork(steps);
    add_allocate(steps);
  }

  // True where so much more may be made resident, by this process and its copies.
  bool take_write(std::uint64_t bytes) {
    if (cgroup_ != 0) return true;
    const std::uint64_t all = saturating_product(bytes, copies_);
    if (all > kTouchBudget || spent_ + all > kTouchBudget) return false;
    spent_ += all;
    return true;
  }

  void add_touch(std::vector<WorkloadStep>& steps, Known& known) {
    Touch step;
    step.name = known.name;
    constexpr std::array<double, 4> kFractions{1.0, 0.5, 0.25, 0.75};
    if (random_.one_in(4)) step.fraction = random_.pick(kFractions);
    if (random_.one_in(8)) step.every = Stride::huge_page;
    step.pattern = random_.between(1, 5);
    step.access = random_.one_in(3) ? Access::read : Access::write;
    if (step.access == Access::read && known.is_shared() && !take_write(known.bytes)) return;
    if (step.access == Access::read && !known.is_shared() && known.bytes > kMaxReadBytes) return;
    if (step.access == Access::write && !take_write(known.bytes)) return;
    known.written = known.written || step.access == Access::write;
    steps.push_back({step, ""});
  }

  void add_verify(std::vector<WorkloadStep>& steps, const Known& known) {
    if (known.written) steps.push_back({Verify{known.name}, ""});
  }

  void add_protect(std::vector<WorkloadStep>& steps, const Known& known) {
    constexpr std::array<Protection, 4> kAccess{Protection::none, Protection::read,
                                                Protection::read_write, Protection::read_write};
    // The C library keeps its own words in the same pages, and dies without them.
    const bool has_header = is_malloc_family(known.using_) || known.using_ == AllocateUsing::brk;
    if (!has_header) steps.push_back({Protect{known.name, random_.pick(kAccess)}, ""});
  }

  void add_advise(std::vector<WorkloadStep>& steps, const Known& known) {
    constexpr std::array<Advice, 12> kAdvice{
        Advice::normal,         Advice::random,   Advice::sequential, Advice::willneed,
        Advice::dontneed,       Advice::hugepage, Advice::nohugepage, Advice::populate_read,
        Advice::populate_write, Advice::dontfork, Advice::cold,       Advice::mergeable};
    const Advice advice = random_.pick(kAdvice);
    const bool reads = advice == Advice::populate_read;
    // After huge pages were asked for, one touched byte may make all of it resident.
    const bool writes = advice == Advice::populate_write || advice == Advice::hugepage ||
                        (reads && known.is_shared());
    if (writes && !take_write(known.bytes)) return;
    if (reads && known.bytes > kMaxReadBytes) return;
    steps.push_back({Advise{known.name, advice}, ""});
  }

  void add_free(std::vector<WorkloadStep>& steps, const Known& known) {
    steps.push_back({Free{known.name}, ""});
    const std::string name = known.name;
    std::erase_if(known_, [&](const Known& entry) { return entry.name == name; });
  }

  // Locking makes resident, so it is refused or counts.
  void add_lock(std::vector<WorkloadStep>& steps, const Known& known) {
    if (take_write(known.bytes)) steps.push_back({Lock{known.name}, ""});
  }

  void add_spawn(std::vector<WorkloadStep>& steps) {
    steps.push_back({Spawn{random_.between(1, 2)}, ""});
  }

  void add_fork(std::vector<WorkloadStep>& steps) {
    Fork step;
    step.count = random_.one_in(2) ? 1 : random_.between(2, 3);
    // What a copy allocates or frees is its own affair.
    const std::vector<Known> outside = known_;
    copies_ = step.count;
    const std::uint64_t nested = random_.between(1, 3);
    while (step.workload.size() < nested) add_step(step.workload, /*nested=*/true);
    copies_ = 1;
    known_ = outside;
    steps.push_back({std::move(step), ""});
  }

  SplitMix random_;
  const HostFacts& facts_;
  const CaseOptions& options_;
  Case case_;
  std::uint64_t page_ = 4096;
  std::uint64_t ram_and_swap_ = 0;
  std::uint64_t cgroup_ = 0;  ///< limit in bytes; 0: none
  std::uint64_t spent_ = 0;   ///< of kTouchBudget
  std::uint64_t copies_ = 1;
  std::uint64_t names_ = 0;
  std::vector<std::uint64_t> boundaries_;
  std::vector<Known> known_;
};

}  // namespace

Case random_case(std::uint64_t seed, const HostFacts& facts, const CaseOptions& options) {
  return Generator(seed, facts, options).run();
}

}  // namespace memqual::oracle_check
