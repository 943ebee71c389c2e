// SPDX-License-Identifier: Apache-2.0
// The keys of the `kernel` step, and whether its operations and arrays fit each other.
#include <limits>
#include <map>

#include "scenarios/load/kernel_elements.h"
#include "scenarios/load/table.h"
#include "scenarios/model/text.h"

namespace memqual {
namespace {

constexpr std::uint64_t kMaxBytes = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMaxRadius = 500;  // kernels/stencil.h kMaxBoxRadius
constexpr std::size_t kMaxDimensions = 32;
constexpr std::size_t kMaxPath = 4096;

/// The parameters of one operation; `value` and `boundary` belong to those with a halo.
Field<KernelOp> number_field(const char* key, double KernelOp::*member, const char* doc) {
  return {key, number_shape(), Required::no, doc,
          [member](const Node& n, KernelOp& out, DecodeContext&) { read_number(n, out.*member); }};
}

Field<KernelOp> boundary_field() {
  return {"boundary", word_shape(words_of<KernelBoundary>()), Required::no,
          "what lies beyond the array's edge; clamp",
          [](const Node& n, KernelOp& out, DecodeContext&) {
            out.boundary = from_word<KernelBoundary>(n.text).value_or(KernelBoundary::clamp);
          }};
}

const Table<KernelOp>& parameters_of(KernelOperation what) {
  static const Table<KernelOp> scale{{number_field("a", &KernelOp::a, "factor; 1"),
                                      number_field("b", &KernelOp::b, "summand; 0")}};
  static const Table<KernelOp> triad{{number_field("a", &KernelOp::a, "factor of `with`; 1")}};
  static const Table<KernelOp> five{
      {number_field("centre", &KernelOp::centre, "weight; 1"),
       number_field("side", &KernelOp::side, "weight; 0"), boundary_field(),
       number_field("value", &KernelOp::value, "with boundary: constant; 0")}};
  static const Table<KernelOp> nine = [] {
    Table<KernelOp> table = five;
    table.fields.push_back(number_field("corner", &KernelOp::corner, "weight; 0"));
    return table;
  }();
  static const Table<KernelOp> blur{
      {{"radius", integer_shape(1, kMaxRadius), Required::no, "the halo; 1",
        [](const Node& n, KernelOp& out, DecodeContext&) { out.radius = decode_count(n); }},
       boundary_field(),
       number_field("value", &KernelOp::value, "with boundary: constant; 0")}};
  switch (what) {
    case KernelOperation::scale_offset:
      return scale;
    case KernelOperation::triad:
      return triad;
    case KernelOperation::five_point:
      return five;
    case KernelOperation::nine_point:
      return nine;
    default:
      return blur;
  }
}

/// `scale_offset: {a: 2}`.
Field<KernelOp> parameters_field(KernelOperation what, const char* doc) {
  return {std::string(to_word(what)), parameters_of(what).shape(), Required::no, doc,
          [what](const Node& n, KernelOp& out, DecodeContext& c) {
            out.what = what;
            parameters_of(what).decode(n, out, c);
          }};
}

const Table<KernelOp>& operation_table() {
  using Op = KernelOperation;
  static const Table<KernelOp> table{{
      {"fill", number_shape(), Required::no, "every element this number",
       [](const Node& n, KernelOp& out, DecodeContext&) {
         out.what = Op::fill;
         read_number(n, out.value);
       }},
      {"random", integer_shape(0, INT64_MAX), Required::no,
       "uniform in [0, 1), or over an integer's range; the same for any tiling. A seed",
       [](const Node& n, KernelOp& out, DecodeContext&) {
         out.what = Op::random;
         out.seed = decode_count(n);
       }},
      {"convert", word_shape(kernel_dtypes()), Required::no, "float32 to a half precision, or back",
       [](const Node& n, KernelOp& out, DecodeContext&) {
         out.what = Op::convert;
         out.dtype = n.text;
       }},
      parameters_field(Op::scale_offset, "a * x + b"),
      parameters_field(Op::triad, "x + a * y, y being the array `with`"),
      parameters_field(Op::five_point, "centre * x + side * its four neighbours"),
      parameters_field(Op::nine_point, "and + corner * the four at the corners"),
      parameters_field(Op::box_blur, "mean over a square of 2 * radius + 1"),
  }};
  return table;
}

ShapePtr operation_shape() {
  auto map = operation_table().shape();
  std::vector<std::string> keys;
  for (const auto& field : operation_table().fields) keys.push_back(field.key);
  map->exactly_one = {keys};
  return any_of_shape({word_shape({"copy", "sqrt", "transpose"}), map});
}

KernelOp decode_operation(const Node& node, DecodeContext& context) {
  KernelOp op;
  if (node.is_scalar())
    op.what = from_word<KernelOperation>(node.text).value_or(KernelOperation::copy);
  else
    operation_table().decode(node, op, context);
  return op;
}

struct ArrayParts {
  ArrayRef array;
  const Node* shape = nullptr;
  std::string dtype = "float64";
};

Field<ArrayParts> path_field(ArrayPlace place, const char* doc) {
  return {std::string(to_word(place)), text_shape(kMaxPath), Required::no, doc,
          [place](const Node& n, ArrayParts& out, DecodeContext&) {
            out.array.place = place;
            out.array.name = n.text;
          }};
}

const Table<ArrayParts>& array_table() {
  using T = ArrayParts;
  static const Table<T> table{{
      path_field(ArrayPlace::npy, "path of a NumPy file; relative: in the case's scratch folder"),
      path_field(ArrayPlace::raw, "path of a file of elements and nothing else"),
      path_field(ArrayPlace::sparse, "the same; made as a hole, which reads as zeros, if missing"),
      {"shape", list_shape(integer_shape(1, INT64_MAX), 1), Required::no,
       "dimensions; not of npy input",
       [](const Node& n, T& out, DecodeContext&) { out.shape = &n; }},
      {"dtype", word_shape(kernel_dtypes()), Required::no, "of the elements; float64",
       [](const Node& n, T& out, DecodeContext&) { out.dtype = n.text; }},
      {"access", word_shape(words_of<ArrayAccess>()), Required::no,
       "how the file is read: mapped, read or direct; mapped",
       [](const Node& n, T& out, DecodeContext&) {
         out.array.access = from_word<ArrayAccess>(n.text).value_or(ArrayAccess::mapped);
       }},
  }};
  return table;
}

ShapePtr array_shape() {
  auto map = array_table().shape();
  map->exactly_one = {{"npy", "raw", "sparse"}};
  return any_of_shape({name_shape(), map});
}

ArrayType decode_type(const Node& shape, const std::string& dtype, Findings& findings) {
  ArrayType type{dtype, 1, 1};
  std::uint64_t left = kMaxBytes / dtype_bytes(dtype);
  bool fits = shape.items.size() <= kMaxDimensions;
  for (std::size_t i = 0; fits && i < shape.items.size(); ++i) {
    const std::uint64_t dimension = decode_count(*shape.items[i]);
    fits = dimension != 0 && dimension <= left;
    if (!fits) break;
    left /= dimension;
    (i + 1 == shape.items.size() ? type.cols : type.rows) *= dimension;
    if (shape.items.size() != 2) type.shape.push_back(dimension);
  }
  if (!fits)
    findings.error(shape.mark, "the array has more than 2^63-1 bytes; make the shape smaller");
  return fits ? type : ArrayType{dtype, 1, 1};
}

ArrayRef decode_array(const Node& node, DecodeContext& context) {
  ArrayParts parts;
  if (node.is_scalar()) {
    parts.array.name = node.text;
    return parts.array;
  }
  array_table().decode(node, parts, context);
  if (parts.shape != nullptr) {
    parts.array.type = decode_type(*parts.shape, parts.dtype, context.findings);
  } else if (const Entry* dtype = node.find_entry("dtype")) {
    context.findings.error(dtype->mark, "dtype belongs to shape; remove it or write shape");
  }
  return parts.array;
}

TileShape decode_tile(const Node& node) {
  TileShape tile{1, decode_count(*node.items.back())};
  if (node.items.size() == 2) tile.rows = decode_count(*node.items.front());
  return tile;
}

const Table<Kernel>& kernel_table() {
  using T = Kernel;
  static const Table<T> table{{
      {"op", operation_shape(), Required::no, "one operation",
       [](const Node& n, T& out, DecodeContext& c) { out.chain = {decode_operation(n, c)}; }},
      {"chain", list_shape(operation_shape(), 1), Required::no,
       "operations, one after the other on each tile while it is in the cache",
       [](const Node& n, T& out, DecodeContext& c) {
         for (const NodePtr& item : n.items) out.chain.push_back(decode_operation(*item, c));
       }},
      {"in", array_shape(), Required::no, "an allocated array by name, or a file",
       [](const Node& n, T& out, DecodeContext& c) { out.in = decode_array(n, c); }},
      {"with", array_shape(), Required::no, "the second input of triad",
       [](const Node& n, T& out, DecodeContext& c) { out.with = decode_array(n, c); }},
      {"out", array_shape(), Required::no, "where the result goes; the same name as in: in place",
       [](const Node& n, T& out, DecodeContext& c) { out.out = decode_array(n, c); }},
      {"reduce", word_shape(words_of<KernelReduce>()), Required::no,
       "of the result: its sum, sum of squares, or sum, least and most",
       [](const Node& n, T& out, DecodeContext&) { out.reduce = from_word<KernelReduce>(n.text); }},
      {"checksum", boolean_shape(), Required::no, "of the result; false",
       [](const Node& n, T& out, DecodeContext&) { out.checksum = is_true(n); }},
      {"tile", list_shape(integer_shape(1, INT64_MAX), 1), Required::no,
       "[rows, columns]; chosen from the caches and the budget where it is not written",
       [](const Node& n, T& out, DecodeContext&) { out.tile = decode_tile(n); }},
      {"budget", size_shape(), Required::no, "memory for tiles, all threads together; 64 MiB",
       [](const Node& n, T& out, DecodeContext&) { out.budget = decode_size(n); }},
      {"threads", integer_shape(1, 1024), Required::no, "threads that share the tiles; 1",
       [](const Node& n, T& out, DecodeContext&) {
         out.threads = static_cast<std::uint32_t>(decode_count(n));
       }},
      {"rounds", integer_shape(1, 10000), Required::no,
       "how often it is done; the median is reported; 1",
       [](const Node& n, T& out, DecodeContext&) {
         out.rounds = static_cast<std::uint32_t>(decode_count(n));
       }},
      {"verify", boolean_shape(), Required::no,
       "compare with the plain target and other tiles; a difference is corrupted; false",
       [](const Node& n, T& out, DecodeContext&) { out.verify = is_true(n); }},
      {"device", word_shape(words_of<KernelDevice>()), Required::no,
       "who computes: cpu, or cuda (the first NVIDIA GPU; budget is its memory then); cpu",
       [](const Node& n, T& out, DecodeContext&) {
         out.device = from_word<KernelDevice>(n.text).value_or(KernelDevice::cpu);
       }},
  }};
  return table;
}

std::string type_words(const ArrayType& type) {
  return std::to_string(type.rows) + "x" + std::to_string(type.cols) + " " + type.dtype;
}

/// One kernel step against the arrays that are there.
class KernelChecker {
 public:
  KernelChecker(const Node& node, Kernel& step, Findings& findings)
      : node_(node), step_(step), findings_(findings) {}

