// The inspector's section of exact numbers: a recorded tensor's vector of one position, as it was stored.
// Thread rule: GUI thread.
#pragma once

#include "records/run_record.h"
#include "widgets/inspector/inspector_section.h"

#include <memory>
#include <optional>

class QComboBox;
class QSpinBox;

namespace armillary::widgets {

class ValuesSection : public InspectorSection {
    Q_OBJECT
public:
    explicit ValuesSection(QWidget* parent = nullptr);

    // Shows nothing new while the section is closed.
    void setToken(std::shared_ptr<const RunRecord> record, std::optional<std::int64_t> position);
    // Every number of the chosen tensor, one a line, with as many digits as bring it back exactly.
    [[nodiscard]] QString allValues() const;

    // The tensor a person chose; empty: the one that the first layer reads.
    [[nodiscard]] const QString& wantedTensor() const { return m_wanted; }
    void setWantedTensor(const QString& name);
    [[nodiscard]] int shownCount() const;
    void setShownCount(int count);

    [[nodiscard]] QComboBox* tensorBox() const { return m_tensor; }

private:
    void showValues();
    void showTensors();

    std::shared_ptr<const RunRecord> m_record;
    std::optional<std::int64_t> m_position;
    QString m_wanted;
    QComboBox* m_tensor = nullptr;
    QSpinBox* m_count = nullptr;
};

}  // namespace armillary::widgets
