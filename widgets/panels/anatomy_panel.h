// What a model is made of, in four views: its modules as a tree with shapes, formats, parameters and bytes; what its weights are like; how
// two snapshots differ; how long its stages and layers took. Of the loaded models, of the shown run, or of any snapshot folder, which
// somebody else reads.
// Thread rule: GUI thread; reads no file.
#pragma once

#include "records/model_report.h"
#include "records/snapshot_contents.h"
#include "widgets/panel.h"

#include <map>
#include <memory>

class QBoxLayout;
class QComboBox;
class QLabel;
class QLineEdit;
class QSortFilterProxyModel;
class QStackedLayout;
class QTabWidget;
class QTreeView;

namespace armillary::widgets {

class CompareView;
class LayerLegend;
class ModelTreeModel;
class TimesView;
class WeightsView;

class AnatomyPanel : public Panel {
    Q_OBJECT
public:
    explicit AnatomyPanel(const PanelContext& context, QWidget* parent = nullptr);

    // What is loaded; null: nothing. Asks for the contents of its folders.
    void setReport(std::shared_ptr<const ModelReport> report);
    // Answers to openSnapshotRequested.
    void showSnapshot(const std::shared_ptr<const SnapshotContents>& contents);
    void showSnapshotProblem(const QString& path, const QString& sentence);
    // Asks for a folder and shows it when it is read.
    void openSnapshot(const QString& path);

    enum class View { Tree, Weights, Compare, Time };
    void setView(View view);
    [[nodiscard]] View view() const;

    void showRun() override;
    void showState() override { showRun(); }
    void showFocus() override;

    [[nodiscard]] QJsonObject saveView() const override;
    void restoreView(const QJsonObject& view) override;
    [[nodiscard]] QString caption() const override;
    [[nodiscard]] std::optional<AnalysisResult> viewData() const override;

    [[nodiscard]] QTreeView* tree() const { return m_tree; }
    [[nodiscard]] ModelTreeModel* model() const { return m_model; }
    [[nodiscard]] QLineEdit* filter() const { return m_filter; }
    [[nodiscard]] QComboBox* sourceBox() const { return m_source; }
    [[nodiscard]] QLabel* summary() const { return m_summary; }
    [[nodiscard]] QLabel* problem() const { return m_problem; }
    [[nodiscard]] QTabWidget* tabs() const { return m_tabs; }
    [[nodiscard]] WeightsView* weights() const { return m_weights; }
    [[nodiscard]] CompareView* comparison() const { return m_comparison; }
    [[nodiscard]] TimesView* times() const { return m_times; }

Q_SIGNALS:
    // The headers of a snapshot folder are wanted; reading files is not done here.
    void openSnapshotRequested(const QString& path);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    enum class Source { Loaded, Run, Folder };

    QWidget* makeTreePage();
    void makeActions();
    void chooseFolder();
    // What the other views can choose among.
    void showFolders();
    void setFocusedLayer(int layer);
    // Fills the list of sources, keeping the choice while it makes sense, and shows the chosen one.
    void showSource();
    void showTree();
    void choose(const QModelIndex& index);
    [[nodiscard]] bool has(Source source) const;
    [[nodiscard]] QString sourceTitle(Source source) const;

    QStackedLayout* m_pages = nullptr;
    QTabWidget* m_tabs = nullptr;
    WeightsView* m_weights = nullptr;
    CompareView* m_comparison = nullptr;
    TimesView* m_times = nullptr;
    QBoxLayout* m_head = nullptr;
    QComboBox* m_source = nullptr;
    QLineEdit* m_filter = nullptr;
    QLabel* m_summary = nullptr;
    QLabel* m_problem = nullptr;
    QTreeView* m_tree = nullptr;
    LayerLegend* m_legend = nullptr;
    ModelTreeModel* m_model = nullptr;
    QSortFilterProxyModel* m_sorted = nullptr;
    std::shared_ptr<const ModelReport> m_report;
    std::map<QString, std::shared_ptr<const SnapshotContents>> m_folders;  // by path
    QString m_folder;                                                      // that a person opened
    QString m_wanted;                                                      // asked for, not there yet
    Source m_shown = Source::Loaded;
    bool m_isChosen = false;  // by a person
    bool m_isForB = false;    // the folder that is asked for is to be compared with
    const void* m_shownOf = nullptr;
};

}  // namespace armillary::widgets
