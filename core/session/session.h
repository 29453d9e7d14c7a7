// A session: a folder NAME.armillary that holds what was asked and what it left, and opens with no model and no GPU.
//
//   session.json             the index: "armillary.session" = 1, when it was made, and a summary of every run
//   runs/NNNNNN-XXXX.safetensors   one record a run (record_archive.h, record.md)
//   media/KEY.png            the frames that runs saw, each once, by content (media_store.h)
//   analyses/RUN.NNNN.safetensors   results that were kept (analysis_archive.h)
//   notes.json               "session": text, "runs": {run: text}
//   view.json                "selection" and "layout", opaque to this folder
//   .lock                    taken (flock) while anybody writes
//
// The files of runs are the truth, the index is a copy of their summaries: a run that is not in it is found again, and an
// index that is missing or broken is made anew. Every file is written beside its place, flushed and renamed, media before
// the run, the run before the index. So a killed process or a full disk loses at most the run being appended; what a
// killed writer left half-written is named *.part and swept by the next writer. Several processes may append to one
// session.
// Memory: open() keeps the summaries (about 1 KB a run); a record is read when asked for and belongs to the caller.
// Thread rule: one thread at a time; records handed out are immutable. Writing waits while another process writes.
#pragma once

#include "base/error.h"
#include "records/analysis.h"
#include "records/run_record.h"
#include "session/media_store.h"
#include "session/record_archive.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace armillary::session {

struct RunSummary {
    std::string id;  // "000001-1a2b": rising in the order of appending
    std::string createdUtc;
    std::string question;  // question and answer cut after 1000 bytes
    std::string answer;
    std::string outcome;     // completed, cancelled, failed
    bool isRollout = false;  // a prediction without a question
    std::int64_t promptPositions = 0;
    std::int64_t generatedTokens = 0;
    std::int64_t fileBytes = 0;
    std::vector<std::string> mediaPaths;
    std::string problem;  // why its record cannot be read; empty when nothing is known against it

    bool operator==(const RunSummary&) const = default;
};

// What the window keeps with a session beside its runs. Written as a whole, notes apart from the rest.
struct SessionState {
    std::string notes;
    std::map<std::string, std::string> runNotes;  // by run id
    std::string selection;                        // JSON, or empty
    std::string layout;                           // JSON, or empty

    bool operator==(const SessionState&) const = default;
};

class Session {
public:
    // An empty session in the new folder `path`. Errors: InvalidInput (something else is there), FileWrite.
    [[nodiscard]] static Result<std::unique_ptr<Session>> create(const std::string& path);
    // `path` is the folder or its session.json. Writes nothing. What is broken is named in problems(), the rest opens.
    // Errors: FileRead (nothing there, no session).
    [[nodiscard]] static Result<std::unique_ptr<Session>> open(const std::string& path);
    // open() when there is one, create() otherwise.
    [[nodiscard]] static Result<std::unique_ptr<Session>> openOrCreate(const std::string& path);

    [[nodiscard]] const std::string& path() const { return m_path; }
    [[nodiscard]] const std::vector<RunSummary>& runs() const { return m_runs; }
    // One sentence each; empty for a session that is whole.
    [[nodiscard]] const std::vector<std::string>& problems() const { return m_problems; }
    // False for a session of a later format: it can be read as far as it is understood, and is never written to.
    [[nodiscard]] bool isWritable() const { return m_isWritable; }

    // When it returns, the run is on disk. Its id. Errors: FileWrite (earlier runs stay as they are), InvalidInput.
    [[nodiscard]] Result<std::string> append(const RunRecord& record);
    // The file of a run, for other programs. Errors: InvalidInput (no such run).
    [[nodiscard]] Result<std::string> recordPath(const std::string& id) const;
    // With its media. `wanted` chooses tensors. Errors: InvalidInput (no such run), FileRead.
    [[nodiscard]] Result<std::shared_ptr<const RunRecord>> record(const std::string& id,
                                                                  const TensorChoice& wanted = {}) const;
    // The names, types and shapes of a run's tensors. Errors: as record().
    [[nodiscard]] Result<std::vector<TensorEntry>> tensors(const std::string& id) const;
    // One of them. Errors: as record(), InvalidInput (no tensor of that name).
    [[nodiscard]] Result<TensorSnapshot> tensor(const std::string& id, const std::string& name) const;

    [[nodiscard]] const SessionState& state() const { return m_state; }
    // Errors: FileWrite (the earlier state stays on disk), InvalidInput (selection or layout is no JSON).
    [[nodiscard]] Result<void> setState(SessionState state);

    // Keeps the result of an analysis of run `id`; gives its name. Errors: InvalidInput (no such run), FileWrite.
    [[nodiscard]] Result<std::string> keepAnalysis(const std::string& id, const AnalysisResult& result);
    // The names of what was kept for run `id`, in the order of keeping.
    [[nodiscard]] std::vector<std::string> analyses(const std::string& id) const;
    // Errors: InvalidInput (no such name), FileRead.
    [[nodiscard]] Result<AnalysisResult> analysis(const std::string& name) const;

private:
    explicit Session(std::string path);

    // Reads the folder: index, runs that it does not name, notes and view.
    void readFolder();
    void readIndex(std::map<std::string, RunSummary>& known);
    void readRuns(const std::map<std::string, RunSummary>& known);
    void readState();
    [[nodiscard]] Result<void> writeIndex() const;
    [[nodiscard]] Result<void> checkWritable() const;
    [[nodiscard]] const RunSummary* find(const std::string& id) const;
    [[nodiscard]] std::string runPath(const std::string& id) const { return m_path + "/runs/" + id + ".safetensors"; }

    std::string m_path;
    std::string m_createdUtc;
    MediaStore m_media;
    std::vector<RunSummary> m_runs;
    SessionState m_state;
    std::vector<std::string> m_problems;
    bool m_isWritable = true;
};

}  // namespace armillary::session
