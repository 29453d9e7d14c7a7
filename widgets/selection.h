// What is pointed at and what is chosen, shared by every panel: sets of sequence positions, and the focus (layer, head,
// latent frame). Panels change it and listen to it; none knows another.
//
// Hover is transient and follows the pointer; chosen positions stay until something else is chosen.
// Thread rule: GUI thread.
#pragma once

#include <QObject>

#include <cstdint>
#include <optional>
#include <vector>

namespace armillary::widgets {

// Sequence positions, ascending, without repeats.
using Positions = std::vector<std::int64_t>;

// How attention is read.
enum class AttentionMethod { Raw, Rollout, Relevancy, ValueWeighted };

// Which slice of a run the views that show one slice at a time show; empty = the mean over all.
struct Focus {
    std::optional<int> layer = std::nullopt;
    std::optional<int> head = std::nullopt;
    std::optional<int> latentFrame = std::nullopt;
    std::optional<std::int64_t> query =
        std::nullopt;  // a position that maps are of, whatever is hovered; empty: what is hovered or chosen
    AttentionMethod method = AttentionMethod::Raw;
    bool sinksRemoved = false;

    bool operator==(const Focus&) const = default;
};

class Selection : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    [[nodiscard]] const Positions& hovered() const { return m_hovered; }
    [[nodiscard]] const Positions& chosen() const { return m_chosen; }
    [[nodiscard]] const Focus& focus() const { return m_focus; }
    [[nodiscard]] bool isHovered(std::int64_t position) const;
    [[nodiscard]] bool isChosen(std::int64_t position) const;
    // The position a detail view describes: the first hovered one, else the last one chosen.
    [[nodiscard]] std::optional<std::int64_t> described() const;

    void hover(Positions positions);
    // Ends a hover that a view began with `own`; another view's, begun meanwhile, stays: the pointer enters one view before the
    // last one hears that it left.
    void endHover(const Positions& own);
    void choose(Positions positions);
    // Adds the positions that are not chosen yet, or, when all are, takes them away (Ctrl+click).
    void toggle(const Positions& positions);
    // Chooses everything between the last single choice and `position` (Shift+click).
    void extendTo(std::int64_t position);
    void setFocus(const Focus& focus);
    // Nothing hovered, nothing chosen: another run is shown.
    void clear();

Q_SIGNALS:
    void hoverChanged();
    void chosenChanged();
    void focusChanged();

private:
    Positions m_hovered;
    Positions m_chosen;
    std::optional<std::int64_t> m_anchor;  // where a Shift range starts
    Focus m_focus;
};

}  // namespace armillary::widgets
