// The vocabulary words nearest to image or world tokens, and what noise of the same mean and spread finds: words that noise finds
// too say nothing.
// Thread rule: GUI thread.
#pragma once

#include "widgets/analysis/analysis_view.h"
#include "widgets/panel.h"

#include <QJsonObject>

#include <QWidget>

#include <memory>
#include <optional>

class QComboBox;
class QLabel;
class QSpinBox;
class QStackedWidget;
class QTableView;

namespace armillary::widgets {

class AnalysisStrip;
class ResultTableModel;

class NearestWordsPage : public QWidget {
    Q_OBJECT
public:
    explicit NearestWordsPage(const PanelContext& context, QWidget* parent = nullptr);

    void showSelection();
    // Another run: its layers and kinds.
    void showRun();
    void setFollowing(bool following) { m_view->setFollowing(following); }
    [[nodiscard]] QJsonObject saveView() const;
    void restoreView(const QJsonObject& view);

    [[nodiscard]] AnalysisView* view() const { return m_view; }
    [[nodiscard]] AnalysisStrip* strip() const { return m_strip; }
    [[nodiscard]] QTableView* table() const { return m_table; }
    [[nodiscard]] ResultTableModel* words() const { return m_words; }
    [[nodiscard]] ResultTableModel* noise() const { return m_noise; }
    [[nodiscard]] QComboBox* tokenChoice() const { return m_tokens; }
    [[nodiscard]] QString summary() const;

private:
    void ask();
    void showResult();
    // The view's result if it is of the chosen tokens and layer.
    [[nodiscard]] std::shared_ptr<const AnalysisResult> shownResult() const;

    PanelContext m_context;
    AnalysisView* m_view = nullptr;
    AnalysisStrip* m_strip = nullptr;
    QComboBox* m_tokens = nullptr;
    QSpinBox* m_layer = nullptr;
    QSpinBox* m_draws = nullptr;
    ResultTableModel* m_words = nullptr;
    ResultTableModel* m_noise = nullptr;
    QTableView* m_table = nullptr;
    QTableView* m_noiseTable = nullptr;
    QLabel* m_summary = nullptr;
    QLabel* m_hint = nullptr;
    QStackedWidget* m_pages = nullptr;
};

}  // namespace armillary::widgets
