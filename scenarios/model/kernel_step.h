// SPDX-License-Identifier: Apache-2.0
// The `kernel:` step: a chunk kernel over arrays, tile by tile, in a budget of memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/model/bytes.h"

namespace memqual {

enum class KernelOperation {
  fill,
  random,
  copy,
  sqrt,
  scale_offset,
  convert,
  triad,
  transpose,
  five_point,
  nine_point,
  box_blur,
};

/// What lies beyond an array's edge; as kernels::Boundary.
enum class KernelBoundary { clamp, reflect, wrap, constant };

/// One operation with its parameters; those of other operations keep their defaults.
struct KernelOp {
  KernelOperation what = KernelOperation::copy;
  double a = 1;            ///< scale_offset: a * x + b; triad: x + a * y
  double b = 0;            ///< scale_offset
  double value = 0;        ///< fill; five_point, nine_point, box_blur with boundary: constant
  std::uint64_t seed = 1;  ///< random
  std::string dtype;       ///< convert
  double centre = 1;       ///< five_point, nine_point: weights
  double side = 0;
  double corner = 0;         ///< nine_point
  std::uint64_t radius = 1;  ///< box_blur; the halo
  KernelBoundary boundary = KernelBoundary::clamp;
  bool operator==(const KernelOp&) const = default;
};

/// True for operations that look at neighbours, which must be the first of a chain.
bool has_halo(KernelOperation what);
/// True for operations that make an array of nothing.
bool makes_array(KernelOperation what);
/// True for operations that stand alone, because they are no element-wise step of a pass.
bool stands_alone(KernelOperation what);

/// What an array is made of, row-major. One dimension is one row; more than two are joined into
/// rows of the last dimension's length.
struct ArrayType {
  std::string dtype;  ///< a word of kernel_dtypes()
  std::uint64_t rows = 0;
  std::uint64_t cols = 0;
  /// As it was written, where that is not {rows, cols}: what an .npy file is given.
  std::vector<std::uint64_t> shape = {};
  bool operator==(const ArrayType&) const = default;
};
/// Rows, columns and dtype are, however many dimensions they were written as.
bool same_elements(const ArrayType& a, const ArrayType& b);
/// float64, float32, float16, bfloat16, int32, uint8.
const std::vector<std::string>& kernel_dtypes();
/// Bytes of one element; 0 for a word that is none of kernel_dtypes().
std::uint64_t dtype_bytes(std::string_view dtype);

enum class ArrayPlace {
  memory,  ///< an allocated array
  npy,     ///< a file in NumPy's format
  raw,     ///< a file of elements and nothing else
  sparse,  ///< the same, made as a hole if it is not there: zeros that occupy no disk
};

/// How a file is read.
enum class ArrayAccess {
  mapped,  ///< mapped, resident only where tiles are under way
  read,    ///< pread into tiles
  direct,  ///< read ahead past the page cache, by io_uring or threads
};

struct ArrayRef {
  ArrayPlace place = ArrayPlace::memory;
  /// Name of the allocate step, or a path: a relative one lies in the case's scratch folder.
  std::string name;
  /// Known for memory, raw and sparse; an .npy file says it itself when it is read.
  std::optional<ArrayType> type;
  ArrayAccess access = ArrayAccess::mapped;
  bool operator==(const ArrayRef&) const = default;
};

/// Who computes.
enum class KernelDevice {
  cpu,
  cuda,  ///< the first NVIDIA GPU; the budget is memory of the device
};

/// Over the result of the chain; as kernels::Reduce.
enum class KernelReduce { sum, sum_of_squares, summary };

struct TileShape {
  std::uint64_t rows = 0;
  std::uint64_t cols = 0;
  bool operator==(const TileShape&) const = default;
};

struct Kernel {
  std::vector<KernelOp> chain;   ///< applied to each tile while it is in the cache; may be empty
  std::optional<ArrayRef> in;    ///< none where the operation makes an array
  std::optional<ArrayRef> with;  ///< triad: y
  std::optional<ArrayRef> out;   ///< none: the result is only reduced
  std::optional<KernelReduce> reduce;
  bool checksum = false;
  std::optional<TileShape> tile;  ///< none: chosen from the caches and the budget
  Size budget;                    ///< bytes for tiles, all threads together
  std::uint32_t threads = 1;
  std::uint32_t rounds = 1;  ///< the same again; the median is reported
  bool verify = false;       ///< compare with the baseline target and another tile
  KernelDevice device = KernelDevice::cpu;
  bool operator==(const Kernel&) const = default;
};

inline bool uses_files(const Kernel& step) {
  for (const std::optional<ArrayRef>* array : {&step.in, &step.with, &step.out})
    if (*array && (*array)->place != ArrayPlace::memory) return true;
  return false;
}

/// True for what runs on a GPU: element-wise operations, sums, checksums.
bool runs_on_device(KernelOperation what);

/// Budget where the scenario names none.
inline constexpr std::uint64_t kDefaultKernelBudgetBytes = std::uint64_t{64} << 20U;

std::string_view to_word(KernelOperation value);
std::string_view to_word(KernelBoundary value);
std::string_view to_word(ArrayPlace value);
std::string_view to_word(ArrayAccess value);
std::string_view to_word(KernelDevice value);
std::string_view to_word(KernelReduce value);

}  // namespace memqual