  /// `files`: what earlier steps have written, by path.
  void bind(const std::map<std::string, std::optional<ArrayType>>& arrays,
            const std::map<std::string, ArrayType>& files) {
    for (const auto& [key, array] :
         {std::pair{"in", &step_.in}, std::pair{"with", &step_.with}, std::pair{"out", &step_.out}})
      if (*array && (*array)->place == ArrayPlace::memory) bind_one(key, **array, arrays);
    for (std::optional<ArrayRef>* array : {&step_.in, &step_.with}) {
      if (!*array || (*array)->place == ArrayPlace::memory || (*array)->type) continue;
      const auto found = files.find((*array)->name);
      if (found != files.end()) (*array)->type = found->second;
    }
  }

  void check() {
    if (node_.find("op") != nullptr && node_.find("chain") != nullptr)
      error("chain", "write op or chain, not both");
    check_chain();
    check_arrays();
    if (findings_.error_count() == 0) check_result();
    if (findings_.error_count() == 0) check_elements();
    check_rounds();
  }

 private:
  void error(const char* key, const std::string& message) {
    const Entry* entry = node_.find_entry(key);
    findings_.error(entry != nullptr ? entry->mark : node_.mark, "kernel: " + message);
  }

  bool has(KernelOperation what) const {
    return step_.chain.size() == 1 && step_.chain[0].what == what;
  }
  bool alone() const { return step_.chain.size() == 1 && stands_alone(step_.chain[0].what); }
  bool makes() const { return step_.chain.size() == 1 && makes_array(step_.chain[0].what); }

