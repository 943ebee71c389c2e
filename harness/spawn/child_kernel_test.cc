// SPDX-License-Identifier: Apache-2.0
// Kernel steps as the child runs them: on memory and on files of the scratch folder.
#include <sys/mount.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "harness/spawn/testing.h"

using namespace memqual;
using namespace memqual::testing;

namespace {

constexpr std::uint64_t kRows = 300, kCols = 500;

class Scratch {
 public:
  Scratch() {
    char name[] = "/tmp/memqual-kernel-XXXXXX";
    path_ = ::mkdtemp(name);
  }
  ~Scratch() { std::filesystem::remove_all(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::filesystem::path path() const { return path_; }

 private:
  std::filesystem::path path_;
};

WorkloadStep array(const std::string& name) {
  Allocate action;
  action.name = name;
  action.size = Size::of_bytes(kRows * kCols * 8);
  action.using_ = AllocateUsing::mmap;
  return step(std::move(action));
}

ArrayRef memory(const std::string& name, std::uint64_t rows = kRows, std::uint64_t cols = kCols) {
  return {ArrayPlace::memory, name, ArrayType{"float64", rows, cols}, ArrayAccess::mapped};
}
ArrayRef file(ArrayPlace place, const std::string& name) {
  return {place, name, ArrayType{"float64", kRows, kCols}, ArrayAccess::mapped};
}

Kernel kernel(KernelOperation what, std::optional<ArrayRef> in, std::optional<ArrayRef> out) {
  Kernel made;
  made.chain.emplace_back().what = what;
  made.in = std::move(in);
  made.out = std::move(out);
  made.budget = Size::of_bytes(4 * kMiB);
  made.verify = true;
  return made;
}
Kernel random_fill(ArrayRef out) { return kernel(KernelOperation::random, {}, std::move(out)); }
Kernel total(ArrayRef in, KernelReduce what = KernelReduce::sum) {
  Kernel made = kernel(KernelOperation::copy, std::move(in), {});
  made.chain.clear();
  made.reduce = what;
  return made;
}

Seen run_in(const Scratch& scratch, std::vector<WorkloadStep> workload,
            std::vector<ResolvedRlimit> limits = {}) {
  ChildLauncher launcher = start_launcher();
  ChildProgram program;
  program.setup.scratch_dir = scratch.path().string();
  program.setup.rlimits = std::move(limits);
  program.workload = std::move(workload);
  return run_program(launcher, program);
}

const KernelReport& report_of(const Seen& seen, std::size_t index) {
  BOOST_REQUIRE(seen.step(index).kernel.has_value());
  return *seen.step(index).kernel;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(child_kernel)

BOOST_AUTO_TEST_CASE(a_chunked_root_of_random_numbers_is_verified_and_measured) {
  const Scratch scratch;
  Kernel root = kernel(KernelOperation::sqrt, memory("a"), memory("b"));
  root.tile = TileShape{64, 100};
  root.threads = 2;
  root.rounds = 3;
  const Seen seen = run_in(scratch, {array("a"), array("b"), step(random_fill(memory("a"))),
                                     step(root), step(total(memory("b"), KernelReduce::summary))});
  BOOST_TEST(seen.ending() == "completed");
  const KernelReport& report = report_of(seen, 3);
  BOOST_TEST(report.verified);
  BOOST_TEST(report.tile_rows == 64u);
  BOOST_TEST(report.tile_cols == 100u);
  BOOST_TEST(report.tiles == 25u);
  BOOST_TEST(report.rounds == 3u);
  BOOST_TEST(report.threads == 2u);
  BOOST_TEST(report.bytes_read == kRows * kCols * 8);
  BOOST_TEST(report.bytes_written == kRows * kCols * 8);
  BOOST_TEST(report.throughput > 0u);
  BOOST_TEST(report.fastest_ns <= report.round_ns);
  // Roots of uniform numbers have a mean of 2/3.
  const KernelReport& sum = report_of(seen, 4);
  BOOST_TEST(*sum.sum / (kRows * kCols) == 2.0 / 3.0, boost::test_tools::tolerance(0.01));
  BOOST_TEST(*sum.least >= 0.0);
  BOOST_TEST(*sum.most < 1.0);
  BOOST_TEST(!sum.integer_sum.has_value());
}

BOOST_AUTO_TEST_CASE(what_is_written_to_a_file_is_read_back_with_the_same_checksum) {
  for (const ArrayPlace place : {ArrayPlace::npy, ArrayPlace::raw}) {
    const Scratch scratch;
    Kernel read = total(file(place, "x"));
    read.checksum = true;
    Kernel in_memory = total(memory("a"));
    in_memory.checksum = true;
    std::vector<WorkloadStep> workload{array("a"), step(random_fill(file(place, "x"))),
                                       step(random_fill(memory("a"))), step(in_memory)};
    for (const ArrayAccess access : {ArrayAccess::mapped, ArrayAccess::read, ArrayAccess::direct}) {
      read.in->access = access;
      workload.push_back(step(read));
    }
    const Seen seen = run_in(scratch, workload);
    BOOST_TEST(seen.ending() == "completed");
    for (const std::size_t i : {4u, 5u, 6u}) {
      BOOST_TEST(report_of(seen, i).checksum.value() == report_of(seen, 3).checksum.value());
      BOOST_TEST(*report_of(seen, i).sum == *report_of(seen, 3).sum);
    }
    BOOST_TEST(std::filesystem::exists(scratch.path() / "x"));
  }
}

// Runs Python in `folder` with NumPy as np; false where it fails.
bool numpy_in(const Scratch& scratch, const std::string& text) {
  const std::string command = "cd " + scratch.path().string() + " && ";
  for (const std::string python : {"python3", "/usr/bin/python3"})
    if (std::system((python + " -c 'import numpy' 2>/dev/null").c_str()) == 0)
      return std::system((command + python + " -c 'import numpy as np\n" + text + "'").c_str()) ==
             0;
  return false;
}

BOOST_AUTO_TEST_CASE(npy_files_come_from_numpy_and_go_back_to_it) {
  const Scratch scratch;
  if (!numpy_in(scratch, "")) {
    std::cout << "SKIPPED: python3-numpy is not here\n";
    return;
  }
  BOOST_REQUIRE(numpy_in(scratch,
                         "r = np.random.Generator(np.random.SFC64(5))\n"
                         "np.save(\"x\", r.random((300, 701), np.float32) * 100)\n"
                         "np.save(\"line\", r.random(12345))\n"
                         "np.save(\"cube\", r.integers(-9, 9, (3, 40, 50), np.int32))\n"));
  const auto npy = [](const std::string& name) {
    return ArrayRef{ArrayPlace::npy, name + ".npy", {}, ArrayAccess::mapped};
  };
  Kernel half = kernel(KernelOperation::sqrt, npy("x"), npy("half"));
  half.chain.emplace_back().what = KernelOperation::convert;
  half.chain[1].dtype = "float16";
  half.tile = TileShape{7, 256};
  half.threads = 2;
  Kernel blur = kernel(KernelOperation::five_point, npy("line"), npy("near"));
  blur.chain[0].side = 0.25;
  Kernel scale = kernel(KernelOperation::scale_offset, npy("cube"), npy("scaled"));
  scale.chain[0].a = 3;
  scale.chain[0].b = -5;
  scale.reduce = KernelReduce::sum;
  const Seen seen = run_in(scratch, {step(half), step(blur), step(scale),
                                     step(total(npy("cube"), KernelReduce::sum_of_squares))});
  BOOST_TEST(seen.ending() == "completed");
  BOOST_TEST(report_of(seen, 2).integer_sum.has_value());
  BOOST_TEST(!report_of(seen, 3).integer_sum.has_value());  // of the elements, not of their squares
  BOOST_TEST(
      numpy_in(scratch,
               "def same(a, b):\n"
               "  assert a.dtype == b.dtype and a.shape == b.shape and (a == b).all(), (a, b)\n"
               "load = lambda name: np.load(name + \".npy\")\n"
               "same(load(\"half\"), np.sqrt(load(\"x\")).astype(np.float16))\n"
               "x = load(\"line\"); p = np.pad(x, 1, mode=\"edge\")\n"
               "same(load(\"near\"), x + 0.25 * ((x + x) + (p[:-2] + p[2:])))\n"
               "same(load(\"scaled\"), load(\"cube\") * np.int32(3) - np.int32(5))\n"
               "assert load(\"scaled\").sum() == " +
                   std::to_string(*report_of(seen, 2).integer_sum) + "\n"));
}

BOOST_AUTO_TEST_CASE(a_sparse_file_is_made_as_a_hole_of_zeros) {
  const Scratch scratch;
  const Seen seen = run_in(scratch, {step(total(file(ArrayPlace::sparse, "hole")))});
  BOOST_TEST(seen.ending() == "completed");
  BOOST_TEST(*report_of(seen, 0).sum == 0.0);
  BOOST_TEST(std::filesystem::file_size(scratch.path() / "hole") == kRows * kCols * 8);
}

BOOST_AUTO_TEST_CASE(triad_transpose_and_in_place_work_on_memory) {
  const Scratch scratch;
  Kernel add = kernel(KernelOperation::triad, memory("a"), memory("b"));
  add.with = memory("a");
  add.chain[0].a = 2;
  const Kernel turn = kernel(KernelOperation::transpose, memory("b"), memory("c", kCols, kRows));
  const Kernel root = kernel(KernelOperation::sqrt, memory("a"), memory("a"));
  const Seen seen = run_in(
      scratch, {array("a"), array("b"), array("c"), step(random_fill(memory("a"))), step(add),
                step(turn), step(total(memory("a"))), step(total(memory("b"))), step(root)});
  BOOST_TEST(seen.ending() == "completed");
  for (const std::size_t i : {4u, 5u, 8u}) BOOST_TEST(report_of(seen, i).verified);
  BOOST_TEST(*report_of(seen, 7).sum == 3 * *report_of(seen, 6).sum,
             boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(no_memory_for_the_tiles_is_a_refusal) {
  const Scratch scratch;
  Kernel root = kernel(KernelOperation::sqrt, memory("a"), memory("b"));
  root.reduce = KernelReduce::sum;  // so that results go through buffers
  root.tile = TileShape{kRows, kCols};
  root.verify = false;
  const Seen seen =
      run_in(scratch, {array("a"), array("b"), step(root)},
             {{RlimitResource::address_space, false, 2 * kRows * kCols * 8 + 400 * kKiB, true}});
  BOOST_TEST((seen.outcome() == OutcomeKind::refused));
  BOOST_TEST(seen.step(2).error_name == "ENOMEM");
  BOOST_TEST(seen.step(2).detail.find("memory for the tiles of 4 MiB") == 0u);
}

// Room for one or two stacks of 8 MiB, and not for seven.
ResolvedRlimit few_stacks() {
  return {RlimitResource::address_space, false, 2 * kRows * kCols * 8 + 20 * kMiB, true};
}

BOOST_AUTO_TEST_CASE(threads_that_cannot_be_made_are_a_refusal_and_no_crash) {
  const Scratch scratch;
  Kernel root = kernel(KernelOperation::sqrt, memory("a"), memory("b"));
  root.threads = 8;
  const Seen kernel_step = run_in(scratch, {array("a"), array("b"), step(root)}, {few_stacks()});
  BOOST_TEST((kernel_step.outcome() == OutcomeKind::refused), kernel_step.ending());
  BOOST_TEST(kernel_step.step(2).detail == "starting 8 threads");
  Touch touch{"a"};
  touch.threads = 8;
  const Seen touch_step = run_in(scratch, {array("a"), array("b"), step(touch)}, {few_stacks()});
  BOOST_TEST((touch_step.outcome() == OutcomeKind::refused), touch_step.ending());
  Bandwidth copy;
  copy.operations = {BandwidthOperation::copy};
  copy.size = Size::of_bytes(kMiB);
  copy.threads = {8};
  copy.rounds = 1;
  const Seen bandwidth = run_in(scratch, {array("a"), array("b"), step(copy)}, {few_stacks()});
  BOOST_TEST((bandwidth.outcome() == OutcomeKind::refused), bandwidth.ending());
  Kernel direct = total(file(ArrayPlace::sparse, "hole"));
  direct.in->access = ArrayAccess::direct;
  direct.threads = 4;
  const Seen reads = run_in(scratch, {step(direct)}, {few_stacks()});
  BOOST_TEST((reads.outcome() == OutcomeKind::refused), reads.ending());
}

BOOST_AUTO_TEST_CASE(overlapping_tiles_do_not_make_a_step_faster) {
  const Scratch scratch;
  Kernel blur = kernel(KernelOperation::box_blur, memory("a"), memory("b"));
  blur.chain[0].radius = 8;
  blur.tile = TileShape{1, kCols};
  const Seen seen = run_in(scratch, {array("a"), array("b"), step(blur)});
  const KernelReport& report = report_of(seen, 2);
  BOOST_TEST(report.bytes_read > 8 * kRows * kCols * 8);
  BOOST_TEST(report.bytes_useful == 2 * kRows * kCols * 8);
  const double seconds = static_cast<double>(report.round_ns) / 1e9;
  BOOST_TEST(
      static_cast<double>(report.throughput) * seconds == static_cast<double>(report.bytes_useful),
      boost::test_tools::tolerance(1e-3));
}

BOOST_AUTO_TEST_CASE(a_file_is_given_the_shape_that_was_written) {
  const Scratch scratch;
  ArrayRef made = file(ArrayPlace::npy, "x.npy");
  made.type->shape = {3, kRows / 3, kCols};
  Kernel root = kernel(KernelOperation::sqrt, ArrayRef{ArrayPlace::npy, "x.npy", {}, {}},
                       ArrayRef{ArrayPlace::npy, "y.npy", {}, {}});
  const Seen seen = run_in(scratch, {step(random_fill(made)), step(root)});
  BOOST_TEST(seen.ending() == "completed");
  std::ifstream header(scratch.path() / "y.npy");
  std::string text(128, ' ');
  header.read(text.data(), 128);
  BOOST_TEST(text.find("'shape': (3, 100, 500)") != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(a_raw_file_of_another_length_is_trouble) {
  const Scratch scratch;
  std::ofstream(scratch.path() / "long") << std::string(kRows * kCols * 8 + 1, 'x');
  const Seen seen = run_in(scratch, {step(total(file(ArrayPlace::raw, "long")))});
  BOOST_TEST(seen.trouble().find("is too long") != std::string::npos, seen.trouble());
}

BOOST_AUTO_TEST_CASE(a_file_that_may_not_be_had_is_trouble_and_no_refusal_of_memory) {
  const Scratch scratch;
  // Whoever writes it is told EPERM, root too.
  const std::filesystem::path folder = scratch.path() / "fixed";
  std::filesystem::create_directory(folder);
  if (std::system(("chattr +i " + folder.string() + " 2>/dev/null").c_str()) != 0) {
    std::cout << "SKIPPED: no folder here can be made immutable\n";
    return;
  }
  const Seen seen = run_in(scratch, {step(random_fill(file(ArrayPlace::raw, "fixed/x")))});
  std::system(("chattr -i " + folder.string()).c_str());
  BOOST_TEST(seen.trouble().find("Operation not permitted") != std::string::npos,
             seen.trouble() << seen.result.observation.has_value());
}

BOOST_AUTO_TEST_CASE(a_full_file_system_is_trouble_with_advice_and_leaves_nothing) {
  const Scratch scratch;
  if (::mount("tmpfs", scratch.path().c_str(), "tmpfs", 0, "size=256k") != 0) {
    std::cout << "SKIPPED: may not mount a small tmpfs here\n";
    return;
  }
  const Seen seen = run_in(scratch, {step(random_fill(file(ArrayPlace::raw, "x")))});
  const bool empty = std::filesystem::is_empty(scratch.path());
  ::umount(scratch.path().c_str());
  BOOST_TEST(seen.trouble().find("No space left on device; make room") != std::string::npos,
             seen.trouble());
  BOOST_TEST(empty);
}

BOOST_AUTO_TEST_CASE(a_file_cut_while_it_is_read_is_trouble_and_no_signal) {
  const Scratch scratch;
  const std::filesystem::path path = scratch.path() / "x";
  std::ofstream(path).close();
  std::filesystem::resize_file(path, kRows * kCols * 8);
  Kernel sum = total(file(ArrayPlace::raw, "x"));
  sum.verify = false;
  sum.rounds = 10000;
  sum.tile = TileShape{1, kCols};
  // Cut when the case has mapped it, in one of its many rounds.
  std::atomic<std::int64_t> pid{0};
  std::atomic<bool> over{false};
  std::thread cutter([&] {
    const auto is_mapped = [&] {
      std::ifstream maps("/proc/" + std::to_string(pid) + "/maps");
      const std::string text(std::istreambuf_iterator<char>(maps), {});
      return text.find(path.string()) != text.npos;
    };
    while (!over && (pid == 0 || !is_mapped())) std::this_thread::yield();
    std::filesystem::resize_file(path, 4096);
  });
  LaunchOptions options;
  options.admit = [&](std::int64_t started) -> Status {
    pid = started;
    return done();
  };
  ChildLauncher launcher = start_launcher();
  ChildProgram program;
  program.setup.scratch_dir = scratch.path().string();
  program.workload = {step(sum)};
  const std::string trouble = run_program(launcher, program, options).trouble();
  over = true;
  cutter.join();
  BOOST_TEST(trouble.find("was shortened") != std::string::npos, trouble);
}

BOOST_AUTO_TEST_CASE(a_step_that_is_killed_leaves_nothing_under_the_results_name) {
  const Scratch scratch;
  std::ofstream(scratch.path() / "x") << "old";
  Kernel fill = random_fill(file(ArrayPlace::raw, "x"));
  fill.verify = false;
  fill.out->type->rows = 1 << 20;  // 4 GB: far more than is written before it is killed
  ChildLauncher launcher = start_launcher();
  ChildProgram program;
  program.setup.scratch_dir = scratch.path().string();
  program.workload = {step(fill)};
  LaunchOptions options;
  options.timeout_ms = 300;
  options.grace_ms = 0;
  const Seen seen = run_program(launcher, program, options);
  BOOST_TEST((seen.outcome() != OutcomeKind::completed), seen.ending());
  std::ifstream left(scratch.path() / "x");
  BOOST_TEST(std::string(std::istreambuf_iterator<char>(left), {}) == "old");
}

BOOST_AUTO_TEST_CASE(a_target_that_the_cpu_lacks_is_trouble_with_advice) {
  const Scratch scratch;
  Bandwidth copy;
  copy.operations = {BandwidthOperation::copy};
  copy.size = Size::of_bytes(kMiB);
  copy.threads = {1};
  for (const WorkloadStep& asked : {step(random_fill(file(ArrayPlace::raw, "x"))), step(copy)}) {
    std::string troubles;  // no CPU has both
    for (const char* target : {"neon", "avx2"}) {
      ChildLauncher launcher = start_launcher();
      ChildProgram program;
      program.setup.scratch_dir = scratch.path().string();
      program.setup.variables = {{"MEMQUAL_FORCE_TARGET", target}};
      program.workload = {asked};
      troubles += run_program(launcher, program).trouble();
    }
    BOOST_TEST(troubles.find("MEMQUAL_FORCE_TARGET: ") != std::string::npos, troubles);
    BOOST_TEST(troubles.find("; ") != std::string::npos, troubles);
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_there_or_too_short_is_trouble_and_not_a_result) {
  const Scratch scratch;
  const Seen missing = run_in(scratch, {step(total(file(ArrayPlace::raw, "nowhere")))});
  BOOST_TEST(missing.trouble().find("nowhere") != std::string::npos);
  BOOST_TEST(missing.trouble().find("No such file") != std::string::npos);
  std::filesystem::copy_file("/proc/self/cmdline", scratch.path() / "short");
  const Seen cut = run_in(scratch, {step(total(file(ArrayPlace::raw, "short")))});
  BOOST_TEST(cut.trouble().find("short is") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
