// SPDX-License-Identifier: Apache-2.0
#include "harness/lab/guest_image.h"

#include <deque>
#include <fstream>
#include <set>
#include <sstream>

#include "fixtures/swap.h"
#include "harness/lab/cpio.h"
#include "harness/lab/elf_file.h"
#include "harness/lab/guest_program.h"
#include "harness/lab/kernels.h"
#include "harness/lab/work_folder.h"
#include "harness/spawn/run_process.h"

namespace memqual {
namespace {

namespace fs = std::filesystem;
constexpr std::uint64_t kLoaderMs = 20000;
constexpr std::size_t kGuestPageBytes = 4096;

constexpr std::string_view kUsers =
    "root:x:0:0:root:/tmp:/memqual/busybox\n"
    "nobody:x:65534:65534:nobody:/tmp:/memqual/busybox\n";
constexpr std::string_view kGroups = "root:x:0:\nnogroup:x:65534:\n";

std::string without_slash(const std::string& path) {
  return path.substr(path.find_first_not_of('/'));
}

/// Owns the contents that the archive's entries point at.
class Image {
 public:
  void add(const std::string& path, std::uint32_t mode, std::string content) {
    contents_.push_back(std::move(content));
    entries_.push_back({without_slash(path), mode, contents_.back()});
  }

  /// A program with its loader and libraries.
  Status add_program(const std::string& path, const fs::path& file, const fs::path& work) {
    const Result<std::string> content = read_whole(file);
    if (!content) return content.error();
    const Result<ElfFile> elf = read_elf(*content);
    if (!elf) return Error{file.string() + ": " + elf.error().message, elf.error().hint};
    Result<std::string> cut = without_debug_information(*content);
    if (!cut) return cut.error();
    add(path, kCpioProgram, *std::move(cut));
    return elf->interpreter.empty() ? done() : add_libraries(file, elf->interpreter, work);
  }

  std::string archive() const { return make_cpio(entries_); }

 private:
  Status add_libraries(const fs::path& file, const std::string& loader, const fs::path& work) {
    const Result<std::string> answer =
        run_process(loader, {"--list", file.string()}, work / "loader-errors", kLoaderMs);
    if (!answer)
      return Error{
          "asking " + loader + " for libraries of " + file.string() + ": " + answer.error().message,
          answer.error().hint};
    const auto libraries = parse_loader_list(*answer);
    if (!libraries) return libraries.error();
    for (const std::string& library : *libraries) {
      // The loader's own path is written in the program.
      const std::string place =
          library == loader ? library
                            : kGuestLibraries + ("/" + fs::path(library).filename().string());
      if (!libraries_.insert(place).second) continue;
      const Result<std::string> content = read_whole(library);
      if (!content) return content.error();
      Result<std::string> cut = without_debug_information(*content);
      if (!cut) return Error{library + ": " + cut.error().message, ""};
      add(place, kCpioProgram, *std::move(cut));
    }
    return done();
  }

  std::deque<std::string> contents_;
  std::vector<CpioEntry> entries_;
  std::set<std::string> libraries_;
};

}  // namespace

Status check_guest_architecture() {
  const Result<std::string> self = read_whole("/proc/self/exe");
  if (!self) return self.error();
  const Result<ElfFile> elf = read_elf(*self);
  if (elf && elf->machine == kElfX86_64) return done();
  return Error{"the lab's guests have x86-64 CPUs, and this memqual was built for others",
               "run the lab on an x86-64 host"};
}

Result<std::string> make_base_image(const fs::path& program, const fs::path& child,
                                    const fs::path& work) {
  std::error_code error;
  const fs::path self = program.empty() ? fs::read_symlink("/proc/self/exe", error) : program;
  if (error) return Error{"cannot find this program's file: " + error.message(), ""};
  Image image;
  for (const char* folder : {"/proc", "/sys", "/dev", "/tmp", "/bin"})
    image.add(folder, kCpioFolder, "");
  image.add("/etc/passwd", kCpioFile, std::string(kUsers));
  image.add("/etc/group", kCpioFile, std::string(kGroups));
  if (Status status = image.add_program(kGuestProgram, self, work); !status) return status.error();
  if (Status status = image.add_program(kGuestChild, child, work); !status) return status.error();
  if (const Result<fs::path> busybox = find_program("busybox")) {
    if (Status status = image.add_program(kGuestShell, *busybox, work); !status)
      return status.error();
    // Every tool that it can be, so that commands of scenarios find them.
    const Result<std::string> tools =
        run_process(*busybox, {"--list"}, work / "busybox-errors", kLoaderMs);
    if (!tools) return tools.error();
    std::istringstream names(*tools);
    for (std::string name; names >> name;) image.add("/bin/" + name, kCpioLink, kGuestShell);
  }
  return image.archive();
}

Result<std::string> make_job_image(const LabJob& job, const std::vector<std::string>& files,
                                   const fs::path& modules) {
  Image image;
  image.add(kGuestJob, kCpioFile, encode_lab_job(job));
  for (const std::string& file : files) {
    Result<std::string> content = read_whole(file);
    if (!content) return content.error();
    image.add(guest_path(file), kCpioFile, *std::move(content));
  }
  for (const std::string& name : guest_modules()) {
    const fs::path file = module_file(modules, name);
    if (file.empty()) continue;
    Result<std::string> content = read_whole(file);
    if (!content) return content.error();
    image.add(std::string(kGuestModules) + "/" + file.filename().string(), kCpioFile,
              *std::move(content));
  }
  return image.archive();
}

std::string guest_path(const fs::path& file) {
  std::error_code error;
  return kGuestScenarios + fs::weakly_canonical(fs::absolute(file, error), error).string();
}

Status make_swap(const fs::path& file, std::uint64_t bytes) {
  if (Status status = make_sparse(file, bytes); !status) return status;
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream << swap_header(bytes, kGuestPageBytes) << std::flush;
  if (stream) return done();
  return Error{"cannot write the swap area in " + file.string(),
               "make room there, or set TMPDIR to a folder with more"};
}

}  // namespace memqual
