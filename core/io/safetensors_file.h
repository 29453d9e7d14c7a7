// The safetensors format: a JSON header of names, types, shapes and offsets, then raw little-endian bytes. Files are
// memory-mapped; nothing is copied and nothing in them is ever executed.
//
// Every header is checked before use: its length against the file, offsets against each other and the data's end,
// shapes against byte counts, so that a lying header is an error naming the tensor and the file, never a crash.
// Thread rule: immutable once opened; views stay valid as long as the shared_ptr of their file lives.
// Format source: the safetensors specification (github.com/huggingface/safetensors, "Format").
#pragma once

#include "base/error.h"
#include "records/tensor_snapshot.h"

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace armillary::io {

// One tensor of a file. `bytes` points into the mapping.
struct TensorView {
    std::string name;
    ElementType type = ElementType::Float32;
    std::vector<std::int64_t> shape;
    std::span<const std::uint8_t> bytes;
};

class SafetensorsFile {
public:
    // Maps `path` and checks its header. Errors: FileRead.
    [[nodiscard]] static Result<std::shared_ptr<const SafetensorsFile>> open(const std::string& path);
    ~SafetensorsFile();
    SafetensorsFile(const SafetensorsFile&) = delete;
    SafetensorsFile& operator=(const SafetensorsFile&) = delete;

    [[nodiscard]] const std::string& path() const { return m_path; }
    // In the order of their bytes in the file.
    [[nodiscard]] const std::vector<TensorView>& tensors() const { return m_tensors; }
    // nullptr when there is none of that name.
    [[nodiscard]] const TensorView* find(const std::string& name) const;
    [[nodiscard]] const std::map<std::string, std::string>& metadata() const { return m_metadata; }

private:
    SafetensorsFile() = default;

    std::string m_path;
    void* m_mapping = nullptr;
    std::size_t m_mappingBytes = 0;
    std::vector<TensorView> m_tensors;
    std::map<std::string, std::size_t> m_indexByName;
    std::map<std::string, std::string> m_metadata;
};

// Writes `tensors` (name -> snapshot) and `metadata` to `path` atomically: a temporary file beside it, flushed to disk,
// then renamed, so a full disk or a killed process never leaves half a file under that name. Errors: FileWrite.
[[nodiscard]] Result<void> writeSafetensors(const std::string& path,
                                            const std::map<std::string, TensorSnapshot>& tensors,
                                            const std::map<std::string, std::string>& metadata);

}  // namespace armillary::io
