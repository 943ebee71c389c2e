// SPDX-License-Identifier: Apache-2.0
// apt does the work: it knows mirrors, proxies, signatures and checksums. It gets a configuration
// in which every folder it writes to is ours, so that the host's own state stays as it is.
#include <unistd.h>

#include <algorithm>

#include "harness/lab/kernels.h"
#include "harness/lab/work_folder.h"
#include "harness/spawn/run_process.h"
#include "scenarios/model/text.h"

namespace memqual {
namespace {

namespace fs = std::filesystem;
constexpr std::uint64_t kDownloadMs = 300000;
constexpr const char* kKeyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
constexpr const char* kMetaPackage = "linux-image-cloud-amd64";

std::vector<std::string> apt_sources_of_host() {
  std::vector<std::string> texts;
  std::vector<fs::path> files{"/etc/apt/sources.list"};
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/etc/apt/sources.list.d", error))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files)
    if (Result<std::string> text = read_whole(file)) texts.push_back(*std::move(text));
  return texts;
}

std::string apt_configuration(const fs::path& folder) {
  const std::string base = folder.string();
  return "Dir::Etc::sourcelist \"" + base + "/sources.list\";\n" +
         "Dir::Etc::sourceparts \"-\";\nDir::Etc::preferences \"-\";\n" +
         "Dir::Etc::preferencesparts \"-\";\n" +  //
         "Dir::State \"" + base + "\";\nDir::State::lists \"" + base + "/lists\";\n" +
         "Dir::State::status \"" + base + "/status\";\nDir::Cache \"" + base + "/cache\";\n" +
         "APT::Architecture \"amd64\";\nAPT::Architectures { \"amd64\"; };\n" +
         "Acquire::Languages \"none\";\n" +
         // The folder belongs to the user; apt's own user could not write there.
         "APT::Sandbox::User \"\";\n";
}

class Fetch {
 public:
  Fetch(const DebianKernel& kernel, const fs::path& cache, const fs::path& folder,
        const std::function<void(const std::string&)>& tell)
      : kernel_(kernel), cache_(cache), folder_(folder), tell_(tell) {}

  Result<fs::path> run() {
    if (access(kKeyring, R_OK) != 0)
      return Error{std::string("no ") + kKeyring + ": packages could not be verified",
                   "apt-get install debian-archive-keyring; or --kernel PATH"};
    if (Status status = prepare(); !status) return status.error();
    tell_(kernel_.name + ": reading the package list of " + kernel_.suite + " from " + mirror_);
    if (Result<std::string> out = apt("apt-get", {"-q", "update"}); !out) return out.error();
    Result<std::string> meta = apt("apt-cache", {"show", kMetaPackage});
    if (!meta) return meta.error();
    const std::string package = kernel_package(*meta);
    if (package.empty())
      return Error{kernel_.suite + " has no " + kMetaPackage + " that names its kernel",
                   "try later, the mirror may be in between; or --kernel PATH"};
    tell_(kernel_.name + ": downloading " + package);
    if (Result<std::string> out = apt("apt-get", {"-q", "download", package}); !out)
      return out.error();
    return unpack(package);
  }

 private:
  Status prepare() {
    std::error_code error;
    for (const char* part : {"lists/partial", "cache/archives/partial", "unpacked"})
      fs::create_directories(folder_ / part, error);
    if (error)
      return Error{"cannot make folders in " + folder_.string() + ": " + error.message(),
                   "set XDG_CACHE_HOME to a folder with room that can be written"};
    mirror_ = debian_mirror(apt_sources_of_host());
    const std::string source = "deb [signed-by=" + std::string(kKeyring) + " arch=amd64] " +
                               mirror_ + " " + kernel_.suite + " main\n";
    if (Status status = write_whole(folder_ / "status", ""); !status) return status;
    if (Status status = write_whole(folder_ / "sources.list", source); !status) return status;
    return write_whole(folder_ / "apt.conf", apt_configuration(folder_));
  }

