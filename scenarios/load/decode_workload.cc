// SPDX-License-Identifier: Apache-2.0
// The keys of each step of `workload`.
#include <algorithm>
#include <array>

#include "scenarios/load/decode_machine.h"
#include "scenarios/load/decode_processes.h"
#include "scenarios/load/table.h"
#include "scenarios/model/text.h"

namespace memqual {
namespace {

constexpr std::uint64_t kMaxBytes = INT64_MAX;
constexpr std::size_t kMaxDimensions = 32;

struct Dtype {
  const char* name;
  std::uint64_t bytes;
};
constexpr std::array<Dtype, 12> kDtypes{{{"float64", 8},
                                         {"float32", 4},
                                         {"float16", 2},
                                         {"bfloat16", 2},
                                         {"int64", 8},
                                         {"int32", 4},
                                         {"int16", 2},
                                         {"int8", 1},
                                         {"uint8", 1},
                                         {"complex128", 16},
                                         {"complex64", 8},
                                         {"bool", 1}}};

std::vector<std::string> dtype_names() {
  std::vector<std::string> names;
  for (const Dtype& dtype : kDtypes) names.emplace_back(dtype.name);
  return names;
}

ShapePtr count_shape() { return integer_shape(1, INT64_MAX); }

/// `key` of the step `what`, as text for messages.
template <class T>
Field<T> name_field(const std::string& doc) {
  return {"name", name_shape(), Required::whole, doc,
          [](const Node& n, T& out, DecodeContext&) { out.name = n.text; }};
}

/// An Allocate while its parts come in: the size is known when all are there.
struct AllocateParts {
  Allocate step;
  const Node* shape = nullptr;
  const Node* alignment = nullptr;
  std::uint64_t item_bytes = 8;
  std::string dtype = "float64";
};

const Table<AllocateParts>& allocate_table() {
  using T = AllocateParts;
  static const Table<T> table{{
      {"name", name_shape(), Required::whole, "what later steps call these blocks",
       [](const Node& n, T& out, DecodeContext&) { out.step.name = n.text; }},
      {"size", size_shape(), Required::no, "bytes of one block",
       [](const Node& n, T& out, DecodeContext&) { out.step.size = decode_size(n); }},
      {"shape", list_shape(count_shape(), 1), Required::no, "dimensions of one array; with dtype",
       [](const Node& n, T& out, DecodeContext&) { out.shape = &n; }},
      {"dtype", word_shape(dtype_names()), Required::no, "type of the array's items; float64",
       [](const Node& n, T& out, DecodeContext&) {
         out.dtype = n.text;
         for (const Dtype& dtype : kDtypes) {
           if (n.text == dtype.name) out.item_bytes = dtype.bytes;
         }
       }},
      {"count", count_shape(), Required::no, "blocks, all under this name; 1",
       [](const Node& n, T& out, DecodeContext&) { out.step.count = decode_count(n); }},
      {"using", word_shape(words_of<AllocateUsing>()), Required::no,
       "the call that asks for the memory; malloc",
       [](const Node& n, T& out, DecodeContext&) {
         out.step.using_ = from_word<AllocateUsing>(n.text).value_or(AllocateUsing::malloc);
       }},
      {"alignment", size_shape(), Required::no, "of posix_memalign, a power of two; 64 B",
       [](const Node& n, T& out, DecodeContext&) { out.alignment = &n; }},
      {"touched", boolean_shape(), Required::no,
       "write to every page of a block before the next is asked for; false",
       [](const Node& n, T& out, DecodeContext&) { out.step.touched = is_true(n); }},
  }};
  return table;
}

/// What kernels need to know of an array. None where they have no such element or it has no size.
std::optional<ArrayType> array_type(const Node& shape, const std::string& dtype) {
  if (dtype_bytes(dtype) == 0) return std::nullopt;
  ArrayType type{dtype, 1, 1};
  for (std::size_t i = 0; i < shape.items.size(); ++i) {
    const bool last = i + 1 == shape.items.size();
    const std::uint64_t length = decode_count(*shape.items[i]);
    (last ? type.cols : type.rows) *= length;
    if (shape.items.size() != 2) type.shape.push_back(length);
  }
  if (type.rows == 0 || type.cols == 0) return std::nullopt;
  return type;
}

/// Bytes of an array, or an error at the shape that shows the numbers.
Size shape_size(const Node& shape, std::uint64_t item_bytes, Findings& findings) {
  std::uint64_t bytes = item_bytes;
  std::string factors;
  bool fits = true;
  if (shape.items.size() > kMaxDimensions) {
    findings.error(shape.mark, "shape has more than 32 dimensions");
    return Size::of_bytes(0);
  }
  for (const NodePtr& item : shape.items) {
    const std::uint64_t dimension = decode_count(*item);
    if (dimension == 0) return Size::of_bytes(0);  // reported by check()
    factors += item->text + " x ";
    fits = fits && bytes <= kMaxBytes / dimension;
    if (fits) bytes *= dimension;
  }
  if (fits) return Size::of_bytes(bytes);
  findings.error(shape.mark, "the array has " + factors + std::to_string(item_bytes) +
                                 " bytes, more than 2^63-1; make the shape smaller");
  return Size::of_bytes(0);
}

void finish_alignment(const AllocateParts& parts, Allocate& step, Findings& findings) {
  if (parts.alignment == nullptr) return;
  if (step.using_ != AllocateUsing::posix_memalign) {
    findings.error(parts.alignment->mark,
                   "alignment is for using: posix_memalign; remove it or change using");
  }
  const Size size = decode_size(*parts.alignment);
  const std::uint64_t bytes = literal_bytes(size);
  if (bytes < 8 || (bytes & (bytes - 1)) != 0) {
    findings.error(parts.alignment->mark,
                   "alignment must be a power of two of at least 8 B, not " + in_quotes(size.text));
  }
  step.alignment_bytes = bytes;
}

Allocate decode_allocate(const Node& node, DecodeContext& context) {
  AllocateParts parts;
  allocate_table().decode(node, parts, context);
  Allocate step = std::move(parts.step);
  const Node* place = parts.shape != nullptr ? parts.shape : node.find("size");
  if (parts.shape != nullptr) {
    step.size = shape_size(*parts.shape, parts.item_bytes, context.findings);
    if (literal_bytes(step.size) != 0 && step.count == 1)
      step.array = array_type(*parts.shape, parts.dtype);
  } else if (const Entry* dtype = node.find_entry("dtype")) {
    context.findings.error(dtype->mark, "dtype belongs to shape; remove it or write shape");
  }
  finish_alignment(parts, step, context.findings);
  if (place == nullptr || !step.size.is_literal()) return step;
  const std::uint64_t bytes = literal_bytes(step.size);
  if (bytes == 0 && parts.shape == nullptr && !step.size.terms.empty()) {
    context.findings.error(place->mark, "size must be more than 0 B");
  }
  if (bytes != 0 && step.count > kMaxBytes / bytes) {
    const Node* count = node.find("count");
    context.findings.error(count->mark, std::to_string(step.count) + " blocks of " +
                                            std::to_string(bytes) +
                                            " bytes are more than 2^63-1 bytes; write fewer");
  }
  return step;
}

const Table<Touch>& touch_table() {
  using T = Touch;
  static const Table<T> table{{
      name_field<T>("the blocks to touch"),
      {"access", word_shape(words_of<Access>()), Required::no, "write or read; write",
       [](const Node& n, T& out, DecodeContext&) {
         out.access = from_word<Access>(n.text).value_or(Access::write);
       }},
      {"every", word_shape(words_of<Stride>()), Required::no, "distance: page or huge_page; page",
       [](const Node& n, T& out, DecodeContext&) {
         out.every = from_word<Stride>(n.text).value_or(Stride::page);
       }},
      {"fraction", fraction_shape(), Required::no, "of each block, from its start; 1.0",
       [](const Node& n, T& out, DecodeContext&) { read_number(n, out.fraction); }},
      {"pattern", integer_shape(0, INT64_MAX), Required::no, "seed of what is written; 1",
       [](const Node& n, T& out, DecodeContext&) { out.pattern = decode_count(n); }},
      {"threads", integer_shape(1, 1024), Required::no, "threads that share the work; 1",
       [](const Node& n, T& out, DecodeContext&) {
         out.threads = static_cast<std::uint32_t>(decode_count(n));
       }},
  }};
  return table;
}

template <class T>
const Table<T>& named_only_table() {
  static const Table<T> table{{name_field<T>("the blocks it works on")}};
  return table;
}

const Table<Protect>& protect_table() {
  using T = Protect;
  static const Table<T> table{{
      name_field<T>("the blocks to protect"),
      {"access", word_shape(words_of<Protection>()), Required::whole, "none, read or read_write",
       [](const Node& n, T& out, DecodeContext&) {
         out.access = from_word<Protection>(n.text).value_or(Protection::read_write);
       }},
  }};
  return table;
}

const Table<Advise>& advise_table() {
  using T = Advise;
  static const Table<T> table{{
      name_field<T>("the blocks to advise about"),
      {"advice", word_shape(words_of<Advice>()), Required::whole, "as in madvise(2)",
       [](const Node& n, T& out, DecodeContext&) {
         out.advice = from_word<Advice>(n.text).value_or(Advice::normal);
       }},
  }};
  return table;
}

/// `touch: a` for `touch: {name: a}`.
template <class T>
T decode_named(const Table<T>& table, const Node& node, DecodeContext& context) {
  T step;
  if (node.is_scalar()) {
    step.name = node.text;
  } else {
    table.decode(node, step, context);
  }
  return step;
}

template <class T>
ShapePtr name_or(const Table<T>& table) {
  return any_of_shape({name_shape(), table.shape()});
}

template <class T>
T decode_step(const Table<T>& table, const Node& node, DecodeContext& context) {
  T step;
  table.decode(node, step, context);
  return step;
}

ShapePtr allocate_shape() {
  auto shape = allocate_table().shape();
  shape->exactly_one = {{"size", "shape"}};
  return shape;
}

std::vector<std::string> findable() {
  std::vector<std::string> words = words_of<AllocateUsing>();
  std::erase(words, std::string(to_word(AllocateUsing::file)));
  return words;
}

const Table<FindLargest>& find_largest_table() {
  using T = FindLargest;
  static const Table<T> table{{
      {"using", word_shape(findable()), Required::no, "the call that asks for the memory; mmap",
       [](const Node& n, T& out, DecodeContext&) {
         out.using_ = from_word<AllocateUsing>(n.text).value_or(AllocateUsing::mmap);
       }},
      {"up_to", size_shape(), Required::no, "nothing larger is asked for; no bound",
       [](const Node& n, T& out, DecodeContext&) { out.up_to = decode_size(n); }},
      {"block", size_shape(), Required::no,
       "find the largest total of blocks of this size, not the largest request",
       [](const Node& n, T& out, DecodeContext&) { out.block = decode_size(n); }},
  }};
  return table;
}

FindLargest decode_find_largest(const Node& node, DecodeContext& context) {
  FindLargest step;
  find_largest_table().decode(node, step, context);
  for (const auto& [key, size] : {std::pair{"up_to", &step.up_to}, std::pair{"block", &step.block}})
    if (*size && (*size)->is_literal() && literal_bytes(**size) == 0)
      context.findings.error(node.find(key)->mark, std::string(key) + " must be more than 0 B");
  return step;
}

std::uint32_t small_count(const Node& node) {
  return static_cast<std::uint32_t>(decode_count(node));
}

void decode_threads(const Node& node, std::vector<std::uint32_t>& out) {
  out.clear();
  if (!node.is_list()) return out.push_back(small_count(node));
  for (const NodePtr& item : node.items) out.push_back(small_count(*item));
}

const Table<Bandwidth>& bandwidth_table() {
  using T = Bandwidth;
  static const ShapePtr threads = integer_shape(1, 1024);
  static const Table<T> table{{
      {"operations", list_shape(word_shape(words_of<BandwidthOperation>()), 1), Required::no,
       "what is measured; read, write, nt_write, copy and triad",
       [](const Node& n, T& out, DecodeContext&) {
         out.operations.clear();
         for (const NodePtr& item : n.items)
           if (const auto operation = from_word<BandwidthOperation>(item->text))
             out.operations.push_back(*operation);
       }},
      {"size", size_shape(), Required::no, "of one array; 256 MiB",
       [](const Node& n, T& out, DecodeContext&) { out.size = decode_size(n); }},
      {"threads", any_of_shape({threads, list_shape(threads, 1)}), Required::no,
       "a number of threads, or several that take turns; 1",
       [](const Node& n, T& out, DecodeContext&) { decode_threads(n, out.threads); }},
      {"rounds", integer_shape(1, 1000), Required::no, "whose median counts; 5",
       [](const Node& n, T& out, DecodeContext&) { out.rounds = small_count(n); }},
      {"pages", word_shape(words_of<PageChoice>()), Required::no,
       "of the arrays: base or huge; huge",
       [](const Node& n, T& out, DecodeContext&) {
         out.pages = from_word<PageChoice>(n.text).value_or(PageChoice::huge);
       }},
      {"cpus", list_shape(integer_shape(0, 4095), 1), Required::no,
       "the threads run on these in turn; on those of the process if left out",
       [](const Node& n, T& out, DecodeContext&) {
         for (const NodePtr& item : n.items) out.cpus.push_back(small_count(*item));
       }},
      {"memory_node", integer_shape(0, 1023), Required::no,
       "NUMA node that the arrays lie on; the kernel's choice if left out",
       [](const Node& n, T& out, DecodeContext&) { out.memory_node = small_count(n); }},
  }};
  return table;
}

const Table<Placement>& placement_table() {
  using T = Placement;
  static const Table<T> table{{
      name_field<T>("the blocks whose pages are looked for"),
      {"nodes", any_of_shape({word_shape({"policy"}), nodes_shape()}), Required::no,
       "the NUMA nodes on which all of them must lie; policy: those of environment.numa",
       [](const Node& n, T& out, DecodeContext&) {
         out.of_policy = n.is_scalar();
         if (!out.of_policy) out.nodes = decode_nodes(n);
       }},
      {"evenly", boolean_shape(), Required::no, "each node has its share, give or take a tenth",
       [](const Node& n, T& out, DecodeContext&) { out.evenly = is_true(n); }},
  }};
  return table;
}

Bandwidth decode_bandwidth(const Node& node, DecodeContext& context) {
  Bandwidth step;
  bandwidth_table().decode(node, step, context);
  if (step.size.is_literal() && literal_bytes(step.size) == 0)
    context.findings.error(node.find("size")->mark, "size must be more than 0 B");
  return step;
}

Placement decode_placement(const Node& node, DecodeContext& context) {
  Placement step = decode_named(placement_table(), node, context);
  if (step.evenly && step.nodes.empty() && !step.of_policy)
    context.findings.error(node.find("evenly")->mark, "evenly needs nodes; write them, or policy");
  return step;
}

const Table<WorkloadStep>& step_table() {
  using T = WorkloadStep;
  static const Table<T> table{{
      {"allocate", allocate_shape(), Required::no, "asks for memory",
       [](const Node& n, T& out, DecodeContext& c) { out.action = decode_allocate(n, c); }},
      {"touch", name_or(touch_table()), Required::no, "writes or reads the pages of blocks",
       [](const Node& n, T& out, DecodeContext& c) {
         out.action = decode_named(touch_table(), n, c);
       }},
      {"verify", name_or(named_only_table<Verify>()), Required::no,
       "reads back what the last touch wrote",
       [](const Node& n, T& out, DecodeContext& c) {
         out.action = decode_named(named_only_table<Verify>(), n, c);
       }},
      {"free", name_or(named_only_table<Free>()), Required::no, "gives blocks back",
       [](const Node& n, T& out, DecodeContext& c) {
         out.action = decode_named(named_only_table<Free>(), n, c);
       }},
      {"protect", protect_table().shape(), Required::no, "mprotect over blocks",
       [](const Node& n, T& out, DecodeContext& c) {
         out.action = decode_step(protect_table(), n, c);
       }},
      {"advise", advise_table().shape(), Required::no, "madvise over blocks",
       [](const Node& n, T& out, DecodeContext& c) {
         out.action = decode_step(advise_table(), n, c);
       }},
      {"lock", name_or(named_only_table<Lock>()), Required::no, "mlock over blocks",
       [](const Node& n, T& out, DecodeContext& c) {
         out.action = decode_named(named_only_table<Lock>(), n, c);
       }},
      {"fork", fork_shape(), Required::no, "runs steps in a copy of the process",
       [](const Node& n, T& out, DecodeContext& c) { out.action = decode_fork(n, c); }},
      {"spawn", spawn_shape(), Required::no, "starts a process that does nothing",
       [](const Node& n, T& out, DecodeContext& c) { out.action = decode_spawn(n, c); }},
      {"command", command_shape(), Required::no, "runs a program to its end",
       [](const Node& n, T& out, DecodeContext& c) { out.action = decode_command(n, c); }},
      {"find_largest", find_largest_table().shape(), Required::no,
       "finds the largest request that is granted, by bisection",
       [](const Node& n, T& out, DecodeContext& c) { out.action = decode_find_largest(n, c); }},
      {"bandwidth", bandwidth_table().shape(), Required::no,
       "measures how fast the machine moves memory",
       [](const Node& n, T& out, DecodeContext& c) { out.action = decode_bandwidth(n, c); }},
      {"kernel", kernel_shape(), Required::no, "a chunk kernel over arrays, tile by tile",
       [](const Node& n, T& out, DecodeContext& c) { out.action = decode_kernel(n, c); }},
      {"placement", name_or(placement_table()), Required::no,
       "asks on which NUMA node each page lies",
       [](const Node& n, T& out, DecodeContext& c) { out.action = decode_placement(n, c); }},
      {"label", name_shape(), Required::no, "a name of the step, for expect.at and reports",
       [](const Node& n, T& out, DecodeContext&) { out.label = n.text; }},
  }};
  return table;
}

ShapePtr step_shape() {
  return named_shape("step", [] {
    auto shape = step_table().shape();
    shape->later = {"threads", "remap", "sleep_until"};
    std::vector<std::string> kinds;
    for (const auto& field : step_table().fields) {
      if (field.key != "label") kinds.push_back(field.key);
    }
    shape->exactly_one = {kinds};
    return ShapePtr(std::move(shape));
  });
}

}  // namespace

ShapePtr workload_shape() {
  static const ShapePtr shape = list_shape(step_shape(), 1);
  return shape;
}

void decode_workload(const Node& node, std::vector<WorkloadStep>& out, DecodeContext& context) {
  for (const NodePtr& item : node.items) {
    WorkloadStep step;
    step_table().decode(*item, step, context);
    out.push_back(std::move(step));
  }
}

}  // namespace memqual
