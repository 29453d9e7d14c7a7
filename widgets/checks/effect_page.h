// One analysis that takes something away: its options, start and stop, a chart and the table of its numbers.
// Thread rule: GUI thread.
#pragma once

#include "widgets/analysis/argument_form.h"
#include "widgets/checks/series_chart.h"
#include "widgets/panel.h"

#include <QJsonObject>
#include <QWidget>

#include <functional>
#include <string>
#include <vector>

class QComboBox;
class QLabel;
class QStackedWidget;
class QTableView;
class QToolButton;

namespace armillary::widgets {

class AnalysisStrip;
class AnalysisView;
class ResultTableModel;

struct EffectMeasure {
    std::string name;  // for the chart
    QString title;
};

struct EffectKind {
    std::string analysis;
    QString title;
    QString startText;
    QString tip;
    std::vector<ArgumentField> fields;
    std::string table;                    // of the result
    std::vector<EffectMeasure> measures;  // of the chart; empty: it has one
    std::function<Chart(const AnalysisResult&, const std::string& measure, bool dark)> chart;
    // What the numbers of the result say in a sentence.
    std::function<QString(const AnalysisResult&)> summary;
};

class EffectPage : public QWidget {
    Q_OBJECT
public:
    EffectPage(const PanelContext& context, EffectKind kind, QWidget* parent = nullptr);

    [[nodiscard]] const EffectKind& kind() const { return m_kind; }
    [[nodiscard]] AnalysisView* view() const { return m_view; }
    [[nodiscard]] AnalysisStrip* strip() const { return m_strip; }
    [[nodiscard]] ArgumentForm* form() const { return m_form; }
    [[nodiscard]] SeriesChart* chart() const { return m_chart; }
    [[nodiscard]] ResultTableModel* model() const { return m_model; }
    [[nodiscard]] QTableView* table() const { return m_table; }
    [[nodiscard]] QString summaryText() const;
    void setMeasure(const std::string& name);
    // The focused layer stands out in charts over layers.
    void showFocus();

    [[nodiscard]] QJsonObject saveView() const;
    void restoreView(const QJsonObject& view);

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void want();
    void showResult();
    void showChart();
    void clicked(int place);
    [[nodiscard]] bool isOverLayers() const;
    [[nodiscard]] std::string measure() const;

    Selection& m_selection;
    EffectKind m_kind;
    AnalysisView* m_view = nullptr;
    AnalysisStrip* m_strip = nullptr;
    ArgumentForm* m_form = nullptr;
    QToolButton* m_options = nullptr;  // shows the form
    bool m_optionsChosen = false;      // by a person, not by the room there is
    QComboBox* m_measure = nullptr;
    QLabel* m_summary = nullptr;
    SeriesChart* m_chart = nullptr;
    ResultTableModel* m_model = nullptr;
    QTableView* m_table = nullptr;
    QStackedWidget* m_pages = nullptr;  // what to do for it, or chart and table
};

}  // namespace armillary::widgets
