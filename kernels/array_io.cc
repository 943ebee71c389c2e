// SPDX-License-Identifier: Apache-2.0
#include "kernels/array_io.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "kernels/npy.h"

namespace memqual::kernels {
namespace {

Status check_file(const File& file, const ArrayLayout& layout) {
  const Result<std::uint64_t> size = file.size();
  if (!size) return size.error();
  const std::uint64_t needed = layout.data_offset + layout.bytes();
  if (*size >= needed) return done();
  return Error{file.path() + " is too short: " + std::to_string(*size) + " bytes, and " +
                   std::to_string(layout.rows) + "x" + std::to_string(layout.cols) + " " +
                   std::string(to_string(layout.element)) + " from byte " +
                   std::to_string(layout.data_offset) + " on need " + std::to_string(needed),
               "the file is incomplete, or the shape is not its shape"};
}

std::uint64_t offset_of(const ArrayLayout& layout, std::size_t row, std::size_t col) {
  return layout.data_offset + row * layout.row_bytes() + col * element_size(layout.element);
}

bool whole_rows(const ArrayLayout& layout, const Rect& rect) { return rect.cols == layout.cols; }

// `rect` of the array in `file`, into `scratch` of its size.
Result<ConstView> read_tile(const File& file, const ArrayLayout& layout, const Rect& rect,
                            View scratch) {
  if (whole_rows(layout, rect) && scratch.contiguous()) {
    if (Status status =
            file.read_sparse_at(offset_of(layout, rect.row, 0), scratch.data, scratch.bytes());
        !status)
      return status.error();
    return ConstView(scratch);
  }
  for (std::size_t r = 0; r < rect.rows; ++r) {
    const std::uint64_t offset = offset_of(layout, rect.row + r, rect.col);
    if (Status status = file.read_sparse_at(offset, scratch.row(r), scratch.row_bytes()); !status)
      return status.error();
  }
  return ConstView(scratch);
}

}  // namespace

ArraySource memory_source(const ConstView& array) {
  ArraySource source;
  source.layout = {array.element, array.rows, array.cols, 0};
  source.whole = array;
  source.load = [array](const Rect& rect, View) -> Result<ConstView> {
    return array.part(rect.row, rect.col, rect.rows, rect.cols);
  };
  return source;
}

ArraySink memory_sink(const View& array) {
  ArraySink sink;
  sink.layout = {array.element, array.rows, array.cols, 0};
  sink.whole = array;
  return sink;
}

Result<ArraySource> mapped_source(const std::string& path, const ArrayLayout& layout) {
  Result<File> file = File::open(path);
  if (!file) return file.error();
  if (Status status = check_file(*file, layout); !status) return status.error();
  if (layout.data_offset % element_size(layout.element) != 0)
    return Error{"cannot map " + path + ": its elements are not aligned in the file",
                 "read it piece by piece"};
  Result<Mapping> mapped = Mapping::map(*std::move(file));
  if (!mapped) return mapped.error();
  const auto mapping = std::make_shared<const Mapping>(*std::move(mapped));
  ArraySource source;
  source.layout = layout;
  // Giving pages back costs a call, and breaks mappings of 2 MiB if it comes in small pieces.
  source.tile_target = std::size_t{4} << 20;
  source.narrow_needs_scratch = true;
  source.load = [mapping, layout](const Rect& rect, View scratch) -> Result<ConstView> {
    if (Status status = mapping->check_length(); !status) return status.error();
    if (!whole_rows(layout, rect) && scratch.data != nullptr)
      return read_tile(mapping->file(), layout, rect, scratch);
    return ConstView(mapping->data() + offset_of(layout, rect.row, rect.col), rect.rows, rect.cols,
                     layout.element, static_cast<std::size_t>(layout.row_bytes()));
  };
  source.release = [mapping, layout](const Rect& rect) -> Status {
    if (rect.rows == 0) return done();
    // Tiles beside each other share pages: what another one still needs, it reads again.
    const std::uint64_t first = offset_of(layout, rect.row, rect.col);
    const std::uint64_t last = offset_of(layout, rect.row + rect.rows - 1, rect.col + rect.cols);
    mapping->drop(first, last - first);
    return mapping->check_length();
  };
  return source;
}

Result<ArraySource> file_source(const std::string& path, const ArrayLayout& layout) {
  Result<File> opened = File::open(path);
  if (!opened) return opened.error();
  if (Status status = check_file(*opened, layout); !status) return status.error();
  const auto file = std::make_shared<const File>(*std::move(opened));
  ArraySource source;
  source.layout = layout;
  source.needs_scratch = true;
  source.load = [file, layout](const Rect& rect, View scratch) -> Result<ConstView> {
    return read_tile(*file, layout, rect, scratch);
  };
  return source;
}

Result<ArrayLayout> read_npy_layout(const std::string& path) {
  const Result<File> file = File::open(path);
  if (!file) return file.error();
  std::vector<std::byte> start(kNpyHeaderLimit);
  const Result<std::size_t> got = file->read_some_at(0, start.data(), start.size());
  if (!got) return got.error();
  const Result<NpyHeader> header = parse_npy_header({start.data(), *got});
  if (!header) return Error{path + ": " + header.error().message, header.error().hint};
  const ArrayLayout layout = {header->element, static_cast<std::size_t>(header->rows),
                              static_cast<std::size_t>(header->cols), header->data_offset,
                              header->shape};
  if (Status status = check_file(*file, layout); !status) return status.error();
  return layout;
}

Status check_raw_file(const std::string& path, const ArrayLayout& layout) {
  const Result<File> file = File::open(path);
  if (!file) return file.error();
  if (Status status = check_file(*file, layout); !status) return status;
  const Result<std::uint64_t> size = file->size();
  if (!size) return size.error();
  if (*size == layout.bytes()) return done();
  return Error{path + " is too long: " + std::to_string(*size) + " bytes, and " +
                   std::to_string(layout.rows) + "x" + std::to_string(layout.cols) + " " +
                   std::string(to_string(layout.element)) + " are " +
                   std::to_string(layout.bytes()),
               "give the shape and the dtype that it was written with"};
}

ArrayWriter::ArrayWriter(std::shared_ptr<NewFile> file, const ArrayLayout& layout)
    : file_(std::move(file)), layout_(layout) {}

Result<ArrayWriter> ArrayWriter::create_npy(const std::string& path, Element element,
                                            std::size_t rows, std::size_t cols) {
  return create_npy(path, {element, rows, cols});
}

Result<ArrayWriter> ArrayWriter::create_npy(const std::string& path, const ArrayLayout& array) {
  const Result<std::string> header = make_npy_header(
      array.element, array.shape.value_or(std::vector<std::uint64_t>{array.rows, array.cols}));
  if (!header) return header.error();
  ArrayLayout layout = array;
  layout.data_offset = header->size();
  Result<NewFile> file = NewFile::create(path, layout.data_offset + layout.bytes());
  if (!file) return file.error();
  if (Status status =
          file->write_at(0, reinterpret_cast<const std::byte*>(header->data()), header->size());
      !status)
    return status.error();
  return ArrayWriter(std::make_shared<NewFile>(*std::move(file)), layout);
}

Result<ArrayWriter> ArrayWriter::create_raw(const std::string& path, Element element,
                                            std::size_t rows, std::size_t cols) {
  const ArrayLayout layout = {element, rows, cols, 0};
  Result<NewFile> file = NewFile::create(path, layout.bytes());
  if (!file) return file.error();
  return ArrayWriter(std::make_shared<NewFile>(*std::move(file)), layout);
}

ArraySink ArrayWriter::sink() const {
  ArraySink sink;
  sink.layout = layout_;
  sink.store = [file = file_, layout = layout_](const Rect& rect, const ConstView& tile) -> Status {
    if (whole_rows(layout, rect) && tile.contiguous())
      return file->write_at(offset_of(layout, rect.row, 0), tile.data, tile.bytes());
    for (std::size_t r = 0; r < rect.rows; ++r) {
      const std::uint64_t offset = offset_of(layout, rect.row + r, rect.col);
      if (Status status = file->write_at(offset, tile.row(r), tile.row_bytes()); !status)
        return status;
    }
    return done();
  };
  return sink;
}

Status ArrayWriter::finish() { return file_->commit(); }

}  // namespace memqual::kernels
