// Hovering words and patches of a long sequence: how long our own code takes until picture, filmstrip and token strip can be drawn.
#include "support/record_builder.h"
#include "window_support/panel_stage.h"
#include "window_support/waiting.h"

#include "widgets/canvas/picture_canvas.h"
#include "widgets/canvas/token_strip_canvas.h"
#include "widgets/canvas/world_film_canvas.h"
#include "widgets/overlay/attention_overlay.h"
#include "widgets/panels/picture_panel.h"
#include "widgets/panels/token_panel.h"
#include "widgets/panels/world_panel.h"
#include "widgets/theme.h"

#include <gtest/gtest.h>

#include <QTest>

#include <ctime>

#include <algorithm>
#include <cstring>

namespace armillary::test {
namespace {

using namespace widgets;

// Time of this thread on a core: what others on the machine do is not ours.
double threadMilliseconds()
{
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

double percentile95(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values[values.size() * 95 / 100];
}

// 4,264 positions: a world of 5 x 28 x 28, an image of 16 x 16, text, and an answer of 64 words with its rows. One layer and head
// are enough: what is hovered is their mean.
std::shared_ptr<RunRecord> longRun()
{
    RecordBuilder builder;
    const int picture = builder.addPicture("long.png", 512, 512);
    builder.text({"<bos>"}, TokenKind::Control).worldTokens(picture, 5, 28, 28).imageTokens(picture, 16, 16);
    builder.text(std::vector<std::string>(23, "▁word"));
    builder.answer(std::vector<std::string>(64, "▁answer"));
    auto record = std::make_shared<RunRecord>(*builder.build());
    record->model.layers = record->model.queryHeads = record->model.keyValueHeads = 1;
    record->model.headWidth = 4;
    record->model.slidingWindow = 1024;
    record->model.layerIsLocal = {true};
    const std::int64_t prefill = record->layout->size(), positions = prefill + 63, rows = 64;
    std::vector<float> weights(static_cast<std::size_t>(rows * positions), 0);
    std::vector<std::int64_t> queries;
    for (std::int64_t row = 0; row < rows; ++row) {
        queries.push_back(prefill - 1 + row);
        for (std::int64_t key = std::max<std::int64_t>(0, queries.back() - 1023); key <= queries.back(); ++key)
            weights[static_cast<std::size_t>(row * positions + key)] =
                static_cast<float>((key * 37 + row * 11) % 97) / 5e4F;
    }
    const auto snapshot = [](ElementType type, std::vector<std::int64_t> shape, const auto& values) {
        auto bytes = std::make_shared<std::vector<std::uint8_t>>(values.size() * sizeof(values[0]));
        std::memcpy(bytes->data(), values.data(), bytes->size());
        return TensorSnapshot{type, std::move(shape), std::move(bytes)};
    };
    record->tensors["attention.rows.positions"] = snapshot(ElementType::Int64, {rows}, queries);
    record->tensors["attention.rows.0"] = snapshot(ElementType::Float32, {1, rows, positions}, weights);
    return record;
}

TEST(HoverOfALongRun, StaysWithinAFrame)
{
    applyTheme(ThemeChoice::Light, false);
    PanelStage stage;
    const auto record = longRun();
    ASSERT_EQ(record->layout->size() + 64, 4264);
    PicturePanel picture(stage.context());
    WorldPanel world(stage.context());
    TokenPanel tokens(stage.context());
    const AttentionOverlay overlay(stage.context());
    picture.setGeometry(0, 0, 700, 560);
    world.setGeometry(700, 0, 700, 560);
    tokens.setGeometry(0, 560, 1400, 300);
    for (QWidget* panel :
         {static_cast<QWidget*>(&picture), static_cast<QWidget*>(&world), static_cast<QWidget*>(&tokens)}) {
        panel->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(panel));
    }
    stage.run.showRecord(record);
    ASSERT_TRUE(waitUntil([&] { return stage.overlays.top() != nullptr; }));
    turnFor(std::chrono::milliseconds(300));

    const std::int64_t prefill = record->layout->size();
    std::vector<double> hovers, pictures, films, strips;
    for (int step = 0; step < 60; ++step) {
        // Words and patches in turn.
        const std::int64_t position = step % 2 == 0 ? prefill + step % 64 : 1 + 3920 + step;
        const double before = threadMilliseconds();
        stage.selection.hover({position});
        hovers.push_back(threadMilliseconds() - before);
        (void)picture.canvas()->grab();
        (void)world.canvas()->grab();
        (void)tokens.strip()->grab();
        pictures.push_back(picture.canvas()->lastDrawListSeconds() * 1e3);
        films.push_back(world.canvas()->lastDrawListSeconds() * 1e3);
        strips.push_back(tokens.strip()->lastDrawListSeconds() * 1e3);
    }
    std::printf(
        "95th percentile of 60 hovers at %lld positions: layers %.2f ms; draw lists of picture %.2f ms, filmstrip "
        "%.2f ms, token strip %.2f ms\n",
        static_cast<long long>(stage.run.size()), percentile95(hovers), percentile95(pictures), percentile95(films),
        percentile95(strips));
    EXPECT_LE(percentile95(hovers), 4);
    EXPECT_LE(percentile95(pictures), 4);
    EXPECT_LE(percentile95(films), 4);
    EXPECT_LE(percentile95(strips), 4);
    EXPECT_LE(percentile95(hovers) + percentile95(pictures) + percentile95(films) + percentile95(strips), 16);
}

}  // namespace
}  // namespace armillary::test