  Result<std::string> apt(const std::string& program, std::vector<std::string> arguments) {
    const Result<fs::path> file = find_program(program);
    if (!file)
      return Error{"fetching " + kernel_.name + ": " + file.error().message,
                   "Debian's apt fetches kernels; elsewhere use --kernel PATH"};
    // A failed download of the list is only a warning to apt unless it is told otherwise.
    std::vector<std::string> words{"-c", (folder_ / "apt.conf").string(), "-o",
                                   "APT::Update::Error-Mode=any"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    // `download` writes into the working folder, and only env can set it without a shell.
    const Result<fs::path> env = find_program("env");
    if (!env) return env.error();
    words.insert(words.begin(), {"-C", (folder_ / "unpacked").string(), file->string()});
    Result<std::string> output = run_process(*env, words, folder_ / "errors", kDownloadMs);
    if (output) return output;
    return Error{"fetching " + kernel_.name + " from " + mirror_ + ": " + output.error().message,
                 "check network, proxy and disk space; or --kernel PATH"};
  }

  Result<fs::path> unpack(const std::string& package) {
    tell_(kernel_.name + ": unpacking");
    const Result<fs::path> archive = only_file(folder_ / "unpacked", ".deb");
    if (!archive) return archive.error();
    const Result<fs::path> dpkg = find_program("dpkg-deb");
    if (!dpkg)
      return Error{"unpacking " + package + ": " + dpkg.error().message,
                   "Debian's dpkg unpacks kernels; elsewhere use --kernel PATH"};
    if (Result<std::string> out =
            run_process(*dpkg, {"-x", archive->string(), (folder_ / "tree").string()},
                        folder_ / "errors", kDownloadMs);
        !out)
      return Error{"unpacking " + package + ": " + out.error().message,
                   "see whether the disk of " + cache_.string() + " is full"};
    const Result<fs::path> image = only_file(folder_ / "tree/boot", "");
    if (!image) return image.error();
    return keep(*image, package);
  }

  static Result<fs::path> only_file(const fs::path& folder, const std::string& extension) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      const std::string name = entry.path().filename().string();
      if (extension.empty() ? name.starts_with("vmlinuz-") : name.ends_with(extension))
        return entry.path();
    }
    return Error{"the package holds no kernel image: looked in " + folder.filename().string(), ""};
  }

  /// Before 6.12 below /lib, then below /usr/lib. Of another kernel they are refused by the image
  /// that they lie beside, and the case that wants them is UNSUPPORTED.
  void keep_modules(const fs::path& place, std::error_code& error) const {
    std::vector<fs::path> found;
    for (const char* top : {"tree/lib/modules", "tree/usr/lib/modules"}) {
      std::error_code none;
      for (fs::recursive_directory_iterator it(folder_ / top, none), end; !none && it != end;
           it.increment(none))
        for (const std::string& name : guest_modules())
          if (it->path() == module_file(it->path().parent_path(), name))
            found.push_back(it->path());
    }
    for (const fs::path& file : found)
      if (!error) fs::rename(file, place / file.filename(), error);
  }

  Result<fs::path> keep(const fs::path& image, const std::string& package) {
    const fs::path place = cache_ / kernel_.name;
    if (Status status = write_whole(folder_ / "package", package + "\n"); !status)
      return status.error();
    std::error_code error;
    fs::create_directories(place, error);
    // Over the image before, in one step: a reader sees the old kernel or the new one, whole.
    if (!error) fs::create_directories(place / "modules", error);
    if (!error) keep_modules(place / "modules", error);
    if (!error) fs::rename(image, place / "vmlinuz", error);
    if (!error) fs::rename(folder_ / "package", place / "package", error);
    if (!error) return place / "vmlinuz";
    return Error{"cannot keep the kernel in " + place.string() + ": " + error.message(),
                 "see who may write there"};
  }

  const DebianKernel& kernel_;
  const fs::path& cache_;
  const fs::path& folder_;
  const std::function<void(const std::string&)>& tell_;
  std::string mirror_;
};

}  // namespace

Result<fs::path> fetch_kernel(const std::string& name, const fs::path& cache,
                              const std::function<void(const std::string&)>& tell) {
  std::vector<std::string> names;
  for (const DebianKernel& kernel : debian_kernels()) {
    names.push_back(kernel.name);
    if (kernel.name != name) continue;
    std::error_code error;
    fs::create_directories(cache, error);
    if (error)
      return Error{"cannot make the kernel cache " + cache.string() + ": " + error.message(),
                   "set XDG_CACHE_HOME to a folder that can be written"};
    // In the cache itself, so that the last step is a rename within one file system.
    const Result<WorkFolder> folder = WorkFolder::make(cache);
    if (!folder) return folder.error();
    return Fetch(kernel, cache, folder->path(), tell).run();
  }
  return Error{"no kernel " + in_quotes(name) + " to fetch" + did_you_mean(name, names),
               "it is one of: " + join_or(names)};
}

}  // namespace memqual