  void bind_one(const char* key, ArrayRef& array,
                const std::map<std::string, std::optional<ArrayType>>& arrays) {
    const auto found = arrays.find(array.name);
    if (found == arrays.end()) return;  // check_workload_names says so
    if (!found->second)
      error(key, in_quotes(array.name) +
                     " is no array of a kernel's elements; allocate it with shape and a dtype of "
                     "float64, float32, float16, bfloat16, int32 or uint8, and no count");
    array.type = found->second;
  }

  /// Whether each operation has a meaning for the elements that come to it, as far as they are
  /// known: kernels/operations.h and stencil.h say the same.
  void check_elements() {
    std::optional<ArrayType> type = makes() ? step_.out->type : step_.in->type;
    const Node* chain = node_.find("chain");
    for (std::size_t i = 0; i < step_.chain.size() && type; ++i) {
      const KernelOp& op = step_.chain[i];
      const std::string trouble = element_trouble(op, *type);
      const Node* at = chain != nullptr ? chain->items[i].get() : node_.find("op");
      if (!trouble.empty())
        findings_.error(at != nullptr ? at->mark : node_.mark,
                        "kernel: " + std::string(to_word(op.what)) + " " + trouble);
      if (op.what == KernelOperation::convert) type->dtype = op.dtype;
    }
    const std::optional<ArrayType>& out = step_.out ? step_.out->type : type;
    if (step_.out && step_.out->place == ArrayPlace::npy && out && out->dtype == "bfloat16")
      error("out", "NumPy has no bfloat16; write raw, or convert to float32 first");
    if (!step_.chain.empty() && has_halo(step_.chain[0].what) &&
        step_.in->place != ArrayPlace::memory && step_.chain[0].boundary == KernelBoundary::wrap)
      error("in",
            "boundary: wrap needs the whole array in memory; use an allocated array, or clamp, "
            "reflect or constant");
  }

