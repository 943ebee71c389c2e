// SPDX-License-Identifier: Apache-2.0
#include "scenarios/load/table.h"

namespace memqual {

Size decode_size(const Node& node) {
  auto size = parse_size(node.text);
  return size.ok() ? std::move(*size) : Size();
}

std::uint64_t decode_count(const Node& node) {
  std::int64_t value = 0;
  return read_integer(node, value) && value > 0 ? static_cast<std::uint64_t>(value) : 0;
}

std::string decode_text(const Node& node) { return node.text; }

Expression decode_expression(const Node& node, DecodeContext& context) {
  auto expression = parse_expression(node.text);
  if (!expression.ok()) return Expression{};
  // Evaluation looks at every part, so dummies of the right types find every mistake of type or
  // name.
  const auto value = evaluate(*expression, context.names);
  if (!value.ok()) context.findings.error(node.mark, value.error());
  return std::move(*expression);
}

}  // namespace memqual
