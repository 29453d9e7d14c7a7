// The memory panel: groups of bytes, keys and values by formula, plan, curve; selection in and out, pictures.
#include "support/measured_record.h"
#include "window_support/panel_picture.h"
#include "window_support/panel_stage.h"
#include "window_support/text_scale.h"
#include "window_support/waiting.h"

#include "widgets/cost/memory_curve.h"
#include "widgets/cost/memory_figures.h"
#include "widgets/models/memory_plan_model.h"
#include "widgets/panels/memory_panel.h"
#include "widgets/theme.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QLabel>
#include <QLocale>
#include <QTest>
#include <QTreeView>

namespace armillary::test {
namespace {

using namespace widgets;
using ::testing::HasSubstr;

constexpr std::int64_t kMiB = std::int64_t{1} << 20;

std::shared_ptr<const ModelReport> report()
{
    auto out = std::make_shared<ModelReport>();
    out->parts = {{"Gemma 3", "cpu", "bfloat16", 4 * kMiB, 8 * kMiB, {}},
                  {"Cosmos VAE", "cpu", "float32", kMiB, 4 * kMiB, {}}};
    return out;
}

MemoryPlan plan()
{
    return {2048 * kMiB,
            {{"T5 text encoder", 100 * kMiB, "cpu (mapped from the file)", "freed", 90 * kMiB},
             {"Diffusion transformer", 60 * kMiB, "cpu", "kept", 64 * kMiB},
             {"VAE", 50 * kMiB, "cpu", "kept", -1},
             {"Guardrail", 500 * kMiB, "not needed: off", "", -1}}};
}

class Memory : public testing::Test {
protected:
    void SetUp() override
    {
        applyTheme(ThemeChoice::Light, false);
        m_panel = std::make_unique<MemoryPanel>(m_stage.context());
        m_panel->resize(640, 480);
        m_panel->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(m_panel.get()));
    }
    void TearDown() override { applyTheme(ThemeChoice::Light, false); }

    [[nodiscard]] QModelIndex find(const QString& name, const QModelIndex& parent = {}) const
    {
        const QAbstractItemModel& model = *m_panel->model();
        for (int row = 0; row < model.rowCount(parent); ++row) {
            const QModelIndex at = model.index(row, 0, parent);
            if (at.data().toString() == name)
                return at;
            if (const QModelIndex below = find(name, at); below.isValid())
                return below;
        }
        return {};
    }
    [[nodiscard]] qint64 bytesOf(const QString& name) const
    {
        const ModelNode* node = m_panel->model()->node(find(name));
        return node == nullptr ? -1 : node->bytes;
    }
    [[nodiscard]] bool shows(const QString& text) const
    {
        for (const QLabel* label : m_panel->findChildren<QLabel*>()) {
            if (label->isVisible() && label->text().contains(text))
                return true;
        }
        return false;
    }

