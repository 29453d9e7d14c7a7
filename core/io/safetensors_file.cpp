#include "io/safetensors_file.h"

#include "io/atomic_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <optional>
#include <set>
#include <string_view>
#include <sys/mman.h>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>

namespace armillary::io {
namespace {

constexpr std::uint64_t kLengthBytes = 8;
constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;  // the limit of the reference implementation
constexpr std::string_view kMetadataKey = "__metadata__";

struct TypeName {
    const char* name;
    ElementType type;
};

constexpr std::array<TypeName, 12> kTypeNames{{{"F64", ElementType::Float64},
                                               {"F32", ElementType::Float32},
                                               {"F16", ElementType::Float16},
                                               {"BF16", ElementType::BFloat16},
                                               {"I64", ElementType::Int64},
                                               {"I32", ElementType::Int32},
                                               {"I16", ElementType::Int16},
                                               {"I8", ElementType::Int8},
                                               {"U8", ElementType::UInt8},
                                               {"BOOL", ElementType::Bool},
                                               {"F8_E4M3", ElementType::Float8E4M3},
                                               {"F8_E5M2", ElementType::Float8E5M2}}};

std::optional<ElementType> typeFromName(const std::string& name)
{
    for (const TypeName& known : kTypeNames)
        if (name == known.name)
            return known.type;
    return std::nullopt;
}

const char* nameFromType(ElementType type)
{
    for (const TypeName& known : kTypeNames)
        if (type == known.type)
            return known.name;
    return "";
}

// The header's objects once they are checked; offsets count from the start of the data.
struct Entry {
    std::string name;
    ElementType type = ElementType::Float32;
    std::vector<std::int64_t> shape;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

struct Header {
    std::vector<Entry> entries;
    std::map<std::string, std::string> metadata;
};

// Names come from the file: cut when long, so that a sentence stays one.
std::string inQuotes(const std::string& name)
{
    constexpr std::size_t kMost = 200;
    return "\"" + (name.size() > kMost ? name.substr(0, kMost) + "..." : name) + "\"";
}

tl::unexpected<Error> broken(const std::string& fault, const std::string& path)
{
    return fail(ErrorCode::FileRead, fmt::format("{}: {}", fault, path));
}

tl::unexpected<Error> brokenTensor(const std::string& name, const std::string& fault, const std::string& path)
{
    return broken(fmt::format("tensor {} {}", inQuotes(name), fault), path);
}

// Bytes that a shape needs; nothing when the number does not fit.
std::optional<std::uint64_t> bytesOfShape(const std::vector<std::int64_t>& shape, ElementType type)
{
    std::int64_t bytes = elementBytes(type);
    for (const std::int64_t size : shape)
        if (__builtin_mul_overflow(bytes, size, &bytes))
            return std::nullopt;
    return static_cast<std::uint64_t>(bytes);
}

Result<std::vector<std::int64_t>> shapeFromJson(const nlohmann::json& info, const std::string& name,
                                                const std::string& path)
{
    const auto found = info.find("shape");
    if (found == info.end() || !found->is_array())
        return brokenTensor(name, "has no shape", path);
    std::vector<std::int64_t> shape;
    for (const nlohmann::json& size : *found) {
        if (!size.is_number_unsigned() || size.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max())
            return brokenTensor(name,
                                fmt::format("has a size of {} in its shape; sizes are whole numbers from 0 to 2^63 - 1",
                                            size.dump(-1, ' ', true).substr(0, 40)),
                                path);
        shape.push_back(size.get<std::int64_t>());
    }
    return shape;
}

Result<Entry> entryFromJson(const std::string& name, const nlohmann::json& info, const std::string& path)
{
    Entry entry;
    entry.name = name;
    if (!info.is_object())
        return brokenTensor(name, "is not described by an object in the header", path);

    const auto type = info.find("dtype");
    if (type == info.end() || !type->is_string())
        return brokenTensor(name, "has no element type (dtype)", path);
    const std::optional<ElementType> known = typeFromName(type->get<std::string>());
    if (!known)
        return brokenTensor(name,
                            fmt::format("has the element type {}, which is not supported; convert the weights to F32, "
                                        "F16 or BF16",
                                        inQuotes(type->get<std::string>())),
                            path);
    entry.type = *known;

    Result<std::vector<std::int64_t>> shape = shapeFromJson(info, name, path);
    if (!shape)
        return tl::unexpected(shape.error());
    entry.shape = std::move(*shape);

    const auto offsets = info.find("data_offsets");
    if (offsets == info.end() || !offsets->is_array() || offsets->size() != 2 || !(*offsets)[0].is_number_unsigned() ||
        !(*offsets)[1].is_number_unsigned())
        return brokenTensor(name, "has no pair of data offsets (two whole numbers)", path);
    entry.begin = (*offsets)[0].get<std::uint64_t>();
    entry.end = (*offsets)[1].get<std::uint64_t>();
    if (entry.begin > entry.end)
        return brokenTensor(name,
                            fmt::format("begins at byte {} and ends before it, at byte {}", entry.begin, entry.end),
                            path);

    const std::optional<std::uint64_t> needed = bytesOfShape(entry.shape, entry.type);
    if (!needed)
        return brokenTensor(name,
                            fmt::format("has the shape [{}], whose bytes are more than a file can hold",
                                        fmt::join(entry.shape, ", ")),
                            path);
    if (*needed != entry.end - entry.begin)
        return brokenTensor(name,
                            fmt::format("needs {} bytes for its shape [{}] of {} but its offsets give it {}", *needed,
                                        fmt::join(entry.shape, ", "), nameFromType(entry.type),
                                        entry.end - entry.begin),
                            path);
    return entry;
}

Result<std::map<std::string, std::string>> metadataFromJson(const nlohmann::json& json, const std::string& path)
{
    if (!json.is_object())
        return broken("the header's __metadata__ is not an object of texts", path);
    std::map<std::string, std::string> metadata;
    for (const auto& [key, value] : json.items()) {
        if (!value.is_string())
            return broken(fmt::format("the header's __metadata__ entry {} is not a text", inQuotes(key)), path);
        metadata.emplace(key, value.get<std::string>());
    }
    return metadata;
}

Result<nlohmann::json> parseHeader(std::string_view text, const std::string& path)
{
    if (text.empty() || text.front() != '{')
        return broken("the safetensors header does not begin with \"{\"; the file is damaged or of another format",
                      path);
    // JSON objects silently keep one of two equal keys; two tensors of one name must not pass unseen.
    std::set<std::string> seen;
    std::string twice;
    const auto noteKey = [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
        constexpr int kDepthOfNames = 1;
        if (event == nlohmann::json::parse_event_t::key && depth == kDepthOfNames && twice.empty()) {
            const auto& name = parsed.get_ref<const std::string&>();
            if (!seen.insert(name).second)
                twice = name;
        }
        return true;
    };
    try {
        nlohmann::json json = nlohmann::json::parse(text, noteKey);
        if (!twice.empty())
            return broken(fmt::format("the header names {} twice", inQuotes(twice)), path);
        return json;
    } catch (const nlohmann::json::exception& problem) {
        const std::string what = problem.what();
        const std::size_t at = what.find("at line ");
        return broken(fmt::format("the safetensors header is not valid JSON, {}",
                                  at == std::string::npos ? what : what.substr(at + 3)),
                      path);
    }
}

Result<Header> headerFromText(std::string_view text, const std::string& path)
{
    const Result<nlohmann::json> json = parseHeader(text, path);
    if (!json)
        return tl::unexpected(json.error());
    Header header;
    for (const auto& [name, info] : json->items()) {
        if (name == kMetadataKey) {
            Result<std::map<std::string, std::string>> metadata = metadataFromJson(info, path);
            if (!metadata)
                return tl::unexpected(metadata.error());
            header.metadata = std::move(*metadata);
            continue;
        }
        Result<Entry> entry = entryFromJson(name, info, path);
        if (!entry)
            return tl::unexpected(entry.error());
        header.entries.push_back(std::move(*entry));
    }
    std::sort(header.entries.begin(), header.entries.end(), [](const Entry& left, const Entry& right) {
        return std::tie(left.begin, left.end, left.name) < std::tie(right.begin, right.end, right.name);
    });
    return header;
}

// Tensors must follow each other without hole or overlap and fill the data exactly.
Result<void> checkLayout(const std::vector<Entry>& entries, std::uint64_t dataBytes, const std::string& path)
{
    std::uint64_t at = 0;
    const std::string* previous = nullptr;
    for (const Entry& entry : entries) {
        if (entry.begin < at)
            return brokenTensor(entry.name,
                                fmt::format("overlaps the {} bytes before it of tensor {}", at - entry.begin,
                                            inQuotes(*previous)),
                                path);
        if (entry.begin > at)
            return brokenTensor(entry.name, fmt::format("leaves a hole of {} bytes before it", entry.begin - at), path);
        at = entry.end;
        previous = &entry.name;
    }
    if (at > dataBytes)
        return broken(fmt::format("the file breaks off: {} of {} bytes of tensor data are missing; fetch it again",
                                  at - dataBytes, at),
                      path);
    if (at < dataBytes)
        return broken(fmt::format("{} bytes follow after the last tensor; the file is damaged or was written over",
                                  dataBytes - at),
                      path);
    return {};
}

std::uint64_t littleEndian64(const std::uint8_t* at)
{
    std::uint64_t value = 0;
    for (int i = 7; i >= 0; --i)
        value = value << 8 | at[i];
    return value;
}

}  // namespace

SafetensorsFile::~SafetensorsFile()
{
    if (m_mapping != nullptr)
        ::munmap(m_mapping, m_mappingBytes);
}

Result<std::shared_ptr<const SafetensorsFile>> SafetensorsFile::open(const std::string& path)
{
    // Without O_NONBLOCK, opening a named pipe would wait for its writer for ever.
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return broken(fmt::format("cannot open the file ({})", std::strerror(errno)), path);
    struct stat info {};
    if (::fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
        ::close(descriptor);
        return broken("this is not a regular file", path);
    }
    const auto fileBytes = static_cast<std::uint64_t>(info.st_size);
    if (fileBytes < kLengthBytes) {
        ::close(descriptor);
        return broken(fmt::format("the file has {} bytes, too few for a safetensors file", fileBytes), path);
    }
    std::shared_ptr<SafetensorsFile> file(new SafetensorsFile);
    file->m_path = path;
    void* mapping = ::mmap(nullptr, fileBytes, PROT_READ, MAP_PRIVATE, descriptor, 0);
    const int mapError = errno;
    ::close(descriptor);
    if (mapping == MAP_FAILED)
        return broken(fmt::format("cannot map the file into memory ({})", std::strerror(mapError)), path);
    file->m_mapping = mapping;
    file->m_mappingBytes = fileBytes;

    const auto* bytes = static_cast<const std::uint8_t*>(mapping);
    constexpr std::string_view kPointerStart = "version https://git-lfs";
    if (fileBytes > kPointerStart.size() && std::memcmp(bytes, kPointerStart.data(), kPointerStart.size()) == 0)
        return broken("this is a Git LFS pointer in place of the weights; run \"git lfs pull\" in its folder", path);

    const std::uint64_t headerBytes = littleEndian64(bytes);
    if (headerBytes > kMaxHeaderBytes)
        return broken(
            fmt::format("the header claims {} bytes where at most {} are allowed; this is no safetensors file",
                        headerBytes, kMaxHeaderBytes),
            path);
    if (headerBytes > fileBytes - kLengthBytes)
        return broken(
            fmt::format("the file breaks off inside its header: {} of {} header bytes are missing; fetch it again",
                        headerBytes - (fileBytes - kLengthBytes), headerBytes),
            path);

    Result<Header> header = headerFromText({reinterpret_cast<const char*>(bytes + kLengthBytes), headerBytes}, path);
    if (!header)
        return tl::unexpected(header.error());
    const std::uint64_t dataBytes = fileBytes - kLengthBytes - headerBytes;
    if (const Result<void> layout = checkLayout(header->entries, dataBytes, path); !layout)
        return tl::unexpected(layout.error());

    const std::uint8_t* data = bytes + kLengthBytes + headerBytes;
    file->m_metadata = std::move(header->metadata);
    file->m_tensors.reserve(header->entries.size());
    for (Entry& entry : header->entries) {
        file->m_indexByName.emplace(entry.name, file->m_tensors.size());
        file->m_tensors.push_back({std::move(entry.name), entry.type, std::move(entry.shape),
                                   std::span(data + entry.begin, entry.end - entry.begin)});
    }
    return std::shared_ptr<const SafetensorsFile>(std::move(file));
}

const TensorView* SafetensorsFile::find(const std::string& name) const
{
    const auto found = m_indexByName.find(name);
    return found == m_indexByName.end() ? nullptr : &m_tensors[found->second];
}

Result<void> writeSafetensors(const std::string& path, const std::map<std::string, TensorSnapshot>& tensors,
                              const std::map<std::string, std::string>& metadata)
{
    using Item = std::pair<const std::string, TensorSnapshot>;
    std::vector<const Item*> order;
    for (const Item& item : tensors) {
        const std::size_t held = item.second.bytes ? item.second.bytes->size() : 0;
        const bool hasNegativeSize =
            std::any_of(item.second.shape.begin(), item.second.shape.end(), [](std::int64_t size) { return size < 0; });
        const std::optional<std::uint64_t> needed = bytesOfShape(item.second.shape, item.second.type);
        if (hasNegativeSize || !needed || *needed != held || item.first == kMetadataKey)
            return fail(ErrorCode::FileWrite,
                        fmt::format("tensor {} of shape [{}] and {} bytes cannot be written: {}", inQuotes(item.first),
                                    fmt::join(item.second.shape, ", "), held, path));
        order.push_back(&item);
    }
    // Wide elements first: then every tensor is aligned to its element size, as the reference writer does it.
    std::stable_sort(order.begin(), order.end(), [](const Item* left, const Item* right) {
        return elementBytes(left->second.type) > elementBytes(right->second.type);
    });

    nlohmann::ordered_json header = nlohmann::ordered_json::object();
    if (!metadata.empty())
        header[std::string(kMetadataKey)] = metadata;
    std::uint64_t at = 0;
    std::vector<std::span<const std::uint8_t>> parts(2);
    for (const Item* item : order) {
        const std::span<const std::uint8_t> bytes =
            item->second.bytes ? std::span(*item->second.bytes) : std::span<const std::uint8_t>();
        header[item->first] = {{"dtype", nameFromType(item->second.type)},
                               {"shape", item->second.shape},
                               {"data_offsets", {at, at + bytes.size()}}};
        at += bytes.size();
        parts.push_back(bytes);
    }
    std::string text;
    try {
        text = header.dump();
    } catch (const nlohmann::json::exception&) {
        return fail(ErrorCode::FileWrite,
                    fmt::format("a tensor's name or a metadata text is not valid UTF-8: {}", path));
    }
    text.append((kLengthBytes - text.size() % kLengthBytes) % kLengthBytes, ' ');

    std::array<std::uint8_t, kLengthBytes> length{};
    for (std::size_t i = 0; i < length.size(); ++i)
        length[i] = static_cast<std::uint8_t>(text.size() >> (8 * i));
    parts[0] = length;
    parts[1] = std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    return writeFileAtomically(path, parts);
}

}  // namespace armillary::io
