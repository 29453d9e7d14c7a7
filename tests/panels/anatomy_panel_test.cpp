// The anatomy panel and its tree: of a record, of loaded models, of a folder; filter, selection in and out, failure, pictures.
#include "panels/anatomy_stage.h"
#include "support/measured_record.h"
#include "window_support/panel_picture.h"
#include "window_support/panel_stage.h"
#include "window_support/waiting.h"

#include "widgets/cost/model_nodes.h"
#include "widgets/models/model_tree_model.h"
#include "widgets/panels/anatomy_panel.h"
#include "widgets/theme.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QSignalSpy>
#include <QTest>
#include <QTreeView>

namespace armillary::test {
namespace {

using namespace widgets;
using ::testing::HasSubstr;

// A snapshot of 6 layers (the last one global) with two matrices each, an embedding table and a norm.
std::shared_ptr<const SnapshotContents> made(const std::string& folder)
{
    auto out = std::make_shared<SnapshotContents>();
    out->folder = folder;
    out->architecture = "MadeUpForCausalLM";
    const auto tensor = [&](SnapshotModule& module, const std::string& name, std::vector<std::int64_t> shape) {
        SnapshotTensor made;
        made.name = name;
        made.type = ElementType::BFloat16;
        made.elements = 1;
        for (const std::int64_t size : shape)
            made.elements *= size;
        made.bytes = 2 * made.elements;
        made.file = "model-00001-of-00002.safetensors";
        module.elements += made.elements;
        module.bytes += made.bytes;
        ++out->tensorCount;
        if (shape.size() > 1)
            out->matrixElements += made.elements;
        out->bytesByType[made.type] += made.bytes;
        made.shape = std::move(shape);
        module.tensors.push_back(std::move(made));
    };
    const auto named = [](const std::string& name) {
        SnapshotModule module;
        module.name = name;
        return module;
    };
    SnapshotModule embed = named("embed_tokens");
    tensor(embed, "weight", {1000, 32});
    SnapshotModule layers = named("layers");
    for (int i = 0; i < 6; ++i) {
        SnapshotModule layer = named(std::to_string(i));
        layer.isLocal = i != 5;
        SnapshotModule attention = named("self_attn");
        tensor(attention, "q_proj", {64, 32});
        tensor(attention, "o_proj", {32, 64});
        layer.elements = attention.elements;
        layer.bytes = attention.bytes;
        layer.modules.push_back(std::move(attention));
        layers.elements += layer.elements;
        layers.bytes += layer.bytes;
        layers.modules.push_back(std::move(layer));
    }
    SnapshotModule norm = named("norm");
    tensor(norm, "weight", {32});
    for (SnapshotModule* each : {&embed, &layers, &norm}) {
        out->root.elements += each->elements;
        out->root.bytes += each->bytes;
        out->root.modules.push_back(std::move(*each));
    }
    out->tied = {{"lm_head.weight", "embed_tokens.weight"}};
    out->facts = {{"hidden_size", "32"}};
    return out;
}

std::shared_ptr<const ModelReport> report(const std::string& folder)
{
    auto out = std::make_shared<ModelReport>();
    out->modelFolder = folder;
    out->parts = {{"Gemma 3", "cpu", "bfloat16", 3'000'000, 6'000'000, {{"layers", "6"}}},
                  {"Cosmos VAE", "cpu", "float32", 500'000, 2'000'000, {{"latent channels", "16"}}}};
    return out;
}

class Anatomy : public AnatomyStage {
protected:
    void openMade() { open(made("/models/made")); }
    // The row of that dotted name in the tree as it is shown.
    [[nodiscard]] QModelIndex find(const QString& path, const QModelIndex& parent = {}) const
    {
        const QAbstractItemModel& model = *m_panel->tree()->model();
        for (int row = 0; row < model.rowCount(parent); ++row) {
            const QModelIndex at = model.index(row, 0, parent);
            if (at.data(ModelTreeModel::PathRole).toString() == path)
                return at;
            if (const QModelIndex below = find(path, at); below.isValid())
                return below;
        }
        return {};
    }
    [[nodiscard]] std::string cell(const QString& path, int column) const
    {
        return find(path).siblingAtColumn(column).data().toString().toStdString();
    }
    [[nodiscard]] bool hintIsShown() const
    {
        for (const QLabel* label : m_panel->findChildren<QLabel*>()) {
            if (label->isVisible() && label->text() == QStringLiteral("No model to take apart"))
                return true;
        }
        return false;
    }
};

TEST_F(Anatomy, WithoutAModelItOffersToOpenAFolder)
{
    EXPECT_TRUE(hintIsShown());
    openMade();
    EXPECT_FALSE(hintIsShown());
}

TEST_F(Anatomy, TheFilterHasRoomInANarrowPanel)
{
    openMade();
    auto* filter = m_panel->findChild<QLineEdit*>();
    ASSERT_NE(filter, nullptr);
    for (const int width : {280, 340, 900}) {
        m_panel->resize(width, 420);
        turnFor(std::chrono::milliseconds(20));
        EXPECT_GE(filter->width(), 240) << width;
        EXPECT_GE(m_panel->sourceBox()->width(), 100) << width;
    }
}

TEST_F(Anatomy, FoldersAreAskedForAndShown)
{
    QSignalSpy asked(m_panel.get(), &AnatomyPanel::openSnapshotRequested);
    m_panel->openSnapshot(QStringLiteral("/models/made"));
    ASSERT_EQ(asked.size(), 1);
    EXPECT_EQ(asked.front().front().toString(), QStringLiteral("/models/made"));
    EXPECT_THAT(m_panel->summary()->text().toStdString(), HasSubstr("Reading /models/made"));
    m_panel->showSnapshot(made("/models/made"));
    const std::string summary = m_panel->summary()->text().toStdString();
    EXPECT_THAT(summary, HasSubstr("MadeUpForCausalLM"));
    EXPECT_THAT(summary, HasSubstr("14 tensors"));
    // 32,000 + 6 x 4,096 in matrices, 32 in the norm: 56,608 parameters.
    EXPECT_THAT(summary, HasSubstr("56,608 parameters"));
    EXPECT_THAT(summary, HasSubstr("float32 " + QLocale().formattedDataSize(4 * 56608).toStdString()));
    // Half a byte a number and a scale of two bytes a row: 1000 x 18, six times 64 x 18 and 32 x 34; the norm stays.
    EXPECT_THAT(summary,
                HasSubstr("int4 " + QLocale().formattedDataSize(18'000 + 6 * (1152 + 1088) + 64).toStdString()));
    EXPECT_EQ(cell(QStringLiteral("memory in other formats.int4.embed_tokens"), ModelTreeModel::BytesColumn),
              QLocale().formattedDataSize(18'000).toStdString());
    EXPECT_EQ(cell(QStringLiteral("memory in other formats.float32"), ModelTreeModel::BytesColumn),
              QLocale().formattedDataSize(4 * 56608).toStdString());
    EXPECT_EQ(cell(QStringLiteral("embed_tokens.weight"), ModelTreeModel::ShapeColumn), "1000 × 32");
    EXPECT_EQ(cell(QStringLiteral("embed_tokens.weight"), ModelTreeModel::TypeColumn), "bfloat16");
    EXPECT_EQ(cell(QStringLiteral("embed_tokens"), ModelTreeModel::ParametersColumn), "32,000");
    EXPECT_EQ(cell(QStringLiteral("embed_tokens"), ModelTreeModel::ShareColumn),
              QStringLiteral("%1 %").arg(QLocale().toString(100 * 32000.0 / 56608, 'f', 1)).toStdString());
    EXPECT_EQ(cell(QStringLiteral("lm_head.weight"), ModelTreeModel::ShapeColumn), "tied");
    EXPECT_THAT(find(QStringLiteral("lm_head.weight")).data(Qt::ToolTipRole).toString().toStdString(),
                HasSubstr("embed_tokens.weight stands in"));
}

TEST_F(Anatomy, BrokenFoldersAreTold)
{
    m_panel->openSnapshot(QStringLiteral("/models/none"));
    m_panel->showSnapshotProblem(QStringLiteral("/models/none"),
                                 QStringLiteral("There is no config.json: /models/none"));
    EXPECT_TRUE(m_panel->problem()->isVisible());
    EXPECT_EQ(m_panel->problem()->text(), QStringLiteral("There is no config.json: /models/none"));
    openMade();
    EXPECT_FALSE(m_panel->problem()->isVisible());
}

TEST_F(Anatomy, RecordsTellAttentionAndTensors)
{
    m_stage.run.showRecord(shared(measuredRecord()));
    EXPECT_EQ(cell(QStringLiteral("language model.layers.2"), ModelTreeModel::NameColumn), "2 · local");
    EXPECT_EQ(cell(QStringLiteral("language model.layers.3"), ModelTreeModel::NameColumn), "3 · global");
    EXPECT_EQ(cell(QStringLiteral("language model.layers.3.attention.key"), ModelTreeModel::ShapeColumn), "16 × 8");
    EXPECT_EQ(cell(QStringLiteral("language model.embedding table"), ModelTreeModel::ParametersColumn), "8,000");
    EXPECT_EQ(cell(QStringLiteral("settings of the run.fusion"), ModelTreeModel::ShapeColumn), "5");
    EXPECT_EQ(cell(QStringLiteral("recorded tensors.world.embeds"), ModelTreeModel::ShapeColumn), "64 × 8");
    EXPECT_EQ(cell(QStringLiteral("recorded tensors.attention.rows"), ModelTreeModel::ShapeColumn), "");
}

TEST_F(Anatomy, LoadedModelsComeFirstAndReadTheirFolders)
{
    m_stage.run.showRecord(shared(measuredRecord()));
    QSignalSpy asked(m_panel.get(), &AnatomyPanel::openSnapshotRequested);
    m_panel->setReport(report("/models/made"));
    ASSERT_EQ(asked.size(), 1);
    EXPECT_EQ(m_panel->sourceBox()->currentText(), QStringLiteral("Loaded models"));
    EXPECT_EQ(cell(QStringLiteral("Gemma 3"), ModelTreeModel::ShareColumn), "75.0 %");
    EXPECT_EQ(cell(QStringLiteral("Cosmos VAE.latent channels"), ModelTreeModel::ShapeColumn), "16");
    // Nobody asked to see a folder that cannot be read; the parts stay.
    m_panel->showSnapshotProblem(QStringLiteral("/models/made"), QStringLiteral("gone"));
    EXPECT_FALSE(m_panel->problem()->isVisible());
    m_panel->showSnapshot(made("/models/made"));
    EXPECT_EQ(m_panel->sourceBox()->currentText(), QStringLiteral("Loaded models"));
    EXPECT_EQ(cell(QStringLiteral("files of made.embed_tokens.weight"), ModelTreeModel::ShapeColumn), "1000 × 32");
    // Shares below files are of the files.
    EXPECT_EQ(cell(QStringLiteral("files of made"), ModelTreeModel::ShareColumn), "100.0 %");
    m_panel->setReport(nullptr);
    EXPECT_EQ(m_panel->sourceBox()->currentText(), QStringLiteral("Shown run"));
}

TEST_F(Anatomy, FilterKeepsBranchesOfMatches)
{
    openMade();
    m_panel->activateWindow();
    ASSERT_TRUE(waitUntil([this] { return m_panel->isActiveWindow(); }));
    m_panel->tree()->setFocus();
    QTest::keyClick(m_panel->tree(), Qt::Key_F, Qt::ControlModifier);
    EXPECT_TRUE(m_panel->filter()->hasFocus());
    QTest::keyClicks(m_panel->filter(), QStringLiteral("layers.4"));
    EXPECT_TRUE(find(QStringLiteral("layers.4.self_attn.q_proj")).isValid());
    EXPECT_FALSE(find(QStringLiteral("layers.3")).isValid());
    EXPECT_FALSE(find(QStringLiteral("embed_tokens")).isValid());
    EXPECT_TRUE(m_panel->tree()->isExpanded(find(QStringLiteral("layers.4"))));
}

TEST_F(Anatomy, LayersAreTheFocus)
{
    openMade();
    m_panel->tree()->expandAll();
    const QModelIndex inside = find(QStringLiteral("layers.4.self_attn.q_proj"));
    m_panel->tree()->scrollTo(inside);
    QTest::mouseClick(m_panel->tree()->viewport(), Qt::LeftButton, {}, m_panel->tree()->visualRect(inside).center());
    EXPECT_EQ(m_stage.selection.focus().layer, 4);
    m_stage.selection.setFocus({.layer = 1});
    EXPECT_EQ(m_panel->tree()->currentIndex(), find(QStringLiteral("layers.1")));
    EXPECT_EQ(m_stage.selection.focus().layer, 1);
    QTest::keyClick(m_panel->tree(), Qt::Key_Left);
    QTest::keyClick(m_panel->tree(), Qt::Key_Down);
    EXPECT_EQ(m_stage.selection.focus().layer, 2);
}

TEST_F(Anatomy, ViewAndDataSurvive)
{
    openMade();
    m_panel->filter()->setText(QStringLiteral("norm"));
    const QJsonObject saved = m_panel->saveView();
    const auto data = m_panel->viewData();
    ASSERT_TRUE(data.has_value());
    // Modules and tensors, the tied head, memory by format and part, the configuration.
    EXPECT_EQ(data->tables.front().rows.size(), 3U + 1 + 6 * 4 + 1 + (1 + 4 * 4) + 2 + 1)
        << "filtered rows are data too";
    m_panel->filter()->clear();
    m_panel->restoreView(saved);
    EXPECT_EQ(m_panel->filter()->text(), QStringLiteral("norm"));
}

TEST_F(Anatomy, TreeModelKeepsItsPromises)
{
    ModelTreeModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    model.setNodes(nodesFromSnapshot(*made("/a")));
    model.setNodes(nodesFromReport(*report("/a"), {made("/a")}));
    model.setNodes(nodesFromRecord(measuredRecord()));
    EXPECT_GT(model.rowCount(), 0);
    EXPECT_EQ(model.layerIndex(3).data(ModelTreeModel::LayerRole).toInt(), 3);
    EXPECT_FALSE(model.layerIndex(99).isValid());
    model.setNodes({});
    EXPECT_EQ(model.rowCount(), 0);
}

TEST_F(Anatomy, Pictures)
{
    openMade();
    m_stage.selection.setFocus({.layer = 5});
    for (const bool dark : {false, true}) {
        applyTheme(dark ? ThemeChoice::Dark : ThemeChoice::Light, false);
        for (const QSize size : {QSize(420, 300), QSize(640, 480), QSize(1000, 700)}) {
            m_panel->resize(size);
            QCoreApplication::processEvents();
            const QImage picture =
                panelPicture(*m_panel, QStringLiteral("anatomy-%1-%2x%3")
                                           .arg(dark ? QStringLiteral("dark") : QStringLiteral("light"))
                                           .arg(size.width())
                                           .arg(size.height()));
            // The legend shows the colours of the marks, at the left end of the last line.
            int local = 0, global = 0;
            for (int y = size.height() - 40; y < size.height(); ++y) {
                for (int x = 0; x < size.width(); ++x) {
                    local += picture.pixelColor(x, y) == layerMarkColor(true, dark) ? 1 : 0;
                    global += picture.pixelColor(x, y) == layerMarkColor(false, dark) ? 1 : 0;
                }
            }
            EXPECT_GE(local, 90);
            EXPECT_GE(global, 90);
        }
    }
}

}  // namespace
}  // namespace armillary::test