  void check_chain() {
    for (std::size_t i = 0; i < step_.chain.size(); ++i) {
      const KernelOperation what = step_.chain[i].what;
      const std::string word(to_word(what));
      if (stands_alone(what) && step_.chain.size() > 1)
        error("chain", word + " is no part of a chain; make it a step of its own");
      if (has_halo(what) && i > 0)
        error("chain", word + " looks at neighbours and has to come first");
    }
    for (const KernelOp& op : step_.chain)
      if (step_.device != KernelDevice::cpu && !runs_on_device(op.what))
        error("device", std::string(to_word(op.what)) + " does not run on " +
                            std::string(to_word(step_.device)) + "; remove device");
    if (alone() && (step_.reduce || step_.checksum))
      error(step_.reduce ? "reduce" : "checksum", "not with " +
                                                      std::string(to_word(step_.chain[0].what)) +
                                                      "; add a kernel step that reads its result");
  }

  void check_arrays() {
    if (makes() && step_.in) error("in", "what makes an array has no input; remove in");
    if (!makes() && !step_.in) error("kernel", "write in: the array to work on");
    if (has(KernelOperation::triad) != step_.with.has_value())
      error("with", "triad, and nothing else, needs a second array: with");
    if (alone() && !step_.out) error("kernel", "write out: where the result goes");
    if (!alone() && !step_.out && !step_.reduce && !step_.checksum)
      error("kernel", "nothing comes of it; write out, reduce or checksum");
    if (step_.out && step_.out->place == ArrayPlace::sparse)
      error("out", "sparse is a source of zeros; write raw or npy");
    for (const auto& [key, array] : {std::pair{"in", &step_.in}, std::pair{"with", &step_.with}})
      if (*array && !(*array)->type && (*array)->place != ArrayPlace::npy &&
          (*array)->place != ArrayPlace::memory)
        error(key, "write the shape and dtype of " + in_quotes((*array)->name));
    if (!has(KernelOperation::triad) && !has(KernelOperation::transpose)) return;
    for (const auto& [key, array] :
         {std::pair{"in", &step_.in}, std::pair{"with", &step_.with}, std::pair{"out", &step_.out}})
      if (*array && (*array)->place != ArrayPlace::memory)
        error(key, std::string(to_word(step_.chain[0].what)) + " works on allocated arrays only");
  }

