#include "session/npz_file.h"

#include "io/atomic_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

namespace armillary::session {
namespace {

using Bytes = std::vector<std::uint8_t>;

// The polynomial of zip, reflected, a table entry a byte.
std::uint32_t crc32(const Bytes& bytes)
{
    static const std::array<std::uint32_t, 256> kTable = [] {
        std::array<std::uint32_t, 256> table{};
        for (std::uint32_t i = 0; i < table.size(); ++i) {
            std::uint32_t value = i;
            for (int bit = 0; bit < 8; ++bit)
                value = (value & 1U) != 0 ? 0xEDB88320U ^ (value >> 1U) : value >> 1U;
            table[i] = value;
        }
        return table;
    }();
    std::uint32_t crc = 0xFFFFFFFFU;
    for (const std::uint8_t byte : bytes)
        crc = kTable[(crc ^ byte) & 0xFFU] ^ (crc >> 8U);
    return ~crc;
}

template <class T>
void put(Bytes& out, T value)
{
    for (std::size_t i = 0; i < sizeof(T); ++i)
        out.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * i)));
}

// What the local header and the directory say alike. Bit 11: the name is UTF-8. The date is the format's first, so that equal
// results give equal files.
void putEntry(Bytes& out, const std::string& name, std::uint32_t crc, std::uint32_t size)
{
    constexpr std::uint16_t kVersion = 20, kUtf8 = 1U << 11U, kStored = 0, kTime = 0, kDate = 33;
    put(out, kVersion);
    put(out, kUtf8);
    put(out, kStored);
    put(out, kTime);
    put(out, kDate);
    put(out, crc);
    put(out, size);
    put(out, size);
    put(out, static_cast<std::uint16_t>(name.size()));
    put(out, std::uint16_t{0});  // no extra field
}

Bytes npyHeader(const std::string& type, const std::vector<std::int64_t>& shape)
{
    constexpr std::size_t kAlign = 64, kPrefix = 10;
    std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}", type,
                                   fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
    text.append(kAlign - (kPrefix + text.size() + 1) % kAlign, ' ');
    text += '\n';
    Bytes out = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
    put(out, static_cast<std::uint16_t>(text.size()));
    out.insert(out.end(), text.begin(), text.end());
    return out;
}

// NumPy knows none of them; they are written as float32.
bool elementIsFloat8(ElementType type)
{
    return type == ElementType::Float8E4M3 || type == ElementType::Float8E5M2;
}

const char* numpyType(ElementType type)
{
    switch (type) {
    case ElementType::Float64: return "<f8";
    case ElementType::Float32:
    case ElementType::BFloat16:
    case ElementType::Float8E4M3:
    case ElementType::Float8E5M2: return "<f4";
    case ElementType::Float16: return "<f2";
    case ElementType::Int64: return "<i8";
    case ElementType::Int32: return "<i4";
    case ElementType::Int16: return "<i2";
    case ElementType::Int8: return "|i1";
    case ElementType::UInt8: return "|u1";
    case ElementType::Bool: return "|b1";
    }
    return "?";
}

template <class T>
void append(Bytes& out, const std::vector<T>& values)
{
    const std::size_t before = out.size();
    out.resize(before + values.size() * sizeof(T));
    if (!values.empty())
        std::memcpy(out.data() + before, values.data(), values.size() * sizeof(T));
}

Bytes npyFromReals(const std::vector<std::int64_t>& shape, const std::vector<double>& values)
{
    Bytes out = npyHeader("<f8", shape);
    append(out, values);
    return out;
}

// The code points of UTF-8 text; a byte that is none becomes the replacement character.
std::vector<std::uint32_t> codePoints(const std::string& text)
{
    std::vector<std::uint32_t> out;
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        const std::size_t length = lead < 0x80          ? 1
                                   : (lead >> 5U) == 6  ? 2
                                   : (lead >> 4U) == 14 ? 3
                                   : (lead >> 3U) == 30 ? 4
                                                        : 0;
        bool isWhole = length > 0 && i + length <= text.size();
        std::uint32_t point = length == 1 ? lead : lead & (0xFFU >> (length + 1));
        for (std::size_t k = 1; isWhole && k < length; ++k) {
            const auto next = static_cast<unsigned char>(text[i + k]);
            isWhole = (next & 0xC0U) == 0x80;
            point = (point << 6U) | (next & 0x3FU);
        }
        out.push_back(isWhole ? point : 0xFFFD);
        i += isWhole ? length : 1;
    }
    return out;
}

Bytes npyFromColumn(const AnalysisTable& table, std::size_t column)
{
    const bool isText =
        std::any_of(table.rows.begin(), table.rows.end(), [column](const std::vector<AnalysisCell>& row) {
            return std::holds_alternative<std::string>(row[column]);
        });
    std::vector<double> reals;
    std::vector<std::string> texts;
    for (const auto& row : table.rows) {
        const auto* text = std::get_if<std::string>(&row[column]);
        if (isText)
            texts.push_back(text != nullptr ? *text : fmt::format("{}", std::get<double>(row[column])));
        else
            reals.push_back(std::get<double>(row[column]));
    }
    return isText ? npyFromTexts(texts) : npyFromReals({static_cast<std::int64_t>(reals.size())}, reals);
}

}  // namespace