    PanelStage m_stage;
    std::unique_ptr<MemoryPanel> m_panel;
};

TEST_F(Memory, EmptyHasAHint)
{
    EXPECT_TRUE(shows(QStringLiteral("Nothing takes memory yet")));
    m_panel->setReport(report());
    EXPECT_FALSE(shows(QStringLiteral("Nothing takes memory yet")));
    EXPECT_EQ(bytesOf(QStringLiteral("weights")), 12 * kMiB);
    EXPECT_EQ(bytesOf(QStringLiteral("Cosmos VAE")), 4 * kMiB);
}

TEST_F(Memory, KeysAndValuesFollowTheFormula)
{
    const RunRecord record = measuredRecord();
    // Keys and values, 4 layers, 2 heads of 8 numbers, float32.
    EXPECT_EQ(cacheBytesPerPosition(record), 2 * 4 * 2 * 8 * 4);
    EXPECT_EQ(cacheBytes(record), 512 * (record.layout->size() + 9));
    RunRecord half = record;
    half.settings["dtype"] = "bfloat16";
    EXPECT_EQ(cacheBytesPerPosition(half), 256);
    half.model.layers = 0;
    EXPECT_EQ(cacheBytes(half), 0);
}

TEST_F(Memory, TensorsAreGroupedAndSumUp)
{
    const auto record = shared(measuredRecord());
    m_stage.run.showRecord(record);
    EXPECT_EQ(bytesOf(QStringLiteral("recorded tensors")), record->cost.capturedBytes);
    EXPECT_EQ(bytesOf(QStringLiteral("world latents and tokens")), 4 * (64 * 8 + 4 * 64));
    qint64 sum = 0;
    const QModelIndex parent = find(QStringLiteral("recorded tensors"));
    qint64 last = std::numeric_limits<qint64>::max();
    for (int row = 0; row < m_panel->model()->rowCount(parent); ++row) {
        const qint64 bytes = m_panel->model()->node(m_panel->model()->index(row, 0, parent))->bytes;
        EXPECT_LE(bytes, last) << "largest first";
        last = bytes;
        sum += bytes;
    }
    EXPECT_EQ(sum, record->cost.capturedBytes);
    EXPECT_THAT(m_panel->summary()->text().toStdString(), HasSubstr("peak of the process 900"));
    EXPECT_EQ(m_panel->curve()->peak(), 900 * kMiB);
}

TEST_F(Memory, PeaksOfADeviceAreNoPeaksOfTheProcess)
{
    RunRecord record = measuredRecord();
    record.settings["device"] = "cuda:0";
    m_stage.run.showRecord(shared(record));
    EXPECT_THAT(m_panel->summary()->text().toStdString(), HasSubstr("peak of the device"));
    EXPECT_FALSE(m_panel->curve()->peak().has_value());
}

TEST_F(Memory, PlansForecastTheirLargestMoment)
{
    // 100 freed, then 60 kept + 50: the largest moment is 110 MiB; what is not needed takes nothing.
    EXPECT_EQ(forecastBytes(plan(), false), 110 * kMiB);
    EXPECT_EQ(forecastBytes(plan(), true), 0);
    MemoryPlan onDevice = plan();
    onDevice.rows[1].place = "cuda:0";
    EXPECT_EQ(forecastBytes(onDevice, false), 100 * kMiB);
    EXPECT_EQ(forecastBytes(onDevice, true), 60 * kMiB);

    m_panel->startSampling();
    m_panel->setPlan(plan());
    EXPECT_EQ(m_panel->plan()->rowCount(), 4);
    ASSERT_TRUE(m_panel->curve()->forecast().has_value());
    EXPECT_GT(*m_panel->curve()->forecast(), 110 * kMiB) << "on top of what the process held before";
    EXPECT_TRUE(shows(QStringLiteral("Plan: at most 110")));
}

TEST_F(Memory, RunsAreMeasuredWhileTheyGoOn)
{
    EXPECT_TRUE(m_panel->curve()->samples().empty());
    m_stage.run.begin(std::make_shared<const Question>());
    ASSERT_TRUE(waitUntil([this] { return m_panel->curve()->samples().size() >= 3; }));
    const auto resident = residentBytes();
    ASSERT_TRUE(resident.has_value());
    EXPECT_NEAR(static_cast<double>(m_panel->curve()->samples().back().bytes), static_cast<double>(*resident),
                static_cast<double>(64 * kMiB));
    m_stage.run.finish(RunState::Completed, shared(measuredRecord()));
    const std::size_t count = m_panel->curve()->samples().size();
    turnFor(std::chrono::milliseconds(700));
    EXPECT_EQ(m_panel->curve()->samples().size(), count) << "nothing is measured when nothing runs";
}

TEST_F(Memory, LongSessionsStaySmallAndKeepTheirPeaks)
{
    MemoryCurve curve;
    for (int i = 0; i < 20'000; ++i)
        curve.add({0.5 * i, i == 7777 ? 900 * kMiB : 100 * kMiB});
    EXPECT_LE(curve.samples().size(), MemoryCurve::kMostSamples);
    std::int64_t most = 0;
    double last = -1;
    for (const MemorySample& sample : curve.samples()) {
        EXPECT_GT(sample.seconds, last);
        last = sample.seconds;
        most = std::max(most, sample.bytes);
    }
    EXPECT_EQ(most, 900 * kMiB);
    EXPECT_DOUBLE_EQ(last, 0.5 * 19'999);
}

TEST_F(Memory, SelectionInAndOut)
{
    m_stage.run.showRecord(shared(measuredRecord()));
    EXPECT_FALSE(shows(QStringLiteral("of keys and values")));
    m_stage.selection.choose({1, 2, 3});
    EXPECT_TRUE(shows(QLocale().formattedDataSize(3 * 512)));
    const QModelIndex world = find(QStringLiteral("world latents and tokens"));
    m_panel->resize(640, 900);
    QCoreApplication::processEvents();
    m_panel->tree()->scrollTo(world);
    QTest::mouseClick(m_panel->tree()->viewport(), Qt::LeftButton, {}, m_panel->tree()->visualRect(world).center());
    EXPECT_EQ(m_stage.selection.chosen().size(), 64U);
}

TEST_F(Memory, PairsStandSideBySide)
{
    m_stage.pair.setA({shared(measuredRecord()), QStringLiteral("a"), QStringLiteral("one")});
    m_stage.pair.setB({shared(measuredRecord()), QStringLiteral("b"), QStringLiteral("two")});
    EXPECT_TRUE(find(QStringLiteral("A: recorded tensors")).isValid());
    EXPECT_TRUE(find(QStringLiteral("B: keys and values")).isValid());
}

TEST_F(Memory, LabelsOfTheAxesNeverTouch)
{
    for (const double scale : {1.0, 1.5, 2.0}) {
        MemoryCurve curve;
        QFont font = curve.font();
        font.setPointSizeF(font.pointSizeF() * scale);
        curve.setFont(font);
        curve.add({0, 200 * kMiB});
        curve.add({7.42, 914 * kMiB});
        for (const QSize size : {QSize(200, 96), QSize(240, 130), QSize(330, 110), QSize(460, 200), QSize(900, 400)}) {
            curve.resize(size);
            const std::string what = std::to_string(scale) + ", " + std::to_string(size.width());
            const std::vector<MemoryCurve::AxisLabel> labels = curve.axisLabels();
            std::vector<std::string> texts;
            for (std::size_t i = 0; i < labels.size(); ++i) {
                const QString& text = labels[i].text;
                texts.push_back(text.toStdString());
                EXPECT_TRUE(QRectF(curve.rect()).contains(labels[i].place)) << what << ": " << texts.back();
                EXPECT_GE(labels[i].place.width(), curve.fontMetrics().horizontalAdvance(text)) << what;
                for (std::size_t j = 0; j < i; ++j)
                    EXPECT_FALSE(labels[i].place.adjusted(-3, 0, 3, 0).intersects(labels[j].place))
                        << what << ": " << texts[j] << " and " << texts[i];
            }
            EXPECT_THAT(texts, ::testing::Contains(HasSubstr("MiB"))) << what;
            if (size.width() >= 330) {
                EXPECT_THAT(texts, ::testing::Contains("7.42 s")) << what;
            }
            if (size.width() == 900) {
                EXPECT_EQ(texts.size(), 5U) << "where there is room none is left out: " << what;
            }
        }
    }
}

TEST_F(Memory, Pictures)
{
    RunRecord record = measuredRecord();
    record.memoryPlan = plan();
    m_panel->setReport(report());
    m_panel->startSampling();
    m_stage.run.showRecord(shared(record));
    for (int i = 0; i < 60; ++i)
        m_panel->curve()->add({1 + 0.5 * i, (300 + (i > 10 && i < 40 ? 500 : 100) + i) * kMiB});
    m_panel->curve()->setForecast(700 * kMiB);
    m_stage.selection.choose({kFirstWorld});
    {
        const TextScale large(1.5);
        applyTheme(ThemeChoice::Light, false);
        for (const QSize size : {QSize(300, 240), QSize(460, 280), QSize(640, 480)}) {
            m_panel->resize(size);
            turnFor(std::chrono::milliseconds(20));
            panelPicture(*m_panel, QStringLiteral("memory-large-text-%1x%2").arg(size.width()).arg(size.height()));
        }
    }
    for (const bool dark : {false, true}) {
        applyTheme(dark ? ThemeChoice::Dark : ThemeChoice::Light, false);
        for (const QSize size : {QSize(420, 300), QSize(640, 480), QSize(1000, 700)}) {
            m_panel->resize(size);
            QCoreApplication::processEvents();
            panelPicture(*m_panel, QStringLiteral("memory-%1-%2x%3")
                                       .arg(dark ? QStringLiteral("dark") : QStringLiteral("light"))
                                       .arg(size.width())
                                       .arg(size.height()));
            // The forecast is a dashed line at its height: some pixels of that row have its colour, some have not.
            const MemoryCurve& curve = *m_panel->curve();
            const QImage picture = m_panel->curve()->grab().toImage();
            const int y = qRound(curve.yOf(700 * kMiB));
            int dashes = 0;
            for (const int row : {y - 1, y, y + 1}) {
                int inRow = 0;
                for (int x = 80; x < picture.width() - 20; ++x) {
                    const QColor color = picture.pixelColor(x, row);
                    inRow += color.red() > 180 && color.blue() < 100 ? 1 : 0;
                }
                dashes = std::max(dashes, inRow);
            }
            EXPECT_GT(dashes, picture.width() / 5);
            EXPECT_LT(dashes, picture.width() * 9 / 10);
        }
    }
    const auto data = m_panel->viewData();
    ASSERT_TRUE(data.has_value());
    EXPECT_EQ(data->tables[1].rows.size(), m_panel->curve()->samples().size());
}

}  // namespace
}  // namespace armillary::test
