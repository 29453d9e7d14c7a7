#include "io/safetensors_file.h"

#include "support/test_data.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace armillary::io {
namespace {

using ::testing::HasSubstr;

std::string littleEndian64(std::uint64_t value)
{
    std::string bytes(8, '\0');
    for (int i = 0; i < 8; ++i)
        bytes[static_cast<std::size_t>(i)] = static_cast<char>(value >> (8 * i));
    return bytes;
}

// A file with this header and so many zero bytes of data.
std::string fileWith(const std::string& header, std::size_t dataBytes)
{
    return littleEndian64(header.size()) + header + std::string(dataBytes, '\0');
}

std::string writeFile(const std::string& folder, const std::string& name, const std::string& bytes)
{
    const std::string path = folder + "/" + name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
}

std::string readFile(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

TensorSnapshot snapshot(ElementType type, std::vector<std::int64_t> shape, std::vector<std::uint8_t> bytes)
{
    return {type, std::move(shape), std::make_shared<const std::vector<std::uint8_t>>(std::move(bytes))};
}

TEST(SafetensorsFile, ReadsTheReferenceSnapshot)
{
    const auto file = SafetensorsFile::open(test::dataPath("models/gemma-tiny/model.safetensors"));
    ASSERT_TRUE(file.has_value()) << file.error().message;
    EXPECT_EQ((*file)->tensors().size(), 132U);
    EXPECT_EQ((*file)->metadata().at("format"), "pt");
    const TensorView* norm = (*file)->find("language_model.model.norm.weight");
    ASSERT_NE(norm, nullptr);
    EXPECT_EQ(norm->type, ElementType::Float32);
    ASSERT_EQ(norm->shape.size(), 1U);
    EXPECT_EQ(norm->bytes.size(), static_cast<std::size_t>(norm->shape[0]) * 4);
    EXPECT_EQ((*file)->find("no such tensor"), nullptr);
    for (std::size_t i = 1; i < (*file)->tensors().size(); ++i)
        EXPECT_EQ((*file)->tensors()[i].bytes.data(),
                  (*file)->tensors()[i - 1].bytes.data() + (*file)->tensors()[i - 1].bytes.size());
}

TEST(SafetensorsFile, ViewsLiveAsLongAsTheFile)
{
    const std::string folder = test::makeTemporaryFolder();
    const std::string path = writeFile(folder, "a.safetensors",
                                       fileWith(R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}})", 0) + "xyz");
    auto file = SafetensorsFile::open(path);
    ASSERT_TRUE(file.has_value()) << file.error().message;
    std::filesystem::remove(path);
    const TensorView& view = (*file)->tensors().front();
    EXPECT_EQ(std::string(view.bytes.begin(), view.bytes.end()), "xyz");
}

TEST(SafetensorsFile, AcceptsWhatTheFormatAllows)
{
    const std::string folder = test::makeTemporaryFolder();
    const std::pair<const char*, std::string> files[] = {
        {"no tensors", fileWith("{}", 0)},
        {"padded header", fileWith(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}      )", 4)},
        {"scalar", fileWith(R"({"a":{"dtype":"F64","shape":[],"data_offsets":[0,8]}})", 8)},
        {"empty tensor", fileWith(R"({"a":{"dtype":"F32","shape":[0,7],"data_offsets":[0,0]}})", 0)},
        {"any order", fileWith(R"({"b":{"dtype":"I16","shape":[2],"data_offsets":[4,8]},)"
                               R"("a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}})",
                               8)},
        {"metadata", fileWith(R"({"__metadata__":{"k":"v"}})", 0)},
        {"empty name", fileWith(R"({"":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}})", 1)},
    };
    for (const auto& [name, bytes] : files) {
        const auto file = SafetensorsFile::open(writeFile(folder, "good.safetensors", bytes));
        EXPECT_TRUE(file.has_value()) << name << ": " << file.error().message;
    }
}

struct BrokenFile {
    const char* name;
    std::string bytes;
    std::string sentence;
};

