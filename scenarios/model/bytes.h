// SPDX-License-Identifier: Apache-2.0
// Sizes as people write them, and as the harness counts them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/model/result.h"

namespace memqual {

struct HostFacts;

inline constexpr std::uint64_t kKiB = 1024;
inline constexpr std::uint64_t kMiB = 1024 * kKiB;
inline constexpr std::uint64_t kGiB = 1024 * kMiB;
inline constexpr std::uint64_t kTiB = 1024 * kGiB;

/// One term of a Size: numerator/denominator times its base.
struct SizeTerm {
  enum class Base {
    bytes,  ///< the base is one byte
    pages,  ///< the base is the host's page size
    fact,   ///< the base is the host fact named in `fact`, in bytes
  };
  Base base = Base::bytes;
  std::string fact;  ///< only for Base::fact: mem_total, swap_total, commit_limit, ...
  std::int64_t numerator = 0;
  std::int64_t denominator = 1;  ///< > 0

  bool operator==(const SizeTerm&) const = default;
};

/// A size as written in a scenario: a sum of terms such as `mem_total + swap_total + 1 pages`.
/// It stays symbolic until the facts of a host are known, so a Case is the same on every machine.
struct Size {
  std::vector<SizeTerm> terms;
  std::string text;  ///< as written, for messages and reports

  static Size of_bytes(std::uint64_t bytes);
  /// True where no host fact and no page size is needed.
  bool is_literal() const;
  bool operator==(const Size& other) const { return terms == other.terms; }
};

/// Parses `TERM (+|- TERM)*`, TERM = `NUMBER UNIT | NUMBER pages | NUMBER % of FACT | FACT`.
/// Units: B, KiB MiB GiB TiB PiB and Ki Mi Gi Ti Pi (1024), kB MB GB TB PB (1000). Decimals are
/// allowed where the result is a whole number of bytes. Errors: bare K/M/G/T (the message shows
/// both readings), bare numbers, unknown units or facts, more than 2^63-1 bytes.
Result<Size> parse_size(std::string_view text);

/// Bytes of `size` on a host. Errors: a fact the host does not have, a negative sum, more than
/// 2^64-1 bytes. Fractions round down.
Result<std::uint64_t> resolve(const Size& size, const HostFacts& facts);

/// Bytes of a literal size, 0 for any other.
std::uint64_t literal_bytes(const Size& size);

/// The facts that a Size may name, for messages and the JSON Schema.
const std::vector<std::string>& size_fact_names();

/// "328.6 GiB", "64 MiB", "4096 B": IEC, at most one decimal, exact where it can be.
std::string format_bytes(std::uint64_t bytes);

/// Parses `250ms 30s 5m 1h30m 2d` into milliseconds. Bare numbers are errors that show both
/// readings.
Result<std::uint64_t> parse_duration_ms(std::string_view text);
/// "250ms", "1.5s", "1m30s".
std::string format_duration_ms(std::uint64_t milliseconds);

}  // namespace memqual
