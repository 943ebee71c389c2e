// SPDX-License-Identifier: Apache-2.0
#include "harness/lab/kernels.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "scenarios/model/text.h"

namespace memqual {
namespace {

constexpr const char* kDefaultMirror = "http://deb.debian.org/debian";

/// The Debian archive, and not its security updates or somebody else's packages: by convention of
/// every mirror its address ends so.
bool is_debian_archive(std::string_view address) {
  while (address.ends_with('/')) address.remove_suffix(1);
  return address.ends_with("/debian") &&
         (address.starts_with("http://") || address.starts_with("https://"));
}

Error no_image(const std::string& what, const std::string& hint) {
  return {"no kernel image for " + what, hint};
}

/// `uname -r`
std::string running_release() {
  std::string release;
  std::ifstream("/proc/sys/kernel/osrelease") >> release;
  return release;
}

bool is_readable(const std::filesystem::path& file) {
  std::error_code error;
  return std::filesystem::is_regular_file(file, error) && std::ifstream(file).good();
}

std::vector<std::string> kernel_names() {
  std::vector<std::string> names{"host"};
  for (const DebianKernel& kernel : debian_kernels()) names.push_back(kernel.name);
  return names;
}

}  // namespace

const std::vector<DebianKernel>& debian_kernels() {
  static const std::vector<DebianKernel> kernels = {
      {"debian-5.10", "bullseye"}, {"debian-6.1", "bookworm"}, {"debian-6.12", "trixie"}};
  return kernels;
}

const std::vector<std::string>& guest_modules() {
  // 5.10 and 6.1 compress by lzo-rle, 6.12 by lz4; what zram depends on comes before it.
  static const std::vector<std::string> modules = {"zsmalloc", "lzo-rle", "lz4_compress",
                                                   "lz4hc_compress", "zram"};
  return modules;
}

std::filesystem::path module_file(const std::filesystem::path& folder, const std::string& name) {
  std::error_code error;
  for (const char* ending : {".ko", ".ko.xz"}) {
    const std::filesystem::path file = folder / (name + ending);
    if (std::filesystem::is_regular_file(file, error)) return file;
  }
  return {};
}

std::filesystem::path modules_of(const std::filesystem::path& image) {
  return image.parent_path() / "modules";
}

std::string debian_mirror(const std::vector<std::string>& source_files) {
  for (const std::string& text : source_files) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("#")) continue;
      std::istringstream words(line);
      std::string word;
      words >> word;
      if (word != "deb" && word != "URIs:") continue;
      while (words >> word)
        if (is_debian_archive(word)) return word;
    }
  }
  return kDefaultMirror;
}

std::string kernel_package(std::string_view meta_package) {
  constexpr std::string_view kPrefix = "linux-image-";
  std::istringstream lines{std::string(meta_package)};
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("Depends:")) continue;
    const std::size_t begin = line.find(kPrefix);
    if (begin == std::string::npos) continue;
    return line.substr(begin, line.find_first_of(" ,(", begin) - begin);
  }
  return "";
}

std::filesystem::path default_kernel_cache() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  const std::filesystem::path base =
      cache != nullptr && *cache == '/'
          ? std::filesystem::path(cache)
          : std::filesystem::path(home == nullptr ? "/tmp" : home) / ".cache";
  return base / "memqual/kernels";
}

Status check_kernel_name(const std::string& name) {
  const std::vector<std::string> names = kernel_names();
  if (std::find(names.begin(), names.end(), name) != names.end()) return done();
  return no_image(in_quotes(name) + did_you_mean(name, names),
                  "it is one of: " + join_or(names) + ", or --kernel PATH");
}

Result<std::filesystem::path> find_kernel(const std::string& name,
                                          const std::filesystem::path& cache,
                                          const std::filesystem::path& boot) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (name.find('/') != std::string::npos) {
    if (fs::is_regular_file(name, error)) return fs::path(name);
    return no_image(name, "name a bzImage");
  }
  if (name == "host") {
    const fs::path image = boot / ("vmlinuz-" + running_release());
    if (is_readable(image)) return image;
    return no_image("host: " + image.string() +
                        (fs::exists(image, error) ? " is not yours to read" : " is not there"),
                    "copy it to where you may read it and use --kernel PATH; or " +
                        ("memqual lab fetch " + debian_kernels()[1].name));
  }
  if (Status known = check_kernel_name(name); !known) return known.error();
  const fs::path image = cache / name / "vmlinuz";
  if (fs::is_regular_file(image, error)) return image;
  return no_image(name + " in " + cache.string(), "memqual lab fetch " + name);
}

}  // namespace memqual
