// The logit lens of one place: which words every layer's output reads as, and how probability and rank of a followed word grow from
// layer to layer. A person starts the computation, or ticks "auto" to have it for every chosen word.
// Thread rule: GUI thread.
#pragma once

#include "widgets/analysis/analysis_view.h"
#include "widgets/panel.h"

#include <QTimer>
#include <QWidget>

#include <optional>

class QCheckBox;
class QComboBox;
class QLabel;
class QStackedWidget;
class QTableView;

namespace armillary::widgets {

class AnalysisStrip;
class LensTableModel;
class SeriesChart;
class WordLegend;

class LayerWordsPage : public QWidget {
    Q_OBJECT
public:
    explicit LayerWordsPage(const PanelContext& context, QWidget* parent = nullptr);

    // Of an answer word the lens stands one place before it, where the model chose it.
    void showPosition(std::optional<std::int64_t> position);
    void showFocus();
    // The word whose probability and rank the chart shows; empty: the token that stands next.
    void follow(std::optional<std::int64_t> id);
    void setAuto(bool on);
    [[nodiscard]] bool isAuto() const;
    void setFollowing(bool following) { m_view->setFollowing(following); }

    [[nodiscard]] AnalysisView* view() const { return m_view; }
    [[nodiscard]] AnalysisStrip* strip() const { return m_strip; }
    [[nodiscard]] LensTableModel* model() const { return m_model; }
    [[nodiscard]] QTableView* table() const { return m_table; }
    [[nodiscard]] SeriesChart* chart() const { return m_chart; }
    [[nodiscard]] QComboBox* measureChoice() const { return m_measure; }
    [[nodiscard]] QString title() const;
    [[nodiscard]] std::optional<std::int64_t> followed() const { return m_followed; }

private:
    void ask();
    void showResult();
    void showChart();
    void describe();
    void takeCell(const QModelIndex& index);
    void focusReading(int reading);
    [[nodiscard]] std::optional<std::int64_t> lensPosition() const;
    // The view's result if it is of this place.
    [[nodiscard]] const AnalysisResult* placeResult() const;
    // Of the followed word by reading: from the analysis where it followed this word, else as far as the rows show it.
    [[nodiscard]] std::vector<double> followedValues(bool rank) const;

    PanelContext m_context;
    AnalysisView* m_view = nullptr;
    AnalysisStrip* m_strip = nullptr;
    LensTableModel* m_model = nullptr;
    QTableView* m_table = nullptr;
    SeriesChart* m_chart = nullptr;
    WordLegend* m_legend = nullptr;
    QLabel* m_title = nullptr;
    QLabel* m_hint = nullptr;
    QStackedWidget* m_pages = nullptr;
    QCheckBox* m_auto = nullptr;
    QComboBox* m_measure = nullptr;
    QTimer m_rest;  // of a pointer that runs over words
    std::optional<std::int64_t> m_position;
    std::optional<std::int64_t> m_followed;
    bool m_isAsked = false;
};

}  // namespace armillary::widgets
