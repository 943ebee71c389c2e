// SPDX-License-Identifier: Apache-2.0
// NumPy, numexpr and torch in one Python process of their own, which times itself: asked for one
// run at a time, so that ours and theirs take turns.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace memqual::kernels::bench {

struct PeerRun {
  double seconds;
  std::size_t grown;  ///< bytes that the peer's resident set grew by
};

class Peers {
 public:
  /// Starts `python3 script side file`. versions() says where that fails.
  Peers(const std::string& script, std::size_t side, const std::string& file);
  ~Peers();
  Peers(const Peers&) = delete;
  Peers& operator=(const Peers&) = delete;

  /// One line: which libraries, which versions; why none.
  const std::string& versions() const { return versions_; }
  /// None where this peer is not installed.
  std::optional<PeerRun> run(const std::string& name, std::size_t threads);

 private:
  std::optional<std::string> ask(const std::string& line);
  int to_ = -1;
  int from_ = -1;
  int process_ = -1;
  std::string versions_;
};

}  // namespace memqual::kernels::bench
