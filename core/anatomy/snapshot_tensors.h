// The tensors of a snapshot folder by their full names, in reading order, with their bytes in the mapped files: of one file, of shards,
// of the parts of a pipeline.
// Thread rule: immutable once opened; reads of bytes read the disk, so not on the GUI thread.
#pragma once

#include "base/error.h"
#include "io/safetensors_file.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace armillary::anatomy {

struct NamedTensor {
    std::string name;  // of a pipeline's part with the part before it: "vae.decoder.conv_in.weight"
    std::string part;  // which large piece of the model it belongs to: "language_model"
    const io::TensorView* view = nullptr;
};

struct SnapshotTensors {
    std::string folder;
    std::vector<std::shared_ptr<const io::SafetensorsFile>> files;  // keep the views alive
    std::vector<NamedTensor> tensors;                               // rising by name, numbers by value
    std::int64_t bytes = 0;
};

// Errors: FileRead, as openModelFolder; a pipeline without one readable part.
[[nodiscard]] Result<SnapshotTensors> openSnapshotTensors(const std::string& path);

// Bytes read so far and bytes in all.
using ByteProgress = std::function<void(std::int64_t done, std::int64_t total)>;

// Blocks of about 8 MiB, a whole number of elements each, with the next one already asked of the disk; what was read is let go, so
// that the process stays small. `each` gets the block and returns whether to go on.
void forBlocks(const io::TensorView& view, const std::function<bool(std::span<const std::uint8_t>)>& each);

// Reading order of dotted names: "layers.9" before "layers.10".
[[nodiscard]] bool namesRise(const std::string& left, const std::string& right);

// Tells the system that `bytes` of a mapping will be read soon, or are not needed any more.
void askAhead(std::span<const std::uint8_t> bytes);
void letGo(std::span<const std::uint8_t> bytes);

inline constexpr std::size_t kBlockBytes = std::size_t{8} << 20;

}  // namespace armillary::anatomy
