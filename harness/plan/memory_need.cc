// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/memory_need.h"

#include <algorithm>
#include <limits>
#include <map>

namespace memqual {
namespace {

constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();

std::uint64_t add(std::uint64_t a, std::uint64_t b) { return a > kAll - b ? kAll : a + b; }
std::uint64_t multiply(std::uint64_t a, std::uint64_t b) {
  return b != 0 && a > kAll / b ? kAll : a * b;
}

struct Holding {
  std::uint64_t total_bytes = 0;
  AllocateUsing using_ = AllocateUsing::malloc;
  std::uint64_t resident_bytes = 0;
  /// The pages belong to an object behind the mapping, and outlive what is done to the mapping.
  bool shared() const {
    return using_ == AllocateUsing::mmap_shared || using_ == AllocateUsing::memfd ||
           using_ == AllocateUsing::file;
  }
};

class Estimate {
 public:
  explicit Estimate(const HostFacts& facts) : facts_(facts) {}

  Status follow(const std::vector<WorkloadStep>& steps) {
    for (const WorkloadStep& step : steps) {
      const Status status =
          std::visit([this](const auto& action) { return apply(action); }, step.action);
      if (!status) return status;
      peak_ = std::max(peak_, now());
    }
    return done();
  }
  std::uint64_t peak() const { return peak_; }

 private:
  std::uint64_t now() const {
    std::uint64_t sum = 0;
    for (const auto& [name, holding] : holdings_) sum = add(sum, holding.resident_bytes);
    return sum;
  }

  void make_resident(const std::string& name, double fraction) {
    Holding& holding = holdings_[name];
    const std::uint64_t bytes =
        fraction >= 1.0
            ? holding.total_bytes
            : static_cast<std::uint64_t>(static_cast<double>(holding.total_bytes) * fraction);
    holding.resident_bytes = std::max(holding.resident_bytes, bytes);
  }

  static Touch reading(const std::string& name) {
    Touch touch;
    touch.name = name;
    touch.access = Access::read;
    return touch;
  }

  Status apply(const Allocate& step) {
    const Result<std::uint64_t> bytes = resolve(step.size, facts_);
    if (!bytes) return bytes.error();
    holdings_[step.name] = {multiply(*bytes, step.count), step.using_, 0};
    if (step.touched) make_resident(step.name, 1.0);
    if (step.using_ == AllocateUsing::hugetlb) make_resident(step.name, 1.0);
    return done();
  }

  Status apply(const Touch& step) {
    Holding& holding = holdings_[step.name];
    const bool reads = step.access == Access::read;
    // Pages of a file that are only read can be taken back at any time.
    if (reads && holding.using_ == AllocateUsing::file) return done();
    if (reads && !holding.shared()) {
      // The zero page costs page tables only: 8 bytes for every page.
      const std::uint64_t page = std::max<std::uint64_t>(facts_.page_size_bytes.value_or(4096), 8);
      holding.resident_bytes = std::max(holding.resident_bytes, holding.total_bytes / (page / 8));
      return done();
    }
    make_resident(step.name, step.fraction);
    return done();
  }

  Status apply(const Placement&) { return done(); }
  Status apply(const Verify&) { return done(); }
  Status apply(const Free& step) {
    holdings_.erase(step.name);
    return done();
  }
  Status apply(const Protect&) { return done(); }
  Status apply(const Advise& step) {
    if (step.advice == Advice::populate_write) make_resident(step.name, 1.0);
    if (step.advice == Advice::populate_read) return apply(reading(step.name));
    Holding& holding = holdings_[step.name];
    if (step.advice == Advice::dontneed && !holding.shared()) holding.resident_bytes = 0;
    return done();
  }
  Status apply(const Lock& step) {
    make_resident(step.name, 1.0);
    return done();
  }
  Status apply(const Fork& step) {
    Estimate copy(facts_);
    copy.holdings_ = holdings_;
    for (auto& [name, holding] : copy.holdings_) holding.resident_bytes = 0;
    if (Status status = copy.follow(step.workload); !status) return status;
    peak_ = std::max(peak_, add(now(), multiply(copy.peak(), step.count)));
    for (auto& [name, holding] : holdings_)
      if (const auto left = copy.holdings_.find(name);
          holding.shared() && left != copy.holdings_.end())
        holding.resident_bytes = std::max(holding.resident_bytes, left->second.resident_bytes);
    return done();
  }
  Status apply(const Spawn&) { return done(); }
  Status apply(const Command& step) {
    if (step.memory.terms.empty()) return done();
    const Result<std::uint64_t> bytes = resolve(step.memory, facts_);
    if (!bytes) return bytes.error();
    peak_ = std::max(peak_, add(now(), *bytes));
    return done();
  }

  // Nothing is touched but the headers of malloc's blocks, and huge pages are reserved.
  Status apply(const FindLargest& step) {
    const std::uint64_t free_huge =
        multiply(facts_.huge_pages_free.value_or(0), facts_.hugetlb_page_size_bytes.value_or(0));
    if (is_hugetlb(step.using_)) peak_ = std::max(peak_, add(now(), free_huge));
    if (!step.block || !is_malloc_family(step.using_)) return done();
    const Result<std::uint64_t> block = resolve(*step.block, facts_);
    if (!block) return block.error();
    const std::uint64_t page = facts_.page_size_bytes.value_or(4 * kKiB);
    // Blocks of the heap lie side by side, and calloc clears them.
    const std::uint64_t each = *block < 128 * kKiB ? *block : page;
    peak_ = std::max(peak_, add(now(), multiply(kMostFoundBlocks, each)));
    return done();
  }

  Status apply(const Bandwidth& step) {
    const Result<std::uint64_t> bytes = resolve(step.size, facts_);
    if (!bytes) return bytes.error();
    // Huge pages may reach beyond the end of an array.
    peak_ = std::max(peak_,
                     add(now(), multiply(bandwidth_arrays(step), add(*bytes, kArraySpareBytes))));
    return done();
  }

  // What it reads is there or costs page tables; what it writes becomes resident; tiles come on
  // top. Pages of files can be taken back at any time.
  Status apply(const Kernel& step) {
    const Result<std::uint64_t> budget = resolve(step.budget, facts_);
    if (!budget) return budget.error();
    for (const std::optional<ArrayRef>* array : {&step.in, &step.with})
      if (*array && (*array)->place == ArrayPlace::memory)
        if (Status status = apply(reading((*array)->name)); !status) return status;
    if (step.out && step.out->place == ArrayPlace::memory) make_resident(step.out->name, 1.0);
    peak_ = std::max(peak_, add(now(), tiles_of(step, *budget)));
    return done();
  }

  // A budget of a device's memory is not the host's, but its pinned buffers are as large as the
  // tiles there: at most the arrays.
  static std::uint64_t tiles_of(const Kernel& step, std::uint64_t budget) {
    if (step.device == KernelDevice::cpu || !step.in || !step.in->type) return budget;
    const ArrayType& type = *step.in->type;
    const std::uint64_t array = multiply(multiply(type.rows, type.cols), dtype_bytes(type.dtype));
    return std::min(budget, multiply(array, 3));  // in, and out of at most twice the size
  }

  const HostFacts& facts_;
  std::map<std::string, Holding> holdings_;
  std::uint64_t peak_ = 0;
};

}  // namespace

Result<std::uint64_t> memory_need_bytes(const std::vector<WorkloadStep>& workload,
                                        const HostFacts& facts) {
  Estimate estimate(facts);
  if (Status status = estimate.follow(workload); !status) return status.error();
  return estimate.peak();
}

}  // namespace memqual