  /// What comes of the chain, where its input is known.
  std::optional<ArrayType> result_type() const {
    if (!step_.in || !step_.in->type) return std::nullopt;
    ArrayType type = *step_.in->type;
    for (const KernelOp& op : step_.chain) {
      if (op.what == KernelOperation::convert) type.dtype = op.dtype;
      if (op.what != KernelOperation::transpose) continue;
      std::swap(type.rows, type.cols);
      type.shape.clear();
    }
    return type;
  }

  void check_result() {
    if (!step_.out) return;
    const std::optional<ArrayType> result = result_type();
    const std::optional<ArrayType>& out = step_.out->type;
    if (result && out && !same_elements(*result, *out))
      error("out", "the result is " + type_words(*result) + ", and " + in_quotes(step_.out->name) +
                       " is " + type_words(*out));
    if (makes() && !out) error("out", "write the shape and dtype of " + in_quotes(step_.out->name));
    if (step_.with && step_.with->type && step_.in->type &&
        !same_elements(*step_.with->type, *step_.in->type))
      error("with", in_quotes(step_.with->name) + " is " + type_words(*step_.with->type) +
                        ", and " + in_quotes(step_.in->name) + " is " +
                        type_words(*step_.in->type));
    if (!out && result) step_.out->type = result;
  }

  void check_rounds() {
    const auto same = [this](const std::optional<ArrayRef>& other) {
      return step_.out && other && other->place == step_.out->place &&
             other->name == step_.out->name;
    };
    const bool in_place = same(step_.in) || same(step_.with);
    if (!in_place) return;
    if (step_.out->place != ArrayPlace::memory)
      error("out", "a file cannot be its own result; write another path");
    if (step_.rounds > 1)
      error("rounds",
            "in place, the second round would work on the result of the first; give the "
            "result an array of its own");
    if (!step_.chain.empty() && (has_halo(step_.chain[0].what) || alone()) &&
        !(has(KernelOperation::triad) && !step_.verify))
      error("out", std::string(to_word(step_.chain[0].what)) +
                       (step_.verify ? " cannot be verified in place" : " cannot work in place") +
                       "; give the result an array of its own");
  }

  const Node& node_;
  Kernel& step_;
  Findings& findings_;
};

}  // namespace

ShapePtr kernel_shape() {
  static const ShapePtr shape = named_shape("kernel", [] {
    auto map = kernel_table().shape();
    map->at_least_one = {{"op", "chain", "reduce", "checksum"}};
    return ShapePtr(map);
  });
  return shape;
}

Kernel decode_kernel(const Node& node, DecodeContext& context) {
  Kernel step;
  step.budget = Size::of_bytes(kDefaultKernelBudgetBytes);
  kernel_table().decode(node, step, context);
  const Node* tile = node.find("tile");
  if (tile != nullptr && tile->items.size() > 2)
    context.findings.error(tile->mark, "tile is [rows, columns]");
  const Node* budget = node.find("budget");
  if (budget != nullptr && step.budget.is_literal() && literal_bytes(step.budget) == 0)
    context.findings.error(budget->mark, "budget must be more than 0 B");
  return step;
}

void bind_kernels(const Node& node, std::vector<WorkloadStep>& workload, Findings& findings) {
  std::map<std::string, std::optional<ArrayType>> arrays;
  std::map<std::string, ArrayType> files;
  for (std::size_t i = 0; i < workload.size() && i < node.items.size(); ++i) {
    if (const auto* allocate = std::get_if<Allocate>(&workload[i].action))
      arrays[allocate->name] = allocate->array;
    auto* kernel = std::get_if<Kernel>(&workload[i].action);
    const Node* value = node.items[i]->find("kernel");
    if (kernel == nullptr || value == nullptr) continue;
    Findings own;
    KernelChecker checker(*value, *kernel, own);
    checker.bind(arrays, files);
    checker.check();
    for (const Diagnostic& error : own.errors()) findings.error(error.origin, error.message);
    const std::optional<ArrayRef>& out = kernel->out;
    if (out && out->place != ArrayPlace::memory && out->type) files[out->name] = *out->type;
  }
}

}  // namespace memqual
