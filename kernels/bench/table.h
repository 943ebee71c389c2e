// SPDX-License-Identifier: Apache-2.0
// What was measured, as a table of ratios, and which targets were missed.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "kernels/bench/rows.h"

namespace memqual::kernels::bench {

/// Rounds of something, with one thread ([0]) and with two ([1]).
struct Measured {
  std::vector<double> seconds[2];
  std::size_t grown[2] = {0, 0};  ///< bytes: the resident set, in the worst run
};

/// Of one row.
struct Times {
  Measured ours;
  std::map<std::string, Measured> peers;
};

double median(std::vector<double> values);

/// How many times as fast two threads copy as one; the two-thread figures of a table of its
/// machine are believed from 1.7 to 2.3.
double control_of(const std::vector<Row>& rows, const std::vector<Times>& times);

class Table {
 public:
  /// `asked`: the peers were asked. Refers to the rows and times.
  Table(const std::vector<Row>& rows, const std::vector<Times>& times, double control, bool asked)
      : rows_(rows), times_(times), steady_(control >= 1.7 && control <= 2.3), asked_(asked) {}

  /// `!` marks figures of two threads that are not to be believed.
  void print() const;
  /// One line for each target that was missed; marked figures are not judged.
  std::vector<std::string> missed() const;

 private:
  double seconds(std::size_t row, std::size_t two) const;
  double share(std::size_t row, std::size_t two) const;
  /// How many times as fast; 0: not known.
  double against_peer(std::size_t row, const std::string& name, std::size_t two) const;
  double against_row(std::size_t row, const std::string& name, std::size_t two) const;
  std::string ratios(std::size_t row) const;
  void judge(std::size_t row, std::size_t two, std::vector<std::string>& missed) const;

  const std::vector<Row>& rows_;
  const std::vector<Times>& times_;
  bool steady_;
  bool asked_;
};

}  // namespace memqual::kernels::bench
