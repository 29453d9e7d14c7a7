#include "anatomy/snapshot_tensors.h"

#include "io/json_file.h"
#include "io/model_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>

namespace armillary::anatomy {
namespace {

namespace fs = std::filesystem;

std::string partOf(const std::string& name)
{
    std::string_view rest = name;
    // Names in memory have everything below one "model".
    constexpr std::string_view kRoot = "model.";
    if (rest.starts_with(kRoot))
        rest.remove_prefix(kRoot.size());
    return std::string(rest.substr(0, rest.find('.')));
}

void addFolder(const io::ModelFolder& folder, const std::string& part, SnapshotTensors& out)
{
    std::set<std::string> seen;
    for (const auto& file : folder.files) {
        out.files.push_back(file);
        for (const io::TensorView& view : file->tensors()) {
            // A tensor in two shards: the first one is used.
            if (!seen.insert(view.name).second)
                continue;
            out.tensors.push_back(
                {part.empty() ? view.name : part + "." + view.name, part.empty() ? partOf(view.name) : part, &view});
            out.bytes += static_cast<std::int64_t>(view.bytes.size());
        }
    }
}

Result<void> addPipeline(const std::string& path, SnapshotTensors& out)
{
    const auto index = io::readJsonFile(path + "/model_index.json");
    if (!index)
        return tl::unexpected(index.error());
    std::string problem;
    for (const auto& [part, description] : index->items()) {
        std::error_code ignored;
        // An index must not lead out of its folder.
        if (!description.is_array() || part.find('/') != std::string::npos || part.starts_with(".") ||
            !fs::is_regular_file(fs::path(path) / part / "config.json", ignored))
            continue;
        const auto folder = io::openModelFolder(path + "/" + part);
        if (folder)
            addFolder(*folder, part, out);
        else if (problem.empty())
            problem = folder.error().message;
    }
    if (out.tensors.empty())
        return fail(ErrorCode::FileRead,
                    problem.empty()
                        ? fmt::format("none of the pipeline's parts has weights here; fetch the whole snapshot: {}",
                                      path)
                        : problem);
    return {};
}

void advise(std::span<const std::uint8_t> bytes, int advice)
{
    if (bytes.empty())
        return;
    // Whole pages inside only: neighbours in the same page may still be read.
    static const auto kPage = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const auto begin = reinterpret_cast<std::uintptr_t>(bytes.data());
    const std::uintptr_t first = (begin + kPage - 1) / kPage * kPage;
    const std::uintptr_t last = (begin + bytes.size()) / kPage * kPage;
    if (last > first)
        ::madvise(reinterpret_cast<void*>(first), last - first, advice);
}

}  // namespace

bool namesRise(const std::string& left, const std::string& right)
{
    const auto isDigit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
    std::size_t i = 0, j = 0;
    while (i < left.size() && j < right.size()) {
        if (!isDigit(left[i]) || !isDigit(right[j])) {
            if (left[i] != right[j])
                return left[i] < right[j];
            ++i;
            ++j;
            continue;
        }
        const auto runOf = [&isDigit](const std::string& text, std::size_t& at) {
            const std::size_t begin = at;
            while (at < text.size() && isDigit(text[at]))
                ++at;
            return std::string_view(text).substr(begin, at - begin);
        };
        const std::string_view a = runOf(left, i), b = runOf(right, j);
        if (a.size() != b.size())
            return a.size() < b.size();
        if (a != b)
            return a < b;
    }
    return left.size() - i < right.size() - j;
}

Result<SnapshotTensors> openSnapshotTensors(const std::string& path)
{
    SnapshotTensors out;
    out.folder = path;
    std::error_code ignored;
    if (fs::is_regular_file(fs::path(path) / "model_index.json", ignored)) {
        if (auto added = addPipeline(path, out); !added)
            return tl::unexpected(added.error());
    } else {
        const auto folder = io::openModelFolder(path);
        if (!folder)
            return tl::unexpected(folder.error());
        addFolder(*folder, {}, out);
    }
    std::sort(out.tensors.begin(), out.tensors.end(),
              [](const NamedTensor& left, const NamedTensor& right) { return namesRise(left.name, right.name); });
    return out;
}

void askAhead(std::span<const std::uint8_t> bytes)
{
    advise(bytes, MADV_WILLNEED);
}

void letGo(std::span<const std::uint8_t> bytes)
{
    advise(bytes, MADV_DONTNEED);
}

void forBlocks(const io::TensorView& view, const std::function<bool(std::span<const std::uint8_t>)>& each)
{
    const auto blockAt = [&view](std::size_t at) {
        return at < view.bytes.size() ? view.bytes.subspan(at, std::min(kBlockBytes, view.bytes.size() - at))
                                      : std::span<const std::uint8_t>();
    };
    askAhead(blockAt(0));
    for (std::size_t at = 0; at < view.bytes.size(); at += kBlockBytes) {
        askAhead(blockAt(at + kBlockBytes));
        const bool goesOn = each(blockAt(at));
        letGo(blockAt(at));
        if (!goesOn)
            return;
    }
}

}  // namespace armillary::anatomy
