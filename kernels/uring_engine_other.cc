// SPDX-License-Identifier: Apache-2.0
#include "kernels/read_engine.h"

namespace memqual::kernels {

Result<std::unique_ptr<ReadEngine>> uring_engine(const File& file, std::size_t) {
  return Error{"cannot read " + file.path() + " through io_uring: built without liburing",
               "install liburing-dev and build again, or read ahead by threads"};
}

}  // namespace memqual::kernels
