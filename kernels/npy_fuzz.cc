// SPDX-License-Identifier: Apache-2.0
// libFuzzer entry: a header comes from whoever wrote the file.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "kernels/npy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace memqual::kernels;
  const Result<NpyHeader> header =
      parse_npy_header({reinterpret_cast<const std::byte*>(data), size});
  if (!header) return 0;
  if (header->data_offset > size) std::abort();
  // What was read once is written and read back equal.
  const Result<std::string> again = make_npy_header(header->element, header->shape);
  if (!again) std::abort();
  const Result<NpyHeader> back =
      parse_npy_header({reinterpret_cast<const std::byte*>(again->data()), again->size()});
  if (!back || back->rows != header->rows || back->cols != header->cols ||
      back->element != header->element)
    std::abort();
  return 0;
}
