// SPDX-License-Identifier: Apache-2.0
// The rows that work on a file.
#pragma once

#include <string>
#include <vector>

#include "kernels/bench/rows.h"

namespace memqual::kernels::bench {

/// A file of side x side float64 in the temporary folder, removed at the end.
class FileRows {
 public:
  FileRows(const Kernels& kernels, std::size_t side);
  ~FileRows();
  FileRows(const FileRows&) = delete;
  FileRows& operator=(const FileRows&) = delete;

  const std::string& path() const { return path_; }
  const std::vector<Row>& rows() const { return rows_; }

 private:
  Row& add(const std::string& name, const std::string& limit,
           const std::function<void(ThreadPool&)>& body, std::vector<Peer> peers = {});
  void add_cold(const Kernels& kernels, std::size_t side);

  std::string path_;
  double bytes_;
  std::vector<Row> rows_;
};

}  // namespace memqual::kernels::bench