std::vector<BrokenFile> brokenFiles()
{
    const std::string good = R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
    const auto tensor = [](const std::string& description) { return "{\"w\":" + description + "}"; };
    const auto two = [](const std::string& first, const std::string& second) {
        return R"({"a":{"dtype":"U8","shape":[4],"data_offsets":)" + first +
               R"(},"b":{"dtype":"U8","shape":[4],"data_offsets":)" + second + "}}";
    };
    return {
        {"empty", "", "the file has 0 bytes, too few"},
        {"seven_bytes", "1234567", "the file has 7 bytes, too few"},
        {"lfs_pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "Git LFS pointer"},
        {"text", "this is only a text file\n", "this is no safetensors file"},
        {"header_beyond_limit", littleEndian64(100'000'001) + good, "claims 100000001 bytes where at most 100000000"},
        {"header_all_ones", littleEndian64(~0ULL) + good, "claims 18446744073709551615 bytes"},
        {"header_beyond_file", littleEndian64(1000) + good,
         fmt::format("{} of 1000 header bytes are missing", 1000 - good.size())},
        {"header_of_no_bytes", littleEndian64(0), "does not begin with \"{\""},
        {"header_array", fileWith("[1,2]", 0), "does not begin with \"{\""},
        {"header_led_by_space", fileWith(" {}", 0), "does not begin with \"{\""},
        {"header_cut_json", fileWith(R"({"w":{"dtype":"F32")", 8), "not valid JSON, line 1, column 20"},
        {"header_not_utf8", fileWith("{\"\xFF\":1}", 0), "not valid JSON, line 1"},
        {"header_two_values", fileWith("{}{}", 0), "not valid JSON, line 1, column 3"},
        {"header_deep", fileWith("{\"w\":" + std::string(200'000, '['), 0), "not valid JSON, line 1"},
        {"tensor_no_object", fileWith(tensor("5"), 0), "tensor \"w\" is not described by an object"},
        {"dtype_missing", fileWith(tensor(R"({"shape":[2],"data_offsets":[0,8]})"), 8),
         "tensor \"w\" has no element type"},
        {"dtype_number", fileWith(tensor(R"({"dtype":4,"shape":[2],"data_offsets":[0,8]})"), 8),
         "tensor \"w\" has no element type"},
        {"dtype_float8_of_scales", fileWith(tensor(R"({"dtype":"F8_E8M0","shape":[8],"data_offsets":[0,8]})"), 8),
         "tensor \"w\" has the element type \"F8_E8M0\", which is not supported; convert"},
        {"dtype_lower_case", fileWith(tensor(R"({"dtype":"f32","shape":[2],"data_offsets":[0,8]})"), 8),
         "element type \"f32\""},
        {"shape_missing", fileWith(tensor(R"({"dtype":"F32","data_offsets":[0,8]})"), 8), "tensor \"w\" has no shape"},
        {"shape_text", fileWith(tensor(R"({"dtype":"F32","shape":"2","data_offsets":[0,8]})"), 8),
         "tensor \"w\" has no shape"},
        {"shape_negative", fileWith(tensor(R"({"dtype":"F32","shape":[-2],"data_offsets":[0,8]})"), 8), "a size of -2"},
        {"shape_fraction", fileWith(tensor(R"({"dtype":"F32","shape":[2.5],"data_offsets":[0,8]})"), 8),
         "a size of 2.5"},
        {"shape_null", fileWith(tensor(R"({"dtype":"F32","shape":[null],"data_offsets":[0,8]})"), 8), "a size of null"},
        {"shape_beyond_64_bits",
         fileWith(tensor(R"({"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]})"), 8),
         "has a size of 1e+20"},
        {"shape_beyond_63_bits",
         fileWith(tensor(R"({"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,8]})"), 8),
         "has a size of 9223372036854775808"},
        {"product_overflows",
         fileWith(tensor(R"({"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]})"), 0),
         "more than a file can hold"},
        {"bytes_overflow", fileWith(tensor(R"({"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0]})"), 0),
         "more than a file can hold"},
        {"offsets_missing", fileWith(tensor(R"({"dtype":"F32","shape":[2]})"), 8), "no pair of data offsets"},
        {"offsets_single", fileWith(tensor(R"({"dtype":"F32","shape":[2],"data_offsets":[8]})"), 8),
         "no pair of data offsets"},
        {"offsets_negative", fileWith(tensor(R"({"dtype":"F32","shape":[2],"data_offsets":[-8,0]})"), 8),
         "no pair of data offsets"},
        {"offsets_reversed", fileWith(tensor(R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})"), 8),
         "begins at byte 8 and ends before it, at byte 0"},
        {"offsets_short", fileWith(tensor(R"({"dtype":"F32","shape":[2],"data_offsets":[0,4]})"), 4),
         "needs 8 bytes for its shape [2] of F32 but its offsets give it 4"},
        {"offsets_long", fileWith(tensor(R"({"dtype":"F16","shape":[2,2],"data_offsets":[0,9]})"), 9),
         "needs 8 bytes for its shape [2, 2] of F16 but its offsets give it 9"},
        {"data_cut", fileWith(good, 5), "breaks off: 3 of 8 bytes of tensor data are missing"},
        {"data_absent", fileWith(good, 0), "breaks off: 8 of 8 bytes of tensor data are missing"},
        {"data_beyond", fileWith(good, 13), "5 bytes follow after the last tensor"},
        {"data_without_tensors", fileWith("{}", 3), "3 bytes follow after the last tensor"},
        {"hole_between", fileWith(two("[0,4]", "[6,10]"), 10), "tensor \"b\" leaves a hole of 2 bytes"},
        {"hole_at_start", fileWith(two("[1,5]", "[5,9]"), 9), "tensor \"a\" leaves a hole of 1 bytes"},
        {"overlap", fileWith(two("[0,4]", "[3,7]"), 7), "tensor \"b\" overlaps the 1 bytes before it of tensor \"a\""},
        {"same_place", fileWith(two("[0,4]", "[0,4]"), 4),
         "tensor \"b\" overlaps the 4 bytes before it of tensor \"a\""},
        {"offsets_far_beyond", fileWith(two("[0,4]", "[18446744073709551611,18446744073709551615]"), 8),
         "tensor \"b\" leaves a hole"},
        {"name_twice",
         fileWith(R"({"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                  R"("w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
                  1),
         "names \"w\" twice"},
        {"metadata_no_object", fileWith(R"({"__metadata__":[1]})", 0), "__metadata__ is not an object of texts"},
        {"metadata_number", fileWith(R"({"__metadata__":{"version":1}})", 0),
         "__metadata__ entry \"version\" is not a text"},
    };
}

TEST(SafetensorsFile, SaysWhatIsWrongWithBrokenFiles)
{
    const std::string folder = test::makeTemporaryFolder();
    for (const BrokenFile& broken : brokenFiles()) {
        const std::string path = writeFile(folder, std::string(broken.name) + ".safetensors", broken.bytes);
        const auto file = SafetensorsFile::open(path);
        ASSERT_FALSE(file.has_value()) << broken.name;
        EXPECT_EQ(file.error().code, ErrorCode::FileRead);
        EXPECT_THAT(file.error().message, HasSubstr(broken.sentence)) << broken.name;
        EXPECT_TRUE(file.error().message.ends_with(": " + path)) << file.error().message;
    }
}

TEST(SafetensorsFile, EveryCutOfAFileIsAnError)
{
    const std::string folder = test::makeTemporaryFolder();
    const std::string path = folder + "/whole.safetensors";
    ASSERT_TRUE(writeSafetensors(path,
                                 {{"a", snapshot(ElementType::Int32, {3}, std::vector<std::uint8_t>(12, 7))},
                                  {"b", snapshot(ElementType::UInt8, {5}, std::vector<std::uint8_t>(5, 9))}},
                                 {{"made", "here"}})
                    .has_value());
    const std::string whole = readFile(path);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const auto file = SafetensorsFile::open(writeFile(folder, "cut.safetensors", whole.substr(0, size)));
        EXPECT_FALSE(file.has_value()) << "cut to " << size << " of " << whole.size();
    }
}

