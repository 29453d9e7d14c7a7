#include "session/analysis_archive.h"

#include "io/safetensors_file.h"
#include "session/json_values.h"

#include <nlohmann/json.hpp>

#include <cstring>
#include <stdexcept>

namespace armillary::session {
namespace {

using nlohmann::json;

json cellJson(const AnalysisCell& cell)
{
    if (const auto* text = std::get_if<std::string>(&cell))
        return {{"text", *text}};
    return jsonFromReal(std::get<double>(cell));
}

// A cell of text is an object in the file, so that the text "inf" is not taken for the number.
AnalysisCell cellFromJson(const json& cell)
{
    if (cell.is_object())
        return cell.at("text").get<std::string>();
    return realFromJson(cell);
}

json tablesJson(const AnalysisResult& result, bool isForReaders)
{
    json out = json::array();
    for (const AnalysisTable& table : result.tables) {
        json rows = json::array();
        for (const auto& row : table.rows) {
            json cells = json::array();
            for (const AnalysisCell& cell : row) {
                const auto* text = std::get_if<std::string>(&cell);
                cells.push_back(isForReaders && text != nullptr ? json(*text) : cellJson(cell));
            }
            rows.push_back(std::move(cells));
        }
        out.push_back({{"name", table.name}, {"columns", table.columns}, {"rows", std::move(rows)}});
    }
    return out;
}

// Those that a float does not hold exactly.
template <class T>
std::vector<T> numbersOf(const TensorSnapshot& tensor)
{
    std::vector<T> out(tensor.bytes ? tensor.bytes->size() / sizeof(T) : 0);
    if (!out.empty())
        std::memcpy(out.data(), tensor.bytes->data(), out.size() * sizeof(T));
    return out;
}

json resultJson(const AnalysisResult& result, bool isForReaders)
{
    json numbers = json::array();
    for (const AnalysisNumber& number : result.numbers)
        numbers.push_back({{"name", number.name}, {"value", jsonFromReal(number.value)}, {"unit", number.unit}});
    json arrays = json::array();
    for (const auto& [name, array] : result.arrays)
        arrays.push_back({{"name", name},
                          {"axes", array.axes},
                          {"dtype", elementTypeName(array.values.type)},
                          {"shape", array.values.shape}});
    return {{"name", result.request.name},   {"arguments", result.request.arguments},
            {"numbers", std::move(numbers)}, {"tables", tablesJson(result, isForReaders)},
            {"arrays", std::move(arrays)},   {"cautions", result.cautions}};
}

AnalysisResult resultFromJson(const json& object)
{
    AnalysisResult out;
    out.request.name = object.at("name");
    out.request.arguments = object.at("arguments").get<std::map<std::string, std::string>>();
    for (const json& number : object.at("numbers"))
        out.numbers.push_back({number.at("name"), realFromJson(number.at("value")), number.at("unit")});
    for (const json& table : object.at("tables")) {
        AnalysisTable read{table.at("name"), table.at("columns").get<std::vector<std::string>>(), {}};
        for (const json& row : table.at("rows")) {
            std::vector<AnalysisCell> cells;
            for (const json& cell : row)
                cells.push_back(cellFromJson(cell));
            if (cells.size() != read.columns.size())
                throw std::runtime_error("a row of table " + read.name + " has another length than its columns");
            read.rows.push_back(std::move(cells));
        }
        out.tables.push_back(std::move(read));
    }
    out.cautions = object.at("cautions").get<std::vector<std::string>>();
    return out;
}

}  // namespace

std::string_view elementTypeName(ElementType type)
{
    switch (type) {
    case ElementType::Float64: return "F64";
    case ElementType::Float32: return "F32";
    case ElementType::BFloat16: return "BF16";
    case ElementType::Float16: return "F16";
    case ElementType::Int64: return "I64";
    case ElementType::Int32: return "I32";
    case ElementType::Int16: return "I16";
    case ElementType::Int8: return "I8";
    case ElementType::UInt8: return "U8";
    case ElementType::Bool: return "BOOL";
    case ElementType::Float8E4M3: return "F8_E4M3";
    case ElementType::Float8E5M2: return "F8_E5M2";
    }
    return "?";
}

json jsonFromAnalysis(const AnalysisResult& result)
{
    json out = resultJson(result, true);
    for (json& array : out["arrays"]) {
        json values = json::array();
        const TensorSnapshot& tensor = result.arrays.at(array["name"]).values;
        if (tensor.type == ElementType::Int64)
            values = numbersOf<std::int64_t>(tensor);
        else if (tensor.type == ElementType::Float64)
            for (const double value : numbersOf<double>(tensor))
                values.push_back(jsonFromReal(value));
        else
            for (const float value : tensor.floats())
                values.push_back(jsonFromReal(value));
        array["values"] = std::move(values);
    }
    return out;
}

Result<void> writeAnalysis(const std::string& path, const AnalysisResult& result)
{
    std::map<std::string, TensorSnapshot> tensors;
    for (const auto& [name, array] : result.arrays)
        tensors[name] = array.values;
    return io::writeSafetensors(path, tensors,
                                {{"armillary.analysis", "1"}, {"armillary.result", textOf(resultJson(result, false))}});
}

Result<AnalysisResult> readAnalysis(const std::string& path)
{
    const auto file = io::SafetensorsFile::open(path);
    if (!file)
        return tl::unexpected(file.error());
    const auto& metadata = (*file)->metadata();
    const auto version = metadata.find("armillary.analysis");
    const auto text = metadata.find("armillary.result");
    if (version == metadata.end() || text == metadata.end())
        return fail(ErrorCode::InvalidInput, "this safetensors file is not the result of an analysis: " + path);
    if (version->second != "1")
        return fail(ErrorCode::InvalidInput,
                    "the result has format version " + version->second + ", this program reads version 1: " + path);
    try {
        const json object = json::parse(text->second);
        AnalysisResult out = resultFromJson(object);
        for (const json& array : object.at("arrays")) {
            const std::string name = array.at("name");
            const io::TensorView* view = (*file)->find(name);
            if (view == nullptr)
                throw std::runtime_error("array " + name + " is missing");
            auto axes = array.at("axes").get<std::vector<std::string>>();
            if (axes.size() != view->shape.size())
                throw std::runtime_error("array " + name + " has another number of axes than its shape");
            out.arrays[name] = {std::move(axes),
                                {view->type, view->shape,
                                 std::make_shared<const std::vector<std::uint8_t>>(view->bytes.begin(),
                                                                                   view->bytes.end())}};
        }
        return out;
    } catch (const std::exception& broken) {
        return fail(ErrorCode::FileRead,
                    std::string("the result's description is broken (") + broken.what() + "): " + path);
    }
}

}  // namespace armillary::session
