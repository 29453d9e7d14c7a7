// Which token a white spot moves: one small map a spot with the expected and the strongest token marked, and the spots as a table.
// A chosen spot chooses both tokens.
// Thread rule: GUI thread.
#pragma once

#include "widgets/panel.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QSpinBox;
class QStackedWidget;
class QTableView;

namespace armillary::widgets {

class AnalysisStrip;
class AnalysisView;
class GridMaps;
class ResultTableModel;

class RegistrationView : public QWidget {
    Q_OBJECT
public:
    explicit RegistrationView(const PanelContext& context, QWidget* parent = nullptr);

    [[nodiscard]] AnalysisStrip* strip() const { return m_strip; }
    [[nodiscard]] AnalysisView* view() const { return m_view; }
    [[nodiscard]] GridMaps* maps() const { return m_maps; }
    [[nodiscard]] QTableView* table() const { return m_table; }
    [[nodiscard]] ResultTableModel* model() const { return m_model; }

    [[nodiscard]] QJsonObject saveView() const;
    void restoreView(const QJsonObject& view);

private:
    void want();
    void showResult();
    void choose(int spot);
    [[nodiscard]] QString shownKind() const;

    Selection& m_selection;
    AnalysisView* m_view = nullptr;
    AnalysisStrip* m_strip = nullptr;
    QComboBox* m_kind = nullptr;
    QSpinBox* m_spots = nullptr;
    QLabel* m_summary = nullptr;
    GridMaps* m_maps = nullptr;
    QTableView* m_table = nullptr;
    QStackedWidget* m_pages = nullptr;  // what to do for it, or maps and table
    ResultTableModel* m_model = nullptr;
};

}  // namespace armillary::widgets