TEST(SafetensorsFile, RefusesWhatIsNoFile)
{
    const std::string folder = test::makeTemporaryFolder();
    const std::string pipe = folder + "/pipe.safetensors";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    for (const std::string& path : {folder, pipe, folder + "/missing.safetensors"}) {
        const auto file = SafetensorsFile::open(path);
        ASSERT_FALSE(file.has_value()) << path;
        EXPECT_EQ(file.error().code, ErrorCode::FileRead);
        EXPECT_THAT(file.error().message, HasSubstr(path));
    }
}

TEST(WriteSafetensors, ReadsBackWhatWasWritten)
{
    const std::string path = test::makeTemporaryFolder() + "/out.safetensors";
    const std::map<std::string, TensorSnapshot> tensors{{"narrow", snapshot(ElementType::Bool, {3}, {1, 0, 1})},
                                                        {"wide",
                                                         snapshot(ElementType::Int64, {1}, {1, 2, 3, 4, 5, 6, 7, 8})},
                                                        {"half \"quoted\" \xC3\xBC",
                                                         snapshot(ElementType::BFloat16, {1, 2}, {1, 2, 3, 4})},
                                                        {"scalar", snapshot(ElementType::Float32, {}, {0, 0, 128, 63})},
                                                        {"nothing", snapshot(ElementType::Float32, {0, 4}, {})}};
    const std::map<std::string, std::string> metadata{{"record", "1"}, {"note", "two\nlines"}};
    const Result<void> written = writeSafetensors(path, tensors, metadata);
    ASSERT_TRUE(written.has_value()) << written.error().message;

    const auto file = SafetensorsFile::open(path);
    ASSERT_TRUE(file.has_value()) << file.error().message;
    EXPECT_EQ((*file)->metadata(), metadata);
    ASSERT_EQ((*file)->tensors().size(), tensors.size());
    const std::string bytes = readFile(path);
    const std::uint64_t headerBytes = static_cast<std::uint8_t>(bytes[0]) | static_cast<std::uint8_t>(bytes[1]) << 8;
    EXPECT_EQ(headerBytes % 8, 0U);
    for (const auto& [name, want] : tensors) {
        const TensorView* got = (*file)->find(name);
        ASSERT_NE(got, nullptr) << name;
        EXPECT_EQ(got->type, want.type);
        EXPECT_EQ(got->shape, want.shape);
        EXPECT_TRUE(std::equal(got->bytes.begin(), got->bytes.end(), want.bytes->begin(), want.bytes->end())) << name;
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(got->bytes.data()) %
                      static_cast<std::size_t>(elementBytes(got->type)),
                  0U)
            << name;
    }
}

