// SPDX-License-Identifier: Apache-2.0
#include "harness/lab/kernels.h"

#include <cstdlib>
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

Result<std::filesystem::path> find_kernel(const std::string& name,
                                          const std::filesystem::path& cache) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (name.find('/') != std::string::npos) {
    if (fs::is_regular_file(name, error)) return fs::path(name);
    return no_image(name, "name a bzImage");
  }
  if (name == "host") {
    for (const auto& entry : fs::directory_iterator("/boot", error))
      if (entry.path().filename().string().starts_with("vmlinuz-")) return entry.path();
    return no_image("host: /boot holds none", "memqual lab fetch debian-6.1");
  }
  const fs::path image = cache / name / "vmlinuz";
  if (fs::is_regular_file(image, error)) return image;
  for (const DebianKernel& kernel : debian_kernels())
    if (kernel.name == name)
      return no_image(name + " in " + cache.string(), "memqual lab fetch " + name);
  return no_image(in_quotes(name) + did_you_mean(name, kernel_names()),
                  "it is one of: " + join_or(kernel_names()) + ", or --kernel PATH");
}

}  // namespace memqual
