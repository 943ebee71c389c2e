// SPDX-License-Identifier: Apache-2.0
// Held against NumPy through .npy files, both ways: it writes, we compute, it compares.
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "kernels/fake_files.h"
#include "kernels/pass.h"
#include "kernels/sweep.h"
#include "kernels/testing.h"

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

const StencilWeights kFive{0.5, 0.125, 0};
const StencilWeights kNine{0.4, 0.1, 0.05};

Step near(const Neighbourhood& what, Boundary boundary) {
  return NeighbourhoodStep{what, {boundary, 0.25}};
}

const std::pair<Boundary, const char*> kBoundaries[] = {{Boundary::clamp, "clamp"},
                                                        {Boundary::reflect, "reflect"},
                                                        {Boundary::wrap, "wrap"},
                                                        {Boundary::constant, "constant"}};
const char* const kNames[] = {"float64", "float32", "float16", "int32", "uint8"};

std::vector<Job> jobs() {
  std::vector<Job> all = {
      {"line", "sqrt_line", {SqrtStep{}}},
      {"cube", "sqrt_cube", {SqrtStep{}}},
      {"int32", "scale_int32", {ScaleOffsetStep{3, -5}}},
      {"float32", "narrow", {ConvertStep{Element::float16}}},
      {"float16", "wide", {ConvertStep{Element::float32}}},
      {"float32", "chain", {ScaleOffsetStep{2, 0.5}, SqrtStep{}, ConvertStep{Element::float16}}},
      {"float32", "near_chain", {near(BoxBlur{2}, Boundary::reflect), ScaleOffsetStep{2, 0.5}}},
  };
  for (const std::string name : kNames) all.push_back({name, "copy_" + name, {}});
  for (const std::string name : {"float64", "float32", "float16"}) {
    all.push_back({name, "sqrt_" + name, {SqrtStep{}}});
    all.push_back({name, "scale_" + name, {ScaleOffsetStep{1.1, 0.3}}});
  }
  for (const std::string name : {"float64", "float32"}) {
    for (const auto& [boundary, word] : kBoundaries) {
      const std::string end = "_" + name + "_" + word;
      all.push_back({name, "five" + end, {near(FivePoint{kFive}, boundary)}});
      all.push_back({name, "nine" + end, {near(NinePoint{kNine}, boundary)}});
      all.push_back({name, "blur" + end, {near(BoxBlur{5}, boundary)}});
    }
  }
  return all;
}

/// An array of NumPy's in memory.
struct Loaded {
  Loaded(const TempDir& dir, const std::string& name)
      : layout(*read_npy_layout(dir.file(name + ".npy"))),
        memory(layout.element, layout.rows, layout.cols) {
    require_ok(file_source(dir.file(name + ".npy"), layout)
                   ->load({0, 0, layout.rows, layout.cols}, memory.view()));
  }
  ArrayLayout layout;
  Array memory;
};

ArrayWriter writer_of(const TempDir& dir, const std::string& name, ArrayLayout layout) {
  Result<ArrayWriter> writer = ArrayWriter::create_npy(dir.file(name + ".npy"), layout);
  require_ok(writer);
  return *std::move(writer);
}

void save(const TempDir& dir, const std::string& name, Array& array) {
  const View view = array.view();
  ArrayWriter writer = writer_of(dir, name, {view.element, view.rows, view.cols});
  require_ok(writer.sink().store({0, 0, view.rows, view.cols}, view));
  require_ok(writer.finish());
}

void run_job(const Kernels& kernels, ThreadPool& pool, const TempDir& dir, const Job& job) {
  const std::string path = dir.file(job.from + ".npy");
  Result<ArrayLayout> layout = read_npy_layout(path);
  require_ok(layout);
  Loaded whole(dir, job.from);
  PassRequest request;
  // What wraps around needs the whole array.
  const bool wraps = job.to.ends_with("_wrap");
  request.source = wraps ? memory_source(whole.memory.view()) : *mapped_source(path, *layout);
  request.steps = job.steps;
  request.tile_rows = 77;
  request.tile_cols = 130;
  for (const Step& step : job.steps)
    if (const auto* convert = std::get_if<ConvertStep>(&step)) layout->element = convert->to;
  ArrayWriter writer = writer_of(dir, job.to, *layout);
  request.sink = writer.sink();
  require_ok(run_pass(kernels, pool, request));
  require_ok(writer.finish());
}

void fill_add_and_turn(const Kernels& kernels, ThreadPool& pool, const TempDir& dir) {
  SweepOptions options;
  options.tile_rows = 77;
  options.tile_cols = 130;
  for (const std::string name : kNames) {
    Loaded x(dir, name);
    const ArrayLayout& layout = x.layout;
    ArrayWriter filled = writer_of(dir, "fill_" + name, layout);
    require_ok(run_content(kernels, pool, EqualElements{117}, filled.sink(), options));
    require_ok(filled.finish());
    Array turned(layout.element, layout.cols, layout.rows);
    require_ok(run_transpose(kernels, pool, x.memory.view(), turned.view(), options));
    save(dir, "transpose_" + name, turned);
    if (layout.element == Element::uint8) continue;
    Loaded y(dir, name + "_y");
    Array sum(layout.element, layout.rows, layout.cols);
    require_ok(run_triad(kernels, pool, x.memory.view(), y.memory.view(), sum.view(), 3, options));
    save(dir, "triad_" + name, sum);
  }
}

// A line for each: dtype, what, sum, integer sum, least, most.
void reduce_all(const Kernels& kernels, ThreadPool& pool, const TempDir& dir) {
  std::ofstream lines(dir.file("sums.txt"));
  lines << std::setprecision(17);
  for (const std::string name : kNames) {
    Loaded x(dir, name);
    const std::pair<Reduce, const char*> ways[] = {
        {Reduce::sum, "sum"}, {Reduce::sum_of_squares, "squares"}, {Reduce::summary, "summary"}};
    for (const auto& [what, word] : ways) {
      PassRequest request;
      // The first row has infinities and a NaN.
      request.source = memory_source(x.memory.view().part(1, 0, x.layout.rows - 1, x.layout.cols));
      request.reduce = what;
      request.tile_rows = 13;
      request.tile_cols = 256;
      const Result<PassReport> report = run_pass(kernels, pool, request);
      require_ok(report);
      const ReductionResult& result = *report->reduction;
      lines << name << ' ' << word << ' ' << result.sum << ' ' << result.integer_sum << ' '
            << result.least << ' ' << result.most << '\n';
    }
  }
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
    for (const Job& job : jobs()) run_job(kernels, pool, dir, job);
    fill_add_and_turn(kernels, pool, dir);
    reduce_all(kernels, pool, dir);
    BOOST_TEST(runs(script + "check " + dir.file("")));
  });
}

BOOST_AUTO_TEST_SUITE_END()
