// SPDX-License-Identifier: Apache-2.0
// How fast this machine moves memory, whatever is computed: the limits that kernels are held
// against. The one measurement of them; benchmarks and reports use it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/kernels.h"
#include "kernels/page_memory.h"
#include "kernels/result.h"
#include "kernels/thread_pool.h"

namespace memqual::kernels {

enum class BandwidthOperation {
  read,             ///< every byte of an array
  write,            ///< through the caches, which read a line before they write it
  nt_write,         ///< past the caches
  copy,             ///< one array to another, the fastest way we know
  triad,            ///< c = a + x * b
  page_fault,       ///< first touch of base pages
  huge_page_fault,  ///< first touch of memory for which huge pages were asked by madvise
};

inline constexpr std::array<BandwidthOperation, 7> kBandwidthOperations = {
    BandwidthOperation::read,           BandwidthOperation::write, BandwidthOperation::nt_write,
    BandwidthOperation::copy,           BandwidthOperation::triad, BandwidthOperation::page_fault,
    BandwidthOperation::huge_page_fault};

/// "read", "nt_write", ...
std::string_view to_string(BandwidthOperation operation);
std::optional<BandwidthOperation> bandwidth_operation_from(std::string_view word);

/// True for the operations that touch fresh pages; the others stream through arrays.
constexpr bool is_fault(BandwidthOperation operation) {
  return operation == BandwidthOperation::page_fault ||
         operation == BandwidthOperation::huge_page_fault;
}

/// Arrays that an operation reads and writes, each counted once: 1, 2 (copy) or 3 (triad).
constexpr std::size_t arrays_of(BandwidthOperation operation) {
  return operation == BandwidthOperation::triad ? 3 : operation == BandwidthOperation::copy ? 2 : 1;
}

/// Three arrays of `bytes` each, a multiple of 8, aligned to 8. An operation uses as many as
/// arrays_of() says: `out` alone to write, `x` alone to read.
struct StreamArrays {
  const std::byte* x = nullptr;
  const std::byte* y = nullptr;
  std::byte* out = nullptr;
  std::size_t bytes = 0;
};

/// One way of doing a streaming operation. The machine's limit is the best of its ways.
struct StreamWay {
  BandwidthOperation operation;
  const char* name;  ///< "memcpy", "streaming stores"
  /// Does it over bytes [first, last) of the arrays, both multiples of 8.
  void (*run)(const Kernels& kernels, const StreamArrays& arrays, std::size_t first,
              std::size_t last);
};
std::span<const StreamWay> stream_ways();

/// The whole of the arrays, a part of neighbouring pages by each worker of `pool`.
void run_way(const Kernels& kernels, ThreadPool& pool, const StreamWay& way,
             const StreamArrays& arrays);

/// What to measure.
struct BandwidthRequest {
  std::vector<BandwidthOperation> operations;
  std::size_t bytes = std::size_t{256} << 20;  ///< of one array; a multiple of 4 KiB, > 0
  std::vector<unsigned> threads = {1};         ///< each 1..1024
  unsigned rounds = 5;                         ///< >= 1; one more warms up
  PageKind pages = PageKind::huge;             ///< of the arrays
  /// Thread i runs on cpus[i % size]; empty: where the system puts it.
  std::vector<unsigned> cpus;
  std::optional<unsigned> node;  ///< NUMA node that all arrays lie on; none: the system decides
};

/// Arrays of request.bytes that are resident at the peak: as many as the greediest streaming
/// operation uses, and one where faults are measured. Each occupies PageMemory::kSpareBytes more of
/// address space; besides them there are only the stacks of the threads.
std::size_t bandwidth_arrays(const BandwidthRequest& request);

struct BandwidthResult {
  BandwidthOperation operation = BandwidthOperation::read;
  unsigned threads = 1;
  std::string way;          ///< the fastest one
  std::uint64_t bytes = 0;  ///< moved in one round
  // Of the rounds, the warming up left out.
  double median_seconds = 0;
  double least_seconds = 0;
  double most_seconds = 0;
  std::uint64_t faults = 0;  ///< of one round, median; operations that fault only
  /// The first touch, of memory that the machine may have had to fetch from its host. The rounds
  /// recycle that memory. Operations that fault only.
  double first_seconds = 0;
  std::uint64_t pinned = 0;  ///< threads that run on a CPU of their own
};

/// One result for each operation and number of threads, in the order of the request. Operations,
/// their ways and the numbers of threads take turns within a round, so that what disturbs the
/// machine disturbs all of them; faults follow when the streams are done, so that pages given back
/// are taken again at once. An Error where the request is out of range or memory is refused; throws
/// std::system_error where a thread cannot be made.
Result<std::vector<BandwidthResult>> measure_bandwidth(const Kernels& kernels,
                                                       const BandwidthRequest& request);

}  // namespace memqual::kernels