Result<Bytes> npyFromTensor(const TensorSnapshot& tensor)
{
    const std::size_t held = tensor.bytes ? tensor.bytes->size() : 0;
    if (held != static_cast<std::size_t>(tensor.elementCount() * elementBytes(tensor.type)))
        return fail(ErrorCode::InvalidInput,
                    fmt::format("an array of shape [{}] holds {} bytes", fmt::join(tensor.shape, ", "), held));
    Bytes out = npyHeader(numpyType(tensor.type), tensor.shape);
    if (tensor.type == ElementType::BFloat16 || elementIsFloat8(tensor.type))
        append(out, tensor.floats());
    else if (held > 0)
        out.insert(out.end(), tensor.bytes->begin(), tensor.bytes->end());
    return out;
}

Bytes npyFromTexts(const std::vector<std::string>& texts)
{
    std::vector<std::vector<std::uint32_t>> points;
    std::size_t width = 1;
    for (const std::string& text : texts) {
        points.push_back(codePoints(text));
        width = std::max(width, points.back().size());
    }
    Bytes out = npyHeader(fmt::format("<U{}", width), {static_cast<std::int64_t>(texts.size())});
    for (std::vector<std::uint32_t>& each : points) {
        each.resize(width);
        append(out, each);
    }
    return out;
}

Result<void> writeZip(const std::string& path, const std::map<std::string, Bytes>& files)
{
    constexpr std::size_t kMostFiles = 0xFFFE;
    if (files.size() > kMostFiles)
        return fail(ErrorCode::InvalidInput,
                    fmt::format("{} arrays are too many for one file: {}", files.size(), path));
    std::vector<Bytes> headers;
    headers.reserve(files.size() + 1);
    std::vector<std::span<const std::uint8_t>> parts;
    Bytes directory;
    std::uint64_t at = 0;
    for (const auto& [name, bytes] : files) {
        Bytes local;
        put(local, std::uint32_t{0x04034B50});
        const std::uint32_t crc = crc32(bytes);
        putEntry(local, name, crc, static_cast<std::uint32_t>(bytes.size()));
        local.insert(local.end(), name.begin(), name.end());

        constexpr std::uint16_t kMadeBy = 20;
        put(directory, std::uint32_t{0x02014B50});
        put(directory, kMadeBy);
        putEntry(directory, name, crc, static_cast<std::uint32_t>(bytes.size()));
        put(directory, std::uint16_t{0});  // no comment
        put(directory, std::uint16_t{0});  // on this disk
        put(directory, std::uint16_t{0});  // internal attributes
        put(directory, std::uint32_t{0});  // external attributes
        put(directory, static_cast<std::uint32_t>(at));
        directory.insert(directory.end(), name.begin(), name.end());

        at += local.size() + bytes.size();
        headers.push_back(std::move(local));
        parts.emplace_back(headers.back());
        parts.emplace_back(bytes);
    }
    if (at + directory.size() >= std::numeric_limits<std::uint32_t>::max())
        return fail(ErrorCode::InvalidInput,
                    "the arrays take 4 GiB or more, which this file form does not hold; choose fewer layers or "
                    "tokens: " +
                        path);
    const auto directoryBytes = static_cast<std::uint32_t>(directory.size());
    const auto count = static_cast<std::uint16_t>(files.size());
    put(directory, std::uint32_t{0x06054B50});
    put(directory, std::uint16_t{0});
    put(directory, std::uint16_t{0});
    put(directory, count);
    put(directory, count);
    put(directory, directoryBytes);
    put(directory, static_cast<std::uint32_t>(at));
    put(directory, std::uint16_t{0});  // no comment
    parts.emplace_back(directory);
    return io::writeFileAtomically(path, parts);
}

Result<void> writeNpz(const std::string& path, const AnalysisResult& result)
{
    std::map<std::string, Bytes> files;
    for (const auto& [name, array] : result.arrays) {
        auto bytes = npyFromTensor(array.values);
        if (!bytes)
            return tl::unexpected(bytes.error());
        files[name + ".npy"] = std::move(*bytes);
    }
    for (const AnalysisNumber& number : result.numbers)
        files["numbers/" + number.name + ".npy"] = npyFromReals({}, {number.value});
    for (const AnalysisTable& table : result.tables) {
        for (std::size_t column = 0; column < table.columns.size(); ++column)
            files["tables/" + table.name + "/" + table.columns[column] + ".npy"] = npyFromColumn(table, column);
    }
    if (!result.cautions.empty())
        files["cautions.npy"] = npyFromTexts(result.cautions);
    return writeZip(path, files);
}

}  // namespace armillary::session