TEST(WriteSafetensors, WritesEveryElementType)
{
    const std::string path = test::makeTemporaryFolder() + "/types.safetensors";
    std::map<std::string, TensorSnapshot> tensors;
    for (const ElementType type :
         {ElementType::Float32, ElementType::BFloat16, ElementType::Float16, ElementType::Int64, ElementType::Int32,
          ElementType::UInt8, ElementType::Bool, ElementType::Float64, ElementType::Int8, ElementType::Int16,
          ElementType::Float8E4M3, ElementType::Float8E5M2})
        tensors[fmt::format("type {}", static_cast<int>(type))] =
            snapshot(type, {2}, std::vector<std::uint8_t>(static_cast<std::size_t>(2 * elementBytes(type)), 1));
    ASSERT_TRUE(writeSafetensors(path, tensors, {}).has_value());
    const auto file = SafetensorsFile::open(path);
    ASSERT_TRUE(file.has_value()) << file.error().message;
    for (const auto& [name, want] : tensors) {
        ASSERT_NE((*file)->find(name), nullptr) << name;
        EXPECT_EQ((*file)->find(name)->type, want.type) << name;
    }
}

TEST(WriteSafetensors, RefusesTensorsThatDoNotFitTheirShape)
{
    const std::string path = test::makeTemporaryFolder() + "/bad.safetensors";
    const std::map<std::string, TensorSnapshot> bad[] = {{{"w", snapshot(ElementType::Float32, {2}, {1, 2, 3})}},
                                                         {{"w",
                                                           snapshot(ElementType::Float32, {-1, -1}, {1, 2, 3, 4})}},
                                                         {{"w", TensorSnapshot{ElementType::UInt8, {1}, nullptr}}},
                                                         {{"__metadata__", snapshot(ElementType::UInt8, {1}, {1})}},
                                                         {{"\xFF", snapshot(ElementType::UInt8, {1}, {1})}}};
    for (const auto& tensors : bad) {
        const Result<void> written = writeSafetensors(path, tensors, {});
        ASSERT_FALSE(written.has_value());
        EXPECT_EQ(written.error().code, ErrorCode::FileWrite);
        EXPECT_FALSE(std::filesystem::exists(path));
    }
}

}  // namespace
}  // namespace armillary::io
