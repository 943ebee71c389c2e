// SPDX-License-Identifier: Apache-2.0
// Held against NumPy through .npy files, both ways: it writes, we compute, it compares.
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <string>
#include <vector>

#include "kernels/fake_files.h"
#include "kernels/pass.h"
#include "kernels/testing.h"
#include "kernels/transpose.h"

using namespace memqual::kernels;
using namespace memqual::kernels::testing;

namespace {

bool runs(const std::string& command) { return std::system(command.c_str()) == 0; }

// The first Python that has NumPy: the user's, or the system's, whose packages are the system's.
std::string python_with_numpy() {
  for (const char* program : {"python3", "/usr/bin/python3"})
    if (runs(std::string(program) + " -c 'import numpy' 2>/dev/null")) return program;
  return "";
}

struct Job {
  std::string from, to;
  std::vector<Step> steps;
};

const Job kJobs[] = {
    {"float64", "copy_float64", {}},
    {"float32", "copy_float32", {}},
    {"float16", "copy_float16", {}},
    {"int32", "copy_int32", {}},
    {"uint8", "copy_uint8", {}},
    {"float64", "sqrt_float64", {SqrtStep{}}},
    {"float32", "sqrt_float32", {SqrtStep{}}},
    {"float16", "sqrt_float16", {SqrtStep{}}},
    {"float64", "scale_float64", {ScaleOffsetStep{1.1, 0.3}}},
    {"float32", "scale_float32", {ScaleOffsetStep{1.1, 0.3}}},
    {"float32", "narrow", {ConvertStep{Element::float16}}},
    {"float16", "wide", {ConvertStep{Element::float32}}},
    {"float64", "stencil", {NeighbourhoodStep{FivePoint{{0.5, 0.125, 0}}, {}}}},
};

void run_job(const Kernels& kernels, ThreadPool& pool, const TempDir& dir, const Job& job) {
  const std::string path = dir.file(job.from + ".npy");
  const Result<ArrayLayout> layout = read_npy_layout(path);
  require_ok(layout);
  PassRequest request;
  request.source = *mapped_source(path, *layout);
  request.steps = job.steps;
  request.tile_rows = 77;
  request.tile_cols = 130;
  Element element = layout->element;
  for (const Step& step : job.steps)
    if (const auto* convert = std::get_if<ConvertStep>(&step)) element = convert->to;
  Result<ArrayWriter> writer =
      ArrayWriter::create_npy(dir.file(job.to + ".npy"), element, layout->rows, layout->cols);
  require_ok(writer);
  request.sink = writer->sink();
  require_ok(run_pass(kernels, pool, request));
  require_ok(writer->finish());
}

// The whole of a float64 file; `layout` is its own.
ConstView loaded(const std::string& path, const ArrayLayout& layout, Array& memory) {
  const Result<ConstView> view =
      file_source(path, layout)->load({0, 0, layout.rows, layout.cols}, memory.view());
  require_ok(view);
  return *view;
}

void transpose_and_sum(const Kernels& kernels, const TempDir& dir) {
  const ArrayLayout layout = *read_npy_layout(dir.file("float64.npy"));
  Array memory(Element::float64, layout.rows, layout.cols);
  const ConstView x = loaded(dir.file("float64.npy"), layout, memory);
  Array out(Element::float64, layout.cols, layout.rows);
  require_ok(transpose(kernels, x, out.view(), Store::cached));
  Result<ArrayWriter> writer = ArrayWriter::create_npy(dir.file("transpose.npy"), Element::float64,
                                                       layout.cols, layout.rows);
  require_ok(writer);
  require_ok(writer->sink().store({0, 0, layout.cols, layout.rows}, out.view()));
  require_ok(writer->finish());
  // The first row has infinities and a NaN.
  Reduction sum(kernels, Reduce::summary, Element::float64, layout.rows - 1, layout.cols);
  require_ok(sum.add(x.part(1, 0, layout.rows - 1, layout.cols), {0, 0, layout.cols}));
  const ReductionResult result = *sum.result();
  std::ofstream(dir.file("sums.txt")) << std::setprecision(17) << result.sum << '\n'
                                      << result.least << '\n'
                                      << result.most << '\n';
}

}  // namespace

BOOST_AUTO_TEST_SUITE(numpy)

BOOST_AUTO_TEST_CASE(results_are_those_of_numpy) {
  const std::string python = python_with_numpy();
  if (python.empty()) {
    std::cout << "SKIPPED: python3-numpy is not here: nothing was held against NumPy\n";
    std::exit(77);
  }
  const std::string script = python + " " + MEMQUAL_SOURCE_DIR + "/kernels/numpy_test.py ";
  on_every_target([&](const Kernels& kernels) {
    const TempDir dir;
    BOOST_REQUIRE(runs(script + "make " + dir.file("")));
    ThreadPool pool(2);
    for (const Job& job : kJobs) run_job(kernels, pool, dir, job);
    transpose_and_sum(kernels, dir);
    BOOST_TEST(runs(script + "check " + dir.file("")));
  });
}

BOOST_AUTO_TEST_SUITE_END()
