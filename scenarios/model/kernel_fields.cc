// SPDX-License-Identifier: Apache-2.0
#include "scenarios/model/kernel_fields.h"

#include <charconv>
#include <limits>
#include <utility>

#include "scenarios/model/text.h"
#include "scenarios/model/workload.h"

namespace memqual {
namespace {

// The shortest decimal that reads back to the same double.
std::string number_text(double value) {
  char digits[32];
  return std::string(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

struct FieldList {
  KernelFields fields;
  void add(const std::string& key, std::string_view value) {
    fields.emplace_back(key, std::string(value));
  }
  void number(const std::string& key, std::uint64_t value, std::uint64_t usual) {
    if (value != usual) add(key, std::to_string(value));
  }
  void number(const std::string& key, double value, double usual) {
    if (value != usual) add(key, number_text(value));
  }
};

void write_op(FieldList& list, const std::string& key, const KernelOp& op) {
  const KernelOp usual;
  list.add(key, to_word(op.what));
  list.number(key + ".a", op.a, usual.a);
  list.number(key + ".b", op.b, usual.b);
  list.number(key + ".value", op.value, usual.value);
  list.number(key + ".seed", op.seed, usual.seed);
  if (!op.dtype.empty()) list.add(key + ".dtype", op.dtype);
  list.number(key + ".centre", op.centre, usual.centre);
  list.number(key + ".side", op.side, usual.side);
  list.number(key + ".corner", op.corner, usual.corner);
  list.number(key + ".radius", op.radius, usual.radius);
  if (op.boundary != usual.boundary) list.add(key + ".boundary", to_word(op.boundary));
}

void write_array(FieldList& list, const std::string& key, const std::optional<ArrayRef>& array) {
  if (!array) return;
  list.add(key, array->name);
  if (array->place != ArrayPlace::memory) list.add(key + ".place", to_word(array->place));
  if (array->access != ArrayAccess::mapped) list.add(key + ".access", to_word(array->access));
  if (!array->type) return;
  list.add(key + ".dtype", array->type->dtype);
  list.add(key + ".rows", std::to_string(array->type->rows));
  list.add(key + ".cols", std::to_string(array->type->cols));
  std::string shape;
  for (const std::uint64_t length : array->type->shape)
    shape += (shape.empty() ? "" : "x") + std::to_string(length);
  if (!shape.empty()) list.add(key + ".shape", shape);
}

/// Takes values out of the list; the first bad one is remembered.
class Taker {
 public:
  explicit Taker(const KernelFields& fields) : fields_(fields) {}

  const std::string* find(const std::string& key) const {
    for (const auto& [name, value] : fields_)
      if (name == key) return &value;
    return nullptr;
  }
  template <class T>
  void number(const std::string& key, T& out) {
    const std::string* text = find(key);
    if (text == nullptr) return;
    const auto read = std::from_chars(text->data(), text->data() + text->size(), out);
    if (read.ec != std::errc() || read.ptr != text->data() + text->size()) bad(key, *text);
  }
  template <class E>
  void word(const std::string& key, E& out) {
    const std::string* text = find(key);
    if (text == nullptr) return;
    const std::optional<E> value = from_word<E>(*text);
    if (value)
      out = *value;
    else
      bad(key, *text);
  }
  void bad(const std::string& key, const std::string& text) {
    if (!error_) error_ = Error{"kernel: bad " + key + " " + in_quotes(text), ""};
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  const KernelFields& fields_;
  std::optional<Error> error_;
};

KernelOp take_op(Taker& taker, const std::string& key) {
  KernelOp op;
  taker.word(key, op.what);
  taker.number(key + ".a", op.a);
  taker.number(key + ".b", op.b);
  taker.number(key + ".value", op.value);
  taker.number(key + ".seed", op.seed);
  if (const std::string* dtype = taker.find(key + ".dtype")) op.dtype = *dtype;
  taker.number(key + ".centre", op.centre);
  taker.number(key + ".side", op.side);
  taker.number(key + ".corner", op.corner);
  taker.number(key + ".radius", op.radius);
  taker.word(key + ".boundary", op.boundary);
  return op;
}

/// "2x3x4", which must be as many elements as `type` has.
void take_shape(Taker& taker, const std::string& key, ArrayType& type) {
  const std::string* text = taker.find(key);
  if (text == nullptr) return;
  std::uint64_t left = type.rows * type.cols;
  const char* at = text->data();
  const char* const end = at + text->size();
  for (bool more = true; more;) {
    std::uint64_t length = 0;
    const auto read = std::from_chars(at, end, length);
    if (read.ec != std::errc() || length == 0 || left % length != 0) return taker.bad(key, *text);
    type.shape.push_back(length);
    left /= length;
    more = read.ptr != end && *read.ptr == 'x';
    at = read.ptr + (more ? 1 : 0);
  }
  if (at != end || left != 1) taker.bad(key, *text);
}

std::optional<ArrayRef> take_array(Taker& taker, const std::string& key) {
  const std::string* name = taker.find(key);
  if (name == nullptr) return std::nullopt;
  ArrayRef array;
  array.name = *name;
  taker.word(key + ".place", array.place);
  taker.word(key + ".access", array.access);
  if (const std::string* dtype = taker.find(key + ".dtype")) {
    array.type = ArrayType{*dtype, 0, 0};
    taker.number(key + ".rows", array.type->rows);
    taker.number(key + ".cols", array.type->cols);
    const std::uint64_t bytes = dtype_bytes(*dtype);
    const std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    if (bytes == 0) taker.bad(key + ".dtype", *dtype);
    if (array.type->rows == 0 || array.type->cols == 0 ||
        array.type->rows > most / array.type->cols / (bytes == 0 ? 1 : bytes))
      taker.bad(key + ".rows", std::to_string(array.type->rows));
    else
      take_shape(taker, key + ".shape", *array.type);
  }
  return array;
}

std::string op_words(const KernelOp& op) {
  std::string text(to_word(op.what));
  if (op.what == KernelOperation::scale_offset)
    text += " " + number_text(op.a) + "*x + " + number_text(op.b);
  if (op.what == KernelOperation::triad) text += " x + " + number_text(op.a) + "*y";
  if (op.what == KernelOperation::fill) text += " " + number_text(op.value);
  if (op.what == KernelOperation::convert) text += " to " + op.dtype;
  if (op.what == KernelOperation::box_blur) text += " radius " + std::to_string(op.radius);
  return text;
}

std::string array_words(const ArrayRef& array) {
  std::string text = array.name;
  if (array.place != ArrayPlace::memory) text += ", " + std::string(to_word(array.place)) + " file";
  if (array.type)
    text += " (" + std::to_string(array.type->rows) + "x" + std::to_string(array.type->cols) + " " +
            array.type->dtype + ")";
  return text;
}

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

KernelFields kernel_fields(const Kernel& step) {
  FieldList list;
  for (std::size_t i = 0; i < step.chain.size(); ++i)
    write_op(list, "op." + std::to_string(i), step.chain[i]);
  write_array(list, "in", step.in);
  write_array(list, "with", step.with);
  write_array(list, "out", step.out);
  if (step.reduce) list.add("reduce", to_word(*step.reduce));
  if (step.checksum) list.add("checksum", "true");
  if (step.tile) list.add("tile.rows", std::to_string(step.tile->rows));
  if (step.tile) list.add("tile.cols", std::to_string(step.tile->cols));
  list.number("threads", std::uint64_t{step.threads}, std::uint64_t{1});
  list.number("rounds", std::uint64_t{step.rounds}, std::uint64_t{1});
  if (step.verify) list.add("verify", "true");
  if (step.device != KernelDevice::cpu) list.add("device", to_word(step.device));
  return std::move(list.fields);
}

Result<Kernel> kernel_from_fields(const KernelFields& fields) {
  Taker taker(fields);
  Kernel step;
  for (std::size_t i = 0; taker.find("op." + std::to_string(i)) != nullptr; ++i)
    step.chain.push_back(take_op(taker, "op." + std::to_string(i)));
  step.in = take_array(taker, "in");
  step.with = take_array(taker, "with");
  step.out = take_array(taker, "out");
  if (taker.find("reduce") != nullptr) taker.word("reduce", step.reduce.emplace());
  step.checksum = taker.find("checksum") != nullptr;
  if (taker.find("tile.rows") != nullptr) {
    step.tile.emplace();
    taker.number("tile.rows", step.tile->rows);
    taker.number("tile.cols", step.tile->cols);
  }
  taker.number("threads", step.threads);
  taker.number("rounds", step.rounds);
  step.verify = taker.find("verify") != nullptr;
  taker.word("device", step.device);
  if (step.threads == 0) taker.bad("threads", "0");
  if (step.rounds == 0) taker.bad("rounds", "0");
  if (taker.error()) return *taker.error();
  return step;
}

std::string kernel_title(const Kernel& step) {
  std::vector<std::string> words;
  for (const KernelOp& op : step.chain) words.emplace_back(to_word(op.what));
  if (step.reduce) words.emplace_back(to_word(*step.reduce));
  if (step.checksum) words.emplace_back("checksum");
  return join(words);
}

std::string describe_kernel(const Kernel& step) {
  std::vector<std::string> words;
  for (const KernelOp& op : step.chain) words.push_back(op_words(op));
  if (step.reduce) words.emplace_back(to_word(*step.reduce));
  if (step.checksum) words.emplace_back("checksum");
  std::string text = join(words);
  if (step.in) text += " over " + array_words(*step.in);
  if (step.with) text += " and " + array_words(*step.with);
  if (step.out && step.in && step.out->name == step.in->name)
    text += " in place";
  else if (step.out)
    text += " into " + array_words(*step.out);
  if (step.tile)
    text += ", tiles of " + std::to_string(step.tile->rows) + "x" + std::to_string(step.tile->cols);
  if (step.device != KernelDevice::cpu) text += ", on " + std::string(to_word(step.device));
  if (step.threads > 1) text += ", " + std::to_string(step.threads) + " threads";
  if (step.rounds > 1) text += ", " + std::to_string(step.rounds) + " rounds";
  if (step.verify) text += ", verified";
  return text;
}

}  // namespace memqual
