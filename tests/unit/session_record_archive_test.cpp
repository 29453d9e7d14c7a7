#include "session/record_archive.h"

#include "io/safetensors_file.h"
#include "session_test_records.h"
#include "support/test_data.h"

#include <gtest/gtest.h>

#include <fstream>

namespace armillary::session {
namespace {

RunRecord sampleRecord()
{
    RunRecord record;
    auto layout = std::make_shared<TokenLayout>();
    layout->ids = {2, 1024, -1, 7};
    layout->kinds = {TokenKind::Control, TokenKind::Image, TokenKind::World, TokenKind::Text};
    layout->origins = {{}, {0, 0, -1, 0, 0}, {0, -1, 1, 3, 4}, {}};
    layout->pieces = {"<bos>", "<image_soft_token>", "", "\u2581hi"};
    layout->grids = {{0, 0, TokenKind::Image, 1, 1, 1, {0, 0.25, 1, 1}}};
    record.layout = layout;
    record.question.turns.push_back({ChatRole::User, {0}, "What is this?"});
    record.question.media.push_back({"cat.png", {}, 3, 24});
    record.answer = "A cat\nasleep";
    record.generated.push_back({4, 11, "A", "A", 0.5F, {{11, 0.5F}, {12, 0.25F}}});
    record.generated.push_back({5, 12, "\u2581cat", " cat", 0.75F, {}});
    record.settings = {{"fusion", "5"}, {"seed", "3"}};
    record.warnings = {"mind the gap"};
    record.cost.stages = {{"SigLIP", 0.5, 1.25}};
    record.cost.prefillTokens = 4;
    record.cost.capturedBytes = 8;
    record.cost.captureSeconds = 0.125;
    record.model = {3, 4, 2, 16, 64, 1088, 0.25, 1e-6, 32, {true, true, false}};
    record.bidirectionalBlocks = {{1, 2}};
    record.tensors["image.embeds"] = {ElementType::Float32,
                                      {1, 2},
                                      std::make_shared<const std::vector<std::uint8_t>>(8, std::uint8_t{0})};
    return record;
}

TEST(RecordArchive, ComesBackAsItWas)
{
    const std::string path = test::makeTemporaryFolder() + "/run.safetensors";
    const RunRecord record = sampleRecord();
    const auto written = writeRecord(path, record);
    ASSERT_TRUE(written) << written.error().message;
    const auto read = readRecord(path);
    ASSERT_TRUE(read) << read.error().message;
    const RunRecord& back = **read;
    EXPECT_EQ(back.answer, record.answer);
    EXPECT_EQ(back.settings, record.settings);
    EXPECT_EQ(back.warnings, record.warnings);
    EXPECT_EQ(back.layout->ids, record.layout->ids);
    EXPECT_EQ(back.layout->kinds, record.layout->kinds);
    EXPECT_EQ(back.layout->origins, record.layout->origins);
    EXPECT_EQ(back.layout->pieces, record.layout->pieces);
    ASSERT_EQ(back.layout->grids.size(), 1u);
    EXPECT_DOUBLE_EQ(back.layout->grids[0].covers.left, 0.25);
    ASSERT_EQ(back.generated.size(), 2u);
    EXPECT_EQ(back.generated[0].alternatives, record.generated[0].alternatives);
    EXPECT_EQ(back.generated[1].text, " cat");
    EXPECT_EQ(back.question.turns[0].text, "What is this?");
    EXPECT_EQ(back.question.media[0].path, "cat.png");
    EXPECT_DOUBLE_EQ(back.cost.stages[0].durationSeconds, 1.25);
    EXPECT_EQ(back.model, record.model);
    EXPECT_EQ(back.model.window(1), 32);
    EXPECT_EQ(back.model.window(2), 0);
    EXPECT_EQ(back.bidirectionalBlocks, record.bidirectionalBlocks);
    EXPECT_EQ(back.cost.capturedBytes, 8);
    EXPECT_DOUBLE_EQ(back.cost.captureSeconds, 0.125);
    EXPECT_EQ(back.tensors.at("image.embeds").shape, (std::vector<std::int64_t>{1, 2}));
}

TEST(RecordArchive, SequenceTensorsCoverPrefillAndGeneratedTokens)
{
    const std::string path = test::makeTemporaryFolder() + "/run.safetensors";
    ASSERT_TRUE(writeRecord(path, sampleRecord()));
    const auto file = io::SafetensorsFile::open(path);
    ASSERT_TRUE(file) << file.error().message;
    const io::TensorView* ids = (*file)->find("sequence.token_ids");
    const io::TensorView* kinds = (*file)->find("sequence.kind");
    const io::TensorView* origins = (*file)->find("sequence.origin");
    const io::TensorView* generated = (*file)->find("generated.token_ids");
    ASSERT_TRUE(ids && kinds && origins && generated);
    EXPECT_EQ(ids->shape, (std::vector<std::int64_t>{6}));
    EXPECT_EQ(ids->type, ElementType::Int64);
    EXPECT_EQ(std::vector<std::uint8_t>(kinds->bytes.begin(), kinds->bytes.end()),
              (std::vector<std::uint8_t>{1, 2, 3, 0, 5, 5}));
    EXPECT_EQ(origins->shape, (std::vector<std::int64_t>{6, 5}));
    EXPECT_EQ(origins->type, ElementType::Int32);
    EXPECT_EQ(generated->shape, (std::vector<std::int64_t>{2}));
    EXPECT_EQ((*file)->metadata().at("armillary.record"), "1");
}

TEST(RecordArchive, ARecordWithoutAModelStaysWithoutOne)
{
    const std::string path = test::makeTemporaryFolder() + "/run.safetensors";
    RunRecord record = sampleRecord();
    record.model = {};
    ASSERT_TRUE(writeRecord(path, record));
    const auto read = readRecord(path);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ((*read)->model, ModelFacts());
}

TEST(RecordArchive, AnotherSafetensorsFileIsRefusedBySentence)
{
    const std::string path = test::makeTemporaryFolder() + "/weights.safetensors";
    ASSERT_TRUE(io::writeSafetensors(path, {}, {}));
    const auto read = readRecord(path);
    ASSERT_FALSE(read);
    EXPECT_NE(read.error().message.find("not a record"), std::string::npos);
    EXPECT_NE(read.error().message.find(path), std::string::npos);
}

TEST(RecordArchive, ABrokenDescriptionIsRefusedBySentence)
{
    const std::string path = test::makeTemporaryFolder() + "/run.safetensors";
    for (const char* description :
         {"{", "[]", R"({"turns": 3})", R"({"generated": [{"id": "x"}]})", R"({"grids": [{}]})",
          R"({"model": {"layers": 2}})", R"({"bidirectional_blocks": [[1]]})"}) {
        ASSERT_TRUE(io::writeSafetensors(path, {}, {{"armillary.record", "1"}, {"armillary.run", description}}));
        const auto read = readRecord(path);
        ASSERT_FALSE(read) << description;
        EXPECT_NE(read.error().message.find(path), std::string::npos);
    }
}

TEST(RecordArchive, EveryFieldComesBackButThePixels)
{
    const std::string path = test::makeTemporaryFolder() + "/run.safetensors";
    ASSERT_TRUE(writeRecord(path, test::fullRecord()));
    const auto read = readRecord(path);
    ASSERT_TRUE(read) << read.error().message;
    RunRecord want = test::fullRecord();
    const auto withoutPixels = [](Clip& clip) {
        clip.frames.clear();
        if (!clip.grid)
            return;
        auto grid = std::make_shared<TemporalGrid>(*clip.grid);
        grid->picture = Image();
        clip.grid = grid;
    };
    for (Clip& clip : want.question.media)
        withoutPixels(clip);
    withoutPixels(want.question.world.rollout->condition);
    test::expectSameRecord(**read, want);
}

TEST(RecordArchive, ARecordOfVersion010ComesBackWithDefaults)
{
    const std::string path = test::makeTemporaryFolder() + "/run.safetensors";
    const std::string run =
        R"({"question": "Why?", "turns": [{"role": "user", "media": [0], "text": "Why?"}], "answer": "So.",)"
        R"( "media": [{"path": "a.png", "frames": 1, "first_frame": 0, "frames_per_second": 0.0}]})";
    ASSERT_TRUE(io::writeSafetensors(path, {}, {{"armillary.record", "1"}, {"armillary.run", run}}));
    const auto read = readRecord(path);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ((*read)->answer, "So.");
    EXPECT_EQ((*read)->question.media.at(0).path, "a.png");
    EXPECT_EQ((*read)->question.sampling.maxNewTokens, SamplingOptions().maxNewTokens);
    EXPECT_FALSE((*read)->question.world.rollout);
    ASSERT_TRUE((*read)->layout);
    EXPECT_EQ((*read)->layout->size(), 0);
}

TEST(RecordArchive, WhatWouldBeReadPastItsEndIsRefused)
{
    const std::string path = test::makeTemporaryFolder() + "/run.safetensors";
    const auto refused = [&path](const std::string& run, const std::map<std::string, TensorSnapshot>& tensors) {
        EXPECT_TRUE(io::writeSafetensors(path, tensors, {{"armillary.record", "1"}, {"armillary.run", run}}));
        const auto read = readRecord(path);
        return !read && read.error().message.find(path) != std::string::npos;
    };
    EXPECT_TRUE(refused(R"({"turns": [{"role": "user", "media": [1], "text": "?"}], "media": []})", {}));
    EXPECT_TRUE(refused(R"({"turns": [{"role": "user", "media": [-1], "text": "?"}], "media": []})", {}));
    EXPECT_TRUE(refused(
        R"({"grids": [{"media": 0, "crop": 0, "kind": 2, "rows": 0, "columns": 4, "latent_frames": 1, "covers": [0, 0, 1, 1]}]})",
        {}));
    EXPECT_TRUE(refused(
        R"({"grids": [{"media": 0, "crop": 0, "kind": 9, "rows": 4, "columns": 4, "latent_frames": 1, "covers": [0, 0, 1, 1]}]})",
        {}));
    EXPECT_TRUE(refused(R"({"question_settings": {}})", {}));
    EXPECT_TRUE(refused("{}", {{"sequence.token_ids", test::tensorOf<float>(ElementType::Float32, {2}, {1, 2})}}));
    EXPECT_TRUE(refused("{}", {{"rollout.frames", test::tensorOf<float>(ElementType::Float32, {2}, {1, 2})}}));
    EXPECT_TRUE(
        refused("{}", {{"rollout.frames", test::tensorOf<std::uint8_t>(ElementType::UInt8, {1, 1, 1, 2}, {1, 2})}}));
    EXPECT_FALSE(
        refused("{}", {{"rollout.frames", test::tensorOf<std::uint8_t>(ElementType::UInt8, {1, 1, 1, 3}, {1, 2, 3})}}));
}

TEST(RecordArchive, TheHeadAndSingleTensorsCanBeReadAlone)
{
    const std::string path = test::makeTemporaryFolder() + "/run.safetensors";
    ASSERT_TRUE(writeRecord(path, sampleRecord()));
    const auto header = readRecordHeader(path);
    ASSERT_TRUE(header) << header.error().message;
    EXPECT_NE(header->runJson.find("What is this?"), std::string::npos);
    EXPECT_EQ(header->createdUtc.size(), 20u);
    EXPECT_EQ(header->tensors.size(), 5u);
    EXPECT_TRUE(readRecordTensor(path, "image.embeds"));
    EXPECT_FALSE(readRecordTensor(path, "world.embeds"));
}

TEST(RecordArchive, ALaterFormatIsRefusedBySentence)
{
    const std::string path = test::makeTemporaryFolder() + "/run.safetensors";
    ASSERT_TRUE(io::writeSafetensors(path, {}, {{"armillary.record", "2"}, {"armillary.run", "{}"}}));
    const auto read = readRecord(path);
    ASSERT_FALSE(read);
    EXPECT_NE(read.error().message.find("version 2"), std::string::npos);
}

}  // namespace
}  // namespace armillary::session
