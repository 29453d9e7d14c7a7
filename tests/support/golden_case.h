// One case of the reference data (tests/data/README.md): its JSON, its tensors, and the comparison with the case's own tolerance.
//
//     const GoldenCase golden = GoldenCase::open("cases/gemma/text_short");
//     EXPECT_TRUE(matches(golden, "logits", got));
//
// Some tensors lie in a smaller form (the entry "stored" of the JSON; tests/data/README.md lists the forms). All but one
// are rebuilt bit by bit; of a tensor in the form "columns" only a part is stored, and matches() compares that part.
// Missing data throws, so that the test fails. Thread rule: immutable once opened.
#pragma once

#include "io/safetensors_file.h"

#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace armillary::test {

// `exact` demands equal elements and ignores the two numbers.
struct Tolerance {
    double relative = 0;
    double absolute = 0;
    bool exact = false;
};

class GoldenCase {
public:
    // `path` without its ending, below tests/data: "cases/gemma/text_short". The tensors are those of the file that the
    // JSON names, none when it names none.
    [[nodiscard]] static GoldenCase open(const std::string& path);

    [[nodiscard]] const nlohmann::json& json() const { return m_json; }
    [[nodiscard]] bool has(const std::string& name) const;
    // A copy of the whole tensor `name`, on the CPU. Throws when only a part of it is stored.
    [[nodiscard]] at::Tensor tensor(const std::string& name) const;
    [[nodiscard]] Tolerance tolerance(const std::string& name) const;

private:
    friend ::testing::AssertionResult matches(const GoldenCase& golden, const std::string& name, const at::Tensor& got,
                                              const Tolerance& tolerance);

    // How `name` lies in the file; null when it lies there as it is.
    [[nodiscard]] nlohmann::json stored(const std::string& name) const;
    // A copy of what the file holds under `name`.
    [[nodiscard]] at::Tensor fromFile(const std::string& name) const;
    [[nodiscard]] std::vector<std::int64_t> shape(const std::string& name) const;

    std::string m_path;
    nlohmann::json m_json;
    std::shared_ptr<const io::SafetensorsFile> m_file;
};

// |got - want| <= absolute + relative * |want| for every element; a NaN only fits a NaN. Says the first bad index, the number of
// bad elements, the largest error and the cosine. `got` may lack the leading batch axis of size 1 that `want` has.
[[nodiscard]] ::testing::AssertionResult matches(const at::Tensor& want, const at::Tensor& got,
                                                 const Tolerance& tolerance);
// The same against what the case stores of its tensor `name`: all of it, or every n-th column and the last row.
[[nodiscard]] ::testing::AssertionResult matches(const GoldenCase& golden, const std::string& name,
                                                 const at::Tensor& got, const Tolerance& tolerance);
// The same with the case's tolerance.
[[nodiscard]] ::testing::AssertionResult matches(const GoldenCase& golden, const std::string& name,
                                                 const at::Tensor& got);

}  // namespace armillary::test
