// SPDX-License-Identifier: Apache-2.0
#include "harness/lab/qemu_arguments.h"

#include "scenarios/model/bytes.h"

namespace memqual {
namespace {

using Words = std::vector<std::string>;

// Translated code; QEMU's own default is a quarter of the host's memory, at most 1 GiB.
constexpr std::uint64_t kTranslationCacheMiB = 128;
// QEMU without its cache, the guest's kernel and its initramfs, as measured: 210 to 260 MiB.
constexpr std::uint64_t kFixedBytes = (kTranslationCacheMiB + 260) * kMiB;
constexpr std::uint64_t kPageStructShare = 4096 / 64;

std::string mebibytes(std::uint64_t bytes) { return std::to_string(bytes / kMiB) + "M"; }

void add(Words& words, Words more) { words.insert(words.end(), more.begin(), more.end()); }

// A comma in a value of -object, -drive or -chardev is written twice (QEMU's qemu-option.c).
std::string escaped(const std::filesystem::path& path) {
  std::string out;
  for (const char c : path.string()) out += c == ',' ? ",," : std::string(1, c);
  return out;
}

void add_memory(const Machine& machine, Words& words) {
  for (std::size_t i = 0; i < machine.nodes.size(); ++i) {
    const std::uint64_t bytes = machine.nodes[i].memory_bytes;
    if (bytes == 0) continue;
    // reserve=off: MAP_NORESERVE, or a host of 24 GiB would not map the memory of a large machine.
    add(words, {"-object", "memory-backend-ram,id=memory" + std::to_string(i) +
                               ",size=" + mebibytes(bytes) + ",reserve=off"});
  }
}

std::string memory_size(const Machine& machine) {
  const std::string size = mebibytes(memory_bytes(machine));
  if (machine.hotplug_bytes == 0) return size;
  return size + ",slots=1,maxmem=" + mebibytes(memory_bytes(machine) + machine.hotplug_bytes);
}

// A DIMM that is there from the beginning: the kernel adds what ACPI reports, and leaves it offline
// where its command line says so.
void add_hotplug(const Machine& machine, Words& words) {
  if (machine.hotplug_bytes == 0) return;
  add(words,
      {"-object",
       "memory-backend-ram,id=hotplug,size=" + mebibytes(machine.hotplug_bytes) + ",reserve=off",
       "-device", "pc-dimm,id=dimm,memdev=hotplug"});
}

void add_nodes(const Machine& machine, Words& words) {
  std::uint32_t next_cpu = 0;
  for (std::size_t i = 0; i < machine.nodes.size(); ++i) {
    const MachineNode& node = machine.nodes[i];
    std::string value = "node,nodeid=" + std::to_string(i);
    if (node.memory_bytes > 0) value += ",memdev=memory" + std::to_string(i);
    add(words, {"-numa", value});
    for (std::uint32_t cpu = 0; cpu < node.cpus; ++cpu)
      add(words, {"-numa",
                  "cpu,node-id=" + std::to_string(i) + ",socket-id=" + std::to_string(next_cpu++)});
  }
  for (std::size_t from = 0; from < machine.nodes.size(); ++from) {
    const std::vector<std::uint32_t>& distances = machine.nodes[from].distances;
    for (std::size_t to = 0; to < distances.size(); ++to)
      if (to != from)
        add(words, {"-numa", "dist,src=" + std::to_string(from) + ",dst=" + std::to_string(to) +
                                 ",val=" + std::to_string(distances[to])});
  }
}

}  // namespace

std::string to_word(Accelerator accelerator) {
  return accelerator == Accelerator::kvm ? "kvm" : "tcg";
}

std::string kernel_command_line(const Machine& machine, const GuestProgram& program) {
  // A panic ends the guest at once (with -no-reboot); the console keeps its text. mitigations=off:
  // an emulated CPU has nothing to leak, and every system call is shorter. no_timer_check: on a
  // busy host an emulated timer is late, and the kernel would take it for a broken one.
  std::string line =
      "console=ttyS0 loglevel=4 panic=-1 mitigations=off no_timer_check rdinit=" + program.path;
  // Debian's 6.12 would set it online by itself, older ones not.
  if (machine.hotplug_bytes > 0) line += " memhp_default_state=offline";
  for (const std::string& argument : machine.kernel_arguments) line += " " + argument;
  if (!program.library_path.empty()) line += " LD_LIBRARY_PATH=" + program.library_path;
  if (!program.arguments.empty()) line += " --";
  for (const std::string& argument : program.arguments) line += " " + argument;
  return line;
}

std::vector<std::string> qemu_arguments(const Machine& machine, const GuestFiles& files,
                                        const GuestProgram& program, Accelerator accelerator) {
  const bool numa = machine.nodes.size() > 1;
  // cx16: QEMU 7.2 now and then leaves garbage in the flags after cmpxchg16b, and kernels die of
  // it.
  const std::string cpu =
      std::string("max,cx16=off") + (machine.five_level_paging ? "" : ",la57=off");
  const std::string cpus = std::to_string(cpu_count(machine));
  Words words = {"-nodefaults",
                 "-no-user-config",
                 "-display",
                 "none",
                 "-no-reboot",
                 "-nic",
                 "none",
                 "-sandbox",
                 "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"};
  add(words, {"-machine", numa ? "q35" : "q35,memory-backend=memory0"});
  if (accelerator == Accelerator::kvm)
    add(words, {"-accel", "kvm", "-cpu", machine.five_level_paging ? "host" : "host,la57=off"});
  else
    add(words, {"-accel", "tcg,thread=multi,tb-size=" + std::to_string(kTranslationCacheMiB),
                "-cpu", cpu});
  // A CPU per socket: what QEMU 7.2 lets stand in any node.
  add(words, {"-smp", "cpus=" + cpus + ",sockets=" + cpus + ",cores=1,threads=1"});
  add(words, {"-m", memory_size(machine)});
  add_memory(machine, words);
  if (numa) add_nodes(machine, words);
  add_hotplug(machine, words);
  add(words, {"-chardev", "file,id=console,append=on,path=" + escaped(files.console)});
  add(words, {"-serial", "chardev:console"});
  add(words, {"-chardev", "stdio,id=records,signal=off", "-serial", "chardev:records"});
  if (!files.swap.empty())
    add(words,
        {"-drive", "file=" + escaped(files.swap) + ",format=raw,if=none,id=swap,cache=unsafe",
         "-device", "nvme,drive=swap,serial=swap"});
  add(words, {"-kernel", files.kernel.string(), "-initrd", files.initramfs.string()});
  add(words, {"-append", kernel_command_line(machine, program)});
  return words;
}

std::uint64_t guest_cost_bytes(const Machine& machine, std::uint64_t touched_bytes) {
  const std::uint64_t known = memory_bytes(machine) + machine.hotplug_bytes;
  return kFixedBytes + known / kPageStructShare + touched_bytes + machine.hotplug_bytes;
}

}  // namespace memqual
